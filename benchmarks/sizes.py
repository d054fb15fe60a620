"""How many dimensions do vectors need? Rules and ``embedding_dim="auto"``, by quality and by size of the tables.

    TABEMB_DATA=DIR python benchmarks/sizes.py [--seeds 3] [--tables amazon ...] [--body mlp ensemble] [--rows 20000]
        [--sizes NAME ...] [--equal-bytes] [--json FILE]

Tables and splits are those of ``quality_tables.py``. A seed determines the training rows and the initializations. Bytes
are those of all vectors in float32; seconds are those of the fit, for "auto" including the first training, which finds
the sizes. No fit has target statistics, since the vectors are compared. ``--equal-bytes`` also fits,
for each rule, one number of dimensions for all columns that gives about the same bytes.
"""

import argparse
import os
import time
from pathlib import Path

from turns import show, write  # isort: skip  (before TensorFlow: quiet start)

import numpy as np
import pandas as pd
from quality_tables import PROBLEMS, split_of

from tabemb import EmbeddingClassifier, EmbeddingRegressor

DATA = Path(os.environ.get("TABEMB_DATA", Path(__file__).parents[2] / "shared" / "data"))
TABLES = ["amazon", "late", "insteval", "lendingclub"]
AUTO = "auto"
SIZES = [AUTO, "capped", "half", "sqrt", "google"]


def bytes_of(model):
    """Return the size of the vectors of a fitted model in bytes."""
    return sum(4 * len(v) * v.vectors.shape[1] for v in model.vectors_.values())


def equal_dim(model):
    """Return the number of dimensions for all columns that gives about the same bytes, at least 1."""
    return max(1, round(bytes_of(model) / sum(4 * len(v) for v in model.vectors_.values())))


def fitted(split, size, body, rows, seed):
    """Return the test metric, the bytes of the vectors and the seconds of a fit."""
    kind = EmbeddingClassifier if split.problem.classes else EmbeddingRegressor
    chosen = np.sort(np.random.default_rng(seed).permutation(len(split.X_train))[:rows])
    model = kind(split.categorical, embedding_dim=size, body=body, target_statistics=False, random_state=seed)
    start = time.perf_counter()
    model.fit(split.X_train.iloc[chosen], split.y_train[chosen])
    seconds = time.perf_counter() - start
    answer = model.predict_proba(split.X_test) if split.problem.classes else model.predict(split.X_test)
    metric = split.problem.metric
    found = {"metric": float(metric.measure(split.y_test, answer)), "bytes": bytes_of(model), "seconds": seconds}
    return found | {"equal_dim": equal_dim(model)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--tables", nargs="+", choices=PROBLEMS, default=TABLES)
    parser.add_argument("--body", nargs="+", default=["mlp", "ensemble"])
    parser.add_argument("--rows", type=int, default=20_000, help="maximum number of training rows")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=SIZES)
    parser.add_argument("--equal-bytes", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if not DATA.is_dir():
        parser.error(f"{DATA} not found; set TABEMB_DATA to the folder with the tables")

    found = []
    for table in options.tables:
        split = split_of(PROBLEMS[table], pd.read_parquet(DATA / f"{PROBLEMS[table].file}.parquet"))
        for body in options.body:
            for size in options.sizes:
                for seed in range(options.seeds):
                    common = {"table": table, "body": body, "seed": seed}
                    found.append({**common, "size": size, **fitted(split, size, body, options.rows, seed)})
                    if options.equal_bytes:
                        figures = fitted(split, found[-1]["equal_dim"], body, options.rows, seed)
                        found.append({**common, "size": f"one number, bytes of {size}", **figures})
            cells = []
            for size in dict.fromkeys(f["size"] for f in found if (f["table"], f["body"]) == (table, body)):
                mine = pd.DataFrame([f for f in found if (f["table"], f["body"], f["size"]) == (table, body, size)])
                cells.append(
                    [
                        size,
                        f"{mine['metric'].mean():.4f} ± {mine['metric'].std(ddof=0):.4f}",
                        f"{mine['bytes'].mean() / 1e3:,.0f}",
                        f"{mine['seconds'].median():.1f}",
                    ]
                )
            metric = split.problem.metric.name
            show(f"{table}, {body}, {options.seeds} seeds", ["embedding_dim", metric, "kB", "fit seconds"], cells)
    print("written:", write("sizes", found, options.json, options=vars(options)))


if __name__ == "__main__":
    main()
