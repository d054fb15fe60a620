"""How to handle categories with few or no training rows, and how much does it matter?

    TABEMB_DATA=DIR python benchmarks/unseen.py [--tables late lendingclub ...] [--rows 6000] [--seeds 2] [--epochs 8]
        [--shrinkage 50] [--json FILE]

Models are trained on a small part of the training rows of the fixed splits of ``quality_tables.py``, so that many test
rows have unseen categories. Test rows are grouped into bands by the number of training rows of their rarest category.
The metric is that of the table, on all test rows and on each band (bands with fewer than 100 rows, or with one class
only, are left out). Besides the strategies of tabemb there is that of other libraries: a random, untrained vector for
unseen categories (without category dropout). Strategies that differ only in the served vectors share the training.
No fit has target statistics, since the vectors are compared.
"""

import argparse
import os
import time
from pathlib import Path

from turns import RESULTS, show, write  # isort: skip  (before TensorFlow: quiet start)

import numpy as np
import pandas as pd
from quality_tables import PROBLEMS, split_of

DATA = Path(os.environ.get("TABEMB_DATA", Path(__file__).parents[2] / "shared" / "data"))
BANDS = {"0": (0, 0), "1-2": (1, 2), "3-9": (3, 9), "10-99": (10, 99), "100+": (100, np.inf)}
FEWEST = 100
STRATEGIES = ("learned", "zero", "mean", "nearest")


def ways(shrinkage):
    """Return the parameters of each strategy by name."""
    made = {"random (peers)": {"category_dropout": 0.0}}
    for name in STRATEGIES:
        made[name] = {"handle_unknown": name}
    for name in ("learned", "nearest"):
        made[f"{name}, shrinkage"] = {"handle_unknown": name, "shrinkage": shrinkage}
    return made


def rarest(X_train, X_test, columns):
    """Return, for each test row, the number of training rows of its rarest category, ignoring missing cells."""
    counts = np.full(len(X_test), np.inf)
    for column in columns:
        its = X_test[column].map(X_train[column].value_counts()).astype(float).fillna(0)
        counts = np.minimum(counts, its.where(X_test[column].notna(), np.inf))
    return np.asarray(counts)


def by_band(metric, y, answer, counts):
    """Return the metric of all rows and of each band; None if there are too few rows."""
    figures = {"all": metric.measure(y, answer)}
    for band, (low, high) in BANDS.items():
        rows = (counts >= low) & (counts <= high)
        enough = rows.sum() >= FEWEST and len(np.unique(y[rows])) > 1
        figures[band] = float(metric.measure(y[rows], answer[rows])) if enough else None
    return figures


def measured(name, options):
    """Return a record per strategy and seed of a table, and the number of test rows of each band."""
    import tabemb

    problem = PROBLEMS[name]
    split = split_of(problem, pd.read_parquet(DATA / f"{problem.file}.parquet"))
    found, sizes = [], []
    for seed in range(options.seeds):
        rows = np.random.default_rng(seed).permutation(len(split.X_train))[: options.rows]
        X, y = split.X_train.iloc[rows].reset_index(drop=True), split.y_train[rows]
        counts = rarest(X, split.X_test, split.categorical)
        sizes.append({b: int(((counts >= low) & (counts <= high)).sum()) for b, (low, high) in BANDS.items()})
        for way, params in ways(options.shrinkage).items():
            kind = tabemb.EmbeddingClassifier if problem.classes else tabemb.EmbeddingRegressor
            model = kind(
                split.categorical,
                body=options.body,
                max_epochs=options.epochs,
                target_statistics=False,
                random_state=seed,
                **params,
            )
            start = time.perf_counter()
            model.fit(X, y)
            seconds = time.perf_counter() - start
            answer = model.predict_proba(split.X_test) if problem.classes else model.predict(split.X_test)
            figures = by_band(problem.metric, split.y_test, answer, counts)
            found.append({"table": name, "way": way, "seed": seed, "seconds": seconds, "figures": figures})
    return found, {band: int(np.mean([each[band] for each in sizes])) for band in BANDS}


def cell(figures):
    """Return mean and standard deviation as text; empty if a seed has no result."""
    if any(figure is None for figure in figures):
        return "-"
    spread = f" ± {np.std(figures, ddof=1):.3f}" if len(figures) > 1 else ""
    return f"{np.mean(figures):.4f}{spread}"


def show_table(name, found, sizes, options):
    """Print the results of a table."""
    columns = ["way", "all", *(f"{band} ({size})" for band, size in sizes.items()), "fit s"]
    cells = []
    for way in dict.fromkeys(each["way"] for each in found):
        mine = [each for each in found if each["way"] == way]
        figures = [cell([each["figures"][band] for each in mine]) for band in ("all", *BANDS)]
        cells.append([way, *figures, f"{np.median([each['seconds'] for each in mine]):.1f}"])
    metric = PROBLEMS[name].metric
    better = "higher" if metric.higher_is_better else "lower"
    title = f"{name}: {metric.name} ({better} is better) by training rows of the rarest category (test rows)"
    show(f"{title}; {options.rows} rows, {options.seeds} seeds, shrinkage {options.shrinkage:g}", columns, cells)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", nargs="+", choices=PROBLEMS, default=["amazon", "insteval", "late", "lendingclub"])
    parser.add_argument("--rows", type=int, default=6000, help="number of training rows, sampled for each seed")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=8, help="maximum number of epochs, before early stopping")
    parser.add_argument("--shrinkage", type=float, default=50.0)
    parser.add_argument("--body", default="mlp")
    parser.add_argument("--json", type=Path, default=RESULTS / "unseen.json")
    options = parser.parse_args()
    if not DATA.is_dir():
        parser.error(f"{DATA} not found; set TABEMB_DATA to the folder with the tables")
    rows = []
    for name in options.tables:
        found, sizes = measured(name, options)
        show_table(name, found, sizes, options)
        rows += found
    print("written:", write("unseen", rows, options.json, options=vars(options)))


if __name__ == "__main__":
    main()
