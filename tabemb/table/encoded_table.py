"""An encoded table, the input of the network: a matrix of category indices and a matrix of numbers."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError

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
        return EncodedTable(self.indices[rows], self.numbers[rows])

    @property
    def nbytes(self) -> int:
        """Size of both matrices in bytes."""
        return self.indices.nbytes + self.numbers.nbytes
