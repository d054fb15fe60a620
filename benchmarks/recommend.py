"""Recommend films: our methods beside popularity, item neighbors, EASE, implicit ALS and the models of RecTools.

    TABEMB_DATA=DIR python benchmarks/recommend.py [ranking ratings cold speed] [--sets small 100k] [--json FILE]

``ranking``: nDCG of ten items over the whole catalog without what a user has seen. ``last`` holds out the last fifth of
the ratings of each user, ``user`` a fifth of the users, of whose ratings the last fifth is to be found. All ratings
count as interactions; items that are not in training are left out of the test. EASE has the best of four penalties **on
the test rows**, and once that which is best on the last training rows, as ours choose by themselves; item neighbors
have the best of two numbers of neighbors, ALS the best of two sizes. "Half-life": recent interactions count more in
what is known of a user, by as much as ours choose; these and SASRec are the models that know the order. ``ratings``:
RMSE of the last fifth of the ratings, of each user and of all. ``cold``: a fifth of the items is left out of training,
and known by its genres and year; recall of twenty of these. ``speed``: seconds and memory on generated interactions
(``--rows``).

``implicit``, ``rectools`` and ``catboost`` take part if they are installed; so does the network of two towers if
TensorFlow is.
"""

import argparse
import os
import resource
import time
from importlib.util import find_spec
from pathlib import Path

from turns import RESULTS, show, write  # isort: skip

import numpy as np
import pandas as pd
from scipy import sparse

from tabemb.metrics import ranking_metrics
from tabemb.recommend import TwoTowerRecommender
from tabemb.recommend.interactions import InteractionMatrix
from tabemb.recommend.splits import split_by_time, split_by_user
from tabemb.recommend.towers import best_items

DATA = Path(os.environ.get("TABEMB_DATA", Path(__file__).parents[2] / "shared" / "data"))
TOP = 10
# Of EASE.
PENALTIES = (100, 200, 400, 800)
USERS = {"small": ["user"], "100k": ["user", "age", "gender", "occupation"]}
ITEMS = ["item", "genres", "year"]


def ratings_of(name):
    """Return ratings with the columns of users and films."""
    if name == "small":
        names = {"userId": "user", "movieId": "item", "timestamp": "time"}
        return pd.read_parquet(DATA / "movielens_latest_small_2016.parquet").rename(columns=names)
    films = pd.read_parquet(DATA / "movielens100k_items.parquet")
    genres = films.columns[6:]
    films["genres"] = ["|".join(genres[has]) or None for has in films[genres].to_numpy(bool)]
    films["year"] = pd.to_datetime(films["release_date"], errors="coerce", format="%d-%b-%Y").dt.year
    names = {"user_id": "user", "movie_id": "item", "timestamp": "time"}
    return (
        pd.read_parquet(DATA / "movielens100k_ratings.parquet")
        .merge(pd.read_parquet(DATA / "movielens100k_users.parquet"), on="user_id")
        .merge(films[["movie_id", "genres", "year"]], on="movie_id")
        .rename(columns=names)
    )


def split_of(name, how):
    """Return the split of a set of ratings."""
    ratings = ratings_of(name)
    if how == "last":
        split = split_by_time(ratings, "time", share=0.2, by="user")
    else:
        split = split_by_user(ratings, "user", share=0.2, held_out=0.2, time="time")
    return split.only_known(item="item")


def by_scores(make, half_life=None):
    """Return a candidate whose model gives scores of all items for rows of interactions.

    With ``half_life``, the rows that are scored, not those of training, have larger weights for recent interactions.
    """

    def recommended(split):
        train = InteractionMatrix.read(split.train, user="user", item="item")
        rows = train.of(split.known, user="user", item="item", time="time", half_life=half_life)
        scores, n_bytes = make(train.matrix)
        places = best_items(np.asarray(scores(rows.matrix), np.float32), TOP, rows.matrix)[0]
        flat = pd.DataFrame({"user": np.repeat(rows.users.keys, places.shape[1]), "place": places.ravel()})
        flat = flat[flat["place"] >= 0]
        return flat.assign(item=np.array(train.items.keys)[flat["place"]])[["user", "item"]], n_bytes

    return recommended


