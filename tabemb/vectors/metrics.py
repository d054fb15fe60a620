"""Similarity metrics: cosine, dot product, and Euclidean distance."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError
from tabemb.registry import Registry
from tabemb.vectors.similarity import cosines, unit_mean, unit_rows

__all__ = ["METRICS", "Cosine", "Dot", "Euclidean", "SimilarityMetric"]

FloatArray = npt.NDArray[np.floating[Any]]
Float32s = npt.NDArray[np.float32]
Float64s = npt.NDArray[np.float64]

# Rows prepared at a time.
BLOCK = 2**16


class SimilarityMetric(ABC):
    """How similar a row is to a query.

    A search finds candidates by a float32 matrix product of queries and rows, and scores them row by row in float64. A
    metric defines both the factors of the product and the score.
    """

    smaller_first: ClassVar[bool] = False
    # Name of the metric in usearch, for the rows that `rows` returns.
    graph_metric: ClassVar[str] = "ip"

    @abstractmethod
    def point(self, positive: FloatArray, negative: FloatArray) -> Float64s:
        """Return the query, of shape (dim,), that combines vectors of shape (n, dim), not both empty."""

    @abstractmethod
    def scores(self, rows: FloatArray, query: FloatArray) -> Float64s:
        """Return the float64 scores of rows (..., dim) for a query (dim,), or for one query per row (..., dim)."""

    def singles(self, vectors: FloatArray) -> Float64s:
        """Return the query of each vector alone, as `point` does, of shape (m, dim)."""
        return _doubles(vectors)

    def rows(self, vectors: Float32s) -> Float32s:
        """Return the rows of the product, of shape (n, dim)."""
        return vectors

    def queries(self, queries: Float64s) -> Float64s:
        """Return the queries of the product, of shape (m, dim)."""
        return queries

    def bias(self, vectors: Float32s) -> Float32s | None:
        """Return a number for each row to add to the product, so that the highest sum is the nearest; or None."""
        del vectors
        return None

    @abstractmethod
    def size(self, longest: float, lengths: Float64s) -> Float64s:
        """Return the maximum size of a sum from the length of the longest row and of each query, of shape (m,)."""


METRICS: Registry[SimilarityMetric] = Registry("metric")


@METRICS.register("cosine")
class Cosine(SimilarityMetric):
    """The cosine of the angle: 1 for the same direction, -1 for the opposite one, 0 if a vector is all zeros.

    Several vectors are combined into the sum of the positive directions minus that of the negative ones (as in gensim;
    3CosAdd in Levy & Goldberg, 2014).

    Examples
    --------
    >>> Cosine().scores(np.array([[2.0, 0.0], [0.0, 3.0]]), np.array([1.0, 0.0]))
    array([1., 0.])
    """

    def point(self, positive: FloatArray, negative: FloatArray) -> Float64s:  # noqa: D102
        return np.asarray(unit_mean(_doubles(positive), _doubles(negative)), np.float64)

    def scores(self, rows: FloatArray, query: FloatArray) -> Float64s:  # noqa: D102
        return np.asarray(cosines(_doubles(rows), _doubles(query)), np.float64)

    def singles(self, vectors: FloatArray) -> Float64s:  # noqa: D102
        # Bitwise the same as `point` for one vector.
        return np.asarray(unit_rows(unit_rows(_doubles(vectors))), np.float64)

    def rows(self, vectors: Float32s) -> Float32s:  # noqa: D102
        unit = np.empty(vectors.shape, np.float32)
        for start in range(0, len(vectors), BLOCK):
            unit[start : start + BLOCK] = unit_rows(vectors[start : start + BLOCK])
        return unit

    def queries(self, queries: Float64s) -> Float64s:  # noqa: D102
        return np.asarray(unit_rows(queries), np.float64)

    def size(self, longest: float, lengths: Float64s) -> Float64s:  # noqa: D102
        return np.ones_like(lengths)


@METRICS.register("dot")
class Dot(SimilarityMetric):
    """The dot product, which favors long vectors.

    Several vectors are combined into their sum, negative ones subtracted.

    Examples
    --------
    >>> Dot().scores(np.array([[2.0, 0.0], [0.0, 3.0]]), np.array([1.0, 1.0]))
    array([2., 3.])
    """

    def point(self, positive: FloatArray, negative: FloatArray) -> Float64s:  # noqa: D102
        return np.asarray(positive.sum(axis=0, dtype=np.float64) - negative.sum(axis=0, dtype=np.float64), np.float64)

    def scores(self, rows: FloatArray, query: FloatArray) -> Float64s:  # noqa: D102
        return np.asarray((_doubles(rows) * _doubles(query)).sum(axis=-1), np.float64)

    def size(self, longest: float, lengths: Float64s) -> Float64s:  # noqa: D102
        return longest * lengths


@METRICS.register("euclidean")
class Euclidean(SimilarityMetric):
    """The Euclidean distance, smallest first.

    Several vectors are combined into their sum, negative ones subtracted, divided by the number of positive vectors
    minus that of negative ones: their mean, or a - b + c for two and one. So results do not change if all vectors are
    translated. There must be more positive than negative vectors.

    Examples
    --------
    >>> Euclidean().scores(np.array([[3.0, 4.0], [0.0, 0.0]]), np.array([0.0, 0.0]))
    array([5., 0.])
    """

    smaller_first = True
    graph_metric = "l2sq"

    def point(self, positive: FloatArray, negative: FloatArray) -> Float64s:  # noqa: D102
        more = len(positive) - len(negative)
        if more < 1:
            raise DataError(
                f"With metric='euclidean' a query needs more positive than negative vectors; got {len(positive)} and "
                f"{len(negative)}. metric='cosine' has no such limit."
            )
        return np.asarray(Dot().point(positive, negative) / more, np.float64)

    def scores(self, rows: FloatArray, query: FloatArray) -> Float64s:  # noqa: D102
        away = _doubles(rows) - _doubles(query)
        return np.asarray(np.sqrt((away * away).sum(axis=-1)), np.float64)

    def bias(self, vectors: Float32s) -> Float32s:  # noqa: D102
        # |x - q|**2 = |q|**2 - 2 (x q - |x|**2 / 2): it is smallest where the bracket is largest.
        squares = np.empty(len(vectors), np.float32)
        with np.errstate(over="ignore"):
            for start in range(0, len(vectors), BLOCK):
                block = vectors[start : start + BLOCK].astype(np.float64)
                squares[start : start + BLOCK] = -(block * block).sum(axis=1) / 2
        return squares

    def size(self, longest: float, lengths: Float64s) -> Float64s:  # noqa: D102
        return longest * lengths + longest * longest


def _doubles(numbers: FloatArray) -> Float64s:
    """Return a C-contiguous float64 array: in another memory order sums would differ in the last bits."""
    return np.ascontiguousarray(numbers, dtype=np.float64)
