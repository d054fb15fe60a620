"""Vectors as random effects: how many rows the prior is worth, by how much to shrink, and what stays uncertain."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["RandomEffects", "count_weighted_mean", "shrunk"]

FloatArray = npt.NDArray[np.floating[Any]]
Counts = npt.NDArray[np.integer[Any]]

# What the prior may be worth, in rows, and how often the best of so many candidates is looked at more closely.
LEAST, MOST, CANDIDATES, ZOOMS = 1e-2, 1e6, 81, 3


@dataclass(frozen=True)
class RandomEffects:
    """What the squared distances of a column's vectors from their mean say, by their counts.

    The model is that of a random intercept with as many numbers as a vector has: the true vector of a category is drawn
    around the mean with variance ``variance`` an entry, and a row of training tells it with ``k`` times that variance.
    Vectors that believe their ``n`` rows alone then lie around the mean with variance ``variance * (n + k) / n``, those
    of rare categories further out; vectors that were shrunk already, with ``variance * n / (n + k)``, those of rare
    categories further in. Given either, the most likely ``variance`` has a closed form, and ``k`` is found by search
    (maximum marginal likelihood, which is empirical Bayes: Efron & Morris 1975, "Data analysis using Stein's estimator
    and its generalizations"; for variances that differ by count, Searle, Casella & McCulloch 1992, "Variance
    Components", chapter 3).

    Parameters
    ----------
    k : float
        How many rows the prior is worth.
    variance : float
        Variance of true vectors around the mean, an entry, in squared units of the vectors.
    already : bool
        Whether the vectors were shrunk already, rather than believing their rows alone.
    """

    k: float
    variance: float
    already: bool

    @classmethod
    def of(cls, vectors: FloatArray, counts: Counts, k: float | None = None) -> "RandomEffects":
        """Return what fits best.

        Parameters
        ----------
        vectors : array of shape (n, dim)
            The vectors.
        counts : array of int of shape (n,)
            Their rows; those of none are not looked at.
        k : float, optional
            What the prior is worth, where that is known; 0 where the counts are all the same, and nothing can be said.

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
    """Return the mean of the vectors, each as often as it has rows; the plain mean where none has any.

    Examples
    --------
    >>> count_weighted_mean(np.array([[0.0], [4.0]]), np.array([3, 1]))
    array([1.])
    """
    weights = counts if counts.any() else np.ones(len(counts))
    mean: npt.NDArray[np.float64] = np.average(vectors.astype(np.float64), axis=0, weights=weights)
    return mean


def shrunk(vectors: FloatArray, counts: Counts, k: float) -> npt.NDArray[np.float64]:
    """Return the vectors pulled to their count-weighted mean, so that ``n / (n + k)`` of their way from it is left.

    Examples
    --------
    >>> shrunk(np.array([[0.0], [4.0]]), np.array([3, 1]), k=1.0).ravel()
    array([0.25, 2.5 ])
    """
    mean = count_weighted_mean(vectors, counts)
    kept = counts / (counts + k) if k > 0 else np.ones(len(counts))
    return mean + kept[:, None] * (vectors - mean)


def _best(
    squares: npt.NDArray[np.float64], rows: npt.NDArray[np.float64], k: float | None, already: bool
) -> tuple[float, float, float, bool]:
    """Return the likelihood, ``k`` and variance that fit best, of vectors that are shrunk already or are not."""
    candidates = np.r_[0.0, np.geomspace(LEAST, MOST, CANDIDATES)] if k is None else np.array([k])
    for _ in range(ZOOMS if k is None else 1):
        scales = [(rows + each) / rows if not already else rows / (rows + each) for each in candidates]
        variances = np.array([(squares / scale).mean() for scale in scales])
        # Of normal entries, by the entry and category; what does not depend on k is left out.
        likelihoods = -np.array([np.log(scale).mean() for scale in scales]) - np.log(variances)
        best = int(likelihoods.argmax())
        found = float(likelihoods[best]), float(candidates[best]), float(variances[best]), already
        if best == 0 or k is not None:
            break
        below, above = candidates[max(best - 1, 1)], candidates[min(best + 1, len(candidates) - 1)]
        candidates = np.r_[0.0, np.geomspace(below, above, CANDIDATES)]
    return found
