"""What target statistics of categories and pairs of columns add to the vectors: which flights arrive late."""

from sklearn.metrics import roc_auc_score

import tabemb

COLUMNS = ["carrier", "origin", "dest", "month", "hour", "tailnum"]


def main(rows=30_000, max_epochs=100):
    """Fit without and with statistics; print the scores on other flights, the crosses, and the share of each part."""
    flights = tabemb.load_dataset("nycflights13").dropna(subset=["arr_delay"]).sample(rows, random_state=0)
    half = rows // 2
    X, late = flights[COLUMNS], flights["arr_delay"] > 15
    train, test = slice(0, half), slice(half, None)

    models = {}
    for wanted in (False, "auto"):
        model = tabemb.EmbeddingClassifier(
            categorical=["month", "hour"], target_statistics=wanted, max_epochs=max_epochs, random_state=0
        ).fit(X.iloc[train], late.iloc[train])
        score = roc_auc_score(late.iloc[test], model.predict_proba(X.iloc[test])[:, 1])
        print(f"target_statistics={wanted!r}: ROC AUC {score:.4f}, share of the statistics {model.statistics_share_}")
        models[wanted] = model
    print("the most useful crosses:", models["auto"].crosses_[:3])
    # The vectors are the same: statistics are read by a network of their own.
    same = models["auto"].vectors_["dest"] == models[False].vectors_["dest"]
    print("the same vectors:", same)
    return models


if __name__ == "__main__":
    main()
