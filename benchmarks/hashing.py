"""Quality against memory of hashed vocabularies, and n-grams of names against the nearest name and word vectors.

    TABEMB_DATA=DIR python benchmarks/hashing.py [--tasks amazon late income] [--shares 0.01 ...] [--seeds 2]
        [--rows 10000] [--json FILE]

``amazon`` and ``late`` are the tables of ``quality_tables.py``. All columns with at least 100 categories get tables of
as many rows as a share of their categories (of at least two rows), by each kind of hashed vocabulary, and by
``max_categories``, which keeps the most frequent ones. The dimensions of a column are the same for all, so memory is
proportional to the share. "multiplexed" has one table with as many numbers as the others together. The reference is the
table of all categories. ``income`` is the table of ``pretrained.py``: the income by job title, most of which are in no
training row. No fit has target statistics, since the vectors are compared. Each seed draws other training rows and is
the seed of the fits; the test rows are fixed.
"""

import argparse
import os
import time
from pathlib import Path

from turns import RESULTS, show, write  # isort: skip  (before TensorFlow: quiet start)

import numpy as np
import pandas as pd
from pretrained import income
from quality_tables import PROBLEMS, R2, split_of

DATA = Path(os.environ.get("TABEMB_DATA", Path(__file__).parents[2] / "shared" / "data"))
MANY, DIM = 100, 8
FULL, FREQUENT = "all categories", "most frequent (max_categories)"
KINDS = ("hashing", "double_hashing", "quotient_remainder", "multiplexed")
NAMES = {
    "learned unknown": {},
    "nearest name": {"handle_unknown": "nearest"},
    "GloVe": {"pretrained": True},
    "GloVe, kept for unseen names": {"pretrained": True, "handle_unknown": "pretrained"},
    "GloVe, nearest name": {"pretrained": True, "handle_unknown": "nearest"},
    "n-grams": {"vocabulary": {"emp_title": "ngrams"}},
    "n-grams, 5,000 buckets": {"vocabulary": {"emp_title": {"name": "ngrams", "n_buckets": 5000}}},
    "n-grams, 500 buckets": {"vocabulary": {"emp_title": {"name": "ngrams", "n_buckets": 500}}},
}


def settings_of(way, share, sizes):
    """Return the parameters of a way to have tables of a share of the categories."""
    rows = {column: max(2, round(share * size)) for column, size in sizes.items()}
    if way == FULL:
        return {}
    if way == "multiplexed":
        rows = dict.fromkeys(rows, sum(rows.values()))
    return {"vocabulary": {column: {"name": way, "n_buckets": n} for column, n in rows.items()}}


def rare_as_one(X, columns, share, sizes):
    """Return a table whose columns keep their most frequent categories; the others become unknown by ``min_frequency``.

    ``max_categories`` is one number for all columns of an estimator; here each column has its own.
    """
    kept = {}
    for column in columns:
        counts = X[column].value_counts()
        kept[column] = set(counts.index[: max(2, round(share * sizes[column])) - 1])
    return kept


def measured(name, options):
    """Return a record per share, way and seed of a table."""
    import tabemb

    split = split_of(PROBLEMS[name], pd.read_parquet(DATA / f"{PROBLEMS[name].file}.parquet"))
    X = split.X_train.astype(dict.fromkeys(split.categorical, "string"))
    X_test = split.X_test.astype(dict.fromkeys(split.categorical, "string"))
    found = []
    for seed in range(options.seeds):
        rows = np.random.default_rng(seed).permutation(len(X))[: options.rows]
        train, y = X.iloc[rows].reset_index(drop=True), split.y_train[rows]
        sizes = {column: train[column].nunique() for column in split.categorical}
        sizes = {column: size for column, size in sizes.items() if size >= MANY}
        for way, share in [(FULL, 1.0), *((way, share) for share in options.shares for way in (FREQUENT, *KINDS))]:
            tables = [train, X_test]
            if way == FREQUENT:
                kept = rare_as_one(train, sizes, share, sizes)
                tables = [
                    each.assign(**{c: each[c].where(each[c].isin(kept[c]) | each[c].isna(), "rare") for c in sizes})
                    for each in tables
                ]
            model = tabemb.EmbeddingClassifier(
                split.categorical,
                target_statistics=False,
                body=options.body,
                embedding_dim=dict.fromkeys(sizes, DIM),
                random_state=seed,
                **settings_of(way, share, sizes) if way != FREQUENT else {},
            )
            start = time.perf_counter()
            model.fit(tables[0], y)
            seconds = time.perf_counter() - start
            hashed = {each.table for each in model._network.spec.features if each.name in sizes}
            record = {
                "task": name,
                "way": way,
                "share": share,
                "seed": seed,
                "rows": len(rows),
                "numbers": sum(table.vocabulary_size * table.embedding_dim for table in hashed),
                "figure": float(split.problem.metric.measure(split.y_test, model.predict_proba(tables[1]))),
                "seconds": seconds,
            }
            found.append(record)
    return found


