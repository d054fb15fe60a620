"""The nearest rows by sums of look-ups."""

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsRegressor

from tabemb.experiments.paper import nearest as module
from tabemb.experiments.paper.nearest import nearest, vector_distances, weighted_means

SIZES = (9, 5, 4, 2)


@pytest.fixture
def codes():
    """Return rows and queries; the third column follows from the first, as a state from a shop."""
    rng = np.random.default_rng(0)
    rows, queries = (np.column_stack([rng.integers(0, size, n) for size in SIZES]) for n in (300, 40))
    for table in (rows, queries):
        table[:, 2] = table[:, 0] % 4
    return rows, queries


@pytest.fixture
def vectors(codes):
    """Return for each column the vectors of the rows and of the queries."""
    rng = np.random.default_rng(1)
    tables = [rng.normal(size=(size, 3)).astype("float32") for size in SIZES]
    return [tuple(table[of[:, place]] for of in codes) for place, table in enumerate(tables)]


def far_apart(codes):
    """Return the distances of codes as numbers, nearly all of which are ties."""
    return [vector_distances(*(of[:, [place]].astype("float32") for of in codes)) for place in range(len(SIZES))]


def by_hand(rows, queries, k):
    far = np.abs(queries[:, None, :].astype("float64") - rows).sum(axis=2)
    first = np.argsort(np.round(far, 4), axis=1, kind="stable")[:, :k]
    return np.take_along_axis(far, first, axis=1), first


@pytest.fixture(params=["joined", "apart", "few rows at a time", "few queries at a time"])
def way(request, monkeypatch):
    """Search in ways that must not make a difference."""
    if request.param == "apart":
        monkeypatch.setattr(module, "MAX_ENTRIES", 1)
    elif request.param == "few rows at a time":
        monkeypatch.setattr(module, "FIRST_ROWS", 3)
        monkeypatch.setattr(module, "MAX_ROWS", 8)
    elif request.param == "few queries at a time":
        monkeypatch.setattr(module, "QUERY_BATCH", 2)


def test_ties_are_resolved_in_favor_of_the_first_row(codes, way):
    expected, first = by_hand(*codes, 10)
    distances, rows = nearest(far_apart(codes), 10)
    np.testing.assert_array_equal(distances, expected)
    np.testing.assert_array_equal(rows, first)


def test_distances_are_those_of_the_matrix(vectors, way):
    matrices = [np.hstack(side) for side in zip(*vectors, strict=True)]
    expected, first = by_hand(*matrices, 10)
    distances, rows = nearest([vector_distances(*both) for both in vectors], 10)
    np.testing.assert_allclose(distances, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(rows, first)


def test_the_answer_is_that_of_scikit_learn(vectors):
    rng = np.random.default_rng(2)
    # No two rows alike, so that there is no tie to be decided.
    vectors = [*vectors, tuple(rng.normal(size=(len(side), 1)).astype("float32") for side in vectors[0])]
    rows, queries = (np.hstack(side) for side in zip(*vectors, strict=True))
    targets = rng.normal(size=len(rows))
    rival = KNeighborsRegressor(10, weights="distance", p=1, algorithm="brute").fit(rows, targets)
    distances, found = nearest([vector_distances(*both) for both in vectors], 10)
    np.testing.assert_allclose(weighted_means(distances, targets[found]), rival.predict(queries), rtol=1e-4)


def test_rows_at_no_distance_count_alone(codes):
    rows, targets = codes[0], np.random.default_rng(0).normal(size=len(codes[0]))
    distances, found = nearest(far_apart((rows, rows)), 5)
    assert (distances[:, 0] == 0).all()
    rival = KNeighborsRegressor(5, weights="distance", p=1, algorithm="brute")
    expected = rival.fit(rows, targets).predict(rows)
    few = (rows[:, None] == rows).all(axis=2).sum(axis=1) <= 5
    assert few.any()
    alone = distances[:, -1] > 0
    np.testing.assert_allclose(weighted_means(distances, targets[found])[few & alone], expected[few & alone])


def test_k_can_be_the_number_of_rows(codes):
    distances, rows = nearest(far_apart((codes[0][:4], codes[1])), 4)
    assert (np.sort(rows, axis=1) == np.arange(4)).all()
    assert np.isfinite(distances).all()
