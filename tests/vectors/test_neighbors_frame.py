"""Tables of neighbors, and the confidence of many neighbors at once."""

import numpy as np
import pytest

from tabemb.exceptions import DataError
from tabemb.vectors import CategoryVectors, confidence
from tabemb.vectors.confidence import (
    Reliability,
    compared_neighbors,
    known_reliability,
    nearest_neighbors,
    neighbor_confidence,
)
from tabemb.vectors.metrics import Cosine
from tabemb.vectors.queries import read_items
from tabemb.vectors.sampling_noise import SamplingNoise

# Four standard errors of the difference of two shares of 200 draws.
MARGIN = 4 * np.sqrt(2 * 0.25 / 200)


def noisy(n, dim=6, size=0.5, seed=0):
    """Return vectors with noise of a known size, and a function that draws those of fits to other rows."""
    rng = np.random.default_rng(seed)
    counts = np.sort(rng.integers(5, 500, n))[::-1]
    noise = SamplingNoise(np.eye(dim) * size**2, rows=50.0, exponent=-1.0, n_refits=5)
    true, errors = rng.normal(size=(n, dim)), size * np.sqrt(noise.scales(counts))[:, None]

    def fit():
        return CategoryVectors(
            [f"k{i}" for i in range(n)], true + errors * rng.normal(size=(n, dim)), counts, name="x", noise=noise
        )

    return fit


@pytest.fixture(scope="module")
def stops():
    return noisy(200)()


@pytest.fixture
def one_of_many(monkeypatch):
    """Let columns be large from 100 categories on."""
    monkeypatch.setattr(confidence, "MOST_COMPARED", 99)
    monkeypatch.setattr(confidence, "RIVALS", (150, 150))


def test_the_columns_and_their_order(airports):
    frame = airports.neighbors_frame(2)
    assert list(frame) == ["key", "count", "neighbor", "rank", "cosine"]
    assert frame["key"].tolist() == ["JFK", "JFK", "LGA", "LGA", "SFO", "SFO", "OAK", "OAK"]
    assert frame["count"].tolist() == [9, 9, 5, 5, 3, 3, 1, 1]
    assert frame["rank"].tolist() == [1, 2] * 4
    for key, rows in frame.groupby("key"):
        assert list(zip(rows["neighbor"], rows["cosine"], strict=True)) == airports.most_similar(key, topn=2)


def test_there_is_a_confidence_if_the_noise_is_known(airports, stops):
    assert list(stops.neighbors_frame()) == ["key", "count", "neighbor", "rank", "cosine", "confidence"]
    assert "confidence" not in stops.neighbors_frame(confidence=False)
    with pytest.raises(DataError, match="Column 'dest' has vectors of a single fit"):
        airports.neighbors_frame(confidence=True)


def test_the_most_frequent_categories_come_first():
    vectors = CategoryVectors(["rare", "often"], np.eye(2), [1, 9])
    assert vectors.neighbors_frame()["key"].tolist() == ["often", "rare"]
    assert vectors.neighbors_frame(n_categories=1)["key"].tolist() == ["often"]


def test_rare_categories_are_neither_keys_nor_neighbors(airports, stops):
    frame = airports.neighbors_frame(min_count=3)
    assert set(frame["key"]) == set(frame["neighbor"]) == {"JFK", "LGA", "SFO"}
    least = int(np.median(stops.counts))
    frame = stops.neighbors_frame(2, min_count=least)
    assert (stops.counts[[stops.key_to_index[key] for key in frame["neighbor"]]] >= least).all()
    assert frame["confidence"].between(0, 1).all()


def test_keys_keep_their_types():
    vectors = CategoryVectors([1, "1", True, "\ud800"], np.eye(4))
    frame = vectors.neighbors_frame(1)
    assert [(type(key), key) for key in frame["key"]] == [(int, 1), (str, "1"), (bool, True), (str, "\ud800")]
    assert CategoryVectors([1, 2], np.eye(2)).neighbors_frame()["key"].dtype == np.int64


@pytest.mark.parametrize("n", [0, 1])
def test_without_other_categories_the_table_is_empty(n):
    noise = SamplingNoise(np.eye(2), 1.0, -1.0, 3)
    vectors = CategoryVectors(range(n), np.ones((n, 2)), [1] * n, noise=noise)
    frame = vectors.neighbors_frame()
    assert frame.empty
    assert list(frame) == ["key", "count", "neighbor", "rank", "cosine", "confidence"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"topn": 0}, "topn must be a positive integer"),
        ({"n_categories": 0}, "n_categories must be a positive integer"),
        ({"n_categories": 1.5}, "n_categories must be a positive integer"),
        ({"n_categories": True}, "n_categories must be a positive integer"),
        ({"min_count": 99}, "none of 4 categories has a count of 99 or more"),
    ],
)
def test_invalid_arguments(airports, arguments, told):
    with pytest.raises(DataError, match=told):
        airports.neighbors_frame(**arguments)


