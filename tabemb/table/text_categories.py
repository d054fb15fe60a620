"""Categories that are all text, in one Arrow array: as many bytes as the texts, and eight for each."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tabemb.table.categories import Categories, Positions, nowhere
from tabemb.table.keys import Key

__all__ = ["TextCategories", "as_text", "text_array"]

# Arrow makes its hash table of all categories anew in every call. Where the cells are fewer than this share of the
# categories (measured), it is quicker to look each one up, and a handful without the calls that many are worth.
_FEW, _FEW_SHARE = 8, 1 / 8

# Texts that are Python objects at the same time while the hashes are made.
_CHUNK = 2**16


class TextCategories(Categories):
    """Distinct texts.

    Parameters
    ----------
    values : pyarrow.Array of large_string
        The texts, no null among them.

    Examples
    --------
    >>> import pyarrow as pa
    >>> airports = TextCategories(pa.array(["JFK", "LGA"], pa.large_string()))
    >>> airports.find(pa.array(["LGA", None, "EWR"], pa.large_string()))
    array([ 1, -1, -1], dtype=int32)
    """

    _state = ("_values",)

    def __init__(self, values: pa.Array) -> None:
        self._values = values

    @property
    def families(self) -> frozenset[str]:
        """Text, if there is any."""
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
        """Return the position of each cell, -1 where it is missing or no category."""
        if not pa.types.is_large_string(cells.type):
            return nowhere(len(cells))
        if len(cells) <= max(_FEW, _FEW_SHARE * len(self)):
            return self._find_few(cells)
        found = pc.index_in(cells, value_set=self._values, skip_nulls=True)
        positions: Positions = found.fill_null(-1).to_numpy(zero_copy_only=False)
        return positions

    def find_keys(self, keys: Sequence[Key]) -> Positions:
        """Return the position of each key, -1 where it is no category."""
        return self.find(text_array([as_text(key) for key in keys]))

    def first_double(self) -> Key | None:
        """Return the first key that comes again later; None where all differ."""
        if pc.count_distinct(self._values).as_py() == len(self):
            return None
        codes = self._values.dictionary_encode().indices.to_numpy()
        key: Key = self._values[int((np.bincount(codes)[codes] > 1).argmax())].as_py()
        return key

    def same_as(self, other: Categories) -> bool:
        """Return whether these are the same categories in the same order, however they are held."""
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
        """Return the position of a text whose hash is at this place or nowhere; -1 where it is no category."""
        hashes, order = self._hashes
        wanted = hash(text)
        # Two texts may have the same hash, so that the text itself has the last word.
        while place < len(hashes) and hashes[place] == wanted:
            if self._values[int(order[place])].as_py() == text:
                return int(order[place])
            place += 1
        return -1

    @cached_property
    def _hashes(self) -> tuple[npt.NDArray[np.int64], Positions]:
        """Python's hashes of the texts, sorted, and the positions that they are from: twelve bytes a category."""
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
        When one has a lone surrogate, which Python allows and Arrow does not.
    """
    return pa.array(texts, pa.large_string())


def as_text(key: object) -> str | None:
    """Return the text that a key is, None where it is none that Arrow can hold.

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
