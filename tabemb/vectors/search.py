"""Exact nearest-neighbor search, with one matrix product for many queries, and filters of the results."""

import numbers
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError
from tabemb.vectors.keyed_matrix import KeyedMatrix
from tabemb.vectors.metrics import SimilarityMetric
from tabemb.vectors.similarity import top, within_reach

__all__ = ["Search", "allowed_rows", "check_topn"]

Float32s = npt.NDArray[np.float32]
Float64s = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.intp]

# Rows of a chunk: only the highest score of each is kept at first.
CHUNK = 64
# Queries and rows of one product, whose scores fit into the CPU cache.
QUERIES, ROWS = 256, 2**13
# Rows scored in float64 at a time.
BLOCK = 2**15
# Above this float32 may overflow, and below its inverse underflow.
LARGEST = 1e37


class Search:
    """The rows of a matrix, prepared for search by one metric.

    A float32 product finds candidates, which are scored and sorted in float64, row by row. Only the highest score of
    each 64 rows of the product is kept: several times as fast as partitioning all scores, with a 64th of the memory.
    The error of the product is bounded (at most ``dim`` roundings per sum; Higham 2002, "Accuracy and stability of
    numerical algorithms", section 3.1), so no result is missed: results equal those of float64 throughout, equal rows
    have equal scores, and a batch gives the same results as single queries.

    Parameters
    ----------
    vectors : float32 array of shape (n, dim)
    metric : SimilarityMetric

    Examples
    --------
    >>> from tabemb.vectors.metrics import Cosine
    >>> search = Search(np.array([[1, 0], [0, 1], [1, 1]], np.float32), Cosine())
    >>> [(rows, scores)] = search.nearest(np.array([[1.0, 0.1]]), 2)
    >>> rows, scores.round(2)
    (array([0, 2]), array([1.  , 0.77]))
    """

    __slots__ = ("_bias", "_longest", "_rows", "metric", "vectors")

    def __init__(self, vectors: Float32s, metric: SimilarityMetric) -> None:
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
        """Yield the rows nearest to each query and their scores.

        Parameters
        ----------
        queries : float64 array of shape (m, dim)
        topn : int
            Number of results; fewer if there are fewer rows.
        without : sequence of sequences of int, optional
            Excluded rows of each query.
        allowed : array of bool of shape (n,), optional
            Rows that may be results of any query.

        Yields
        ------
        rows, scores : arrays of shape (at most topn,)
            Nearest first, ties by row.
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
                rows = rows[~np.isin(rows, shut)] if shut else rows
                scores = self.scores(queries[place], rows)
                best = top(-scores if self.metric.smaller_first else scores, topn)
                yield rows[best], scores[best]

    def scores(self, query: Float64s, rows: IntArray | None = None) -> Float64s:
        """Return the scores of rows, all by default, for a query of shape (dim,)."""
        n = len(self.vectors) if rows is None else len(rows)
        out = np.empty(n)
        for start in range(0, n, BLOCK):
            part: Any = slice(start, start + BLOCK) if rows is None else rows[start : start + BLOCK]
            out[start : start + BLOCK] = self.metric.scores(self.vectors[part], query)
        return out

    @property
    def _lanes(self) -> int:
        """Number of chunks in a block, and distance between the rows of a chunk, so that whole lanes are compared."""
        return max(1, -(-min(len(self._rows), ROWS) // CHUNK))

    def _highest(self, queries: Float32s, allowed: Bools | None) -> Float32s:
        """Return the highest float32 score of each chunk for each query, of shape (m, n_chunks)."""
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
        """Return the maximum error of the product for each query; infinite if float32 may overflow."""
        lengths = np.sqrt((queries * queries).sum(axis=1))
        size = self.metric.size(self._longest, lengths)
        # Rows, query, bias and sums are rounded; doubled, because comparisons are in float32 too.
        margins = (queries.shape[1] + 8) * 2.0**-23 * size + 1 / LARGEST
        return np.where((size < LARGEST) & (lengths < LARGEST), margins, np.inf)


def check_topn(topn: object) -> int:
    """Return the number of results as an int, or raise a ``DataError`` if it is not an integer from 1."""
    if isinstance(topn, bool) or not isinstance(topn, numbers.Integral) or topn < 1:
        raise DataError(f"topn must be a positive integer, the number of results; got {topn!r}.")
    return int(topn)


def allowed_rows(
    matrix: KeyedMatrix,
    *,
    min_count: int | None = None,
    where: Callable[[Any], object] | None = None,
    restrict_vocab: int | None = None,
) -> Bools | None:
    """Return which rows have a minimum count and a key for which ``where(key)`` is true, or None without a filter.

    ``restrict_vocab`` allows only the first rows.

    Raises
    ------
    DataError
        If nothing passes, ``restrict_vocab`` is not a positive integer, ``min_count`` is not an integer from 0 or there
        are no counts, or ``where`` is not callable.

    Examples
    --------
    >>> airports = KeyedMatrix(["JFK", "LGA", "SFO"], [[1.0], [2.0], [3.0]], [9, 5, 1])
    >>> allowed_rows(airports, min_count=2, where=lambda key: key != "JFK")
    array([False,  True, False])
    """
    if min_count is None and where is None and restrict_vocab is None:
        return None
    keys = matrix.key_to_index.keys_in_order
    allowed = np.ones(len(keys), dtype=bool)
    if restrict_vocab is not None:
        if isinstance(restrict_vocab, bool) or not isinstance(restrict_vocab, numbers.Integral) or restrict_vocab < 1:
            raise DataError(f"restrict_vocab must be a number of categories, at least 1; got {restrict_vocab!r}.")
        allowed[int(restrict_vocab) :] = False
    if min_count is not None:
        allowed &= _frequent(matrix, min_count)
    if where is not None:
        if not callable(where):
            raise DataError(
                f"where must be a function of a key that returns whether it may be a result, such as "
                f"lambda key: key.startswith('N'); got {where!r}."
            )
        for row in np.flatnonzero(allowed).tolist():
            allowed[row] = _passes(where, keys[row])
        if len(keys) and not allowed.any():
            also = f" that have a count of {min_count:,} or more" if min_count is not None else ""
            raise DataError(f"{matrix.owner}: where=... excludes all categories{also}.")
    return allowed


def _frequent(matrix: KeyedMatrix, min_count: object) -> Bools:
    if isinstance(min_count, bool) or not isinstance(min_count, numbers.Integral) or min_count < 0:
        raise DataError(f"min_count must be a number of rows, an integer of at least 0; got {min_count!r}.")
    if matrix.counts is None:
        raise DataError(f"{matrix.owner}: min_count requires counts, and these vectors have none; leave it out.")
    frequent: Bools = matrix.counts >= int(min_count)
    if len(matrix) and not frequent.any():
        raise DataError(
            f"{matrix.owner}: none of {len(matrix):,} categories has a count of {min_count:,} or more; the most "
            f"frequent one has {matrix.counts.max():,}."
        )
    return frequent


def _passes(where: Callable[[Any], object], key: Any) -> bool:
    try:
        return bool(where(key))
    except Exception as error:
        error.add_note(f"where=... was called with the key {key!r}, of type {type(key).__name__}.")
        raise


def _longest(vectors: Float32s) -> float:
    longest = 0.0
    for start in range(0, len(vectors), BLOCK):
        block = vectors[start : start + BLOCK].astype(np.float64)
        longest = max(longest, float((block * block).sum(axis=1).max(initial=0.0)))
    return float(np.sqrt(longest))
