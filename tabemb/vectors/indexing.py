"""From the vectors of a column to an index of them."""

from os import PathLike
from typing import TYPE_CHECKING, Any

from tabemb.vectors.metrics import METRICS, Metric
from tabemb.vectors.part import Part

if TYPE_CHECKING:
    from tabemb.vectors.indexes import IndexKind, NearestIndex

__all__ = ["Indexing"]


class Indexing(Part):
    """The part of :class:`~tabemb.vectors.category_vectors.CategoryVectors` that makes indexes."""

    __slots__ = ()

    def index(
        self, kind: "str | IndexKind" = "auto", *, metric: str | Metric = "cosine", **parameters: Any
    ) -> "NearestIndex":
        """Make an index, for many searches among many categories.

        ``most_similar`` is exact and needs none. From some 100,000 categories an approximate index answers many times
        as fast, and misses a few neighbours (``benchmarks/nearest.py`` has the figures).

        Parameters
        ----------
        kind : {"auto", "exact", "hnsw"} or IndexKind, default="auto"
            ``"hnsw"``: a graph of near vectors, approximate, by usearch (the extra ``index``); ``"exact"``: every
            vector is looked at; ``"auto"``: ``"hnsw"`` from 100,000 categories where usearch is installed.
        metric : {"cosine", "dot", "euclidean"} or Metric, default="cosine"
            As for ``most_similar``.
        **parameters
            Of the kind, such as ``expansion_search=64`` (:class:`~tabemb.vectors.indexes.hnsw.Hnsw`).

        Returns
        -------
        NearestIndex
            ``index.search(queries, topn)`` returns ``keys`` and ``scores``, each of shape (n_queries, topn).

        Raises
        ------
        UnknownNameError
            When there is no such kind or metric, or the kind does not take a parameter.
        MissingExtraError
            When ``"hnsw"`` is asked for and usearch is not installed.

        Examples
        --------
        >>> from tabemb import CategoryVectors
        >>> vectors = CategoryVectors(["mon", "tue", "sat"], [[1.0, 0.0], [0.8, 0.6], [-0.6, 0.8]])
        >>> keys, scores = vectors.index("exact").search(vectors[["mon", "sat"]], topn=2)
        >>> keys
        array([['mon', 'tue'],
               ['sat', 'tue']], dtype=object)
        """
        from tabemb.vectors.indexes import INDEXES
        from tabemb.vectors.indexes.base import label_array

        found = INDEXES.resolve({"name": kind, **parameters} if isinstance(kind, str) else kind)
        return found.build(self.vectors, label_array(self._index.keys_in_order), METRICS.resolve(metric))

    def load_index(self, path: str | PathLike[str]) -> "NearestIndex":
        """Read an approximate index that its ``save`` has written, of these very vectors.

        Parameters
        ----------
        path : str or path

        Raises
        ------
        FormatError
            When there is no such file, it is not whole, or was made from other vectors.
        MissingExtraError
            When usearch is not installed.

        Examples
        --------
        >>> import tempfile, pathlib
        >>> from tabemb import CategoryVectors
        >>> vectors = CategoryVectors(["mon", "tue", "sat"], [[1.0, 0.0], [0.8, 0.6], [-0.6, 0.8]])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "weekday.hnsw")
        ...     vectors.index("hnsw").save(path)
        ...     vectors.load_index(path).search([1.0, 0.0], topn=2).keys
        array(['mon', 'tue'], dtype=object)
        """
        from tabemb.vectors.indexes.base import label_array
        from tabemb.vectors.indexes.hnsw import load_hnsw

        return load_hnsw(path, self.vectors, label_array(self._index.keys_in_order))
