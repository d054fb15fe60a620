"""The registry of baselines, and scikit-learn models on the encoded table.

Every baseline gets the same `EncodedTable` as the embeddings: the same columns are categorical, the same categories are
rare, dates are split into the same parts, and numbers are scaled and imputed alike. Only the encoding of categories
differs.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from tabemb.estimators.inputs import has_information
from tabemb.experiments.comparison.candidates import Candidate
from tabemb.experiments.comparison.targets import Target
from tabemb.registry import Registry
from tabemb.table.encoded_table import EncodedTable
from tabemb.table.encoder import TableEncoder
from tabemb.table.frames import read_frame
from tabemb.table.vocabulary import Vocabulary

__all__ = ["BASELINES", "Baseline", "EncodedModel", "boosted_trees", "count_nodes", "index_rows", "outputs_of"]


class Baseline(Candidate, BaseEstimator):
    """A candidate that is registered by name and has parameters that can be set in YAML."""


# Values of a column of cells with several that have a column each.
MOST_VALUES = 64
# In place of the number of codes of a column without.
NO_CODES = 2**31 - 1

BASELINES: Registry[Baseline] = Registry("baseline")


class EncodedModel:
    """A scikit-learn model that is fitted on an encoded table.

    Parameters
    ----------
    settings : dict
        Parameters of `TableEncoder`.
    rows : callable
        Called with an `EncodedTable` and the vocabulary sizes of its columns; returns the input matrix of the model.
    model : callable
        Called with the vocabulary sizes; returns the unfitted model.
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
        frame = read_frame(X)
        # As in the estimators, a fold may have only one category of the only column.
        self.encoder_ = TableEncoder(**self.settings, drop_constant=has_information(frame))
        table = self.encoder_.fit_encode(frame)
        self.sizes_ = tuple(vocabulary.size for vocabulary in self.encoder_.vocabularies.values())
        # The columns of cells with several values hold no codes.
        codes = tuple(NO_CODES if place in table.bags else size for place, size in enumerate(self.sizes_))
        self.model_ = self.model(codes).fit(self.rows(table, self.sizes_), y)
        return self

    @property
    def classes_(self) -> Any:
        """The classes of the fitted model."""
        return self.model_.classes_

    def matrix(self, X: Any) -> Any:
        """Return the input matrix of the model for ``X``."""
        return self.rows(self.encoder_.encode(X), self.sizes_)

    def predict(self, X: Any) -> np.ndarray:
        """Return classes or numbers."""
        return self.model_.predict(self.matrix(X))

    def predict_proba(self, X: Any) -> Any:
        """Return probabilities."""
        return self.model_.predict_proba(self.matrix(X))


def index_rows(table: EncodedTable, sizes: tuple[int, ...]) -> np.ndarray:
    """Return indices and numbers as one float64 matrix, which represents every index exactly.

    A column whose cells hold several values has their number in place of an index, and after all other columns how
    often each of its 64 most frequent values occurs.
    """
    indices = table.indices.astype(np.float64)
    counts = []
    for position, bags in table.bags.items():
        rows, values = table.occurrences(position)
        n_values = min(sizes[position], Vocabulary.FIRST + MOST_VALUES)
        kept = (values >= Vocabulary.FIRST) & (values < n_values)
        width = n_values - Vocabulary.FIRST
        places = rows[kept] * width + values[kept] - Vocabulary.FIRST
        counts.append(np.bincount(places, minlength=len(table) * width).reshape(len(table), width))
        present = table.indices[:, position] != Vocabulary.MISSING
        indices[:, position] = np.where(present, bags.sizes[table.indices[:, position]], Vocabulary.MISSING)
    return np.hstack([indices, table.numbers.astype(np.float64), *counts])


def outputs_of(model: Any) -> list[Any]:
    """Return the model of each output; for a single output, the model itself."""
    return list(getattr(model, "estimators_", [model]))


def boosted_trees(
    target: Target, random_state: int | None, *, max_iter: int, learning_rate: float, **options: Any
) -> Any:
    """Return scikit-learn's HistGradientBoosting for the target, not yet wrapped for several outputs."""
    kind = HistGradientBoostingClassifier if target.is_classifier else HistGradientBoostingRegressor
    return kind(max_iter=max_iter, learning_rate=learning_rate, random_state=random_state, **options)


def count_nodes(trees: Any) -> int | None:
    """Return the number of nodes (splits and leaves) of fitted trees, or None if it cannot be read.

    scikit-learn has no public attribute for it; a private one is read.
    """
    rounds = getattr(trees, "_predictors", None)
    if rounds is None:
        return None
    return sum(len(tree.nodes) for each in rounds for tree in each)
