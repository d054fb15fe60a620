"""Groups of categories that point the same way, with their number found by itself."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.vectors.similarity import unit_rows

__all__ = ["MOST_GROUPS", "by_size", "group_names", "groups_of"]

FloatArray = npt.NDArray[np.floating[Any]]

# As many as have colours that colour-blind eyes can tell apart.
MOST_GROUPS = 7
_DRAWN = 2000
_NEARLY = 0.9


def groups_of(vectors: FloatArray, *, most: int = MOST_GROUPS, random_state: int = 0) -> npt.NDArray[np.intp]:
    """Put categories into groups by the direction of their vectors: k-means on unit vectors.

    Of the numbers of groups whose silhouette is at least nine tenths of the best, the largest is taken (Rousseeuw 1987,
    "Silhouettes: a graphical aid to the interpretation and validation of cluster analysis"; it favours few groups).
    Where there are more than 2,000 categories, so many are drawn, and the others go to the nearest group.

    Parameters
    ----------
    vectors : array of shape (n, dim)
    most : int, default=7
        At most so many groups.
    random_state : int, default=0

    Returns
    -------
    array of int of shape (n,)
        From 0; the group with the most categories first, among equal ones that of the first category.

    Examples
    --------
    >>> groups_of(np.array([[1.0, 0.0], [-1.0, 0.1], [-1.0, 0.0], [2.0, 0.1], [-3.0, 0.0]]))
    array([1, 0, 0, 1, 0])
    """
    unit = unit_rows(np.asarray(vectors, dtype=np.float64))
    different = np.unique(unit.round(6), axis=0, return_inverse=True)[1].reshape(-1)
    n_different = int(different.max(initial=-1)) + 1
    if n_different < 3:
        return by_size(different)
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    drawn = unit[np.random.default_rng(random_state).permutation(len(unit))[:_DRAWN]]
    tried = []
    for k in range(2, min(most, n_different - 1) + 1):
        fitted = KMeans(k, n_init=3, random_state=random_state).fit(drawn)
        if len(np.unique(fitted.labels_)) > 1:
            tried.append((silhouette_score(drawn, fitted.labels_), fitted))
    if not tried:
        return np.zeros(len(unit), dtype=np.intp)
    bar = _NEARLY * max(score for score, _ in tried)
    return by_size([fitted for score, fitted in tried if score >= bar][-1].predict(unit))


def group_names(labels: Sequence[str], groups: npt.NDArray[np.intp], n_named: int = 2) -> list[str]:
    """Name each group after its first members.

    Parameters
    ----------
    labels : sequence of str
        Of the categories, the most frequent first.
    groups : array of int of shape (n,)
        As :func:`groups_of` returns them.
    n_named : int, default=2
        How many members are named.

    Examples
    --------
    >>> group_names(["JFK", "LAX", "LGA", "EWR"], np.array([0, 1, 0, 0]))
    ['JFK, LGA, …', 'LAX']
    """
    names = []
    for group in range(int(groups.max(initial=-1)) + 1):
        members = np.flatnonzero(groups == group)
        name = ", ".join(labels[row] for row in members[:n_named]) + (", …" if len(members) > n_named else "")
        # Labels that were cut may be the same.
        names.append(f"{name} ({group + 1})" if name in names else name)
    return names


def by_size(labels: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
    """Number groups anew: the largest first, among equal ones the one whose first member comes first.

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
