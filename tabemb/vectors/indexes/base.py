"""The base classes of indexes.

A new kind is a module in this package with a registered specification (:class:`IndexKind`) that builds a
:class:`NearestIndex`, imported in ``__init__``.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from os import PathLike
from typing import Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError
from tabemb.registry import Registry
from tabemb.vectors.arrays import float_array
from tabemb.vectors.metrics import METRICS, SimilarityMetric
from tabemb.vectors.search import check_topn

__all__ = ["INDEXES", "IndexKind", "NearestIndex", "SearchResult", "label_array"]

Float32s = npt.NDArray[np.float32]
Float64s = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

# Numbers of found rows in memory at a time.
CELLS = 2**22


class SearchResult(NamedTuple):
    """The result of a search.

    Parameters
    ----------
    keys : array of shape (m, k), or (k,) for one query
        Labels, nearest first.
    scores : float64 array of the same shape
        Scores by the metric of the index, as :class:`~tabemb.vectors.metrics.SimilarityMetric` defines it.
    """

    keys: npt.NDArray[Any]
    scores: Float64s


class NearestIndex(ABC):
    """Labeled rows that can be searched for those nearest to a query.

    Scores are computed from the rows in float64 by all kinds of index: two indexes may differ in the rows that they
    find, but not in their scores. :meth:`IndexKind.build` makes them, and documents the parameters.
    """

    kind: ClassVar[str]

    def __init__(self, vectors: Float32s, labels: npt.NDArray[Any], metric: SimilarityMetric) -> None:
        self._vectors = vectors
        self._labels = labels
        self._metric = metric

    @property
    def metric(self) -> str:
        """Name of the metric."""
        return METRICS.name_of(self._metric)

    @property
    def dim(self) -> int:
        """Length of a row."""
        return int(self._vectors.shape[1])

    def __len__(self) -> int:
        return len(self._vectors)

    def search(self, queries: npt.ArrayLike, topn: int = 10) -> SearchResult:
        """Return the rows nearest to each query.

        If a query is itself a row of the index, that row is found too.

        Parameters
        ----------
        queries : array-like of shape (m, dim), or (dim,) for one query
        topn : int, default=10
            Number of results; fewer if the index has fewer rows.

        Returns
        -------
        SearchResult
            ``keys`` and ``scores``, nearest first, ties by row.

        Raises
        ------
        DataError
            If queries are not finite numbers or differ in length from the rows, or ``topn`` is below 1.
        """
        topn = min(check_topn(topn), len(self))
        asked, one = self._asked(queries)
        keys = np.empty((len(asked), topn), self._labels.dtype)
        scores = np.empty((len(asked), topn))
        step = max(1, CELLS // max(1, topn * self.dim))
        for start in range(0, len(asked), step):
            part = slice(start, start + step)
            rows = np.sort(self._nearest(asked[part], topn), axis=1)
            found = self._metric.scores(self._vectors[rows], asked[part, None])
            order = np.argsort(found if self._metric.smaller_first else -found, axis=1, kind="stable")
            keys[part] = self._labels[np.take_along_axis(rows, order, axis=1)]
            scores[part] = np.take_along_axis(found, order, axis=1)
        return SearchResult(keys[0], scores[0]) if one else SearchResult(keys, scores)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the index without its vectors to a file atomically.

        Raises
        ------
        DataError
            If this kind of index is built quickly and cannot be saved.
        OutputError
            If the file cannot be written. An older file stays unchanged.
        """
        raise DataError(
            f"Cannot write {path}: an index of kind {self.kind!r} has no data besides its vectors. Save these, and "
            "build the index again."
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self):,} x {self.dim}, {self.metric})"

    @abstractmethod
    def _nearest(self, queries: Float64s, topn: int) -> IntArray:
        """Return the rows found for queries of shape (m, dim), in any order, as an array of shape (m, topn)."""

    def _asked(self, queries: npt.ArrayLike) -> tuple[Float64s, bool]:
        try:
            dimensions = np.ndim(queries)
        except ValueError:
            # Rows differ in length.
            dimensions = 2
        n_rows = len(queries) if dimensions else 1  # type: ignore[arg-type]
        shape = (self.dim,) if dimensions == 1 else (n_rows, self.dim)
        asked = float_array(queries, "queries", shape, owner=f"An index of rows of length {self.dim}")
        return self._metric.singles(asked.reshape(-1, self.dim)), dimensions == 1


class IndexKind(ABC):
    """A kind of index and its parameters."""

    @abstractmethod
    def build(self, vectors: Float32s, labels: npt.NDArray[Any], metric: SimilarityMetric) -> NearestIndex:
        """Build the index.

        Parameters
        ----------
        vectors : float32 array of shape (n, dim)
            Finite. Must not be changed while the index is used.
        labels : array of shape (n,)
            Returned for each row.
        metric : SimilarityMetric
        """


INDEXES: Registry[IndexKind] = Registry("index")


def label_array(labels: Sequence[Any]) -> npt.NDArray[Any]:
    """Return keys as an array of objects, which keeps their types.

    Examples
    --------
    >>> label_array([1, "1"])
    array([1, '1'], dtype=object)
    """
    array = np.empty(len(labels), dtype=object)
    array[:] = labels
    return array
