"""Recommend films: the linear autoencoder of low rank beside popularity, item neighbors, EASE and implicit ALS.

    TABEMB_DATA=DIR python benchmarks/recommend.py [--sets small 100k] [--splits last user] [--json FILE]

``last`` holds out the last fifth of the ratings of each user, ``user`` a fifth of the users, of whose ratings the last
fifth is to be found. All ratings count as interactions; the whole catalog is ranked but for what a user has seen; items
that are not in training are left out of the test. EASE has the best of four penalties **on the test rows**, item
neighbors the best of two numbers of neighbors, ALS (``pip install implicit``, if it is there) the best of two sizes;
ours chooses its penalty by itself.
"""

import argparse
import os
import time
from importlib.util import find_spec
from pathlib import Path

from turns import RESULTS, show, write  # isort: skip

import numpy as np
import pandas as pd
from scipy import sparse

from tabemb.metrics import ranking_metrics
from tabemb.recommend.interactions import InteractionMatrix
from tabemb.recommend.methods import LinearAutoencoder
from tabemb.recommend.methods.method import best_items
from tabemb.recommend.splits import split_by_time, split_by_user

DATA = Path(os.environ.get("TABEMB_DATA", Path(__file__).parents[2] / "shared" / "data"))
TOP = 10
SETS = {
    "small": ("movielens_latest_small_2016", {"userId": "user", "movieId": "item", "timestamp": "time"}),
    "100k": ("movielens100k_ratings", {"user_id": "user", "movie_id": "item", "timestamp": "time"}),
}


def split_of(name, how):
    """Return the split of a set of ratings."""
    file, names = SETS[name]
    ratings = pd.read_parquet(DATA / f"{file}.parquet").rename(columns=names)[["user", "item", "time"]]
    if how == "last":
        split = split_by_time(ratings, "time", share=0.2, by="user")
    else:
        split = split_by_user(ratings, "user", share=0.2, held_out=0.2, time="time")
    return split.only_known(item="item")


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


def ours(interactions, dim):
    """Return the linear autoencoder of low rank, with the penalty that it chooses."""
    vectors = LinearAutoencoder(dim=dim).fit(interactions, 0).vectors
    return lambda known: (known @ vectors) @ vectors.T, vectors.nbytes


def ways(interactions):
    """Yield the names of the models, and what makes them."""
    train = interactions.matrix
    yield "popularity", lambda: popularity(train)
    for n in (50, 200):
        yield f"item neighbors, {n}", lambda n=n: item_neighbors(train, n)
    if find_spec("implicit"):
        for dim in (32, 128):
            yield f"ALS, {dim} dimensions", lambda dim=dim: als(train, dim)
    for penalty in (100, 200, 400, 800):
        yield f"EASE, penalty {penalty}", lambda penalty=penalty: ease(train, penalty)
    for dim in (32, 64, 128, 256, 512):
        yield f"linear autoencoder, {dim} dimensions", lambda dim=dim: ours(interactions, dim)


def best_of(scores, known, interactions, users):
    """Return the recommendations as a table."""
    places = best_items(np.asarray(scores(known), np.float32), TOP, known)[0]
    keys = np.array(interactions.items.keys)
    flat = pd.DataFrame({"user": np.repeat(users, places.shape[1]), "place": places.ravel()})
    flat = flat[flat["place"] >= 0]
    return flat.assign(item=keys[flat["place"]])[["user", "item"]]


def measured(name, how):
    """Return a record per model of a split."""
    split, found = split_of(name, how), []
    interactions = InteractionMatrix.read(split.train, user="user", item="item")
    known = interactions.of(split.known, user="user", item="item")
    for way, make in ways(interactions):
        start = time.process_time()
        scores, n_bytes = make()
        seconds = time.process_time() - start
        best = best_of(scores, known.matrix, interactions, known.users.keys)
        metrics = ranking_metrics(best, split.test, TOP, train=split.train).loc[TOP].to_dict()
        found.append({"set": name, "split": how, "way": way, **metrics, "bytes": n_bytes, "seconds": seconds})
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", choices=list(SETS), default=list(SETS))
    parser.add_argument("--splits", nargs="+", choices=["last", "user"], default=["last", "user"])
    parser.add_argument("--json", type=Path, default=RESULTS / "recommend.json")
    options = parser.parse_args()
    if not DATA.is_dir():
        parser.error(f"{DATA} not found; set TABEMB_DATA to the folder with the tables")
    rows = []
    for name in options.sets:
        for how in options.splits:
            found = measured(name, how)
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
            show(f"{name}, {how}", titles, cells)
            rows += found
    print("written:", write("recommend", rows, options.json, options=vars(options)))


if __name__ == "__main__":
    main()
