"""Vectors as text: the fewest digits that restore each number."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["row_texts"]

# Numbers converted at a time.
_BLOCK = 2**18


def row_texts(matrix: npt.NDArray[np.float32], separator: str) -> Iterator[str]:
    """Yield the numbers of each row as text.

    Readers get the same float32 whether they parse float32 or, as most do, float64 and round later. Minus zero is
    written as ``-0.0``, for readers that parse numbers without a point as integers.

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
    # For a reader that rounds twice, the fewest digits may be halfway between two float32 numbers.
    twice = texts.cast(pa.float64()).to_numpy().astype(np.float32)
    if not np.array_equal(twice, numbers):
        texts = pc.if_else(pa.array(twice == numbers), texts, pa.array(numbers.astype(np.float64)).cast(pa.string()))
    return pc.if_else(pc.equal(texts, "-0"), "-0.0", texts)
