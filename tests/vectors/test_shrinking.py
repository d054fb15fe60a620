"""Shrinkage and uncertainty of a column's vectors."""

import re

import numpy as np
import pytest

from tabemb import CategoryVectors
from tabemb.exceptions import DataError

RNG = np.random.default_rng(0)
COUNTS = np.tile([1, 4, 30, 300], 50)[np.argsort(RNG.random(200))]
TRUE = RNG.normal(size=(200, 3))
SEEN = TRUE + RNG.normal(size=TRUE.shape) * np.sqrt(6 / COUNTS)[:, None]


def vectors(rows=SEEN, counts=COUNTS, **more):
    return CategoryVectors([f"c{i}" for i in range(len(rows))], rows, counts, name="dest", **more)


def test_of_a_category_of_n_rows_its_share_is_left():
    given = vectors(unknown=[7, 7, 7], missing=[8, 8, 8])
    made = given.shrink(10)
    mean = np.average(SEEN, axis=0, weights=COUNTS)
    np.testing.assert_allclose(made.vectors, mean + (COUNTS / (COUNTS + 10))[:, None] * (SEEN - mean), rtol=1e-4)
    assert (made.index_to_key, made.name, made.dim) == (given.index_to_key, "dest", 3)
    assert np.array_equal(made.counts, COUNTS)
    assert made.unknown.tolist() == [7, 7, 7]
    assert made.missing.tolist() == [8, 8, 8]
    assert given == vectors(unknown=[7, 7, 7], missing=[8, 8, 8])


def test_the_estimate_comes_nearer_to_the_truth_and_zero_changes_nothing():
    assert vectors().shrink(0) == vectors()
    error, before = (np.square(each.vectors - TRUE).mean() for each in (vectors().shrink(), vectors()))
    assert error < 0.5 * before
    assert vectors().shrink() == vectors().shrink("auto")


def test_vectors_that_training_has_shrunk_stay_as_they_are():
    mean = np.average(SEEN, axis=0, weights=COUNTS)
    again = vectors(mean + (COUNTS / (COUNTS + 6))[:, None] * (SEEN - mean))
    assert again.shrink() == again
    assert again.shrink(5) != again
    # They are as uncertain as before.
    np.testing.assert_allclose(again.uncertainty(), vectors().uncertainty(), rtol=0.25)


def test_the_uncertainty_is_in_the_units_of_the_vectors_and_falls_with_the_count():
    deviation = vectors().uncertainty()
    assert deviation.shape == (200,)
    assert (np.diff(deviation[np.argsort(COUNTS)]) <= 0).all()
    np.testing.assert_allclose(vectors(100 * SEEN).uncertainty(), 100 * deviation, rtol=1e-4)
    left = np.abs(vectors().shrink().vectors - TRUE)
    for count in (1, 300):
        assert np.sqrt((left[count == COUNTS] ** 2).mean()) == pytest.approx(deviation[count == COUNTS][0], rel=0.3)


def test_a_column_of_no_category():
    nothing = CategoryVectors([], np.empty((0, 2)), [])
    assert nothing.shrink() == nothing
    assert nothing.uncertainty().shape == (0,)


@pytest.mark.parametrize("method", ["shrink", "uncertainty"])
def test_what_cannot_be_done_is_told(method):
    with pytest.raises(DataError, match="The vectors of column 'dest' came without counts, and shrinkage goes by them"):
        getattr(vectors(counts=None), method)()
    for k in (-1, np.nan, np.inf, "Auto", None, True):
        with pytest.raises(DataError, match=re.escape(f"k is 'auto' or a number of rows, 0 or more; got {k!r}.")):
            getattr(vectors(), method)(k)
