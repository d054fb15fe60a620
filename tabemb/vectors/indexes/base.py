"""What an index of rows is, and which kinds there are.

A new kind is one file here: a specification (:class:`IndexKind`) that makes a :class:`NearestIndex`, registered, and
imported in ``__init__``.
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

__all__ = ["INDEXES", "IndexKind", "NearestIndex", "Neighbours", "label_array"]

Float32s = npt.NDArray[np.float32]
Float64s = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

# Numbers of found rows in memory at the same time.
CELLS = 2**22


class Neighbours(NamedTuple):
    """What a search has found.

    Parameters
    ----------
    keys : array of shape (m, k), or (k,) for one query
        The labels, the nearest first.
    scores : float64 array of the same shape
        By the metric of the index, as :class:`~tabemb.vectors.metrics.SimilarityMetric` defines it.
    """

    keys: npt.NDArray[Any]
    scores: Float64s


class NearestIndex(ABC):
    """Rows with labels, which are searched for those nearest to a query.

    Scores are computed from the rows themselves in float64, whatever the kind of index: two indexes may differ in which
    rows they find, never in the score of one.

    Parameters
    ----------
    vectors : float32 array of shape (n, dim)
        Finite.
    labels : array of shape (n,)
    metric : SimilarityMetric
    """

    kind: ClassVar[str]

    def __init__(self, vectors: Float32s, labels: npt.NDArray[Any], metric: SimilarityMetric) -> None:
        self._vectors = vectors
        self._labels = labels
        self._metric = metric

    @property
    def metric(self) -> str:
        """The name of the metric."""
        return METRICS.name_of(self._metric)

    @property
    def dim(self) -> int:
        """The length of a row."""
        return int(self._vectors.shape[1])

    def __len__(self) -> int:
        return len(self._vectors)

    def search(self, queries: npt.ArrayLike, topn: int = 10) -> Neighbours:
        """Find the rows nearest to each query.

        A row that is asked with is found too: it is nearest to itself.

        Parameters
        ----------
        queries : array-like of shape (m, dim), or (dim,) for one query
        topn : int, default=10
            How many; fewer come where the index has fewer.

        Returns
        -------
        Neighbours
            ``keys`` and ``scores``, the nearest first; among equal ones the first row comes first.

        Raises
        ------
        DataError
            When queries are no finite numbers or of another length than the rows, or ``topn`` is below 1.
        """
        topn = min(check_topn(topn), len(self))
        asked, one = self._asked(queries)
        keys = np.empty((len(asked), topn), self._labels.dtype)
        scores = np.empty((len(asked), topn))
        step = max(1, CELLS // max(1, topn * self.dim))
        for start in range(0, len(asked), step):
            part = slice(start, start + step)
            keys[part], scores[part] = self._found(asked[part], topn)
        return Neighbours(keys[0], scores[0]) if one else Neighbours(keys, scores)

    def save(self, path: str | PathLike[str]) -> None:
        """Write what took long to make to a file, whole or not at all; the vectors themselves are kept elsewhere.

        Raises
        ------
        DataError
            When this kind of index has nothing that took long.
        OutputError
            When the file cannot be written; an old one then is as it was.
        """
        raise DataError(
            f"Cannot write {path}: an index of kind {self.kind!r} has nothing to keep beside its vectors, and is made "
            "from them in a moment."
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
            # Rows of several lengths.
            dimensions = 2
        n_rows = len(queries) if dimensions else 1  # type: ignore[arg-type]
        shape = (self.dim,) if dimensions == 1 else (n_rows, self.dim)
        asked = float_array(queries, "queries", shape, owner=f"An index of rows of length {self.dim}")
        return self._metric.singles(asked.reshape(-1, self.dim)), dimensions == 1

    def _found(self, queries: Float64s, topn: int) -> tuple[npt.NDArray[Any], Float64s]:
        rows = np.sort(self._nearest(queries, topn), axis=1)
        scores = self._metric.scores(self._vectors[rows], queries[:, None])
        order = np.argsort(scores if self._metric.smaller_first else -scores, axis=1, kind="stable")
        return self._labels[np.take_along_axis(rows, order, axis=1)], np.take_along_axis(scores, order, axis=1)


class IndexKind(ABC):
    """A kind of index and its parameters."""

    @abstractmethod
    def build(self, vectors: Float32s, labels: npt.NDArray[Any], metric: SimilarityMetric) -> NearestIndex:
        """Make the index of rows.

        Parameters
        ----------
        vectors : float32 array of shape (n, dim)
            Finite, and not to be changed as long as the index is used.
        labels : array of shape (n,)
            What is returned for each row.
        metric : SimilarityMetric
        """


INDEXES: Registry[IndexKind] = Registry("index")


def label_array(labels: Sequence[Any]) -> npt.NDArray[Any]:
    """Return keys as an array of objects, so that 1 and ``"1"`` stay what they are.

    Examples
    --------
    >>> label_array([1, "1"])
    array([1, '1'], dtype=object)
    """
    array = np.empty(len(labels), dtype=object)
    array[:] = labels
    return array
