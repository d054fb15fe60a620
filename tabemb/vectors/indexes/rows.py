"""An index of the rows of a table, with columns optionally scaled to contribute equally to distances."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError
from tabemb.vectors.arrays import float_array
from tabemb.vectors.indexes.base import INDEXES, IndexKind, NearestIndex, SearchResult
from tabemb.vectors.metrics import METRICS, SimilarityMetric

__all__ = ["RowIndex", "column_blocks", "column_scale"]

# Features of one column, as EmbeddingEncoder.get_feature_names_out and CategoryVectors.to_frame name them.
_FEATURE = re.compile(r"(?P<column>.*)_emb\d+", re.DOTALL)

# Rows converted to float64 at a time.
BLOCK = 2**15


class RowIndex:
    """An index of the rows of a table, such as those of ``EmbeddingEncoder.transform``, made by :meth:`from_rows`.

    Parameters
    ----------
    index : NearestIndex
        Of the scaled rows.
    scale : float32 array of shape (dim,), or None
        Factor of each feature of a query.

    Examples
    --------
    >>> import pandas as pd
    >>> from tabemb import EmbeddingEncoder
    >>> flights = pd.DataFrame({"dest": ["IAH", "MIA"] * 20, "distance": [1400.0, 1089.0] * 20})
    >>> encoder = EmbeddingEncoder(embedding_dim=2, max_epochs=1, cv=None, random_state=0)
    >>> rows = encoder.set_output(transform="pandas").fit(flights, flights["distance"] > 1200).transform(flights)
    >>> similar = RowIndex.from_rows(rows, scale="column")
    >>> new = encoder.transform(pd.DataFrame({"dest": ["MIA"], "distance": [1089.0]}))
    >>> flights.loc[similar.search(new, topn=3).keys[0]]
       dest  distance
    1   MIA    1089.0
    3   MIA    1089.0
    5   MIA    1089.0
    """

    def __init__(self, index: NearestIndex, scale: npt.NDArray[np.float32] | None = None) -> None:
        self.index = index
        self.scale = scale

    @classmethod
    def from_rows(
        cls,
        rows: Any,
        labels: Any = None,
        *,
        scale: str | None = None,
        columns: Sequence[str] | None = None,
        kind: str | IndexKind = "auto",
        metric: str | SimilarityMetric = "euclidean",
        **parameters: Any,
    ) -> "RowIndex":
        """Return an index of rows.

        Parameters
        ----------
        rows : array or DataFrame of numbers, of shape (n, dim)
            Finite.
        labels : array-like of shape (n,), optional
            Returned for each row; by default the index of a pandas table, else 0, 1, 2, ...
        scale : {"column", None}, default=None
            ``"column"`` divides the features of each column by the root mean square norm of its centered rows, so that
            all columns contribute equally to the squared distance of two random rows. Without it, a column with long
            vectors, or a number in large units, dominates. It discards what a network has learned about the importance
            of columns.
        columns : sequence of str of shape (dim,), optional
            Names of the features for ``scale="column"``, if ``rows`` has none: ``encoder.get_feature_names_out()``, in
            which ``dest_emb0`` and ``dest_emb1`` are one column.
        kind : {"auto", "exact", "hnsw"} or IndexKind, default="auto"
            As in ``CategoryVectors.index``.
        metric : {"euclidean", "cosine", "dot"} or SimilarityMetric, default="euclidean"
            Similarity metric.
        **parameters
            Parameters of the kind.

        Raises
        ------
        DataError
            If rows are not finite numbers, the number of labels or columns does not match, ``scale`` is invalid, or
            the names of the features are required and unknown.
        UnknownNameError
            If there is no such kind or metric.
        MissingExtraError
            If ``"hnsw"`` is requested and usearch is not installed.

        Examples
        --------
        >>> index = RowIndex.from_rows([[0.0, 0.0], [3.0, 4.0]], labels=["here", "there"])
        >>> index.search([[0.0, 1.0]], topn=1)
        SearchResult(keys=array([['here']], dtype='<U5'), scores=array([[1.]]))
        """
        if np.ndim(rows) != 2:
            raise DataError(f"rows must have two dimensions, (n_rows, n_features); got {np.ndim(rows)}.")
        array = float_array(rows, "rows", np.shape(rows), owner="A row index")
        names = _labels(rows, labels, len(array))
        factors = _factors(scale, array, getattr(rows, "columns", None) if columns is None else columns)
        found = INDEXES.resolve({"name": kind, **parameters} if isinstance(kind, str) else kind)
        return cls(found.build(array if factors is None else array * factors, names, METRICS.resolve(metric)), factors)

    def search(self, rows: Any, topn: int = 10) -> SearchResult:
        """Return the rows most similar to each of the given rows.

        Results and errors are those of :meth:`NearestIndex.search <tabemb.vectors.indexes.base.NearestIndex.search>`.

        Parameters
        ----------
        rows : array or DataFrame of numbers, of shape (m, dim), or (dim,) for one row
        topn : int, default=10
            Number of results; fewer if the index has fewer rows.
        """
        fits = np.ndim(rows) in (1, 2) and np.shape(rows)[-1] == self.index.dim
        if self.scale is not None and fits:
            rows = np.asarray(rows, np.float32) * self.scale
        # Rows of another shape are rejected by the index.
        return self.index.search(rows, topn)

    def __len__(self) -> int:
        return len(self.index)

    def __repr__(self) -> str:
        scaled = ", each column scaled" if self.scale is not None else ""
        return f"RowIndex({len(self):,} x {self.index.dim}, {self.index.kind}, {self.index.metric}{scaled})"


def column_blocks(names: Sequence[str]) -> npt.NDArray[np.intp]:
    """Return the number of the column of each feature.

    ``dest_emb0``, ``dest_emb1``, ... are one column; any other name is a column of its own.

    Examples
    --------
    >>> column_blocks(["dest_emb0", "dest_emb1", "carrier_emb0", "distance"])
    array([0, 0, 1, 2])
    """
    found: dict[tuple[bool, str], int] = {}
    blocks = []
    for name in names:
        part = _FEATURE.fullmatch(name)
        blocks.append(found.setdefault((True, part["column"]) if part else (False, name), len(found)))
    return np.array(blocks, dtype=np.intp)


def column_scale(rows: npt.NDArray[np.float32], blocks: npt.NDArray[np.intp]) -> npt.NDArray[np.float32]:
    """Return the factor of each feature with which all columns contribute equally to Euclidean distances.

    The features of each column are divided by the root mean square norm of its centered rows. Each column then adds 2
    to the squared distance of two random rows on average. A constant column adds nothing and is not scaled. ``blocks``
    is the number of the column of each feature, from 0.

    Examples
    --------
    >>> rows = np.array([[3.0, 0.0, 10.0], [-3.0, 0.0, 30.0]], np.float32)
    >>> column_scale(rows, np.array([0, 0, 1])).round(3)
    array([0.333, 0.333, 0.1  ], dtype=float32)
    """
    if blocks.shape != (rows.shape[1],):
        raise DataError(f"Expected a column for each of {rows.shape[1]} features, got {len(blocks)}.")
    if not len(rows):
        return np.ones(rows.shape[1], np.float32)
    mean = rows.mean(axis=0, dtype=np.float64)
    squares = np.zeros(rows.shape[1])
    for start in range(0, len(rows), BLOCK):
        squares += ((rows[start : start + BLOCK] - mean) ** 2).sum(axis=0)
    spread = np.sqrt(np.bincount(blocks, squares) / len(rows))
    return np.asarray(1 / np.where(spread > 0, spread, 1), np.float32)[blocks]


def _labels(rows: Any, labels: Any, n: int) -> npt.NDArray[Any]:
    if labels is None and hasattr(rows, "iloc"):
        labels = rows.index
    names: npt.NDArray[Any] = np.arange(n) if labels is None else np.asarray(labels)
    if names.shape != (n,):
        raise DataError(f"Expected a label for each of {n:,} rows, got {' x '.join(map(str, names.shape)) or 'one'}.")
    return names


def _factors(scale: str | None, rows: npt.NDArray[np.float32], columns: Any) -> npt.NDArray[np.float32] | None:
    if scale is None:
        return None
    if scale != "column":
        raise DataError(f"scale must be 'column' or None; got {scale!r}.")
    if columns is None:
        raise DataError(
            "scale='column' needs the names of the features, and these rows have none. Pass "
            "columns=encoder.get_feature_names_out(), or a table (encoder.set_output(transform='pandas'))."
        )
    names = [str(name) for name in columns]
    if len(names) != rows.shape[1]:
        raise DataError(f"Expected the names of {rows.shape[1]} features in columns, got {len(names)}.")
    return column_scale(rows, column_blocks(names))
