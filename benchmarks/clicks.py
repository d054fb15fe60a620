"""Click-through rates of generated logs with known probabilities: tabemb, boosted trees, linear models and the best.

    TABEMB_DATA=DIR python benchmarks/clicks.py [--rows 100000] [--cardinality 10000 ...] [--drift 0 0.9] [--seeds 2]
        [--first-seed 0] [--ways NAME ...] [--tables logs amazon] [--zipf 0.9] [--megabytes 8] [--json FILE]

A log has six categorical columns. The first has the given cardinality, each other a quarter of the one before it, and
at least 20. The model is fitted on the first four fifths of the log and scored on the last fifth. The seed is that of
the log and of the fits. ``amazon`` is the table of ``quality_tables.py`` with its random split; there, a seed draws
four fifths of the training rows.

- Early stopping, and the strength of a penalty, use the last tenth of the training rows for the rivals. tabemb holds
  out a random tenth unless the way says "last rows".
- "Bayes" is the true probability of each click, scored on the same clicks; no model can be better except by chance.
- ECE is the expected calibration error, of 15 bins with equally many rows.
- Bytes are those of the saved model with its vocabularies; processor seconds are those of all threads of the fit.
  Rows per second are those of the fit (training rows, by the clock) and of a prediction of all test rows.

- "hashed" has a quarter as many rows of vectors as categories in columns with at least 100.
- ``--megabytes`` is the same limit for all models: one that is larger is fitted again with less: vectors and one-hot
  columns of categories with more rows than before, fewer rows of hashed vectors, fewer hashed columns, fewer leaves of
  CatBoost's tables of categories, fewer trees of LightGBM. Costs are those of the last fit.

The first fit of tabemb, which compiles, is not counted. CatBoost and LightGBM are left out where they are not
installed.
"""

import argparse
import importlib.util
import os
import pickle
import tempfile
import time
from pathlib import Path

from turns import show, write  # isort: skip  (before TensorFlow: quiet start)

import numpy as np
import pandas as pd
from quality_tables import PROBLEMS, split_of
from sklearn.feature_extraction import FeatureHasher
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import tabemb
from tabemb.datasets import make_clicks

DATA = Path(os.environ.get("TABEMB_DATA", Path(__file__).parents[2] / "shared" / "data"))
N_COLUMNS, FEWEST, MANY, THREADS, ROUNDS, PATIENCE, N_BINS, MOST_FITS = 6, 20, 100, 2, 1000, 50, 15, 5
BAYES = "Bayes"
# One pass: the rate is higher, and updates of rare categories are not slowed, since each has few steps.
ONE_PASS = {
    "max_epochs": 1,
    "early_stopping": False,
    "weight_averaging": 0.0,
    "learning_rate": 0.005,
    "damping": 0.0,
}
STATISTICS = {"target_statistics": True}
# Parameters of EmbeddingClassifier by way.
OURS = {
    "defaults": {},
    "with statistics": STATISTICS,
    "without statistics": {"target_statistics": False},
    "deepfm": {"body": "deepfm", "target_statistics": False},
    "cross": {"body": "cross", "target_statistics": False},
    "wide_deep": {"body": "wide_deep", "target_statistics": False},
    "one pass": {"target_statistics": False, **ONE_PASS},
    "one pass, statistics": {**STATISTICS, **ONE_PASS},
    "hashed": {"target_statistics": False},
    "random start": {"target_statistics": False, "start": "random"},
    "rare as unknown": {"target_statistics": False, "min_frequency": 3},
    "rare as unknown, statistics": {**STATISTICS, "min_frequency": 3},
    "a fifth of the negatives": {"negative_share": 0.2},
    "last rows": {"validation": "last"},
    "last rows, statistics": {**STATISTICS, "validation": "last"},
}


def text(X):
    """Return the table with all cells as text."""
    return X.astype(str)


def last_tenth(X, y):
    """Return the rows before the last tenth, and the last tenth."""
    n = round(0.9 * len(X))
    return (X.iloc[:n], y[:n]), (X.iloc[n:], y[n:])


