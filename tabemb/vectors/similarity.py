"""The arithmetic of similarity: unit vectors, cosines, analogies, means, and the highest of many scores.

Sums are computed row by row, not by matrix products, whose last bits depend on the number of rows. So equal rows have
equal scores, and the score of a row does not depend on the other rows.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "cosine_frame",
    "cosines",
    "multiplied",
    "nth_highest",
    "top",
    "unit_mean",
    "unit_rows",
    "weighted_mean",
    "within_reach",
]

FloatArray = npt.NDArray[np.floating[Any]]
IntArray = npt.NDArray[np.intp]

# Prevents division by zero in 3CosMul; the value of the paper.
EPSILON = 0.001


def unit_rows(vectors: FloatArray) -> FloatArray:
    """Return rows scaled to length one, in the same dtype; zero rows stay zero.

    Parameters
    ----------
    vectors : array of shape (..., dim)
        Finite. Rows are scaled by their largest entry before squaring, so that no float over- or underflows.

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
    """Return the sum of the positive directions minus that of the negative ones, scaled to length one.

    This is the query of gensim's ``most_similar`` and the 3CosAdd of Levy & Goldberg (2014), "Linguistic
    regularities in sparse and explicit word representations", equation 2.

    The arrays have the shape (n, dim); either may have no rows.

    Examples
    --------
    >>> unit_mean(np.array([[5.0, 0.0], [0.0, 7.0]]), np.array([[0.0, 1.0]]))
    array([1., 0.])
    """
    return unit_rows(unit_rows(positive).sum(axis=0) - unit_rows(negative).sum(axis=0))


def weighted_mean(rows: FloatArray, weights: npt.ArrayLike | None = None) -> FloatArray:
    """Return the weighted sum of rows divided by the sum of the absolute weights, which are 1 by default.

    Raises
    ------
    DataError
        If weights do not match the rows, are not finite, or are all 0.
    """
    n = len(rows)
    try:
        given = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"Expected numbers as weights, one for each key; got {weights!r}.") from error
    if given.shape != (n,):
        raise DataError(f"Expected {n} weights, one for each key; got an array of shape {given.shape}.")
    total = np.abs(given).sum()
    if not np.isfinite(total) or total == 0:
        raise DataError(f"Expected finite weights that are not all 0; got {given.tolist()}.")
    mean: FloatArray = given / total @ rows
    return mean


def cosines(vectors: FloatArray, query: FloatArray) -> FloatArray:
    """Return the cosine, from -1 to 1, of each row (..., dim) and a query (dim,), or its own query (..., dim).

    It is 0 if either is all zeros.

    Examples
    --------
    >>> cosines(np.array([[2.0, 0.0], [0.0, 2.0], [0.0, 0.0]]), np.array([1.0, 0.0]))
    array([1., 0., 0.])
    """
    # Rounding can carry the cosine of parallel vectors above 1, and 1 - cosine below 0.
    between: FloatArray = np.clip((unit_rows(vectors) * unit_rows(query)).sum(axis=-1), -1, 1)
    return between


def cosine_frame(vectors: FloatArray, names: Sequence[Any]) -> "pd.DataFrame":
    """Return the cosines of all pairs of rows as a table with names; 1 on the diagonal, 0 for zero rows."""
    import pandas as pd

    unit = unit_rows(vectors.astype(np.float64))
    matrix = np.clip(unit @ unit.T, -1, 1)
    np.fill_diagonal(matrix, unit.any(axis=1))
    index = pd.Index(names, dtype=None if len(names) else object)
    return pd.DataFrame(matrix, index=index, columns=index)


def multiplied(to_a: FloatArray, to_b: FloatArray, to_c: FloatArray) -> FloatArray:
    """Return the 3CosMul score of each row for "a is to b as c is to ...", from its cosines to a, b and c.

    Levy & Goldberg (2014), "Linguistic regularities in sparse and explicit word representations", equation 4: with
    cosines shifted to [0, 1], that to b times that to c, divided by that to a plus 0.001. In a product, unlike in a
    sum, no single term dominates. Scores are above 1 if a row is nearer to b and c than to a.

    Examples
    --------
    >>> multiplied(np.array([0.0, 1.0]), np.array([1.0, 1.0]), np.array([1.0, 1.0])).round(3)
    array([1.996, 0.999])
    """
    a, b, c = ((1 + each) / 2 for each in (to_a, to_b, to_c))
    score: FloatArray = b * c / (a + EPSILON)
    return score


def within_reach(scores: FloatArray, n: int, margin: float) -> IntArray:
    """Return, in ascending order, the positions that may be among the n highest if scores are off by a margin.

    The margin is the maximum error of a score; infinite if unknown.

    Examples
    --------
    >>> within_reach(np.array([0.1, 0.9, 0.5, 0.89]), 1, margin=0.01)
    array([1, 3])
    """
    if n >= len(scores) or not np.isfinite(margin):
        return np.arange(len(scores))
    return np.flatnonzero(scores >= nth_highest(scores, n) - 2 * margin)


def top(scores: FloatArray, n: int, *, without: Sequence[int] = ()) -> IntArray:
    """Return the positions of the n highest scores, highest first, ties by position.

    Positions in ``without`` are excluded. Fewer are returned if there are fewer.

    Examples
    --------
    >>> top(np.array([0.1, 0.9, 0.5, 0.9]), 3, without=[1])
    array([3, 2, 0])
    """
    candidates = np.ones(len(scores), dtype=bool)
    candidates[list(without)] = False
    left = np.flatnonzero(candidates)
    if n < len(left):
        # Keep all ties with the n-th highest for the stable sort.
        left = left[scores[left] >= nth_highest(scores[left], n)]
    return left[np.argsort(-scores[left], kind="stable")[:n]]


def nth_highest(scores: FloatArray, n: int) -> float:
    """Return the n-th highest of at least n scores."""
    place = len(scores) - n
    return float(np.partition(scores, place)[place])
