"""What a column's vectors look like before training: tables, and the features that read them."""

from collections.abc import Mapping
from dataclasses import dataclass

import keras

__all__ = ["FeatureSpec", "OneHotSpec", "TableSpec", "embedding_layer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSpec:
    """One table of vectors.

    Parameters
    ----------
    name : str
        Name of the table; the Keras layer is called ``{name}_embedding``.
    vocabulary_size : int
        Number of rows, the rows for "missing" and "unknown" included.
    embedding_dim : int
        Number of columns.
    """

    name: str
    vocabulary_size: int
    embedding_dim: int

    def __post_init__(self):
        if self.vocabulary_size < 1 or self.embedding_dim < 1:
            raise ValueError(
                f"The table {self.name!r} needs at least one row and one dimension; "
                f"got {self.vocabulary_size} x {self.embedding_dim}."
            )


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


def embedding_layer(table: TableSpec, seeds: Mapping[str, int]) -> keras.layers.Embedding:
    """Return the Keras layer of a table, started from its own seed."""
    return keras.layers.Embedding(
        table.vocabulary_size,
        table.embedding_dim,
        embeddings_initializer=keras.initializers.RandomNormal(stddev=0.05, seed=seeds[f"table/{table.name}"]),
        name=layer_name(table.name, "embedding"),
    )


def layer_name(column: str, suffix: str) -> str:
    """Return a name that Keras accepts (it splits paths at ``/``)."""
    return f"{column.replace('/', '_')}_{suffix}"
