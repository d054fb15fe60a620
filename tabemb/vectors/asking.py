"""Questions to the vectors of one column: what is near, how near, and what is to what as what is to what."""

import numbers
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError
from tabemb.vectors.part import Part
from tabemb.vectors.similarity import cosines, top, unit_mean

__all__ = ["Asking", "is_several"]

FloatArray = npt.NDArray[np.floating[Any]]


class Asking(Part):
    """The part of :class:`~tabemb.vectors.category_vectors.CategoryVectors` that answers by nearness."""

    __slots__ = ()

    def most_similar(self, positive: Any, negative: Any = (), topn: int = 10) -> list[tuple[Any, float]]:
        """Find the categories whose vectors point the same way as the query, by cosine.

        The query is the sum of the directions of the positive vectors less those of the negative ones (gensim's
        rule; 3CosAdd in Levy & Goldberg, 2014).

        Parameters
        ----------
        positive, negative : key, vector, or list of keys and vectors
            A vector is a float array of shape (dim,). The keys that are asked with are not among the answers.
        topn : int, default=10
            How many; fewer come where the column has fewer.

        Returns
        -------
        list of (key, cosine)
            The nearest first; among equal ones the more frequent first. A vector of zeros has cosine 0 to all.

        Raises
        ------
        UnknownKeyError
            When a key is not in the column; near keys are named.
        DataError
            When nothing is asked, ``topn`` is below 1, or a vector is of another length.

        Examples
        --------
        >>> from tabemb import CategoryVectors
        >>> vectors = CategoryVectors(["mon", "tue", "sat"], [[1.0, 0.0], [0.8, 0.6], [-0.6, 0.8]], name="weekday")
        >>> [(key, round(cosine, 2)) for key, cosine in vectors.most_similar("mon", topn=2)]
        [('tue', 0.8), ('sat', -0.6)]
        >>> vectors.most_similar(["tue"], negative=["mon"], topn=1)[0][0]
        'sat'
        """
        if isinstance(topn, bool) or not isinstance(topn, numbers.Integral) or topn < 1:
            raise DataError(f"topn is how many neighbours to return: expected a whole number from 1, got {topn!r}.")
        added, taken = self._query(positive), self._query(negative)
        if not len(added[1]) and not len(taken[1]):
            raise DataError("most_similar needs at least one key or vector to look for; `positive` is empty.")
        scores = cosines(self.vectors, unit_mean(added[1], taken[1]))
        best = top(scores, int(topn), without=added[0] + taken[0])
        keys = self._index.keys_in_order
        return [(keys[i], float(scores[i])) for i in best]

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
        one, two = self._query([a])[1].astype(np.float64), self._query([b])[1].astype(np.float64)
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

    def _query(self, items: Any) -> tuple[list[int], FloatArray]:
        """Return the rows and the vectors of a key, a vector, or a list of such; a vector has no row."""
        rows: list[int] = []
        found: list[FloatArray] = []
        several = is_several(items) and not _is_vector(items)
        for item in items if several else [items]:
            if _is_vector(item):
                found.append(self._row(item, "a query vector"))
            else:
                rows.append(self._index[item])
                found.append(self.vectors[rows[-1]])
        return rows, np.array(found, dtype=np.float32).reshape(len(found), self.dim)


def is_several(key: Any) -> bool:
    """Tell a list of keys from one key: text, bytes and scalars are keys."""
    if isinstance(key, np.ndarray):
        return key.ndim > 0
    return isinstance(key, Iterable) and not isinstance(key, str | bytes | bytearray)


def _is_vector(item: Any) -> bool:
    return isinstance(item, np.ndarray) and item.ndim == 1 and item.dtype.kind == "f"
