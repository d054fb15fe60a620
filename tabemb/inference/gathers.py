# ruff: noqa: D102  (a class docstring says what its call computes)
"""Operations that read rows of tables by index, and pool those of the values of a cell."""

from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise

import numpy as np

from tabemb.inference.operations import OPERATIONS, Operation

__all__ = [
    "AttendValues",
    "Gather",
    "GatherColumns",
    "GatherEach",
    "GatherStacked",
    "GatherSum",
    "PoolValues",
    "TakeCells",
]


@OPERATIONS.register("gather")
@dataclass(frozen=True)
class Gather(Operation):
    """Return the rows of a table; arrays: the table.

    Examples
    --------
    >>> Gather()([np.array([[1.0], [2.0]])], np.array([1, 1, 0]))
    array([[2.],
           [2.],
           [1.]])
    """

    def __call__(self, arrays, indices):
        return arrays[0].take(indices, axis=0)


@OPERATIONS.register("gather_columns")
@dataclass(frozen=True)
class GatherColumns(Operation):
    """Return the concatenated rows of several tables, one table per column of the indices; arrays: the tables.

    Parameters
    ----------
    positions : tuple of int
        For each table, the column that holds its indices.

    Examples
    --------
    >>> tables = [np.array([[1.0], [2.0]]), np.array([[10.0], [20.0]])]
    >>> GatherColumns((1, 0))(tables, np.array([[0, 1]]))
    array([[ 2., 10.]])
    """

    positions: tuple[int, ...]

    def __call__(self, arrays, indices):
        bounds = pairwise(accumulate((table.shape[1] for table in arrays), initial=0))
        out = np.empty((len(indices), sum(table.shape[1] for table in arrays)), arrays[0].dtype)
        for table, position, (start, stop) in zip(arrays, self.positions, bounds, strict=True):
            out[:, start:stop] = table.take(indices[:, position], axis=0)
        return out

    def prepared(self, arrays):
        """Stack adjacent tables of one dimension, each distinct table once."""
        values = []
        for _, group in groupby(zip(self.positions, arrays, strict=True), key=lambda each: each[1].shape[1]):
            positions, tables = zip(*group, strict=True)
            distinct = list({id(table): table for table in tables}.values())
            starts = dict(zip(map(id, distinct), accumulate(map(len, distinct), initial=0), strict=False))
            offsets = np.array([starts[id(table)] for table in tables], np.intp)
            values += [np.array(positions, np.intp), offsets, np.concatenate(distinct)]
        return GatherStacked(), values


@OPERATIONS.register("gather_stacked")
@dataclass(frozen=True)
class GatherStacked(Operation):
    """The same as :class:`GatherColumns`, from stacked tables; arrays: positions, offsets, stack for each dimension.

    One gather serves many columns: for a single row the calls cost more than the rows.

    Examples
    --------
    >>> arrays = [np.array([0, 1]), np.array([0, 2]), np.array([[1.0], [2.0], [10.0], [20.0]])]
    >>> GatherStacked()(arrays, np.array([[1, 0]]))
    array([[ 2., 10.]])
    """

    def __call__(self, arrays, indices):
        parts = []
        for positions, offsets, stack in zip(arrays[::3], arrays[1::3], arrays[2::3], strict=True):
            rows = indices.take(positions, axis=1) + offsets
            parts.append(stack.take(rows, axis=0).reshape(len(indices), len(positions) * stack.shape[1]))
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)


@OPERATIONS.register("gather_sum")
@dataclass(frozen=True)
class GatherSum(Operation):
    """Return the sum of the kernel rows of the categories in one-hot columns; arrays: kernel.

    Parameters
    ----------
    positions, offsets : tuple of int
        For each one-hot column, its position in the matrix of indices and its first row in the kernel.

    Examples
    --------
    >>> GatherSum((0, 1), (0, 2))([np.array([[1.0], [2.0], [10.0]])], np.array([[1, 0]]))
    array([[12.]])
    """

    positions: tuple[int, ...]
    offsets: tuple[int, ...]

    def __call__(self, arrays, indices):
        (kernel,) = arrays
        total = np.zeros((len(indices), kernel.shape[1]), kernel.dtype)
        for position, offset in zip(self.positions, self.offsets, strict=True):
            total += kernel.take(indices[:, position] + offset, axis=0)
        return total


@OPERATIONS.register("gather_each")
@dataclass(frozen=True)
class GatherEach(Operation):
    """Return the kernel rows of the categories in one-hot columns, of shape (n, n_columns, units); arrays: kernel.

    Parameters
    ----------
    positions, offsets : tuple of int
        For each one-hot column, its position in the matrix of indices and its first row in the kernel.

    Examples
    --------
    >>> GatherEach((0, 1), (0, 2))([np.array([[1.0], [2.0], [10.0]])], np.array([[1, 0]])).tolist()
    [[[2.0], [10.0]]]
    """

    positions: tuple[int, ...]
    offsets: tuple[int, ...]

    def __call__(self, arrays, indices):
        rows = indices.take(self.positions, axis=1) + np.array(self.offsets, indices.dtype)
        return arrays[0].take(rows, axis=0)


@OPERATIONS.register("pool_values")
@dataclass(frozen=True)
class PoolValues(Operation):
    """Return the weighted sum of the vectors of the values of each cell.

    Examples
    --------
    >>> vectors, weights = np.array([[2.0], [4.0], [6.0]]), np.array([1.0, 0.5, 0.5])
    >>> PoolValues()([], vectors, weights, np.array([0, 1, 3]))
    array([[2.],
           [5.]])
    """

    def __call__(self, arrays, vectors, weights, offsets):
        return np.add.reduceat(vectors * weights[:, None], offsets[:-1], axis=0)


@OPERATIONS.register("attend_values")
@dataclass(frozen=True)
class AttendValues(Operation):
    """Return the mean of the vectors of the values of each cell, by the softmax of their products with a query.

    The query is the only array.

    Examples
    --------
    >>> vectors, ones = np.array([[2.0], [4.0], [6.0]]), np.ones(3)
    >>> AttendValues()([np.array([0.0])], vectors, ones, np.array([0, 1, 3]))
    array([[2.],
           [5.]])
    """

    def __call__(self, arrays, vectors, weights, offsets):
        starts, sizes = offsets[:-1], np.diff(offsets)
        scores = vectors @ arrays[0]
        shares = weights * np.exp(scores - np.repeat(np.maximum.reduceat(scores, starts), sizes))
        shares /= np.repeat(np.add.reduceat(shares, starts), sizes)
        return np.add.reduceat(vectors * shares[:, None], starts, axis=0)


@OPERATIONS.register("take_cells")
@dataclass(frozen=True)
class TakeCells(Operation):
    """Return the pooled vectors of the cells of the rows.

    Examples
    --------
    >>> TakeCells()([], np.array([[2.0], [5.0]]), np.array([1, 0]))
    array([[5.],
           [2.]])
    """

    def __call__(self, arrays, pooled, cells):
        return pooled.take(cells, axis=0)
