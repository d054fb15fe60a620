"""Groups of like categories."""

import numbers
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError
from tabemb.vectors.part import Part
from tabemb.vectors.similarity import unit_rows

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Clustering"]


class Clustering(Part):
    """The part of :class:`~tabemb.vectors.category_vectors.CategoryVectors` that groups categories."""

    __slots__ = ()

    def cluster(self, k: int, *, random_state: int = 0) -> "pd.Series[int]":
        """Group the categories into k clusters of like directions, by scikit-learn's k-means.

        The vectors are scaled to length one first, since like is what has a high cosine here: between unit vectors the
        squared distance is 2 - 2 cosine. Vectors of zeros stay zeros, in the middle.

        Parameters
        ----------
        k : int
            How many clusters, from 1 to the number of distinct directions.
        random_state : int, default=0
            Where k-means starts; the same number gives the same clusters.

        Returns
        -------
        pandas.Series of int of shape (n,)
            The cluster of each category, with the keys as index, ready for ``table["dest"].map(clusters)``. Cluster 0
            has the most categories, 1 the second most, and so on.

        Raises
        ------
        DataError
            When ``k`` is no whole number from 1, or more than there are directions.

        Examples
        --------
        >>> from tabemb import CategoryVectors
        >>> days = [[1.0, 0.0], [0.9, 0.1], [0.8, -0.1], [-0.6, 0.8]]
        >>> CategoryVectors(["mon", "tue", "wed", "sat"], days, name="weekday").cluster(2)
        weekday
        mon    0
        tue    0
        wed    0
        sat    1
        Name: weekday_cluster, dtype: int64
        """
        import pandas as pd

        labels = _clusters(unit_rows(self.vectors), k, random_state, self._owner())
        index = pd.Index(self.keys, name=self.name or None, dtype=None if len(self) else object)
        return pd.Series(labels, index=index, name=f"{self.name}_cluster" if self.name else "cluster")


def _clusters(unit: npt.NDArray[np.float32], k: object, seed: object, owner: str) -> npt.NDArray[np.int64]:
    if isinstance(k, bool) or not isinstance(k, numbers.Integral) or int(k) < 1:
        raise DataError(f"k is how many clusters to make: expected a whole number from 1, got {k!r}.")
    if isinstance(seed, bool) or not isinstance(seed, numbers.Integral) or int(seed) < 0:
        raise DataError(f"random_state is a whole number from 0, got {seed!r}.")
    # scikit-learn would warn, and return fewer. What rounding alone tells apart is one direction.
    distinct = len(np.unique(unit.round(6), axis=0))
    if int(k) > distinct:
        raise DataError(
            f"{owner}: {len(unit):,} categories have {distinct:,} distinct directions, which makes no {k:,} clusters. "
            f"Choose k from 1 to {distinct:,}."
        )
    from sklearn.cluster import KMeans

    found = KMeans(int(k), n_init=10, random_state=int(seed)).fit_predict(unit)
    by_size = np.argsort(-np.bincount(found, minlength=int(k)), kind="stable")
    places = np.empty(int(k), np.int64)
    places[by_size] = np.arange(int(k))
    labels: npt.NDArray[np.int64] = places[found]
    return labels
