"""The arithmetic, against the plain formula and in the corners."""

import numpy as np
import pytest

from tabemb.vectors.similarity import cosines, top, unit_mean, unit_rows


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


def test_top_leaves_out_what_it_is_told_to():
    assert top(np.array([3.0, 2.0, 1.0]), 5, without=[0, 0, 2]).tolist() == [1]
    assert top(np.array([3.0]), 5, without=[0]).tolist() == []