def names(options):
    """Return a record per way and seed of the income by job title."""
    import tabemb

    (X, y), (X_test, y_test), _, categorical = income()
    words, found = pd.read_parquet(DATA / "glove100_small.parquet"), []
    for seed in range(options.seeds):
        rows = np.random.default_rng(seed).permutation(len(X))
        for way, settings in NAMES.items():
            given = {**settings, "pretrained": {"emp_title": words} if "pretrained" in settings else None}
            model = tabemb.EmbeddingRegressor(categorical, target_statistics=False, random_state=seed, **given)
            start = time.perf_counter()
            model.fit(X.iloc[rows].reset_index(drop=True), y[rows])
            figure = float(R2.measure(y_test, model.predict(X_test)))
            seconds = time.perf_counter() - start
            record = {"task": "income", "way": way, "seed": seed, "rows": len(rows)}
            found.append(record | {"figure": figure, "seconds": seconds})
    return found


def spread(figures):
    """Return the mean and the standard deviation as text."""
    return f"{figures.mean():.4f} ± {figures.std(ddof=0):.4f}"


def show_curve(name, found, options):
    """Print the metric of each way by the share of the memory."""
    figures = pd.DataFrame(found)
    full = figures[figures["way"] == FULL]
    cells = [[FULL, *[""] * (len(options.shares) - 1), spread(full["figure"])]]
    for way in (FREQUENT, *KINDS):
        mine = figures[figures["way"] == way]
        cells.append([way, *(spread(mine[mine["share"] == share]["figure"]) for share in options.shares)])
    numbers = figures[figures["way"] == "hashing"].groupby("share")["numbers"].mean()
    cells.append(["numbers in the tables", *(f"{numbers[share]:,.0f}" for share in options.shares)])
    title = f"{name}: {PROBLEMS[name].metric.name}, {found[0]['rows']:,} rows, {options.seeds} seeds (± over seeds)"
    show(title, ["way", *(f"{share:g} of the rows" for share in options.shares)], cells)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--tasks", nargs="+", choices=["amazon", "late", "income"], default=["amazon", "late", "income"]
    )
    parser.add_argument("--shares", type=float, nargs="+", default=[0.01, 0.1, 0.3, 1.0])
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--body", default="mlp")
    parser.add_argument("--json", type=Path, default=RESULTS / "hashing.json")
    options = parser.parse_args()
    if not DATA.is_dir():
        parser.error(f"{DATA} not found; set TABEMB_DATA to the folder with the tables")
    rows = []
    for name in options.tasks:
        if name == "income":
            found = names(options)
            figures = pd.DataFrame(found)
            cells = [
                [way, spread(its["figure"]), f"{its['seconds'].mean():.1f}"]
                for way, its in figures.groupby("way", sort=False)
            ]
            title = f"income: R2, {found[0]['rows']:,} rows, {options.seeds} seeds (± over seeds)"
            show(title, ["way", "R2", "seconds"], cells)
        else:
            found = measured(name, options)
            show_curve(name, found, options)
        rows += found
    print("written:", write("hashing", rows, options.json, options=vars(options)))


if __name__ == "__main__":
    main()
