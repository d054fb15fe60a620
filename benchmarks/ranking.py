"""Rank the rows of groups: the losses of the ranker beside the same network as a regressor and as a classifier.

    TABEMB_DATA=DIR python benchmarks/ranking.py [--tables levels films] [--seeds 2] [--rows N] [--json FILE]

``levels`` is generated: in each group, an item is the more relevant the higher its quality, but groups have levels, and
those with high relevances offer worse items. ``films`` are the ratings of MovieLens (latest small, 2016): groups are
users, features the film, its genres and its year, the relevance is the rating, and the last fifth of the ratings of
each user is held out. All have the default network without target statistics; the classifier is scored by the mean of
its classes. LightGBM's LambdaRank (``pip install lightgbm``, if it is there) gets categories as integers. Scores are
the mean NDCG@10 of the groups.
"""

import argparse
import os
import time
from importlib.util import find_spec
from pathlib import Path

from turns import RESULTS, show, write  # isort: skip

import numpy as np
import pandas as pd

from tabemb import EmbeddingClassifier, EmbeddingRanker, EmbeddingRegressor
from tabemb.metrics import grouped_ndcg

DATA = Path(os.environ.get("TABEMB_DATA", Path(__file__).parents[2] / "shared" / "data"))


def levels(n_rows, seed=0):
    """Return training and test rows whose order within groups is not that of the relevances over all groups."""
    rng = np.random.default_rng(seed)
    n_items, size = 200, 10
    quality, n_groups = rng.normal(size=n_items), n_rows // size
    level = rng.normal(size=n_groups)
    # Of two random items, groups of a high level rather offer the worse one.
    drawn = rng.integers(n_items, size=(n_groups, size, 2))
    worse = rng.random((n_groups, size)) < 1 / (1 + np.exp(-3 * level))[:, None]
    order = np.take_along_axis(drawn, quality[drawn].argsort(axis=2), axis=2)
    items = np.where(worse, order[:, :, 0], order[:, :, 1])
    latent = quality[items] + 3 * level[:, None] + 0.5 * rng.normal(size=items.shape)
    table = pd.DataFrame({"group": np.repeat(np.arange(n_groups), size), "item": [f"i{i}" for i in items.ravel()]})
    table["noise"] = rng.normal(size=len(table))
    table["relevance"] = np.digitize(latent.ravel(), np.quantile(latent, [0.2, 0.4, 0.6, 0.8]))
    held = table["group"] >= 0.8 * n_groups
    return table[~held], table[held], {"categorical": None}


def films(n_rows):
    """Return the first ratings of each user, and the last fifth."""
    ratings = pd.read_parquet(DATA / "movielens_latest_small_2016.parquet")
    ratings = ratings.sort_values(["userId", "timestamp"], kind="stable").head(n_rows)
    ratings = ratings.rename(columns={"userId": "group", "rating": "relevance"})
    of_user = ratings.groupby("group")
    held = of_user.cumcount() >= 0.8 * of_user["movieId"].transform("size")
    columns = ["group", "movieId", "genres", "year", "relevance"]
    options = {"categorical": ["movieId"], "multi_valued": {"genres": "|"}}
    return ratings.loc[~held, columns], ratings.loc[held, columns], options


def lightgbm_scores(train, test, seed):
    """Return the scores of LightGBM's LambdaRank, with a tenth of the groups for early stopping."""
    import lightgbm

    features = [name for name in train.columns if name not in ("group", "relevance")]
    both = pd.concat([train, test])
    for name in features:
        if not pd.api.types.is_float_dtype(both[name]):
            both[name] = pd.Categorical(both[name].astype(str))
    grades = {value: place for place, value in enumerate(sorted(both["relevance"].unique()))}
    train, test = both.iloc[: len(train)].sort_values("group", kind="stable"), both.iloc[len(train) :]
    groups = np.random.default_rng(seed).permutation(train["group"].unique())
    held = train["group"].isin(groups[: len(groups) // 10])
    parts = [train[~held], train[held]]
    # The gains of the grades are those of the relevances.
    gains = [2**value - 1 for value in grades]
    model = lightgbm.LGBMRanker(n_estimators=1000, learning_rate=0.05, random_state=seed, label_gain=gains, verbose=-1)
    fit = [(each[features], each["relevance"].map(grades), each.groupby("group").size().to_list()) for each in parts]
    model.fit(
        *fit[0][:2],
        group=fit[0][2],
        eval_set=[fit[1][:2]],
        eval_group=[fit[1][2]],
        eval_at=[10],
        callbacks=[lightgbm.early_stopping(50, verbose=False)],
    )
    return model.predict(test[features])


def scores_of(name, train, test, options, seed):
    """Return the scores of a model for the test rows."""
    if name == "LightGBM lambdarank":
        return lightgbm_scores(train, test, seed)
    X, y = train.drop(columns="relevance"), train["relevance"]
    X_test, options = test.drop(columns="relevance"), options | {"random_state": seed}
    if name == "constant":
        return np.zeros(len(test))
    if name.startswith("ranker"):
        return EmbeddingRanker("group", loss=name.split()[1], **options).fit(X, y).predict(X_test)
    X, X_test, options = X.drop(columns="group"), X_test.drop(columns="group"), options | {"target_statistics": False}
    if name == "regressor":
        return EmbeddingRegressor(**options).fit(X, y).predict(X_test)
    model = EmbeddingClassifier(**options).fit(X, y.astype(str))
    return model.predict_proba(X_test) @ model.classes_.astype(float)


def main():
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", nargs="+", choices=["levels", "films"], default=["levels", "films"])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--json", type=Path, default=RESULTS / "ranking.json")
    given = parser.parse_args()
    models = ["constant", "regressor", "classifier", "ranker listnet", "ranker lambdarank"]
    if find_spec("lightgbm"):
        models.append("LightGBM lambdarank")
    rows = []
    for table in given.tables:
        train, test, options = levels(min(given.rows, 20_000)) if table == "levels" else films(given.rows)
        for model in models:
            found, start = [], time.perf_counter()
            for seed in range(given.seeds if model != "constant" else 1):
                scores = scores_of(model, train, test, options, seed)
                found.append(grouped_ndcg(test["relevance"], scores, test["group"]))
            seconds = (time.perf_counter() - start) / len(found)
            rows.append({"table": table, "model": model, "ndcg": found, "seconds": seconds})
            print(table, model, np.round(found, 4).tolist(), f"{seconds:.0f} s", flush=True)
    show(
        "NDCG@10 of held-out rows",
        ["table", "model", "NDCG@10 by seed", "seconds"],
        [(r["table"], r["model"], " ".join(f"{x:.4f}" for x in r["ndcg"]), f"{r['seconds']:.0f}") for r in rows],
    )
    write("ranking", rows, given.json)


if __name__ == "__main__":
    main()
