"""What the layers of a network do when it answers, in NumPy: plain values that can be pickled."""

from collections.abc import Callable
from dataclasses import dataclass
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

    def prepared(self, weights: list[np.ndarray]) -> tuple["Operation", list[np.ndarray]]:
        """Return an operation and weights that give the same, without what depends on the weights alone."""
        return self, weights


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
class Gate(Operation):
    """The first half of the columns times a function of the second.

    Parameters
    ----------
    function : callable
        From an array to an array; a function of a module, so that it can be pickled.
    """

    function: Callable[[np.ndarray], np.ndarray]

    def __call__(self, weights, x):
        values, gates = np.split(x, 2, axis=-1)
        return values * self.function(gates)


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

    def prepared(self, weights):
        """Return the scale and the shift."""
        return Affine(), list(self.affine(weights))


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