def popularity(train):
    """Return the same scores for all users."""
    counts = np.asarray(train.sum(axis=0)).ravel()
    return lambda known: np.tile(counts, (known.shape[0], 1)), counts.nbytes


def item_neighbors(train, n):
    """Return the sum of the cosines of an item with those of the user, of its n nearest."""
    lengths = np.sqrt(np.asarray(train.multiply(train).sum(axis=0)).ravel())
    cosines = (train.T @ train).toarray() / np.maximum(np.outer(lengths, lengths), 1e-9)
    np.fill_diagonal(cosines, 0)
    border = -np.partition(-cosines, n, axis=0)[n - 1 : n]
    kept = sparse.csr_array(np.where(cosines >= border, cosines, 0).astype(np.float32))
    return lambda known: (known @ kept).toarray(), kept.data.nbytes + kept.indices.nbytes


def ease(train, penalty):
    """Return EASE (Steck 2019, equation 8)."""
    gram = (train.T @ train).toarray().astype(np.float64)
    gram[np.diag_indices_from(gram)] += penalty
    inverse = np.linalg.inv(gram)
    weights = (inverse / -np.diag(inverse)).astype(np.float32)
    np.fill_diagonal(weights, 0)
    return lambda known: known @ weights, weights.nbytes


def chosen_ease(split):
    """Return recommendations of EASE, whose penalty finds the last fifth of the training rows of each user best."""
    inner = split_by_time(split.train, "time", share=0.2, by="user").only_known(item="item")

    def found(penalty):
        best, _ = by_scores(lambda train: ease(train, penalty))(inner)
        return ranking_metrics(best, inner.test, TOP).loc[TOP, "ndcg"]

    return by_scores(lambda train: ease(train, max(PENALTIES, key=found)))(split)


def als(train, dim):
    """Return implicit ALS (Hu et al. 2008); new users are folded in."""
    from implicit.als import AlternatingLeastSquares

    model = AlternatingLeastSquares(factors=dim, regularization=10.0, alpha=5.0, iterations=20, random_state=0)
    model.fit(sparse.csr_matrix(train), show_progress=False)
    items = np.asarray(model.item_factors)

    def scores(known):
        rows = sparse.csr_matrix(known)
        return np.stack([model.recalculate_user(0, rows[i]) for i in range(rows.shape[0])]) @ items.T

    return scores, items.nbytes


def rectools(model):
    """Return a candidate of RecTools; it is given what is known of new users, too, since it needs it in training."""

    def recommended(split):
        from rectools.dataset import Dataset

        rows = split.train if split.known is split.train else pd.concat([split.train, split.known])
        table = pd.DataFrame({"user_id": rows["user"], "item_id": rows["item"], "weight": 1.0})
        table["datetime"] = pd.to_datetime(rows["time"], unit="s")
        data, fitted = Dataset.construct(table), model()
        fitted.fit(data)
        users = split.test["user"].unique()
        found = fitted.recommend(users=users, dataset=data, k=TOP, filter_viewed=True)
        return found.rename(columns={"user_id": "user", "item_id": "item"})[["user", "item"]], np.nan

    return recommended


def rectools_models():
    """Yield the names of RecTools' models, and what makes them."""
    from implicit.als import AlternatingLeastSquares
    from rectools.models import EASEModel, ImplicitALSWrapperModel

    for penalty in (200, 400):
        yield f"RecTools EASE, penalty {penalty}", lambda penalty=penalty: EASEModel(regularization=penalty)
    options = {"factors": 32, "regularization": 10.0, "alpha": 5.0, "iterations": 20, "random_state": 0}
    yield "RecTools iALS, 32 dimensions", lambda: ImplicitALSWrapperModel(AlternatingLeastSquares(**options))
    if find_spec("pytorch_lightning"):
        from rectools.models import SASRecModel

        yield "RecTools SASRec", lambda: SASRecModel(epochs=20, deterministic=True, verbose=0)


