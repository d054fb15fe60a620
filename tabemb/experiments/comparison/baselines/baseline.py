"""The registry of baselines, and what those that are scikit-learn models behind the table encoder share.

Every baseline is fed the same `EncodedTable` as the embeddings: the same columns are categorical, the same categories
are rare, dates fall into the same parts, numbers are scaled and imputed alike. What differs is how categories reach the
model.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from tabemb.experiments.comparison.candidates import Candidate
from tabemb.experiments.comparison.targets import Target
from tabemb.registry import Registry
from tabemb.table.encoded_table import EncodedTable
from tabemb.table.encoder import TableEncoder

__all__ = ["BASELINES", "Baseline", "EncodedModel", "boosted_trees", "count_nodes", "index_rows", "outputs_of"]


class Baseline(Candidate, BaseEstimator):
    """A candidate with a name in the registry and parameters that can be set in YAML."""


BASELINES: Registry[Baseline] = Registry("baseline")


class EncodedModel:
    """A scikit-learn model that is fitted on rows made of an encoded table.

    Parameters
    ----------
    settings : dict
        Parameters of `TableEncoder`.
    rows : callable
        From an `EncodedTable` and the vocabulary sizes of its columns to the matrix that the model is fitted on.
    model : callable
        From the vocabulary sizes to the unfitted model.
    """

    def __init__(
        self,
        settings: dict[str, Any],
        *,
        rows: Callable[[EncodedTable, tuple[int, ...]], Any],
        model: Callable[[tuple[int, ...]], Any],
    ) -> None:
        self.settings = settings
        self.rows = rows
        self.model = model

    def fit(self, X: Any, y: np.ndarray) -> "EncodedModel":
        """Learn the vocabularies and fit the model."""
        self.encoder_ = TableEncoder(**self.settings)
        table = self.encoder_.fit_encode(X)
        self.sizes_ = tuple(vocabulary.size for vocabulary in self.encoder_.vocabularies.values())
        self.model_ = self.model(self.sizes_).fit(self.rows(table, self.sizes_), y)
        return self

    @property
    def classes_(self) -> Any:
        """The classes of the fitted model."""
        return self.model_.classes_

    def matrix(self, X: Any) -> Any:
        """Return the rows that the model is given for ``X``."""
        return self.rows(self.encoder_.encode(X), self.sizes_)

    def predict(self, X: Any) -> np.ndarray:
        """Return classes or numbers."""
        return self.model_.predict(self.matrix(X))

    def predict_proba(self, X: Any) -> Any:
        """Return probabilities."""
        return self.model_.predict_proba(self.matrix(X))


def index_rows(table: EncodedTable, sizes: tuple[int, ...]) -> np.ndarray:
    """Return indices and numbers side by side in float64, which holds every index exactly."""
    return np.hstack([table.indices.astype(np.float64), table.numbers.astype(np.float64)])


def outputs_of(model: Any) -> list[Any]:
    """Return the models of the single outputs; a model of one output is its own."""
    return list(getattr(model, "estimators_", [model]))


def boosted_trees(
    target: Target, random_state: int | None, *, max_iter: int, learning_rate: float, **options: Any
) -> Any:
    """Return the classifier or the regressor, before it is wrapped for several outputs."""
    kind = HistGradientBoostingClassifier if target.is_classifier else HistGradientBoostingRegressor
    return kind(max_iter=max_iter, learning_rate=learning_rate, random_state=random_state, **options)


def count_nodes(trees: Any) -> int | None:
    """Return the number of splits and leaves of fitted trees.

    scikit-learn has no public count of them; where its private one is gone, the count is unknown (None).
    """
    rounds = getattr(trees, "_predictors", None)
    if rounds is None:
        return None
    return sum(len(tree.nodes) for each in rounds for tree in each)
