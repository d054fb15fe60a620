"""The forms in which methods get the categories: codes, embeddings or target means."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from tabemb.experiments.comparison.baselines.target_encoder_trees import target_encoder
from tabemb.experiments.paper.network import StudyNetwork
from tabemb.experiments.paper.split_rows import SplitRows
from tabemb.registry import Registry
from tabemb.vectors.category_vectors import CategoryVectors

__all__ = [
    "FORMS",
    "CrossFitted",
    "Embeddings",
    "EncodedSplit",
    "Form",
    "Raw",
    "TargetEncoding",
]

FOLDS = 5


@dataclass(frozen=True, kw_only=True, eq=False)
class EncodedSplit:
    """The training and test rows of a split in one form.

    Parameters
    ----------
    train, test : list of ndarray of shape (n_rows, width)
        The encoding of each column.
    are_codes : bool
        Whether the cells are codes of categories instead of numbers.
    inputs : mapping
        Parameters with which a network reads the table in this form; see `StudyNetwork.regressor`.
    fitted : EmbeddingRegressor, optional
        A network that was fitted in this form.
    """

    train: list[np.ndarray]
    test: list[np.ndarray]
    are_codes: bool = False
    inputs: Mapping[str, Any] = field(default_factory=dict)
    fitted: Any = None

    @property
    def matrices(self) -> tuple[np.ndarray, np.ndarray]:
        """The stacked columns, of shape (n_train, width) and (n_test, width)."""
        return np.hstack(self.train), np.hstack(self.test)


class Form(BaseEstimator):
    """A form of the rows."""

    title = ""
    # Position of the published error to compare with, or None.
    published: int | None = None
    # Whether it is computed for each line of the table, which has its own sizes of vectors.
    each_line = False
    # Whether networks learn from it too; they do not use the vectors of another network.
    for_networks = False

    def make(self, rows: SplitRows, network: StudyNetwork, dims: Mapping[str, int], seed: int) -> EncodedSplit:
        """Return the rows in this form.

        Parameters
        ----------
        rows : SplitRows
            The split.
        network : StudyNetwork
            The network that learns vectors.
        dims : mapping of str to int
            Size of the vectors of each categorical column.
        seed : int
            Random seed.
        """
        raise TypeError("a form must define make(rows, network, dims, seed)")


FORMS: Registry[Form] = Registry("form")


@FORMS.register("raw")
class Raw(Form):
    """Codes for trees, one-hot columns for nearest neighbors and networks: "without embeddings" in the paper.

    All columns are treated as categorical, including the numeric ones of the network.
    """

    title = "without"
    published = 0
    for_networks = True

    def make(self, rows, network, dims, seed):
        """Return the codes of each column."""
        train, test = (_columns(side) for side in rows.codes)
        inputs = {"categorical": rows.categorical, "one_hot_max_categories": float("inf")}
        return EncodedSplit(train=train, test=test, are_codes=True, inputs=inputs)


@FORMS.register("embeddings")
class Embeddings(Form):
    """Vectors of a network that was fitted to the same rows, as in the paper."""

    title = "with embeddings"
    published = 1
    each_line = True
    for_networks = True

    def make(self, rows, network, dims, seed):
        """Return the vectors of the first network, and the numeric columns."""
        inputs = {"categorical": rows.categorical, "embedding_dim": dict(dims)}
        fitted = network.regressor(seed, **inputs).fit(rows.tables[0], rows.targets)
        train, test = (_look_up(table, fitted.vectors_, rows.categorical) for table in rows.tables)
        return EncodedSplit(train=train, test=test, inputs=inputs, fitted=fitted)


@FORMS.register("cross_fitted")
class CrossFitted(Form):
    """Cross-fitted vectors: learned without the target of the row. Test rows get the mean over the folds."""

    title = "cross-fitted embeddings"

    def make(self, rows, network, dims, seed):
        """Return the vectors of the folds, and the numeric columns."""
        encoder = network.encoder(seed, categorical=rows.categorical, embedding_dim=dict(dims), cv=FOLDS)
        train, test = rows.tables
        matrices = encoder.fit_transform(train, rows.targets), encoder.transform(test)
        # The vectors come first, in the order of the table, followed by the numeric columns.
        ends = np.cumsum([vectors.dim for vectors in encoder.vectors_.values()])
        train, test = (np.split(each, [*ends, *range(ends[-1] + 1, each.shape[1])], axis=1) for each in matrices)
        return EncodedSplit(train=train, test=test)


@FORMS.register("target_encoding")
class TargetEncoding(Form):
    """The shrunk target mean of each category, from other folds (TargetEncoder of scikit-learn)."""

    title = "cross-fitted target encoding"

    def make(self, rows, network, dims, seed):
        """Return the means. All columns are encoded, so that they have the same unit."""
        encoder = target_encoder("continuous", seed)
        train = encoder.fit_transform(rows.codes[0], rows.targets)
        sides = (train, encoder.transform(rows.codes[1]))
        train, test = (_columns(side.astype("float32")) for side in sides)
        return EncodedSplit(train=train, test=test)


def _columns(matrix: np.ndarray) -> list[np.ndarray]:
    """Return the columns of a matrix, each of shape (n, 1)."""
    return np.split(matrix, matrix.shape[1], axis=1)


def _look_up(table: pd.DataFrame, vectors: Mapping[str, CategoryVectors], categorical: list[str]) -> list[np.ndarray]:
    """Return the vectors of each column, followed by the numeric columns."""
    parts = []
    for column, mine in vectors.items():
        which, values = pd.factorize(table[column])
        rows = [mine[value] if value in mine else mine.unknown for value in values.tolist()]  # noqa: SIM401
        parts.append(np.stack(rows)[which])
    return parts + [table[[column]].to_numpy("float32") for column in table if column not in categorical]
