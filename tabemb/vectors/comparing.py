"""How the categories of a column stand to each other: distances, ranks, and the table of all cosines."""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tabemb.vectors.querying import Querying
from tabemb.vectors.similarity import unit_rows

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Comparing"]

Float64s = npt.NDArray[np.float64]


class Comparing(Querying):
    """The part of :class:`~tabemb.vectors.category_vectors.CategoryVectors` that compares categories."""

    __slots__ = ()

    def distances(self, key: Any, others: Any = None) -> Float64s:
        """Return 1 - cosine from one category (or vector) to others.

        Parameters
        ----------
        key : key or vector
            A vector is a float array of shape (dim,).
        others : list of keys and vectors, optional
            All categories, in their order, by default.

        Returns
        -------
        float64 array of shape (n_others,)
            From 0, the same direction, to 2, the opposite one; 1 where a vector is all zeros.

        Raises
        ------
        UnknownKeyError
            When a key is not in the column; near keys are named.

        Examples
        --------
        >>> from tabemb import CategoryVectors
        >>> vectors = CategoryVectors(["mon", "tue", "sat"], [[1.0, 0.0], [0.8, 0.6], [-0.6, 0.8]])
        >>> vectors.distances("mon").round(2), vectors.distances("mon", ["sat"]).round(2)
        (array([0. , 0.2, 1.6]), array([1.6]))
        """
        search = self._searched("cosine")
        query = self._items([key]).vectors[0].astype(np.float64)
        if others is None:
            return 1.0 - search.scores(query)
        return 1.0 - search.metric.scores(self._items(others).vectors, query)

    def closer_than(self, a: Any, b: Any) -> list[Any]:
        """Return the categories that are closer to ``a`` than ``b`` is, by cosine, the closest first.

        Parameters
        ----------
        a, b : key or vector

        Returns
        -------
        list of keys
            Without ``a`` and ``b`` themselves.

        Examples
        --------
        >>> from tabemb import CategoryVectors
        >>> vectors = CategoryVectors(["mon", "tue", "sat"], [[1.0, 0.0], [0.8, 0.6], [-0.6, 0.8]])
        >>> vectors.closer_than("mon", "sat")
        ['tue']
        """
        one, two = self._items([a]), self._items([b])
        distances = self.distances(one.vectors[0])
        bar = self.distances(one.vectors[0], two.vectors)[0]
        order = np.argsort(distances, kind="stable")
        closer = order[distances[order] < bar]
        keys = self._index.keys_in_order
        return [keys[row] for row in closer.tolist() if row not in one.rows + two.rows]

    def rank(self, a: Any, b: Any) -> int:
        """Return the place of ``b`` among the neighbours of ``a``, by cosine: 1 for the nearest.

        Parameters
        ----------
        a, b : key or vector

        Returns
        -------
        int
            One more than how many are closer; so equally close categories have the same rank.

        Examples
        --------
        >>> from tabemb import CategoryVectors
        >>> vectors = CategoryVectors(["mon", "tue", "sat"], [[1.0, 0.0], [0.8, 0.6], [-0.6, 0.8]])
        >>> vectors.rank("mon", "tue"), vectors.rank("mon", "sat")
        (1, 2)
        """
        return len(self.closer_than(a, b)) + 1

    def similarity_matrix(self, keys: Any = None) -> "pd.DataFrame":
        """Return the cosines between all pairs of categories as a table.

        Parameters
        ----------
        keys : list of keys, optional
            All categories, in their order, by default. The table grows with the square: 20,000 take 3.2 gigabytes.

        Returns
        -------
        pandas.DataFrame of float64 of shape (n_keys, n_keys)
            Symmetric; 1 on the diagonal, 0 for vectors of zeros.

        Raises
        ------
        UnknownKeyError
            When a key is not in the column; near keys are named.

        Examples
        --------
        >>> from tabemb import CategoryVectors
        >>> CategoryVectors(["mon", "tue"], [[1.0, 0.0], [0.8, 0.6]]).similarity_matrix()
             mon  tue
        mon  1.0  0.8
        tue  0.8  1.0
        """
        import pandas as pd

        names = list(self._index) if keys is None else list(keys)
        unit = unit_rows(self.vectors.astype(np.float64) if keys is None else self._named(names))
        cosines = np.clip(unit @ unit.T, -1, 1)
        np.fill_diagonal(cosines, unit.any(axis=1))
        index = pd.Index(names, dtype=None if names else object)
        return pd.DataFrame(cosines, index=index, columns=index)

    def _named(self, keys: list[Any]) -> Float64s:
        rows = np.array([self._index[key] for key in keys], dtype=np.intp)
        return self.vectors[rows].astype(np.float64)
