"""How far categories have moved between two fits."""

import numpy as np
import pytest
from scipy.stats import ortho_group

from tabemb import CategoryVectors
from tabemb.exceptions import DataError
from tabemb.vectors import neighbors

RNG = np.random.default_rng(0)
KEYS = [f"c{i}" for i in range(40)]
ROWS = RNG.normal(size=(40, 3))
COUNTS = np.arange(40, 0, -1)


def vectors(rows=ROWS, keys=KEYS, counts=COUNTS):
    return CategoryVectors(keys, rows, counts, name="dest")


def moved():
    """Return a fit with axes of its own, in which c39 lies elsewhere, c38 is gone and another is new."""
    rows = ROWS.copy()
    rows[39] *= -1
    rows = np.delete(np.vstack([rows, [[1, 1, 1]]]), 38, axis=0)
    keys = [*np.delete(KEYS, 38), "new"]
    return vectors(rows @ ortho_group.rvs(3, random_state=2), keys, [*np.delete(COUNTS, 38), 5])


def test_drift_finds_the_category_that_moved():
    drift = moved().drift(vectors())
    frame = drift.to_frame()
    assert frame.index[0] == "c39"
    assert frame.index.name == "dest"
    assert list(frame) == ["cosine", "distance", "overlap", "weight", "count", "reference_count"]
    # Its weight is small, so that the rest is nearly where it was.
    assert frame["cosine"].iloc[0] < -0.9
    assert frame["cosine"].iloc[1:].min() > 0.99
    assert (drift.new, drift.gone) == (("new",), ("c38",))
    assert len(drift.keys) == 39
    assert drift.counts.tolist() == drift.reference_counts.tolist() == np.delete(COUNTS, 38).tolist()
    assert drift.weights.tolist() == (np.delete(COUNTS, 38) / 2).tolist()
    assert drift.mean_cosine > 0.99


def test_distances_are_multiples_of_the_typical_length_of_the_reference():
    rows = ROWS.copy()
    rows[0] += [0, 3, 0]
    length = np.sqrt(np.average((ROWS**2).sum(axis=1), weights=COUNTS))
    drift = vectors(rows).drift(vectors())
    np.testing.assert_allclose(drift.distances[0], 3 / length, rtol=0.2)
    hundred = vectors(100 * rows).drift(vectors(100 * ROWS))
    np.testing.assert_allclose(hundred.distances, drift.distances, rtol=1e-4)


def test_residuals_of_equal_and_random_vectors():
    assert vectors().drift(vectors()).residual == pytest.approx(0, abs=1e-12)
    nothing = vectors(RNG.normal(size=(40, 3))).drift(vectors())
    assert 0.5 < nothing.residual < 1
    assert nothing.residual == pytest.approx(nothing.chance_residual, abs=0.15)
    noisy = vectors(ROWS + 0.3 * RNG.normal(size=(40, 3))).drift(vectors())
    assert 0.01 < noisy.residual < 0.2 < noisy.chance_residual


def test_with_as_many_dimensions_as_categories_chance_fits_as_well():
    one, other = (CategoryVectors(KEYS[:4], RNG.normal(size=(4, 4))) for _ in range(2))
    drift = one.drift(other)
    assert drift.chance_residual < 0.5
    assert drift.counts is None
    assert "count" not in drift.to_frame()


def test_neighbors_are_among_shared_categories():
    drift = vectors(ROWS[:20], KEYS[:20], COUNTS[:20]).drift(vectors())
    assert drift.overlaps.tolist() == [1] * 20
    assert (drift.k, drift.mean_overlap) == (4, 1)
    assert drift.chance_overlap == pytest.approx(0.12, abs=0.02)
    other = vectors(RNG.normal(size=(40, 3))).drift(vectors(), k=10)
    assert 0 < other.mean_overlap < 0.3


def test_of_many_categories_those_of_largest_weight_are_compared(monkeypatch):
    monkeypatch.setattr(neighbors, "MOST_COMPARED", 10)
    drift = vectors().drift(vectors())
    assert np.isfinite(drift.overlaps).tolist() == [True] * 10 + [False] * 30
    assert (drift.k, drift.mean_overlap) == (2, 1)


def test_two_shared_categories_have_no_overlap():
    few = CategoryVectors(["a", "b"], [[1.0, 0.0], [0.0, 1.0]])
    drift = few.drift(few)
    assert (drift.k, drift.overlaps.shape) == (0, (2,))
    assert np.isnan(drift.overlaps).all()
    assert np.isnan(drift.mean_overlap)
    assert "overlap" not in repr(drift)
    with pytest.raises(DataError, match="The set of shared categories has 2 categories"):
        few.drift(few, k=1)


def test_zero_vectors_have_cosine_0():
    rows = ROWS.copy()
    rows[5] = 0
    assert vectors(rows).drift(vectors()).cosines[5] == 0


def test_drift_repr():
    assert repr(moved().drift(vectors())).splitlines() == [
        "Drift(dest: 39 shared categories, 1 new, 1 gone)",
        f"  residual  {moved().drift(vectors()).residual:.3f}  (chance {moved().drift(vectors()).chance_residual:.3f})",
        f"  cosine    {moved().drift(vectors()).mean_cosine:.3f}",
        f"  overlap   {moved().drift(vectors()).mean_overlap:.3f}  (of the 9 nearest; chance 0.140)",
        repr(moved().drift(vectors())).splitlines()[-1],
    ]
    assert repr(moved().drift(vectors())).splitlines()[-1].startswith("  moved most: 'c39' (")
