# ruff: noqa: D102  (a class docstring says what its call computes)
"""The operations of a program, in NumPy: named, frozen values with plain attributes, so that they can be exported."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.inference.activations import ACTIVATIONS, softmax
from tabemb.registry import Registry

__all__ = [
    "OPERATIONS",
    "Activate",
    "Add",
    "Affine",
    "Attention",
    "BatchNormalize",
    "BatchedDense",
    "BinFill",
    "BlockDiagonalDense",
    "ColumnwiseDense",
    "Concatenate",
    "Dense",
    "GatedActivation",
    "LayerNormalize",
    "MeanOver",
    "Multiply",
    "Operation",
    "PairProducts",
    "PrependToken",
    "Reshape",
    "ScaledDense",
    "ShiftedCosine",
    "SineCosine",
    "SplitMembers",
    "Subtract",
    "TakeColumn",
    "TakeColumns",
    "TokenDense",
    "Transpose",
]

Array = npt.NDArray[Any]


class Operation:
    """A step of a program: from arrays (the weights) and inputs to an output.

    Subclasses are frozen dataclasses, registered in ``OPERATIONS``, whose attributes are numbers, text, or tuples of
    these. An operation never writes to its arguments.
    """

    def __call__(self, arrays: Sequence[Array], *inputs: Array) -> Array:
        """Return the output for a batch of rows."""
        raise TypeError("an operation must define __call__(arrays, *inputs)")

    def prepared(self, arrays: list[Array]) -> tuple["Operation", list[Array]]:
        """Return an equivalent operation and its arrays, with all computations done that depend only on the arrays."""
        return self, arrays


OPERATIONS: Registry[Operation] = Registry("operation")


# ---------------------------------------------------------------- elementwise


@OPERATIONS.register("activate")
@dataclass(frozen=True)
class Activate(Operation):
    """Apply an activation function.

    Parameters
    ----------
    function : str
        Its name in :data:`~tabemb.inference.activations.ACTIVATIONS`.

    Examples
    --------
    >>> Activate("relu")([], np.array([[-1.0, 2.0]]))
    array([[0., 2.]])
    """

    function: str

    def __call__(self, arrays, x):
        return ACTIVATIONS[self.function](x)


@OPERATIONS.register("gated_activation")
@dataclass(frozen=True)
class GatedActivation(Operation):
    """Multiply the first half of the columns by an activation of the second half.

    Parameters
    ----------
    function : str
        Its name in :data:`~tabemb.inference.activations.ACTIVATIONS`.

    Examples
    --------
    >>> GatedActivation("relu")([], np.array([[3.0, 2.0], [3.0, -2.0]]))
    array([[6.],
           [0.]])
    """

    function: str

    def __call__(self, arrays, x):
        values, gates = np.split(x, 2, axis=-1)
        return values * ACTIVATIONS[self.function](gates)


@OPERATIONS.register("add")
@dataclass(frozen=True)
class Add(Operation):
    """Add the inputs.

    Examples
    --------
    >>> Add()([], np.array([1.0]), np.array([2.0]), np.array([3.0]))
    array([6.])
    """

    def __call__(self, arrays, first, *others):
        for other in others:
            first = first + other
        return first


@OPERATIONS.register("subtract")
@dataclass(frozen=True)
class Subtract(Operation):
    """Subtract the second input from the first.

    Examples
    --------
    >>> Subtract()([], np.array([1.0]), np.array([2.0]))
    array([-1.])
    """

    def __call__(self, arrays, first, second):
        return first - second


@OPERATIONS.register("multiply")
@dataclass(frozen=True)
class Multiply(Operation):
    """Multiply the inputs.

    Examples
    --------
    >>> Multiply()([], np.array([2.0]), np.array([3.0]))
    array([6.])
    """

    def __call__(self, arrays, first, *others):
        for other in others:
            first = first * other
        return first


@OPERATIONS.register("affine")
@dataclass(frozen=True)
class Affine(Operation):
    """Multiply each column by a scale and add a shift; arrays: scale, shift.

    Examples
    --------
    >>> Affine()([np.array([2.0]), np.array([1.0])], np.array([[3.0]]))
    array([[7.]])
    """

    def __call__(self, arrays, x):
        y = x * arrays[0]
        y += arrays[1]
        return y


@OPERATIONS.register("bin_fill")
@dataclass(frozen=True)
class BinFill(Operation):
    """Return how full each bin is, from the number of full bins plus the share of the next one.

    Parameters
    ----------
    n_bins : int
        Number of bins of each column.

    Examples
    --------
    >>> BinFill(3)([], np.array([[1.25]], np.float32)).tolist()
    [[[1.0, 0.25, 0.0]]]
    """

    n_bins: int

    def __call__(self, arrays, x):
        filling = x[:, :, None] - np.arange(self.n_bins, dtype=np.float32)
        return np.clip(filling, 0, 1, out=filling)


@OPERATIONS.register("sine_cosine")
@dataclass(frozen=True)
class SineCosine(Operation):
    """Return cosines and sines of each column times its frequencies; arrays: the frequencies of all columns.

    Parameters
    ----------
    n_frequencies : int
        Number of frequencies of each column.

    Examples
    --------
    >>> SineCosine(1)([np.array([0.125])], np.array([[1.0]])).round(3)
    array([[[0.707, 0.707]]])
    """

    n_frequencies: int

    def __call__(self, arrays, x):
        angles = _angles(x, arrays[0], self.n_frequencies)
        return np.concatenate([np.cos(angles), np.sin(angles)], axis=-1)


@OPERATIONS.register("shifted_cosine")
@dataclass(frozen=True)
class ShiftedCosine(Operation):
    """Return cosines of each column times its frequencies plus phases; arrays: frequencies, phases.

    Parameters
    ----------
    n_frequencies : int
        Number of frequencies of each column.

    Examples
    --------
    >>> ShiftedCosine(1)([np.array([0.25]), np.array([np.pi / 2])], np.array([[1.0]])).round(3)
    array([[[-1.]]])
    """

    n_frequencies: int

    def __call__(self, arrays, x):
        frequencies, phases = arrays
        return np.cos(_angles(x, frequencies, self.n_frequencies) + phases.reshape(-1, self.n_frequencies))


def _angles(x: Array, frequencies: Array, n_frequencies: int) -> Array:
    """Return the angles in radians, of shape (n, n_columns, n_frequencies)."""
    angles: Array = x[:, :, None] * (np.float32(2 * math.pi) * frequencies.reshape(-1, n_frequencies))
    return angles


# ---------------------------------------------------------------- shapes


@OPERATIONS.register("take_column")
@dataclass(frozen=True)
class TakeColumn(Operation):
    """Return one column of a matrix as a vector.

    Parameters
    ----------
    position : int

    Examples
    --------
    >>> TakeColumn(1)([], np.array([[1, 2], [3, 4]]))
    array([2, 4])
    """

    position: int

    def __call__(self, arrays, x):
        return x[:, self.position]


@OPERATIONS.register("take_columns")
@dataclass(frozen=True)
class TakeColumns(Operation):
    """Return the columns of a matrix from ``start`` up to ``stop``.

    Parameters
    ----------
    start, stop : int

    Examples
    --------
    >>> TakeColumns(1, 3)([], np.array([[1, 2, 3, 4]]))
    array([[2, 3]])
    """

    start: int
    stop: int

    def __call__(self, arrays, x):
        return x[:, self.start : self.stop]


@OPERATIONS.register("reshape")
@dataclass(frozen=True)
class Reshape(Operation):
    """Reshape each row.

    Parameters
    ----------
    shape : tuple of int
        The shape of a row.

    Examples
    --------
    >>> Reshape((2, 2))([], np.array([[1, 2, 3, 4]])).tolist()
    [[[1, 2], [3, 4]]]
    """

    shape: tuple[int, ...]

    def __call__(self, arrays, x):
        return x.reshape(len(x), *self.shape)


@OPERATIONS.register("transpose")
@dataclass(frozen=True)
class Transpose(Operation):
    """Reorder the axes.

    Parameters
    ----------
    axes : tuple of int
        The new order.

    Examples
    --------
    >>> Transpose((1, 0, 2))([], np.zeros((5, 3, 2))).shape
    (3, 5, 2)
    """

    axes: tuple[int, ...]

    def __call__(self, arrays, x):
        return x.transpose(self.axes)


@OPERATIONS.register("concatenate")
@dataclass(frozen=True)
class Concatenate(Operation):
    """Join the inputs along an axis.

    Parameters
    ----------
    axis : int

    Examples
    --------
    >>> Concatenate(-1)([], np.array([[1, 2]]), np.array([[3]]))
    array([[1, 2, 3]])
    """

    axis: int

    def __call__(self, arrays, *inputs):
        return np.concatenate(inputs, axis=self.axis)


@OPERATIONS.register("mean_over")
@dataclass(frozen=True)
class MeanOver(Operation):
    """Return the mean over an axis.

    Parameters
    ----------
    axis : int

    Examples
    --------
    >>> MeanOver(1)([], np.array([[1.0, 3.0]]))
    array([2.])
    """

    axis: int

    def __call__(self, arrays, x):
        return x.mean(axis=self.axis)


@OPERATIONS.register("prepend_token")
@dataclass(frozen=True)
class PrependToken(Operation):
    """Prepend a token, the same for all rows, to groups of tokens; arrays: the token.

    Examples
    --------
    >>> PrependToken()([np.array([9.0, 9.0])], np.zeros((1, 1, 2))).tolist()
    [[[9.0, 9.0], [0.0, 0.0]]]
    """

    def __call__(self, arrays, *groups):
        token = np.broadcast_to(arrays[0], (len(groups[0]), 1, len(arrays[0])))
        return np.concatenate([token, *groups], axis=1)


@OPERATIONS.register("split_members")
@dataclass(frozen=True)
class SplitMembers(Operation):
    """Return the inputs of each member of an ensemble: its slice of every vector, and the shared inputs.

    The first input holds the concatenated vectors; further inputs are shared.

    Parameters
    ----------
    groups : tuple of tuple
        Adjacent columns of one dimension: first position, number of columns, dimension, and whether they are cut into
        slices.
    n_members : int

    Examples
    --------
    >>> SplitMembers(((0, 1, 4, True),), 2)([], np.array([[1, 2, 3, 4]])).tolist()
    [[[1, 2]], [[3, 4]]]
    """

    groups: tuple[tuple[int, int, int, bool], ...]
    n_members: int

    def __call__(self, arrays, vectors, *shared):
        n, parts = len(vectors), []
        for start, n_columns, dim, is_cut in self.groups:
            cells = vectors[:, start : start + n_columns * dim]
            if not is_cut:
                parts.append(np.broadcast_to(cells, (self.n_members, *cells.shape)))
                continue
            cells = cells.reshape(n, n_columns, self.n_members, dim // self.n_members).transpose(2, 0, 1, 3)
            parts.append(cells.reshape(self.n_members, n, n_columns * dim // self.n_members))
        parts += [np.broadcast_to(each, (self.n_members, *each.shape)) for each in shared]
        return np.concatenate(parts, axis=2)


# ---------------------------------------------------------------- products with weights


@OPERATIONS.register("dense")
@dataclass(frozen=True)
class Dense(Operation):
    """Multiply by a kernel and add a bias; arrays: kernel, [bias].

    Examples
    --------
    >>> Dense()([np.array([[1.0], [2.0]]), np.array([0.5])], np.array([[3.0, 4.0]]))
    array([[11.5]])
    """

    def __call__(self, arrays, x):
        flat = x if x.ndim == 2 else x.reshape(-1, x.shape[-1])
        y = flat @ arrays[0]
        if len(arrays) > 1:
            y += arrays[1]
        return y if x.ndim == 2 else y.reshape(*x.shape[:-1], y.shape[1])


@OPERATIONS.register("batched_dense")
@dataclass(frozen=True)
class BatchedDense(Operation):
    """Multiply by the kernel of each member and add its bias; arrays: kernels (members, in, units), biases.

    The input is shared, of shape (n, in), or one per member, of shape (members, n, in). The output has the shape
    (members, n, units).

    Examples
    --------
    >>> BatchedDense()([np.ones((2, 3, 1)), np.array([0.0, 5.0])], np.ones((1, 3))).tolist()
    [[[3.0]], [[8.0]]]
    """

    def __call__(self, arrays, x):
        kernels, biases = arrays
        y = np.matmul(x, kernels)
        y += biases.reshape(len(kernels), 1, -1) if biases.ndim == 1 else biases
        return y


@OPERATIONS.register("scaled_dense")
@dataclass(frozen=True)
class ScaledDense(Operation):
    """Multiply by one kernel that each member scales; arrays: kernel, bias, input scales, [output scales].

    The kernel of a member is the shared one, its rows times the member's input scales and its columns times its output
    scales (BatchEnsemble; Wen et al. 2020, arXiv:2002.06715).

    Parameters
    ----------
    n_members : int

    Examples
    --------
    >>> ScaledDense(2)([np.ones((1, 1)), np.zeros(1), np.array([1.0, 3.0])], np.array([[2.0]])).tolist()
    [[[2.0]], [[6.0]]]
    """

    n_members: int

    def __call__(self, arrays, x):
        operation, arrays = self.prepared(arrays)
        return operation(arrays, x)

    def prepared(self, arrays):
        """Return a dense operation with a kernel and a bias for each member."""
        kernel, bias, of_inputs, *of_outputs = arrays
        kernels = of_inputs.reshape(self.n_members, -1, 1) * kernel
        for scales in of_outputs:
            kernels = kernels * scales.reshape(self.n_members, 1, -1)
        return BatchedDense(), [kernels, bias.reshape(-1, 1, kernel.shape[1])]


@OPERATIONS.register("columnwise_dense")
@dataclass(frozen=True)
class ColumnwiseDense(Operation):
    """Multiply the features of each column by a separate kernel; arrays: stacked kernels, concatenated biases.

    Parameters
    ----------
    n_columns : int

    Examples
    --------
    >>> ColumnwiseDense(2)([np.array([[1.0], [10.0]]), np.zeros(2)], np.ones((1, 2, 1))).tolist()
    [[[1.0], [10.0]]]
    """

    n_columns: int

    def __call__(self, arrays, x):
        kernel, bias = arrays
        units = kernel.shape[1]
        products = np.matmul(x.swapaxes(0, 1), kernel.reshape(self.n_columns, -1, units))
        return products.swapaxes(0, 1) + bias.reshape(self.n_columns, units)


@OPERATIONS.register("block_diagonal_dense")
@dataclass(frozen=True)
class BlockDiagonalDense(Operation):
    """Convert groups of columns to tokens, each with a separate kernel; arrays: stacked kernels, concatenated biases.

    Parameters
    ----------
    dims : tuple of int
        Number of columns of each group.

    Examples
    --------
    >>> arrays = [np.array([[1.0], [1.0], [10.0]]), np.zeros(2)]
    >>> BlockDiagonalDense((2, 1))(arrays, np.array([[1.0, 2.0, 3.0]])).tolist()
    [[[3.0], [30.0]]]
    """

    dims: tuple[int, ...]

    def __call__(self, arrays, x):
        operation, arrays = self.prepared(arrays)
        return operation(arrays, x)

    def prepared(self, arrays):
        """Return a dense operation with one block-diagonal kernel for all groups."""
        kernel, bias = arrays
        units = kernel.shape[1]
        block = np.zeros((len(kernel), len(self.dims), units), kernel.dtype)
        for token, (start, stop) in enumerate(pairwise(accumulate(self.dims, initial=0))):
            block[start:stop, token] = kernel[start:stop]
        return TokenDense(len(self.dims)), [block.reshape(len(kernel), -1), bias]


@OPERATIONS.register("token_dense")
@dataclass(frozen=True)
class TokenDense(Operation):
    """Multiply by a kernel, add a bias, and split the result into tokens; arrays: kernel, bias.

    Parameters
    ----------
    n_tokens : int

    Examples
    --------
    >>> TokenDense(2)([np.array([[1.0, 2.0]]), np.zeros(2)], np.array([[3.0]])).tolist()
    [[[3.0], [6.0]]]
    """

    n_tokens: int

    def __call__(self, arrays, x):
        y = x @ arrays[0]
        y += arrays[1]
        return y.reshape(len(x), self.n_tokens, y.shape[1] // self.n_tokens)


# ---------------------------------------------------------------- normalization and attention


@OPERATIONS.register("batch_normalize")
@dataclass(frozen=True)
class BatchNormalize(Operation):
    """Normalize each column by its running mean and variance; arrays: mean, variance, [gamma], [beta].

    Parameters
    ----------
    epsilon : float
        Added to the variance.
    scale, center : bool
        Whether there is a gamma, and a beta.

    Examples
    --------
    >>> BatchNormalize(0.0, False, False)([np.array([1.0]), np.array([4.0])], np.array([[5.0]]))
    array([[2.]])
    """

    epsilon: float
    scale: bool
    center: bool

    def __call__(self, arrays, x):
        return Affine()(self._scale_and_shift(arrays), x)

    def prepared(self, arrays):
        """Return an equivalent operation with one scale and one shift."""
        return Affine(), self._scale_and_shift(arrays)

    def _scale_and_shift(self, arrays):
        mean, variance, *rest = arrays
        scale = 1 / np.sqrt(variance + np.float32(self.epsilon))
        if self.scale:
            scale = scale * rest.pop(0)
        shift = -mean * scale
        return [scale, shift + rest.pop(0) if self.center else shift]


@OPERATIONS.register("layer_normalize")
@dataclass(frozen=True)
class LayerNormalize(Operation):
    """Normalize each row by its mean and variance; arrays: [gamma], [beta].

    Parameters
    ----------
    epsilon : float
        Added to the variance.
    scale, center : bool
        Whether there is a gamma, and a beta.

    Examples
    --------
    >>> LayerNormalize(0.0, False, False)([], np.array([[1.0, 3.0]]))
    array([[-1.,  1.]])
    """

    epsilon: float
    scale: bool
    center: bool

    def __call__(self, arrays, x):
        rest = list(arrays)
        y = x - x.mean(axis=-1, keepdims=True)
        y /= np.sqrt(np.square(y).mean(axis=-1, keepdims=True) + np.float32(self.epsilon))
        if self.scale:
            y *= rest.pop(0)
        if self.center:
            y += rest.pop(0)
        return y


@OPERATIONS.register("pair_products")
@dataclass(frozen=True)
class PairProducts(Operation):
    """Add up the elementwise products of every two tokens (factorization machine; Rendle 2010, eq. 5).

    Examples
    --------
    >>> PairProducts()([], np.array([[[1.0], [2.0], [3.0]]], np.float32))
    array([[11.]], dtype=float32)
    """

    def __call__(self, arrays, *groups):
        total = sum(group.sum(axis=1) for group in groups)
        squares = sum(np.square(group).sum(axis=1) for group in groups)
        return np.float32(0.5) * (np.square(total) - squares)


@OPERATIONS.register("attention")
@dataclass(frozen=True)
class Attention(Operation):
    """Scaled dot-product attention (Vaswani et al. 2017, arXiv:1706.03762, eq. 1); the output has the queries' shape.

    The inputs are the queries, of shape (n, width) or (n, n_queries, width), and concatenated keys and values, of shape
    (n, n_tokens, 2 * width).

    Parameters
    ----------
    n_heads : int
        Number of heads.

    Examples
    --------
    >>> Attention(1)([], np.ones((1, 1)), np.array([[[1.0, 4.0], [1.0, 6.0]]]))
    array([[5.]])
    """

    n_heads: int

    def __call__(self, arrays, queries, keys_and_values):
        n, n_tokens, double = keys_and_values.shape
        head = double // 2 // self.n_heads
        # (2, n, heads, tokens, width of a head)
        both = keys_and_values.reshape(n, n_tokens, 2, self.n_heads, head).transpose(2, 0, 3, 1, 4)
        n_queries = 1 if queries.ndim < 3 else queries.shape[1]
        asked = queries.reshape(n, n_queries, self.n_heads, head).transpose(0, 2, 1, 3) * np.float32(head**-0.5)
        seen = softmax(asked @ both[0].swapaxes(2, 3)) @ both[1]
        return seen.transpose(0, 2, 1, 3).reshape(queries.shape)
