"""The arithmetic of nearness: unit vectors, cosines, and the best of many."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["cosines", "top", "unit_mean", "unit_rows"]

FloatArray = npt.NDArray[np.floating[Any]]


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
    """Return the cosine between each row and one query; 0 where either is all zeros.

    Parameters
    ----------
    vectors : array of shape (n, dim)
    query : array of shape (dim,)

    Returns
    -------
    array of shape (n,)
        Between -1 and 1.

    Examples
    --------
    >>> cosines(np.array([[2.0, 0.0], [0.0, 2.0], [0.0, 0.0]]), np.array([1.0, 0.0]))
    array([1., 0., 0.])
    """
    # Rounding can carry a cosine of parallel vectors past 1, and 1 - cosine below 0.
    return np.clip(unit_rows(vectors) @ unit_rows(query), -1, 1)


def top(scores: FloatArray, n: int, *, without: Sequence[int] = ()) -> npt.NDArray[np.intp]:
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
        bar = -np.partition(-scores[left], n - 1)[n - 1]
        left = left[scores[left] >= bar]
    return left[np.argsort(-scores[left], kind="stable")[:n]]
