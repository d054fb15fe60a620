"""Embedding tables and the specifications of the columns that use them."""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

import keras
import numpy as np

from tabemb.inference.row_blocks import used_dimensions
from tabemb.nn.seeds import Seeds
from tabemb.table.vocabulary import Vocabulary

__all__ = [
    "START_SPREAD",
    "FeatureSpec",
    "HeldRows",
    "OneHotSpec",
    "TableSpec",
    "column_specs",
    "embedding_layer",
    "layer_names",
]

# Standard deviation of the initial vectors; small, so that the vectors after training reflect what was learned.
START_SPREAD = 0.05
NO_NAMES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSpec:
    """Specification of one table of vectors.

    Parameters
    ----------
    name : str
        Name of the table; the Keras layer is named ``{name}_embedding``, in characters that Keras accepts.
    vocabulary_size : int
        Number of rows, including those of "missing" and "unknown".
    embedding_dim : int
        Number of dimensions.
    rate : float, default=1.0
        Factor of the learning rate of this table.
    blocks : tuple of (int, int), default=()
        Number of rows, and of dimensions that they use, block after block: the other dimensions of a row are zero and
        not trained. Without blocks, all rows use all dimensions.
    n_slices : int, default=1
        Number of slices of a vector that members of the network read. A narrow row uses the first dimensions of each.
    """

    name: str
    vocabulary_size: int
    embedding_dim: int
    rate: float = 1.0
    blocks: tuple[tuple[int, int], ...] = ()
    n_slices: int = 1

    @property
    def n_numbers(self) -> int:
        """Number of trained numbers."""
        return int(self.widths().sum()) if self.blocks else self.vocabulary_size * self.embedding_dim

    def widths(self) -> np.ndarray:
        """Return the number of dimensions that each row uses, of shape (vocabulary_size,)."""
        if not self.blocks:
            return np.full(self.vocabulary_size, self.embedding_dim, np.int32)
        sizes, widths = zip(*self.blocks, strict=True)
        return np.repeat(np.array(widths, np.int32), sizes)

    def used(self) -> np.ndarray:
        """Return which dimensions each row uses, bool of shape (vocabulary_size, embedding_dim)."""
        blocks = self.blocks or ((self.vocabulary_size, self.embedding_dim),)
        masks = [used_dimensions(self.embedding_dim, width, self.n_slices) for _, width in blocks]
        return np.repeat(masks, [size for size, _ in blocks], axis=0)

    def groups(self) -> list[np.ndarray]:
        """Return the dimensions that the same rows use, group by group; those of all rows first.

        A rotation within a group leaves unused dimensions at zero.
        """
        bounds = sorted({0, *(width // self.n_slices for _, width in self.blocks or ((0, self.embedding_dim),))})
        place = np.arange(self.embedding_dim) % (self.embedding_dim // self.n_slices)
        return [np.flatnonzero((place >= low) & (place < high)) for low, high in pairwise(bounds)]

    def __post_init__(self):
        if self.blocks and sum(size for size, _ in self.blocks) != self.vocabulary_size:
            raise ValueError(f"The blocks of the table {self.name!r} must have {self.vocabulary_size} rows together.")
        if not 0 < self.rate < math.inf:
            raise ValueError(f"The rate of the table {self.name!r} must be a positive number, got {self.rate!r}.")
        if self.vocabulary_size < 1 or self.embedding_dim < 1:
            raise ValueError(
                f"The table {self.name!r} must have at least one row and one dimension; "
                f"got {self.vocabulary_size} x {self.embedding_dim}."
            )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeldRows:
    """Rows of a table that are frozen in training.

    Parameters
    ----------
    which : ndarray of bool of shape (vocabulary_size,)
        Mask of the frozen rows.
    n_epochs : int, optional
        Number of epochs for which they are frozen; all by default.
    """

    which: np.ndarray
    n_epochs: int | None = None

    def lasts(self, epoch: int) -> bool:
        """Return whether the rows are still frozen in an epoch, counted from 0."""
        return self.n_epochs is None or self.n_epochs > epoch


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureSpec:
    """An embedded categorical column.

    Features with the same table share their vectors.

    Parameters
    ----------
    name : str
        Name of the column.
    position : int
        Position in the matrix of indices.
    table : TableSpec
        Table of its vectors.
    pooling : str, optional
        How the vectors of the values of a cell become one, if its cells hold several; see
        :class:`~tabemb.table.bags.Bags`.
    """

    name: str
    position: int
    table: TableSpec
    pooling: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OneHotSpec:
    """A one-hot encoded categorical column.

    Parameters
    ----------
    name : str
        Name of the column.
    position : int
        Position in the matrix of indices.
    vocabulary_size : int
        Number of indices, including "missing" and "unknown".
    """

    name: str
    position: int
    vocabulary_size: int


def column_specs(
    vocabularies: Mapping[str, Vocabulary],
    dims: Mapping[str, int],
    rate_of: Callable[[int, int], float],
    table_of: Mapping[str, str] = NO_NAMES,
    poolings: Mapping[str, str] = NO_NAMES,
    narrowed: Callable[[TableSpec], TableSpec] = lambda table: table,
) -> tuple[tuple[FeatureSpec, ...], tuple[OneHotSpec, ...]]:
    """Return the specifications of the embedded and of the one-hot encoded columns.

    Parameters
    ----------
    vocabularies : mapping of str to Vocabulary
        Categories of each column, in the order of the matrix of indices.
    dims : mapping of str to int
        Number of dimensions of the tables of the embedded columns; the others are one-hot encoded.
    rate_of : callable
        From the number of dimensions and of categories to the factor of the learning rate.
    table_of : mapping of str to str, optional
        Name of the table of columns that share one; that of the others is their own.
    poolings : mapping of str to str, optional
        How vectors are pooled in the columns whose cells hold several values.
    narrowed : callable, optional
        From a table to the same table with blocks of rows that use fewer dimensions.

    Examples
    --------
    >>> columns = {"dest": Vocabulary(["BOS", "SFO", "MIA"]), "late": Vocabulary(["no", "yes"])}
    >>> embedded, one_hot = column_specs(columns, {"dest": 8}, lambda dim, n_categories: 1.0)
    >>> embedded[0].table.vocabulary_size, embedded[0].table.embedding_dim, one_hot[0].position
    (5, 8, 1)
    """
    embedded, one_hot = [], []
    tables: dict[str, TableSpec] = {}
    for position, (name, each) in enumerate(vocabularies.items()):
        if (of := table_of.get(name, name)) in dims:
            rate = rate_of(dims[of], each.n_categories)
            table = narrowed(TableSpec(name=of, vocabulary_size=each.size, embedding_dim=dims[of], rate=rate))
            # The rate of a table that columns share is that of the first.
            table = tables.setdefault(of, table)
            embedded.append(FeatureSpec(name=name, position=position, table=table, pooling=poolings.get(name)))
        else:
            one_hot.append(OneHotSpec(name=name, position=position, vocabulary_size=each.size))
    return tuple(embedded), tuple(one_hot)


def embedding_layer(table: TableSpec, seeds: Seeds, *, name: str) -> keras.layers.Embedding:
    """Return the Keras layer of a table, initialized from its own seed.

    Parameters
    ----------
    table : TableSpec
        Specification of the table.
    seeds : Seeds
        Source of the seed of the initializer.
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
    """Return a unique layer name for each column that is valid in Keras and TensorFlow.

    Parameters
    ----------
    columns : iterable of str
        Names of the columns.
    suffix : str
        Suffix of the layer names.

    Returns
    -------
    dict of str to str
        Valid column names are kept. In others, invalid characters become ``_``, and a number is appended to resolve
        duplicates.

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
    # TensorFlow scopes consist of ASCII letters, digits, "_", "." and "-", and start with a letter or digit.
    return re.sub(r"[^A-Za-z0-9_.-]", "_", column).lstrip("_.-") or "column"
