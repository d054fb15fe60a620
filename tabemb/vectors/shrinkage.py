"""Shrinkage of vectors by count: the prior's strength, how far to shrink, and the remaining uncertainty."""

import numbers
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError
from tabemb.vectors.keyed_matrix import KeyedMatrix

__all__ = ["RandomEffects", "count_weighted_mean", "shrink", "shrunk", "uncertainty"]

FloatArray = npt.NDArray[np.floating[Any]]
Counts = npt.NDArray[np.integer[Any]]
Matrix = TypeVar("Matrix", bound=KeyedMatrix)

# Search range of k, in rows; number of candidates, and of refinements around the best one.
LEAST, MOST, CANDIDATES, ZOOMS = 1e-2, 1e6, 81, 3


def shrink(matrix: Matrix, k: float | str = "auto") -> Matrix:
    """Return vectors shrunk to their count-weighted mean; see ``CategoryVectors.shrink``."""
    effects = _effects(matrix, k)
    if matrix.counts is None or not len(matrix) or effects.k == 0 or (k == "auto" and effects.already):
        return matrix.replace(matrix.vectors)
    return matrix.replace(shrunk(matrix.vectors, matrix.counts, effects.k))


def uncertainty(matrix: KeyedMatrix, k: float | str = "auto") -> npt.NDArray[np.float64]:
    """Return the posterior standard deviation of an entry of each vector; see ``CategoryVectors.uncertainty``."""
    effects = _effects(matrix, k)
    return np.zeros(0) if matrix.counts is None or not len(matrix) else effects.uncertainty(matrix.counts)


@dataclass(frozen=True)
class RandomEffects:
    """A random intercept model of a column's vectors, estimated from their squared distances to the mean.

    The true vector of a category is drawn around the mean with a variance of ``variance`` per entry; each row of
    training observes it with ``k`` times that variance. Vectors estimated from their ``n`` rows alone have the variance
    ``variance * (n + k) / n`` around the mean: rare categories are farther out. Vectors that are already shrunk have
    ``variance * n / (n + k)``: rare categories are closer. For both cases the maximum likelihood ``variance`` has a
    closed form, and ``k`` is found by search (maximum marginal likelihood, i.e. empirical Bayes: Efron & Morris 1975,
    "Data analysis using Stein's estimator and its generalizations"; with variances by count, Searle, Casella &
    McCulloch 1992, "Variance Components", chapter 3).

    Parameters
    ----------
    k : float
        Strength of the prior, in rows.
    variance : float
        Variance per entry of the true vectors around the mean, in squared units of the vectors.
    already : bool
        Whether the vectors are already shrunk.
    """

    k: float
    variance: float
    already: bool

    @classmethod
    def of(cls, vectors: FloatArray, counts: Counts, k: float | None = None) -> "RandomEffects":
        """Return the maximum likelihood estimate.

        Parameters
        ----------
        vectors : array of shape (n, dim)
        counts : array of int of shape (n,)
            Rows of each vector. Vectors without rows are ignored.
        k : float, optional
            Strength of the prior, if known. It is estimated as 0 if all counts are equal.

        Examples
        --------
        >>> rng, counts = np.random.default_rng(0), np.tile([1, 5, 50], 500)
        >>> true, noise = rng.normal(size=(1500, 4)), rng.normal(size=(1500, 4))
        >>> found = RandomEffects.of(true + noise * np.sqrt(8 / counts)[:, None], counts)
        >>> round(found.k), round(found.variance, 1), found.already
        (8, 1.0, False)
        """
        seen = counts > 0
        squares = ((vectors[seen] - count_weighted_mean(vectors, counts)) ** 2).mean(axis=1, dtype=np.float64)
        rows = counts[seen].astype(np.float64)
        if not squares.any() or (k is None and len(np.unique(rows)) < 2):
            return cls(0.0 if k is None else k, float(squares.mean()) if len(squares) else 0.0, False)
        sides = [_best(squares, rows, k, already) for already in (False, True)]
        _, best, variance, already = max(sides, key=lambda side: side[0])
        return cls(best, variance, already)

    def uncertainty(self, counts: Counts) -> npt.NDArray[np.float64]:
        """Return the posterior standard deviation of an entry of each vector, ``sqrt(variance * k / (n + k))``."""
        if self.k == 0:
            return np.where(counts > 0, 0.0, np.sqrt(self.variance))
        deviation: npt.NDArray[np.float64] = np.sqrt(self.variance * self.k / (counts + self.k))
        return deviation


def count_weighted_mean(vectors: FloatArray, counts: Counts) -> npt.NDArray[np.float64]:
    """Return the mean of the vectors weighted by their counts; the unweighted mean if all counts are 0.

    Examples
    --------
    >>> count_weighted_mean(np.array([[0.0], [4.0]]), np.array([3, 1]))
    array([1.])
    """
    weights = counts if counts.any() else np.ones(len(counts))
    mean: npt.NDArray[np.float64] = np.average(vectors.astype(np.float64), axis=0, weights=weights)
    return mean


def shrunk(vectors: FloatArray, counts: Counts, k: float) -> npt.NDArray[np.float64]:
    """Return the vectors with their difference from the count-weighted mean multiplied by ``n / (n + k)``."""
    mean = count_weighted_mean(vectors, counts)
    kept = counts / (counts + k) if k > 0 else np.ones(len(counts))
    return mean + kept[:, None] * (vectors - mean)


def _effects(matrix: KeyedMatrix, k: float | str) -> RandomEffects:
    given = isinstance(k, numbers.Real) and not isinstance(k, bool) and 0 <= k < np.inf
    if not given and not (isinstance(k, str) and k == "auto"):
        raise DataError(f"k must be 'auto' or a number of rows of at least 0; got {k!r}.")
    if matrix.counts is None:
        raise DataError(f"The vectors of column {matrix.name!r} have no counts, which shrinkage needs.")
    if not len(matrix):
        return RandomEffects(0.0, 0.0, False)
    number: Any = k
    return RandomEffects.of(matrix.vectors, matrix.counts, float(number) if given else None)


def _best(
    squares: npt.NDArray[np.float64], rows: npt.NDArray[np.float64], k: float | None, already: bool
) -> tuple[float, float, float, bool]:
    """Return the highest likelihood with its ``k`` and variance, for vectors that are already shrunk or not."""
    candidates = np.r_[0.0, np.geomspace(LEAST, MOST, CANDIDATES)] if k is None else np.array([k])
    for _ in range(ZOOMS if k is None else 1):
        scales = [(rows + each) / rows if not already else rows / (rows + each) for each in candidates]
        variances = np.array([(squares / scale).mean() for scale in scales])
        # Of normal entries, per entry and category, without terms that do not depend on k.
        likelihoods = -np.array([np.log(scale).mean() for scale in scales]) - np.log(variances)
        best = int(likelihoods.argmax())
        found = float(likelihoods[best]), float(candidates[best]), float(variances[best]), already
        if best == 0 or k is not None:
            break
        below, above = candidates[max(best - 1, 1)], candidates[min(best + 1, len(candidates) - 1)]
        candidates = np.r_[0.0, np.geomspace(below, above, CANDIDATES)]
    return found
