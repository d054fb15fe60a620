"""Month by month: do vocabularies that grow replace a fit to all months?

    TABEMB_DATA=../shared/data python benchmarks/growing.py [--rows 8000] [--seeds 2] [--first 1] [--last 12]
        [--passes 1]

Late arrivals of the flights of 2013, by what is known before departure. After each month, every side predicts the next
one, which has airplanes and airports that no earlier month had:

- ``refitted``: a new fit to all months so far;
- ``grown``: a fit to the first months, then ``partial_fit`` on each month, whose new categories get vectors;
- ``not grown``: the same with ``grow=False``, so that new categories remain unknown;
- ``first months``: the fit to the first months alone.

ROC AUC, mean over the predicted months and seeds, and the processor seconds of all training after the first months.
"""

import argparse
import os
import time
import warnings
from pathlib import Path

from turns import RESULTS, show, write  # isort: skip  (before TensorFlow: quiet start)

import numpy as np
import pandas as pd
from quality_tables import PROBLEMS
from sklearn.metrics import roc_auc_score

DATA = Path(os.environ.get("TABEMB_DATA", Path(__file__).parents[2] / "shared" / "data"))
SIDES = ("refitted", "grown", "not grown", "first months")


def months(n_rows, seed):
    """Return table, targets of a sample of each month, by number of the month, and the categorical columns."""
    problem = PROBLEMS["late"]
    table = problem.prepared(pd.read_parquet(DATA / f"{problem.file}.parquet")).reset_index(drop=True)
    late = problem.target(table).to_numpy()
    columns = [name for name in table if name not in problem.dropped and name != "arr_delay"]
    rng, found = np.random.default_rng(seed), {}
    for month in range(1, 13):
        rows = np.flatnonzero(table["month"] == month)
        rows = np.sort(rng.choice(rows, min(n_rows, len(rows)), replace=False))
        found[month] = table.loc[rows, columns].reset_index(drop=True), late[rows]
    text = [name for name in columns if not pd.api.types.is_numeric_dtype(table[name])]
    return found, [*text, *problem.codes]


def joined(parts):
    """Return the rows of several months."""
    tables, targets = zip(*parts, strict=True)
    return pd.concat(tables, ignore_index=True), np.concatenate(targets)


def processor_seconds(call):
    """Return the seconds that all cores spend on a call."""
    start = time.process_time()
    call()
    return time.process_time() - start


def measured(options, seed):
    """Return one line per side and predicted month."""
    import tabemb

    by_month, categorical = months(options.rows, seed)
    first = [by_month[month] for month in range(1, options.first + 1)]
    tabemb.EmbeddingClassifier(categorical, max_epochs=1, random_state=seed).fit(*joined(first))
    models = {side: tabemb.EmbeddingClassifier(categorical, random_state=seed).fit(*joined(first)) for side in SIDES}
    lines, known = [], list(first)
    for month in range(options.first + 1, options.last):
        X, y = by_month[month]
        known.append((X, y))

        def refit():
            models["refitted"] = tabemb.EmbeddingClassifier(categorical, random_state=seed).fit(*joined(known))

        def go_on(side, grow, X=X, y=y):
            for _ in range(options.passes):
                models[side].partial_fit(X, y, grow=grow)

        steps = {
            "refitted": refit,
            "grown": lambda: go_on("grown", True),
            "not grown": lambda: go_on("not grown", False),
            "first months": lambda: None,
        }
        X_next, y_next = by_month[month + 1]
        unseen = models["first months"].vocabulary_report(X_next)["unseen"].max()
        for side, step in steps.items():
            spent = processor_seconds(step)
            auc = roc_auc_score(y_next, models[side].predict_proba(X_next)[:, 1])
            lines.append(
                {"side": side, "month": month + 1, "seed": seed, "auc": auc, "seconds": spent, "unseen": unseen}
            )
            print(f"seed {seed}, month {month + 1}, {side}: {auc:.4f} after {spent:.1f} s", flush=True)
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=8000, help="rows per month")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--first", type=int, default=1, help="number of first months")
    parser.add_argument("--last", type=int, default=12, help="last month, which is only predicted")
    parser.add_argument("--passes", type=int, default=1, help="calls of partial_fit per month")
    parser.add_argument("--json", type=Path, default=RESULTS / "growing.json")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    lines = [line for seed in range(options.seeds) for line in measured(options, seed)]
    frame = pd.DataFrame(lines)
    auc = frame.pivot_table(index="month", columns="side", values="auc")[list(SIDES)]
    cells = [
        [str(month), *(f"{each:.4f}" for each in row)] for month, row in zip(auc.index, auc.to_numpy(), strict=True)
    ]
    seconds = frame.groupby("side")["seconds"].sum()[list(SIDES)] / options.seeds
    cells += [
        ["mean", *(f"{each:.4f}" for each in auc.mean())],
        ["behind the refit", *(f"{auc['refitted'].mean() - each:.4f}" for each in auc.mean())],
        ["processor seconds", *(f"{each:.1f}" for each in seconds)],
        ["share of the refit", *(f"{each / seconds['refitted']:.0%}" for each in seconds)],
    ]
    show(f"ROC AUC of late arrivals, {options.rows} rows a month, {options.seeds} seeds", ["month", *SIDES], cells)
    path = write("growing", lines, options.json, options=vars(options))
    print("\nwritten:", path)


if __name__ == "__main__":
    main()
