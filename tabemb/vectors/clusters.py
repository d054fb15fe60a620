"""Groups of like categories."""

import numbers
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError
from tabemb.vectors.groups import by_size, groups_of
from tabemb.vectors.part import Part
from tabemb.vectors.similarity import unit_rows

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Clustering"]


class Clustering(Part):
    """The part of :class:`~tabemb.vectors.category_vectors.CategoryVectors` that groups categories."""

    __slots__ = ()

    def cluster(self, k: int | str = "auto", *, random_state: int = 0) -> "pd.Series[int]":
        """Group the categories into k clusters of like directions, by scikit-learn's k-means.

        The vectors are scaled to length one first, since like is what has a high cosine here: between unit vectors the
        squared distance is 2 - 2 cosine. Vectors of zeros stay zeros, in the middle.

        Parameters
        ----------
        k : int or "auto", default="auto"
            How many clusters, from 1 to the number of distinct directions. "auto" finds how many stand apart, at most
            7, by their silhouettes (:func:`~tabemb.vectors.groups.groups_of`): those that ``plot(color="cluster")`` and
            ``tabemb explore`` show.
        random_state : int, default=0
            Where k-means starts; the same number gives the same clusters.

        Returns
        -------
        pandas.Series of int of shape (n,)
            The cluster of each category, with the keys as index, ready for ``table["dest"].map(clusters)``. Cluster 0
            has the most categories, 1 the second most, and so on; of equal ones that of the first category is first.

        Raises
        ------
        DataError
            When ``k`` is neither "auto" nor a whole number from 1, or more than there are directions.

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

        if isinstance(random_state, bool) or not isinstance(random_state, numbers.Integral) or int(random_state) < 0:
            raise DataError(f"random_state is a whole number from 0, got {random_state!r}.")
        if isinstance(k, str) and k == "auto":
            labels = groups_of(self.vectors, random_state=int(random_state))
        else:
            labels = _clusters(unit_rows(self.vectors), k, int(random_state), self._owner())
        index = pd.Index(self.index_to_key, name=self.name or None, dtype=None if len(self) else object)
        return pd.Series(labels, index=index, name=f"{self.name}_cluster" if self.name else "cluster")


def _clusters(unit: npt.NDArray[np.float32], k: object, seed: int, owner: str) -> npt.NDArray[np.intp]:
    if isinstance(k, bool) or not isinstance(k, numbers.Integral) or int(k) < 1:
        raise DataError(f"k is how many clusters to make: expected a whole number from 1 or 'auto', got {k!r}.")
    # scikit-learn would warn, and return fewer. What rounding alone tells apart is one direction.
    distinct = len(np.unique(unit.round(6), axis=0))
    if int(k) > distinct:
        raise DataError(
            f"{owner}: {len(unit):,} categories have {distinct:,} distinct directions, which makes no {k:,} clusters. "
            f"Choose k from 1 to {distinct:,}."
        )
    from sklearn.cluster import KMeans

    return by_size(KMeans(int(k), n_init=10, random_state=seed).fit_predict(unit))
