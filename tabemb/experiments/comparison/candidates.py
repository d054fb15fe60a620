"""What is fitted and scored in a comparison: the model under test, and everything that it is compared with."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, clone

from tabemb.experiments.comparison.targets import Target

__all__ = ["Candidate", "ModelUnderTest", "own_estimators", "table_settings", "with_random_state"]

# The parameter by which the estimators of this library are told from others: it makes the one_hot_mlp baseline.
ONE_HOT_PARAMETER = "one_hot_max_categories"


class Candidate(ABC):
    """One way to predict the target, and how to count what it costs.

    Attributes
    ----------
    description : str
        One line for people.
    parameter_unit : str
        What `n_parameters` counts.
    """

    description: ClassVar[str] = ""
    parameter_unit: ClassVar[str] = "weights"

    def skip_reason(self, target: Target, estimator: BaseEstimator) -> str:
        """Say why this candidate does not apply here; empty where it does."""
        return ""

    @abstractmethod
    def build(self, target: Target, estimator: BaseEstimator, random_state: int | None) -> Any:
        """Return an unfitted model with ``fit``, ``predict`` and, for classes, ``predict_proba``.

        Parameters
        ----------
        target : Target
            What is predicted.
        estimator : estimator
            The model under test, unfitted.
        random_state : int or None
            Seed of everything random.
        """

    @abstractmethod
    def n_parameters(self, fitted: Any) -> int | None:
        """Return how many numbers the fitted model holds; None where they cannot be counted."""

    @abstractmethod
    def input_bytes(self, fitted: Any, X: Any) -> tuple[float, float]:
        """Return the bytes of the representation of the rows of ``X``: as stored, and with every column stored."""

    def history(self, fitted: Any) -> dict[str, list[float]]:
        """Return the learning curves of a fitted model; empty where there are none."""
        return {}


class ModelUnderTest(Candidate):
    """The model under test: any scikit-learn estimator, weighed in full where it is one of this library.

    Parameters
    ----------
    estimator : estimator
        Unfitted.
    """

    def __init__(self, estimator: BaseEstimator) -> None:
        self.estimator = estimator

    @property
    def description(self) -> str:
        """One line for people."""
        if ONE_HOT_PARAMETER in self.estimator.get_params(deep=False):
            return "one embedding per categorical column, then a network"
        return f"{type(self.estimator).__name__}, as given"

    def build(self, target, estimator, random_state):
        """Return a clone with the seed in every random_state that is None."""
        return with_random_state(clone(estimator), random_state)

    def n_parameters(self, fitted):
        """Return the weights of the network, or the coefficients of a linear model."""
        model = _last_step(fitted)
        if hasattr(model, "networks_"):
            return sum(int(network.count_params()) for network in model.networks_)
        if hasattr(model, "coef_"):
            return int(np.size(model.coef_) + np.size(model.intercept_))
        return None

    def input_bytes(self, fitted, X):
        """Return the bytes of the encoded table, int32 indices and float32 numbers (NaN for other estimators)."""
        if not hasattr(fitted, "encoder_"):
            return float("nan"), float("nan")
        stored = float(fitted.encoder_.encode(X).nbytes)
        return stored, stored

    def history(self, fitted):
        """Return ``history_`` of the last step."""
        return {name: list(map(float, values)) for name, values in getattr(_last_step(fitted), "history_", {}).items()}


def own_estimators(estimator: BaseEstimator) -> dict[str, BaseEstimator]:
    """Return the estimators of this library in an estimator, by the prefix of their parameters.

    Parameters
    ----------
    estimator : estimator
        One of them itself, or a pipeline or a search around some.

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


def table_settings(estimator: BaseEstimator) -> dict[str, Any]:
    """Return how the model under test reads its columns, as parameters of `TableEncoder`, for others to do the same.

    A search is looked through; in a pipeline the columns may be others by the time that the model sees them.
    """
    own = own_estimators(estimator)
    params = own.get("", own.get("estimator__", estimator)).get_params(deep=False)
    return {name: params[name] for name in ("categorical", "min_frequency", "max_categories") if name in params}


def with_random_state(estimator: BaseEstimator, random_state: int | None) -> BaseEstimator:
    """Set every ``random_state`` of an estimator and its parts that is None; return the estimator."""
    unset = {
        name: random_state
        for name, value in estimator.get_params(deep=True).items()
        if value is None and name.rpartition("__")[2] == "random_state"
    }
    return estimator.set_params(**unset)


def _last_step(fitted: Any) -> Any:
    return fitted.steps[-1][1] if hasattr(fitted, "steps") else fitted
