"""Arrays that are checked when they are taken in, copied, and read-only from then on."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError

__all__ = ["count_array", "float_array"]


def float_array(
    values: npt.ArrayLike, what: str, shape: tuple[int | None, ...], *, owner: str, keys: Sequence[Any] | None = None
) -> npt.NDArray[np.float32]:
    """Return finite numbers of the expected shape as a read-only float32 array of its own.

    Parameters
    ----------
    values : array-like
    what : str
        What the numbers are, for error messages.
    shape : tuple of int or None
        None is any size from 1.
    owner : str
        Whose they are, for error messages.
    keys : sequence, optional
        The names of the rows, for error messages.

    Raises
    ------
    DataError
        When they are no numbers, of another shape, or not finite in float32.

    Examples
    --------
    >>> float_array([1, 2], "unknown", (2,), owner="Column 'dest'")
    array([1., 2.], dtype=float32)
    """
    wanted = " x ".join("dim" if size is None else str(size) for size in shape)
    try:
        # What float32 cannot hold becomes infinite, and is refused below.
        with np.errstate(over="ignore"):
            array = np.array(values, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise DataError(f"{owner}: expected {what} as {wanted} numbers, got {_said(values)}.") from error
    fits = len(array.shape) == len(shape) and all(
        got == size if size is not None else got > 0 for size, got in zip(shape, array.shape, strict=True)
    )
    if not fits:
        got = " x ".join(map(str, array.shape)) or "one number"
        raise DataError(f"{owner}: expected {what} of shape {wanted}, got {got}.")
    if not np.isfinite(array).all():
        first = tuple(np.argwhere(~np.isfinite(array))[0])
        row = f" in the row of {keys[first[0]]!r}" if keys is not None else ""
        raise DataError(f"{owner}: expected finite float32 numbers in {what}, got {array[first]}{row}.")
    array.flags.writeable = False
    return array


def count_array(values: npt.ArrayLike, n: int, *, owner: str) -> npt.NDArray[np.int64]:
    """Return ``n`` whole numbers from 0 as a read-only int64 array of its own.

    Raises
    ------
    DataError
        When there are more or fewer, or they are not whole numbers from 0.

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
        raise DataError(f"{owner}: expected counts as whole numbers from 0, got {_said(values)}.")
    array.flags.writeable = False
    return array


def _said(values: Any) -> str:
    text = repr(values)
    return text if len(text) <= 80 else text[:77] + "..."
