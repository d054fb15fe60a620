"""Draws of the vectors that fits to other rows would have."""

from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.vectors.sampling_noise import SamplingNoise
from tabemb.vectors.shrinkage import count_weighted_mean
from tabemb.vectors.threads import ONE_THREAD

__all__ = ["VectorDraws"]

TINY = 1e-30


class VectorDraws:
    """Draws of the vectors that fits to other rows would have.

    The vectors are estimates: each is the true vector of the category plus noise. The true vectors are normal around
    their mean, with the variance that the estimates have beyond the noise, along each principal axis. Given the
    estimates, they are nearer to the mean (empirical Bayes: Efron & Morris 1975, "Data analysis using Stein's estimator
    and its generalizations"), and a refit to other rows has noise of its own. Without this shrinkage, nearest neighbors
    would appear to be more reliable than they are, since those that are near by chance are among them.

    Parameters
    ----------
    vectors : array of shape (n, dim)
        The vectors of the categories.
    counts : array of shape (n,)
        Number of rows of each.
    noise : SamplingNoise
        Their noise.
    seed : int
        Random seed of the draws.
    drawn : array of int, optional
        Rows to draw; all by default. The mean and the variance of the true vectors are those of all rows.
    """

    def __init__(
        self,
        vectors: npt.NDArray[Any],
        counts: npt.NDArray[Any],
        noise: SamplingNoise,
        seed: int,
        drawn: npt.NDArray[np.intp] | None = None,
    ) -> None:
        weights = np.maximum(counts, 1).astype(np.float64)
        mean = count_weighted_mean(vectors, weights)
        away = vectors - mean
        with ONE_THREAD:
            self._axes = np.linalg.eigh((away * (weights / weights.sum())[:, None]).T @ away)[1]
        away = away @ self._axes
        by_axis = np.maximum(np.einsum("id,ij,jd->d", self._axes, noise.covariance, self._axes), 0)
        variances = noise.scales(counts)[:, None] * by_axis
        true = np.maximum(np.square(away).mean(axis=0) - variances.mean(axis=0), 0)
        if drawn is not None:
            away, variances = away[drawn], variances[drawn]
        kept = true / (true + variances + TINY)
        self._expected = (mean @ self._axes + kept * away).astype(np.float32)
        self._spread = np.sqrt(variances * (1 + kept)).astype(np.float32)
        self._generator = np.random.default_rng(seed)

    def __call__(self) -> npt.NDArray[np.float32]:
        """Return a draw of the vectors, of shape (n_drawn, dim), along the principal axes (distances are the same)."""
        drawn: npt.NDArray[np.float32] = self._generator.standard_normal(self._expected.shape, dtype=np.float32)
        vectors: npt.NDArray[np.float32] = self._expected + self._spread * drawn
        return vectors

    def along_axes(self, vectors: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Return given vectors in the axes of the draws."""
        along: npt.NDArray[np.float32] = (vectors @ self._axes).astype(np.float32)
        return along
