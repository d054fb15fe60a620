"""Clusters of categories by direction, with a given number or one chosen by silhouette."""

import numbers
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError
from tabemb.vectors.keyed_matrix import KeyedMatrix
from tabemb.vectors.similarity import unit_rows

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MOST_CLUSTERS", "auto_clusters", "by_size", "cluster", "cluster_names", "k_means"]

FloatArray = npt.NDArray[np.floating[Any]]
Labels = npt.NDArray[np.intp]

# The number of colors that color-blind readers can distinguish.
MOST_CLUSTERS = 7
_SAMPLE = 2000
_NEARLY_BEST = 0.9


def cluster(matrix: KeyedMatrix, k: int | str = "auto", *, random_state: int = 0) -> "pd.Series[int]":
    """Return the cluster of each category; see ``CategoryVectors.cluster``."""
    import pandas as pd

    if isinstance(random_state, bool) or not isinstance(random_state, numbers.Integral) or int(random_state) < 0:
        raise DataError(f"random_state must be an integer from 0, got {random_state!r}.")
    if isinstance(k, str) and k == "auto":
        labels = auto_clusters(matrix.vectors, random_state=int(random_state))
    else:
        labels = k_means(matrix.vectors, k, random_state=int(random_state), owner=matrix.owner)
    index = pd.Index(matrix.index_to_key, name=matrix.name or None, dtype=None if len(matrix) else object)
    return pd.Series(labels, index=index, name=f"{matrix.name}_cluster" if matrix.name else "cluster")


def k_means(vectors: FloatArray, k: object, *, random_state: int = 0, owner: str = "The vectors") -> Labels:
    """Return k clusters of rows by direction, the largest first: k-means on unit vectors.

    Between unit vectors the squared distance is 2 - 2 cosine. Zero vectors stay zero. ``k`` is from 1 to the number of
    distinct directions.

    Examples
    --------
    >>> k_means(np.array([[1.0, 0.0], [-1.0, 0.1], [-1.0, 0.0]]), 2)
    array([1, 0, 0])
    """
    if isinstance(k, bool) or not isinstance(k, numbers.Integral) or int(k) < 1:
        raise DataError(f"k, the number of clusters, must be a positive integer or 'auto'; got {k!r}.")
    unit = unit_rows(vectors)
    # With more clusters scikit-learn would only warn. Directions that differ by rounding alone count once.
    distinct = len(np.unique(unit.round(6), axis=0))
    if int(k) > distinct:
        raise DataError(
            f"{owner}: cannot form {k:,} clusters from {distinct:,} distinct directions of {len(unit):,} categories. "
            f"Choose k from 1 to {distinct:,}."
        )
    from sklearn.cluster import KMeans

    return by_size(KMeans(int(k), n_init=10, random_state=random_state).fit_predict(unit))


def auto_clusters(vectors: FloatArray, *, most: int = MOST_CLUSTERS, random_state: int = 0) -> Labels:
    """Return clusters of rows by direction, the largest first, with their number chosen by silhouette.

    The number is the largest whose silhouette is at least nine tenths of the best (Rousseeuw 1987, "Silhouettes: a
    graphical aid to the interpretation and validation of cluster analysis"; the best alone favors few clusters). If
    there are more than 2,000 rows, 2,000 are sampled, and the others join the nearest cluster. ``most`` is the maximum
    number of clusters.

    Examples
    --------
    >>> auto_clusters(np.array([[1.0, 0.0], [-1.0, 0.1], [-1.0, 0.0], [2.0, 0.1], [-3.0, 0.0]]))
    array([1, 0, 0, 1, 0])
    """
    unit = unit_rows(np.asarray(vectors, dtype=np.float64))
    different = np.unique(unit.round(6), axis=0, return_inverse=True)[1].reshape(-1)
    n_different = int(different.max(initial=-1)) + 1
    if n_different < 3:
        return by_size(different)
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    drawn = unit[np.random.default_rng(random_state).permutation(len(unit))[:_SAMPLE]]
    tried = []
    for k in range(2, min(most, n_different - 1) + 1):
        fitted = KMeans(k, n_init=3, random_state=random_state).fit(drawn)
        if len(np.unique(fitted.labels_)) > 1:
            tried.append((silhouette_score(drawn, fitted.labels_), fitted))
    if not tried:
        return np.zeros(len(unit), dtype=np.intp)
    bar = _NEARLY_BEST * max(score for score, _ in tried)
    return by_size([fitted for score, fitted in tried if score >= bar][-1].predict(unit))


def cluster_names(labels: Sequence[str], clusters: Labels, n_named: int = 2) -> list[str]:
    """Return a name for each cluster, made of its first members.

    ``labels`` are those of the categories, most frequent first; a name has at most ``n_named`` of them.

    Examples
    --------
    >>> cluster_names(["JFK", "LAX", "LGA", "EWR"], np.array([0, 1, 0, 0]))
    ['JFK, LGA, …', 'LAX']
    """
    names = []
    for number in range(int(clusters.max(initial=-1)) + 1):
        members = np.flatnonzero(clusters == number)
        name = ", ".join(labels[row] for row in members[:n_named]) + (", …" if len(members) > n_named else "")
        # Truncated labels may be equal.
        names.append(f"{name} ({number + 1})" if name in names else name)
    return names


def by_size(labels: npt.NDArray[Any]) -> Labels:
    """Renumber clusters: the largest first, ties by the first member.

    Examples
    --------
    >>> by_size(np.array([5, 9, 9, 7]))
    array([1, 0, 0, 2])
    """
    found, first, sizes = np.unique(labels, return_index=True, return_counts=True)
    order = np.lexsort([first, -sizes])
    ranks = np.empty(len(found), dtype=np.intp)
    ranks[order] = np.arange(len(found))
    return ranks[np.searchsorted(found, labels)]
