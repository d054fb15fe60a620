"""The learned vectors of one column, with gensim's methods to query them by key."""

from collections.abc import Callable, Hashable, Iterable
from os import PathLike
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError
from tabemb.table.types import TableLike
from tabemb.vectors.alignment import aligned
from tabemb.vectors.analogies import ANALOGIES, AnalogyMethod, best_analogies
from tabemb.vectors.clustering import cluster
from tabemb.vectors.confidence import Reliability, compared_neighbors, neighbor_confidence, reliability
from tabemb.vectors.dataframes import from_frame, to_frame
from tabemb.vectors.drift import Drift, drift_between
from tabemb.vectors.formats import find_format
from tabemb.vectors.indexes import INDEXES, IndexKind, NearestIndex
from tabemb.vectors.indexes.base import label_array
from tabemb.vectors.indexes.hnsw import load_hnsw
from tabemb.vectors.key_index import is_several
from tabemb.vectors.keyed_matrix import KeyedMatrix
from tabemb.vectors.metrics import METRICS, SimilarityMetric
from tabemb.vectors.neighbors_frame import neighbors_frame
from tabemb.vectors.notebook import vectors_html
from tabemb.vectors.plots.accessor import PlotAccessor
from tabemb.vectors.queries import is_vector, read_items, read_list, read_queries, read_query, subset
from tabemb.vectors.search import Search, allowed_rows, check_topn
from tabemb.vectors.shrinkage import shrink, uncertainty
from tabemb.vectors.similarity import cosine_frame, cosines, unit_rows, weighted_mean

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CategoryVectors"]

Float32s = npt.NDArray[np.float32]
Float64s = npt.NDArray[np.float64]


