"""The candidates of ``quality.py``: models that users choose for tables with categories.

Each has the defaults of its library, except for common settings:

- the three boosters stop after 50 rounds without a better loss on a tenth of the training rows, or after 1,000 rounds;
- the linear model chooses one of two regularization strengths (C of 0.1 and 1, or the equivalent for ridge) by the
  metric on such a tenth, and is then fitted on all training rows;
- all use two threads, except the linear model, which is much faster with one.
"""

import hashlib
import inspect
import math
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler, TargetEncoder
from threadpoolctl import threadpool_limits

SETTINGS = THREADS, ROUNDS, PATIENCE, VALIDATION = 2, 1000, 50, 0.1


def apart(split, seed):
    """Return training rows, validation rows, training targets, validation targets."""
    strata = split.y_train if split.problem.classes and np.bincount(split.y_train).min() > 1 else None
    return train_test_split(
        split.X_train, split.y_train, test_size=VALIDATION, random_state=seed, stratify=strata, shuffle=True
    )


def as_text(X, columns):
    """Return the table with the categories as text, including "missing"."""
    text = {name: X[name].astype(object).where(X[name].notna(), "missing").astype(str) for name in columns}
    return X.assign(**text)


def answers(model, classes):
    """Return a function from a table to probabilities of all classes or to numbers."""
    return model.predict_proba if classes else model.predict


class Rival:
    """A candidate: ``fit`` returns a function from a table to probabilities or numbers."""

    package: str

    def missing(self):
        """Return the reason why it cannot run, or None."""
        try:
            version(self.package)
        except ModuleNotFoundError:
            return f"{self.package} is not installed: pip install --group bench"
        return ""

    def load(self):
        """Import the library, which is not a part of the fit."""
        import_module({"scikit-learn": "sklearn"}.get(self.package, self.package))

    def version(self):
        """Return the version of the library, and a hash of its settings."""
        return f"{self.package} {version(self.package)} {_mark(inspect.getsource(type(self)) + repr(SETTINGS))}"


class LightGBM(Rival):
    """LightGBM with native categories; unseen categories are missing."""

    package = "lightgbm"

    def fit(self, split, seed):
        import lightgbm

        X_train, X_held, y_train, y_held = apart(split, seed)
        kinds = {name: X_train[name].astype("category").dtype for name in split.categorical}

        def typed(X):
            codes = {name: kind.categories.get_indexer(X[name]) for name, kind in kinds.items()}
            return X.assign(**{name: pd.Categorical.from_codes(codes[name], dtype=kinds[name]) for name in kinds})

        kind = lightgbm.LGBMClassifier if split.problem.classes else lightgbm.LGBMRegressor
        model = kind(n_estimators=ROUNDS, n_jobs=THREADS, random_state=seed, verbose=-1)
        model.fit(
            typed(X_train),
            y_train,
            eval_X=typed(X_held),
            eval_y=y_held,
            callbacks=[lightgbm.early_stopping(PATIENCE, verbose=False)],
        )
        return lambda X: answers(model, split.problem.classes)(typed(X))


class CatBoost(Rival):
    """CatBoost with native categories."""

    package = "catboost"

    def fit(self, split, seed):
        import catboost

        X_train, X_held, y_train, y_held = apart(split, seed)
        kind = catboost.CatBoostClassifier if split.problem.classes else catboost.CatBoostRegressor
        model = kind(
            iterations=ROUNDS,
            early_stopping_rounds=PATIENCE,
            cat_features=split.categorical,
            thread_count=THREADS,
            random_seed=seed,
            allow_writing_files=False,
            verbose=False,
        )
        model.fit(as_text(X_train, split.categorical), y_train, eval_set=(as_text(X_held, split.categorical), y_held))
        return lambda X: answers(model, split.problem.classes)(as_text(X, split.categorical))


