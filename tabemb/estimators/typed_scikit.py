"""The methods that estimators inherit from scikit-learn, for mypy only: see :mod:`tabemb.estimators.scikit`."""

# ruff: noqa: D102

from collections.abc import Callable
from typing import Any, Self, TypeVar

__all__ = ["BaseEstimator", "ClassifierMixin", "RegressorMixin", "TransformerMixin", "available_if"]

Method = TypeVar("Method", bound=Callable[..., Any])


class BaseEstimator:
    """Parameters and metadata routing."""

    n_features_in_: int
    feature_names_in_: Any

    def get_params(self, deep: bool = True) -> dict[str, Any]: ...
    def set_params(self, **params: Any) -> Self: ...
    def get_metadata_routing(self) -> Any: ...
    def set_fit_request(self, **requested: bool | str | None) -> Self: ...
    def set_partial_fit_request(self, **requested: bool | str | None) -> Self: ...
    def set_score_request(self, **requested: bool | str | None) -> Self: ...
    def __sklearn_tags__(self) -> Any: ...
    def __getstate__(self) -> dict[str, Any]: ...


class ClassifierMixin:
    """The score of classifiers."""

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...


class RegressorMixin:
    """The score of regressors."""

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...


class TransformerMixin:
    """The library of a transformer's output."""

    def set_output(self, *, transform: str | None = None) -> Self: ...


def available_if(check: Callable[[Any], Any]) -> Callable[[Method], Method]:
    """Return a decorator of methods that exist under a condition."""
    raise NotImplementedError
