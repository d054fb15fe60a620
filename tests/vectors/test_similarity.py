"""The arithmetic of similarity, against plain formulas and on edge cases."""

import numpy as np
import pytest

from tabemb.vectors.similarity import (
    EPSILON,
    cosines,
    multiplied,
    nth_highest,
    top,
    unit_mean,
    unit_rows,
    within_reach,
)


def test_cosines_are_the_formula():
    rng = np.random.default_rng(0)
    vectors, query = rng.normal(size=(50, 7)), rng.normal(size=7)
    expected = vectors @ query / np.linalg.norm(vectors, axis=1) / np.linalg.norm(query)
    np.testing.assert_allclose(cosines(vectors, query), expected, rtol=1e-12)


def test_zero_rows_stay_zero_and_have_cosine_zero():
    vectors = np.array([[0, 0], [1, 1]], dtype=np.float32)
    assert unit_rows(vectors)[0].tolist() == [0, 0]
    assert cosines(vectors, np.zeros(2)).tolist() == [0, 0]


def test_the_largest_and_smallest_floats_neither_overflow_nor_vanish():
    vectors = np.array([[3e38, 3e38], [1e-38, 1e-38], [1e-45, 0]], dtype=np.float32)
    np.testing.assert_allclose(np.linalg.norm(unit_rows(vectors), axis=1), 1, rtol=1e-6)


def test_a_cosine_never_leaves_its_range():
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(1000, 3)).astype(np.float32)
    for row in vectors[:20]:
        assert np.abs(cosines(vectors, row)).max() <= 1


def test_the_query_weighs_directions_and_not_lengths():
    assert unit_mean(np.array([[100.0, 0], [0, 1]]), np.empty((0, 2))) == pytest.approx([0.5**0.5] * 2)


def test_opposite_queries_cancel_without_nan():
    assert unit_mean(np.array([[2.0, 0]]), np.array([[1.0, 0]])).tolist() == [0, 0]


@pytest.mark.parametrize("n", [1, 2, 3, 7, 40, 100])
def test_top_is_a_stable_sort_even_where_scores_tie_at_the_edge(n):
    scores = np.random.default_rng(n).integers(0, 4, size=40).astype(float)
    assert top(scores, n).tolist() == np.argsort(-scores, kind="stable")[:n].tolist()


def test_top_excludes_positions():
    assert top(np.array([3.0, 2.0, 1.0]), 5, without=[0, 0, 2]).tolist() == [1]
    assert top(np.array([3.0]), 5, without=[0]).tolist() == []


def test_equal_rows_have_equal_cosines_at_any_position():
    rng = np.random.default_rng(6)
    rows, query = rng.normal(size=(1000, 33)), rng.normal(size=33)
    rows[rng.integers(0, 1000, 300)] = rows[5]
    found = cosines(rows, query)
    assert len(set(found[(rows == rows[5]).all(axis=1)])) == 1
    assert found[5] == cosines(rows[5:6], query)[0]


def test_multiplied_is_equation_4():
    a, b, c = np.random.default_rng(0).uniform(-1, 1, (3, 20))
    expected = ((1 + b) / 2) * ((1 + c) / 2) / ((1 + a) / 2 + EPSILON)
    np.testing.assert_allclose(multiplied(a, b, c), expected, rtol=1e-12)
    assert EPSILON == 0.001
    assert multiplied(np.array([-1.0]), np.array([1.0]), np.array([1.0])) == pytest.approx(1000)


def test_within_reach_keeps_all_that_an_error_could_lift():
    rng = np.random.default_rng(1)
    for n in (1, 3, 10):
        true = rng.normal(size=200)
        rough = true + rng.uniform(-0.01, 0.01, 200)
        kept = within_reach(rough, n, 0.01)
        assert set(top(true, n)) <= set(kept)
        assert len(kept) < 40
        assert kept.tolist() == sorted(kept)
    assert within_reach(np.zeros(5), 2, np.inf).tolist() == [0, 1, 2, 3, 4]
    assert within_reach(np.zeros(5), 9, 0).tolist() == [0, 1, 2, 3, 4]


def test_nth_highest():
    assert [nth_highest(np.array([2.0, 9.0, 4.0]), n) for n in (1, 2, 3)] == [9, 4, 2]
