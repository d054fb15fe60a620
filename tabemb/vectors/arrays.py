"""Validated read-only arrays, copied or memory-mapped."""

import mmap
from collections.abc import Iterator, Sequence
from os import PathLike
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError

__all__ = ["blocks_of", "count_array", "float_array", "mapped_floats", "shown"]

# Numbers checked at a time, so that at most 4 MB of a memory map are in memory.
_BLOCK = 2**20


def float_array(
    values: npt.ArrayLike, what: str, shape: tuple[int | None, ...], *, owner: str, keys: Sequence[Any] | None = None
) -> npt.NDArray[np.float32]:
    """Return numbers as a finite, read-only float32 array of the expected shape, copied.

    A read-only memory map (:func:`mapped_floats`, or ``numpy.memmap`` in mode "r") is not copied: it is checked block
    by block and stays on disk. The file must not be changed in place while it is in use.

    In the expected shape, None is any size from 1. ``what``, ``owner`` and ``keys`` name the numbers, their owner and
    their rows in error messages.

    Raises
    ------
    DataError
        If they are not numbers, have another shape, or are not finite in float32.

    Examples
    --------
    >>> float_array([1, 2], "unknown", (2,), owner="Column 'dest'")
    array([1., 2.], dtype=float32)
    """
    wanted = " x ".join("dim" if size is None else str(size) for size in shape)
    try:
        # Numbers too large for float32 become infinite, and are rejected below.
        with np.errstate(over="ignore"):
            array = np.asarray(values) if _is_map(values) else np.array(values, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise DataError(f"{owner}: expected {what} as {wanted} numbers, got {shown(values)}.") from error
    fits = len(array.shape) == len(shape) and all(
        got == size if size is not None else got > 0 for size, got in zip(shape, array.shape, strict=True)
    )
    if not fits:
        got = " x ".join(map(str, array.shape)) or "one number"
        raise DataError(f"{owner}: expected {what} of shape {wanted}, got {got}.")
    _check_finite(array, what, owner, keys)
    array.flags.writeable = False
    return array


def mapped_floats(path: str | PathLike[str], offset: int, shape: tuple[int, int]) -> npt.NDArray[np.float32]:
    """Return a memory map of little-endian float32 numbers in a file, in C order.

    ``offset``, a multiple of 4, is the byte of the first number. Raise an ``OSError`` or ``ValueError`` if the file
    cannot be opened, or is too short.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "numbers")
    ...     _ = path.write_bytes(np.array([0, 1, 2], "<f4").tobytes())
    ...     mapped_floats(path, 4, (1, 2)).tolist()
    [[1.0, 2.0]]
    """
    if 0 in shape:
        # An empty array cannot be mapped.
        return np.zeros(shape, dtype=np.float32)
    return np.memmap(path, dtype="<f4", mode="r", offset=offset, shape=shape)


def count_array(values: npt.ArrayLike, n: int, *, owner: str) -> npt.NDArray[np.int64]:
    """Return ``n`` counts, whole numbers from 0, as a read-only int64 array, copied.

    Examples
    --------
    >>> count_array([5, 3.0], 2, owner="Column 'dest'")
    array([5, 3])
    """
    given = np.asarray(values)
    if given.shape != (n,):
        got = " x ".join(map(str, given.shape)) or "one number"
        raise DataError(f"{owner}: expected {n} counts, one for each key, got {got}.")
    with np.errstate(invalid="ignore"):
        array = given.astype(np.int64) if given.dtype.kind in "iuf" else None
    if array is None or (array < 0).any() or (array != given).any():
        raise DataError(f"{owner}: expected counts as whole numbers from 0, got {shown(values)}.")
    array.flags.writeable = False
    return array


def _is_map(values: object) -> bool:
    return (
        isinstance(values, np.memmap)
        and values.mode == "r"
        and values.dtype == np.float32
        and values.flags.c_contiguous
        and values.flags.aligned
    )


def _check_finite(array: npt.NDArray[np.float32], what: str, owner: str, keys: Sequence[Any] | None) -> None:
    for start, block in blocks_of(array):
        finite = np.isfinite(block)
        if not finite.all():
            first = tuple(np.argwhere(~finite)[0])
            row = f" in the row of {keys[start + first[0]]!r}" if keys is not None else ""
            raise DataError(f"{owner}: expected finite float32 numbers in {what}, got {block[first]}{row}.")


def blocks_of(array: npt.NDArray[np.float32]) -> Iterator[tuple[int, npt.NDArray[np.float32]]]:
    """Yield the rows of an array by blocks of about 4 MB with the number of their first row.

    The pages of a memory map are released after each block.

    Examples
    --------
    >>> [(start, len(block)) for start, block in blocks_of(np.zeros((3, 2**20), np.float32))]
    [(0, 1), (1, 1), (2, 1)]
    """
    rows = max(1, _BLOCK // max(1, array[:1].size))
    for start in range(0, len(array), rows):
        yield start, array[start : start + rows]
        _release_pages(array)


def _release_pages(array: npt.NDArray[Any]) -> None:
    """Release the pages of a memory map that were read; they are loaded again on access."""
    owner: Any = array
    while isinstance(owner, np.ndarray):
        owner = owner.base
    # Systems without the call release the pages when memory runs short.
    if isinstance(owner, mmap.mmap) and hasattr(owner, "madvise"):
        owner.madvise(mmap.MADV_DONTNEED)


def shown(values: Any) -> str:
    """Return values as text of at most 80 characters, for error messages."""
    text = repr(values)
    return text if len(text) <= 80 else text[:77] + "..."
