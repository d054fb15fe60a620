"""Categories of any types, as typed Python keys; and the choice of the leanest way to hold some."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tabemb.exceptions import DataError
from tabemb.table.categories import Categories, Positions
from tabemb.table.cells import factorize
from tabemb.table.keys import Key, as_key, family, identity
from tabemb.table.number_categories import FloatCategories, IntegerCategories, as_float, as_integer
from tabemb.table.text_categories import TextCategories, as_text, text_array

__all__ = ["MixedCategories", "categories_of", "chosen_categories"]

# Where the cells are fewer than this, or than this share of the categories (measured), looking each one up in Python's
# hash table is quicker than to make one of Arrow's.
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

    _state = ("_keys",)

    def __init__(self, keys: Iterable[Key]) -> None:
        self._keys = tuple(keys)

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
        """Return the position of each cell, -1 where it is missing or no category."""
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
        """Return the position of each key, -1 where it is no category."""
        return np.array([self._positions.get(identity(key), -1) for key in keys], np.int32)

    def first_double(self) -> Key | None:
        """Return the first key that comes again later; None where all differ."""
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
        """Return what ``read`` makes of the keys, and their positions; the last one is for what is not found."""
        values = [(read(key), position) for position, key in enumerate(self._keys)]
        known = [(value, position) for value, position in values if value is not None]
        return hold([value for value, _ in known]), np.array([*(position for _, position in known), -1], np.int32)


def _within(part: _Part, cells: pa.Array) -> Positions:
    categories, positions = part
    return positions.take(categories.find(cells))


def categories_of(keys: Iterable[Hashable]) -> Categories:
    """Hold some keys in the leanest way.

    Parameters
    ----------
    keys : iterable of hashable
        Any scalars; they need not differ, see :meth:`~tabemb.table.categories.Categories.first_double`.

    Returns
    -------
    Categories

    Raises
    ------
    DataError
        When one is missing, or no category.

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
        # Lone surrogates and integers beyond 64 bits are legal keys that Arrow cannot hold.
        return MixedCategories(given)
    typed = list(map(as_key, given))
    if any(key is None for key in typed):
        raise DataError("A vocabulary's keys cannot be missing: missing cells have index 0 already.")
    if set(map(type, typed)) != kinds:
        return categories_of(typed)
    return FloatCategories(np.array(typed, np.float64)) if kinds == {float} else MixedCategories(typed)


def chosen_categories(values: pa.Array | list[Key], chosen: npt.NDArray[np.intp]) -> Categories:
    """Hold the values at some positions in the leanest way, without an object for each.

    Parameters
    ----------
    values : pyarrow.Array or list
        Distinct values, as :class:`~tabemb.table.cells.Coded` has them.
    chosen : ndarray of int

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
