"""Questions to the vectors of one column: what is near, and how near."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from tabemb.exceptions import DataError, TabembError
from tabemb.vectors.metrics import METRICS, Metric
from tabemb.vectors.querying import Querying, is_several, is_vector
from tabemb.vectors.search import checked_topn
from tabemb.vectors.similarity import cosines

__all__ = ["Asking"]


class Asking(Querying):
    """The part of :class:`~tabemb.vectors.category_vectors.CategoryVectors` that answers by nearness."""

    __slots__ = ()

    def most_similar(
        self,
        positive: Any,
        negative: Any = (),
        topn: int = 10,
        *,
        metric: str | Metric = "cosine",
        min_count: int | None = None,
        where: Callable[[Any], object] | None = None,
    ) -> list[tuple[Any, float]]:
        """Find the categories whose vectors are nearest to the query.

        Parameters
        ----------
        positive, negative : key, vector, or list of keys and vectors
            A vector is a float array of shape (dim,). The keys that are asked with are not among the answers.
        topn : int, default=10
            How many; fewer come where the column has fewer, or the filters leave fewer.
        metric : {"cosine", "dot", "euclidean"} or Metric, default="cosine"
            By ``"cosine"`` the query is the sum of the directions of the positive vectors less those of the negative
            ones (gensim's rule; 3CosAdd in Levy & Goldberg, 2014). By ``"dot"`` it is their sum as they are. By
            ``"euclidean"`` it is their mean, and the score is the distance to it, the smallest first; with negative
            vectors, of which there must be fewer, it is the sum of the positive ones less that of the negative ones,
            over how many more the positive ones are (a - b + c for two and one).
        min_count : int, optional
            Answers have been seen in so many rows at least. Needs ``counts``.
        where : callable, optional
            From a key to whether it may be an answer, such as ``lambda key: key.startswith("N")``.

        Returns
        -------
        list of (key, score)
            The nearest first; among equal ones the more frequent first. A vector of zeros has cosine 0 to all.

        Raises
        ------
        UnknownKeyError
            When a key is not in the column; near keys are named.
        UnknownNameError
            When there is no such metric.
        DataError
            When nothing is asked, ``topn`` is below 1, a vector is of another length, or the filters leave no
            category at all.

        Notes
        -----
        The first question makes the rows ready, and they are kept: for ``"cosine"`` a second array of the size of
        ``vectors``.

        Examples
        --------
        >>> from tabemb import CategoryVectors
        >>> vectors = CategoryVectors(["mon", "tue", "sat"], [[1.0, 0.0], [0.8, 0.6], [-0.6, 0.8]], name="weekday")
        >>> [(key, round(cosine, 2)) for key, cosine in vectors.most_similar("mon", topn=2)]
        [('tue', 0.8), ('sat', -0.6)]
        >>> vectors.most_similar(["tue"], negative=["mon"], topn=1)[0][0]
        'sat'
        >>> vectors.most_similar("mon", where=lambda day: day.startswith("s"))[0][0]
        'sat'
        """
        topn, kind = checked_topn(topn), METRICS.resolve(metric)
        asked, query = self._question(positive, negative, kind, "most_similar")
        allowed = self._allowed(min_count, where)
        ((rows, scores),) = self._searched(kind).nearest(query[None], topn, without=[asked], allowed=allowed)
        return self._answers(rows, scores)

    def most_similar_batch(
        self,
        queries: Iterable[Any],
        topn: int = 10,
        *,
        metric: str | Metric = "cosine",
        min_count: int | None = None,
        where: Callable[[Any], object] | None = None,
    ) -> list[list[tuple[Any, float]]]:
        """Answer many queries at once: the same as :meth:`most_similar` one by one, in one matrix product.

        Memory is bounded: 256 queries at a time, 16 bytes a category beside the rows made ready.

        Parameters
        ----------
        queries : iterable
            Each is a key, a vector, a list of keys and vectors, or a tuple (positive, negative).
        topn, metric, min_count, where
            For all queries; as for :meth:`most_similar`.

        Returns
        -------
        list of lists of (key, score)
            One for each query.

        Raises
        ------
        UnknownKeyError, UnknownNameError, DataError
            As for :meth:`most_similar`; the message starts with the number of the query, from 0.

        Examples
        --------
        >>> from tabemb import CategoryVectors
        >>> vectors = CategoryVectors(["mon", "tue", "sat"], [[1.0, 0.0], [0.8, 0.6], [-0.6, 0.8]], name="weekday")
        >>> [near[0][0] for near in vectors.most_similar_batch(["mon", ("tue", "mon")], topn=1)]
        ['tue', 'sat']
        """
        topn, kind = checked_topn(topn), METRICS.resolve(metric)
        if not is_several(queries) or is_vector(queries):
            raise DataError(
                f"queries is a list with a key, a vector, or a tuple (positive, negative) for each query; "
                f"got {queries!r}. One query is answered by most_similar."
            )
        allowed = self._allowed(min_count, where)
        without, points = [], []
        for number, query in enumerate(queries):
            try:
                asked, point = self._question(*_sides(query), kind, "A query")
            except TabembError as error:
                raise type(error)(f"Query {number}: {error}") from error
            without.append(asked)
            points.append(point)
        found = self._searched(kind).nearest(
            np.array(points).reshape(len(points), self.dim), topn, without=without, allowed=allowed
        )
        return [self._answers(rows, scores) for rows, scores in found]

    def similarity(self, a: Any, b: Any) -> float:
        """Return the cosine between two categories (or vectors); 0 where one of them is all zeros.

        Parameters
        ----------
        a, b : key or vector
            A vector is a float array of shape (dim,).

        Returns
        -------
        float
            Between -1 and 1.

        Examples
        --------
        >>> from tabemb import CategoryVectors
        >>> vectors = CategoryVectors(["mon", "tue"], [[3.0, 4.0], [4.0, 3.0]])
        >>> vectors.similarity("mon", "tue")
        0.96
        """
        one, two = (self._items([each]).vectors.astype(np.float64) for each in (a, b))
        return float(cosines(one, two[0])[0])

    def distance(self, a: Any, b: Any) -> float:
        """Return 1 - cosine of two categories (or vectors): 0 for the same direction, 2 for the opposite one.

        Parameters
        ----------
        a, b : key or vector

        Examples
        --------
        >>> from tabemb import CategoryVectors
        >>> vectors = CategoryVectors(["mon", "tue"], [[1.0, 0.0], [0.0, 2.0]])
        >>> vectors.distance("mon", "tue")
        1.0
        """
        return 1.0 - self.similarity(a, b)


def _sides(query: Any) -> tuple[Any, Any]:
    """Return what is sought and what is not; a tuple cannot be a key."""
    if not isinstance(query, tuple):
        return query, ()
    if len(query) != 2:
        raise DataError(f"expected a tuple (positive, negative), got {len(query)} items: {query!r}.")
    return query
