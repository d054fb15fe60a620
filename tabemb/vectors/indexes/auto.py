"""The index that fits the size."""

import importlib.util
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.vectors.indexes.base import INDEXES, IndexKind, NearestIndex
from tabemb.vectors.indexes.exact import Exact
from tabemb.vectors.indexes.hnsw import Hnsw
from tabemb.vectors.metrics import SimilarityMetric

__all__ = ["Auto"]

# Measured by benchmarks/nearest.py; see there.
HNSW_FROM = 100_000


@INDEXES.register("auto")
@dataclass(frozen=True, slots=True)
class Auto(IndexKind):
    """``hnsw`` from 100,000 rows where usearch is installed, else ``exact``.

    Parameters
    ----------
    hnsw_from : int, default=100_000
        From how many rows.

    Examples
    --------
    >>> from tabemb import CategoryVectors
    >>> vectors = CategoryVectors(["mon", "tue", "sat"], [[1.0, 0.0], [0.8, 0.6], [-0.6, 0.8]])
    >>> vectors.index("auto")
    ExactIndex(3 x 2, cosine)
    """

    hnsw_from: int = HNSW_FROM

    def build(
        self, vectors: npt.NDArray[np.float32], labels: npt.NDArray[Any], metric: SimilarityMetric
    ) -> NearestIndex:
        """Make the index."""
        large = len(vectors) >= self.hnsw_from and importlib.util.find_spec("usearch") is not None
        kind: IndexKind = Hnsw() if large else Exact()
        return kind.build(vectors, labels, metric)
