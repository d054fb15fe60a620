"""What the layers of a network do when it answers, in NumPy: plain values that can be pickled."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

__all__ = ["Operation"]


class Operation:
    """A step of a program: from the arrays of a layer's weights and inputs to its output.

    An operation never writes into what it is given.
    """

    def __call__(self, weights: list[np.ndarray], *inputs: np.ndarray) -> np.ndarray:
        """Return the output for some rows."""
        raise TypeError("an operation defines __call__(weights, *inputs)")


@dataclass(frozen=True)
class Activate(Operation):
    """A function of the cells or rows.

    Parameters
    ----------
    function : callable
        From an array to an array; a function of a module, so that it can be pickled.
    """

    function: Callable[[np.ndarray], np.ndarray]

    def __call__(self, weights, x):
        return self.function(x)


@dataclass(frozen=True)
class Dense(Operation):
    """The inputs times the kernel, plus the bias where there is one; weights: kernel, bias."""

    def __call__(self, weights, x):
        flat = x if x.ndim == 2 else x.reshape(-1, x.shape[-1])
        y = flat @ weights[0]
        if len(weights) > 1:
            y += weights[1]
        return y if x.ndim == 2 else y.reshape(*x.shape[:-1], y.shape[1])


@dataclass(frozen=True)
class Affine(Operation):
    """Each column times a scale plus a shift; weights: scale, shift."""

    def __call__(self, weights, x):
        y = x * weights[0]
        y += weights[1]
        return y


@dataclass(frozen=True)
class BatchNormalize(Operation):
    """Each column minus its running mean, over its running deviation; weights: mean, variance, [gamma], [beta].

    Parameters
    ----------
    epsilon : float
        Added to the variance.
    scale, center : bool
        Whether there is a gamma, and a beta.
    """

    epsilon: float
    scale: bool
    center: bool

    def affine(self, weights):
        """Return the scale and the shift that it comes to."""
        mean, variance, *rest = weights
        scale = 1 / np.sqrt(variance + np.float32(self.epsilon))
        if self.scale:
            scale = scale * rest.pop(0)
        shift = -mean * scale
        return scale, shift + rest.pop(0) if self.center else shift

    def __call__(self, weights, x):
        return Affine()(self.affine(weights), x)


@dataclass(frozen=True)
class LayerNormalize(Operation):
    """Each row minus its mean, over its deviation; weights: [gamma], [beta].

    Parameters
    ----------
    epsilon : float
        Added to the variance.
    scale, center : bool
        Whether there is a gamma, and a beta.
    """

    epsilon: float
    scale: bool
    center: bool

    def __call__(self, weights, x):
        rest = list(weights)
        y = x - x.mean(axis=-1, keepdims=True)
        y /= np.sqrt(np.square(y).mean(axis=-1, keepdims=True) + np.float32(self.epsilon))
        if self.scale:
            y *= rest.pop(0)
        if self.center:
            y += rest.pop(0)
        return y


@dataclass(frozen=True)
class Columns(Operation):
    """Some columns of a matrix, or one of them as a vector.

    Parameters
    ----------
    which : slice or int
        Which ones.
    """

    which: Any

    def __call__(self, weights, x):
        return x[:, self.which]


@dataclass(frozen=True)
class Reshape(Operation):
    """Each row in another shape.

    Parameters
    ----------
    shape : tuple of int
        The shape of a row.
    """

    shape: tuple[int, ...]

    def __call__(self, weights, x):
        return x.reshape(len(x), *self.shape)


@dataclass(frozen=True)
class Concatenate(Operation):
    """The inputs side by side.

    Parameters
    ----------
    axis : int
        Along which axis.
    """

    axis: int

    def __call__(self, weights, *inputs):
        return np.concatenate(inputs, axis=self.axis)


@dataclass(frozen=True)
class Add(Operation):
    """The sum of the inputs."""

    def __call__(self, weights, first, *others):
        for other in others:
            first = first + other
        return first


@dataclass(frozen=True)
class Subtract(Operation):
    """The first input minus the second."""

    def __call__(self, weights, first, second):
        return first - second


@dataclass(frozen=True)
class Multiply(Operation):
    """The product of the inputs."""

    def __call__(self, weights, first, *others):
        for other in others:
            first = first * other
        return first


@dataclass(frozen=True)
class LookUp(Operation):
    """The rows of a table; weights: the table."""

    def __call__(self, weights, indices):
        return weights[0].take(indices, axis=0)


@dataclass(frozen=True)
class LookUpSideBySide(Operation):
    """The rows of several tables, one for each column of the indices, side by side; weights: the tables.

    Parameters
    ----------
    positions : tuple of int
        For each table, the column that reads it.
    """

    positions: tuple[int, ...]

    def __call__(self, weights, indices):
        bounds = pairwise(accumulate((table.shape[1] for table in weights), initial=0))
        out = np.empty((len(indices), sum(table.shape[1] for table in weights)), weights[0].dtype)
        for table, position, (start, stop) in zip(weights, self.positions, bounds, strict=True):
            out[:, start:stop] = table.take(indices[:, position], axis=0)
        return out


@dataclass(frozen=True)
class LookUpStacked(Operation):
    """The same where the tables of one dimension stand one above the other; weights: positions, offsets, stack, ...

    One look-up for many columns: for one row, the calls cost more than the rows do.
    """

    def __call__(self, weights, indices):
        parts = []
        for positions, offsets, stack in zip(weights[::3], weights[1::3], weights[2::3], strict=True):
            rows = indices.take(positions, axis=1) + offsets
            parts.append(stack.take(rows, axis=0).reshape(len(indices), len(positions) * stack.shape[1]))
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)


@dataclass(frozen=True)
class OneHotDense(Operation):
    """The sum of the kernel's rows that one-hot columns point at; weights: kernel.

    Parameters
    ----------
    positions, offsets : tuple of int
        For each column, its place in the matrix of indices and where its rows start in the kernel.
    """

    positions: tuple[int, ...]
    offsets: tuple[int, ...]

    def __call__(self, weights, indices):
        (kernel,) = weights
        total = np.zeros((len(indices), kernel.shape[1]), kernel.dtype)
        for position, offset in zip(self.positions, self.offsets, strict=True):
            total += kernel.take(indices[:, position] + offset, axis=0)
        return total
