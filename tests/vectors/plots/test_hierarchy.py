"""Joins by cosine, and the order of the leaves."""

import numpy as np
import pytest

from tabemb.vectors.plots.hierarchy import cosine_matrix, leaf_order, linkage_of
from tabemb.vectors.similarity import cosines


def test_the_matrix_is_that_of_cosines():
    vectors = np.random.default_rng(0).normal(size=(9, 4))
    matrix = cosine_matrix(vectors)
    for row in range(9):
        np.testing.assert_allclose(matrix[row], cosines(vectors, vectors[row]), atol=1e-12)
    np.testing.assert_array_equal(cosine_matrix(np.zeros((2, 3))), np.eye(2))


def test_the_order_puts_like_ones_side_by_side():
    angles = np.random.default_rng(0).permutation(np.linspace(0, 2, 30))
    order = leaf_order(np.column_stack([np.cos(angles), np.sin(angles)]))
    along = angles[order]
    assert (np.diff(along) > 0).all() or (np.diff(along) < 0).all()


def test_groups_are_joined_at_the_mean_of_their_pairs():
    vectors = np.random.default_rng(1).normal(size=(3, 5))
    distances = 1 - cosine_matrix(vectors)
    first, second = linkage_of(vectors)
    one, two = sorted(first[:2].astype(int))
    (other,) = {0, 1, 2} - {one, two}
    assert first[2] == pytest.approx(distances[one, two])
    assert second[2] == pytest.approx((distances[one, other] + distances[two, other]) / 2)


@pytest.mark.parametrize(
    "vectors", [np.empty((0, 2)), np.ones((1, 2)), np.ones((2, 2)), np.ones((5, 2)), np.zeros((4, 1))]
)
def test_small_and_equal_columns_have_an_order(vectors):
    assert sorted(leaf_order(vectors)) == list(range(len(vectors)))
