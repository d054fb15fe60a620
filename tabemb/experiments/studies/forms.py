"""The forms in which a table's categories are handed to a method: as they are, as vectors, as means of the target."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from tabemb.experiments.baselines.target_encoder_trees import target_encoder
from tabemb.experiments.studies.network import StudyNetwork
from tabemb.experiments.studies.split_rows import SplitRows
from tabemb.registry import Registry
from tabemb.vectors.category_vectors import CategoryVectors

__all__ = ["FORMS", "Features", "Form"]

FOLDS = 5


@dataclass(frozen=True, kw_only=True, eq=False)
class Features:
    """The rows of a split in one form.

    Parameters
    ----------
    train, test : list of ndarray of shape (n_rows, width)
        What became of each column.
    equal_or_not : bool
        Whether the cells are codes, which are the same or are not, rather than numbers with distances.
    X_train, X_test : pandas.DataFrame
        What a network is given.
    inputs : mapping
        How it is told to read that; see `StudyNetwork.regressor`.
    fitted : EmbeddingRegressor, optional
        A network that has been fitted to them already.
    """

    train: list[np.ndarray]
    test: list[np.ndarray]
    equal_or_not: bool = False
    X_train: pd.DataFrame
    X_test: pd.DataFrame
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
    # Whether it depends on the number of dimensions, so that it is made anew for other numbers.
    has_dims = False

    def make(self, rows: SplitRows, network: StudyNetwork, dims: Mapping[str, int], seed: int) -> Features:
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

    def make(self, rows, network, dims, seed):
        """Return the codes."""
        train, test = ([side[:, [place]] for place in range(side.shape[1])] for side in rows.codes)
        X_train, X_test = network_tables(rows)
        inputs = {"categorical": rows.categorical, "one_hot_max_categories": float("inf")}
        return Features(train=train, test=test, equal_or_not=True, X_train=X_train, X_test=X_test, inputs=inputs)


@FORMS.register("embeddings")
class Embeddings(Form):
    """Vectors of a network that was fitted to the same rows, as the paper has them."""

    title = "with embeddings"
    published = 1
    has_dims = True

    def make(self, rows, network, dims, seed):
        """Return the vectors of the first network, and the plain numbers."""
        tables = network_tables(rows)
        inputs = {"categorical": rows.categorical, "embedding_dim": dict(dims)}
        fitted = network.regressor(seed, **inputs).fit(tables[0], rows.targets)
        train, test = ([_looked_up(table, column, fitted.vectors_) for column in table] for table in tables)
        return Features(train=train, test=test, X_train=tables[0], X_test=tables[1], inputs=inputs, fitted=fitted)


@FORMS.register("cross_fitted")
class CrossFitted(Form):
    """Vectors that were learned without the target of the row that gets them; test rows have the mean of the folds."""

    title = "cross-fitted"
    has_dims = True

    def make(self, rows, network, dims, seed):
        """Return the vectors of the folds, and the plain numbers."""
        X_train, X_test = network_tables(rows)
        encoder = network.encoder(seed, categorical=rows.categorical, embedding_dim=dict(dims), cv=FOLDS)
        train, test = encoder.fit_transform(X_train, rows.targets), encoder.transform(X_test)
        names = list(encoder.get_feature_names_out())
        embedded = [dims[column] for column in X_train if column in rows.categorical]
        ends = np.cumsum(embedded + [1] * (len(names) - sum(embedded)))[:-1]
        return _of_numbers(names, np.split(train, ends, axis=1), np.split(test, ends, axis=1))


@FORMS.register("target_encoding")
class TargetEncoding(Form):
    """For each cell the mean target of its category, shrunk, from other folds (scikit-learn's TargetEncoder)."""

    title = "target-encoded"

    def make(self, rows, network, dims, seed):
        """Return the means; all columns are encoded, so that they have one unit."""
        encoder = target_encoder("continuous", seed)
        train = encoder.fit_transform(rows.codes[0], rows.targets)
        sides = (train, encoder.transform(rows.codes[1]))
        parts = [np.split(side.astype("float32"), side.shape[1], axis=1) for side in sides]
        return _of_numbers(list(rows.train.columns), *parts)


def network_tables(rows: SplitRows) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the two parts with plain numbers as floats: integers are categories to an encoder."""
    numbers = {column: "float64" for column in rows.train if column not in rows.categorical}
    return rows.train.astype(numbers), rows.test.astype(numbers)


def _of_numbers(names, train, test):
    X_train, X_test = (pd.DataFrame(np.hstack(parts), columns=names) for parts in (train, test))
    return Features(train=train, test=test, X_train=X_train, X_test=X_test)


def _looked_up(table: pd.DataFrame, column: str, vectors: Mapping[str, CategoryVectors]) -> np.ndarray:
    if column not in vectors:
        return table[[column]].to_numpy("float32")
    mine = vectors[column]
    which, values = pd.factorize(table[column])
    return np.stack(
        [
            mine[value] if value in mine else mine.unknown  # noqa: SIM401
            for value in values.tolist()
        ]
    )[which]
