"""Frozen look-up of vectors: what a fitted transformer returns, without Keras and TensorFlow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError
from tabemb.inference.reader import TableReader
from tabemb.table.encoded_table import EncodedTable
from tabemb.table.encoder import TableEncoder
from tabemb.table.frames import Frame
from tabemb.table.numeric import read_numbers
from tabemb.table.types import TableLike

__all__ = ["LookupRows", "VectorLookup", "numbers_beside", "side_by_side"]

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]
# Rows whose vectors are gathered before they are written side by side: few enough to stay in the cache.
ROWS_IN_CACHE = 1024


@dataclass(frozen=True, eq=False)
class LookupRows:
    """Rows that a :class:`VectorLookup` has encoded.

    Parameters
    ----------
    table : EncodedTable
        Category indices, and the numbers as a network reads them.
    beside : ndarray of float32 of shape (n_rows, n_numbers)
        The numbers that follow the vectors, unchanged.
    """

    table: EncodedTable
    beside: Floats

    def __len__(self) -> int:
        return len(self.table)

    def take(self, rows: npt.NDArray[np.intp] | slice) -> "LookupRows":
        """Return some of the rows.

        Parameters
        ----------
        rows : ndarray of int, or slice
            Positions of the rows.
        """
        return LookupRows(self.table.take(rows), self.beside[rows])


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class VectorLookup(TableReader):
    """Frozen, thread-safe transformer from categories to vectors, without Keras and TensorFlow.

    ``predictor()`` of :class:`~tabemb.estimators.encoder.EmbeddingEncoder` and
    :class:`~tabemb.estimators.pretrainer.EmbeddingPretrainer` returns one, and so does :func:`tabemb.load_predictor`.
    Its vectors are a copy: a later fit of the estimator does not change them. It runs in NumPy, can be called from
    several threads at once, and can be pickled.

    Parameters
    ----------
    encoder : TableEncoder
        Encodes tables as matrices of indices and numbers.
    tables : tuple of (int, ndarray of shape (vocabulary_size, dim))
        For each column with vectors, its position among the encoded columns, and its vectors.
    names_out : tuple of str
        Names of the output columns.
    remainder : bool
        Whether the numbers of the table follow the vectors.
    queries : mapping of int to ndarray of shape (dim,), optional
        For the columns whose cells hold several values that are pooled by attention, by position, the queries.
    n_features_in_ : int
        Number of columns of a table.
    feature_names_in_ : ndarray of str or None
        Column names, if the table of the fit had names.

    Examples
    --------
    >>> import pandas as pd
    >>> from tabemb import EmbeddingEncoder
    >>> flights = pd.DataFrame({"dest": ["IAH", "MIA"] * 50, "distance": [1400.0, 1089.0] * 50})
    >>> encoder = EmbeddingEncoder(embedding_dim=2, max_epochs=2, random_state=0).fit(flights, flights["dest"] == "MIA")
    >>> lookup = encoder.predictor()
    >>> bool((lookup.transform(flights) == encoder.transform(flights)).all())
    True
    >>> lookup.get_feature_names_out().tolist()
    ['dest_emb0', 'dest_emb1', 'distance']
    >>> rows = lookup.encode([{"dest": "never seen", "distance": 100.0}])
    >>> lookup.transform_encoded(rows).shape
    (1, 3)
    """

    tables: tuple[tuple[int, Floats], ...]
    names_out: tuple[str, ...]
    remainder: bool
    queries: Mapping[int, Floats] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        for position, vectors in self.tables:
            expected = int(self._sizes[position])
            if vectors.ndim != 2 or len(vectors) != expected:
                raise ValueError(f"a table of {expected} vectors has the shape {vectors.shape}")
        statistics = self.encoder.statistics
        width = sum(vectors.shape[1] for _, vectors in self.tables) + self._n_beside
        width += 0 if statistics is None else statistics.n_numbers
        if width != len(self.names_out):
            raise ValueError(f"its {width} output columns have {len(self.names_out)} names")

    def encode(self, X: TableLike) -> LookupRows:
        """Encode a table, for :meth:`transform_encoded`.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            As for the estimator's ``transform``.

        Raises
        ------
        DataError
            If the table does not have the columns of the fit.
        """
        frame = self._read(X)
        return LookupRows(self.encoder.encode(frame), numbers_beside(frame, self.encoder, remainder=self.remainder))

    def transform(self, X: TableLike) -> Floats:
        """Return the vectors of each row's categories side by side, followed by the numbers, as the estimator does.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            A table with the columns of the fit, in any order if they have names.

        Returns
        -------
        ndarray of float32 of shape (n_rows, n_features_out)
        """
        return self.transform_encoded(self.encode(X))

    def transform_encoded(self, rows: LookupRows) -> Floats:
        """Return the vectors and numbers of encoded rows.

        Parameters
        ----------
        rows : LookupRows
            From :meth:`encode`.

        Raises
        ------
        DataError
            If the rows have other columns than the table of the fit, or an index that is not in a vocabulary.
        """
        if not isinstance(rows, LookupRows):
            raise DataError(
                f"Expected encoded rows, as returned by encode(X); got {type(rows).__name__}. For a table use "
                "transform(X)."
            )
        table = rows.table
        self._check(table, "transform")
        if rows.beside.shape != (len(table), self._n_beside):
            raise DataError(
                f"The encoded rows have numbers of shape {rows.beside.shape}; this predictor was made for "
                f"{(len(table), self._n_beside)}. Encode them with this predictor's encode(X)."
            )
        self._check_indices(table)
        columns = [(self._vectors(table, *each), table.indices[:, each[0]]) for each in self.tables]
        statistics = table.numbers[:, self.encoder.n_plain_numbers :]
        return side_by_side(columns, [statistics, rows.beside], len(table))

    def _vectors(self, table: EncodedTable, position: int, vectors: Floats) -> Floats:
        """Return the vectors that the indices of a column number: of categories, or of cells with several values."""
        bags = table.bags.get(position)
        return vectors if bags is None else bags.pooled(vectors, self.queries.get(position))

    def get_feature_names_out(self) -> Array:
        """Return the names of the output columns, as ``get_feature_names_out`` of the estimator.

        Returns
        -------
        ndarray of str
        """
        return np.asarray(self.names_out, dtype=object)

    @classmethod
    def from_saved(
        cls, state: Mapping[str, Any], weights: Mapping[str, Array], encoder: TableEncoder, **columns: Any
    ) -> Self:
        """Return the look-up of a saved estimator.

        Parameters
        ----------
        state : mapping
            What :func:`tabemb.estimators.serving.inference_state` has returned.
        weights : mapping of str to ndarray
            The weights of the network, the tables of vectors among them.
        encoder : TableEncoder
            Encodes tables.
        **columns
            ``n_features_in_`` and ``feature_names_in_``.
        """
        tables = tuple((int(each["position"]), weights[each["weight"]]) for each in state["tables"])
        queries = {int(each["position"]): weights[each["query"]] for each in state["tables"] if each.get("query")}
        return cls(
            encoder=encoder,
            tables=tables,
            queries=queries,
            names_out=tuple(map(str, state["names_out"])),
            remainder=bool(state["remainder"]),
            **columns,
        )

    @property
    def _n_beside(self) -> int:
        return len(self.encoder.schema.numeric) if self.remainder else 0

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.n_features_in_} columns, {len(self.names_out)} output columns)"


def numbers_beside(frame: Frame, encoder: TableEncoder, *, remainder: bool) -> Floats:
    """Return the numbers of a table that follow the vectors, unchanged.

    Parameters
    ----------
    frame : Frame
        The columns of the fit, in their order; the names may be others.
    encoder : TableEncoder
        Knows which of them are numbers.
    remainder : bool
        Whether they follow the vectors.

    Returns
    -------
    ndarray of float32 of shape (n_rows, n_numbers)
    """
    numeric = {column.name for column in encoder.schema.numeric} if remainder else set()
    columns = [name for known, name in zip(encoder.schema.columns, frame.columns, strict=True) if known in numeric]
    numbers = np.empty((frame.n_rows, len(columns)), np.float32)
    for place, column in enumerate(columns):
        numbers[:, place] = read_numbers(frame.cells(column), column)
    return numbers


def side_by_side(columns: Sequence[tuple[Array, Array]], numbers: Sequence[Array], n_rows: int) -> Floats:
    """Return the vectors of rows side by side, then numbers.

    Parameters
    ----------
    columns : sequence of (ndarray of shape (n, dim), ndarray of int of shape (n_rows,))
        For each column its vectors, and which of them each row has.
    numbers : sequence of ndarray of shape (n_rows, n_numbers)
        What follows.
    n_rows : int
        Number of rows.

    Returns
    -------
    ndarray of float32 of shape (n_rows, n_columns)

    Examples
    --------
    >>> side_by_side([(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1, 0]))], [np.array([[9.0], [8.0]])], 2)
    array([[3., 4., 9.],
           [1., 2., 8.]], dtype=float32)
    """
    width = sum(table.shape[1] for table, _ in columns) + sum(each.shape[1] for each in numbers)
    out = np.empty((n_rows, width), dtype="float32")
    for start in range(0, n_rows, ROWS_IN_CACHE):
        rows = slice(start, start + ROWS_IN_CACHE)
        parts = [table.take(places[rows], axis=0, mode="clip") for table, places in columns]
        parts += [each[rows] for each in numbers]
        np.concatenate(parts, axis=1, out=out[rows])
    return out
