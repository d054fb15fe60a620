"""Vectors in another number of dimensions: projected and truncated."""

import numpy as np
import pytest

from tabemb.vectors import dimensions
from tabemb.vectors.dimensions import LinearProjection, Truncation

rng = np.random.default_rng(0)
# Ten directions whose standard deviations fall from 10 to 1, around a common middle.
ROWS = rng.normal(size=(400, 10)) * np.arange(10, 0, -1) + 5
ROWS = ROWS @ np.linalg.qr(rng.normal(size=(10, 10)))[0]


def gram(rows):
    return rows @ rows.T


def test_equal_dimensions_keep_the_axes():
    made = LinearProjection.of(ROWS, 10, spread=0.5)(ROWS)
    centered = ROWS - ROWS.mean(axis=0)
    np.testing.assert_allclose(made, centered * (0.5 / np.sqrt((centered**2).mean())), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("n_slices", [1, 3])
def test_fewer_dimensions_are_principal_components(n_slices):
    made = LinearProjection.of(ROWS, 6, spread=1.0, n_slices=n_slices)(ROWS).astype(float)
    left, values, _ = np.linalg.svd(ROWS - ROWS.mean(axis=0), full_matrices=False)
    best = left[:, :6] * values[:6]
    np.testing.assert_allclose(gram(made), gram(best) / np.mean(best**2), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("dim", [6, 12])
def test_slices_have_similar_shares_of_the_variance(dim):
    made = LinearProjection.of(ROWS, dim, spread=1.0, n_slices=3)(ROWS).astype(float)
    shares = (made.reshape(400, 3, dim // 3) ** 2).sum(axis=(0, 2)) / (made**2).sum()
    assert shares.max() / shares.min() < 3
    whole = LinearProjection.of(ROWS, dim, spread=1.0)(ROWS).astype(float)
    in_order = (whole.reshape(400, 3, dim // 3) ** 2).sum(axis=(0, 2))
    assert in_order[0] > 3 * in_order[2]
    again = LinearProjection.of(ROWS, dim, spread=1.0, n_slices=3)(ROWS)
    assert np.array_equal(made, again)


def test_more_dimensions_are_padded_with_zeros():
    made = LinearProjection.of(ROWS, 12, spread=0.5)(ROWS).astype(float)
    zero = ~made.any(axis=0)
    assert zero.sum() == 2
    assert np.sqrt((made[:, ~zero] ** 2).mean()) == pytest.approx(0.5, rel=1e-4)


@pytest.mark.parametrize("n_slices", [1, 3])
def test_distances_are_kept_if_dimensions_suffice(n_slices):
    made = LinearProjection.of(ROWS, 12, spread=0.5, n_slices=n_slices)(ROWS).astype(float)
    centered = ROWS - ROWS.mean(axis=0)
    scale = (made**2).sum() / (centered**2).sum()
    np.testing.assert_allclose(gram(made), gram(centered) * scale, rtol=1e-3, atol=1e-3)


def test_spread_is_the_root_mean_square_and_other_rows_are_mapped_alike():
    project = LinearProjection.of(ROWS, 4, spread=0.2)
    assert np.sqrt((project(ROWS) ** 2).mean()) == pytest.approx(0.2, rel=1e-4)
    assert project(ROWS).dtype == np.float32
    np.testing.assert_allclose(project(ROWS[3]), project(ROWS)[3], rtol=1e-5)
    assert not project(ROWS.mean(axis=0)).round(6).any()


@pytest.mark.parametrize("rows", [np.ones((1, 3)), np.ones((5, 3))])
@pytest.mark.parametrize("dim", [2, 3, 4])
def test_equal_rows_become_zero(rows, dim):
    assert not LinearProjection.of(rows, dim, spread=1.0)(rows).any()


def test_chunks_do_not_change_results(monkeypatch):
    whole = LinearProjection.of(ROWS, 4, spread=0.2)(ROWS)
    monkeypatch.setattr(dimensions, "CHUNK", 7)
    parts = LinearProjection.of(ROWS, 4, spread=0.2)(ROWS)
    np.testing.assert_allclose(np.abs(parts), np.abs(whole), rtol=1e-4, atol=1e-6)


def test_fewer_rows_than_dimensions_are_enough():
    made = LinearProjection.of(ROWS[:3], 6, spread=1.0)(ROWS[:3]).astype(float)
    few = ROWS[:3] - ROWS[:3].mean(axis=0)
    np.testing.assert_allclose(gram(made), gram(few) * gram(made)[0, 0] / gram(few)[0, 0], rtol=1e-3, atol=1e-3)


RNG = np.random.default_rng(0)
VECTORS, COUNTS = RNG.normal(size=(30, 8)) + 3, RNG.integers(1, 50, 30)


def error(cut):
    return float(COUNTS @ ((cut - VECTORS) ** 2).sum(axis=1))


@pytest.mark.parametrize("n_blocks", [1, 2])
def test_full_rank_keeps_the_vectors(n_blocks):
    np.testing.assert_allclose(Truncation(VECTORS, COUNTS, n_blocks=n_blocks).to(8 // n_blocks), VECTORS)


def test_truncation_has_the_smallest_error():
    mean = COUNTS @ VECTORS / COUNTS.sum()
    singular = np.linalg.svd(np.sqrt(COUNTS)[:, None] * (VECTORS - mean), compute_uv=False)
    for rank in range(9):
        cut = Truncation(VECTORS, COUNTS).to(rank)
        assert error(cut) == pytest.approx((singular[rank:] ** 2).sum())
        assert np.linalg.matrix_rank(cut - mean, tol=1e-8) == rank


def test_rank_zero_is_the_weighted_mean():
    np.testing.assert_allclose(Truncation(VECTORS, COUNTS).to(0), np.tile(COUNTS @ VECTORS / COUNTS.sum(), (30, 1)))


def test_blocks_are_truncated_separately():
    cut = Truncation(VECTORS, COUNTS, n_blocks=2).to(1)
    np.testing.assert_allclose(cut[:, :4], Truncation(VECTORS[:, :4], COUNTS).to(1))
    np.testing.assert_allclose(cut[:, 4:], Truncation(VECTORS[:, 4:], COUNTS).to(1))


def test_rows_of_weight_zero_are_ignored():
    counts = np.where(np.arange(30) < 25, COUNTS, 0)
    np.testing.assert_allclose(Truncation(VECTORS, counts).to(2)[:25], Truncation(VECTORS[:25], counts[:25]).to(2))


def test_rows_without_counts_are_weighted_equally():
    np.testing.assert_allclose(Truncation(VECTORS, np.zeros(30)).to(2), Truncation(VECTORS, np.ones(30)).to(2))