def ours(name, user, item, method, **params):
    """Return a candidate of ours."""

    def recommended(split):
        options = {"time": "time", "half_life": None, "random_state": 0} | params
        made = TwoTowerRecommender(user, item, method=method, **options).fit(split.train)
        if split.known is split.train:
            found = made.recommend(split.test["user"].unique(), TOP)
        else:
            found = made.recommend(k=TOP, interactions=split.known)
        return found, made.towers_.items.nbytes

    return name, recommended


def candidates(name):
    """Yield the names of the candidates, and what recommends for a split."""
    yield "popularity", by_scores(popularity)
    for n in (50, 200):
        yield f"item neighbors, {n}", by_scores(lambda train, n=n: item_neighbors(train, n))
    if find_spec("implicit"):
        for dim in (32, 128):
            yield f"ALS, {dim} dimensions", by_scores(lambda train, dim=dim: als(train, dim))
    yield "EASE, penalty chosen without the test rows", chosen_ease
    for penalty in PENALTIES:
        yield f"EASE, penalty {penalty}", by_scores(lambda train, penalty=penalty: ease(train, penalty))
    if find_spec("rectools"):
        for title, model in rectools_models():
            yield title, rectools(model)
    for dim in (32, 128, 512):
        method = {"name": "linear_autoencoder", "dim": dim}
        yield ours(f"linear autoencoder, {dim} dimensions", "user", "item", method)
    yield ours("linear autoencoder, with columns", USERS[name], ITEMS, "linear_autoencoder")
    yield "item neighbors, 200, half-life 5", by_scores(lambda train: item_neighbors(train, 200), 5)
    for penalty in PENALTIES[1:3]:
        title = f"EASE, penalty {penalty}, half-life 5"
        yield title, by_scores(lambda train, penalty=penalty: ease(train, penalty), 5)
    for dim in (128, 512):
        method, chosen = {"name": "linear_autoencoder", "dim": dim}, {"half_life": "auto"}
        yield ours(f"linear autoencoder, {dim} dimensions, half-life chosen", "user", "item", method, **chosen)
    yield ours(
        "linear autoencoder, with columns, half-life chosen", USERS[name], ITEMS, "linear_autoencoder", half_life="auto"
    )
    if find_spec("tensorflow"):
        for loss in ("softmax", "mixed", "bpr"):
            yield ours(f"two towers, {loss}", "user", "item", {"name": "two_towers", "loss": loss})
        yield ours("two towers, with columns", USERS[name], ITEMS, "two_towers")
        history = {"name": "two_towers", "user_tower": "history"}
        yield ours("two towers, history", "user", "item", history)
        yield ours("two towers, history, half-life 5", "user", "item", history, half_life=5)
        yield ours("two towers, history, with columns", USERS[name], ITEMS, history)


def ranking(options):
    """Measure the quality of rankings."""
    rows = []
    for name in options.sets:
        for how in options.splits:
            split, found = split_of(name, how), []
            for title, recommended in candidates(name):
                if options.only and not any(each in title for each in options.only):
                    continue
                start = time.process_time()
                best, n_bytes = recommended(split)
                seconds = time.process_time() - start
                metrics = ranking_metrics(best, split.test, TOP, train=split.train).loc[TOP].to_dict()
                row = {"set": name, "split": how, "way": title, **metrics, "bytes": n_bytes, "seconds": seconds}
                found.append(row)
            show_ranking(f"{name}, {how}", found)
            rows += found
    return rows


def show_ranking(title, found):
    """Print a table of rankings."""
    cells = [
        [
            each["way"],
            *(f"{each[metric]:.4f}" for metric in ("ndcg", "recall", "map", "coverage")),
            f"{each['bytes'] / 1e6:,.1f}",
            f"{each['seconds']:.1f}",
        ]
        for each in found
    ]
    titles = ["model", "nDCG@10", "recall@10", "MAP@10", "coverage", "MB", "processor seconds"]
    show(title, titles, cells)


def biases(train, test, penalty=5.0, sweeps=10):
    """Return the mean and the biases of user and item, by ridge regressions in turn."""
    mean, of_items = train["rating"].mean(), pd.Series(0.0, train["item"].unique())
    sizes = {side: train.groupby(side).size() + penalty for side in ("user", "item")}
    for _ in range(sweeps):
        rest = train["rating"] - mean - train["item"].map(of_items)
        of_users = rest.groupby(train["user"]).sum() / sizes["user"]
        rest = train["rating"] - mean - train["user"].map(of_users)
        of_items = rest.groupby(train["item"]).sum() / sizes["item"]
    return mean + test["user"].map(of_users).fillna(0) + test["item"].map(of_items).fillna(0)


