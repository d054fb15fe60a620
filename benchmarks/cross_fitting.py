"""Which vectors are best for a model after the encoder? Test metrics on real tables for several seeds.

    TABEMB_DATA=DIR python benchmarks/cross_fitting.py [--seeds 5] [--tables amazon ...] [--rows 20000] [--json FILE]

Boosted trees (LightGBM if installed, else scikit-learn's) and a linear model are trained on the vectors of the training
rows and the numbers, and tested on the test rows of ``quality_tables.py``. A seed determines the training rows, the
five folds and the initializations. The sides differ in how the vectors of training rows and of test rows are computed:

- naive: one fit for both, so that a training row has seen its own target (``cv=None``);
- folds apart: training rows by the fold that held them out, each fold with its own initialization; test rows by the fit
  of all rows;
- apart, turned: the same, with the folds aligned to the fit of all rows by orthogonal Procrustes;
- apart, turned, mean: the same, with the mean of the folds for test rows;
- every category by fold: aligned to the first fold; the other folds train on all of their rows without validation, for
  as many epochs as were best for the first;
- tabemb: the same, with the mean of the folds for categories with 50 rows or more: ``EmbeddingEncoder()``;
- wide: ``EmbeddingEncoder(embedding_dim="capped")``;
- with statistics: ``EmbeddingEncoder(target_statistics=True, crosses=None)``;
- with crosses: ``EmbeddingEncoder(target_statistics=True)``;
- one start, turned, mean, each stopping: all folds with the same initialization, aligned to the first; each with its
  own validation rows;
- one start, turned, mean, as long: the same initialization, aligned to the first, and trained as long as the first;
- one start, mean, as long: the same without alignment;
- TargetEncoder: scikit-learn's, on the same folds;
- native: the categories themselves, for LightGBM.

The benchmark also prints the number of columns, the seconds of the trees on them, and the time of ``fit_transform``
with five folds as a multiple of ``cv=None``, both after a first fit that compiles.
"""

import argparse
import os
import time
from pathlib import Path
from unittest.mock import patch

from turns import show, write  # isort: skip  (before TensorFlow: quiet start)

import numpy as np
import pandas as pd
from quality_tables import PROBLEMS, split_of
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import PredefinedSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, TargetEncoder

from tabemb import EmbeddingEncoder
from tabemb.estimators import cross_fitting
from tabemb.estimators.cross_fitting import FoldTables, FoldVectors
from tabemb.vectors.alignment import align, mean_of_seen

try:
    from lightgbm import LGBMClassifier, LGBMRegressor
except ImportError:
    LGBMClassifier = LGBMRegressor = None

DATA = Path(os.environ.get("TABEMB_DATA", Path(__file__).parents[2] / "shared" / "data"))
TABLES = ["amazon", "adult", "census", "diabetes", "late", "lendingclub", "insteval", "rossmann"]
OURS, NAIVE = "tabemb", "naive"


class KeptTables(FoldTables):
    """Keeps the unaligned tables of the folds, and the weight of each row."""

    def bring_together(self, rows, category_dropout):
        self.raw = {table: stack.copy() for table, stack in self.stacks.items()}
        self.counts = {table: self.counts_of(table, rows, category_dropout) for table in self.stacks}
        KeptTables.latest = self
        super().bring_together(rows, category_dropout)

    def share_frequent(self, rows, folds):
        self.unshared = {table: stack.copy() for table, stack in self.stacks.items()}
        super().share_frequent(rows, folds)


class EachStopping(EmbeddingEncoder):
    """Each fold has validation rows for early stopping."""

    def _stops_by_itself(self, number):
        return True


class OneStart(EmbeddingEncoder):
    """All folds have the same initial weights and order of rows."""

    def _begin_fold(self, network, seeds, number, started):
        if number == 0:
            self.first = cross_fitting._values(cross_fitting._variables(network))
        cross_fitting._assign(cross_fitting._variables(network), self.first)
        return seeds


class OneStartEachStopping(OneStart, EachStopping):
    """The same initialization, and early stopping in each fold."""


class Side:
    """A fitted encoder, and its features of training and test rows for any kind of table."""

    def __init__(self, cls, X, y, **params):
        self.encoder = cls(**params)
        with patch.object(cross_fitting, "FoldTables", KeptTables):
            start = time.perf_counter()
            self.per_fold = self.encoder._cross_fit(X, y, None, {})
            self.frame = self.encoder._read(X)
            self.train = self.encoder._side_by_side(self.frame, self.per_fold)
            self.seconds = time.perf_counter() - start
        self.kept = KeptTables.latest if self.per_fold else None

    @property
    def tables(self):
        """The tables for new rows."""
        return {table: np.array(layer.embeddings.numpy()) for table, layer in self.encoder._network.tables.items()}

    def own(self, X_test):
        return self.train, self.encoder.transform(X_test)

    def of(self, stacks, X_test):
        """Return the features by stacks of the folds' tables and, as the last, that for test rows."""
        train = self.encoder._side_by_side(
            self.frame, FoldVectors(self.per_fold.fold_of, stacks, self.per_fold.statistics)
        )
        for table, layer in self.encoder._network.tables.items():
            layer.embeddings.assign(stacks[table][-1])
        return train, self.encoder.transform(X_test)