def fewest_rows(X, share):
    """Return the least number of rows of a category with which at most this share of the categories is left."""
    counts = np.concatenate([X[name].value_counts().to_numpy() for name in X])
    return int(np.sort(counts)[::-1][min(len(counts) - 1, int(share * len(counts)))]) + 1


def hashed(X):
    """Return the cells of a table as lists of texts with the names of their columns."""
    return (X.columns + "=").to_numpy() + text(X).to_numpy(dtype=object)


class Model:
    """A model, which takes a share of its full size."""

    share = 1.0

    def shrink(self, share):
        """Take less in the next fit: this share of what it took in the last one."""
        self.share *= share


class Ours(Model):
    """``EmbeddingClassifier`` with some parameters; if it has to shrink, rarer categories share the unknown vector."""

    def __init__(self, params):
        self.params = params

    def fit(self, X, y, seed):
        self.params = {**self.params, **self.of(X)}
        self.model = tabemb.EmbeddingClassifier(list(X.columns), random_state=seed, **self.params).fit(X, y)

    def of(self, X):
        """Return the parameters that make it as small as it has to be."""
        if self.share == 1:
            return {}
        return {"min_frequency": max(fewest_rows(X, self.share), self.params.get("min_frequency", 1) + 1)}

    def predict(self, X):
        return self.model.predict_proba(X)[:, 1]

    def n_bytes(self):
        with tempfile.TemporaryDirectory() as folder:
            self.model.save(Path(folder) / "model")
            return sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())


class Hashed(Ours):
    """The same, with a share as many rows of vectors as categories, found by their hashes, in columns with many."""

    rows = 0.25

    def shrink(self, share):
        self.rows *= share

    def of(self, X):
        sizes = X.nunique()
        kinds = {
            name: {"name": "hashing", "n_buckets": max(2, int(n * self.rows))} for name, n in sizes.items() if n >= MANY
        }
        return {"vocabulary": kinds}


class CatBoost(Model):
    """CatBoost with native categories."""

    def fit(self, X, y, seed):
        import catboost

        (X_fit, y_fit), held = last_tenth(text(X), y)
        self.model = catboost.CatBoostClassifier(
            iterations=ROUNDS,
            early_stopping_rounds=PATIENCE,
            cat_features=list(X.columns),
            thread_count=THREADS,
            random_seed=seed,
            allow_writing_files=False,
            verbose=False,
            **({} if self.share == 1 else {"ctr_leaf_count_limit": max(1, int(X.nunique().max() * self.share))}),
        ).fit(X_fit, y_fit, eval_set=held)

    def predict(self, X):
        return self.model.predict_proba(text(X))[:, 1]

    def n_bytes(self):
        with tempfile.TemporaryDirectory() as folder:
            self.model.save_model(Path(folder) / "model")
            return (Path(folder) / "model").stat().st_size


class LightGBM(Model):
    """LightGBM with native categories; unseen categories are missing."""

    rounds = ROUNDS

    def fit(self, X, y, seed):
        import lightgbm

        self.kinds = {name: pd.CategoricalDtype(np.unique(X[name])) for name in X}
        (X_fit, y_fit), (X_held, y_held) = last_tenth(self._typed(X), y)
        self.model = lightgbm.LGBMClassifier(n_estimators=self.rounds, n_jobs=THREADS, random_state=seed, verbose=-1)
        stopping = lightgbm.early_stopping(PATIENCE, verbose=False)
        self.model.fit(X_fit, y_fit, eval_X=X_held, eval_y=y_held, callbacks=[stopping])

    def shrink(self, share):
        self.rounds = max(1, int(self.model.best_iteration_ * share))

    def _typed(self, X):
        codes = {name: kind.categories.get_indexer(X[name]) for name, kind in self.kinds.items()}
        return pd.DataFrame(
            {name: pd.Categorical.from_codes(codes[name], dtype=self.kinds[name]) for name in self.kinds}
        )

    def predict(self, X):
        return self.model.predict_proba(self._typed(X))[:, 1]

    def n_bytes(self):
        return len(pickle.dumps((self.model, self.kinds)))


