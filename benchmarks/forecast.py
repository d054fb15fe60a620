"""Does ``forecast_unseen`` say how good predictions for new categories will be?

    TABEMB_DATA=../shared/data python benchmarks/forecast.py [--rows 6000] [--folds 5] [--seeds 2]
        [--cases late/tailnum ...]

A model is fitted to a sample of the training rows of a table of ``quality_tables.py``, and ``forecast_unseen`` predicts
from these rows alone its score for unseen categories of a column. This is compared with its score on the test rows
whose category the sample does not have. The test rows of ``late`` are those of the next month, with airplanes and
flights that the sample of a month does not have; the forecast scores the last quarter of the month. The test rows of
the other tables are random; their new categories are rare.
"""

import argparse
import os
import warnings
from pathlib import Path

from turns import RESULTS, show, write  # isort: skip  (before TensorFlow: quiet start)

import numpy as np
import pandas as pd
from quality_tables import PROBLEMS, split_of
from sklearn.metrics import get_scorer

DATA = Path(os.environ.get("TABEMB_DATA", Path(__file__).parents[2] / "shared" / "data"))
CASES = (
    "late/tailnum",
    "late/flight",
    "late/dest",
    "amazon/RESOURCE",
    "amazon/MGR_ID",
    "lendingclub/emp_title",
    "insteval/s",
)
# Fewer test rows with an unseen category say nothing.
FEWEST = 300


def rows_of(table, n_rows, seed):
    """Return training rows, their targets, test rows, their targets, and the categorical columns of a table."""
    problem, rng = PROBLEMS[table], np.random.default_rng(seed)
    frame = pd.read_parquet(DATA / f"{problem.file}.parquet")
    if table == "late":
        month = 2 + 3 * seed
        train, test = month, month + 1
        frame = problem.prepared(frame).reset_index(drop=True)
        target = problem.target(frame).to_numpy()
        columns = [name for name in frame if name not in problem.dropped and name != "arr_delay"]
        text = [name for name in columns if not pd.api.types.is_numeric_dtype(frame[name])]
        chosen = np.sort(rng.permutation(np.flatnonzero(frame["month"] == train))[:n_rows])
        later = np.flatnonzero(frame["month"] == test)
        X, new = (frame.loc[rows, columns].reset_index(drop=True) for rows in (chosen, later))
        return X, target[chosen], new, target[later], [*text, *problem.codes]
    split = split_of(problem, frame)
    chosen = rng.permutation(len(split.y_train))[:n_rows]
    X = split.X_train.iloc[chosen].reset_index(drop=True)
    return X, split.y_train[chosen], split.X_test, split.y_test, split.categorical


def measured(case, options, seed):
    """Return the forecast and the score of a case."""
    import tabemb

    table, column = case.split("/")
    X, y, X_test, y_test, categorical = rows_of(table, options.rows, seed)
    classes = PROBLEMS[table].classes
    kind = tabemb.EmbeddingClassifier if classes else tabemb.EmbeddingRegressor
    scoring = "roc_auc" if classes else "neg_root_mean_squared_error"
    model = kind(categorical, random_state=seed).fit(X, y)
    last = 0.25 if table == "late" else None
    forecast = model.forecast_unseen(X, y, columns=[column], n_folds=options.folds, scoring=scoring, last=last).loc[
        column
    ]
    known = X_test[column].isin(X[column]) | X_test[column].isna()
    scores = {}
    for name, rows in {"unseen": ~known, "seen": known}.items():
        rows = rows.to_numpy()
        if rows.sum() < FEWEST or len(np.unique(y_test[rows])) < 2:
            return None
        scores[name] = float(get_scorer(scoring)(model, X_test[rows], y_test[rows]))
    line = {"case": case, "seed": seed, "scoring": scoring, "n_unseen": int((~known).sum())}
    line |= {f"forecast_{name}": float(forecast[name]) for name in scores}
    line |= {f"later_{name}": score for name, score in scores.items()}
    return line | {"off": float(forecast["unseen"] / scores["unseen"] - 1)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=6000)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--json", type=Path, default=RESULTS / "forecast.json")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    lines = []
    for case in options.cases:
        for seed in range(options.seeds):
            line = measured(case, options, seed)
            if line is not None:
                lines.append(line)
                print(line, flush=True)
    frame = pd.DataFrame(lines)
    cells = [
        [
            case,
            f"{part['n_unseen'].mean():.0f}",
            *(
                f"{part[name].mean():.4f}"
                for name in ("forecast_unseen", "later_unseen", "forecast_seen", "later_seen")
            ),
            f"{part['off'].mean():+.1%}",
            f"{part['off'].abs().max():.1%}",
        ]
        for case, part in frame.groupby("case", sort=False)
    ]
    columns = ["column", "unseen rows", "unseen, forecast", "later", "seen, forecast", "later", "off", "off at most"]
    show(f"Scores for unseen and seen categories, {options.rows} rows, {options.seeds} seeds", columns, cells)
    path = write("forecast", lines, options.json, options=vars(options))
    print("\nwritten:", path)


if __name__ == "__main__":
    main()
