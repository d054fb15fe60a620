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


def test_of_as_many_dimensions_the_axes_stay():
    made = LinearProjection.of(ROWS, 10, spread=0.5)(ROWS)
    centred = ROWS - ROWS.mean(axis=0)
    np.testing.assert_allclose(made, centred * (0.5 / np.sqrt((centred**2).mean())), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("n_slices", [1, 3])
def test_of_more_the_principal_components_are_kept(n_slices):
    made = LinearProjection.of(ROWS, 6, spread=1.0, n_slices=n_slices)(ROWS).astype(float)
    left, values, _ = np.linalg.svd(ROWS - ROWS.mean(axis=0), full_matrices=False)
    best = left[:, :6] * values[:6]
    np.testing.assert_allclose(gram(made), gram(best) / np.mean(best**2), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("dim", [6, 12])
def test_slices_have_like_shares_of_what_tells_rows_apart(dim):
    made = LinearProjection.of(ROWS, dim, spread=1.0, n_slices=3)(ROWS).astype(float)
    shares = (made.reshape(400, 3, dim // 3) ** 2).sum(axis=(0, 2)) / (made**2).sum()
    assert shares.max() / shares.min() < 3
    whole = LinearProjection.of(ROWS, dim, spread=1.0)(ROWS).astype(float)
    in_order = (whole.reshape(400, 3, dim // 3) ** 2).sum(axis=(0, 2))
    assert in_order[0] > 3 * in_order[2]
    again = LinearProjection.of(ROWS, dim, spread=1.0, n_slices=3)(ROWS)
    assert np.array_equal(made, again)


def test_fewer_are_filled_up_with_zeros():
    made = LinearProjection.of(ROWS, 12, spread=0.5)(ROWS).astype(float)
    zero = ~made.any(axis=0)
    assert zero.sum() == 2
    assert np.sqrt((made[:, ~zero] ** 2).mean()) == pytest.approx(0.5, rel=1e-4)


@pytest.mark.parametrize("n_slices", [1, 3])
def test_distances_stay_where_dimensions_are_enough(n_slices):
    made = LinearProjection.of(ROWS, 12, spread=0.5, n_slices=n_slices)(ROWS).astype(float)
    centred = ROWS - ROWS.mean(axis=0)
    scale = (made**2).sum() / (centred**2).sum()
    np.testing.assert_allclose(gram(made), gram(centred) * scale, rtol=1e-3, atol=1e-3)


def test_the_spread_is_the_root_mean_square_and_other_rows_go_the_same_way():
    project = LinearProjection.of(ROWS, 4, spread=0.2)
    assert np.sqrt((project(ROWS) ** 2).mean()) == pytest.approx(0.2, rel=1e-4)
    assert project(ROWS).dtype == np.float32
    np.testing.assert_allclose(project(ROWS[3]), project(ROWS)[3], rtol=1e-5)
    assert not project(ROWS.mean(axis=0)).round(6).any()


@pytest.mark.parametrize("rows", [np.ones((1, 3)), np.ones((5, 3))])
@pytest.mark.parametrize("dim", [2, 3, 4])
def test_rows_that_do_not_differ_become_zero(rows, dim):
    assert not LinearProjection.of(rows, dim, spread=1.0)(rows).any()


def test_the_portions_in_which_rows_are_read_change_nothing(monkeypatch):
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
