"""Operations on tokens: a vector of one width for each column."""

from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np

from tabemb.nn.plain.activations import softmax
from tabemb.nn.plain.operations import Operation

__all__ = ["Attend", "ColumnTokens", "DenseTokens", "Interactions", "WithClassToken"]


@dataclass(frozen=True)
class ColumnTokens(Operation):
    """A dense layer for each group of columns; weights: kernels one above the other, biases side by side.

    Parameters
    ----------
    dims : tuple of int
        How many columns each group has.
    """

    dims: tuple[int, ...]

    def __call__(self, weights, x):
        """Return (n, n_tokens, units)."""
        operation, weights = self.prepared(weights)
        return operation(weights, x)

    def prepared(self, weights):
        """Return one kernel for all groups, zero where a column is no business of a token."""
        kernel, bias = weights
        units = kernel.shape[1]
        block = np.zeros((len(kernel), len(self.dims), units), kernel.dtype)
        for token, (start, stop) in enumerate(pairwise(accumulate(self.dims, initial=0))):
            block[start:stop, token] = kernel[start:stop]
        return DenseTokens(len(self.dims)), [block.reshape(len(kernel), -1), bias]


@dataclass(frozen=True)
class DenseTokens(Operation):
    """The inputs times the kernel, plus the bias, as tokens; weights: kernel, bias.

    Parameters
    ----------
    n_tokens : int
        How many there are.
    """

    n_tokens: int

    def __call__(self, weights, x):
        """Return (n, n_tokens, units)."""
        y = x @ weights[0]
        y += weights[1]
        return y.reshape(len(x), self.n_tokens, y.shape[1] // self.n_tokens)


@dataclass(frozen=True)
class WithClassToken(Operation):
    """A token that is every row's, before groups of tokens; weights: the token."""

    def __call__(self, weights, *groups):
        """Return (n, 1 + n_tokens, units)."""
        token = np.broadcast_to(weights[0], (len(groups[0]), 1, len(weights[0])))
        return np.concatenate([token, *groups], axis=1)


@dataclass(frozen=True)
class Interactions(Operation):
    """The sum of the products of every two tokens, number by number."""

    def __call__(self, weights, *groups):
        """Return (n, units)."""
        total = sum(group.sum(axis=1) for group in groups)
        squares = sum(np.square(group).sum(axis=1) for group in groups)
        return np.float32(0.5) * (np.square(total) - squares)


@dataclass(frozen=True)
class Attend(Operation):
    """For each query the mean of the values, weighted by how well their keys fit.

    Parameters
    ----------
    n_heads : int
        Number of heads.
    """

    n_heads: int

    def __call__(self, weights, queries, keys_and_values):
        """Return what each query sees, of the queries' shape."""
        n, n_tokens, double = keys_and_values.shape
        head = double // 2 // self.n_heads
        # (2, n, heads, tokens, width of a head)
        both = keys_and_values.reshape(n, n_tokens, 2, self.n_heads, head).transpose(2, 0, 3, 1, 4)
        n_queries = 1 if queries.ndim < 3 else queries.shape[1]
        asked = queries.reshape(n, n_queries, self.n_heads, head).transpose(0, 2, 1, 3) * np.float32(head**-0.5)
        seen = softmax(asked @ both[0].swapaxes(2, 3)) @ both[1]
        return seen.transpose(0, 2, 1, 3).reshape(queries.shape)
