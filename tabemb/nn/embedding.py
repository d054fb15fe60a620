"""What a column's vectors look like before training: tables, and the features that read them."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

import keras
import numpy as np

from tabemb.nn.seeds import Seeds

__all__ = ["START_SPREAD", "FeatureSpec", "HeldRows", "OneHotSpec", "TableSpec", "embedding_layer", "layer_names"]

# The standard deviation of the numbers that a table begins with; small, so that what a row shows in the end is what it
# learned.
START_SPREAD = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSpec:
    """One table of vectors.

    Parameters
    ----------
    name : str
        Name of the table; the Keras layer is called ``{name}_embedding``, in letters that Keras accepts.
    vocabulary_size : int
        Number of rows, the rows for "missing" and "unknown" included.
    embedding_dim : int
        Number of columns.
    rate : float, default=1.0
        Its learning rate, as a multiple of that of other tables.
    """

    name: str
    vocabulary_size: int
    embedding_dim: int
    rate: float = 1.0

    def __post_init__(self):
        if not 0 < self.rate < math.inf:
            raise ValueError(f"The rate of the table {self.name!r} must be a positive number, got {self.rate!r}.")
        if self.vocabulary_size < 1 or self.embedding_dim < 1:
            raise ValueError(
                f"The table {self.name!r} needs at least one row and one dimension; "
                f"got {self.vocabulary_size} x {self.embedding_dim}."
            )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeldRows:
    """Rows of a table that training leaves as they are.

    Parameters
    ----------
    which : ndarray of bool of shape (vocabulary_size,)
        The rows.
    n_epochs : int, optional
        For how many epochs; for all if it is not given.
    """

    which: np.ndarray
    n_epochs: int | None = None

    def lasts(self, epoch: int) -> bool:
        """Return whether the rows are still held in an epoch, counted from 0."""
        return self.n_epochs is None or self.n_epochs > epoch


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureSpec:
    """A categorical column that looks its vectors up in a table.

    Two features that hold the same table share their vectors.

    Parameters
    ----------
    name : str
        Name of the column.
    position : int
        Its place in the matrix of indices.
    table : TableSpec
        Where its vectors are.
    """

    name: str
    position: int
    table: TableSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class OneHotSpec:
    """A categorical column that enters the network one-hot.

    Parameters
    ----------
    name : str
        Name of the column.
    position : int
        Its place in the matrix of indices.
    vocabulary_size : int
        Width of the one-hot block, "missing" and "unknown" included.
    """

    name: str
    position: int
    vocabulary_size: int


def embedding_layer(table: TableSpec, seeds: Seeds, *, name: str) -> keras.layers.Embedding:
    """Return the Keras layer of a table, started from its own seed.

    Parameters
    ----------
    table : TableSpec
        Rows and columns.
    seeds : Seeds
        Where the start of the vectors comes from.
    name : str
        Name of the layer.
    """
    start = keras.initializers.RandomNormal(stddev=START_SPREAD, seed=seeds[f"table/{table.name}"])
    return keras.layers.Embedding(
        table.vocabulary_size,
        table.embedding_dim,
        embeddings_initializer=start,
        name=name,
    )


def layer_names(columns: Iterable[str], suffix: str) -> dict[str, str]:
    """Return, for each column, the name of its layer: legal in Keras and TensorFlow, and no other column's.

    Parameters
    ----------
    columns : iterable of str
        Any text.
    suffix : str
        What the names end in.

    Returns
    -------
    dict of str to str
        A column whose name is legal keeps it; in others each other letter becomes ``_``, and a number tells apart
        what would be the same.

    Examples
    --------
    >>> layer_names(["Clothing ID", "a/b", "a_b"], "embedding")
    {'Clothing ID': 'Clothing_ID_embedding', 'a/b': 'a_b_2_embedding', 'a_b': 'a_b_embedding'}
    """
    legal = {column: _legal(column) for column in columns}
    names = {column: column for column, name in legal.items() if name == column}
    taken = set(names)
    for column, name in legal.items():
        if column not in names:
            count, names[column] = 1, name
            while names[column] in taken:
                count += 1
                names[column] = f"{name}_{count}"
            taken.add(names[column])
    return {column: f"{names[column]}_{suffix}" for column in legal}


def _legal(column: str) -> str:
    # TensorFlow's scopes: ASCII letters, digits, "_", ".", "-", and a letter or digit first.
    return re.sub(r"[^A-Za-z0-9_.-]", "_", column).lstrip("_.-") or "column"