def catboost(train, test, columns):
    """Return CatBoost's predictions."""
    from catboost import CatBoostRegressor

    def texts(table):
        return table[columns].astype(object).fillna("").astype(str)

    model = CatBoostRegressor(verbose=0, random_seed=0, thread_count=2, cat_features=columns, allow_writing_files=False)
    return model.fit(texts(train), train["rating"]).predict(texts(test))


def rating_models(name):
    """Yield the names of models of ratings, and what predicts."""
    yield "mean", lambda train, test: np.full(len(test), train["rating"].mean())
    yield "biases", biases
    if find_spec("catboost"):
        yield "CatBoost", lambda train, test: catboost(train, test, [*USERS[name], *ITEMS])

    def fitted(user, item, method):
        def predicted(train, test):
            made = TwoTowerRecommender(user, item, method=method, rating="rating", random_state=0).fit(train)
            return made.predict(test)

        return predicted

    yield "mf", fitted("user", "item", "mf")
    yield "mf, with columns of films", fitted("user", ITEMS, "mf")
    if find_spec("tensorflow"):
        yield "two towers, rating", fitted("user", "item", {"name": "two_towers", "loss": "rating", "dim": 32})


def ratings(options):
    """Measure the errors of predicted ratings."""
    rows = []
    for name in options.sets:
        table = ratings_of(name)
        for how in ("last", "time"):
            split = split_by_time(table, "time", share=0.2, by="user" if how == "last" else None)
            for title, predicted in rating_models(name):
                if options.only and not any(each in title for each in options.only):
                    continue
                start = time.process_time()
                found = np.asarray(predicted(split.train, split.test), float)
                seconds = time.process_time() - start
                error = float(np.sqrt(np.mean((found - split.test["rating"].to_numpy()) ** 2)))
                rows.append({"set": name, "split": how, "way": title, "rmse": error, "seconds": seconds})
    keys = ("set", "split", "way")
    cells = [[*(row[key] for key in keys), f"{row['rmse']:.4f}", f"{row['seconds']:.1f}"] for row in rows]
    show("Ratings", ["set", "split", "model", "RMSE", "processor seconds"], cells)
    return rows