def alone(vectors, row, rows, k):
    return neighbor_confidence(vectors, read_items(vectors, [f"k{row}"]), read_items(vectors, []), rows, k, Cosine())


def test_many_neighbors_have_the_confidence_of_each_alone(stops):
    near = nearest_neighbors(stops, np.arange(0, 200, 10), 5)
    single = [alone(stops, row, rows, 5) for row, rows in zip(range(0, 200, 10), near.rows, strict=True)]
    assert np.abs(near.confidence - single).max() < MARGIN
    assert abs((near.confidence - single).mean()) < 0.01
    assert 0.2 < near.confidence.mean() < 0.8


@pytest.mark.usefixtures("one_of_many")
def test_of_many_categories_the_most_similar_compete(stops):
    near = nearest_neighbors(stops, np.arange(0, 200, 10), 5)
    single = [alone(stops, row, rows, 5) for row, rows in zip(range(0, 200, 10), near.rows, strict=True)]
    assert np.abs(near.confidence - single).max() < MARGIN
    assert abs((near.confidence - single).mean()) < 0.02


@pytest.mark.parametrize("most_compared", [5000, 99])
def test_the_confidence_does_not_depend_on_the_size_of_a_block(stops, monkeypatch, most_compared):
    monkeypatch.setattr(confidence, "MOST_COMPARED", most_compared)
    whole = nearest_neighbors(stops, np.arange(50), 3)
    monkeypatch.setattr(confidence, "CELLS", 7 * 200 * 6)
    np.testing.assert_array_equal(nearest_neighbors(stops, np.arange(50), 3).confidence, whole.confidence)


@pytest.mark.parametrize(("n", "rivals"), [(400, None), (400, (100, 100))])
def test_the_confidence_is_how_often_neighbors_come_back(n, rivals, monkeypatch):
    if rivals:
        monkeypatch.setattr(confidence, "MOST_COMPARED", 99)
        monkeypatch.setattr(confidence, "RIVALS", rivals)
    fit = noisy(n)
    vectors = fit()
    near = nearest_neighbors(vectors, np.arange(n), 5)
    again = [nearest_neighbors(fit(), np.arange(n), 5, confidence=False).rows for _ in range(20)]
    back = np.mean([(near.rows[:, :, None] == rows[:, None, :]).any(axis=2) for rows in again], axis=0)
    assert near.confidence.mean() == pytest.approx(back.mean(), abs=0.05)
    sure = near.confidence > 0.8
    assert sure.sum() > 20
    assert near.confidence[sure].mean() == pytest.approx(back[sure].mean(), abs=0.08)


def test_the_spread_of_a_single_query_is_that_of_the_whole_column(stops, monkeypatch):
    near = nearest_neighbors(stops, np.arange(10), 5)
    monkeypatch.setattr(confidence, "MOST_RIVALS", 60)
    local = [alone(stops, row, rows, 5) for row, rows in enumerate(near.rows)]
    assert np.mean(local) == pytest.approx(near.confidence.mean(), abs=0.05)


def test_neighbors_are_compared_with_at_least_as_many_others():
    assert [compared_neighbors(n, 5) for n in (2, 3, 4, 5, 7, 11, 12)] == [1, 1, 1, 2, 3, 5, 5]
    noise = SamplingNoise(np.eye(2) * 100, 1.0, 0.0, 3)
    few = CategoryVectors(range(5), np.random.default_rng(0).normal(size=(5, 2)), [9] * 5, noise=noise)
    frame = few.neighbors_frame(4)
    # Pure noise: two of four others are the two nearest by chance.
    assert frame["confidence"].mean() == pytest.approx(0.5)
    assert frame["confidence"].max() < 0.75


def test_the_reliability_is_known_of_three_categories_with_rows_and_noise(stops, airports):
    assert known_reliability(stops) == stops.reliability()
    assert known_reliability(airports) is None
    noise = SamplingNoise(np.eye(2), 1.0, -1.0, 3)
    assert known_reliability(CategoryVectors("abc", np.eye(3, 2), [5, 5, 0], noise=noise)) is None


def test_a_column_of_chance_has_a_warning():
    warning = Reliability(0.08, 0.06, 10).warning("carrier")
    assert warning.startswith("The neighbors of carrier are no more stable than random ones (8 % come back in fits")
    assert Reliability(0.72, 0.1, 10).warning("carrier") == ""
