"""Tables brought into one space."""

import numpy as np
import pytest
from scipy.linalg import orthogonal_procrustes
from scipy.stats import ortho_group

from tabemb.vectors.alignment import align, mean_of_seen, rotation, scaling


def table(n=20, dim=5, seed=0):
    return np.random.default_rng(seed).normal(size=(n, dim))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_turned_table_is_turned_back(dtype):
    rows = table().astype(dtype)
    turned = rows @ ortho_group.rvs(5, random_state=1).astype(dtype)
    found = rotation(turned, rows)
    assert found.dtype == "float64"
    np.testing.assert_allclose(found @ found.T, np.eye(5), atol=1e-12)
    np.testing.assert_allclose(turned @ found, rows, atol=1e-5)


def test_it_is_scipys_solution_and_no_other_turn_comes_closer():
    one, other = table(seed=0), table(seed=1)
    found = rotation(one, other)
    np.testing.assert_allclose(found, orthogonal_procrustes(one, other)[0], atol=1e-7)
    distance = np.linalg.norm(one @ found - other)
    for seed in range(50):
        assert np.linalg.norm(one @ ortho_group.rvs(5, random_state=seed) - other) > distance


def test_weights_are_rows_given_more_often_and_none_is_a_row_left_out():
    one, other = table(seed=0), table(seed=1)
    weights = np.arange(20) % 4
    repeated = rotation(np.repeat(one, weights, axis=0), np.repeat(other, weights, axis=0))
    np.testing.assert_allclose(rotation(one, other, weights), repeated, atol=1e-12)
    assert not np.allclose(rotation(one, other), repeated, atol=1e-3)


def test_directions_that_no_row_reaches_are_left_as_they_are():
    flat = np.zeros((4, 3))
    flat[:, :2] = table(4, 2)
    quarter = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    np.testing.assert_allclose(rotation(flat, flat @ quarter), quarter, atol=1e-6)
    np.testing.assert_allclose(rotation(np.zeros((4, 3)), table(4, 3)), np.eye(3))
    np.testing.assert_allclose(rotation(table(4, 3), table(4, 3, seed=1), np.zeros(4)), np.eye(3))


def test_no_other_factor_comes_closer():
    rows, weights = table(), np.arange(20)
    other = 3 * rows + table(seed=1)
    best = scaling(rows, other, weights)
    errors = [(weights @ ((rows * factor - other) ** 2).sum(axis=1)) for factor in (best, best + 0.01, best - 0.01)]
    assert errors[0] < min(errors[1:])
    assert scaling(2 * rows, rows, weights) == pytest.approx(0.5)
    assert scaling(0 * rows, rows, weights) == 1


def test_tables_are_turned_to_the_first_by_the_rows_that_both_have_seen():
    first = table().astype("float32")
    turned = (first @ ortho_group.rvs(5, random_state=1)).astype("float32")
    noisy = turned.copy()
    noisy[:8] = table(8, 5, seed=2)
    tables = np.stack([first, turned, noisy])
    seen = np.ones((3, 20), bool)
    seen[2, :8] = False
    align(tables, seen, np.ones(20))
    np.testing.assert_array_equal(tables[0], first)
    np.testing.assert_allclose(tables[1], first, atol=1e-5)
    np.testing.assert_allclose(tables[2, 8:], first[8:], atol=1e-5)
    # What was not seen is turned along, and keeps its length.
    np.testing.assert_allclose(np.linalg.norm(tables[2, :8], axis=1), np.linalg.norm(noisy[:8], axis=1), rtol=1e-5)
    assert not np.allclose(tables[2, :8], noisy[:8], atol=0.1)


def test_a_row_that_the_first_has_not_seen_decides_nothing():
    first, other = table(), table(seed=1)
    seen = np.ones((2, 20), bool)
    seen[0, :5] = False
    tables = np.stack([first, other])
    align(tables, seen, np.ones(20))
    np.testing.assert_allclose(tables[1], other @ rotation(other[5:], first[5:]), atol=1e-9)


def test_frequent_rows_count_more():
    tables = np.stack([table(), table(seed=1)])
    heavy, light = tables.copy(), tables.copy()
    counts = np.where(np.arange(20) < 3, 1000, 1)
    align(heavy, np.ones((2, 20), bool), counts)
    align(light, np.ones((2, 20), bool), np.ones(20))
    near = [np.linalg.norm(each[1, :3] - each[0, :3]) for each in (heavy, light)]
    assert near[0] < near[1]


def test_the_mean_is_over_those_that_have_seen_a_row():
    tables = np.arange(12, dtype="float32").reshape(3, 4, 1)
    seen = np.array([[1, 1, 0, 0], [1, 0, 0, 1], [1, 0, 0, 1]], bool)
    mean = mean_of_seen(tables, seen)
    assert mean.dtype == "float32"
    assert mean.ravel().tolist() == [4, 1, 6, 9]
