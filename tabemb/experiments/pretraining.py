"""Pretraining in an experiment: vectors are learned without the target, then a model that starts from them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Self

import pandas as pd
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if

from tabemb.experiments.config import ExperimentConfig
from tabemb.experiments.data import Problem
from tabemb.table.cells import read_cells
from tabemb.table.numeric import read_numbers

# Settings of the model that say how columns are read; the pretrainer reads them in the same way by default.
READ_AS = ("multi_valued", "shared", "vocabulary")

__all__ = [
    "ExtraRows",
    "PretrainedModel",
    "describe_pretraining",
    "make_pretrainer",
    "numeric_columns",
    "pretrained_model",
    "shared_rows",
]


class ExtraRows:
    """Rows without a target; clones of an estimator share them.

    Parameters
    ----------
    tables : sequence of pandas.DataFrame
        Tables with the same columns.
    numeric : collection of str, default=()
        Columns that are numbers. A pretrainer would read integers as categories.
    """

    def __init__(self, tables: Sequence[pd.DataFrame], numeric: Collection[str] = ()) -> None:
        self.tables, self.numeric = tuple(tables), tuple(numeric)

    def __deepcopy__(self, memo: Any) -> "ExtraRows":
        return self

    def __len__(self) -> int:
        return sum(map(len, self.tables))

    def beside(self, X: pd.DataFrame | None) -> pd.DataFrame:
        """Return the rows of a table, followed by these; these alone without a table."""
        tables = [*([] if X is None else [X]), *self.tables]
        whole = tables[0] if len(tables) == 1 else pd.concat(tables, ignore_index=True)
        return whole.assign(**{column: _as_floats(whole[column], column) for column in self.numeric})


def _as_floats(values: pd.Series, column: str) -> Any:
    if pd.api.types.is_float_dtype(values):
        return values
    return read_numbers(read_cells(values.to_numpy()), column)


class PretrainedModel(MetaEstimatorMixin, BaseEstimator):
    """A model that starts from vectors learned without the target, from the rows of its fit and further ones.

    Parameters
    ----------
    estimator : EmbeddingClassifier, EmbeddingRegressor or EmbeddingRanker
        The model; ``fit`` sets its ``pretrained``.
    pretrainer : EmbeddingPretrainer
        Learns the vectors.
    extra : ExtraRows
        Rows that the vectors are learned from beside those of the fit.
    alone : bool, default=False
        Whether the vectors are learned from the further rows alone, as these contain those of the fit.
    """

    candidate_description = "vectors learned without the target, then a network that starts from them"

    def __init__(self, estimator: Any, pretrainer: Any, extra: ExtraRows, alone: bool = False) -> None:
        self.estimator = estimator
        self.pretrainer = pretrainer
        self.extra = extra
        self.alone = alone

    def __sklearn_tags__(self):
        return get_tags(self.estimator)

    def fit(self, X: pd.DataFrame, y: Any) -> Self:
        """Learn the vectors, then the model.

        Parameters
        ----------
        X : pandas.DataFrame
            The features, with the column of groups of a model that ranks.
        y : array-like of shape (n_rows,)
            The target.
        """
        features = X.drop(columns=self.estimator.group) if hasattr(self.estimator, "group") else X
        self.pretrainer_ = clone(self.pretrainer).fit(self.extra.beside(None if self.alone else features))
        self.estimator_ = clone(self.estimator).set_params(pretrained=self.pretrainer_).fit(X, y)
        return self

    def predict(self, X: pd.DataFrame) -> Any:
        """Return classes, numbers or scores."""
        return self.estimator_.predict(X)

    @available_if(lambda self: hasattr(self.estimator, "predict_proba"))
    def predict_proba(self, X: pd.DataFrame) -> Any:
        """Return probabilities."""
        return self.estimator_.predict_proba(X)

    def __getattr__(self, name: str) -> Any:
        # What the fit has found, such as vectors_, is that of the model.
        if name.endswith("_") and not name.startswith("_") and "estimator_" in self.__dict__:
            return getattr(self.__dict__["estimator_"], name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


def make_pretrainer(config: ExperimentConfig) -> Any:
    """Return the unfitted pretrainer of an experiment."""
    from tabemb.estimators.pretrainer import EmbeddingPretrainer

    categorical = list(config.data.categorical) or None
    read_as = {name: getattr(config.model, name) for name in READ_AS if name in config.model.model_fields_set}
    return EmbeddingPretrainer(categorical, random_state=config.seed, **read_as | config.pretrain.params())


def pretrained_model(config: ExperimentConfig, problem: Problem, estimator: Any) -> PretrainedModel:
    """Return a model that is pretrained as an experiment says.

    Parameters
    ----------
    config : ExperimentConfig
        The experiment, with ``pretrain``.
    problem : Problem
        Its table.
    estimator : EmbeddingClassifier or EmbeddingRegressor
        Unfitted.
    """
    alone = config.pretrain.rows == "all"
    tables = [problem.X] if alone else []
    tables += [each for each in (problem.unlabelled, problem.other) if each is not None]
    return PretrainedModel(estimator, make_pretrainer(config), ExtraRows(tables, numeric_columns(problem)), alone)


def numeric_columns(problem: Problem) -> list[str]:
    """Return the columns of a problem that were read as numbers."""
    return [each.name for each in problem.readings if each.kind == "numeric"]


def describe_pretraining(config: ExperimentConfig, problem: Problem) -> dict[str, Any]:
    """Return what ``report.json`` says of pretraining.

    Parameters
    ----------
    config : ExperimentConfig
        The experiment, with ``pretrain``.
    problem : Problem
        Its table.

    Returns
    -------
    dict
        ``objective``, ``rows`` (``"train"`` or ``"all"``), and the numbers of further rows: ``unlabelled`` and
        ``other``, with their ``sentence``.
    """
    objective = config.pretrain.objective
    name = objective if isinstance(objective, str) else objective.get("name")
    further = {"unlabelled": problem.unlabelled, "other": problem.other}
    counts = {key: 0 if table is None else len(table) for key, table in further.items()}
    own = "the training rows of each fold"
    if problem.y is None:
        own = f"all {len(problem.X):,} rows"
    elif config.pretrain.rows == "all":
        own = f"all {len(problem.X):,} rows, the features of test rows too"
    parts = [own]
    if counts["unlabelled"]:
        parts.append(f"{counts['unlabelled']:,} rows without a target")
    if counts["other"]:
        parts.append(f"{counts['other']:,} rows of another table")
    rows = ", ".join(parts[:-1]) + " and " + parts[-1] if len(parts) > 1 else own
    return {"objective": name, "rows": config.pretrain.rows, **counts, "sentence": f"{name}, from {rows}"}


def shared_rows(described: Mapping[str, Any]) -> str:
    """Return a caution if all folds learn vectors from the same rows; empty if each has its own.

    Parameters
    ----------
    described : mapping
        From :func:`describe_pretraining`.

    Examples
    --------
    >>> shared_rows({"rows": "train", "unlabelled": 0, "other": 0})
    ''
    >>> shared_rows({"rows": "train", "unlabelled": 7, "other": 0}).startswith("All fits share the rows")
    True
    """
    if described["rows"] == "train" and not described["unlabelled"] and not described["other"]:
        return ""
    return (
        "All fits share the rows that vectors are learned from without a target: with other such rows, neighbors would "
        "come back less often."
    )
