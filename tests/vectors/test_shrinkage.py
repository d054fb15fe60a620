"""Shrinkage and uncertainty, estimated and applied."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabemb import CategoryVectors
from tabemb.exceptions import DataError
from tabemb.vectors.shrinkage import RandomEffects, count_weighted_mean, shrunk

COUNTS = np.tile([1, 3, 10, 40, 200], 300)


def drawn(k, variance=2.0, dim=5):
    """Return true vectors, and what their rows say of them: each row is noise of ``k`` times their variance."""
    rng = np.random.default_rng(0)
    true = 3 + rng.normal(scale=variance**0.5, size=(len(COUNTS), dim))
    return true, true + rng.normal(scale=(variance * k) ** 0.5, size=true.shape) / np.sqrt(COUNTS)[:, None]


@pytest.mark.parametrize("k", [2.0, 6.0, 60.0])
def test_the_strength_of_the_prior_is_estimated(k):
    _, seen = drawn(k)
    found = RandomEffects.of(seen, COUNTS)
    assert found.k == pytest.approx(k, rel=0.2)
    assert found.variance == pytest.approx(2.0, rel=0.1)
    assert not found.already


@pytest.mark.parametrize("k", [6.0, 60.0])
def test_shrinking_by_the_estimate_has_the_smallest_error(k):
    true, seen = drawn(k)
    found = RandomEffects.of(seen, COUNTS).k
    errors = {factor: ((shrunk(seen, COUNTS, factor * found) - true) ** 2).mean() for factor in (0, 0.3, 1, 3)}
    assert min(errors, key=errors.get) == 1


def test_shrunk_vectors_are_recognized():
    _, seen = drawn(6.0)
    found = RandomEffects.of(shrunk(seen, COUNTS, 6.0), COUNTS)
    assert found.already
    assert found.k == pytest.approx(6.0, rel=0.2)
    assert found.variance == pytest.approx(2.0, rel=0.1)


def test_the_uncertainty_is_the_error_that_is_left():
    true, seen = drawn(6.0)
    found = RandomEffects.of(seen, COUNTS)
    left = shrunk(seen, COUNTS, found.k) - true
    for count in np.unique(COUNTS):
        error = np.sqrt((left[count == COUNTS] ** 2).mean())
        assert found.uncertainty(np.array([count])) == pytest.approx(error, rel=0.1)


def test_a_given_prior_is_used():
    _, seen = drawn(6.0)
    found = RandomEffects.of(seen, COUNTS, 20.0)
    assert found.k == 20.0
    squares = ((seen - count_weighted_mean(seen, COUNTS)) ** 2).mean(axis=1)
    assert found.variance == pytest.approx((squares * COUNTS / (COUNTS + 20)).mean())


@pytest.mark.parametrize("counts", [[5, 5, 5], [0, 0, 7], [0, 0, 0]])
def test_equal_counts_estimate_a_prior_of_zero(counts):
    found = RandomEffects.of(np.array([[1.0], [2.0], [4.0]]), np.array(counts))
    assert (found.k, found.already) == (0.0, False)
    assert np.isfinite(found.uncertainty(np.array(counts))).all()


def test_equal_vectors_have_no_uncertainty():
    found = RandomEffects.of(np.ones((3, 2)), np.array([1, 2, 3]))
    assert found.uncertainty(np.array([0, 1, 9])).tolist() == [0, 0, 0]


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 10**6), min_size=2, max_size=6),
    st.floats(0, 1e6),
    st.integers(0, 99),
)
def test_shrinking_keeps_the_mean_and_falls_with_counts(counts, k, seed):
    counts = np.array(counts)
    vectors = np.random.default_rng(seed).normal(size=(len(counts), 2))
    made, mean = shrunk(vectors, counts, k), count_weighted_mean(vectors, counts)
    kept = counts / (counts + k) if k else np.ones(len(counts))
    np.testing.assert_allclose(made - mean, kept[:, None] * (vectors - mean), atol=1e-9)
    deviation = RandomEffects(k, 1.0, False).uncertainty(np.sort(counts))
    assert (np.diff(deviation) <= 0).all()
    assert (deviation <= 1).all()


RNG = np.random.default_rng(0)
ROW_COUNTS = np.tile([1, 4, 30, 300], 50)[np.argsort(RNG.random(200))]
TRUE = RNG.normal(size=(200, 3))
SEEN = TRUE + RNG.normal(size=TRUE.shape) * np.sqrt(6 / ROW_COUNTS)[:, None]


def vectors(rows=SEEN, counts=ROW_COUNTS, **more):
    return CategoryVectors([f"c{i}" for i in range(len(rows))], rows, counts, name="dest", **more)


def test_shrink_keeps_n_over_n_plus_k():
    given = vectors(unknown=[7, 7, 7], missing=[8, 8, 8])
    made = given.shrink(10)
    mean = np.average(SEEN, axis=0, weights=ROW_COUNTS)
    np.testing.assert_allclose(
        made.vectors, mean + (ROW_COUNTS / (ROW_COUNTS + 10))[:, None] * (SEEN - mean), rtol=1e-4
    )
    assert (made.index_to_key, made.name, made.dim) == (given.index_to_key, "dest", 3)
    assert np.array_equal(made.counts, ROW_COUNTS)
    assert made.unknown.tolist() == [7, 7, 7]
    assert made.missing.tolist() == [8, 8, 8]
    assert given == vectors(unknown=[7, 7, 7], missing=[8, 8, 8])


def test_auto_reduces_the_error_and_zero_changes_nothing():
    assert vectors().shrink(0) == vectors()
    error, before = (np.square(each.vectors - TRUE).mean() for each in (vectors().shrink(), vectors()))
    assert error < 0.5 * before
    assert vectors().shrink() == vectors().shrink("auto")


def test_auto_keeps_vectors_that_training_has_shrunk():
    mean = np.average(SEEN, axis=0, weights=ROW_COUNTS)
    again = vectors(mean + (ROW_COUNTS / (ROW_COUNTS + 6))[:, None] * (SEEN - mean))
    assert again.shrink() == again
    assert again.shrink(5) != again
    # They are as uncertain as before.
    np.testing.assert_allclose(again.uncertainty(), vectors().uncertainty(), rtol=0.25)


def test_the_uncertainty_is_in_the_units_of_the_vectors_and_falls_with_the_count():
    deviation = vectors().uncertainty()
    assert deviation.shape == (200,)
    assert (np.diff(deviation[np.argsort(ROW_COUNTS)]) <= 0).all()
    np.testing.assert_allclose(vectors(100 * SEEN).uncertainty(), 100 * deviation, rtol=1e-4)
    left = np.abs(vectors().shrink().vectors - TRUE)
    for count in (1, 300):
        assert np.sqrt((left[count == ROW_COUNTS] ** 2).mean()) == pytest.approx(
            deviation[count == ROW_COUNTS][0], rel=0.3
        )


def test_shrinking_without_categories():
    nothing = CategoryVectors([], np.empty((0, 2)), [])
    assert nothing.shrink() == nothing
    assert nothing.uncertainty().shape == (0,)


@pytest.mark.parametrize("method", ["shrink", "uncertainty"])
def test_errors_of_shrink_and_uncertainty(method):
    with pytest.raises(DataError, match="The vectors of column 'dest' have no counts, which shrinkage needs"):
        getattr(vectors(counts=None), method)()
    for k in (-1, np.nan, np.inf, "Auto", None, True):
        with pytest.raises(DataError, match=re.escape(f"or a number of rows of at least 0; got {k!r}.")):
            getattr(vectors(), method)(k)