def features(X, y, X_test, **params):
    """Return the features of training and test rows for each side, and the times of the fits."""
    naive = Side(EmbeddingEncoder, X, y, cv=None, **params)
    ours = Side(EmbeddingEncoder, X, y, **params)
    wide = Side(EmbeddingEncoder, X, y, embedding_dim="capped", **params)
    single = Side(EmbeddingEncoder, X, y, target_statistics=True, crosses=None, **params)
    crossed = Side(EmbeddingEncoder, X, y, target_statistics=True, **params)
    apart, stopping = Side(EachStopping, X, y, **params), Side(OneStartEachStopping, X, y, **params)
    as_long = Side(OneStart, X, y, **params)
    full, raw, seen = naive.tables, apart.kept.raw, apart.kept.seen
    unturned = {table: np.concatenate([stack[:-1], full[table][None]]) for table, stack in raw.items()}
    turned, mean = {}, {}
    for table, stack in raw.items():
        after_full = np.concatenate([full[table][None], stack[:-1]])
        everything = np.ones((1, len(full[table])), bool)
        align(after_full, np.concatenate([everything, seen[table]]), apart.kept.counts[table])
        turned[table] = np.concatenate([after_full[1:], full[table][None]])
        mean[table] = np.concatenate([after_full[1:], mean_of_seen(after_full[1:], seen[table])[None]])
    one_start = {
        table: np.concatenate([stack[:-1], mean_of_seen(stack[:-1], as_long.kept.seen[table])[None]])
        for table, stack in as_long.kept.raw.items()
    }
    sides = {
        NAIVE: naive.own(X_test),
        "folds apart": apart.of(unturned, X_test),
        "apart, turned": apart.of(turned, X_test),
        "apart, turned, mean": apart.of(mean, X_test),
        OURS: ours.own(X_test),
        "wide": wide.own(X_test),
        "with statistics": single.own(X_test),
        "with crosses": crossed.own(X_test),
        "one start, turned, mean, each stopping": stopping.own(X_test),
        "one start, turned, mean, as long": as_long.own(X_test),
        "TargetEncoder": target_encoded(ours, y, X_test, params["target_type"]),
    }
    # Last, since they replace the tables of the network.
    sides["every category by fold"] = ours.of(ours.kept.unshared, X_test)
    sides["one start, mean, as long"] = as_long.of(one_start, X_test)
    return sides, {NAIVE: naive.seconds, OURS: ours.seconds}


def target_encoded(side, y, X_test, target_type):
    """Return scikit-learn's cross-fitted target encoding of the same columns, and the numbers."""
    encoder = side.encoder
    indices = [encoder.encoder_.encode(each).indices for each in (side.frame, encoder._read(X_test))]
    target = TargetEncoder(target_type=target_type, cv=PredefinedSplit(side.per_fold.fold_of))
    encoded = [target.fit_transform(indices[0], y), target.transform(indices[1])]
    width = sum(feature.table.embedding_dim for feature in encoder._network.spec.features)
    numbers = [side.train[:, width:], encoder.transform(X_test)[:, width:]]
    return tuple(np.concatenate(each, axis=1) for each in zip(encoded, numbers, strict=True))


def models(classes, seed):
    """Return the models that are trained on the features."""
    linear = LogisticRegression(C=0.1, solver="newton-cholesky") if classes else Ridge(10.0)
    if LGBMClassifier is None:
        trees = (HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor)(random_state=seed)
    else:
        trees = (LGBMClassifier if classes else LGBMRegressor)(
            n_estimators=100, colsample_bytree=0.3, random_state=seed, verbose=-1, n_jobs=1
        )
    return {"trees": trees, "linear": make_pipeline(SimpleImputer(), StandardScaler(), linear)}


def prepared(split, n_rows, seed):
    """Return some training rows; for an encoder integers are categories, so that numbers are made floats."""
    numbers = [name for name in split.X_train if name not in split.categorical]
    drawn = np.random.default_rng(seed).permutation(len(split.X_train))[:n_rows]
    X, X_test = (each.astype(dict.fromkeys(numbers, "float64")) for each in (split.X_train, split.X_test))
    return X.iloc[drawn].reset_index(drop=True), split.y_train[drawn], X_test


