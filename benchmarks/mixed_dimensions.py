"""Score against memory of tables whose rare rows are narrower, and of tables that are narrower as a whole.

    TABEMB_DATA=DIR python benchmarks/mixed_dimensions.py [--tables amazon late insteval] [--bodies ensemble mlp]
        [--seeds 3] [--rows 20000] [--json FILE]

Tables of ``quality_tables.py``. ``capped`` with fewer dimensions is what a user would do without ``mixed``. No fit has
target statistics, since the vectors are compared. Each seed draws other training rows and is the seed of the fits; the
test rows are fixed.
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
RULES = (
    {"name": "capped"},
    {"name": "mixed"},
    {"name": "capped", "cap": 16},
    {"name": "mixed", "share": 0.125},
    {"name": "mixed", "cap": 32, "share": 0.125},
    {"name": "capped", "cap": 8},
    {"name": "mixed", "cap": 16, "share": 0.125},
    {"name": "capped", "cap": 2},
)


def named(rule):
    """Return a rule as text."""
    return " ".join([rule["name"], *(f"{name}={value}" for name, value in rule.items() if name != "name")])


def measured(name, body, options):
    """Return a record per rule and seed of a table."""
    import tabemb

    problem = PROBLEMS[name]
    split = split_of(problem, pd.read_parquet(DATA / f"{problem.file}.parquet"))
    X, X_test = (each.astype(dict.fromkeys(split.categorical, "string")) for each in (split.X_train, split.X_test))
    kind, found = tabemb.EmbeddingClassifier if problem.classes else tabemb.EmbeddingRegressor, []
    for seed in range(options.seeds):
        rows = np.random.default_rng(seed).permutation(len(X))[: options.rows]
        for rule in RULES:
            model = kind(
                split.categorical, target_statistics=False, body=body, embedding_dim=dict(rule), random_state=seed
            )
            start = time.process_time()
            model.fit(X.iloc[rows].reset_index(drop=True), split.y_train[rows])
            seconds = time.process_time() - start
            answer = model.predict_proba(X_test) if problem.classes else model.predict(X_test)
            found.append(
                {
                    "table": name,
                    "body": body,
                    "rule": named(rule),
                    "seed": seed,
                    "figure": float(problem.metric.measure(split.y_test, answer)),
                    "numbers": sum(table.n_numbers for table in model._network.tables),
                    "seconds": seconds,
                }
            )
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", nargs="+", choices=list(PROBLEMS), default=["amazon", "late", "insteval"])
    parser.add_argument("--bodies", nargs="+", default=["ensemble", "mlp"])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--json", type=Path, default=RESULTS / "mixed_dimensions.json")
    options = parser.parse_args()
    if not DATA.is_dir():
        parser.error(f"{DATA} not found; set TABEMB_DATA to the folder with the tables")
    rows = []
    for name in options.tables:
        for body in options.bodies:
            found = measured(name, body, options)
            cells = [
                [
                    rule,
                    f"{its['figure'].mean():.4f} ± {its['figure'].std(ddof=0):.4f}",
                    f"{its['numbers'].mean():,.0f}",
                    f"{its['seconds'].mean():.1f}",
                ]
                for rule, its in pd.DataFrame(found).groupby("rule", sort=False)
            ]
            title = f"{name}, {body}: {PROBLEMS[name].metric.name}, {options.seeds} seeds (± over seeds)"
            show(title, ["embedding_dim", "score", "numbers in the tables", "processor seconds"], cells)
            rows += found
    print("written:", write("mixed_dimensions", rows, options.json, options=vars(options)))


if __name__ == "__main__":
    main()
