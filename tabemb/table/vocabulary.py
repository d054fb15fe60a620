"""Vocabularies of categories; the only module that defines the index layout (0 missing, 1 unknown, 2.. categories)."""

import numbers
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tabemb.exceptions import DataError, FormatError, UnknownKeyError, did_you_mean
from tabemb.ranges import is_share, share_range
from tabemb.table.categories import Categories
from tabemb.table.cells import Cells, Coded, Codes, distinct, factorize, is_missing, positions_behind, read_cells
from tabemb.table.keys import Key, as_key, key_from_json
from tabemb.table.mixed_categories import categories_of, chosen_categories

__all__ = ["Vocabulary", "without_unused"]


class Vocabulary:
    """The categories of a column and their indices.

    Index 0 is a missing cell, 1 an unknown category (not seen at fit, or too rare), 2 and above are the categories in
    order of decreasing frequency, ties by first appearance.

    Parameters
    ----------
    keys : iterable of hashable
        Typed keys; ``keys[i]`` has index ``i + 2``. The number 1 and the text "1" are different categories, 1 and 1.0
        are the same, and True is not 1.
    counts : array of int, shape (len(keys) + 2,), optional
        Number of rows at fit of missing cells, rare categories, and each key.

    Raises
    ------
    DataError
        If a key is missing or occurs twice, or the counts have another length.

    Examples
    --------
    >>> airports = Vocabulary.fit(["JFK", "LGA", "JFK", None])
    >>> airports.keys, airports.size
    (('JFK', 'LGA'), 4)
    >>> airports.encode(["LGA", None, "EWR", "JFK"])
    array([3, 0, 1, 2], dtype=int32)
    >>> airports.decode([3, 0, 1, 2])
    array(['LGA', None, None, 'JFK'], dtype=object)
    """

    MISSING: ClassVar[int] = 0
    UNKNOWN: ClassVar[int] = 1
    FIRST: ClassVar[int] = 2

    def __init__(self, keys: Iterable[Hashable], counts: npt.ArrayLike | None = None) -> None:
        self._hold(categories_of(keys), counts)
        duplicate = self._categories.first_duplicate()
        if duplicate is not None:
            raise DataError(f"The keys of a vocabulary must differ; {duplicate!r} occurs more than once.")

    def _hold(self, categories: Categories, counts: npt.ArrayLike | None) -> None:
        self._categories = categories
        tally = np.zeros(self.size, np.int32) if counts is None else np.asarray(counts, np.int64)
        if tally.shape != (self.size,):
            raise DataError(
                f"A vocabulary of {len(categories)} keys has {self.size} counts (missing, unknown, each key); "
                f"got an array of shape {tally.shape}."
            )
        # Half the memory, except for very long tables. New zeros are not touched, which would fill memory.
        fits = counts is None or tally.max() <= np.iinfo(np.int32).max
        self._counts = tally.astype(np.int32, copy=False) if fits else tally

    @classmethod
    def fit(cls, cells: Any, *, min_frequency: float | None = None, max_categories: int | None = None) -> "Vocabulary":
        """Fit the categories of a column.

        Parameters
        ----------
        cells : Arrow array, ndarray, Coded, or sequence of scalars
            The column.
        min_frequency : int or float, optional
            Minimal number of rows (int) or share of all rows (float) of a category; rarer ones are unknown.
        max_categories : int, optional
            Maximum number of outputs per column, counted as scikit-learn's OneHotEncoder does: the most frequent
            ``max_categories - 1`` categories, and one for all rare categories.

        Returns
        -------
        Vocabulary

        Raises
        ------
        ValueError
            If a limit is out of range.

        Examples
        --------
        >>> Vocabulary.fit(["a", "a", "b", "c"], min_frequency=2).keys
        ('a',)
        """
        _check_limits(min_frequency, max_categories)
        return cls._learn(factorize(read_cells(cells)), min_frequency, max_categories)[0]

    @classmethod
    def fit_encode(
        cls,
        cells: Any,
        *,
        min_frequency: float | None = None,
        max_categories: int | None = None,
        out: npt.NDArray[np.int32] | None = None,
    ) -> tuple["Vocabulary", npt.NDArray[np.int32]]:
        """Fit the categories of a column and return the index of each cell, in one pass.

        Parameters
        ----------
        cells, min_frequency, max_categories
            As for :meth:`fit`.
        out : ndarray of int32, shape (n,), optional
            Array to write the indices to.

        Returns
        -------
        vocabulary : Vocabulary
        indices : ndarray of int32, shape (n,)

        Raises
        ------
        ValueError
            If a limit is out of range.

        Examples
        --------
        >>> Vocabulary.fit_encode(["a", "b", None, "b"])[1]
        array([3, 2, 0, 2], dtype=int32)
        """
        _check_limits(min_frequency, max_categories)
        coded = factorize(read_cells(cells))
        vocabulary, frequent = cls._learn(coded, min_frequency, max_categories)
        behind = np.full(len(coded.values), cls.UNKNOWN, np.int32)
        behind[frequent] = np.arange(cls.FIRST, vocabulary.size, dtype=np.int32)
        return vocabulary, cls._spread(behind, coded.codes, out)

    @classmethod
    def _learn(
        cls, coded: Coded, min_frequency: float | None, max_categories: int | None
    ) -> tuple["Vocabulary", npt.NDArray[np.intp]]:
        """Return the vocabulary of the cells, and the positions of its keys among their distinct values."""
        n_rows = len(coded)
        tally = np.bincount(np.add(coded.codes, 1, dtype=np.intp), minlength=len(coded.values) + 1)
        frequent = _by_frequency(coded, tally[1:])
        frequent = frequent[: _n_frequent(tally[1:][frequent], n_rows, min_frequency, max_categories)]
        kept = tally[1:][frequent]
        vocabulary = cls.__new__(cls)
        counts = np.concatenate([[tally[0], n_rows - tally[0] - kept.sum()], kept])
        vocabulary._hold(chosen_categories(coded.values, frequent), counts)
        return vocabulary, frequent

    @classmethod
    def _spread(
        cls, behind: npt.NDArray[np.int32], codes: Codes, out: npt.NDArray[np.int32] | None
    ) -> npt.NDArray[np.int32]:
        """Return the index of each code, given the index of each value."""
        # The code -1 of a missing cell selects the last element; with mode="wrap" NumPy writes directly into ``out``.
        return np.append(behind, np.int32(cls.MISSING)).take(codes, out=out, mode="wrap")

    def extended(
        self, cells: Any, *, min_frequency: float | None = None, max_categories: int | None = None
    ) -> "Vocabulary":
        """Return a vocabulary that also has the categories of further cells.

        Known keys keep their indices and counts. New keys follow, by decreasing frequency in the cells.

        Parameters
        ----------
        cells : Arrow array, ndarray, Coded, or sequence of scalars
            The further cells.
        min_frequency : int or float, optional
            Minimal number (int) or share (float) of the further cells of a new key; rarer ones remain unknown.
        max_categories : int, optional
            Maximum number of categories as in :meth:`fit`. Known keys are never removed: new ones, the most frequent
            first, take the room that is left.

        Returns
        -------
        Vocabulary
            This vocabulary itself if there is no new key.

        Raises
        ------
        DataError
            If all known keys have other types than the new ones: the text "1" is not the number 1.
        ValueError
            If a limit is out of range.

        Examples
        --------
        >>> airports = Vocabulary.fit(["JFK", "LGA", "JFK"])
        >>> airports.extended(["EWR", "LGA", None]).keys
        ('JFK', 'LGA', 'EWR')
        """
        _check_limits(min_frequency, max_categories)
        coded = factorize(read_cells(cells))
        tally = np.bincount(np.add(coded.codes, 1, dtype=np.intp), minlength=len(coded.values) + 1)[1:]
        new = _by_frequency(coded, tally)
        new = new[self._indices(distinct(coded))[new] == self.UNKNOWN] if len(new) else new
        n_new = _n_frequent(tally[new], len(coded), min_frequency, None)
        if max_categories is not None:
            n_new = min(n_new, max(0, max_categories - 1 - self.n_categories))
        if not n_new:
            return self
        new = new[:n_new]
        keys = chosen_categories(coded.values, new)
        if self.families and keys.families.isdisjoint(self.families):
            raise DataError(
                f"New categories are {_named(keys.families)}, such as {keys.at(np.arange(1))[0]!r}, but the known ones "
                f"are {_named(self.families)}. The text '1' and the number 1 are different categories; convert the "
                "column to the type at fit."
            )
        return Vocabulary([*self.keys, *keys.keys()], np.concatenate([self.counts, tally[new]]))

    def with_counts(self, counts: npt.ArrayLike) -> "Vocabulary":
        """Return the same keys with other numbers of rows.

        Parameters
        ----------
        counts : array of int, shape (size,)
            Number of rows of missing cells, rare categories, and each key.

        Raises
        ------
        DataError
            If the counts have another length.
        """
        vocabulary = Vocabulary.__new__(Vocabulary)
        vocabulary._hold(self._categories, counts)
        return vocabulary

    @property
    def n_categories(self) -> int:
        """Number of keys."""
        return len(self._categories)

    @property
    def size(self) -> int:
        """Number of indices: those of the keys, missing and unknown."""
        return len(self._categories) + self.FIRST

    @property
    def keys(self) -> tuple[Key, ...]:
        """The typed keys; created at each access, so keep the tuple to use it more than once."""
        return tuple(self._categories.keys())

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """Number of rows at fit of missing cells, rare categories, and each key; a copy."""
        return self._counts.astype(np.int64)

    @property
    def families(self) -> frozenset[str]:
        """The type families of the keys: ``"text"``, ``"number"``, ``"bool"``, ``"date"``, ..."""
        return self._categories.families

    def encode(self, cells: Any, *, out: npt.NDArray[np.int32] | None = None) -> npt.NDArray[np.int32]:
        """Return the index of each cell.

        Parameters
        ----------
        cells : Arrow array, ndarray, Coded, or sequence of scalars, length n
            Of any type: categories are matched by value, whatever the storage type of the column.
        out : ndarray of int32, shape (n,), optional
            Array to write the indices to.

        Returns
        -------
        ndarray of int32, shape (n,)

        Raises
        ------
        DataError
            If a cell is not a single value, or is infinite.
        """
        cells = read_cells(cells)
        if not isinstance(cells, Coded) and pa.types.is_dictionary(cells.type):
            cells = Coded(positions_behind(cells), cells.dictionary)
        if isinstance(cells, Coded):
            cells = without_unused(cells)
            return self._spread(self._indices(distinct(cells)), cells.codes, out)
        return self._indices(cells, out)

    def _indices(self, cells: Cells, out: npt.NDArray[np.int32] | None = None) -> npt.NDArray[np.int32]:
        if isinstance(cells, Coded):
            return np.add(self._categories.find_keys(cells.keys), self.FIRST, dtype=np.int32)
        # The position of unknown cells is -1, which becomes index 1.
        indices = np.add(self._categories.find(cells), self.FIRST, out=out, dtype=np.int32)
        if cells.null_count or pa.types.is_floating(cells.type):
            indices[is_missing(cells)] = self.MISSING
        return indices

    def decode(self, indices: npt.ArrayLike, *, unknown: object = None) -> npt.NDArray[np.object_]:
        """Return the category of each index: the inverse of :meth:`encode` for known categories.

        Parameters
        ----------
        indices : array of int, any shape
        unknown : object, default=None
            Value for index 1; missing cells are None.

        Returns
        -------
        ndarray of object

        Raises
        ------
        DataError
            If an index is not in the vocabulary.
        """
        positions = np.asarray(indices)
        if positions.size and not 0 <= positions.min() <= positions.max() < self.size:
            raise DataError(
                f"Indices of this vocabulary are 0 to {self.size - 1}; got {positions.min()} to {positions.max()}."
            )
        table = np.empty(self.size, dtype=object)
        table[self.UNKNOWN] = unknown
        # With fewer cells than categories, only the keys that occur are needed.
        here = np.unique(positions) if positions.size < self.size else np.arange(self.size)
        here = here[here >= self.FIRST].astype(np.intp)
        keys = self._categories.at(here - self.FIRST)
        table[here] = np.fromiter(keys, dtype=object, count=len(keys))
        decoded: npt.NDArray[np.object_] = table[positions.astype(np.intp)]
        return decoded

    def index_of(self, key: object) -> int:
        """Return the index of one category; 0 for a missing value.

        Raises
        ------
        UnknownKeyError
            If the key is not in the vocabulary; the message suggests similar keys.
        """
        typed = as_key(key)
        if typed is None:
            return self.MISSING
        position = int(self._categories.find_keys([typed])[0])
        if position < 0:
            raise UnknownKeyError(self._not_here(typed))
        return position + self.FIRST

    def __contains__(self, key: object) -> bool:
        typed = as_key(key)
        return typed is not None and bool(self._categories.find_keys([typed])[0] >= 0)

    def __len__(self) -> int:
        return self.size

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Vocabulary):
            return NotImplemented
        return np.array_equal(self._counts, other._counts) and self._categories.same_as(other._categories)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        shown = ", ".join(map(repr, self._categories.at(np.arange(min(3, self.n_categories)))))
        return f"Vocabulary([{shown}{', ...' if self.n_categories > 3 else ''}], {self.n_categories} categories)"

    def to_json(self) -> dict[str, Any]:
        """Return the vocabulary as JSON values; keys keep their types."""
        return {"keys": self._categories.to_json(), "counts": self._counts.tolist()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Vocabulary":
        """Return the vocabulary from the output of :meth:`to_json`.

        Raises
        ------
        FormatError
            If the mapping is not a valid vocabulary.
        """
        try:
            keys = data["keys"]
            # Text keys, the common case, need no conversion.
            plain = set(map(type, keys)) == {str}
            return cls(keys if plain else [key_from_json(key) for key in keys], data["counts"])
        except (KeyError, TypeError, DataError) as error:
            raise FormatError(f"A saved vocabulary cannot be read: {error}") from error

    def _not_here(self, key: Key) -> str:
        keys = self.keys
        message = f"No category {key!r} among the {len(keys)} of this vocabulary."
        twin = next((known for known in keys if str(known) == str(key)), None)
        if twin is not None:
            return f"{message} There is {twin!r}, of type {type(twin).__name__}: keys of different types differ."
        return message + did_you_mean(key, keys)


def _by_frequency(coded: Coded, tally: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Return the positions of the values that appear, by decreasing frequency, ties by first appearance."""
    if coded.ordered:
        return np.argsort(-tally, kind="stable")
    first = np.full(len(tally) + 1, len(coded))
    # The last assignment to an element wins, so reversed order keeps the first appearance.
    first[coded.codes[::-1]] = np.arange(len(coded) - 1, -1, -1)
    order = np.lexsort((first[:-1], -tally))
    return order[tally[order] > 0]


def without_unused(coded: Coded) -> Coded:
    """Return the cells without the unused values, if there are fewer cells than values."""
    if len(coded) >= len(coded.values):
        return coded
    used, codes = np.unique(coded.codes, return_inverse=True)
    n_missing = int(len(used) > 0 and used[0] < 0)
    used = used[n_missing:]
    values = coded.values
    kept = [values[position] for position in used] if isinstance(values, list) else values.take(pa.array(used))
    return Coded(codes - n_missing, kept)


def _check_limits(min_frequency: float | None, max_categories: int | None) -> None:
    if isinstance(min_frequency, numbers.Integral):
        valid = min_frequency >= 1 and not isinstance(min_frequency, bool)
    else:
        valid = min_frequency is None or is_share(min_frequency)
    if not valid:
        raise ValueError(
            f"min_frequency must be a number of rows (int, 1 or more), a share of them ({share_range()}) "
            f"or None, got {min_frequency!r}."
        )
    if max_categories is not None and not (
        isinstance(max_categories, numbers.Integral) and max_categories >= 1 and not isinstance(max_categories, bool)
    ):
        raise ValueError(f"max_categories must be an int, 1 or more, or None; got {max_categories!r}.")


def _named(families: frozenset[str]) -> str:
    return " and ".join(sorted(families))


def _n_frequent(
    falling: npt.NDArray[np.int64], n_rows: int, min_frequency: float | None, max_categories: int | None
) -> int:
    limit = 0.0
    if min_frequency is not None:
        limit = min_frequency if isinstance(min_frequency, numbers.Integral) else min_frequency * n_rows
    n_frequent = int((falling >= limit).sum())
    # scikit-learn counts the output for rare categories as one of max_categories, even if there are none.
    return n_frequent if max_categories is None else min(n_frequent, max_categories - 1)
