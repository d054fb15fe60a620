"""Layers for the members of an ensemble within one network.

The members are the first axis, (n_members, batch, width), from the first layer in which they differ to the last.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import groupby
from typing import Any

import keras
import numpy as np
from keras import ops

__all__ = [
    "MemberDense",
    "MemberLogits",
    "MemberMean",
    "MemberSlices",
    "deal_to_members",
    "for_members",
    "portions_of_members",
]

_IN_PORTIONS = ContextVar("whether each member has a portion of the batch", default=False)


@contextmanager
def portions_of_members() -> Iterator[None]:
    """Context in which each member of a network of separate members processes its own portion of the batch.

    Of a batch of ``n_members * n`` rows, member 0 predicts the first n. The logits have shape (n, n_members, n_outputs)
    and take as long as those of n rows otherwise. For bodies with :meth:`~tabemb.nn.bodies.Body.n_separate`.
    """
    token = _IN_PORTIONS.set(True)
    try:
        yield
    finally:
        _IN_PORTIONS.reset(token)


def deal_to_members(
    members: np.ndarray, n_members: int, most: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Yield batches for :func:`portions_of_members`, in which each member gets its own rows.

    Parameters
    ----------
    members : ndarray of int of shape (n,)
        The member that predicts each row.
    n_members : int
        Number of members.
    most : int
        Maximum number of rows of a batch.

    Yields
    ------
    tuple of ndarray of int
        The rows of the batch, each portion padded by row 0 to the length of the longest; which of them are not padding;
        and the member of each of these.

    Examples
    --------
    >>> for rows, real, of in deal_to_members(np.array([1, 0, 1]), 2, 8):
    ...     print(rows, real, of)
    [1 0 0 2] [0 2 3] [0 1 1]
    """
    of_members = [np.flatnonzero(members == member) for member in range(n_members)]
    length = max(1, most // n_members)
    for start in range(0, max(map(len, of_members)), length):
        portions = [rows[start : start + length] for rows in of_members]
        width = max(map(len, portions))
        batch, real = np.zeros((n_members, width), np.intp), np.zeros((n_members, width), bool)
        for place, portion in enumerate(portions):
            batch[place, : len(portion)], real[place, : len(portion)] = portion, True
        filled = np.flatnonzero(real)
        yield batch.ravel(), filled, filled // width


def for_members(cells: Any, n_members: int) -> Any:
    """Return the rows that each member processes.

    Parameters
    ----------
    cells : tensor of shape (batch, width)
        Rows of the batch.
    n_members : int
        Number of members.

    Returns
    -------
    tensor of shape (1, batch, width), or (n_members, batch / n_members, width) within :func:`portions_of_members`
    """
    return ops.reshape(cells, (n_members, -1, cells.shape[-1])) if _IN_PORTIONS.get() else cells[None]


@keras.saving.register_keras_serializable(package="tabemb")
class MemberDense(keras.layers.Layer):
    """A dense layer with a shared kernel and separate scales for each member (BatchEnsemble, Wen et al. 2020).

    Member k computes ``s_k * (W (r_k * x)) + b_k`` (Gorishniy et al. 2024, arXiv:2410.24210, eq. 1). The scales are
    first multiplied into the kernel, which is small compared to the batch.

    Parameters
    ----------
    units : int
        Width of the output.
    n_members : int
        Number of members.
    signs : bool, default=False
        Whether to initialize the input scales by random signs, so that the members differ, or by ones.
    own_outputs : bool, default=True
        Whether each member has its own output scales ``s`` and bias; otherwise all share one bias.
    seed : int
        Seed of the initializers.
    """

    def __init__(self, units, n_members, signs=False, own_outputs=True, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.units, self.n_members = int(units), int(n_members)
        self.signs, self.own_outputs, self.seed = bool(signs), bool(own_outputs), seed

    def build(self, input_shape):
        """Create the kernel, and the scales and biases with one axis each, which exempts them from weight decay."""
        width, k = input_shape[-1], self.n_members
        self.kernel = self.add_weight(
            shape=(width, self.units), initializer=keras.initializers.GlorotUniform(seed=self.seed), name="kernel"
        )
        start = keras.initializers.RandomUniform(-1.0, 1.0, seed=self.seed + 1)
        self.input_scale = self.add_weight(
            shape=(k * width,),
            initializer=(lambda shape, dtype=None: ops.sign(start(shape, dtype))) if self.signs else "ones",
            name="input_scale",
        )
        if self.own_outputs:
            self.output_scale = self.add_weight(shape=(k * self.units,), initializer="ones", name="output_scale")
        self.bias = self.add_weight(
            shape=(k * self.units if self.own_outputs else self.units,), initializer="zeros", name="bias"
        )

    def call(self, inputs):
        """Return (n_members, batch, units), from (n_members, batch, width) or from (batch, width) for all."""
        kernels = ops.reshape(self.input_scale, (self.n_members, -1, 1)) * self.kernel
        if self.own_outputs:
            kernels = kernels * ops.reshape(self.output_scale, (self.n_members, 1, -1))
        bias = ops.reshape(self.bias, (-1, 1, self.units))
        return ops.matmul(inputs if len(inputs.shape) > 2 else inputs[None], kernels) + bias

    def compute_output_shape(self, input_shape):
        """Return ``(n_members, batch, units)``."""
        return (self.n_members, input_shape[-2], self.units)

    def get_config(self):
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "units": self.units,
            "n_members": self.n_members,
            "signs": self.signs,
            "own_outputs": self.own_outputs,
            "seed": self.seed,
        }


@keras.saving.register_keras_serializable(package="tabemb")
class MemberLogits(keras.layers.Layer):
    """A separate dense layer for each member that computes its logits.

    Parameters
    ----------
    n_outputs : int
        Number of logits.
    n_members : int
        Number of members.
    seed : int
        Seed of the initializer.
    """

    def __init__(self, n_outputs, n_members, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.n_outputs, self.n_members, self.seed = int(n_outputs), int(n_members), seed

    def build(self, input_shape):
        """Create a kernel for each member by Glorot's initializer, and the concatenated biases."""
        limit = (6 / (input_shape[-1] + self.n_outputs)) ** 0.5
        self.kernel = self.add_weight(
            shape=(self.n_members, input_shape[-1], self.n_outputs),
            initializer=keras.initializers.RandomUniform(-limit, limit, seed=self.seed),
            name="kernel",
        )
        self.bias = self.add_weight(shape=(self.n_members * self.n_outputs,), initializer="zeros", name="bias")

    def call(self, inputs):
        """Return (batch, n_members, n_outputs), from (n_members, batch, width) or from (batch, width) for all."""
        logits = ops.matmul(inputs if len(inputs.shape) > 2 else inputs[None], self.kernel)
        return ops.transpose(logits, (1, 0, 2)) + ops.reshape(self.bias, (self.n_members, self.n_outputs))

    def compute_output_shape(self, input_shape):
        """Return ``(batch, n_members, n_outputs)``."""
        return (input_shape[-2], self.n_members, self.n_outputs)

    def get_config(self):
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "n_outputs": self.n_outputs,
            "n_members": self.n_members,
            "seed": self.seed,
        }


@keras.saving.register_keras_serializable(package="tabemb")
class MemberSlices(keras.layers.Layer):
    """Returns the inputs of each member: its slice of each vector, and the inputs that all members share.

    Parameters
    ----------
    dims : list of int
        Dimension of the vector of each column; a multiple of ``n_members`` if it is cut. Member 0 has the first slice.
    n_members : int
        Number of members.
    cut : list of bool, optional
        Whether each vector is cut into slices, or seen whole by all members. By default all are cut.
    """

    def __init__(self, dims, n_members, cut=None, **kwargs):
        super().__init__(**kwargs)
        self.dims, self.n_members = [int(dim) for dim in dims], int(n_members)
        self.cut = [True] * len(self.dims) if cut is None else [bool(each) for each in cut]
        # Adjacent columns of the same width are cut together: start, number of columns, width, whether they are cut.
        self.groups, start = [], 0
        for (dim, is_cut), columns in groupby(zip(self.dims, self.cut, strict=True)):
            n_columns = len(list(columns))
            self.groups.append((start, n_columns, dim, is_cut))
            start += n_columns * dim

    def call(self, inputs):
        """Return (n_members, batch, width), from ``[vectors]`` or ``[vectors, shared inputs]`` of one batch."""
        vectors, *for_all = inputs
        parts = []
        # One split, since the gradient of each separate slice would be as wide as all vectors.
        starts = [group[0] for group in self.groups[1:]]
        pieces = ops.split(vectors, starts, axis=1) if starts else [vectors] * len(self.groups)
        for (_, n_columns, dim, is_cut), cells in zip(self.groups, pieces, strict=True):
            parts.append(self._cut(cells, n_columns, dim // self.n_members) if is_cut else self._whole(cells))
        parts += [self._whole(each) for each in for_all]
        return ops.concatenate(parts, axis=2) if len(parts) > 1 else parts[0]

    def _whole(self, cells):
        seen = for_members(cells, self.n_members)
        return ops.tile(seen, (self.n_members, 1, 1)) if seen.shape[0] == 1 else seen

    def _cut(self, cells, n_columns, width):
        k = self.n_members
        seen = for_members(cells, k)
        if seen.shape[0] == 1:
            seen = ops.transpose(ops.reshape(seen, (-1, n_columns, k, width)), (2, 0, 1, 3))
        else:
            seen = ops.reshape(seen, (k, -1, n_columns, k, width))
            seen = ops.stack([seen[member, :, :, member] for member in range(k)])
        return ops.reshape(seen, (k, -1, n_columns * width))

    def compute_output_shape(self, input_shape):
        """Return ``(n_members, batch, width)``."""
        of_cut = sum(dim for dim, is_cut in zip(self.dims, self.cut, strict=True) if is_cut)
        width = of_cut // self.n_members + sum(self.dims) - of_cut + sum(shape[1] for shape in input_shape[1:])
        return (self.n_members, input_shape[0][0], width)

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "dims": self.dims, "n_members": self.n_members, "cut": self.cut}


@keras.saving.register_keras_serializable(package="tabemb")
class MemberMean(keras.layers.Layer):
    """The mean of the members' logits."""

    def call(self, logits):
        """Return (batch, n_outputs), from (batch, n_members, n_outputs)."""
        return ops.mean(logits, axis=1)

    def compute_output_shape(self, input_shape):
        """Return ``(batch, n_outputs)``."""
        return (input_shape[0], input_shape[2])
