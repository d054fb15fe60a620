"""Calibration: whether predicted probabilities are the shares that come true."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Calibration"]


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Predicted probabilities and observed shares of a class, in bins of test rows.

    Parameters
    ----------
    predicted : array of shape (n_bins,)
        Mean probability of the second class in each bin, smallest first.
    observed : array of shape (n_bins,)
        Share of the second class in each bin.
    counts : array of int of shape (n_bins,)
        Number of rows.

    Examples
    --------
    >>> found = Calibration.of(np.array([0, 0, 1, 1]), np.array([0.1, 0.3, 0.6, 0.9]), n_bins=2)
    >>> found.predicted.tolist(), found.observed.tolist(), found.counts.tolist()
    ([0.2, 0.75], [0.0, 1.0], [2, 2])
    >>> round(found.error, 3)
    0.225
    """

    predicted: np.ndarray
    observed: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, truth: np.ndarray, probabilities: np.ndarray, n_bins: int = 10) -> "Calibration":
        """Return the calibration of probabilities, in bins with equally many rows.

        Parameters
        ----------
        truth : array of shape (n_rows,)
            1 for the second class, 0 for the first.
        probabilities : array of shape (n_rows,)
            Probability of the second class. Rows with the same one stay in one bin.
        n_bins : int, default=10
            Number of bins; fewer if there are few different probabilities.
        """
        values, code, counts = np.unique(probabilities, return_inverse=True, return_counts=True)
        # The bin of the middle row of each probability.
        middle = np.cumsum(counts) - (counts + 1) / 2
        of_value = (middle * n_bins / len(probabilities)).astype(int)
        bins = np.unique(of_value, return_inverse=True)[1][code]
        sizes = np.bincount(bins)
        predicted, observed = (np.bincount(bins, each) / sizes for each in (values[code], truth))
        return cls(predicted, observed, sizes)

    @property
    def error(self) -> float:
        """The expected calibration error: the mean distance of share and probability, over the rows."""
        return float(np.average(np.abs(self.observed - self.predicted), weights=self.counts))

    def to_json(self) -> dict[str, Any]:
        """Return a dict that can be written as JSON."""
        return {
            "predicted": self.predicted.tolist(),
            "observed": self.observed.tolist(),
            "counts": self.counts.tolist(),
            "error": self.error,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Calibration":
        """Return the value that `to_json` wrote."""
        return cls(*(np.array(data[name]) for name in ("predicted", "observed", "counts")))
