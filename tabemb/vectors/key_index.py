"""A mapping from category to row that distinguishes keys by type."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np

from tabemb.exceptions import DataError, UnknownKeyError, did_you_mean
from tabemb.table.keys import Key, as_key, identity

__all__ = ["KeyIndex", "is_several"]


class KeyIndex(Mapping[Any, int]):
    """A read-only mapping from the keys of a column to 0, 1, 2, ...

    Unlike in a dict, 1 and ``True`` are two keys; 1 and 1.0 are the same.

    Parameters
    ----------
    keys : iterable of scalars
        Unique; None and NaN are not allowed.
    column : str, default=""
        Name of the column, for error messages.

    Raises
    ------
    DataError
        If a key is repeated, missing, or not a scalar.

    Examples
    --------
    >>> index = KeyIndex(["a", 1, True])
    >>> index[1], index[1.0], index[True]
    (1, 1, 2)
    >>> "1" in index
    False
    """

    __slots__ = ("_column", "_keys", "_rows")

    def __init__(self, keys: Iterable[Any], column: str = "") -> None:
        self._column = column
        self._keys: list[Key] = []
        self._rows: dict[Hashable, int] = {}
        for row, given in enumerate(keys):
            key = as_key(given, column or None)
            if key is None:
                raise DataError(
                    f"{self._where()}: expected categories, got {given!r} in row {row}, which stands for a missing "
                    "cell. Pass its vector as missing=..."
                )
            first = self._rows.setdefault(identity(key), row)
            if first != row:
                raise DataError(f"{self._where()}: expected each key once, got {key!r} in rows {first} and {row}.")
            self._keys.append(key)

    @property
    def keys_in_order(self) -> list[Any]:
        """Keys by row. This is the internal list: do not change it."""
        return self._keys

    def __getitem__(self, key: Any) -> int:
        try:
            return self._rows[identity(as_key(key))]
        except (KeyError, DataError) as error:
            raise UnknownKeyError(self._unknown(key)) from error

    def __contains__(self, key: object) -> bool:
        try:
            return identity(as_key(key)) in self._rows
        except DataError:
            return False

    def __iter__(self) -> Iterator[Any]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KeyIndex) and list(self._rows) == list(other._rows)

    __hash__ = None  # type: ignore[assignment]

    def _ipython_key_completions_(self) -> list[Any]:
        return list(self._keys)

    def __repr__(self) -> str:
        shown = ", ".join(f"{key!r}: {row}" for row, key in enumerate(islice(self._keys, 5)))
        return f"KeyIndex({{{shown}{', ...' if len(self) > 5 else ''}}})"

    def _where(self) -> str:
        return f"Column {self._column!r}" if self._column else "The keys"

    def _unknown(self, key: Any) -> str:
        column = f"column {self._column!r}" if self._column else "these vectors"
        message = f"No category {key!r} in {column} ({len(self):,} categories)."
        if _is_missing(key):
            return f"{message} The vector of missing cells is `.missing`."
        # The most common mistake: 1 for "1", or "1" for 1.
        twins = [known for known in self._keys if type(known) is not type(key) and str(known) == str(key)]
        if twins:
            return f"{message} There is {twins[0]!r}, of type {type(twins[0]).__name__}."
        return message + did_you_mean(key, self._keys)


def is_several(key: Any) -> bool:
    """Return whether a value is a list of keys; text, bytes and scalars are single keys.

    Examples
    --------
    >>> is_several("JFK"), is_several(["JFK"])
    (False, True)
    """
    if isinstance(key, np.ndarray):
        return key.ndim > 0
    return isinstance(key, Iterable) and not isinstance(key, str | bytes | bytearray)


def _is_missing(key: Any) -> bool:
    try:
        return as_key(key) is None
    except DataError:
        return False