def cold(options):
    """Measure how well items that no training row has are found by their columns."""
    rows = []
    for name in options.sets:
        table = ratings_of(name)
        for seed in (0, 1):
            items = np.sort(table["item"].unique())
            new = set(np.random.default_rng(seed).permutation(items)[: len(items) // 5])
            is_new = table["item"].isin(new)
            train, test = table[~is_new], table[is_new]
            films = test.drop_duplicates("item")[ITEMS]
            chance = 20 / len(films)
            ways = {"linear autoencoder": "linear_autoencoder"}
            if find_spec("tensorflow"):
                ways["two towers"] = "two_towers"
            found = {"chance": chance}
            for title, method in ways.items():
                made = TwoTowerRecommender("user", ITEMS, method=method, random_state=seed).fit(train)
                made.add_items(films)
                best = made.recommend(test["user"].unique(), 20, filter=list(films["item"]))
                found[title] = float(ranking_metrics(best, test, 20).loc[20, "recall"])
            rows += [
                {"set": name, "seed": seed, "way": way, "recall": each, "times": each / chance}
                for way, each in found.items()
            ]
    cells = [[row["set"], str(row["seed"]), row["way"], f"{row['recall']:.4f}", f"{row['times']:.1f}"] for row in rows]
    show("Items without interactions: recall@20", ["set", "seed", "model", "recall@20", "times chance"], cells)
    return rows


def generated(n_rows, seed=0):
    """Return interactions of users and items of ten tastes, with frequencies by a power law."""
    rng = np.random.default_rng(seed)
    n_users, n_items = max(100, n_rows // 50), max(100, n_rows // 500)
    users = (n_users * rng.random(n_rows) ** 2).astype(np.int64)
    items = (n_items // 10 * rng.random(n_rows) ** 3).astype(np.int64) * 10
    items += np.where(rng.random(n_rows) < 0.7, users % 10, rng.integers(0, 10, n_rows))
    return pd.DataFrame({"user": users, "item": items, "time": np.arange(n_rows)})


def speed(options):
    """Measure seconds and memory of one candidate on many interactions; run each in a process of its own."""
    table, rows = generated(options.rows), []

    def implicit_als():
        from implicit.als import AlternatingLeastSquares

        matrix = InteractionMatrix.read(table, user="user", item="item").matrix
        AlternatingLeastSquares(factors=64, iterations=15, random_state=0).fit(
            sparse.csr_matrix(matrix), show_progress=False
        )

    def rectools_als():
        from implicit.als import AlternatingLeastSquares
        from rectools.dataset import Dataset
        from rectools.models import ImplicitALSWrapperModel

        rows = pd.DataFrame({"user_id": table["user"], "item_id": table["item"], "weight": 1.0})
        rows["datetime"] = pd.to_datetime(table["time"], unit="s")
        ImplicitALSWrapperModel(AlternatingLeastSquares(factors=64, iterations=15, random_state=0)).fit(
            Dataset.construct(rows)
        )

    def rectools_ease():
        from rectools.dataset import Dataset
        from rectools.models import EASEModel

        rows = pd.DataFrame({"user_id": table["user"], "item_id": table["item"], "weight": 1.0})
        rows["datetime"] = pd.to_datetime(table["time"], unit="s")
        EASEModel(regularization=500).fit(Dataset.construct(rows))

    def fit(method):
        return lambda: TwoTowerRecommender("user", "item", method=method, random_state=0).fit(table)

    fixed = {"name": "linear_autoencoder", "dim": 64, "penalty": 500.0}
    epoch = {"name": "two_towers", "dim": 64, "start": "random", "max_epochs": 1}
    ways = {
        "linear autoencoder, 64 dimensions": fit(fixed),
        "linear autoencoder, 64 dimensions, penalty chosen": fit(fixed | {"penalty": "auto"}),
        "two towers, 64 dimensions, one epoch": fit(epoch),
        "implicit ALS, 64 dimensions, 15 sweeps": implicit_als,
        "RecTools iALS, 64 dimensions, 15 sweeps": rectools_als,
        "RecTools EASE": rectools_ease,
    }
    for title, call in ways.items():
        if options.only and not any(each in title for each in options.only):
            continue
        start, wall = time.process_time(), time.perf_counter()
        call()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        seconds, wall = time.process_time() - start, time.perf_counter() - wall
        rows.append({"way": title, "rows": options.rows, "seconds": seconds, "wall": wall, "peak_gb": peak})
    cells = [[row["way"], f"{row['seconds']:.1f}", f"{row['wall']:.1f}", f"{row['peak_gb']:.2f}"] for row in rows]
    show(f"{options.rows:,} interactions", ["model", "processor seconds", "seconds", "peak so far, GB"], cells)
    return rows


PARTS = {"ranking": ranking, "ratings": ratings, "cold": cold, "speed": speed}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; default ranking")
    parser.add_argument("--sets", nargs="+", choices=["small", "100k"], default=["small", "100k"])
    parser.add_argument("--splits", nargs="+", choices=["last", "user"], default=["last", "user"])
    parser.add_argument("--rows", type=int, default=10_000_000, help="number of generated interactions")
    parser.add_argument("--only", nargs="+", help="parts of the names of the candidates to run")
    parser.add_argument("--json", type=Path, default=RESULTS / "recommend.json")
    options = parser.parse_args()
    for part in options.parts or ["ranking"]:
        if part not in PARTS:
            parser.error(f"no part {part!r}; there are {', '.join(PARTS)}")
        if part != "speed" and not DATA.is_dir():
            parser.error(f"{DATA} not found; set TABEMB_DATA to the folder with the tables")
    rows = []
    for part in options.parts or ["ranking"]:
        rows += [{"part": part, **row} for row in PARTS[part](options)]
    print("written:", write("recommend", rows, options.json, options=vars(options)))


if __name__ == "__main__":
    main()
