"""Similar rows of a table: an index of rows, whatever they are made of."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError
from tabemb.vectors.arrays import float_array
from tabemb.vectors.column_scale import column_blocks, column_scale
from tabemb.vectors.indexes import INDEXES, IndexKind, NearestIndex, Neighbours
from tabemb.vectors.metrics import METRICS, SimilarityMetric

__all__ = ["RowIndex"]


class RowIndex:
    """An index of the rows of a table, such as those that ``EmbeddingEncoder.transform`` returns.

    Made by :meth:`from_rows`.

    Parameters
    ----------
    index : NearestIndex
        Of the rows times the scale.
    scale : float32 array of shape (dim,), or None
        What each feature of a query is multiplied by.

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
        """Make an index of rows.

        Parameters
        ----------
        rows : array or DataFrame of numbers, of shape (n, dim)
            Finite.
        labels : array-like of shape (n,), optional
            What a search returns for each row: the index of a pandas table, else 0, 1, 2, ... by default.
        scale : {"column", None}, default=None
            Distances over several columns hang on how long each column's vectors are: one with long vectors, or a
            number in large units, decides alone who is near. ``"column"`` divides each column's block of features by
            the root mean square norm of its rows around their mean, so that each column adds as much to the squared
            distance of two rows drawn at random. What a network has learned about which column matters is lost by it.
        columns : sequence of str of shape (dim,), optional
            The names of the features, where ``rows`` has none, for ``scale="column"``: those of
            ``encoder.get_feature_names_out()``, in which ``dest_emb0`` and ``dest_emb1`` are one column.
        kind : {"auto", "exact", "hnsw"} or IndexKind, default="auto"
            As for ``CategoryVectors.index``.
        metric : {"euclidean", "cosine", "dot"} or SimilarityMetric, default="euclidean"
            What near means.
        **parameters
            Of the kind.

        Returns
        -------
        RowIndex

        Raises
        ------
        DataError
            When rows are no finite numbers, labels or columns are more or fewer than there are, ``scale`` is another
            word, or the names of the features are needed and not known.
        UnknownNameError
            When there is no such kind or metric.
        MissingExtraError
            When ``"hnsw"`` is asked for and usearch is not installed.

        Examples
        --------
        >>> index = RowIndex.from_rows([[0.0, 0.0], [3.0, 4.0]], labels=["here", "there"])
        >>> index.search([[0.0, 1.0]], topn=1)
        Neighbours(keys=array([['here']], dtype='<U5'), scores=array([[1.]]))
        """
        if np.ndim(rows) != 2:
            raise DataError(f"rows have two dimensions, (n_rows, n_features); got {np.ndim(rows)}.")
        array = float_array(rows, "rows", np.shape(rows), owner="A row index")
        names = _labels(rows, labels, len(array))
        factors = _scale(scale, array, getattr(rows, "columns", None) if columns is None else columns)
        found = INDEXES.resolve({"name": kind, **parameters} if isinstance(kind, str) else kind)
        return cls(found.build(array if factors is None else array * factors, names, METRICS.resolve(metric)), factors)

    def search(self, rows: Any, topn: int = 10) -> Neighbours:
        """Find the rows most similar to each of the given ones.

        Parameters
        ----------
        rows : array or DataFrame of numbers, of shape (m, dim), or (dim,) for one row
        topn : int, default=10
            How many; fewer come where the index has fewer.

        Returns
        -------
        Neighbours
            ``keys``, the labels of the rows that were found, and ``scores``, by the metric, each of shape (m, topn).

        Raises
        ------
        DataError
            When rows are no finite numbers or of another length, or ``topn`` is below 1.
        """
        fits = np.ndim(rows) in (1, 2) and np.shape(rows)[-1] == self.index.dim
        if self.scale is not None and fits:
            rows = np.asarray(rows, np.float32) * self.scale
        # What does not fit is refused there.
        return self.index.search(rows, topn)

    def __len__(self) -> int:
        return len(self.index)

    def __repr__(self) -> str:
        scaled = ", each column scaled" if self.scale is not None else ""
        return f"RowIndex({len(self):,} x {self.index.dim}, {self.index.kind}, {self.index.metric}{scaled})"


def _labels(rows: Any, labels: Any, n: int) -> npt.NDArray[Any]:
    if labels is None and hasattr(rows, "iloc"):
        labels = rows.index
    names: npt.NDArray[Any] = np.arange(n) if labels is None else np.asarray(labels)
    if names.shape != (n,):
        raise DataError(f"Expected a label for each of {n:,} rows, got {' x '.join(map(str, names.shape)) or 'one'}.")
    return names


def _scale(scale: str | None, rows: npt.NDArray[np.float32], columns: Any) -> npt.NDArray[np.float32] | None:
    if scale is None:
        return None
    if scale != "column":
        raise DataError(f"scale is 'column' or None; got {scale!r}.")
    if columns is None:
        raise DataError(
            "scale='column' goes by the names of the features, and these rows have none. Give "
            "columns=encoder.get_feature_names_out(), or a table (encoder.set_output(transform='pandas'))."
        )
    names = [str(name) for name in columns]
    if len(names) != rows.shape[1]:
        raise DataError(f"Expected the names of {rows.shape[1]} features in columns, got {len(names)}.")
    return column_scale(rows, column_blocks(names))
