"""The nearest neighbors of each category, and how well they agree between tables."""

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

# With two other categories, the nearest one means something.
FEWEST = 3
# The default of most_similar.
MOST_NEIGHBORS = 10
# Two random quarters of the others overlap by a seventh, two halves by a third, which leaves little to compare.
MOST_OF_THE_OTHERS = 4
# Maximum number of categories to compare, the most frequent ones: 25 million cosines per fit take half a second.
MOST_COMPARED = 5000
# Cosines in memory at a time: 16 MB of float32.
CELLS = 2**22


def neighborhood_size(n: int, k: int | None = None, *, of: str = "The column") -> int:
    """Return the number of neighbors to compare among n categories, of which there are 3 or more.

    ``k`` is from 1 to ``n - 2``: with ``n - 1`` every category is a neighbor of every other. By default it is 10, or a
    quarter of the other categories if that is less, but at least 1. ``of`` names their owner in the error message.

    Examples
    --------
    >>> neighborhood_size(1000), neighborhood_size(17), neighborhood_size(17, 5)
    (10, 4, 5)
    """
    if k is None:
        return min(MOST_NEIGHBORS, max(1, (n - 1) // MOST_OF_THE_OTHERS))
    if isinstance(k, bool) or not isinstance(k, numbers.Integral) or not 1 <= k <= n - 2:
        raise DataError(
            f"k, the number of neighbors to compare, must be an integer from 1 to {n - 2}; got {k!r}. "
            f"{of} has {n:,} categories to compare, so each has {n - 1:,} others, and k must be less than that."
        )
    return int(k)


def heaviest(weights: npt.NDArray[np.float64]) -> Rows:
    """Return the positions, in order, of the categories to compare: all, or the 5,000 with the largest weights.

    Examples
    --------
    >>> heaviest(np.array([3.0, 1.0, 2.0]))
    array([0, 1, 2])
    """
    return np.sort(np.argsort(-weights, kind="stable")[:MOST_COMPARED])


def nearest_rows(vectors: FloatArray, k: int) -> Rows:
    """Return the k rows with the highest cosines to each row, without the row itself: unordered, of shape (n, k).

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
    """Return the Jaccard index of two sets of neighbors of each row: the size of intersection over union.

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
    """Return the expected Jaccard index of two random sets of k out of n others.

    The size of the intersection is hypergeometric.

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
    """Return the mean Jaccard index of the neighbors of each row over all pairs of tables.

    The two or more tables have the same categories as rows. They need not be aligned or of the same dimension.

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
