"""How much do pretrained vectors help: those of words, or of another fit?

    TABEMB_DATA=DIR python benchmarks/pretrained.py [--tasks income ...] [--rows 500 2000 8000] [--seeds 5]
        [--json FILE]

Word vectors are GloVe's (100 dimensions). ``rate`` predicts the interest rate of a loan from all that is known before,
including the job title; ``income`` the logarithm of the yearly income from title, state, years in the job and home,
where the title matters most; ``adult`` an income above 50,000, with occupation and native country among the columns.
``late`` is a transfer: vectors of aircraft, airports and airlines learned from 20,000 departures initialize a fit to
few arrivals. Each seed draws other training rows and is the seed of the fits; the test rows are fixed. No fit has
target statistics, since the vectors are compared.

"nearest name" uses the category with the most similar name for categories missing from training
(``handle_unknown="nearest"``). "pretrained" leaves the number of dimensions to tabemb, "as long as by the rule" uses
that of a column without vectors, and "in slices" the next multiple of eight, so that each member of the body
``ensemble`` reads an eighth of a vector; otherwise all members read the whole vector and share what they learn. The
other variants freeze the matched rows, permanently or for 3 epochs.
"""

import argparse
import os
import time
from pathlib import Path

from turns import RESULTS, show, write  # isort: skip  (before TensorFlow: quiet start)

import numpy as np
import pandas as pd
from quality_tables import PROBLEMS, R2, split_of

DATA = Path(os.environ.get("TABEMB_DATA", Path(__file__).parents[2] / "shared" / "data"))
ROWS_OF_FIRST = 20_000
# With more rows only the first variants are run.
FEW, WAYS_OF_MANY = 4000, 5
RULE = "capped"
WAYS = {
    "none": {"begins": False},
    "nearest name": {"begins": False, "handle_unknown": "nearest"},
    "pretrained": {},
    "pretrained, nearest name": {"handle_unknown": "nearest"},
    "in slices": {"dims": "in slices"},
    "found rows frozen": {"freeze": "found"},
    "frozen for 3 epochs": {"freeze": 3},
    "as long as by the rule": {"dims": "by rule"},
}


def table(name):
    """Return a table of the shared data."""
    return pd.read_parquet(DATA / f"{name}.parquet")


def of_problem(name):
    """Return training rows, test rows and metric of a table of ``quality_tables.py``."""
    split = split_of(PROBLEMS[name], table(PROBLEMS[name].file))
    return (split.X_train, split.y_train), (split.X_test, split.y_test), split.problem, split.categorical


def income():
    """Return the same for the income by title; the test rows are a random fifth."""
    loans = table("lendingclub_loans10k").dropna(subset="emp_title")
    X = loans[["emp_title", "state", "emp_length", "homeownership"]].reset_index(drop=True)
    y = np.log1p(loans["annual_income"].to_numpy(float))
    held = np.random.default_rng(0).random(len(X)) < 0.2
    problem = PROBLEMS["lendingclub"]
    categorical = ["emp_title", "state", "homeownership"]
    return (X[~held].reset_index(drop=True), y[~held]), (X[held], y[held]), problem, categorical


def words_of(columns):
    """Return a function from a seed to the word vectors of some columns."""
    return lambda seed: dict.fromkeys(columns, table("glove100_small"))


def departures(seed):
    """Return the vectors learned from late departures, in the months of the arrivals."""
    import tabemb

    problem = PROBLEMS["late"]
    flights = problem.prepared(table(problem.file))
    flights = flights[(flights["month"] <= 10) & flights["dep_delay"].notna()]
    flights = flights.sample(ROWS_OF_FIRST, random_state=1000 + seed)
    columns = ["carrier", "flight", "tailnum", "origin", "dest", "weekday", "departure", "distance"]
    first = tabemb.EmbeddingClassifier(["flight", "weekday"], target_statistics=False, random_state=seed)
    return first.fit(flights[columns].reset_index(drop=True), flights["dep_delay"] > 15).vectors_


def unseen(X, X_test, columns, rows):
    """Return, as text, the share of the test rows with a category that no training row has."""
    shares = {column: 1 - X_test[column].isin(X[column].iloc[rows]).mean() for column in columns if column in X}
    return "; ".join(
        f"{column}: {share:.0%} of the test rows have one that is not among these" for column, share in shares.items()
    )


