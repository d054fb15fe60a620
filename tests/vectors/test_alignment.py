"""Vectors of separate fits, rotated into one space."""

import re

import numpy as np
import pytest
from scipy.linalg import orthogonal_procrustes
from scipy.stats import ortho_group

from tabemb import CategoryVectors
from tabemb.exceptions import DataError
from tabemb.vectors.alignment import FewSharedKeysWarning, SharedKeys, align, mean_of_seen, rotation, scaling


def table(n=20, dim=5, seed=0):
    return np.random.default_rng(seed).normal(size=(n, dim))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rotation_undoes_a_known_rotation(dtype):
    rows = table().astype(dtype)
    turned = rows @ ortho_group.rvs(5, random_state=1).astype(dtype)
    found = rotation(turned, rows)
    assert found.dtype == "float64"
    np.testing.assert_allclose(found @ found.T, np.eye(5), atol=1e-12)
    np.testing.assert_allclose(turned @ found, rows, atol=1e-5)


def test_rotation_equals_scipys_and_no_random_rotation_is_closer():
    one, other = table(seed=0), table(seed=1)
    found = rotation(one, other)
    np.testing.assert_allclose(found, orthogonal_procrustes(one, other)[0], atol=1e-7)
    distance = np.linalg.norm(one @ found - other)
    for seed in range(50):
        assert np.linalg.norm(one @ ortho_group.rvs(5, random_state=seed) - other) > distance


def test_integer_weights_equal_repeated_rows():
    one, other = table(seed=0), table(seed=1)
    weights = np.arange(20) % 4
    repeated = rotation(np.repeat(one, weights, axis=0), np.repeat(other, weights, axis=0))
    np.testing.assert_allclose(rotation(one, other, weights), repeated, atol=1e-12)
    assert not np.allclose(rotation(one, other), repeated, atol=1e-3)


def test_directions_without_rows_are_not_rotated():
    flat = np.zeros((4, 3))
    flat[:, :2] = table(4, 2)
    quarter = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    np.testing.assert_allclose(rotation(flat, flat @ quarter), quarter, atol=1e-6)
    np.testing.assert_allclose(rotation(np.zeros((4, 3)), table(4, 3)), np.eye(3))
    np.testing.assert_allclose(rotation(table(4, 3), table(4, 3, seed=1), np.zeros(4)), np.eye(3))


def test_no_other_factor_is_closer():
    rows, weights = table(), np.arange(20)
    other = 3 * rows + table(seed=1)
    best = scaling(rows, other, weights)
    errors = [(weights @ ((rows * factor - other) ** 2).sum(axis=1)) for factor in (best, best + 0.01, best - 0.01)]
    assert errors[0] < min(errors[1:])
    assert scaling(2 * rows, rows, weights) == pytest.approx(0.5)
    assert scaling(0 * rows, rows, weights) == 1


def test_tables_are_rotated_by_the_rows_that_both_have_seen():
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


def test_rows_unseen_by_the_first_table_are_ignored():
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


def random_vectors(keys, counts=None, dim=2, name="dest", seed=0):
    return CategoryVectors(keys, np.random.default_rng(seed).normal(size=(len(keys), dim)), counts, name=name)


def test_rows_of_the_same_category_are_paired_in_the_order_of_the_first():
    shared = SharedKeys.of(random_vectors(["a", "b", "c", "d"]), random_vectors(["d", "x", "b"]))
    assert (shared.own.tolist(), shared.reference.tolist(), len(shared)) == ([1, 3], [2, 0], 2)
    assert shared.weights.tolist() == [1, 1]


def test_keys_keep_their_type():
    shared = SharedKeys.of(random_vectors([1, "1", True]), random_vectors(["1", 1.0]))
    assert (shared.own.tolist(), shared.reference.tolist()) == ([0, 1], [1, 0])


@pytest.mark.parametrize(
    ("own", "reference", "weights"),
    [
        ([6, 0, 3], [3, 5, 3], [2, 0, 1.5]),
        (None, [3, 5, 0], [3, 5, 0]),
        ([6, 0, 3], None, [6, 0, 3]),
    ],
)
def test_weights_combine_the_counts_of_both_sides(own, reference, weights):
    keys = ["a", "b", "c"]
    assert SharedKeys.of(random_vectors(keys, own), random_vectors(keys, reference)).weights.tolist() == weights


def test_error_without_shared_categories_shows_a_key_of_each_side():
    told = (
        "Column 'dest' shares no category with the reference: its keys look like 1 (int), the reference's like '1' "
        "(str). Align vectors of the same column, or of columns with the same categories and the same types of keys."
    )
    with pytest.raises(DataError, match=re.escape(told)):
        SharedKeys.of(random_vectors([1, 2]), random_vectors(["1", "2"]))
    with pytest.raises(DataError, match="shares no category with the reference, since one of them has no categories"):
        SharedKeys.of(random_vectors([1, 2]), CategoryVectors([], np.empty((0, 2))))


def test_error_without_shared_categories_that_have_rows():
    with pytest.raises(DataError, match="share 2 categories, but none has a count above 0 on both sides"):
        SharedKeys.of(random_vectors(["a", "b"], [0, 3]), random_vectors(["a", "b"], [4, 0]))


