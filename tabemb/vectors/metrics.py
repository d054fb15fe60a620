"""What "near" means: cosine, dot product, or Euclidean distance."""

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

# Rows that are made ready at the same time.
BLOCK = 2**16


class SimilarityMetric(ABC):
    """A way to tell how near a row is to a query.

    A search takes one float32 matrix product of queries and rows, which finds the candidates, and scores those row by
    row in float64. So a metric says what the product is of, and what the score is.
    """

    smaller_first: ClassVar[bool] = False
    # What usearch calls it, for the rows of `rows`.
    graph_metric: ClassVar[str] = "ip"

    @abstractmethod
    def point(self, positive: FloatArray, negative: FloatArray) -> Float64s:
        """Return the query that stands for several vectors, of shape (dim,).

        Parameters
        ----------
        positive, negative : array of shape (n, dim)
            Not both empty.
        """

    @abstractmethod
    def scores(self, rows: FloatArray, query: FloatArray) -> Float64s:
        """Return the score of each row (..., dim) for a query (dim,), or its own (..., dim), in float64."""

    def singles(self, vectors: FloatArray) -> Float64s:
        """Return the query that stands for each of several vectors by itself, as `point` would, of shape (m, dim)."""
        return _doubles(vectors)

    def rows(self, vectors: Float32s) -> Float32s:
        """Return what a product is taken with, of shape (n, dim)."""
        return vectors

    def queries(self, queries: Float64s) -> Float64s:
        """Return what a product is taken of, of shape (m, dim)."""
        return queries

    def bias(self, vectors: Float32s) -> Float32s | None:
        """Return what is added to the product for each row, so that the highest sum is the nearest, or None."""
        del vectors
        return None

    @abstractmethod
    def size(self, longest: float, lengths: Float64s) -> Float64s:
        """Return how large a sum can be, for the length of the longest row and those of the queries, of shape (m,)."""


METRICS: Registry[SimilarityMetric] = Registry("metric")


@METRICS.register("cosine")
class Cosine(SimilarityMetric):
    """The cosine of the angle: 1 for the same direction, -1 for the opposite one, 0 where one is all zeros.

    Several vectors stand for the sum of their directions, less those of the negative ones (gensim's rule; 3CosAdd in
    Levy & Goldberg, 2014).

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
        # To the last bit as `point` does it for one.
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
    """The dot product, which long vectors raise; several vectors stand for their sum, less the negative ones.

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
    """The distance, the smallest first; several vectors stand for their mean.

    With negative vectors it is the sum of the positive ones less that of the negative ones, over how many more the
    positive ones are: a - b + c for two and one. So moving all vectors alike changes no answer. There must be more
    positive ones than negative ones.

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
                f"By Euclidean distance a query is a point, with more positive vectors than negative ones; got "
                f"{len(positive)} and {len(negative)}. metric='cosine' asks for directions."
            )
        return np.asarray(Dot().point(positive, negative) / more, np.float64)

    def scores(self, rows: FloatArray, query: FloatArray) -> Float64s:  # noqa: D102
        away = _doubles(rows) - _doubles(query)
        return np.asarray(np.sqrt((away * away).sum(axis=-1)), np.float64)

    def bias(self, vectors: Float32s) -> Float32s:  # noqa: D102
        # |x - q|**2 is |q|**2 - 2 (x q - |x|**2 / 2): where it is least, what is in brackets is highest.
        squares = np.empty(len(vectors), np.float32)
        with np.errstate(over="ignore"):
            for start in range(0, len(vectors), BLOCK):
                block = vectors[start : start + BLOCK].astype(np.float64)
                squares[start : start + BLOCK] = -(block * block).sum(axis=1) / 2
        return squares

    def size(self, longest: float, lengths: Float64s) -> Float64s:  # noqa: D102
        return longest * lengths + longest * longest


def _doubles(numbers: FloatArray) -> Float64s:
    """Return float64 row by row: a sum along another order of memory would end in other bits."""
    return np.ascontiguousarray(numbers, dtype=np.float64)
