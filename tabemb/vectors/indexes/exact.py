"""The exact index: matrix products with all rows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.vectors.indexes.base import INDEXES, IndexKind, NearestIndex
from tabemb.vectors.metrics import SimilarityMetric
from tabemb.vectors.search import Search

__all__ = ["Exact", "ExactIndex"]


class ExactIndex(NearestIndex):
    """An index that scans all rows; see :class:`~tabemb.vectors.search.Search`."""

    kind = "exact"

    def __init__(self, vectors: npt.NDArray[np.float32], labels: npt.NDArray[Any], metric: SimilarityMetric) -> None:
        super().__init__(vectors, labels, metric)
        self._search = Search(vectors, metric)

    def _nearest(self, queries: npt.NDArray[np.float64], topn: int) -> npt.NDArray[np.intp]:
        found = np.empty((len(queries), topn), np.intp)
        if topn:
            for place, (rows, _) in enumerate(self._search.nearest(queries, topn)):
                found[place] = rows
        return found


@INDEXES.register("exact")
@dataclass(frozen=True, slots=True)
class Exact(IndexKind):
    """Exact search.

    Examples
    --------
    >>> from tabemb import CategoryVectors
    >>> vectors = CategoryVectors(["mon", "tue", "sat"], [[1.0, 0.0], [0.8, 0.6], [-0.6, 0.8]])
    >>> vectors.index("exact").search([[1.0, 0.0], [0.0, 1.0]], topn=2).keys
    array([['mon', 'tue'],
           ['sat', 'tue']], dtype=object)
    """

    def build(self, vectors: npt.NDArray[np.float32], labels: npt.NDArray[Any], metric: SimilarityMetric) -> ExactIndex:
        """Build the index."""
        return ExactIndex(vectors, labels, metric)
