"""Vectors of categories from the other columns of their rows, in closed form, without a target or training.

Two categories are similar if they occur with the same values of the other columns: two airports, if the same airlines
fly there from the same origins at the same hours. The matrix of categories by values of the other columns holds
positive pointwise mutual information (Church & Hanks 1990, "Word association norms, mutual information, and
lexicography"), and the vectors are its truncated singular value decomposition (Bullinaria & Levy 2007, "Extracting
semantic representations from word co-occurrence statistics"; Levy & Goldberg 2014, "Neural word embedding as implicit
matrix factorization").
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Cooccurrence"]

Indices = npt.NDArray[np.integer[Any]]

# Most values of a column that are counted, the most frequent ones.
MOST_VALUES = 3000
# Numbers are cut into this many intervals with equally many rows.
N_INTERVALS = 10
# Rows counted at a time, to bound the memory.
ROWS_AT_A_TIME = 500_000
# Most categories that determine the axes, the most frequent ones; the others are projected.
MOST_DECOMPOSED = 20_000
# Up to this many rows or columns, all singular values are computed at once, which is faster than the largest alone.
SMALL = 400
# Power iterations of the randomized decomposition (Halko, Martinsson & Tropp 2011), whose time does not depend on the
# spectrum.
N_POWERS = 7
# Singular values below this share of the largest are rounding.
ROUNDING = 1e-5


class Cooccurrence:
    """Which values of the other columns occur in the rows of each category.

    Parameters
    ----------
    indices : ndarray of int of shape (n_rows, n_columns)
        Category of each cell, as an index from 0.
    sizes : sequence of int
        Number of indices of each column.
    numbers : ndarray of float of shape (n_rows, n_numbers), optional
        Numbers of the same rows, which are cut into ten intervals.

    Examples
    --------
    >>> stops = np.array([[0, 0], [1, 0], [2, 1], [3, 1]])
    >>> found = Cooccurrence(stops, [4, 2]).vectors(0, dim=2)
    >>> found.shape, bool(np.allclose(found[0], found[1])), bool(np.allclose(found[0], found[2]))
    ((4, 2), True, False)
    """

    def __init__(
        self, indices: Indices, sizes: Sequence[int], numbers: npt.NDArray[np.floating[Any]] | None = None
    ) -> None:
        self._n_rows = len(indices)
        self._columns: list[Indices] = [indices[:, column] for column in range(indices.shape[1])]
        self._sizes = list(sizes)
        for column in range(0 if numbers is None else numbers.shape[1]):
            intervals, n = _intervals(numbers[:, column])  # type: ignore[index]
            self._columns.append(intervals)
            self._sizes.append(n)
        # For each column, the place of each value among the counted ones; the last place is that of all others.
        self._places = [_places(each, size) for each, size in zip(self._columns, self._sizes, strict=True)]
        self._widths = [int(places.max(initial=0)) + 1 for places in self._places]
        self._first = np.cumsum([0, *self._widths])

    def counts(self, column: int) -> npt.NDArray[np.intp]:
        """Return the number of rows of each category of a column, of shape (size,)."""
        return np.bincount(self._columns[column], minlength=self._sizes[column])

    def information(self, column: int) -> Any:
        """Return the positive pointwise mutual information of a column with the values of all other columns.

        An entry is ``max(0, log(n_ij N / (n_i n_j))) n_ij / (n_ij + 1)`` for n_ij rows with both, where the last factor
        discounts pairs that occur rarely. The block of each other column is divided by the fourth root of its width, so
        that columns with many values do not outweigh the others.

        Parameters
        ----------
        column : int
            Position of the column.

        Returns
        -------
        scipy.sparse.csr_matrix of float32 of shape (size, n_values)
        """
        from scipy import sparse

        pairs = self._pairs(column).tocoo()
        own, values = self.counts(column).astype(np.float64), np.zeros(self._first[-1])
        divisor = np.ones(self._first[-1])
        for other, (codes, places, first, width) in enumerate(
            zip(self._columns, self._places, self._first[:-1], self._widths, strict=True)
        ):
            if other == column:
                continue
            # The last place is for values that are not counted.
            n_values = width - 1
            values[first : first + n_values] = np.bincount(places[codes], minlength=width)[:n_values]
            divisor[first : first + n_values] = max(1, n_values) ** 0.25
        kept = values[pairs.col] > 0
        row, col, both = pairs.row[kept], pairs.col[kept], pairs.data[kept].astype(np.float64)
        entries = np.log(both * self._n_rows / (own[row] * values[col])) * both / (both + 1) / divisor[col]
        positive = entries > ROUNDING
        shape = (self._sizes[column], int(self._first[-1]))
        return sparse.csr_matrix((entries[positive].astype(np.float32), (row[positive], col[positive])), shape)

    def vectors(self, column: int, dim: int) -> npt.NDArray[np.float32]:
        """Return vectors of the categories of a column: ``U sqrt(S)`` of their information, ``U S V'``.

        Parameters
        ----------
        column : int
            Position of the column.
        dim : int
            Number of dimensions, by falling singular values. Those beyond the rank are zero.

        Returns
        -------
        ndarray of float32 of shape (size, dim)
        """
        table = self.information(column)
        frequent = table
        if table.shape[0] > MOST_DECOMPOSED:
            frequent = table[np.sort(np.argsort(-self.counts(column), kind="stable")[:MOST_DECOMPOSED])]
        used = np.flatnonzero(np.bincount(frequent.indices, minlength=table.shape[1]))
        found = np.zeros((table.shape[0], dim), np.float32)
        if not len(used):
            return found
        values, axes = _decomposed(frequent[:, used], dim)
        axes = (axes / np.sqrt(values)).astype(np.float32)
        found[:, : len(values)] = table[:, used] @ axes
        return found

    def _pairs(self, column: int) -> Any:
        """Return how many rows have each pair of a category and a value, a sparse matrix."""
        from scipy import sparse

        total, width = None, len(self._columns)
        for start in range(0, self._n_rows, ROWS_AT_A_TIME):
            rows = slice(start, min(start + ROWS_AT_A_TIME, self._n_rows))
            codes = self._columns[column][rows]
            n = len(codes)
            values = np.empty((n, width), np.int32)
            for other, (each, places) in enumerate(zip(self._columns, self._places, strict=True)):
                values[:, other] = places[each[rows]] + self._first[other]
            cells = sparse.csr_matrix(
                (np.ones(n * width, np.float32), values.ravel(), np.arange(0, n * width + 1, width)),
                (n, int(self._first[-1])),
            )
            of_rows = sparse.csr_matrix((np.ones(n, np.float32), (codes, np.arange(n))), (self._sizes[column], n))
            total = of_rows @ cells if total is None else total + of_rows @ cells
        return total


def _intervals(numbers: npt.NDArray[np.floating[Any]]) -> tuple[Indices, int]:
    """Return the interval of each number, and how many intervals there are."""
    edges = np.unique(np.quantile(numbers, np.arange(1, N_INTERVALS) / N_INTERVALS))
    return np.searchsorted(edges, numbers, side="right"), len(edges) + 1


def _places(codes: Indices, size: int) -> npt.NDArray[np.int32]:
    """Return, for each index of a column, its place among the most frequent ones, or the place after them."""
    counts = np.bincount(codes, minlength=size)
    present = np.flatnonzero(counts)
    chosen = np.sort(present[np.argsort(-counts[present], kind="stable")[:MOST_VALUES]])
    places = np.full(size, len(chosen), np.int32)
    places[chosen] = np.arange(len(chosen), dtype=np.int32)
    return places


def _decomposed(table: Any, dim: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the largest singular values of a sparse matrix, and its right singular vectors as columns."""
    from sklearn.utils.extmath import randomized_svd

    if min(table.shape) <= max(SMALL, 2 * dim):
        dense = table.toarray().astype(np.float64)
        wide = dense.shape[0] < dense.shape[1]
        squares, axes = np.linalg.eigh(dense @ dense.T if wide else dense.T @ dense)
        values = np.sqrt(np.maximum(squares[::-1][:dim], 0))
        axes = axes[:, ::-1][:, :dim]
        kept = values > ROUNDING * values[0]
        values, axes = values[kept], axes[:, kept]
        return values, dense.T @ axes / values if wide else axes
    _, values, rows = randomized_svd(table, dim, n_iter=N_POWERS, random_state=0)
    kept = values > ROUNDING * values[0]
    return values[kept], rows[kept].T
