"""Categories that are all text, in one Arrow array: the bytes of the texts plus eight bytes per text."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tabemb.exceptions import FormatError
from tabemb.table.categories import Categories, Positions, nowhere
from tabemb.table.keys import Key

__all__ = ["TextCategories", "as_text", "text_array"]

# Arrow rebuilds its hash table of all categories in every call. With fewer cells than this share of the categories
# (measured), sorted hashes are faster; with at most _FEW cells, a Python loop is.
_FEW, _FEW_SHARE = 8, 1 / 8

# Number of texts converted to Python objects at a time when hashing.
_CHUNK = 2**16


class TextCategories(Categories):
    """Distinct texts.

    Parameters
    ----------
    values : pyarrow.Array of large_string
        The texts, without nulls.

    Examples
    --------
    >>> import pyarrow as pa
    >>> airports = TextCategories(pa.array(["JFK", "LGA"], pa.large_string()))
    >>> airports.find(pa.array(["LGA", None, "EWR"], pa.large_string()))
    array([ 1, -1, -1], dtype=int32)
    """

    def __init__(self, values: pa.Array) -> None:
        self._values = values

    def __getstate__(self) -> dict[str, Any]:
        # As plain arrays, since not everything that stores models knows Arrow.
        whole = pa.concat_arrays([self._values]) if self._values.offset else self._values
        _, ends, data = whole.buffers() if len(whole) else (None, pa.py_buffer(bytes(8)), None)
        ends = np.frombuffer(ends, np.int64, len(whole) + 1)
        return {"ends": ends, "bytes": np.frombuffer(data or b"", np.uint8, int(ends[-1]))}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        ends = np.ascontiguousarray(state["ends"], np.int64)
        data = np.ascontiguousarray(state["bytes"], np.uint8)
        try:
            values = pa.LargeStringArray.from_buffers(len(ends) - 1, pa.py_buffer(ends), pa.py_buffer(data))
            values.validate(full=True)
        except pa.ArrowInvalid as error:
            raise FormatError(f"The texts of a vocabulary are damaged: {error}.") from error
        self._values = values

    @property
    def families(self) -> frozenset[str]:
        """``{"text"}``, or an empty set if there are no keys."""
        return frozenset(["text"] if len(self) else [])

    def __len__(self) -> int:
        return len(self._values)

    def at(self, positions: npt.NDArray[np.intp]) -> list[Key]:
        """Return the keys at these positions."""
        keys: list[Key] = self._values.take(pa.array(positions)).to_pylist()
        return keys

    def keys(self) -> list[Key]:
        """Return all keys."""
        keys: list[Key] = self._values.to_pylist()
        return keys

    def find(self, cells: pa.Array) -> Positions:
        """Return the position of each cell, -1 if it is missing or not a category."""
        if not pa.types.is_large_string(cells.type):
            return nowhere(len(cells))
        if len(cells) <= max(_FEW, _FEW_SHARE * len(self)):
            return self._find_few(cells)
        found = pc.index_in(cells, value_set=self._values, skip_nulls=True)
        positions: Positions = found.fill_null(-1).to_numpy(zero_copy_only=False)
        return positions

    def find_keys(self, keys: Sequence[Key]) -> Positions:
        """Return the position of each key, -1 if it is not a category."""
        return self.find(text_array([as_text(key) for key in keys]))

    def first_duplicate(self) -> Key | None:
        """Return the first key that occurs more than once, None if all differ."""
        if pc.count_distinct(self._values).as_py() == len(self):
            return None
        codes = self._values.dictionary_encode().indices.to_numpy()
        key: Key = self._values[int((np.bincount(codes)[codes] > 1).argmax())].as_py()
        return key

    def same_as(self, other: Categories) -> bool:
        """Return whether the other categories are equal and in the same order, whatever their class."""
        if isinstance(other, TextCategories):
            return bool(self._values.equals(other._values))
        return super().same_as(other)

    def to_json(self) -> list[object]:
        """Return the keys as JSON values."""
        return list(self.keys())

    def _find_few(self, cells: pa.Array) -> Positions:
        hashes, order = self._hashes
        texts = cells.to_pylist()
        wanted = np.fromiter(map(hash, texts), np.int64, len(texts))
        places = hashes.searchsorted(wanted)
        if len(texts) <= _FEW or not len(hashes):
            return np.array([self._from_place(*pair) for pair in zip(places, texts, strict=True)], np.int32)
        places = np.minimum(places, len(hashes) - 1)
        positions = order[places]
        same = pc.equal(self._values.take(pa.array(positions)), cells).fill_null(False).to_numpy(zero_copy_only=False)
        for cell in np.flatnonzero((hashes[places] == wanted) & ~same):
            positions[cell] = self._from_place(places[cell], texts[cell])
            same[cell] = True
        return np.where(same, positions, np.int32(-1))

    def _from_place(self, place: int, text: str | None) -> int:
        """Return the position of a text whose hash would be at this place; -1 if it is not a category."""
        hashes, order = self._hashes
        wanted = hash(text)
        # Two texts may have the same hash, so the texts are compared.
        while place < len(hashes) and hashes[place] == wanted:
            if self._values[int(order[place])].as_py() == text:
                return int(order[place])
            place += 1
        return -1

    @cached_property
    def _hashes(self) -> tuple[npt.NDArray[np.int64], Positions]:
        """The sorted Python hashes of the texts, and their original positions: twelve bytes per category."""
        hashes = np.empty(len(self), np.int64)
        for start in range(0, len(self), _CHUNK):
            texts = self._values.slice(start, _CHUNK).to_pylist()
            hashes[start : start + len(texts)] = np.fromiter(map(hash, texts), np.int64, len(texts))
        order = np.argsort(hashes).astype(np.int32)
        return hashes[order], order


def text_array(texts: Sequence[str | None]) -> pa.Array:
    """Return texts as an Arrow array.

    Raises
    ------
    UnicodeError
        If a text has a lone surrogate, which Python allows and Arrow does not.
    """
    return pa.array(texts, pa.large_string())


def as_text(key: object) -> str | None:
    """Return a key as text, None if it is not text that Arrow can hold.

    Examples
    --------
    >>> as_text("7"), as_text(7)
    ('7', None)
    """
    if not isinstance(key, str):
        return None
    try:
        key.encode()
    except UnicodeEncodeError:
        return None
    return key
