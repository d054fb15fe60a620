"""The arithmetic of nearness: unit vectors, cosines, analogies, and the best of many.

Sums go row by row, never through a matrix product, whose last bits hang on how many rows there are: so equal rows have
equal scores, and a row has the same score whatever stands beside it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["EPSILON", "cosines", "multiplied", "nth_highest", "top", "unit_mean", "unit_rows", "within_reach"]

FloatArray = npt.NDArray[np.floating[Any]]
IntArray = npt.NDArray[np.intp]

# Keeps 3CosMul from dividing by zero; the value of the paper.
EPSILON = 0.001


def unit_rows(vectors: FloatArray) -> FloatArray:
    """Scale each row to length one; a row of zeros stays zeros.

    Parameters
    ----------
    vectors : array of shape (..., dim)
        Any finite numbers. The largest and the smallest floats are safe: a row is scaled by its largest entry before
        it is squared.

    Returns
    -------
    array of shape (..., dim)
        Of the dtype of the input.

    Examples
    --------
    >>> unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]]))
    array([[0.6, 0.8],
           [0. , 0. ]])
    """
    largest = np.abs(vectors).max(axis=-1, keepdims=True, initial=0)
    scaled = vectors / np.where(largest == 0, 1, largest)
    lengths = np.sqrt((scaled * scaled).sum(axis=-1, keepdims=True))
    unit: FloatArray = scaled / np.where(lengths == 0, 1, lengths)
    return unit


def unit_mean(positive: FloatArray, negative: FloatArray) -> FloatArray:
    """Add up the directions of the positive rows, take away those of the negative ones, and scale to length one.

    This is the query of gensim's ``most_similar`` and the 3CosAdd of Levy & Goldberg (2014), "Linguistic
    regularities in sparse and explicit word representations", equation 2.

    Parameters
    ----------
    positive, negative : array of shape (n, dim)
        Either may have no rows.

    Examples
    --------
    >>> unit_mean(np.array([[5.0, 0.0], [0.0, 7.0]]), np.array([[0.0, 1.0]]))
    array([1., 0.])
    """
    return unit_rows(unit_rows(positive).sum(axis=0) - unit_rows(negative).sum(axis=0))


def cosines(vectors: FloatArray, query: FloatArray) -> FloatArray:
    """Return the cosine between each row and one query, or its own; 0 where either is all zeros.

    Parameters
    ----------
    vectors : array of shape (..., dim)
    query : array of shape (dim,), or (..., dim)

    Returns
    -------
    array of shape (...)
        Between -1 and 1.

    Examples
    --------
    >>> cosines(np.array([[2.0, 0.0], [0.0, 2.0], [0.0, 0.0]]), np.array([1.0, 0.0]))
    array([1., 0., 0.])
    """
    # Rounding can carry a cosine of parallel vectors past 1, and 1 - cosine below 0.
    between: FloatArray = np.clip((unit_rows(vectors) * unit_rows(query)).sum(axis=-1), -1, 1)
    return between


def multiplied(to_a: FloatArray, to_b: FloatArray, to_c: FloatArray) -> FloatArray:
    """Return how well each row answers "a is to b as c is to it", by multiplication (3CosMul).

    Levy & Goldberg (2014), "Linguistic regularities in sparse and explicit word representations", equation 4: with
    cosines shifted to [0, 1], that to b times that to c, over that to a plus 0.001. No large term can outweigh the
    others, as one can in a sum.

    Parameters
    ----------
    to_a, to_b, to_c : array of shape (n,)
        Cosines, between -1 and 1.

    Returns
    -------
    array of shape (n,)
        From 0; above 1 where a row is nearer to b and c than to a.

    Examples
    --------
    >>> multiplied(np.array([0.0, 1.0]), np.array([1.0, 1.0]), np.array([1.0, 1.0])).round(3)
    array([1.996, 0.999])
    """
    a, b, c = ((1 + each) / 2 for each in (to_a, to_b, to_c))
    score: FloatArray = b * c / (a + EPSILON)
    return score


def within_reach(scores: FloatArray, n: int, margin: float) -> IntArray:
    """Return the positions that may be among the n best, when each score may be off by a margin; in ascending order.

    Parameters
    ----------
    scores : array of shape (m,)
    n : int
    margin : float
        At least the error of a score, in its unit; infinite where nothing is known.

    Examples
    --------
    >>> within_reach(np.array([0.1, 0.9, 0.5, 0.89]), 1, margin=0.01)
    array([1, 3])
    """
    if n >= len(scores) or not np.isfinite(margin):
        return np.arange(len(scores))
    return np.flatnonzero(scores >= nth_highest(scores, n) - 2 * margin)


def top(scores: FloatArray, n: int, *, without: Sequence[int] = ()) -> IntArray:
    """Return the positions of the highest scores, best first; among equal scores the first position comes first.

    Parameters
    ----------
    scores : array of shape (m,)
    n : int
        How many; fewer come where there are fewer.
    without : sequence of int
        Positions that are left out.

    Returns
    -------
    array of int

    Examples
    --------
    >>> top(np.array([0.1, 0.9, 0.5, 0.9]), 3)
    array([1, 3, 2])
    >>> top(np.array([0.1, 0.9, 0.5, 0.9]), 3, without=[1])
    array([3, 2, 0])
    """
    candidates = np.ones(len(scores), dtype=bool)
    candidates[list(without)] = False
    left = np.flatnonzero(candidates)
    if n < len(left):
        # Everything that ties with the n-th best stays in until the stable sort has decided.
        left = left[scores[left] >= nth_highest(scores[left], n)]
    return left[np.argsort(-scores[left], kind="stable")[:n]]


def nth_highest(scores: FloatArray, n: int) -> float:
    """Return the n-th highest of at least n scores.

    Examples
    --------
    >>> nth_highest(np.array([0.5, 0.25, 0.75]), 2)
    0.5
    """
    place = len(scores) - n
    return float(np.partition(scores, place)[place])
