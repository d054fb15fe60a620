"""The candidates of a comparison: the model under test, and the base class of its baselines."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, clone

from tabemb.experiments.comparison.targets import Target
from tabemb.vectors.category_vectors import CategoryVectors

__all__ = [
    "Candidate",
    "ModelUnderTest",
    "is_pretrained",
    "own_estimators",
    "table_settings",
    "with_random_state",
    "without_pretraining",
]

# Estimators of this library are recognized by this parameter; the one_hot_mlp baseline sets it.
ONE_HOT_PARAMETER = "one_hot_max_categories"


class Candidate(ABC):
    """A model to fit and score, and how to count its parameters and bytes.

    Attributes
    ----------
    description : str
        One-line description.
    parameter_unit : str
        The unit of `n_parameters`, such as ``"weights"``.
    """

    description: ClassVar[str] = ""
    parameter_unit: ClassVar[str] = "weights"

    def skip_reason(self, target: Target, estimator: BaseEstimator) -> str:
        """Return the reason why this candidate does not apply, or an empty string if it does."""
        return ""

    @abstractmethod
    def build(self, target: Target, estimator: BaseEstimator, random_state: int | None) -> Any:
        """Return an unfitted model with ``fit``, ``predict`` and, for classes, ``predict_proba``.

        Parameters
        ----------
        target : Target
            The kind of target.
        estimator : estimator
            The unfitted model under test.
        random_state : int or None
            Random seed.
        """

    @abstractmethod
    def n_parameters(self, fitted: Any) -> int | None:
        """Return the number of parameters of a fitted model, or None if they cannot be counted."""

    @abstractmethod
    def input_bytes(self, fitted: Any, X: Any) -> tuple[float, float]:
        """Return the bytes of the encoded rows of ``X``, as ``(stored, dense)``."""

    def history(self, fitted: Any) -> dict[str, list[float]]:
        """Return the learning curves of a fitted model, empty if it has none."""
        return {}

    def vectors(self, fitted: Any) -> dict[str, CategoryVectors]:
        """Return the vectors of a fitted model by column, empty if they are of no interest."""
        return {}


class ModelUnderTest(Candidate):
    """The model under test: any scikit-learn estimator.

    All costs are measured for estimators of this library; for others, only those that can be read from outside.

    Parameters
    ----------
    estimator : estimator
        Unfitted.
    """

    def __init__(self, estimator: BaseEstimator) -> None:
        self.estimator = estimator

    @property
    def description(self) -> str:
        """One-line description."""
        if ONE_HOT_PARAMETER in self.estimator.get_params(deep=False):
            return "one embedding per categorical column, then a network"
        if is_pretrained(self.estimator):
            return self.estimator.candidate_description
        return f"{type(self.estimator).__name__}, as given"

    def build(self, target, estimator, random_state):
        """Return a clone in which every ``random_state`` of None is set to the seed."""
        return with_random_state(clone(estimator), random_state)

    def n_parameters(self, fitted):
        """Return the number of weights of the networks, or of coefficients of a linear model."""
        model = _last_step(fitted)
        if hasattr(model, "networks_"):
            beside = getattr(model, "statistics_network_", None)
            networks = [*model.networks_, *([] if beside is None else [beside])]
            tables = [table for network in getattr(model, "_networks", ()) for table in network.tables]
            unused = sum(table.vocabulary_size * table.embedding_dim - table.n_numbers for table in tables)
            return sum(int(network.count_params()) for network in networks) - unused
        if hasattr(model, "coef_"):
            return int(np.size(model.coef_) + np.size(model.intercept_))
        return None

    def input_bytes(self, fitted, X):
        """Return the bytes of the encoded table: int32 indices and float32 numbers. NaN for other estimators."""
        if not hasattr(fitted, "encoder_"):
            return float("nan"), float("nan")
        stored = float(fitted.encoder_.encode(X).nbytes)
        return stored, stored

    def history(self, fitted):
        """Return ``history_`` of the estimator, or of the last step of a pipeline."""
        return {name: list(map(float, values)) for name, values in getattr(_last_step(fitted), "history_", {}).items()}

    def vectors(self, fitted):
        """Return the vectors of the estimator by column; empty for others."""
        return dict(getattr(fitted, "vectors_", {}))


def own_estimators(estimator: BaseEstimator) -> dict[str, BaseEstimator]:
    """Return the estimators of this library within an estimator, keyed by the prefix of their parameters.

    Parameters
    ----------
    estimator : estimator
        An estimator of this library, or a pipeline or search that contains some.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> own_estimators(Ridge())
    {}
    """
    params = {"": estimator} | {f"{name}__": each for name, each in estimator.get_params(deep=True).items()}
    return {
        prefix: each
        for prefix, each in params.items()
        if isinstance(each, BaseEstimator) and ONE_HOT_PARAMETER in each.get_params(deep=False)
    }


def is_pretrained(estimator: BaseEstimator) -> bool:
    """Return whether an estimator is a model with a pretrainer: vectors are learned without the target first."""
    params = estimator.get_params(deep=False)
    return "pretrainer" in params and "estimator" in params


def without_pretraining(estimator: BaseEstimator) -> BaseEstimator:
    """Return the model of an estimator with a pretrainer; others are returned unchanged.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> without_pretraining(Ridge())
    Ridge()
    """
    return estimator.estimator if is_pretrained(estimator) else estimator


def table_settings(estimator: BaseEstimator) -> dict[str, Any]:
    """Return the parameters of `TableEncoder` that the model under test uses, so that baselines read columns alike.

    The estimator inside a search is used. For a pipeline the result is empty, because earlier steps may change the
    columns.
    """
    own = own_estimators(estimator)
    params = own.get("", own.get("estimator__", estimator)).get_params(deep=False)
    names = ("categorical", "min_frequency", "max_categories", "multi_valued")
    return {name: params[name] for name in names if name in params}


def with_random_state(estimator: BaseEstimator, random_state: int | None) -> BaseEstimator:
    """Set every ``random_state`` of None, nested ones included, to the seed, and return the estimator."""
    unset = {
        name: random_state
        for name, value in estimator.get_params(deep=True).items()
        if value is None and name.rpartition("__")[2] == "random_state"
    }
    return estimator.set_params(**unset)


def _last_step(fitted: Any) -> Any:
    return fitted.steps[-1][1] if hasattr(fitted, "steps") else fitted
