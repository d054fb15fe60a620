"""Operations of networks that share weights; members stand in the first axis."""

from dataclasses import dataclass

import numpy as np

from tabemb.nn.plain.look_ups import OneHotDense
from tabemb.nn.plain.operations import Operation

__all__ = [
    "MemberDense",
    "MemberLogits",
    "MemberMean",
    "MemberProducts",
    "MemberSlices",
    "SeparateDense",
    "SeparateOneHotDense",
]


@dataclass(frozen=True)
class MemberDense(Operation):
    """Inputs times one kernel with scales of each member; weights: kernel, bias, input scales, [output scales].

    Parameters
    ----------
    n_members : int
        How many there are.
    """

    n_members: int

    def __call__(self, weights, x):
        """Return (n_members, n, units)."""
        operation, weights = self.prepared(weights)
        return operation(weights, x)

    def prepared(self, weights):
        """Return a kernel and a bias for each member."""
        kernel, bias, of_inputs, *of_outputs = weights
        kernels = of_inputs.reshape(self.n_members, -1, 1) * kernel
        for scales in of_outputs:
            kernels = kernels * scales.reshape(self.n_members, 1, -1)
        return MemberProducts(), [kernels, bias.reshape(-1, 1, kernel.shape[1])]


@dataclass(frozen=True)
class MemberProducts(Operation):
    """For each member the inputs times its kernel, plus a bias; weights: kernels, biases (members, 1, units)."""

    def __call__(self, weights, x):
        """Return (n_members, n, units)."""
        y = np.matmul(x, weights[0])
        y += weights[1]
        return y


@dataclass(frozen=True)
class MemberLogits(Operation):
    """For each row and member its logits; weights: kernels, biases side by side."""

    def __call__(self, weights, x):
        """Return (n, n_members, n_outputs)."""
        kernels, bias = weights
        return np.matmul(x, kernels).swapaxes(0, 1) + bias.reshape(len(kernels), -1)


@dataclass(frozen=True)
class MemberSlices(Operation):
    """For each member its part of every vector, and what all members see.

    Parameters
    ----------
    groups : tuple of tuple
        Neighbours of one width: first number, how many, width, and whether they are cut.
    n_members : int
        How many members there are.
    """

    groups: tuple[tuple[int, int, int, bool], ...]
    n_members: int

    def __call__(self, weights, vectors, *for_all):
        """Return (n_members, n, width)."""
        n, parts = len(vectors), []
        for start, n_columns, dim, is_cut in self.groups:
            cells = vectors[:, start : start + n_columns * dim]
            if not is_cut:
                parts.append(np.broadcast_to(cells, (self.n_members, *cells.shape)))
                continue
            cells = cells.reshape(n, n_columns, self.n_members, dim // self.n_members).transpose(2, 0, 1, 3)
            parts.append(cells.reshape(self.n_members, n, n_columns * dim // self.n_members))
        parts += [np.broadcast_to(each, (self.n_members, *each.shape)) for each in for_all]
        return np.concatenate(parts, axis=2)


@dataclass(frozen=True)
class MemberMean(Operation):
    """The mean over the members, which are in the second axis."""

    def __call__(self, weights, logits):
        """Return (n, n_outputs)."""
        return logits.mean(axis=1)


@dataclass(frozen=True)
class SeparateDense(Operation):
    """For each member the inputs times its kernel, plus its bias; weights: kernels, biases side by side."""

    def __call__(self, weights, x):
        """Return (n_members, n, units)."""
        kernels, bias = weights
        y = np.matmul(x, kernels)
        y += bias.reshape(len(kernels), 1, -1)
        return y


@dataclass(frozen=True)
class SeparateOneHotDense(Operation):
    """For each member the sum of its kernel rows that one-hot columns point at; weights: kernels side by side.

    Parameters
    ----------
    positions, offsets : tuple of int
        For each column, its place in the matrix of indices and where its rows start in the kernel.
    n_members : int
        How many members there are.
    """

    positions: tuple[int, ...]
    offsets: tuple[int, ...]
    n_members: int

    def __call__(self, weights, indices):
        """Return (n_members, n, units)."""
        flat = OneHotDense(self.positions, self.offsets)(weights, indices)
        return flat.reshape(len(flat), self.n_members, flat.shape[1] // self.n_members).swapaxes(0, 1)
