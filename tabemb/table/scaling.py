"""Ways to bring numbers to one scale, by name; scikit-learn's, with their state in plain arrays."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import numpy.typing as npt
from sklearn.preprocessing import QuantileTransformer, StandardScaler

from tabemb.registry import Registry

__all__ = ["SCALINGS", "Quantile", "Scaling", "Standard"]

Matrix = npt.NDArray[np.float64]


class Scaling(Protocol):
    """A way to scale: fitted to columns with NaN for missing, applied to columns without."""

    state: Mapping[str, Matrix]

    def fit(self, values: Matrix) -> None:
        """Learn the scale of each column."""

    def scale(self, values: Matrix) -> Matrix:
        """Return the columns on the common scale."""


SCALINGS: Registry[Scaling] = Registry("scaling")


@SCALINGS.register("standard")
class Standard:
    """Zero mean and unit variance (:class:`sklearn.preprocessing.StandardScaler`)."""

    def __init__(self) -> None:
        self.state: Mapping[str, Matrix] = {}

    def fit(self, values: Matrix) -> None:
        """Learn mean and standard deviation of each column."""
        scaler = StandardScaler().fit(values)
        self.state = {"mean": scaler.mean_, "scale": scaler.scale_}

    def scale(self, values: Matrix) -> Matrix:
        """Return ``(values - mean) / scale``."""
        return (values - self.state["mean"]) / self.state["scale"]


@SCALINGS.register("quantile")
class Quantile:
    """Ranks, mapped to a normal distribution (:class:`sklearn.preprocessing.QuantileTransformer`)."""

    def __init__(self) -> None:
        self.state: Mapping[str, Matrix] = {}

    def fit(self, values: Matrix) -> None:
        """Learn the quantiles of each column (of a fixed sample of 10,000 rows in longer tables)."""
        transformer = QuantileTransformer(
            n_quantiles=min(1000, len(values)), output_distribution="normal", random_state=0
        ).fit(values)
        self.state = {"quantiles": transformer.quantiles_, "references": transformer.references_}

    def scale(self, values: Matrix) -> Matrix:
        """Return the normal quantile of each value's rank; beyond the range seen at fit it stays at the end."""
        transformer = QuantileTransformer(output_distribution="normal")
        transformer.quantiles_ = self.state["quantiles"]
        transformer.references_ = self.state["references"]
        transformer.n_features_in_ = values.shape[1]
        scaled: Matrix = transformer.transform(values)
        return scaled