class Linear(Model):
    """The best of several strengths of the penalty by the log loss of the last rows, fitted again on all rows."""

    def __init__(self, make, strengths, read):
        self.make, self.strengths, self.read = make, strengths, read

    def fit(self, X, y, seed):
        (X_fit, y_fit), (X_held, y_held) = last_tenth(X, y)

        def loss(strength):
            model = self.make(strength, seed, self.share).fit(self.read(X_fit), y_fit)
            return log_loss(y_held, model.predict_proba(self.read(X_held))[:, 1], labels=[0, 1])

        self.model = self.make(min(self.strengths, key=loss), seed, self.share).fit(self.read(X), y)

    def predict(self, X):
        return self.model.predict_proba(self.read(X))[:, 1]

    def n_bytes(self):
        return len(pickle.dumps(self.model))


def sgd(alpha, seed, share):
    """Return a linear model of 2**20 hashed cells, or a share of them, trained by stochastic gradient descent."""
    return make_pipeline(
        FeatureHasher(int(2**20 * share), input_type="string"),
        SGDClassifier("log_loss", alpha=alpha, random_state=seed),
    )


def logistic(C, seed, share):
    """Return a logistic regression on one-hot columns, of categories that have some rows if it has to shrink."""
    fewest = None if share == 1 else round(1 / share)
    return make_pipeline(
        OneHotEncoder(handle_unknown="ignore", min_frequency=fewest), LogisticRegression(C=C, max_iter=1000)
    )


RIVALS = {
    "CatBoost": CatBoost,
    "LightGBM": LightGBM,
    "hashed one-hot, SGD": lambda: Linear(sgd, (1e-6, 1e-5, 1e-4), hashed),
    "logistic regression": lambda: Linear(logistic, (0.03, 0.1, 0.3), text),
}
WAYS = [*OURS, *RIVALS]


def model_of(way):
    """Return the unfitted model of a way."""
    if way in RIVALS:
        return RIVALS[way]()
    return (Hashed if way == "hashed" else Ours)(OURS[way])


def calibration_error(y, p):
    """Return the mean distance of the share of clicks to the mean probability in bins with equally many rows."""
    bins = np.array_split(np.argsort(p, kind="stable"), min(N_BINS, len(p)))
    return float(sum(len(each) * abs(y[each].mean() - p[each].mean()) for each in bins) / len(p))


def scores(y, p):
    """Return the metrics of probabilities."""
    loss, p = log_loss(y, p, labels=[0, 1]), np.asarray(p, "float64")
    return {"auc": float(roc_auc_score(y, p)), "log_loss": float(loss), "ece": calibration_error(y, p)}


def measured(model, train, test, seed, megabytes=None):
    """Return the metrics and the costs of a model, which is fitted again with less while it is too large.

    None if it is still too large after five fits.
    """
    (X, y), (X_test, y_test) = train, test
    for _ in range(MOST_FITS):
        clock, processor = time.perf_counter(), time.process_time()
        model.fit(X, y, seed)
        clock, processor = time.perf_counter() - clock, time.process_time() - processor
        size = model.n_bytes()
        if megabytes is None or size <= megabytes * 1e6:
            break
        model.shrink(min(0.7, 0.9 * megabytes * 1e6 / size))
    else:
        return None
    start = time.perf_counter()
    p = model.predict(X_test)
    seconds = time.perf_counter() - start
    return scores(y_test, p) | {
        "bytes": size,
        "seconds": clock,
        "processor_seconds": processor,
        "rows_per_second": len(X) / clock,
        "predicted_rows_per_second": len(X_test) / seconds,
    }


