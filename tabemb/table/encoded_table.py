"""An encoded table, the input of the network: a matrix of category indices and a matrix of numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError
from tabemb.table.bags import Bags

__all__ = ["EncodedTable"]


@dataclass(frozen=True, slots=True)
class EncodedTable:
    """Category indices and numbers of the same rows.

    Indices are integers throughout: above 2**24 they would collide in a float32 matrix.

    Parameters
    ----------
    indices : ndarray of int32, shape (n_rows, n_categorical)
        Positions in the vocabulary of each column: 0 missing, 1 unknown, 2.. categories. In column-major (as created by
        the encoder) or row-major order.
    numbers : ndarray of float32, shape (n_rows, n_numbers)
        Scaled numbers and missing-indicators; no NaN.
    bags : mapping of int to Bags, optional
        For the columns whose cells hold several values, by position: the values. Their indices are numbers of cells.

    Raises
    ------
    DataError
        If the two are not matrices with the same number of rows, or have another dtype.

    Examples
    --------
    >>> import numpy as np
    >>> table = EncodedTable(np.array([[2], [3]], np.int32), np.zeros((2, 1), np.float32))
    >>> len(table), table.nbytes
    (2, 16)
    """

    indices: npt.NDArray[np.int32]
    numbers: npt.NDArray[np.float32]
    bags: Mapping[int, Bags] = field(default_factory=dict)

    def __post_init__(self) -> None:
        given = (self.indices.dtype, self.numbers.dtype)
        if given != (np.dtype(np.int32), np.dtype(np.float32)):
            raise DataError(f"An encoded table holds int32 indices and float32 numbers; got {given[0]} and {given[1]}.")
        shapes = (self.indices.shape, self.numbers.shape)
        if self.indices.ndim != 2 or self.numbers.ndim != 2 or shapes[0][0] != shapes[1][0]:
            raise DataError(
                f"Indices and numbers must be two matrices with the same rows; got {shapes[0]} and {shapes[1]}."
            )

    def __len__(self) -> int:
        return len(self.indices)

    def take(self, rows: npt.NDArray[np.intp] | slice) -> "EncodedTable":
        """Return the given rows: positions in any order, a boolean mask, or a slice."""
        return EncodedTable(self.indices[rows], self.numbers[rows], self.bags)

    def compact(self) -> "EncodedTable":
        """Return the same rows with the bags of their own cells only."""
        if not self.bags:
            return self
        indices, bags = self.indices.copy(order="K"), {}
        for position, each in self.bags.items():
            bags[position], indices[:, position] = each.compact(indices[:, position])
        return EncodedTable(indices, self.numbers, bags)

    def with_numbers(self, numbers: npt.NDArray[np.float32]) -> "EncodedTable":
        """Return the same rows with other numbers."""
        return replace(self, numbers=numbers)

    def select(self, positions: Sequence[int]) -> "EncodedTable":
        """Return the given categorical columns, and all numbers."""
        bags = {place: self.bags[each] for place, each in enumerate(positions) if each in self.bags}
        return EncodedTable(self.indices[:, list(positions)], self.numbers, bags)

    def with_one_value(self, generator: np.random.Generator) -> "EncodedTable":
        """Return the same rows with one value per cell: a random one, where a cell holds several."""
        if not self.bags:
            return self
        indices = self.indices.copy(order="K")
        for position, each in self.bags.items():
            indices[:, position] = each.drawn(indices[:, position], generator)
        return EncodedTable(indices, self.numbers)

    def inputs(self) -> dict[str, npt.NDArray[Any]]:
        """Return the arrays by the names of the inputs of a network.

        Besides "indices" and "numbers", for each column at position ``p`` whose cells hold several values: ``values_p``
        and ``weights_p`` of shape (n_values,), and ``offsets_p`` of shape (n_cells + 1,).
        """
        arrays: dict[str, npt.NDArray[Any]] = {"indices": self.indices, "numbers": self.numbers}
        for position, each in self.bags.items():
            arrays |= {
                f"values_{position}": each.values,
                f"weights_{position}": each.normalized(),
                f"offsets_{position}": each.offsets,
            }
        return arrays

    def occurrences(self, position: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.integer[Any]]]:
        """Return the row of each value of a categorical column, and the value as a position in its vocabulary.

        A column without bags has one value per row.
        """
        column = self.indices[:, position]
        bags = self.bags.get(position)
        return (np.arange(len(column)), column) if bags is None else bags.occurrences(column)

    def counts(
        self, position: int, size: int, rows: npt.NDArray[np.integer[Any]] | None = None
    ) -> npt.NDArray[np.intp]:
        """Return how often each of the values 0 to ``size - 1`` of a categorical column occurs.

        Parameters
        ----------
        position : int
            Position of the column.
        size : int
            Size of its vocabulary.
        rows : ndarray of int, optional
            The rows that count; all by default.
        """
        column = self.indices[:, position] if rows is None else self.indices[rows, position]
        bags = self.bags.get(position)
        return np.bincount(column if bags is None else bags.occurrences(column)[1], minlength=size)

    @property
    def nbytes(self) -> int:
        """Size of the arrays in bytes."""
        return self.indices.nbytes + self.numbers.nbytes + sum(each.nbytes for each in self.bags.values())
