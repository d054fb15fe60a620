"""Ways to bring numbers to one scale, by name, with their state in plain arrays."""

from collections.abc import Mapping
from numbers import Integral
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri
from sklearn.preprocessing import QuantileTransformer, StandardScaler

from tabemb.registry import Registry

__all__ = [
    "SCALINGS",
    "PiecewiseLinearScaling",
    "QuantileScaling",
    "RobustScaling",
    "Scaling",
    "ScalingSpec",
    "StandardScaling",
]

Matrix = npt.NDArray[np.float64]
ScalingSpec = str | Mapping[str, Any]

# Smaller differences are none; so one over a difference never overflows.
SMALLEST = float(np.finfo(np.float32).tiny)
# As scikit-learn's: so close to an end is at the end, and the normal quantile there is a finite one.
END = 1e-7
LEAST, MOST = float(ndtri(END - np.spacing(1))), float(ndtri(1 - (END - np.spacing(1))))


class Scaling(Protocol):
    """A way to scale: fitted to columns with NaN for missing, applied to columns without.

    What it learned is ``state``, arrays under the names that ``entries`` lists.
    """

    entries: tuple[str, ...]
    state: Mapping[str, Matrix]

    def fit(self, values: Matrix) -> None:
        """Learn the scale of each column."""

    def scale(self, values: Matrix) -> Matrix:
        """Return the columns on the common scale."""


SCALINGS: Registry[Scaling] = Registry("scaling")


@SCALINGS.register("standard")
class StandardScaling:
    """Zero mean and unit variance (:class:`sklearn.preprocessing.StandardScaler`)."""

    entries = ("mean", "scale")

    def __init__(self) -> None:
        self.state: Mapping[str, Matrix] = {}

    def fit(self, values: Matrix) -> None:
        """Learn mean and standard deviation of each column."""
        scaler = StandardScaler().fit(values)
        self.state = {"mean": scaler.mean_, "scale": scaler.scale_}

    def scale(self, values: Matrix) -> Matrix:
        """Return ``(values - mean) / scale``."""
        return (values - self.state["mean"]) / self.state["scale"]


@SCALINGS.register("robust")
class RobustScaling:
    """Median 0, quartiles one apart, and the far ends drawn in (Holzmüller et al. 2024, arXiv:2407.04491, RealMLP).

    The distance from the median, over that between the quartiles, becomes ``x / sqrt(1 + (x / 3) ** 2)``: nearly ``x``
    in the middle, and within (-3, 3) everywhere. Where the quartiles are equal, half the range stands in for their
    distance; a constant column is 0.
    """

    entries = ("median", "factor")

    def __init__(self) -> None:
        self.state: Mapping[str, Matrix] = {}

    def fit(self, values: Matrix) -> None:
        """Learn the median of each column, and one over its spread."""
        least, low, median, high, most = np.nanquantile(values, [0, 0.25, 0.5, 0.75, 1], axis=0)
        spread = np.where(high - low > SMALLEST, high - low, (most - least) / 2)
        self.state = {"median": median, "factor": np.where(spread > SMALLEST, 1 / np.maximum(spread, SMALLEST), 0.0)}

    def scale(self, values: Matrix) -> Matrix:
        """Return the distance from the median, within (-3, 3)."""
        far = (values - self.state["median"]) * self.state["factor"]
        clipped: Matrix = far / np.sqrt(1 + np.square(far / 3))
        return clipped


@SCALINGS.register("quantile")
class QuantileScaling:
    """Ranks, mapped to a normal distribution (:class:`sklearn.preprocessing.QuantileTransformer`)."""

    entries = ("knots", "ranks")

    def __init__(self) -> None:
        self.state: Mapping[str, Matrix] = {}

    def fit(self, values: Matrix) -> None:
        """Learn the quantiles of each column (of a fixed sample of 10,000 rows in longer tables)."""
        transformer = QuantileTransformer(n_quantiles=min(1000, len(values)), random_state=0).fit(values)
        # Those of a column side by side in memory.
        knots = np.ascontiguousarray(transformer.quantiles_.T)
        knots[np.abs(knots) < SMALLEST] = 0.0
        self.state = {"knots": knots, "ranks": transformer.references_}

    def scale(self, values: Matrix) -> Matrix:
        """Return the normal quantile of each value's rank; beyond the range seen at fit it stays at the end."""
        # scikit-learn's own transform takes half a millisecond a column, for one row too.
        knots, ranks = self.state["knots"], self.state["ranks"]
        # From both sides, so that a value with several ranks gets the middle one.
        upper = _interpolated(values, knots, ranks)
        lower = -_interpolated(-values, -knots[:, ::-1], -ranks[::-1])
        middle = (upper + lower) / 2
        middle[values - END < knots[:, 0]] = 0.0
        middle[values + END > knots[:, -1]] = 1.0
        scaled: Matrix = np.clip(ndtri(middle), LEAST, MOST)
        return scaled


@SCALINGS.register("piecewise_linear")
class PiecewiseLinearScaling:
    """The number of the bin that a value is in, and the share of the bin that lies below it.

    Bins end at quantiles of the column; inside a bin the scale is linear (Gorishniy et al. 2022, arXiv:2203.05556,
    sec. 3.2.1). A value of more rows than a bin would have ends bins by itself, and the quantiles are those of the
    other rows: so a column of nearly only zeros still has bins for what is not zero. A column of few distinct values
    has an end at each, and fewer bins. Beyond the range seen at fit a value counts as the end of the range.

    Parameters
    ----------
    n_bins : int, default=48
        The most bins of a column.
    """

    entries = ("edges",)

    def __init__(self, n_bins: int = 48) -> None:
        self.n_bins = n_bins
        self.state: Mapping[str, Matrix] = {}

    def fit(self, values: Matrix) -> None:
        """Learn where the bins of each column end.

        Raises
        ------
        ValueError
            When the number of bins is no positive integer.
        """
        if not isinstance(self.n_bins, Integral) or isinstance(self.n_bins, bool) or self.n_bins < 1:
            raise ValueError(f"n_bins must be a positive integer, got {self.n_bins!r}.")
        # Behind the last end are infinite ones, in which no value gets any further.
        edges = np.full((values.shape[1], self.n_bins + 1), np.inf)
        for row, column in zip(edges, values.T, strict=True):
            ends = _edges(column[~np.isnan(column)], self.n_bins)
            row[: len(ends)] = ends
        self.state = {"edges": edges}

    def scale(self, values: Matrix) -> Matrix:
        """Return ``bin + share``, from 0 to the column's number of bins."""
        edges = self.state["edges"]
        return _interpolated(values, edges, np.arange(float(edges.shape[1])))


def _interpolated(values: Matrix, knots: Matrix, heights: Matrix) -> Matrix:
    """Return, for each column of values, the height at each of them of the line over its row of knots."""
    columns = [np.interp(column, row, heights) for column, row in zip(values.T, knots, strict=True)]
    return np.array(columns).T


def _edges(values: Matrix, n_bins: int) -> Matrix:
    """Return at most ``n_bins + 1`` rising ends of bins."""
    distinct, counts = np.unique(values, return_counts=True)
    if len(distinct) > n_bins + 1:
        heavy = counts > len(values) / n_bins
        others = np.repeat(distinct[~heavy], counts[~heavy])
        quantiles = np.quantile(others, np.linspace(0, 1, n_bins + 1 - heavy.sum()))
        distinct = np.unique(np.concatenate([distinct[heavy], quantiles]))
    apart: Matrix = distinct[np.diff(distinct, prepend=-np.inf) > SMALLEST]
    return apart
