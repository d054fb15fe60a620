"""How far the frequencies of categories in one table are from those in another."""

import numpy as np
import numpy.typing as npt

__all__ = ["drift_by_chance", "jensen_shannon"]

Counts = npt.NDArray[np.integer]

# Samples that the distance by chance is the mean of.
N_SAMPLES = 5


def jensen_shannon(counts: npt.ArrayLike, others: npt.ArrayLike) -> float:
    """Return the Jensen-Shannon distance of two frequency distributions, between 0 (the same) and 1 (disjoint).

    It is the square root of the Jensen-Shannon divergence in bits (Lin 1991, "Divergence measures based on the Shannon
    entropy", IEEE Transactions on Information Theory 37), which is a metric (Endres & Schindelin 2003, "A new metric
    for probability distributions", the same journal 49). Unlike the population stability index, it needs no smoothing
    for categories that only one of the tables has.

    Parameters
    ----------
    counts, others : array-like of shape (n,)
        Number of rows of each category in the two tables. NaN results if one has no rows.

    Examples
    --------
    >>> jensen_shannon([5, 5], [1, 1]), jensen_shannon([5, 0], [0, 3])
    (0.0, 1.0)
    """
    p, q = np.asarray(counts, np.float64), np.asarray(others, np.float64)
    if not p.sum() or not q.sum():
        return float("nan")
    p, q = p / p.sum(), q / q.sum()
    mean = (p + q) / 2
    bits = _bits(p, mean) + _bits(q, mean)
    return float(np.sqrt(np.clip(bits / 2, 0.0, 1.0)))


def drift_by_chance(counts: npt.ArrayLike, n_rows: int) -> float:
    """Return the mean distance of random samples of the first table's distribution to it.

    A column with many categories is never sampled exactly, so that a small table is at some distance even if nothing
    has changed. The samples are always the same.

    Parameters
    ----------
    counts : array-like of int of shape (n,)
        Number of rows of each category.
    n_rows : int
        Number of rows of a sample.

    Examples
    --------
    >>> few, many = (drift_by_chance([1] * 100, n_rows) for n_rows in (50, 5000))
    >>> few > 0.5 > 0.1 > many
    True
    """
    shares = np.asarray(counts, np.float64)
    if not shares.sum() or not n_rows:
        return float("nan")
    rng = np.random.default_rng(0)
    samples = rng.multinomial(n_rows, shares / shares.sum(), size=N_SAMPLES)
    return float(np.mean([jensen_shannon(shares, each) for each in samples]))


def _bits(p: npt.NDArray[np.float64], mean: npt.NDArray[np.float64]) -> float:
    there = p > 0
    return float(p[there] @ np.log2(p[there] / mean[there]))
