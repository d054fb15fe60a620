"""Operations of the numeric encoders, and which of their layers becomes which."""

import math
from dataclasses import dataclass

import numpy as np

from tabemb.nn.numeric import numeric_encoder, periodic, piecewise_linear
from tabemb.nn.plain import operations
from tabemb.nn.plain.forms import Form, plain_form
from tabemb.nn.plain.operations import Operation

__all__ = ["BinFilling", "ColumnDense", "ShiftedWaves", "Waves"]


@dataclass(frozen=True)
class BinFilling(Operation):
    """From bin plus share to how full each bin is.

    Parameters
    ----------
    n_bins : int
        Number of bins of each column.
    """

    n_bins: int

    def __call__(self, weights, x):
        """Return (n, n_columns, n_bins)."""
        filling = x[:, :, None] - np.arange(self.n_bins, dtype=np.float32)
        return np.clip(filling, 0, 1, out=filling)


@dataclass(frozen=True)
class Waves(Operation):
    """Cosines and sines of each column times its frequencies; weights: the frequencies of all columns side by side.

    Parameters
    ----------
    n_frequencies : int
        How many each column has.
    """

    n_frequencies: int

    def angles(self, frequencies, x):
        """Return (n, n_columns, n_frequencies), in radians."""
        return x[:, :, None] * (np.float32(2 * math.pi) * frequencies.reshape(-1, self.n_frequencies))

    def __call__(self, weights, x):
        """Return (n, n_columns, 2 * n_frequencies)."""
        angles = self.angles(weights[0], x)
        return np.concatenate([np.cos(angles), np.sin(angles)], axis=-1)


@dataclass(frozen=True)
class ShiftedWaves(Waves):
    """Cosines of each column times its frequencies plus its phases; weights: frequencies, phases."""

    def __call__(self, weights, x):
        """Return (n, n_columns, n_frequencies)."""
        frequencies, phases = weights
        return np.cos(self.angles(frequencies, x) + phases.reshape(-1, self.n_frequencies))


@dataclass(frozen=True)
class ColumnDense(Operation):
    """A dense layer for each column; weights: kernels one above the other, biases side by side.

    Parameters
    ----------
    n_columns : int
        How many columns there are.
    """

    n_columns: int

    def __call__(self, weights, x):
        """Return (n, n_columns, units)."""
        kernel, bias = weights
        units = kernel.shape[1]
        products = np.matmul(x.swapaxes(0, 1), kernel.reshape(self.n_columns, -1, units))
        return products.swapaxes(0, 1) + bias.reshape(self.n_columns, units)


@plain_form(numeric_encoder.ColumnRange)
def _column_range(layer) -> Form:
    return [(operations.Columns(slice(layer.start, layer.stop)), ())]


@plain_form(numeric_encoder.ColumnDense)
def _column_dense(layer) -> Form:
    operation = operations.Dense() if layer.shared else ColumnDense(layer.input.shape[1])
    return [(operation, ("kernel", "bias"))]


@plain_form(piecewise_linear.BinFilling)
def _bin_filling(layer) -> Form:
    return [(BinFilling(layer.n_bins), ())]


@plain_form(periodic.Waves)
def _waves(layer) -> Form:
    return [(Waves(layer.n_frequencies), ("frequencies",))]


@plain_form(periodic.ShiftedWaves)
def _shifted_waves(layer) -> Form:
    return [(ShiftedWaves(layer.n_frequencies), ("frequencies", "phases"))]