class TargetEncodedBoosting(Rival):
    """HistGradientBoosting on cross-fitted target encodings (HGB splits off the validation rows)."""

    package = "scikit-learn"

    def fit(self, split, seed):
        classes = split.problem.classes
        # Ratings from 1 to 5 look like classes. From scikit-learn 1.9 on, a splitter determines the folds.
        folds = (StratifiedKFold if classes else KFold)(5, shuffle=True, random_state=seed)
        encoder = TargetEncoder(target_type="auto" if classes else "continuous", cv=folds)
        kind = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
        boosting = kind(
            max_iter=ROUNDS,
            early_stopping=True,
            n_iter_no_change=PATIENCE,
            validation_fraction=VALIDATION,
            random_state=seed,
        )
        columns = ColumnTransformer([("categories", encoder, split.categorical)], remainder="passthrough")
        model = make_pipeline(columns, boosting)
        model.fit(as_text(split.X_train, split.categorical), split.y_train)
        return lambda X: answers(model, classes)(as_text(X, split.categorical))


class OneHotLinear(Rival):
    """Logistic or ridge regression on sparse one-hot columns and standardized numbers."""

    package = "scikit-learn"

    def fit(self, split, seed):
        X_train, X_held, y_train, y_held = apart(split, seed)
        metric = split.problem.metric

        def score(C):
            model = self._fitted(split, C, X_train, y_train)
            return metric.score(metric.measure(y_held, model(X_held)))

        # Two threads that synchronize at every short vector take ten times as long as one.
        with threadpool_limits(1):
            return self._fitted(split, max((0.1, 1.0), key=score), split.X_train, split.y_train)

    def _fitted(self, split, C, X, y):
        classes, categorical = split.problem.classes, split.categorical
        numbers = [name for name in X.columns if name not in categorical]
        scaled = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
        columns = ColumnTransformer(
            [("categories", OneHotEncoder(handle_unknown="ignore"), categorical), ("numbers", scaled, numbers)],
            sparse_threshold=1.0,
        )
        model = make_pipeline(columns, LogisticRegression(C=C, max_iter=1000) if classes else Ridge(alpha=1 / C))
        model.fit(as_text(X, categorical), y)
        return lambda X: answers(model, classes)(as_text(X, categorical))


@dataclass(frozen=True)
class Tabemb:
    """tabemb's estimators with default parameters, except the given ones."""

    params: dict[str, Any] = field(default_factory=dict)

    def missing(self):
        """Return None, since it can always run."""
        return ""

    def load(self):
        """Import the estimators, and with them Keras and TensorFlow."""
        self.model(True)

    def version(self):
        """Return the version, and hashes of the sources and of the parameters."""
        return f"tabemb {version('tabemb')} {_sources()} {_mark(repr(sorted(self.params.items())))}"

    def fit(self, split, seed):
        model = self.model(split.problem.classes)
        model.set_params(categorical=split.categorical, random_state=seed)
        model.fit(split.X_train, split.y_train)
        return answers(model, split.problem.classes)

    def model(self, classes):
        """Return the unfitted estimator."""
        import tabemb

        kind = tabemb.EmbeddingClassifier if classes else tabemb.EmbeddingRegressor
        return kind().set_params(**self.params)


def _mark(text):
    return hashlib.sha256(text.encode()).hexdigest()[:6]


@cache
def _sources():
    import tabemb

    package = Path(tabemb.__file__).parent
    used = [
        path
        for layer in ("table", "vectors", "nn", "training", "estimators")
        for path in package.glob(f"{layer}/**/*.py")
    ]
    return _mark("".join(path.read_text(encoding="utf-8") for path in sorted(used)))


OURS, SAME_NETWORK, LINEAR = "tabemb", "onehot-network", "onehot-linear"
CANDIDATES = {
    "lightgbm": LightGBM(),
    "catboost": CatBoost(),
    "hgb-target": TargetEncodedBoosting(),
    LINEAR: OneHotLinear(),
    SAME_NETWORK: Tabemb({"one_hot_max_categories": math.inf}),
    OURS: Tabemb(),
}


def run(candidate, split, seed, clock):
    """Return the metrics of the test rows, and the seconds of the fit, including preprocessing but not imports."""
    candidate.load()
    with threadpool_limits(THREADS):
        start = clock()
        answer = candidate.fit(split, seed)
        seconds = clock() - start
        return split.figures(np.asarray(answer(split.X_test))), seconds
