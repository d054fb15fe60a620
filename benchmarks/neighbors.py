"""Neighbors of vectors compared to side information: genres of films, locations of German states.

    TABEMB_DATA=../shared/data python benchmarks/neighbors.py [--seeds 2] [--json FILE]

Films (MovieLens, 100,004 ratings): vectors learned from the ratings of users, and vectors learned from who rated a
film, without genres. Do the ten nearest films share more genres than random films, and than those of co-occurrence with
users alone, without any training? The similarity of two films is that of their sets of genres (Jaccard).
The vector of a genre is the mean direction of its films minus that of all films.
States (Rossmann): vectors learned from sales. Are states with similar vectors close on the map?
"""

import argparse
import os
from functools import partial
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd
import yaml
from scipy.stats import spearmanr
from turns import show, write

import tabemb
from tabemb.estimators.objectives import OBJECTIVES
from tabemb.vectors.cooccurrence import Cooccurrence
from tabemb.vectors.similarity import unit_rows

DATA = Path(os.environ.get("TABEMB_DATA", Path(__file__).parents[2] / "shared" / "data"))
CONFIGS = Path(__file__).parents[1] / "configs"
FEWEST_RATINGS, FEWEST_FILMS = 20, 15
NEAREST = 10
NONE = "(no genres listed)"


def from_ratings(ratings, body, seed):
    """Return vectors of films learned from the ratings of users."""
    options = {"embedding_dim": 16, "body": body, "max_epochs": 12, "one_hot_max_categories": 0, "random_state": seed}
    model = tabemb.EmbeddingRegressor(categorical=["userId", "movieId"], **options)
    return model.fit(ratings[["userId", "movieId"]], ratings["rating"]).vectors_["movieId"]


def from_audience(ratings, seed):
    """Return vectors of films learned from who rated them, whatever the rating."""
    options = {"embedding_dim": 16, "body": "mlp", "max_epochs": 12, "one_hot_max_categories": 0, "random_state": seed}
    model = tabemb.EmbeddingClassifier(categorical=["movieId"], **options)
    return model.fit(ratings[["movieId"]], ratings["userId"]).vectors_["movieId"]


def from_cooccurrence(ratings, seed):
    """Return vectors of films computed from who rated them, in closed form."""
    films, users = (pd.factorize(ratings[column]) for column in ("movieId", "userId"))
    table = Cooccurrence(np.column_stack([films[0], users[0]]), [len(films[1]), len(users[1])]).vectors(0, 16)
    return tabemb.CategoryVectors(list(films[1]), table, np.bincount(films[0]), name="movieId")


def without_target(objective, ratings, seed):
    """Return vectors of films that an objective learns from who rated them."""
    model = tabemb.EmbeddingPretrainer(["userId", "movieId"], objective=objective, embedding_dim=16, random_state=seed)
    return model.fit(ratings[["userId", "movieId"]]).vectors_["movieId"]


def untrained(vectors, seed):
    """Return random vectors for the same films."""
    drawn = np.random.default_rng(seed).normal(size=vectors.vectors.shape)
    return tabemb.CategoryVectors(vectors.index_to_key, drawn, vectors.counts, name=vectors.name)


def known(vectors, genres):
    """Return films with enough ratings and a genre, and a boolean table of films by genres."""
    pairs = zip(vectors.index_to_key, vectors.counts, strict=True)
    films = [key for key, count in pairs if count >= FEWEST_RATINGS and genres[key] != [NONE]]
    names = sorted({name for film in films for name in genres[film]})
    return films, pd.DataFrame([[name in genres[film] for name in names] for film in films], films, names)


def shared_genres(vectors, genres):
    """Return the similarity in genres of the nearest films, and of random pairs."""
    films, table = known(vectors, genres)
    has = table.to_numpy(float)
    both = has @ has.T
    likeness = both / (has.sum(1)[:, None] + has.sum(1) - both)
    unit = unit_rows(vectors[films])
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, -np.inf)
    near = np.argsort(-cosines, axis=1, kind="stable")[:, :NEAREST]
    of_any = likeness[np.triu_indices(len(films), 1)].mean()
    return np.take_along_axis(likeness, near, axis=1).mean(), of_any, len(films)


