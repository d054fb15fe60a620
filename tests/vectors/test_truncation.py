"""Vectors cut to few directions."""

import numpy as np
import pytest

from tabemb.vectors.truncation import Truncation

RNG = np.random.default_rng(0)
VECTORS, COUNTS = RNG.normal(size=(30, 8)) + 3, RNG.integers(1, 50, 30)


def error(cut):
    return float(COUNTS @ ((cut - VECTORS) ** 2).sum(axis=1))


@pytest.mark.parametrize("n_blocks", [1, 2])
def test_all_directions_are_the_vectors_themselves(n_blocks):
    np.testing.assert_allclose(Truncation(VECTORS, COUNTS, n_blocks=n_blocks).to(8 // n_blocks), VECTORS)


def test_what_is_cut_off_is_the_least_that_it_can_be():
    mean = COUNTS @ VECTORS / COUNTS.sum()
    singular = np.linalg.svd(np.sqrt(COUNTS)[:, None] * (VECTORS - mean), compute_uv=False)
    for rank in range(9):
        cut = Truncation(VECTORS, COUNTS).to(rank)
        assert error(cut) == pytest.approx((singular[rank:] ** 2).sum())
        assert np.linalg.matrix_rank(cut - mean, tol=1e-8) == rank


def test_no_direction_is_the_mean_by_counts():
    np.testing.assert_allclose(Truncation(VECTORS, COUNTS).to(0), np.tile(COUNTS @ VECTORS / COUNTS.sum(), (30, 1)))


def test_blocks_are_cut_by_themselves():
    cut = Truncation(VECTORS, COUNTS, n_blocks=2).to(1)
    np.testing.assert_allclose(cut[:, :4], Truncation(VECTORS[:, :4], COUNTS).to(1))
    np.testing.assert_allclose(cut[:, 4:], Truncation(VECTORS[:, 4:], COUNTS).to(1))


def test_rows_that_count_nothing_do_not_matter_for_the_others():
    counts = np.where(np.arange(30) < 25, COUNTS, 0)
    np.testing.assert_allclose(Truncation(VECTORS, counts).to(2)[:25], Truncation(VECTORS[:25], counts[:25]).to(2))


def test_without_any_count_all_rows_count_alike():
    np.testing.assert_allclose(Truncation(VECTORS, np.zeros(30)).to(2), Truncation(VECTORS, np.ones(30)).to(2))
