"""Columns that describe users or items, as features: categories, values of a cell, and intervals of numbers."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from tabemb.exceptions import ColumnError, did_you_mean
from tabemb.table.encoded_table import EncodedTable
from tabemb.table.encoder import TableEncoder
from tabemb.table.frames import Frame
from tabemb.table.multi_valued import MultiValuedSpec
from tabemb.table.numeric import read_numbers
from tabemb.table.vocabulary import Vocabulary

__all__ = ["SideColumns", "check_columns"]

# Most intervals of a number, with about equally many rows each.
INTERVALS = 10
MISSING, UNKNOWN = 0, 1


class SideColumns:
    """Encodes columns of users, or of items, as indices; each category, and each interval of a number, is a feature.

    Parameters
    ----------
    names : sequence of str
        The columns.
    multi_valued : "auto", mapping or None, default="auto"
        Columns of texts whose cells hold several values, as in :class:`~tabemb.table.encoder.TableEncoder`.

    Examples
    --------
    >>> import pandas as pd
    >>> from tabemb.table.frames import read_frame
    >>> films = read_frame(pd.DataFrame({"genres": ["Crime|Drama", "Horror"] * 10, "year": [1995, 1979] * 10}))
    >>> columns = SideColumns(["genres", "year"], multi_valued={"genres": "|"})
    >>> columns.matrix(columns.fit_encode(films))[:2].toarray()
    array([[0., 1., 1., 0., 0., 0., 1.],
           [0., 0., 0., 1., 0., 1., 0.]], dtype=float32)
    >>> columns.features[1:5]
    [('genres', 'Crime'), ('genres', 'Drama'), ('genres', 'Horror'), ('year', None)]
    """

    def __init__(self, names: Sequence[str], multi_valued: MultiValuedSpec = "auto") -> None:
        self.names = tuple(names)
        self.multi_valued = multi_valued

    _encoder: TableEncoder
    _edges: list[npt.NDArray[np.float64]]

    def fit_encode(self, frame: Frame) -> EncodedTable:
        """Learn categories and intervals from a table with a row per user, or per item, and return it encoded."""
        # A column that has one value in all rows says nothing yet, but may in later tables.
        self._encoder = TableEncoder(multi_valued=self.multi_valued, drop_constant=False)
        table = self._encoder.fit_encode(frame.select(self.names))
        shares = np.linspace(0, 1, INTERVALS + 1)[1:-1]
        self._edges = []
        for column in self._encoder.schema.numeric:
            numbers = read_numbers(frame.cells(column.name), column.name)
            numbers = numbers[~np.isnan(numbers)]
            edges = np.unique(np.quantile(numbers, shares, method="inverted_cdf")) if len(numbers) else numbers
            self._edges.append(edges[edges > numbers.min(initial=np.inf)])
        return self._with_intervals(table, frame)

    def encode(self, frame: Frame) -> EncodedTable:
        """Return the indices of a table; see :attr:`sizes`. It may lack no column, and may have others."""
        return self._with_intervals(self._encoder.encode(frame.select(self.names)), frame)

    @property
    def columns(self) -> list[str]:
        """Names of the columns of indices: categories, then numbers."""
        return [*self._encoder.vocabularies, *(column.name for column in self._encoder.schema.numeric)]

    @property
    def types(self) -> dict[str, str]:
        """Type of the cells of each column at fit, where it is one: "text", "number", "bool", "date", ..."""
        return self._encoder.types

    @property
    def sizes(self) -> list[int]:
        """Number of different indices of each column: 0 missing, 1 unknown, then categories or intervals."""
        vocabularies = self._encoder.vocabularies.values()
        return [*(each.size for each in vocabularies), *(Vocabulary.FIRST + len(edges) + 1 for edges in self._edges)]

    @property
    def features(self) -> list[tuple[str, Any]]:
        """Column and value of each column of :meth:`matrix`; None for missing, and an interval as a text."""
        found: list[tuple[str, Any]] = []
        for name, vocabulary in self._encoder.vocabularies.items():
            found += [(name, None), *((name, key) for key in vocabulary.keys)]
        return found + [
            (column.name, text)
            for column, edges in zip(self._encoder.schema.numeric, self._edges, strict=True)
            for text in [None, *_names_of_intervals(edges)]
        ]

    def matrix(self, table: EncodedTable) -> sparse.csr_array:
        """Return a matrix with 1 where a row has a feature, float32 of shape (n_rows, n_features).

        Unknown categories have no feature.
        """
        offsets = np.cumsum([0, *(size - 1 for size in self.sizes)])
        rows, places = [], []
        for position, offset in enumerate(offsets[:-1]):
            row, value = table.occurrences(position)
            known = value != UNKNOWN
            rows.append(row[known])
            places.append(offset + np.where(value[known] == MISSING, 0, value[known] - 1))
        where = np.concatenate(rows), np.concatenate(places)
        matrix = sparse.csr_array(
            (np.ones(len(where[0]), np.float32), where), shape=(len(table), int(offsets[-1])), dtype=np.float32
        )
        # A value that a cell lists twice counts once.
        matrix.data[:] = 1
        return matrix

    def to_state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return the fitted state as JSON values and arrays."""
        data, arrays = self._encoder.to_state()
        edges = {f"edges/{place}": each for place, each in enumerate(self._edges)}
        return {"names": list(self.names), "encoder": data}, arrays | edges

    @classmethod
    def from_state(cls, data: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """Return the columns from the output of :meth:`to_state`."""
        columns = cls(data["names"])
        columns._encoder = TableEncoder.from_state(data["encoder"], arrays)
        columns._edges = [arrays[f"edges/{place}"] for place in range(len(columns._encoder.schema.numeric))]
        return columns

    def _with_intervals(self, table: EncodedTable, frame: Frame) -> EncodedTable:
        """Return the table with each number as the index of its interval."""
        codes = np.empty((len(table), len(self._edges)), np.int32)
        for place, (column, edges) in enumerate(zip(self._encoder.schema.numeric, self._edges, strict=True)):
            numbers = read_numbers(frame.cells(column.name), column.name)
            found = Vocabulary.FIRST + np.searchsorted(edges, numbers, side="right")
            codes[:, place] = np.where(np.isnan(numbers), MISSING, found)
        indices = np.ascontiguousarray(np.hstack([table.indices, codes]), np.int32)
        return EncodedTable(indices, np.empty((len(table), 0), np.float32), dict(table.bags))


def _names_of_intervals(edges: npt.NDArray[np.float64]) -> list[str]:
    """Return texts of the intervals that numbers are divided into.

    Examples
    --------
    >>> _names_of_intervals(np.array([1979.0, 1995.0]))
    ['below 1979', '1979 to below 1995', '1995 or more']
    """
    if not len(edges):
        return ["any number"]
    texts = [f"{edge:.10g}" for edge in edges]
    between = [f"{low} to below {high}" for low, high in pairwise(texts)]
    return [f"below {texts[0]}", *between, f"{texts[-1]} or more"]


def check_columns(
    frame: Frame, user: Sequence[str], item: Sequence[str], others: Sequence[str], multi_valued: MultiValuedSpec
) -> None:
    """Raise an error unless all columns are in a table, each has one part, and ``multi_valued`` names describing ones.

    Parameters
    ----------
    frame : Frame
        The table.
    user, item : sequence of str
        The key of each side, and the columns that describe it.
    others : sequence of str
        Columns of ratings, weights and times.
    multi_valued : "auto", mapping or None
        As of the recommender.

    Raises
    ------
    ColumnError
        If a column is missing, or named twice.
    """
    named = [*user, *item, *others]
    for name in named:
        if name not in frame.columns:
            raise ColumnError(
                f"There is no column {name!r}. The columns are {list(frame.columns)}."
                + did_you_mean(name, frame.columns)
            )
        if named.count(name) > 1:
            raise ColumnError(
                f"The column {name!r} is named twice; a column is one of user, item, rating, weight and time."
            )
    describing = [*user[1:], *item[1:]]
    for name in multi_valued if isinstance(multi_valued, Mapping) else ():
        if name not in describing:
            raise ColumnError(
                f"multi_valued names {name!r}, which is no column that describes users or items; these are "
                f"{describing}.{did_you_mean(name, describing)}"
            )
