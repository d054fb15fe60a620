"""Vectors brought to another number of dimensions and another spread."""

import numpy as np
import pytest

from tabemb.vectors import dimensions as projection
from tabemb.vectors.dimensions import Projection

rng = np.random.default_rng(0)
# Ten directions whose standard deviations fall from 10 to 1, around a common middle.
ROWS = rng.normal(size=(400, 10)) * np.arange(10, 0, -1) + 5
ROWS = ROWS @ np.linalg.qr(rng.normal(size=(10, 10)))[0]


def gram(rows):
    return rows @ rows.T


def test_of_as_many_dimensions_the_axes_stay():
    made = Projection.of(ROWS, 10, spread=0.5)(ROWS)
    centred = ROWS - ROWS.mean(axis=0)
    np.testing.assert_allclose(made, centred * (0.5 / np.sqrt((centred**2).mean())), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("n_slices", [1, 3])
def test_of_more_the_principal_components_are_kept(n_slices):
    made = Projection.of(ROWS, 6, spread=1.0, n_slices=n_slices)(ROWS).astype(float)
    left, values, _ = np.linalg.svd(ROWS - ROWS.mean(axis=0), full_matrices=False)
    best = left[:, :6] * values[:6]
    np.testing.assert_allclose(gram(made), gram(best) / np.mean(best**2), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("dim", [6, 12])
def test_slices_have_like_shares_of_what_tells_rows_apart(dim):
    made = Projection.of(ROWS, dim, spread=1.0, n_slices=3)(ROWS).astype(float)
    shares = (made.reshape(400, 3, dim // 3) ** 2).sum(axis=(0, 2)) / (made**2).sum()
    assert shares.max() / shares.min() < 3
    whole = Projection.of(ROWS, dim, spread=1.0)(ROWS).astype(float)
    in_order = (whole.reshape(400, 3, dim // 3) ** 2).sum(axis=(0, 2))
    assert in_order[0] > 3 * in_order[2]
    again = Projection.of(ROWS, dim, spread=1.0, n_slices=3)(ROWS)
    assert np.array_equal(made, again)


def test_fewer_are_filled_up_with_zeros():
    made = Projection.of(ROWS, 12, spread=0.5)(ROWS).astype(float)
    zero = ~made.any(axis=0)
    assert zero.sum() == 2
    assert np.sqrt((made[:, ~zero] ** 2).mean()) == pytest.approx(0.5, rel=1e-4)


@pytest.mark.parametrize("n_slices", [1, 3])
def test_distances_stay_where_dimensions_are_enough(n_slices):
    made = Projection.of(ROWS, 12, spread=0.5, n_slices=n_slices)(ROWS).astype(float)
    centred = ROWS - ROWS.mean(axis=0)
    scale = (made**2).sum() / (centred**2).sum()
    np.testing.assert_allclose(gram(made), gram(centred) * scale, rtol=1e-3, atol=1e-3)


def test_the_spread_is_the_root_mean_square_and_other_rows_go_the_same_way():
    project = Projection.of(ROWS, 4, spread=0.2)
    assert np.sqrt((project(ROWS) ** 2).mean()) == pytest.approx(0.2, rel=1e-4)
    assert project(ROWS).dtype == np.float32
    np.testing.assert_allclose(project(ROWS[3]), project(ROWS)[3], rtol=1e-5)
    assert not project(ROWS.mean(axis=0)).round(6).any()


@pytest.mark.parametrize("rows", [np.ones((1, 3)), np.ones((5, 3))])
@pytest.mark.parametrize("dim", [2, 3, 4])
def test_rows_that_do_not_differ_become_zero(rows, dim):
    assert not Projection.of(rows, dim, spread=1.0)(rows).any()


def test_the_portions_in_which_rows_are_read_change_nothing(monkeypatch):
    whole = Projection.of(ROWS, 4, spread=0.2)(ROWS)
    monkeypatch.setattr(projection, "PORTION", 7)
    parts = Projection.of(ROWS, 4, spread=0.2)(ROWS)
    np.testing.assert_allclose(np.abs(parts), np.abs(whole), rtol=1e-4, atol=1e-6)


def test_fewer_rows_than_dimensions_are_enough():
    made = Projection.of(ROWS[:3], 6, spread=1.0)(ROWS[:3]).astype(float)
    few = ROWS[:3] - ROWS[:3].mean(axis=0)
    np.testing.assert_allclose(gram(made), gram(few) * gram(made)[0, 0] / gram(few)[0, 0], rtol=1e-3, atol=1e-3)
