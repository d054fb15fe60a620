"""Categories that are all integers or all floats, in a NumPy array of eight bytes per category."""

from abc import abstractmethod
from collections.abc import Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tabemb.table.categories import Categories, Positions, nowhere
from tabemb.table.cells import factorize
from tabemb.table.keys import Key, key_to_json

__all__ = ["FloatCategories", "IntegerCategories", "as_float", "as_integer"]

# Arrow rebuilds its hash table of all categories in every call. With fewer cells than this share of the categories
# (measured), binary search is faster.
_FEW, _FEW_SHARE = 64, 1 / 8

_LEAST, _BEYOND = -(2**63), 2**63


class _NumberCategories(Categories):
    """Distinct numbers of one type, which can be looked up by numbers of any type."""

    def __init__(self, values: npt.NDArray[Any]) -> None:
        self._values = values

    def __getstate__(self) -> dict[str, Any]:
        return {"_values": self._values}

    @property
    def families(self) -> frozenset[str]:
        """``{"number"}``, or an empty set if there are no keys."""
        return frozenset(["number"] if len(self) else [])

    def __len__(self) -> int:
        return len(self._values)

    def at(self, positions: npt.NDArray[np.intp]) -> list[Key]:
        """Return the keys at these positions."""
        keys: list[Key] = self._values[positions].tolist()
        return keys

    def find(self, cells: pa.Array) -> Positions:
        """Return the position of each cell, -1 if it is missing or not a category."""
        if pa.types.is_decimal(cells.type):
            coded = factorize(cells)
            return np.append(self.find_keys(coded.keys), np.int32(-1)).take(coded.codes)
        if not (pa.types.is_integer(cells.type) or pa.types.is_floating(cells.type)):
            return nowhere(len(cells))
        if not cells.null_count:
            return self._find_numbers(cells.to_numpy(zero_copy_only=False))
        # With a null, to_numpy would convert all integers to floats.
        return _only(cells.is_valid().to_numpy(zero_copy_only=False), self.find(cells.fill_null(0)))

    def first_duplicate(self) -> Key | None:
        """Return the first key that occurs more than once, None if all differ."""
        ordered, order = self._sorted
        doubled = order[:-1][ordered[1:] == ordered[:-1]]
        key: Key | None = self._values[doubled.min()].item() if len(doubled) else None
        return key

    def same_as(self, other: Categories) -> bool:
        """Return whether the other categories are equal and in the same order, whatever their class."""
        if isinstance(other, type(self)):
            return np.array_equal(self._values, other._values)
        return super().same_as(other)

    @abstractmethod
    def _find_numbers(self, numbers: npt.NDArray[Any]) -> Positions:
        """Return the position of each number of any NumPy type; -1 for NaN."""

    def _find(self, numbers: npt.NDArray[Any]) -> Positions:
        """Return the position of each number of the same type as the categories."""
        if len(numbers) <= max(_FEW, _FEW_SHARE * len(self)):
            return self._find_few(numbers)
        # Adding zero turns -0.0, which Arrow treats as different from 0.0, into 0.0.
        found = pc.index_in(pa.array(numbers), value_set=pa.array(self._values + self._values.dtype.type(0)))
        positions: Positions = found.fill_null(-1).to_numpy(zero_copy_only=False)
        return positions

    def _find_few(self, numbers: npt.NDArray[Any]) -> Positions:
        if not len(self):
            return nowhere(len(numbers))
        ordered, order = self._sorted
        places = np.minimum(ordered.searchsorted(numbers), len(ordered) - 1)
        return _only(ordered[places] == numbers, order[places])

    @cached_property
    def _sorted(self) -> tuple[npt.NDArray[Any], Positions]:
        """The sorted numbers, and their original positions."""
        order = np.argsort(self._values, kind="stable").astype(np.int32)
        return self._values[order], order


