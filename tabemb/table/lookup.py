"""From cells to indices without a loop over cells: Arrow's hash tables, or one look at each distinct value."""

from collections.abc import Hashable, Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tabemb.table.cells import Cells, Coded, factorize, is_missing, positions_behind, without_nan
from tabemb.table.keys import Key, identity

__all__ = ["Lookup"]

# Arrow makes its hash table of all categories anew in every call. Looking up each cell costs less where the cells are
# fewer than this, or than this share of the categories.
_FEW, _FEW_SHARE = 512, 1 / 8

_ValueSet: TypeAlias = tuple[pa.Array, npt.NDArray[np.int32]]


class Lookup:
    """Finds the index of each cell.

    Parameters
    ----------
    indices : mapping
        From the identity of a key (see :func:`tabemb.table.keys.identity`) to its index.
    missing, unknown : int
        The indices of missing cells and of keys that are not in ``indices``.

    Examples
    --------
    >>> from tabemb.table.cells import read_cells
    >>> Lookup({"a": 2, 1: 3}, missing=0, unknown=1).find(read_cells([1.0, "a", None, "1"]))
    array([3, 2, 0, 1], dtype=int32)
    """

    def __init__(self, indices: Mapping[Hashable, int], *, missing: int, unknown: int) -> None:
        self._indices = indices
        self._missing = missing
        self._unknown = unknown

    def find(self, cells: Cells) -> npt.NDArray[np.int32]:
        """Return the index of each cell, shape (n,)."""
        if isinstance(cells, Coded):
            return self._by_key(cells)
        if pa.types.is_dictionary(cells.type):
            behind = np.append(self.find(cells.dictionary), np.int32(self._missing))
            return behind.take(positions_behind(cells))
        if len(cells) >= max(_FEW, _FEW_SHARE * len(self._indices)):
            if pa.types.is_large_string(cells.type):
                return self._by_arrow(cells, self._text)
            if pa.types.is_floating(cells.type):
                return self._by_arrow(without_nan(cells), self._floats)
            if pa.types.is_integer(cells.type) and not pa.types.is_uint64(cells.type):
                return self._by_arrow(cells.cast(pa.int64()), self._integers)
        return self._by_key(factorize(cells))

    def _by_key(self, coded: Coded) -> npt.NDArray[np.int32]:
        behind = [self._indices.get(identity(key), self._unknown) for key in coded.keys]
        table = np.array([*behind, self._missing], dtype=np.int32)
        return table.take(coded.codes)

    def _by_arrow(self, cells: pa.Array, known: _ValueSet) -> npt.NDArray[np.int32]:
        values, indices = known
        # A cell that is not found has position -1, where the last element stands for "unknown".
        positions = pc.index_in(cells, value_set=values, skip_nulls=True).fill_null(-1).to_numpy(zero_copy_only=False)
        found: npt.NDArray[np.int32] = indices.take(positions)
        if cells.null_count:
            found[is_missing(cells)] = self._missing
        return found

    @cached_property
    def _text(self) -> _ValueSet:
        return self._value_set(
            {key: index for key, index in self._indices.items() if isinstance(key, str) and _is_unicode(key)},
            pa.large_string(),
        )

    @cached_property
    def _integers(self) -> _ValueSet:
        whole = {key: index for key, index in self._numbers if key == int(key) and -(2**63) <= key < 2**63}
        return self._value_set({int(key): index for key, index in whole.items()}, pa.int64())

    @cached_property
    def _floats(self) -> _ValueSet:
        exact = {key: index for key, index in self._numbers if abs(key) < 2**1023 and float(key) == key}
        # Adding 0.0 turns -0.0, which Arrow would tell apart, into 0.0.
        return self._value_set({float(key) + 0.0: index for key, index in exact.items()}, pa.float64())

    @property
    def _numbers(self) -> list[tuple[Any, int]]:
        return [(key, index) for key, index in self._indices.items() if isinstance(key, (int, float, Decimal))]

    def _value_set(self, indices: Mapping[Any, int], kind: pa.DataType) -> _ValueSet:
        return pa.array(list(indices), kind), np.array([*indices.values(), self._unknown], dtype=np.int32)


def _is_unicode(key: Key) -> bool:
    try:
        str(key).encode()
    except UnicodeEncodeError:
        return False
    return True