class CategoryVectors(KeyedMatrix):
    """The learned vectors of the categories of one column.

    Has the API of gensim's ``KeyedVectors``; keys keep their Python types. Immutable: all arrays are read-only.

    Parameters
    ----------
    keys : iterable of scalars
        The categories, most frequent first. 1 and 1.0 are the same category; ``"1"`` and ``True`` are two others.
    vectors : array-like of shape (n, dim)
        One row per key, finite, stored as float32. A ``numpy.memmap`` of float32 in mode "r" stays on disk.
    counts : array-like of int of shape (n,), optional
        Number of rows in which each category occurred.
    name : str, default=""
        Name of the column.
    unknown, missing : array-like of shape (dim,), optional
        Vectors of categories not seen in training, and of missing cells.
    noise : SamplingNoise, optional
        How much the vectors vary between fits to other rows.
    pooling : CellPooling, optional
        How the vectors of cells with several values are pooled, in vectors of an estimator; not part of equality, and
        not saved in files.

    Raises
    ------
    DataError
        If shapes do not match, a number is not finite, or a key is repeated.

    Notes
    -----
    Queries take a vector, a float array of shape (dim,), in place of a key (except ``doesnt_match`` and
    ``similarity_matrix``). An unknown key raises an :class:`~tabemb.exceptions.UnknownKeyError`, which suggests similar
    keys.

    The first search prepares the rows and keeps them: for the cosine a second array of the size of ``vectors``.

    Examples
    --------
    >>> vectors = CategoryVectors(["JFK", "LGA", "SFO"], [[1.0, 0.1], [0.9, 0.2], [-1.0, 0.3]], name="origin")
    >>> vectors
    CategoryVectors(origin: 3 categories x 2)
    >>> vectors["LGA"]
    array([0.9, 0.2], dtype=float32)
    >>> vectors[["LGA", "SFO"]].shape
    (2, 2)
    >>> [key for key, cosine in vectors.most_similar("JFK")]
    ['LGA', 'SFO']
    """

    __slots__ = ("_searches",)

    def most_similar(
        self,
        positive: Any,
        negative: Any = (),
        topn: int | None = 10,
        *,
        metric: str | SimilarityMetric = "cosine",
        min_count: int | None = None,
        where: Callable[[Any], object] | None = None,
        restrict_vocab: int | None = None,
        confidence: bool = False,
    ) -> Any:
        """Return the categories whose vectors are nearest to the query.

        Parameters
        ----------
        positive, negative : key, vector, or list of these
            A vector is a float array of shape (dim,). Query keys are excluded from the results.
        topn : int or None, default=10
            Number of results; fewer if fewer categories are left. None returns the scores of all categories, or of the
            first ``restrict_vocab``, in the order of ``index_to_key``.
        metric : {"cosine", "dot", "euclidean"} or SimilarityMetric, default="cosine"
            Similarity metric, which also combines several vectors into one query. ``"cosine"``: the sum of the
            directions of the positive vectors minus those of the negative ones (as in gensim; 3CosAdd in Levy &
            Goldberg, 2014). ``"dot"``: the sum of the vectors, with their lengths. ``"euclidean"``: the sum divided by
            the number of positive vectors minus that of negative ones (a - b + c for two and one); the score is the
            distance, smallest first.
        min_count : int, optional
            Minimum count of a result. Requires ``counts``.
        where : callable, optional
            Function of a key that returns whether it may be a result, such as ``lambda key: key.startswith("N")``.
        restrict_vocab : int, optional
            Search only the first, most frequent, categories.
        confidence : bool, default=False
            Whether to add how often each result is among the ``topn`` nearest, or the nearest half of the others if
            that is less, in fits to other rows, from 0 to 1.
            Requires vectors with ``noise``, as an ``EmbeddingEncoder``, a run and
            :func:`tabemb.refit_vectors` have; see :mod:`tabemb.vectors.confidence`.

        Returns
        -------
        list of (key, score), or of (key, score, confidence)
            Nearest first, ties by frequency. A zero vector has cosine 0 to all. With ``topn=None``, a float64 array of
            scores, those of the query keys included.

        Raises
        ------
        UnknownNameError
            If there is no such metric.
        DataError
            If the query is empty, ``topn`` is below 1, a vector has another length, the filters exclude all categories,
            or the confidence is unknown.

        Examples
        --------
        >>> vectors = CategoryVectors(["mon", "tue", "sat"], [[1.0, 0.0], [0.8, 0.6], [-0.6, 0.8]], name="weekday")
        >>> [(key, round(cosine, 2)) for key, cosine in vectors.most_similar("mon", topn=2)]
        [('tue', 0.8), ('sat', -0.6)]
        >>> vectors.most_similar(["tue"], negative=["mon"], topn=1)[0][0]
        'sat'
        >>> vectors.most_similar("mon", where=lambda day: day.startswith("s"))[0][0]
        'sat'
        """
        kind = METRICS.resolve(metric)
        if topn is None:
            if confidence or min_count is not None or where is not None:
                raise DataError(
                    "topn=None returns the scores of all categories, so it takes no min_count, where or confidence."
                )
            return self._all_scores(positive, negative, kind, allowed_rows(self, restrict_vocab=restrict_vocab))
        topn = check_topn(topn)
        query = read_query(self, positive, negative, kind)
        allowed = allowed_rows(self, min_count=min_count, where=where, restrict_vocab=restrict_vocab)
        ((rows, scores),) = self._search(kind).nearest(query.point[None], topn, without=[query.rows], allowed=allowed)
        found = self._scored_keys(rows, scores)
        if not confidence:
            return found
        added, subtracted = read_items(self, positive), read_items(self, negative)
        n_others = len(self) if allowed is None else int(allowed.sum())
        shares = neighbor_confidence(self, added, subtracted, rows, compared_neighbors(n_others, topn), kind, allowed)
        return [(*each, share) for each, share in zip(found, shares.tolist(), strict=True)]

    def most_similar_batch(
        self,
        queries: Iterable[Any],
        topn: int = 10,
        *,
        metric: str | SimilarityMetric = "cosine",
        min_count: int | None = None,
        where: Callable[[Any], object] | None = None,
        restrict_vocab: int | None = None,
    ) -> list[list[tuple[Any, float]]]:
        """Return the results of :meth:`most_similar` for many queries, from one matrix product.

        Memory is bounded: 256 queries at a time, 16 bytes per category besides the prepared rows.

        Parameters
        ----------
        queries : iterable
            Each is a key, a list of keys, or a tuple (positive, negative).
        topn, metric, min_count, where, restrict_vocab
            For all queries, as in :meth:`most_similar`.

        Raises
        ------
        TabembError
            As :meth:`most_similar`. The message begins with the number of the query, from 0.

        Examples
        --------
        >>> vectors = CategoryVectors(["mon", "tue", "sat"], [[1.0, 0.0], [0.8, 0.6], [-0.6, 0.8]], name="weekday")
        >>> [near[0][0] for near in vectors.most_similar_batch(["mon", ("tue", "mon")], topn=1)]
        ['tue', 'sat']
        """
        topn, kind = check_topn(topn), METRICS.resolve(metric)
        asked = read_queries(self, queries, kind)
        allowed = allowed_rows(self, min_count=min_count, where=where, restrict_vocab=restrict_vocab)
        points = np.array([query.point for query in asked]).reshape(len(asked), self.dim)
        without = [query.rows for query in asked]
        found = self._search(kind).nearest(points, topn, without=without, allowed=allowed)
        return [self._scored_keys(rows, scores) for rows, scores in found]

    def neighbors_frame(
        self,
        topn: int = 5,
        *,
        n_categories: int | None = None,
        min_count: int | None = None,
        confidence: bool | None = None,
    ) -> "pd.DataFrame":
        """Return the nearest neighbors of each category by cosine, as a table.

        Parameters
        ----------
        topn : int, default=5
            Number of neighbors of each category; fewer if there are fewer other categories.
        n_categories : int, optional
            Number of categories to list, the most frequent; all by default.
        min_count : int, optional
            Minimum count of categories and neighbors. Requires ``counts``.
        confidence : bool, optional
            Whether to add how often each neighbor is among the ``topn`` nearest in fits to other rows, from 0 to 1; or
            among the nearest half of the other categories, if that is less. Requires vectors with ``noise``; by default
            it is added if they have it.

        Returns
        -------
        pandas.DataFrame
            One row per neighbor, with the columns ``key``, ``count`` (of the key, if known), ``neighbor``, ``rank``
            (from 1), ``cosine`` and ``confidence``. The most frequent category comes first.

        Raises
        ------
        DataError
            If ``topn`` or ``n_categories`` is below 1, or the counts or the confidence are required and unknown.

        Examples
        --------
        >>> days = [[1.0, 0.0], [0.8, 0.6], [-0.6, 0.8]]
        >>> CategoryVectors(["mon", "tue", "sat"], days, [9, 5, 2], name="weekday").neighbors_frame(1)
           key  count neighbor  rank  cosine
        0  mon      9      tue     1     0.8
        1  tue      5      mon     1     0.8
        2  sat      2      tue     1     0.0
        """
        return neighbors_frame(
            self,
            topn,
            n_categories=n_categories,
            min_count=min_count,
            confidence=confidence,
            search=self._search("cosine"),
        )

    def analogy(
        self,
        a: Any,
        b: Any,
        c: Any,
        topn: int = 10,
        method: str | AnalogyMethod = "add",
        *,
        min_count: int | None = None,
        where: Callable[[Any], object] | None = None,
        restrict_vocab: int | None = None,
    ) -> list[tuple[Any, float]]:
        """Complete "a is to b as c is to ...": return the categories nearest to the direction of **b - a + c**.

        "king - man + woman" is ``analogy("man", "king", "woman")``: man is to king as woman is to queen.

        Parameters
        ----------
        a, b, c : key
            The keys themselves are excluded from the results.
        topn, min_count, where, restrict_vocab
            As in :meth:`most_similar`.
        method : {"add", "multiply"} or AnalogyMethod, default="add"
            ``"add"``: as ``most_similar([b, c], negative=[a])`` (3CosAdd). ``"multiply"``: the cosine with b times that
            with c divided by that with a, so that no single term dominates (3CosMul); more accurate in the paper. Levy
            & Goldberg (2014), "Linguistic regularities in sparse and explicit word representations", equations 2 and 4.

        Returns
        -------
        list of (key, score)
            Best first, otherwise as :meth:`most_similar`.

        Raises
        ------
        UnknownNameError
            If there is no such method.
        DataError
            If a, b or c is a list, ``topn`` is below 1, or the filters exclude all categories.

        Examples
        --------
        >>> vectors = CategoryVectors(["man", "woman", "king", "queen"], [[1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1]])
        >>> [(key, round(score, 2)) for key, score in vectors.analogy("man", "king", "woman")]
        [('queen', 0.98)]
        """
        topn, kind = check_topn(topn), ANALOGIES.resolve(method)
        for each in (a, b, c):
            if is_several(each) and not is_vector(each):
                raise DataError(
                    f"analogy takes one key or vector for each of a, b and c; got {each!r}. "
                    "most_similar(positive, negative) takes several."
                )
        items = read_items(self, [a, b, c])
        allowed = allowed_rows(self, min_count=min_count, where=where, restrict_vocab=restrict_vocab)
        rows, scores = best_analogies(
            self._search("cosine"), kind, items.vectors, topn, without=items.rows, allowed=allowed
        )
        return self._scored_keys(rows, scores)

    def similarity(self, a: Any, b: Any) -> float:
        """Return the cosine of two categories, between -1 and 1; 0 if one of the vectors is all zeros.

        Examples
        --------
        >>> vectors = CategoryVectors(["mon", "tue"], [[3.0, 4.0], [4.0, 3.0]])
        >>> vectors.similarity("mon", "tue")
        0.96
        """
        one, two = (read_items(self, [each]).vectors.astype(np.float64) for each in (a, b))
        return float(cosines(one, two[0])[0])

    def distance(self, a: Any, b: Any) -> float:
        """Return 1 - cosine of two categories: 0 for the same direction, 2 for the opposite one.

        Examples
        --------
        >>> vectors = CategoryVectors(["mon", "tue"], [[1.0, 0.0], [0.0, 2.0]])
        >>> vectors.distance("mon", "tue")
        1.0
        """
        return 1.0 - self.similarity(a, b)

    def distances(self, key: Any, others: Any = None) -> Float64s:
        """Return 1 - cosine from one category to others.

        Parameters
        ----------
        key : key
        others : list of keys, optional
            All categories by default, in their order.

        Returns
        -------
        float64 array of shape (n_others,)
            From 0, the same direction, to 2, the opposite one; 1 if a vector is all zeros.

        Examples
        --------
        >>> vectors = CategoryVectors(["mon", "tue", "sat"], [[1.0, 0.0], [0.8, 0.6], [-0.6, 0.8]])
        >>> vectors.distances("mon").round(2), vectors.distances("mon", ["sat"]).round(2)
        (array([0. , 0.2, 1.6]), array([1.6]))
        """
        search = self._search("cosine")
        query = read_items(self, [key]).vectors[0].astype(np.float64)
        if others is None:
            return 1.0 - search.scores(query)
        return 1.0 - search.metric.scores(read_items(self, others).vectors, query)

    def closer_than(self, a: Any, b: Any) -> list[Any]:
        """Return the categories closer to ``a`` than ``b`` is, by cosine, closest first, without ``a`` and ``b``.

        Examples
        --------
        >>> vectors = CategoryVectors(["mon", "tue", "sat"], [[1.0, 0.0], [0.8, 0.6], [-0.6, 0.8]])
        >>> vectors.closer_than("mon", "sat")
        ['tue']
        """
        one, two = read_items(self, [a]), read_items(self, [b])
        distances = self.distances(one.vectors[0])
        bar = self.distances(one.vectors[0], two.vectors)[0]
        order = np.argsort(distances, kind="stable")
        closer = order[distances[order] < bar]
        keys = self._index.keys_in_order
        return [keys[row] for row in closer.tolist() if row not in one.rows + two.rows]

    def rank(self, a: Any, b: Any) -> int:
        """Return the rank of ``b`` among the neighbors of ``a``, by cosine: 1 for the nearest; ties share a rank.

        Examples
        --------
        >>> vectors = CategoryVectors(["mon", "tue", "sat"], [[1.0, 0.0], [0.8, 0.6], [-0.6, 0.8]])
        >>> vectors.rank("mon", "tue"), vectors.rank("mon", "sat")
        (1, 2)
        """
        return len(self.closer_than(a, b)) + 1

    def similarity_matrix(self, keys: Any = None) -> "pd.DataFrame":
        """Return the cosines of all pairs of categories as a table.

        Parameters
        ----------
        keys : list of keys, optional
            All categories by default. Memory grows quadratically: 20,000 keys take 3.2 GB.

        Returns
        -------
        pandas.DataFrame of float64 of shape (n_keys, n_keys)
            Symmetric; 1 on the diagonal, 0 for zero vectors.

        Examples
        --------
        >>> CategoryVectors(["mon", "tue"], [[1.0, 0.0], [0.8, 0.6]]).similarity_matrix()
             mon  tue
        mon  1.0  0.8
        tue  0.8  1.0
        """
        names = self.index_to_key if keys is None else list(keys)
        return cosine_frame(self.vectors if keys is None else self[names], names)

    def mean_vector(
        self,
        keys: Any,
        weights: npt.ArrayLike | None = None,
        *,
        pre_normalize: bool = True,
        post_normalize: bool = False,
        ignore_missing: bool = False,
    ) -> Float32s:
        """Return the weighted mean of several categories, as gensim's ``get_mean_vector`` does.

        Parameters
        ----------
        keys : list of keys
        weights : array-like of shape (n_keys,), optional
            Weight of each, 1 by default, possibly negative. The sum is divided by the sum of absolute weights.
        pre_normalize : bool, default=True
            Whether to scale each vector to length one first.
        post_normalize : bool, default=False
            Whether to scale the mean to length one.
        ignore_missing : bool, default=False
            Whether to leave out keys without a vector, and their weights. gensim does so by default.

        Returns
        -------
        float32 array of shape (dim,)
            Can be used as a query vector.

        Raises
        ------
        DataError
            If there are no keys (with a vector), or weights do not match or are all 0.

        Examples
        --------
        >>> vectors = CategoryVectors(["mon", "tue"], [[2.0, 0.0], [0.0, 2.0]])
        >>> vectors.mean_vector(["mon", "tue"], weights=[3, 1], pre_normalize=False)
        array([1.5, 0.5], dtype=float32)
        """
        if ignore_missing:
            keys, weights = self._with_vectors(keys, weights)
        rows = read_list(self, keys, "mean_vector", least=1).vectors.astype(np.float64)
        mean = weighted_mean(unit_rows(rows) if pre_normalize else rows, weights)
        return np.asarray(unit_rows(mean) if post_normalize else mean, np.float32)

    def vectors_for_all(self, keys: Iterable[Any], allow_inference: bool = True) -> Self:
        """Return the vectors of some keys, as gensim's method of this name does.

        Parameters
        ----------
        keys : iterable of keys
            In the order of the result. Repeated keys, and missing ones such as None, are left out.
        allow_inference : bool, default=True
            Whether keys without a vector get the one for unknown categories, if there is one. In vectors of an
            estimator, texts that it splits get the pooled vectors of their values, as its ``vectors_of`` returns them.
            Otherwise keys without a vector are left out.

        Returns
        -------
        CategoryVectors
            With a count of 0 for unknown keys.

        Raises
        ------
        DataError
            If no key is left. If only the estimator can infer a vector: the column is hashed; or a text such as
            ``"mon|tue"`` consists of keys, and the vectors, such as those from a file, do not know whether cells are
            split.

        Examples
        --------
        >>> vectors = CategoryVectors(["mon", "tue"], [[2.0, 0.0], [0.0, 2.0]], unknown=[1.0, 1.0])
        >>> vectors.vectors_for_all(["sun", "mon"])["sun"]
        array([1., 1.], dtype=float32)
        >>> vectors.vectors_for_all(["sun", "mon"], allow_inference=False).index_to_key
        ['mon']
        """
        return type(self).wrap(subset(self, keys, infer=allow_inference))

    def doesnt_match(self, keys: Any) -> Any:
        """Return the category that is least like the others: the one with the lowest cosine to their mean direction.

        Parameters
        ----------
        keys : list of at least three keys

        Returns
        -------
        key
            A key of the column, with its type; the first of the list on a tie.

        Examples
        --------
        >>> vectors = CategoryVectors(["mon", "tue", "sat"], [[1.0, 0.0], [0.8, 0.6], [-0.6, 0.8]])
        >>> vectors.doesnt_match(["mon", "sat", "tue"])
        'sat'
        """
        items = read_list(self, keys, "doesnt_match", least=3)
        if len(items.rows) < len(items.vectors):
            raise DataError("doesnt_match takes keys only, because it returns one of them; got a vector in the list.")
        vectors = items.vectors.astype(np.float64)
        odd = int(cosines(vectors, unit_rows(vectors).sum(axis=0)).argmin())
        return self._index.keys_in_order[items.rows[odd]]

    def cluster(self, k: int | str = "auto", *, random_state: int = 0) -> "pd.Series[int]":
        """Cluster the categories by direction, by k-means on vectors scaled to length one.

        Parameters
        ----------
        k : int or "auto", default="auto"
            Number of clusters. ``"auto"`` chooses at most 7 by silhouette, as ``plot(color="cluster")`` and
            ``tabemb explore`` do (:func:`~tabemb.vectors.clustering.auto_clusters`).
        random_state : int, default=0
            Random seed.

        Returns
        -------
        pandas.Series of int of shape (n,)
            The cluster of each category, indexed by key, ready for ``table["dest"].map(clusters)``. Cluster 0 is the
            largest, ties by the first category.

        Raises
        ------
        DataError
            If ``k`` is neither "auto" nor an integer from 1 to the number of distinct directions.

        Examples
        --------
        >>> days = [[1.0, 0.0], [0.9, 0.1], [0.8, -0.1], [-0.6, 0.8]]
        >>> CategoryVectors(["mon", "tue", "wed", "sat"], days, name="weekday").cluster(2)
        weekday
        mon    0
        tue    0
        wed    0
        sat    1
        Name: weekday_cluster, dtype: int64
        """
        return cluster(self, k, random_state=random_state)

    def shrink(self, k: float | str = "auto") -> Self:
        """Return the vectors shrunk to their count-weighted mean, by n / (n + k) for a category of n rows.

        The vectors of unknown categories and missing cells stay the same.

        Parameters
        ----------
        k : float or "auto", default="auto"
            Strength of the prior, in rows; 0 disables. ``"auto"`` estimates it from the vectors and counts (empirical
            Bayes; see :class:`~tabemb.vectors.shrinkage.RandomEffects`). It is 0 if rare categories are no farther
            from the mean than frequent ones, as after training with shrinkage.

        Raises
        ------
        DataError
            If there are no counts, or ``k`` is neither "auto" nor a number from 0.

        Examples
        --------
        >>> vectors = CategoryVectors(["JFK", "LGA"], [[0.0, 2.0], [4.0, 2.0]], counts=[3, 1])
        >>> vectors.shrink(1).vectors
        array([[0.25, 2.  ],
               [2.5 , 2.  ]], dtype=float32)
        """
        return shrink(self, k)

    def uncertainty(self, k: float | str = "auto") -> Float64s:
        """Return the posterior standard deviation of an entry of each vector.

        In the units of the vectors: ``sqrt(variance * k / (n + k))`` for a category of n rows, where ``variance`` is
        that of the categories around their mean.

        Parameters
        ----------
        k : float or "auto", default="auto"
            As in :meth:`shrink`, but "auto" estimates it for shrunk vectors as well.

        Returns
        -------
        float64 array of shape (n,)
            0 for all categories with rows if ``k`` is 0.

        Examples
        --------
        >>> vectors = CategoryVectors(["JFK", "LGA", "SFO"], [[0.0], [2.0], [-2.0]], counts=[60, 2, 2])
        >>> vectors.uncertainty(k=2).round(2)
        array([0.21, 0.82, 0.82])
        """
        return uncertainty(self, k)

    def reliability(self, k: int | None = None) -> Reliability:
        """Return how often the ``k`` nearest neighbors come back in fits to other rows, and random ones would.

        Of the 300 most frequent categories, among each other.

        Parameters
        ----------
        k : int, optional
            Number of neighbors; by default 10, or a quarter of the other categories if that is less.

        Returns
        -------
        Reliability
            ``share`` and ``chance``, from 0 to 1, ``k``, and ``by_chance``: whether neighbors mean nothing.

        Raises
        ------
        DataError
            If the vectors have no ``noise``.
        """
        return reliability(self, k)

    def align(self, reference: KeyedMatrix, *, scale: bool = False) -> Self:
        """Return the vectors rotated into the space of another fit, so that shared categories are as close as possible.

        Each fit has its own axes, so vectors of two fits are not comparable before. Orthogonal Procrustes (Schoenemann
        1966, "A generalized solution of the orthogonal Procrustes problem"), shared categories weighted by their counts
        (:class:`~tabemb.vectors.alignment.SharedKeys`). Similarities within the column do not change. The vectors of
        unknown categories and missing cells are rotated too.

        Parameters
        ----------
        reference : CategoryVectors
            Vectors of the same length, with categories in common.
        scale : bool, default=False
            Whether to also multiply all vectors by the factor that brings them closest (Gower & Dijksterhuis 2004,
            "Procrustes Problems", chapter 4).

        Raises
        ------
        DataError
            If no category is shared, the dimensions differ, or one side has only zero vectors.

        Warns
        -----
        FewSharedKeysWarning
            If fewer categories are shared than there are dimensions.

        Examples
        --------
        >>> june = CategoryVectors(["JFK", "LGA", "EWR"], [[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
        >>> july = CategoryVectors(["LGA", "JFK", "SFO"], [[2.0, 0.0], [0.0, 1.0], [3.0, 0.0]])
        >>> july.align(june).vectors.round(2) + 0.0
        array([[0., 2.],
               [1., 0.],
               [0., 3.]], dtype=float32)
        """
        return aligned(self, reference, scale=scale)

    def drift(self, reference: KeyedMatrix, *, scale: bool = False, k: int | None = None) -> Drift:
        """Return how far each shared category has moved since the reference, after alignment.

        By cosine, as for words over time in Hamilton, Leskovec & Jurafsky (2016, arXiv:1605.09096, section 2.3), and by
        the overlap of neighbors, which needs no alignment (Gonen et al. 2020, "Simple, interpretable and stable method
        for detecting words with usage change across corpora"). Refits with another seed drift as well: measure that for
        comparison.

        Parameters
        ----------
        reference : CategoryVectors
            The earlier vectors.
        scale : bool, default=False
            As in :meth:`align`.
        k : int, optional
            Number of neighbors to compare; 10 by default, or a quarter of the other categories if that is less.

        Raises
        ------
        DataError
            As :meth:`align`, and if ``k`` is not a number of neighbors among the shared categories.

        Examples
        --------
        >>> june = CategoryVectors(["JFK", "LGA", "EWR"], [[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
        >>> july = CategoryVectors(["JFK", "LGA", "SFO"], [[0.0, 1.0], [2.0, 0.0], [3.0, 0.0]])
        >>> moved = july.drift(june)
        >>> moved.new, moved.gone, moved.cosines.round(2)
        (('SFO',), ('EWR',), array([1., 1.]))
        """
        return drift_between(self, reference, scale=scale, k=k)

    def index(
        self, kind: str | IndexKind = "auto", *, metric: str | SimilarityMetric = "cosine", **parameters: Any
    ) -> NearestIndex:
        """Return an index for many searches among many categories.

        ``most_similar`` is exact and needs none. From some 100,000 categories an approximate index is many times as
        fast and misses a few neighbors (see ``benchmarks/nearest.py``).

        Parameters
        ----------
        kind : {"auto", "exact", "hnsw"} or IndexKind, default="auto"
            ``"hnsw"``: an approximate graph search by usearch (extra ``index``). ``"exact"``: a scan of all vectors.
            ``"auto"``: ``"hnsw"`` from 100,000 categories if usearch is installed.
        metric : {"cosine", "dot", "euclidean"} or SimilarityMetric, default="cosine"
            As in :meth:`most_similar`.
        **parameters
            Parameters of the kind, such as ``expansion_search=64`` (:class:`~tabemb.vectors.indexes.hnsw.Hnsw`).

        Returns
        -------
        NearestIndex
            ``index.search(queries, topn)`` returns ``keys`` and ``scores``, each of shape (n_queries, topn).

        Raises
        ------
        UnknownNameError
            If there is no such kind or metric, or the kind has no such parameter.
        MissingExtraError
            If ``"hnsw"`` is requested and usearch is not installed.

        Examples
        --------
        >>> vectors = CategoryVectors(["mon", "tue", "sat"], [[1.0, 0.0], [0.8, 0.6], [-0.6, 0.8]])
        >>> keys, scores = vectors.index("exact").search(vectors[["mon", "sat"]], topn=2)
        >>> keys
        array([['mon', 'tue'],
               ['sat', 'tue']], dtype=object)
        """
        found = INDEXES.resolve({"name": kind, **parameters} if isinstance(kind, str) else kind)
        return found.build(self.vectors, label_array(self._index.keys_in_order), METRICS.resolve(metric))

    def load_index(self, path: str | PathLike[str]) -> NearestIndex:
        """Load an approximate index of these vectors that its ``save`` has written.

        Raises
        ------
        FormatError
            If the file is missing or damaged, or was built from other vectors.
        MissingExtraError
            If usearch is not installed.

        Examples
        --------
        >>> import tempfile, pathlib
        >>> vectors = CategoryVectors(["mon", "tue", "sat"], [[1.0, 0.0], [0.8, 0.6], [-0.6, 0.8]])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "weekday.hnsw")
        ...     vectors.index("hnsw").save(path)
        ...     vectors.load_index(path).search([1.0, 0.0], topn=2).keys
        array(['mon', 'tue'], dtype=object)
        """
        return load_hnsw(path, self.vectors, label_array(self._index.keys_in_order))

    @property
    def plot(self) -> PlotAccessor:
        """Plots of the vectors: ``plot()`` draws a map, ``plot.heatmap()`` and ``plot.dendrogram()`` similarities."""
        return PlotAccessor(self)

    def to_frame(self, *, count: bool = False, backend: str = "pandas") -> Any:
        """Return the vectors as a table, ready to be joined by the column.

        Parameters
        ----------
        count : bool, default=False
            Whether to add a first column ``dest_count``.
        backend : {"pandas", "polars", "pyarrow"}, default="pandas"
            Library of the table.

        Returns
        -------
        pandas.DataFrame, polars.DataFrame or pyarrow.Table
            With the columns ``dest_emb0``, ``dest_emb1``, ... The keys are the index in pandas, else the first column,
            named after the column of the vectors (``key`` if it has no name).

        Raises
        ------
        DataError
            If counts are requested and unknown, or polars and Arrow have no type that holds all keys.

        Examples
        --------
        >>> CategoryVectors(["JFK", "SFO"], [[1.0, 0.5], [-1.0, 0.5]], name="dest").to_frame()
              dest_emb0  dest_emb1
        dest
        JFK         1.0        0.5
        SFO        -1.0        0.5
        """
        return to_frame(self, count=count, backend=backend)

    @classmethod
    def from_frame(
        cls,
        frame: TableLike,
        *,
        key: str | None = None,
        vectors: Hashable | Iterable[Hashable] | None = None,
        count: str | None = None,
        name: str | None = None,
        unknown: npt.ArrayLike | None = None,
        missing: npt.ArrayLike | None = None,
    ) -> Self:
        """Return the vectors in a table with one row per category.

        Parameters
        ----------
        frame : pandas or polars DataFrame, pyarrow.Table, or another that narwhals supports
        key : str, optional
            Column of the categories; the index of a pandas table by default.
        vectors : str or list of str, optional
            The columns of numbers in order; or their prefix (``"dest_emb"`` for ``dest_emb0``, ``dest_emb1``, ...); or
            one column of lists. By default the names that :meth:`to_frame` gives.
        count : str, optional
            Column of the counts.
        name : str, optional
            Name of the vectors' column; ``key`` by default.
        unknown, missing : array-like of shape (dim,), optional
            Vectors of categories that are not in the table, and of missing cells.

        Raises
        ------
        ColumnError
            If a column is missing. The message suggests similar names.
        DataError
            If a key is missing or repeated, or a column of vectors is not numeric or has missing numbers.

        Examples
        --------
        >>> import pandas as pd
        >>> table = pd.DataFrame({"city": ["Oslo", "Rome"], "lat": [59.9, 41.9], "lon": [10.8, 12.5]})
        >>> CategoryVectors.from_frame(table, key="city", vectors=["lat", "lon"])
        CategoryVectors(city: 2 categories x 2)
        """
        return cls.wrap(
            from_frame(frame, key=key, vectors=vectors, count=count, name=name, unknown=unknown, missing=missing)
        )

    def save(self, path: str | PathLike[str], *, format: str | None = None) -> None:  # noqa: A002
        """Write the vectors to a file atomically.

        Parameters
        ----------
        path : str or path
            The suffix determines the format. All formats restore keys of every type, numbers, and the vectors of
            unknown categories and missing cells exactly:

            - ``.parquet``, ``.npz``, ``.safetensors`` and ``.jsonl`` (or ``.ndjson``) keep everything; ``.npz`` and
              ``.safetensors`` can be memory-mapped;
            - ``.projector`` is a folder for TensorBoard's Embedding Projector, and keeps everything;
            - ``.csv`` opens in a spreadsheet, and keeps all but the noise and the name, which is that of the file; its
              column ``check`` has a digest of each row;
            - ``.txt``, ``.vec`` and ``.w2v`` are word2vec text, ``.bin`` is word2vec binary, ``.glove`` is GloVe text;
              for other programs; counts, the name and the noise are not saved, and damage is not always noticed.

            Files of all but these last formats contain a digest, by which :meth:`load` notices damage.
        format : str, optional
            ``"parquet"``, ``"npz"``, ``"safetensors"``, ``"jsonl"``, ``"projector"``, ``"csv"``, ``"word2vec"``,
            ``"word2vec_binary"`` or ``"glove"``, for a file with another suffix.

        Raises
        ------
        UnknownNameError
            If there is no format for the suffix or name.
        DataError
            If the vectors have more dimensions than the format can hold: 16,384 in ``.csv`` and ``.projector``, and
            1,048,576 in all others.
        OutputError
            If the file cannot be written. An older file stays unchanged.

        Examples
        --------
        >>> import tempfile, pathlib
        >>> vectors = CategoryVectors(["New York", 7], [[1.0, 0.5], [-1.0, 0.5]], name="dest")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "dest.parquet")
        ...     vectors.save(path)
        ...     CategoryVectors.load(path) == vectors
        True
        """
        find_format(path, format).write(self, path)

    @classmethod
    def load(
        cls,
        path: str | PathLike[str],
        *,
        format: str | None = None,  # noqa: A002
        mmap: bool = False,
    ) -> Self:
        """Load vectors saved by :meth:`save`, or a word2vec or GloVe file of another program, optionally gzipped.

        Parameters
        ----------
        path : str or path
        format : str, optional
            As in :meth:`save`.
        mmap : bool, default=False
            Whether to map the vectors into memory instead of reading them: processes share one copy, which may be
            larger than memory. Formats npz and safetensors. The file is read by blocks to check that all numbers are
            finite and match their digest, and must not be changed in place while in use (:meth:`save` replaces it,
            which is safe).

        Raises
        ------
        UnknownNameError
            If there is no format for the suffix or name.
        FormatError
            If the file is missing, damaged, or cannot be mapped. The message says what was expected, and for text in
            which line.

        Examples
        --------
        >>> import tempfile, pathlib
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "dest.npz")
        ...     CategoryVectors(["JFK", "SFO"], [[1.0, 0.5], [-1.0, 0.5]]).save(path)
        ...     CategoryVectors.load(path, mmap=True).vectors.sum(axis=0)
        array([0., 1.], dtype=float32)
        """
        return cls.wrap(find_format(path, format).read(path, mmap=mmap))

    def _repr_html_(self) -> str:
        return vectors_html(self, lambda: self._search("cosine"))

    def _search(self, metric: str | SimilarityMetric) -> Search:
        """Return the rows prepared for a metric, which are kept: a cache, not part of the value."""
        kind = METRICS.resolve(metric)
        if not hasattr(self, "_searches"):
            self._searches: dict[type, Search] = {}
        if type(kind) not in self._searches:
            self._searches[type(kind)] = Search(self.vectors, kind)
        return self._searches[type(kind)]

    def _all_scores(
        self, positive: Any, negative: Any, kind: SimilarityMetric, allowed: npt.NDArray[np.bool_] | None
    ) -> Float64s:
        scores = self._search(kind).scores(read_query(self, positive, negative, kind).point)
        return scores if allowed is None else scores[allowed]

    def _with_vectors(self, keys: Any, weights: npt.ArrayLike | None) -> tuple[Any, npt.ArrayLike | None]:
        """Return the keys that have a vector, and their weights."""
        items = list(keys)
        known = [is_vector(each) or each in self for each in items]
        if weights is not None and np.shape(weights) == (len(items),):
            weights = np.asarray(weights)[known]
        return [each for each, has in zip(items, known, strict=True) if has], weights

    def _scored_keys(self, rows: npt.NDArray[np.intp], scores: Float64s) -> list[tuple[Any, float]]:
        keys = self._index.keys_in_order
        return [(keys[row], score) for row, score in zip(rows.tolist(), scores.tolist(), strict=True)]