def test_error_for_a_reference_of_another_type():
    with pytest.raises(DataError, match="The reference must be CategoryVectors of another fit; got dict"):
        SharedKeys.of(random_vectors(["a"]), {"a": [1.0, 2.0]})


def test_error_for_other_dimensions_suggests_a_fix():
    one, other = random_vectors(["a", "b", "c"], dim=3), random_vectors(["a", "b", "c"], dim=2)
    told = "Column 'dest' has vectors of 3 numbers and the reference has 2; .* Fit both with embedding_dim=2, or"
    with pytest.raises(DataError, match=told):
        SharedKeys.of(one, other).rows(one, other)


def test_error_for_zero_vectors():
    zeros = CategoryVectors(["a", "b"], np.zeros((2, 2)), name="dest")
    for one, other, whose in (
        (zeros, random_vectors(["a", "b"]), "Column 'dest'"),
        (random_vectors("ab"), zeros, "The reference"),
    ):
        with pytest.raises(DataError, match=f"{whose} has zero vectors for all 2 shared categories"):
            SharedKeys.of(one, other).rows(one, other)


def test_fewer_shared_categories_than_dimensions_warn():
    one, other = random_vectors(["a", "b", "c"], dim=3), random_vectors(["a", "b", "x"], dim=3)
    with pytest.warns(FewSharedKeysWarning, match="share 2 categories with rows, fewer than their 3 dimensions"):
        SharedKeys.of(one, other).rows(one, other)


RNG = np.random.default_rng(0)
KEYS = [f"c{i}" for i in range(30)]
ROWS = RNG.normal(size=(30, 4))
TURN = ortho_group.rvs(4, random_state=1)


def vectors(rows=ROWS, keys=KEYS, counts=None, **more):
    return CategoryVectors(keys, rows, counts, name="dest", **more)


def test_align_undoes_a_rotation_of_all_vectors_including_unknown_and_missing():
    given = vectors(ROWS @ TURN, unknown=[1, 2, 3, 4] @ TURN, missing=[0, 1, 0, 0] @ TURN, counts=np.arange(30) + 1)
    made = given.align(vectors())
    np.testing.assert_allclose(made.vectors, ROWS, atol=1e-5)
    np.testing.assert_allclose(made.unknown, [1, 2, 3, 4], atol=1e-5)
    np.testing.assert_allclose(made.missing, [0, 1, 0, 0], atol=1e-5)
    assert (made.index_to_key, made.name) == (KEYS, "dest")
    assert made.counts.tolist() == given.counts.tolist()


def test_align_rotates_unshared_categories_but_ignores_them():
    more = np.vstack([ROWS, [[9, 9, 9, 9]]])
    given = vectors(more @ TURN, [*KEYS, "new"])
    reference = vectors(np.vstack([ROWS[:20], [[7, -7, 7, 7]]]), [*KEYS[:20], "gone"])
    np.testing.assert_allclose(given.align(reference).vectors, more, atol=1e-4)
    assert given.align(reference).unknown is None


def test_align_equals_scipys_rotation_of_weighted_rows():
    counts = RNG.integers(1, 50, 30)
    one, other = vectors(RNG.normal(size=(30, 4))), vectors(counts=counts)
    turn, _ = orthogonal_procrustes(one.vectors * counts[:, None], other.vectors)
    np.testing.assert_allclose(one.align(other).vectors, one.vectors @ turn, atol=1e-5)
    assert not np.allclose(one.align(other).vectors, one.align(vectors()).vectors, atol=1e-3)


def test_align_keeps_similarities():
    given, made = vectors(), vectors().align(vectors(RNG.normal(size=(30, 4))))
    assert made.similarity("c1", "c2") == pytest.approx(given.similarity("c1", "c2"), abs=1e-6)


def test_align_can_scale_all_vectors():
    given = vectors(3 * ROWS @ TURN, unknown=3 * np.ones(4) @ TURN)
    np.testing.assert_allclose(given.align(vectors(), scale=True).vectors, ROWS, atol=1e-5)
    np.testing.assert_allclose(given.align(vectors(), scale=True).unknown, np.ones(4), atol=1e-5)
    np.testing.assert_allclose(given.align(vectors()).vectors, 3 * ROWS, atol=1e-5)


def test_drift_after_alignment():
    moved = vectors(2 * ROWS @ TURN).drift(vectors(), scale=True, k=2)
    assert (moved.name, moved.k, len(moved.keys)) == ("dest", 2, 30)
    assert moved.residual == pytest.approx(0, abs=1e-9)
    assert vectors(2 * ROWS @ TURN).drift(vectors()).residual == pytest.approx(1 / 5)


def test_errors_of_align_and_drift():
    for call in (vectors().align, vectors().drift):
        with pytest.raises(DataError, match="Column 'dest' shares no category with the reference"):
            call(vectors(ROWS[:1], ["x"]))
        with pytest.raises(DataError, match="Fit both with embedding_dim=3"):
            call(vectors(ROWS[:, :3]))
    with pytest.warns(FewSharedKeysWarning, match="3 categories with rows, fewer than their 4 dimensions"):
        vectors().align(vectors(ROWS[:3], KEYS[:3]))
