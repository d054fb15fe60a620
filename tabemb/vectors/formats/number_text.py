"""Vectors as text: the fewest digits that bring each number back, many rows at a time."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["row_texts"]

# Numbers that are text at once.
_BLOCK = 2**18


def row_texts(matrix: npt.NDArray[np.float32], separator: str) -> Iterator[str]:
    """Give the numbers of each row, separated.

    Whether a reader takes them for float32 or, as most do, for float64 that is rounded later, it gets the same float32.
    Minus zero stays so for readers that take numbers without a point for integers.

    Parameters
    ----------
    matrix : float32 array of shape (n, dim)
        Finite.
    separator : str

    Yields
    ------
    str

    Examples
    --------
    >>> list(row_texts(np.array([[0.1, -2.5], [3e-9, 1.25]], np.float32), " "))
    ['0.1 -2.5', '3e-9 1.25']
    """
    n, dim = matrix.shape
    rows = max(1, _BLOCK // dim)
    for start in range(0, n, rows):
        block = matrix[start : start + rows]
        offsets = np.arange(0, block.size + 1, dim, dtype=np.int32)
        lists = pa.ListArray.from_arrays(pa.array(offsets), _texts(np.ascontiguousarray(block).ravel()))
        yield from pc.binary_join(lists, separator).to_pylist()


def _texts(numbers: npt.NDArray[np.float32]) -> pa.Array:
    texts = pa.array(numbers).cast(pa.string())
    # The fewest digits for a float32 may lie half-way between two of them, for a reader that rounds twice.
    twice = texts.cast(pa.float64()).to_numpy().astype(np.float32)
    if not np.array_equal(twice, numbers):
        texts = pc.if_else(pa.array(twice == numbers), texts, pa.array(numbers.astype(np.float64)).cast(pa.string()))
    return pc.if_else(pc.equal(texts, "-0"), "-0.0", texts)
