"""Operations that read rows of tables."""

from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise

import numpy as np

from tabemb.nn.plain.operations import Operation

__all__ = ["LookUp", "LookUpSideBySide", "LookUpStacked", "OneHotDense", "OneHotVectors"]


@dataclass(frozen=True)
class LookUp(Operation):
    """The rows of a table; weights: the table."""

    def __call__(self, weights, indices):
        """Return the rows, of shape (n, dim)."""
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
        """Return the rows side by side, of shape (n, sum of dims)."""
        bounds = pairwise(accumulate((table.shape[1] for table in weights), initial=0))
        out = np.empty((len(indices), sum(table.shape[1] for table in weights)), weights[0].dtype)
        for table, position, (start, stop) in zip(weights, self.positions, bounds, strict=True):
            out[:, start:stop] = table.take(indices[:, position], axis=0)
        return out

    def prepared(self, weights):
        """Put tables of one dimension one above the other; a shared one stands there once."""
        values = []
        for _, group in groupby(zip(self.positions, weights, strict=True), key=lambda each: each[1].shape[1]):
            where, mine = zip(*group, strict=True)
            different = list({id(table): table for table in mine}.values())
            starts = dict(zip(map(id, different), accumulate(map(len, different), initial=0), strict=False))
            offsets = np.array([starts[id(table)] for table in mine], np.intp)
            values += [np.array(where, np.intp), offsets, np.concatenate(different)]
        return LookUpStacked(), values


@dataclass(frozen=True)
class LookUpStacked(Operation):
    """The same where the tables of one dimension stand one above the other; weights: positions, offsets, stack, ...

    One look-up for many columns: for one row, the calls cost more than the rows do.
    """

    def __call__(self, weights, indices):
        """Return the rows side by side, of shape (n, sum of dims)."""
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
        """Return the sums, of shape (n, units)."""
        (kernel,) = weights
        total = np.zeros((len(indices), kernel.shape[1]), kernel.dtype)
        for position, offset in zip(self.positions, self.offsets, strict=True):
            total += kernel.take(indices[:, position] + offset, axis=0)
        return total


@dataclass(frozen=True)
class OneHotVectors(Operation):
    """The kernel's rows that one-hot columns point at, of shape (n, n_columns, units); weights: kernel.

    Parameters
    ----------
    positions, offsets : tuple of int
        For each column, its place in the matrix of indices and where its rows start in the kernel.
    """

    positions: tuple[int, ...]
    offsets: tuple[int, ...]

    def __call__(self, weights, indices):
        """Return the rows, of shape (n, n_columns, units)."""
        rows = indices.take(self.positions, axis=1) + np.array(self.offsets, indices.dtype)
        return weights[0].take(rows, axis=0)