def sliced(vectors):
    """Return the next number of dimensions that splits into slices for the eight members of the ensemble."""
    length = vectors.dim if hasattr(vectors, "dim") else vectors.shape[1] - 1
    return 8 * -(-length // 8)


TASKS = {
    "income": (income, words_of(["emp_title"])),
    "rate": (lambda: of_problem("lendingclub"), words_of(["emp_title"])),
    "adult": (lambda: of_problem("adult"), words_of(["occupation", "native-country"])),
    "late": (lambda: of_problem("late"), departures),
}


def measured(name, options):
    """Return a record per number of rows, variant and seed of a task."""
    import tabemb

    load, source = TASKS[name]
    (X, y), (X_test, y_test), problem, categorical = load()
    found = []
    for seed in range(options.seeds):
        pretrained = source(seed)
        order = np.random.default_rng(seed).permutation(len(X))
        for n_rows in options.rows:
            rows = order[:n_rows]
            for way, settings in list(WAYS.items())[: None if n_rows <= FEW else WAYS_OF_MANY]:
                kind = tabemb.EmbeddingClassifier if problem.classes else tabemb.EmbeddingRegressor
                handling = settings.get("handle_unknown", "learned")
                model = kind(categorical, target_statistics=False, handle_unknown=handling, random_state=seed)
                if settings.get("begins", True):
                    model.set_params(pretrained=pretrained, freeze=settings.get("freeze", False))
                if "dims" in settings:
                    dims = {column: sliced(each) for column, each in pretrained.items()}
                    by_rule = dict.fromkeys(pretrained, RULE)
                    model.set_params(embedding_dim=dims if settings["dims"] == "in slices" else by_rule)
                start = time.perf_counter()
                model.fit(X.iloc[rows].reset_index(drop=True), y[rows])
                seconds = time.perf_counter() - start
                answer = model.predict_proba(X_test) if problem.classes else model.predict(X_test)
                figure = float(problem.metric.measure(y_test, answer))
                record = {"task": name, "rows": len(rows), "way": way, "seed": seed}
                found.append(record | {"figure": figure, "seconds": seconds})
        if seed == 0:
            print(f"{name}, {len(rows):,} rows, {unseen(X, X_test, pretrained, rows)}\n{model.pretrained_report_}\n")
    return found


def show_table(name, found, options):
    """Print the results of a task, and the gain of each variant over the fit without vectors, paired by seed."""
    figures = pd.DataFrame(found)
    sizes = [int(size) for size in dict.fromkeys(figures["rows"])]
    cells = []
    for way in dict.fromkeys(figures["way"]):
        cells.append([way])
        for size in sizes:
            of_size = figures[figures["rows"] == size]
            mine, base = (of_size[of_size["way"] == each]["figure"].to_numpy() for each in (way, "none"))
            if not len(mine):
                cells[-1] += ["", ""]
                continue
            gain = mine - base
            error = gain.std(ddof=1) / len(gain) ** 0.5 if len(gain) > 1 else float("nan")
            cells[-1].append(f"{mine.mean():.4f} ± {mine.std(ddof=0):.4f}")
            cells[-1].append("" if way == "none" else f"{gain.mean():+.4f} ± {error:.4f}")
    metric = R2 if name == "income" else PROBLEMS[{"rate": "lendingclub"}.get(name, name)].metric
    columns = ["way", *(text for size in sizes for text in (f"{size:,} rows", "gain"))]
    show(f"{name}: {metric.name}, {options.seeds} seeds (± over seeds; gain: ± its standard error)", columns, cells)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--rows", type=int, nargs="+", default=[500, 2000, 8000])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--json", type=Path, default=RESULTS / "pretrained.json")
    options = parser.parse_args()
    if not DATA.is_dir():
        parser.error(f"{DATA} not found; set TABEMB_DATA to the folder with the tables")
    rows = []
    for name in options.tasks:
        found = measured(name, options)
        show_table(name, found, options)
        rows += found
    print("written:", write("pretrained", rows, options.json, options=vars(options)))


if __name__ == "__main__":
    main()
