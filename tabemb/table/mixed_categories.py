"""Categories of mixed types, and functions that choose the most compact class for given keys."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tabemb.exceptions import DataError
from tabemb.table.categories import Categories, Positions
from tabemb.table.cells import factorize
from tabemb.table.keys import Key, as_key, family, identity, key_from_json
from tabemb.table.number_categories import FloatCategories, IntegerCategories, as_float, as_integer
from tabemb.table.text_categories import TextCategories, as_text, text_array

__all__ = ["MixedCategories", "categories_of", "chosen_categories"]

# With fewer cells than this, or than this share of the categories (measured), looking up each one in a Python dict is
# faster than building Arrow's hash table.
_FEW, _FEW_SHARE = 512, 1 / 8

_Part: TypeAlias = tuple[Categories, Positions]


class MixedCategories(Categories):
    """Distinct keys of any types.

    Parameters
    ----------
    keys : iterable of hashable
        Typed keys.

    Examples
    --------
    >>> import pyarrow as pa
    >>> MixedCategories(["a", 1, True]).find(pa.array([1.0, 2.0]))
    array([ 1, -1], dtype=int32)
    """

    def __init__(self, keys: Iterable[Key]) -> None:
        self._keys = tuple(keys)

    def __getstate__(self) -> dict[str, Any]:
        return {"keys": self.to_json()}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self._keys = tuple(map(key_from_json, state["keys"]))

    @cached_property
    def families(self) -> frozenset[str]:
        """The type families of the keys."""
        return frozenset(map(family, self._keys))

    def __len__(self) -> int:
        return len(self._keys)

    def at(self, positions: npt.NDArray[np.intp]) -> list[Key]:
        """Return the keys at these positions."""
        return [self._keys[position] for position in positions]

    def find(self, cells: pa.Array) -> Positions:
        """Return the position of each cell, -1 if it is missing or not a category."""
        if len(cells) >= max(_FEW, _FEW_SHARE * len(self)):
            if pa.types.is_large_string(cells.type):
                return _within(self._texts, cells)
            if pa.types.is_floating(cells.type):
                return _within(self._floats, cells)
            if pa.types.is_integer(cells.type) and not pa.types.is_uint64(cells.type):
                return _within(self._integers, cells)
        coded = factorize(cells)
        return np.append(self.find_keys(coded.keys), np.int32(-1)).take(coded.codes)

    def find_keys(self, keys: Sequence[Key]) -> Positions:
        """Return the position of each key, -1 if it is not a category."""
        return np.array([self._positions.get(identity(key), -1) for key in keys], np.int32)

    def first_duplicate(self) -> Key | None:
        """Return the first key that occurs more than once, None if all differ."""
        if len(self._positions) == len(self):
            return None
        last = self._positions
        return next(key for position, key in enumerate(self._keys) if last[identity(key)] != position)

    @cached_property
    def _positions(self) -> dict[Hashable, int]:
        return {identity(key): position for position, key in enumerate(self._keys)}

    @cached_property
    def _texts(self) -> _Part:
        return self._part(as_text, lambda texts: TextCategories(text_array(texts)))

    @cached_property
    def _integers(self) -> _Part:
        return self._part(as_integer, lambda numbers: IntegerCategories(np.array(numbers, np.int64)))

    @cached_property
    def _floats(self) -> _Part:
        return self._part(as_float, lambda numbers: FloatCategories(np.array(numbers, np.float64)))

    def _part(self, read: Callable[[Key], Any], hold: Callable[[list[Any]], Categories]) -> _Part:
        """Return the keys that ``read`` can convert, and their positions; the last position is for cells not found."""
        values = [(read(key), position) for position, key in enumerate(self._keys)]
        known = [(value, position) for value, position in values if value is not None]
        return hold([value for value, _ in known]), np.array([*(position for _, position in known), -1], np.int32)


def _within(part: _Part, cells: pa.Array) -> Positions:
    categories, positions = part
    return positions.take(categories.find(cells))


def categories_of(keys: Iterable[Hashable]) -> Categories:
    """Return the given keys in the most compact class of categories.

    Parameters
    ----------
    keys : iterable of hashable
        Any scalars; duplicates are allowed, see :meth:`~tabemb.table.categories.Categories.first_duplicate`.

    Returns
    -------
    Categories

    Raises
    ------
    DataError
        If a key is missing or cannot be a category.

    Examples
    --------
    >>> [type(categories_of(keys)).__name__ for keys in (["a", "b"], [1, 2], [1.5], ["a", 1])]
    ['TextCategories', 'IntegerCategories', 'FloatCategories', 'MixedCategories']
    """
    given: list[Any] = list(keys)
    kinds = set(map(type, given))
    try:
        if kinds == {str}:
            return TextCategories(text_array(given))
        if kinds == {int}:
            return IntegerCategories(np.array(given, np.int64))
    except (UnicodeError, OverflowError):
        # Arrow cannot hold lone surrogates or integers beyond 64 bits, which are valid keys.
        return MixedCategories(given)
    typed = list(map(as_key, given))
    if any(key is None for key in typed):
        raise DataError("The keys of a vocabulary cannot be missing values: missing cells have index 0.")
    if set(map(type, typed)) != kinds:
        return categories_of(typed)
    return FloatCategories(np.array(typed, np.float64)) if kinds == {float} else MixedCategories(typed)


def chosen_categories(values: pa.Array | list[Key], chosen: npt.NDArray[np.intp]) -> Categories:
    """Return selected values in the most compact class of categories, without creating a Python object for each.

    Parameters
    ----------
    values : pyarrow.Array or list
        Distinct values, as in :class:`~tabemb.table.cells.Coded`.
    chosen : ndarray of int
        Positions of the values to keep.

    Returns
    -------
    Categories
    """
    if isinstance(values, list):
        return categories_of(values[position] for position in chosen)
    kept = values.take(pa.array(chosen))
    if pa.types.is_large_string(kept.type):
        return TextCategories(kept)
    if pa.types.is_integer(kept.type) and not pa.types.is_uint64(kept.type):
        return IntegerCategories(kept.cast(pa.int64()).to_numpy())
    if pa.types.is_floating(kept.type):
        return FloatCategories(kept.cast(pa.float64()).to_numpy())
    return categories_of(kept.to_pylist())
