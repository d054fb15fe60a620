"""Which categories may be answers."""

import numbers
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError

__all__ = ["allowed_rows"]


def allowed_rows(
    keys: Sequence[Any],
    counts: npt.NDArray[np.int64] | None,
    *,
    min_count: int | None = None,
    where: Callable[[Any], object] | None = None,
    owner: str = "The vectors",
) -> npt.NDArray[np.bool_] | None:
    """Return which rows pass the filters, or None where there is no filter.

    Parameters
    ----------
    keys : sequence of shape (n,)
    counts : array of int of shape (n,), or None
        In how many rows each was seen.
    min_count : int, optional
        The least count that passes.
    where : callable, optional
        From a key to whether it passes.
    owner : str
        Whose they are, for error messages.

    Raises
    ------
    DataError
        When nothing passes, ``min_count`` is no whole number from 0 or there are no counts, or ``where`` is no
        function.

    Examples
    --------
    >>> allowed_rows(["JFK", "LGA", "SFO"], np.array([9, 5, 1]), min_count=2, where=lambda key: key != "JFK")
    array([False,  True, False])
    """
    if min_count is None and where is None:
        return None
    allowed = np.ones(len(keys), dtype=bool)
    if min_count is not None:
        allowed &= _frequent(counts, min_count, owner)
        if len(keys) and not allowed.any():
            most = "" if counts is None else f"; the most frequent one has {counts.max():,}"
            raise DataError(f"{owner}: none of {len(keys):,} categories has a count of {min_count:,} or more{most}.")
    if where is not None:
        if not callable(where):
            raise DataError(
                f"where is a function that says of a key whether it may be an answer, such as "
                f"lambda key: key.startswith('N'); got {where!r}."
            )
        for row in np.flatnonzero(allowed).tolist():
            allowed[row] = _passes(where, keys[row])
        if len(keys) and not allowed.any():
            also = f" that have a count of {min_count:,} or more" if min_count is not None else ""
            raise DataError(f"{owner}: where=... lets none of the categories{also} pass.")
    return allowed


def _frequent(counts: npt.NDArray[np.int64] | None, min_count: object, owner: str) -> npt.NDArray[np.bool_]:
    if isinstance(min_count, bool) or not isinstance(min_count, numbers.Integral) or min_count < 0:
        raise DataError(f"min_count is a number of rows: expected a whole number from 0, got {min_count!r}.")
    if counts is None:
        raise DataError(f"{owner}: min_count goes by counts, and these vectors came without; leave it out.")
    frequent: npt.NDArray[np.bool_] = counts >= int(min_count)
    return frequent


def _passes(where: Callable[[Any], object], key: Any) -> bool:
    try:
        return bool(where(key))
    except Exception as error:
        error.add_note(f"where=... was called with the key {key!r}, of type {type(key).__name__}.")
        raise
