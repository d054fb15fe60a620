"""The forms in which a table's categories are handed to a method: as they are, as vectors, as means of the target."""

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

__all__ = ["FORMS", "EncodedSplit", "Form"]

FOLDS = 5


@dataclass(frozen=True, kw_only=True, eq=False)
class EncodedSplit:
    """The rows of a split in one form.

    Parameters
    ----------
    train, test : list of ndarray of shape (n_rows, width)
        What became of each column.
    are_codes : bool
        Whether the cells are codes of categories, rather than numbers that mean something.
    inputs : mapping
        How a network is told to read the table itself in this form; see `StudyNetwork.regressor`.
    fitted : EmbeddingRegressor, optional
        A network that has been fitted so already.
    """

    train: list[np.ndarray]
    test: list[np.ndarray]
    are_codes: bool = False
    inputs: Mapping[str, Any] = field(default_factory=dict)
    fitted: Any = None

    @property
    def matrices(self) -> tuple[np.ndarray, np.ndarray]:
        """The columns side by side, of shape (n_train, width) and (n_test, width)."""
        return np.hstack(self.train), np.hstack(self.test)


class Form(BaseEstimator):
    """One form."""

    title = ""
    # Which of the published figures of a method it stands beside: the place among them, or None.
    published: int | None = None
    # Whether it is made anew for each line of the table, which has other sizes of vectors.
    each_line = False
    # Whether a network learns from it too: it has no use for the vectors of another one.
    for_networks = False

    def make(self, rows: SplitRows, network: StudyNetwork, dims: Mapping[str, int], seed: int) -> EncodedSplit:
        """Return the rows in this form.

        Parameters
        ----------
        rows : SplitRows
            The rows.
        network : StudyNetwork
            What learns vectors.
        dims : mapping of str to int
            The size of the vectors of each categorical column.
        seed : int
            Of what is random.
        """
        raise TypeError("a form defines make(rows, network, dims, seed)")


FORMS: Registry[Form] = Registry("form")


@FORMS.register("raw")
class Raw(Form):
    """Codes for trees, one-hot columns for neighbours and networks: what the paper calls "without".

    All columns count as categories here, the plain numbers of the network too.
    """

    title = "without"
    published = 0
    for_networks = True

    def make(self, rows, network, dims, seed):
        """Return the codes."""
        train, test = (_apart(side) for side in rows.codes)
        inputs = {"categorical": rows.categorical, "one_hot_max_categories": float("inf")}
        return EncodedSplit(train=train, test=test, are_codes=True, inputs=inputs)


@FORMS.register("embeddings")
class Embeddings(Form):
    """Vectors of a network that was fitted to the same rows, as the paper has them."""

    title = "with embeddings"
    published = 1
    each_line = True
    for_networks = True

    def make(self, rows, network, dims, seed):
        """Return the vectors of the first network, and the plain numbers."""
        inputs = {"categorical": rows.categorical, "embedding_dim": dict(dims)}
        fitted = network.regressor(seed, **inputs).fit(rows.tables[0], rows.targets)
        train, test = (_looked_up(table, fitted.vectors_, rows.categorical) for table in rows.tables)
        return EncodedSplit(train=train, test=test, inputs=inputs, fitted=fitted)


@FORMS.register("cross_fitted")
class CrossFitted(Form):
    """Vectors that were learned without the target of the row that gets them; test rows have the mean of the folds."""

    title = "cross-fitted embeddings"

    def make(self, rows, network, dims, seed):
        """Return the vectors of the folds, and the plain numbers."""
        encoder = network.encoder(seed, categorical=rows.categorical, embedding_dim=dict(dims), cv=FOLDS)
        train, test = rows.tables
        matrices = encoder.fit_transform(train, rows.targets), encoder.transform(test)
        # Vectors come first, in the order of the table, and numbers behind them, one each.
        ends = np.cumsum([vectors.dim for vectors in encoder.vectors_.values()])
        train, test = (np.split(each, [*ends, *range(ends[-1] + 1, each.shape[1])], axis=1) for each in matrices)
        return EncodedSplit(train=train, test=test)


@FORMS.register("target_encoding")
class TargetEncoding(Form):
    """For each cell the mean target of its category, shrunk, from other folds (scikit-learn's TargetEncoder)."""

    title = "cross-fitted target encoding"

    def make(self, rows, network, dims, seed):
        """Return the means; all columns are encoded, so that they have one unit."""
        encoder = target_encoder("continuous", seed)
        train = encoder.fit_transform(rows.codes[0], rows.targets)
        sides = (train, encoder.transform(rows.codes[1]))
        train, test = (_apart(side.astype("float32")) for side in sides)
        return EncodedSplit(train=train, test=test)


def _apart(matrix: np.ndarray) -> list[np.ndarray]:
    """Return the columns, each of shape (n, 1)."""
    return np.split(matrix, matrix.shape[1], axis=1)


def _looked_up(table: pd.DataFrame, vectors: Mapping[str, CategoryVectors], categorical: list[str]) -> list[np.ndarray]:
    """Return the vectors of each column, and behind them the plain numbers."""
    parts = []
    for column, mine in vectors.items():
        which, values = pd.factorize(table[column])
        rows = [mine[value] if value in mine else mine.unknown for value in values.tolist()]  # noqa: SIM401
        parts.append(np.stack(rows)[which])
    return parts + [table[[column]].to_numpy("float32") for column in table if column not in categorical]