def figures(split, n_rows, seed):
    """Return the test metric of each side and model, and the seconds of the fits."""
    X, y, X_test = prepared(split, n_rows, seed)
    target_type = "auto" if split.problem.classes else "continuous"
    sides, seconds = features(X, y, X_test, target_type=target_type, random_state=seed)
    if LGBMClassifier is not None:
        sides["native"] = native(X, X_test, split.categorical)
    metric, found = split.problem.metric, {"trees": {}, "linear": {}}
    columns, behind = {}, {}
    for side, (train, test) in sides.items():
        columns[side] = train.shape[1]
        for name, model in models(split.problem.classes, seed).items():
            if side == "native" and name == "linear":
                continue
            start = time.process_time()
            model.fit(train, y)
            if name == "trees":
                behind[side] = time.process_time() - start
            answer = model.predict_proba(test) if split.problem.classes else model.predict(test)
            found[name][side] = float(metric.measure(split.y_test, answer))
    return found, seconds, columns, behind


def native(X, X_test, categorical):
    """Return the table with the categories as such; those missing from training are missing."""
    kinds = {name: X[name].astype("category").cat.categories for name in categorical}
    return tuple(
        each.assign(
            **{name: pd.Categorical.from_codes(kinds[name].get_indexer(each[name]), kinds[name]) for name in kinds}
        )
        for each in (X, X_test)
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--tables", nargs="+", choices=PROBLEMS, default=TABLES)
    parser.add_argument("--rows", type=int, default=20_000, help="maximum number of training rows")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if not DATA.is_dir():
        parser.error(f"{DATA} not found; set TABEMB_DATA to the folder with the tables")

    rows = []
    for table in options.tables:
        split = split_of(PROBLEMS[table], pd.read_parquet(DATA / f"{PROBLEMS[table].file}.parquet"))
        X, y, _ = prepared(split, options.rows, 0)
        for cv in (None, 5):
            EmbeddingEncoder(cv=cv, max_epochs=1, random_state=0).fit(X, y)
        found = [figures(split, options.rows, seed) for seed in range(options.seeds)]
        rows.append(
            {
                "table": table,
                "metric": split.problem.metric.name,
                "higher_is_better": split.problem.metric.higher_is_better,
                "found": {model: pd.DataFrame([each[0][model] for each in found]) for model in ("trees", "linear")},
                "seconds": pd.DataFrame([each[1] for each in found]),
                "columns": found[0][2],
                "seconds_of_trees": pd.DataFrame([each[3] for each in found]),
            }
        )
        print(table, "done", flush=True)
    for model in ("trees", "linear"):
        report(model, rows, options)
    ratios = [row["seconds"][OURS] / row["seconds"][NAIVE] for row in rows]
    show(
        "seconds of fit_transform, median over the seeds",
        ["table", "cv=None", "cv=5", "times as long"],
        [
            [row["table"], *(f"{row['seconds'][side].median():.1f}" for side in (NAIVE, OURS)), f"{each.median():.1f}"]
            for row, each in zip(rows, ratios, strict=True)
        ],
    )
    sides = rows[0]["columns"]
    show(
        "columns and processor seconds of the trees, median over the seeds",
        ["vectors", *(row["table"] for row in rows)],
        [
            [side, *(f"{row['columns'][side]}, {row['seconds_of_trees'][side].median():.2f}" for row in rows)]
            for side in sides
        ],
    )
    for row in rows:
        row["seconds_of_trees"] = row["seconds_of_trees"].to_dict("list")
        row["found"] = {model: found.to_dict("list") for model, found in row["found"].items()}
        row["seconds"] = row["seconds"].to_dict("list")
    print("written:", write("cross_fitting", rows, options.json, options=vars(options)))


def report(model, rows, options):
    """Print the metric of each side on each table, and its mean rank."""
    sides = list(rows[0]["found"][model])
    ranks = pd.DataFrame([row["found"][model].mean().rank(ascending=not row["higher_is_better"]) for row in rows])
    cells = []
    for side in sides:
        shown = [f"{each.mean():.4f} ± {each.std(ddof=0):.4f}" for each in (r["found"][model][side] for r in rows)]
        cells.append([side, *shown, f"{ranks[side].mean():.1f}"])
    show(
        f"{model}: test metric, mean ± standard deviation over {options.seeds} seeds, {options.rows:,} training rows",
        ["vectors", *(f"{row['table']} ({row['metric']})" for row in rows), "mean rank"],
        cells,
    )


if __name__ == "__main__":
    main()
