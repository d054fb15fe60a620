"""Which rows are nearest to a query: exact, in one matrix product for many queries."""

import numbers
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError
from tabemb.vectors.metrics import Metric
from tabemb.vectors.similarity import top, within_reach

__all__ = ["Search", "checked_topn"]

Float32s = npt.NDArray[np.float32]
Float64s = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.intp]

# Rows whose scores are told by the highest of them, until that is high enough to look closer.
CHUNK = 64
# Queries and rows of one product: its scores stay in the cache.
QUERIES, ROWS = 256, 2**13
# Rows that are scored in float64 at the same time.
BLOCK = 2**15
# Beyond this float32 may overflow on the way, and below its inverse lose what is small.
LARGEST = 1e37


class Search:
    """The rows of a matrix, made ready for one metric.

    A float32 product finds the rows that may be among the nearest; they are scored and ordered in float64, row by row.
    Of the product only the highest score of each 64 rows is kept: that is several times as fast as partitioning all
    scores, and takes a 64th of their memory. The product's error is known (at most ``dim`` roundings a sum; Higham
    2002, "Accuracy and stability of numerical algorithms", section 3.1), so that none is missed: the answers are those
    of float64 throughout, equal rows have equal scores, and many queries at once are answered as each by itself.

    Parameters
    ----------
    vectors : float32 array of shape (n, dim)
    metric : Metric

    Examples
    --------
    >>> from tabemb.vectors.metrics import Cosine
    >>> search = Search(np.array([[1, 0], [0, 1], [1, 1]], np.float32), Cosine())
    >>> [(rows, scores)] = search.nearest(np.array([[1.0, 0.1]]), 2)
    >>> rows, scores.round(2)
    (array([0, 2]), array([1.  , 0.77]))
    """

    __slots__ = ("_bias", "_longest", "_rows", "metric", "vectors")

    def __init__(self, vectors: Float32s, metric: Metric) -> None:
        self.vectors = vectors
        self.metric = metric
        self._rows = metric.rows(vectors)
        self._bias = metric.bias(vectors)
        self._longest = _longest(vectors)

    def nearest(
        self,
        queries: Float64s,
        topn: int,
        *,
        without: Sequence[Sequence[int]] | None = None,
        allowed: Bools | None = None,
    ) -> Iterator[tuple[IntArray, Float64s]]:
        """Find the rows nearest to each query.

        Parameters
        ----------
        queries : float64 array of shape (m, dim)
        topn : int
            How many; fewer come where there are fewer.
        without : sequence of sequences of int, optional
            For each query, rows that are no answers.
        allowed : array of bool of shape (n,), optional
            Rows that may be answers to any query.

        Yields
        ------
        rows, scores : arrays of shape (at most topn,)
            The nearest first; among equal ones the first row comes first.
        """
        asked = self.metric.queries(queries)
        margins = self._margins(asked)
        with np.errstate(over="ignore", invalid="ignore"):
            rough = asked.astype(np.float32)
        for start in range(0, len(queries), QUERIES):
            highest = self._highest(rough[start : start + QUERIES], allowed)
            for place, mine in enumerate(highest, start):
                shut = [] if without is None else without[place]
                rows = self._within_reach(rough[place], mine, topn + len(shut), float(margins[place]), allowed)
                yield self._best(queries[place], rows[~np.isin(rows, shut)] if shut else rows, topn)

    def scores(self, query: Float64s, rows: IntArray | None = None) -> Float64s:
        """Return the scores of rows, all by default, for a query of shape (dim,)."""
        n = len(self.vectors) if rows is None else len(rows)
        out = np.empty(n)
        for start in range(0, n, BLOCK):
            part: Any = slice(start, start + BLOCK) if rows is None else rows[start : start + BLOCK]
            out[start : start + BLOCK] = self.metric.scores(self.vectors[part], query)
        return out

    def _best(self, query: Float64s, rows: IntArray, topn: int) -> tuple[IntArray, Float64s]:
        scores = self.scores(query, rows)
        best = top(-scores if self.metric.smaller_first else scores, topn)
        return rows[best], scores[best]

    @property
    def _lanes(self) -> int:
        """How many chunks a block has, which is how far apart the rows of a chunk are: so whole lanes are compared."""
        return max(1, -(-min(len(self._rows), ROWS) // CHUNK))

    def _highest(self, queries: Float32s, allowed: Bools | None) -> Float32s:
        """Return the highest rough score of each chunk for each query, of shape (m, n_chunks)."""
        m, lanes, n = len(queries), self._lanes, len(self._rows)
        size = lanes * CHUNK
        scores = np.empty((m, size), np.float32)
        highest = np.empty((m, -(-n // size) * lanes), np.float32)
        for block, start in enumerate(range(0, n, size)):
            rows = self._rows[start : start + size]
            part = scores[:, : len(rows)]
            scores[:, len(rows) :] = -np.inf
            with np.errstate(over="ignore", invalid="ignore"):
                np.matmul(queries, rows.T, out=part)
                if self._bias is not None:
                    part += self._bias[start : start + size]
            if allowed is not None:
                part[:, ~allowed[start : start + size]] = -np.inf
            scores.reshape(m, CHUNK, lanes).max(axis=1, out=highest[:, block * lanes : (block + 1) * lanes])
        return highest

    def _within_reach(
        self, query: Float32s, highest: Float32s, n: int, margin: float, allowed: Bools | None
    ) -> IntArray:
        """Return the rows that may be among the n nearest, in ascending order."""
        rows = self._rows_of(within_reach(highest, n, margin))
        if allowed is not None:
            rows = rows[allowed[rows]]
        if n < len(rows) and np.isfinite(margin):
            near = self._rows[rows] @ query
            rows = rows[within_reach(near if self._bias is None else near + self._bias[rows], n, margin)]
        return np.sort(rows)

    def _rows_of(self, chunks: IntArray) -> IntArray:
        """Return the rows of some chunks, in any order."""
        blocks, lanes = np.divmod(chunks, self._lanes)
        first = blocks * (self._lanes * CHUNK) + lanes
        rows: IntArray = (first[:, None] + self._lanes * np.arange(CHUNK)).ravel()
        return rows[rows < len(self._rows)]

    def _margins(self, queries: Float64s) -> Float64s:
        """Return by how much the product may be wrong for each query; infinite where float32 is too small for it."""
        lengths = np.sqrt((queries * queries).sum(axis=1))
        size = self.metric.size(self._longest, lengths)
        # Rows, query, bias and sums are rounded; twice as much again, for comparisons are in float32 too.
        margins = (queries.shape[1] + 8) * 2.0**-23 * size + 1 / LARGEST
        return np.where((size < LARGEST) & (lengths < LARGEST), margins, np.inf)


def checked_topn(topn: object) -> int:
    """Return how many neighbours are wanted.

    Raises
    ------
    DataError
        When it is no whole number from 1.

    Examples
    --------
    >>> checked_topn(3)
    3
    """
    if isinstance(topn, bool) or not isinstance(topn, numbers.Integral) or topn < 1:
        raise DataError(f"topn is how many neighbours to return: expected a whole number from 1, got {topn!r}.")
    return int(topn)


def _longest(vectors: Float32s) -> float:
    longest = 0.0
    for start in range(0, len(vectors), BLOCK):
        block = vectors[start : start + BLOCK].astype(np.float64)
        longest = max(longest, float((block * block).sum(axis=1).max(initial=0.0)))
    return float(np.sqrt(longest))