class IntegerCategories(_NumberCategories):
    """Distinct 64-bit integers.

    Parameters
    ----------
    values : ndarray of int64

    Examples
    --------
    >>> import numpy as np, pyarrow as pa
    >>> IntegerCategories(np.array([2**60, 7])).find(pa.array([7.0, 7.5, 2.0**60]))
    array([ 1, -1,  0], dtype=int32)
    """

    def find_keys(self, keys: Sequence[Key]) -> Positions:
        """Return the position of each key, -1 if it is not a category."""
        numbers = [as_integer(key) for key in keys]
        known = np.array([number is not None for number in numbers], np.bool_)
        return _only(known, self._find(np.array([number or 0 for number in numbers], np.int64)))

    def to_json(self) -> list[object]:
        """Return the keys as JSON values."""
        keys: list[object] = self._values.tolist()
        plain = len(self) == 0 or -(2**53) <= self._values.min() <= self._values.max() <= 2**53
        return keys if plain else [key_to_json(key) for key in self.keys()]

    def _find_numbers(self, numbers: npt.NDArray[Any]) -> Positions:
        if numbers.dtype == np.uint64:
            return _only(numbers < _BEYOND, self._find(numbers.astype(np.int64)))
        if numbers.dtype.kind != "f":
            return self._find(numbers.astype(np.int64, copy=False))
        # Each integral float in this range equals exactly one integer.
        whole = (np.floor(numbers) == numbers) & (numbers >= _LEAST) & (numbers < _BEYOND)
        return _only(whole, self._find(np.where(whole, numbers, 0).astype(np.int64)))


class FloatCategories(_NumberCategories):
    """Distinct floats.

    Parameters
    ----------
    values : ndarray of float64
        Finite numbers.

    Examples
    --------
    >>> import numpy as np, pyarrow as pa
    >>> FloatCategories(np.array([2.5, 7.0])).find(pa.array([7, 2]))
    array([ 1, -1], dtype=int32)
    """

    def find_keys(self, keys: Sequence[Key]) -> Positions:
        """Return the position of each key, -1 if it is not a category."""
        # NumPy reads None as NaN.
        return self._find(np.array([as_float(key) for key in keys], np.float64) + 0.0)

    def _find_numbers(self, numbers: npt.NDArray[Any]) -> Positions:
        positions = self._find(numbers + 0.0 if numbers.dtype == np.float64 else numbers.astype(np.float64) + 0.0)
        # A large integer that float64 rounds is not equal to the rounded float.
        return positions if numbers.dtype.kind == "f" else _only(_exact_in_float64(numbers), positions)


def _only(where: npt.NDArray[np.bool_], positions: Positions) -> Positions:
    return positions if where.all() else np.where(where, positions, np.int32(-1))


def as_integer(key: Any) -> int | None:
    """Return a key as a 64-bit integer, None if it is not equal to one.

    Examples
    --------
    >>> as_integer(7.0), as_integer(7.5), as_integer("7"), as_integer(2**63)
    (7, None, None, None)
    """
    if not _is_number(key) or not _LEAST <= key < _BEYOND:
        return None
    return int(key) if key == int(key) else None


def as_float(key: Any) -> float | None:
    """Return a key as a float, None if it is not exactly equal to one.

    Examples
    --------
    >>> as_float(7), as_float("7"), as_float(2**53 + 1), as_float(10**400)
    (7.0, None, None, None)
    """
    try:
        return float(key) if _is_number(key) and float(key) == key else None
    except OverflowError:
        return None


def _is_number(key: object) -> bool:
    return isinstance(key, (int, float, Decimal)) and not isinstance(key, bool)


def _exact_in_float64(integers: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    if integers.dtype.itemsize < 8 or (integers.max(initial=0) <= 2**53 and integers.min(initial=0) >= -(2**53)):
        return np.ones(len(integers), np.bool_)
    floats = integers.astype(np.float64)
    # The largest integers round up to a float beyond the range of the integer type.
    reached = floats < float(np.iinfo(integers.dtype).max)
    exact: npt.NDArray[np.bool_] = reached & (np.where(reached, floats, 0).astype(integers.dtype) == integers)
    return exact
