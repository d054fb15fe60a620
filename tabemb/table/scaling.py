"""The scalings of numeric columns, registered by name; their fitted state is plain arrays."""

from collections.abc import Mapping
from numbers import Integral
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

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

# Smaller differences count as zero, so that the inverse of a difference never overflows.
SMALLEST = float(np.finfo(np.float32).tiny)
# As in scikit-learn: values this close to an end count as the end, and the normal quantile there is finite.
END = 1e-7


class Scaling(Protocol):
    """A scaling of numeric columns: fitted to columns with NaN, applied to columns without.

    The fitted ``state`` maps the names in ``entries`` to arrays.
    """

    entries: tuple[str, ...]
    state: Mapping[str, Matrix]

    def fit(self, values: Matrix) -> None:
        """Fit the scale of each column."""

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
        """Fit the mean and the standard deviation of each column."""
        from sklearn.preprocessing import StandardScaler

        scaler = StandardScaler().fit(values)
        self.state = {"mean": scaler.mean_, "scale": scaler.scale_}

    def scale(self, values: Matrix) -> Matrix:
        """Return ``(values - mean) / scale``."""
        return (values - self.state["mean"]) / self.state["scale"]


@SCALINGS.register("robust")
class RobustScaling:
    """Median 0, interquartile range 1, smoothly clipped (Holzmüller et al. 2024, arXiv:2407.04491, RealMLP).

    The distance from the median, divided by the interquartile range, becomes ``x / sqrt(1 + (x / 3) ** 2)``: nearly
    ``x`` around 0, and always within (-3, 3). If the quartiles are equal, half the range replaces the interquartile
    range. A constant column becomes 0.
    """

    entries = ("median", "factor")

    def __init__(self) -> None:
        self.state: Mapping[str, Matrix] = {}

    def fit(self, values: Matrix) -> None:
        """Fit the median of each column, and the inverse of its spread."""
        least, low, median, high, most = np.nanquantile(values, [0, 0.25, 0.5, 0.75, 1], axis=0)
        spread = np.where(high - low > SMALLEST, high - low, (most - least) / 2)
        self.state = {"median": median, "factor": np.where(spread > SMALLEST, 1 / np.maximum(spread, SMALLEST), 0.0)}

    def scale(self, values: Matrix) -> Matrix:
        """Return the scaled distance from the median, within (-3, 3)."""
        far = (values - self.state["median"]) * self.state["factor"]
        clipped: Matrix = far / np.sqrt(1 + np.square(far / 3))
        return clipped


@SCALINGS.register("quantile")
class QuantileScaling:
    """Ranks mapped to a normal distribution (:class:`sklearn.preprocessing.QuantileTransformer`)."""

    entries = ("knots", "ranks")

    def __init__(self) -> None:
        self.state: Mapping[str, Matrix] = {}

    def fit(self, values: Matrix) -> None:
        """Fit the quantiles of each column (from a fixed sample of 10,000 rows in longer tables)."""
        from sklearn.preprocessing import QuantileTransformer

        transformer = QuantileTransformer(n_quantiles=min(1000, len(values)), random_state=0).fit(values)
        # Contiguous per column.
        knots = np.ascontiguousarray(transformer.quantiles_.T)
        knots[np.abs(knots) < SMALLEST] = 0.0
        self.state = {"knots": knots, "ranks": transformer.references_}

    def scale(self, values: Matrix) -> Matrix:
        """Return the normal quantile of the rank of each value; values beyond the range seen at fit are clipped."""
        # scikit-learn's transform takes half a millisecond per column even for one row.
        knots, ranks = self.state["knots"], self.state["ranks"]
        # Interpolated from both sides, so that a value with several ranks gets the middle one.
        upper = _interpolated(values, knots, ranks)
        lower = -_interpolated(-values, -knots[:, ::-1], -ranks[::-1])
        middle = (upper + lower) / 2
        middle[values - END < knots[:, 0]] = 0.0
        middle[values + END > knots[:, -1]] = 1.0
        from scipy.special import ndtri

        least, most = ndtri([END - np.spacing(1), 1 - (END - np.spacing(1))])
        scaled: Matrix = np.clip(ndtri(middle), least, most)
        return scaled


@SCALINGS.register("piecewise_linear")
class PiecewiseLinearScaling:
    """The index of the bin of a value, plus the share of the bin below the value.

    Bin edges are quantiles of the column; within a bin the scale is linear (Gorishniy et al. 2022, arXiv:2203.05556,
    sec. 3.2.1). A value with more rows than a bin would have is an edge by itself, and the quantiles are computed from
    the other rows, so that a column of mostly zeros still has bins for its other values. A column with few distinct
    values has an edge at each, and fewer bins. Values beyond the range seen at fit are clipped.

    Parameters
    ----------
    n_bins : int, default=48
        Maximum number of bins per column.
    """

    entries = ("edges",)

    def __init__(self, n_bins: int = 48) -> None:
        self.n_bins = n_bins
        self.state: Mapping[str, Matrix] = {}

    def fit(self, values: Matrix) -> None:
        """Fit the bin edges of each column.

        Raises
        ------
        ValueError
            If ``n_bins`` is not a positive integer.
        """
        if not isinstance(self.n_bins, Integral) or isinstance(self.n_bins, bool) or self.n_bins < 1:
            raise ValueError(f"n_bins must be a positive integer, got {self.n_bins!r}.")
        # Unused edges are infinite: values never reach the bins behind them.
        edges = np.full((values.shape[1], self.n_bins + 1), np.inf)
        for row, column in zip(edges, values.T, strict=True):
            ends = _edges(column[~np.isnan(column)], self.n_bins)
            row[: len(ends)] = ends
        self.state = {"edges": edges}

    def scale(self, values: Matrix) -> Matrix:
        """Return ``bin + share``, from 0 to the number of bins of the column."""
        edges = self.state["edges"]
        return _interpolated(values, edges, np.arange(float(edges.shape[1])))


def _interpolated(values: Matrix, knots: Matrix, heights: Matrix) -> Matrix:
    """Interpolate linearly in each column: from its row of knots to the heights."""
    columns = [np.interp(column, row, heights) for column, row in zip(values.T, knots, strict=True)]
    return np.array(columns).T


def _edges(values: Matrix, n_bins: int) -> Matrix:
    """Return at most ``n_bins + 1`` increasing bin edges."""
    distinct, counts = np.unique(values, return_counts=True)
    if len(distinct) > n_bins + 1:
        heavy = counts > len(values) / n_bins
        others = np.repeat(distinct[~heavy], counts[~heavy])
        quantiles = np.quantile(others, np.linspace(0, 1, n_bins + 1 - heavy.sum()))
        distinct = np.unique(np.concatenate([distinct[heavy], quantiles]))
    apart: Matrix = distinct[np.diff(distinct, prepend=-np.inf) > SMALLEST]
    return apart