def log_of(cardinality, drift, options, seed):
    """Return training and test rows of a generated log, and the true probabilities of the latter."""
    sizes = [max(FEWEST, cardinality // 4**place) for place in range(N_COLUMNS)]
    log = make_clicks(
        options.rows,
        N_COLUMNS,
        cardinality=sizes,
        zipf=options.zipf,
        drift=drift,
        click_rate=options.click_rate,
        random_state=seed,
    )
    columns = list(log.categorical)
    earlier, later = ((part.X[columns].reset_index(drop=True), part.y, part.probability) for part in log.split())
    return earlier[:2], later[:2], later[2]


def amazon(seed):
    """Return training and test rows of the table of granted accesses."""
    split = split_of(PROBLEMS["amazon"], pd.read_parquet(DATA / "amazon_access.parquet"))
    rows = np.random.default_rng(seed).permutation(len(split.X_train))[: round(0.8 * len(split.X_train))]
    train = split.X_train.iloc[rows].reset_index(drop=True), split.y_train[rows]
    return train, (split.X_test, split.y_test), None


def unseen(train, test):
    """Return the share of the cells of test rows whose category is not in the training rows, by column."""
    return {name: float((~test[0][name].isin(train[0][name])).mean()) for name in test[0]}


def tables(options):
    """Return functions from a seed to a table, by name."""
    found = {}
    if "logs" in options.tables:
        for cardinality in options.cardinality:
            for drift in options.drift:

                def log(seed, cardinality=cardinality, drift=drift):
                    return log_of(cardinality, drift, options, seed)

                found[f"{cardinality:,} categories, drift {drift:g}"] = log
    if "amazon" in options.tables:
        found["amazon"] = amazon
    return found


def report(name, rows):
    """Print the mean of each figure of a table, and the range of the AUC over the seeds."""
    figures = pd.DataFrame(rows)
    cells = []
    for way, its in figures.groupby("way", sort=False):
        mean = its.mean(numeric_only=True)
        cells.append([way, f"{mean['auc']:.4f} ± {its['auc'].std(ddof=0):.4f}", f"{mean['log_loss']:.4f}"])
        cells[-1].append(f"{mean['ece']:.4f}")
        costs = ("bytes", "processor_seconds", "rows_per_second", "predicted_rows_per_second")
        if way != BAYES:
            megabytes, processor, *rates = (mean[cost] for cost in costs)
            cells[-1] += [f"{megabytes / 1e6:.1f}", f"{processor:.1f}", *(f"{rate:,.0f}" for rate in rates)]
        else:
            cells[-1] += [""] * len(costs)
    share = np.mean([share for row in rows for share in row["unseen"].values()])
    columns = ["way", "AUC", "log loss", "ECE", "MB", "processor s", "rows/s fit", "rows/s predict"]
    seeds = figures["seed"].nunique()
    show(f"{name}: {rows[0]['rows']:,} training rows, {share:.0%} of test cells unseen, {seeds} seeds", columns, cells)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--cardinality", type=int, nargs="+", default=[10_000, 100_000, 1_000_000, 10_000_000])
    parser.add_argument("--drift", type=float, nargs="+", default=[0.0, 0.9])
    parser.add_argument("--zipf", type=float, default=0.9)
    parser.add_argument("--click-rate", type=float, default=0.1)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--tables", nargs="+", choices=["logs", "amazon"], default=["logs", "amazon"])
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS)
    parser.add_argument("--megabytes", type=float, help="limit of the bytes of a model; by default none")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if "amazon" in options.tables and not DATA.is_dir():
        parser.error(f"{DATA} not found; set TABEMB_DATA to the folder with the tables, or use --tables logs")
    installed = {"CatBoost": "catboost", "LightGBM": "lightgbm"}
    missing = [way for way, name in installed.items() if importlib.util.find_spec(name) is None]

    rows = []
    for name, table_of in tables(options).items():
        found = []
        for seed in range(options.first_seed, options.first_seed + options.seeds):
            train, test, probability = table_of(seed)
            common = {"table": name, "seed": seed, "rows": len(train[0]), "unseen": unseen(train, test)}
            for way in options.ways:
                if way not in missing:
                    if way in OURS and not rows + found:
                        Ours(OURS[way]).fit(train[0].head(2_000), train[1][:2_000], seed)
                    its = measured(model_of(way), train, test, seed, options.megabytes)
                    if its is None:
                        print(f"{way} does not get smaller than {options.megabytes:g} MB")
                    else:
                        found.append({"way": way, **common, **its})
            if probability is not None:
                found.append({"way": BAYES, **common, **scores(test[1], probability)})
        report(name, found)
        rows += found
    print("written:", write("clicks", rows, options.json, options=vars(options)))


if __name__ == "__main__":
    main()