def genre_vectors(vectors, genres):
    """Return a vector per genre with enough films."""
    films, table = known(vectors, genres)
    unit = unit_rows(vectors[films])
    unit = unit - unit.mean(axis=0)
    names = [name for name in table if table[name].sum() >= FEWEST_FILMS]
    means = [unit[table[name].to_numpy()].mean(axis=0) for name in names]
    return tabemb.CategoryVectors(names, means, [int(table[name].sum()) for name in names], name="genre")


def nearest(vectors, key):
    """Return the three nearest neighbors as text."""
    return ", ".join(f"{other} {cosine:.2f}" for other, cosine in vectors.most_similar(key, topn=3))


def films(seeds):
    """Print how many genres neighbors share, and the neighbors of each genre; return the results."""
    ratings = pd.read_parquet(DATA / "movielens_latest_small_2016.parquet")
    genres = ratings.drop_duplicates("movieId").set_index("movieId")["genres"].str.split("|")
    ways = {
        "who rated it": from_audience,
        "its ratings, mlp": lambda rows, seed: from_ratings(rows, "mlp", seed),
        "its ratings, deepfm": lambda rows, seed: from_ratings(rows, "deepfm", seed),
        "co-occurrence alone": from_cooccurrence,
    }
    for objective in OBJECTIVES:
        ways[f"no target, {objective}"] = partial(without_target, objective)
    lines, first = [], {}
    for name, learn in ways.items():
        for seed in range(seeds):
            vectors = learn(ratings, seed)
            near, of_any, n = shared_genres(vectors, genres)
            nothing, _, _ = shared_genres(untrained(vectors, seed), genres)
            found = {"likeness": near, "untrained": nothing, "any_two": of_any, "films": n}
            lines.append({"learned from": name, "seed": seed, **found})
            first.setdefault(name, vectors)
    cells = [
        [each["learned from"], str(each["seed"]), *(f"{each[k]:.3f}" for k in ("likeness", "untrained", "any_two"))]
        for each in lines
    ]
    head = ["learned from", "seed", "genres of the ten nearest", "of untrained vectors", "of any two films"]
    show(f"Similarity in genres, {lines[0]['films']:,} films", head, cells)
    near = {name: genre_vectors(vectors, genres) for name, vectors in first.items()}
    rows = [[genre, *(nearest(each, genre) for each in near.values())] for genre in near["who rated it"]]
    show("The nearest genres", ["genre", *(f"by {name}" for name in near)], rows)
    return lines


def states(seeds, rows=150_000):
    """Print the rank correlation of cosine similarity and proximity on the map; return the results."""
    sales = pd.read_parquet(DATA / "rossmann_paper_table.parquet").query("Sales > 0")
    places = yaml.safe_load((CONFIGS / "rossmann.yaml").read_text(encoding="utf-8"))["report"]["places"]["State"]
    columns = ["Store", "DayOfWeek", "Day", "Month", "Year", "State", "Promo"]
    lines = []
    for seed in range(seeds):
        sample = sales.sample(rows, random_state=seed)
        options = {"embedding_dim": 8, "max_epochs": 4, "body": "mlp", "one_hot_max_categories": 0}
        numbers = [column for column in columns if column != "State"]
        model = tabemb.EmbeddingRegressor(categorical=numbers, random_state=seed, **options)
        vectors = model.fit(sample[columns], np.log(sample["Sales"])).vectors_["State"]
        degrees = np.array([places[key] for key in vectors]) * [1, np.cos(np.radians(51))]
        apart = np.linalg.norm(degrees[:, None] - degrees, axis=2)
        unit = unit_rows(vectors.vectors)
        pairs = np.triu_indices(len(vectors), 1)
        found = spearmanr((unit @ unit.T)[pairs], -apart[pairs])
        lines.append({"seed": seed, "correlation": found.statistic, "states": len(vectors)})
    cells = [[str(each["seed"]), f"{each['correlation']:.2f}"] for each in lines]
    title = f"Rank correlation of cosine similarity and proximity, {lines[0]['states']} German states"
    show(title, ["seed", "correlation"], cells)
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    lines = films(options.seeds) + states(options.seeds)
    if options.json:
        write("neighbors", lines, options.json)


if __name__ == "__main__":
    main()
