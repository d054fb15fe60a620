"""How alike two tables arrange the same categories as a whole, whatever their axes and dimensions."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["dealt_likeness", "likeness", "pair_likenesses"]

FloatArray = npt.NDArray[np.floating[Any]]


def likeness(one: FloatArray, two: FloatArray, weights: npt.ArrayLike) -> float:
    """Return the linear centred kernel alignment of two tables: the likeness of their inner products.

    ``|X' W Y|^2 / (|X' W X| |Y' W Y|)`` of vectors around their means (CKA: Kornblith et al. 2019, arXiv:1905.00414,
    section 3; the RV coefficient of Robert & Escoufier 1976). Turns and a common factor change nothing. It goes by the
    directions in which vectors differ most, so that it finds what two fits share even where each vector by itself is
    mostly noise, and neighbours are others.

    Parameters
    ----------
    one, two : array of shape (n, any dim)
        Whose rows stand for the same categories.
    weights : array of shape (n,)
        How much each row counts.

    Returns
    -------
    float
        From 0, nothing in common, to 1; 0 where the rows of one side do not differ. Tables of noise are above 0, the
        more so the fewer rows they have for their dimensions.

    Examples
    --------
    >>> rows = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 1.0]])
    >>> round(likeness(rows, 5 * rows[:, ::-1], [1, 1, 1]), 6)
    1.0
    """
    share = np.asarray(weights, np.float64)
    share = share / share.sum()
    return _likeness(_around(one, share), _around(two, share), share)


def pair_likenesses(tables: Sequence[FloatArray], weights: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the likeness of each pair of some tables.

    Parameters
    ----------
    tables : sequence of array of shape (n, any dim)
        Two or more.
    weights : array of shape (n,)
        How much each row counts.

    Examples
    --------
    >>> rows = np.array([[1.0], [2.0], [4.0]])
    >>> pair_likenesses([rows, -rows, 2 * rows], [1, 1, 1]).round(6)
    array([1., 1., 1.])
    """
    return np.array([likeness(one, two, weights) for one, two in combinations(tables, 2)])


def dealt_likeness(
    one: FloatArray, two: FloatArray, weights: npt.ArrayLike, n_permutations: int, seed: int
) -> npt.NDArray[np.float64]:
    """Return the likeness of two tables when the vectors of the second are dealt out to the categories anew.

    Parameters
    ----------
    one, two, weights
        As for :func:`likeness`.
    n_permutations : int
        How many times.
    seed : int
        Of the permutations.

    Returns
    -------
    array of shape (n_permutations,)

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(50, 2))
    >>> bool((dealt_likeness(rows, rows, np.ones(50), 9, 0) < 0.2).all())
    True
    """
    rng, share = np.random.default_rng(seed), np.asarray(weights, np.float64)
    share = share / share.sum()
    own = _around(one, share)
    found = [_likeness(own, _around(two[rng.permutation(len(two))], share), share) for _ in range(n_permutations)]
    return np.array(found)


def _around(table: FloatArray, share: FloatArray) -> npt.NDArray[np.float64]:
    # From the first row, so that rows that are all the same become zeros to the last digit.
    rows = np.asarray(table, np.float64) - table[0]
    around: npt.NDArray[np.float64] = rows - share @ rows
    return around


def _likeness(one: FloatArray, two: FloatArray, share: FloatArray) -> float:
    weighted = share[:, None] * two
    lengths = np.linalg.norm(one.T @ (share[:, None] * one)) * np.linalg.norm(two.T @ weighted)
    return float(np.linalg.norm(one.T @ weighted) ** 2 / lengths) if lengths else 0.0
