"""Which categories are the nearest ones of which, and how far two tables agree about it."""

import numbers
from collections.abc import Sequence
from math import comb
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError
from tabemb.vectors.similarity import unit_rows

__all__ = ["FEWEST", "agreement", "chance_overlap", "heaviest", "nearest_rows", "neighborhood_size", "overlaps"]

FloatArray = npt.NDArray[np.floating[Any]]
Rows = npt.NDArray[np.intp]

# A category has a nearest one, that is not simply the only other one, among two others.
FEWEST = 3
# What most_similar shows.
MOST_NEIGHBOURS = 10
# Two random quarters of the others overlap by a seventh, two halves by a third: there would be little left to tell.
MOST_OF_THE_OTHERS = 4
# Neighbours are looked for among so many categories, the most frequent ones: 25 million cosines a fit, half a second.
MOST_COMPARED = 5000
# Cosines that are in memory at once: 16 MB of float32.
CELLS = 2**22


def neighborhood_size(n: int, k: int | None = None, *, of: str = "The column") -> int:
    """Return how many neighbours are looked at among n categories.

    Parameters
    ----------
    n : int
        Number of categories, 3 or more.
    k : int, optional
        The wish; 10 by default, or a quarter of the other categories where that is less, but 1 at least.
    of : str
        What has the categories, for the message.

    Raises
    ------
    DataError
        When ``k`` is no whole number from 1 to ``n - 2``: with ``n - 1`` all are neighbours of all.

    Examples
    --------
    >>> neighborhood_size(1000), neighborhood_size(17), neighborhood_size(17, 5)
    (10, 4, 5)
    """
    if k is None:
        return min(MOST_NEIGHBOURS, max(1, (n - 1) // MOST_OF_THE_OTHERS))
    if isinstance(k, bool) or not isinstance(k, numbers.Integral) or not 1 <= k <= n - 2:
        raise DataError(
            f"k is how many neighbours are looked at: expected a whole number from 1 to {n - 2}, got {k!r}. "
            f"{of} has {n:,} categories to compare, and each has {n - 1:,} others, of which some must stay outside."
        )
    return int(k)


def heaviest(weights: npt.NDArray[np.float64]) -> Rows:
    """Return the places, in order, of the categories whose neighbours are looked at: all, or the 5,000 that count most.

    Examples
    --------
    >>> heaviest(np.array([3.0, 1.0, 2.0]))
    array([0, 1, 2])
    """
    return np.sort(np.argsort(-weights, kind="stable")[:MOST_COMPARED])


def nearest_rows(vectors: FloatArray, k: int) -> Rows:
    """Return the k rows that have the highest cosines with each row, itself left out.

    Parameters
    ----------
    vectors : array of shape (n, dim)
        With ``n > k``.
    k : int
        How many.

    Returns
    -------
    array of int of shape (n, k)
        In no order.

    Examples
    --------
    >>> nearest_rows(np.array([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0]]), 1).ravel()
    array([1, 0, 1])
    """
    unit = unit_rows(vectors.astype(np.float32, copy=False))
    n = len(unit)
    found, step = np.empty((n, k), dtype=np.intp), max(1, CELLS // max(n, 1))
    for start in range(0, n, step):
        stop = min(start + step, n)
        far = -(unit[start:stop] @ unit.T)
        far[np.arange(stop - start), np.arange(start, stop)] = np.inf
        found[start:stop] = np.argpartition(far, k - 1, axis=1)[:, :k]
    return found


def overlaps(one: Rows, two: Rows) -> npt.NDArray[np.float64]:
    """Return for each row the Jaccard index of two sets of neighbours: shared ones as a share of all in either.

    Parameters
    ----------
    one, two : array of int of shape (n, k)
        As :func:`nearest_rows` gives them.

    Examples
    --------
    >>> overlaps(np.array([[1, 2], [0, 2]]), np.array([[2, 1], [0, 3]]))
    array([1.        , 0.33333333])
    """
    k = one.shape[1]
    both = np.zeros(len(one))
    for column in range(k):
        both += (one[:, column, None] == two).any(axis=1)
    shares: npt.NDArray[np.float64] = both / (2 * k - both)
    return shares


def chance_overlap(n_others: int, k: int) -> float:
    """Return the Jaccard index that two random sets of k of the same n others have in the mean.

    The number that both have is hypergeometric.

    Examples
    --------
    >>> round(chance_overlap(100, 10), 3), chance_overlap(10, 10)
    (0.055, 1.0)
    """
    draws = comb(n_others, k)
    least = max(0, 2 * k - n_others)
    return sum(
        comb(k, both) * comb(n_others - k, k - both) / draws * both / (2 * k - both) for both in range(least, k + 1)
    )


def agreement(tables: Sequence[FloatArray], k: int) -> npt.NDArray[np.float64]:
    """Return for each row the mean Jaccard index of its neighbours over all pairs of some tables.

    Parameters
    ----------
    tables : sequence of array of shape (n, any dim)
        Two or more, whose rows stand for the same categories. No alignment is needed.
    k : int
        How many neighbours.

    Returns
    -------
    array of float64 of shape (n,)

    Examples
    --------
    >>> rows = np.array([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [0.1, 1.0]])
    >>> agreement([rows, rows[:, ::-1]], 1)
    array([1., 1., 1., 1.])
    """
    found = [nearest_rows(table, k) for table in tables]
    pairs = [overlaps(one, two) for place, one in enumerate(found) for two in found[place + 1 :]]
    mean: npt.NDArray[np.float64] = np.mean(pairs, axis=0)
    return mean
