"""Numbered categories: the one place that knows the index layout (0 missing, 1 unknown, 2.. categories)."""

import numbers
from collections.abc import Hashable, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError, FormatError, UnknownKeyError, did_you_mean
from tabemb.table.cells import factorize, read_cells
from tabemb.table.keys import Key, as_key, family, identity, key_from_json, key_to_json
from tabemb.table.lookup import Lookup

__all__ = ["Vocabulary"]


class Vocabulary:
    """The categories of a column and their indices.

    Index 0 is a missing cell, 1 an unknown category (never seen, or too rare), and from 2 on come the categories by
    falling frequency, ties by first appearance.

    Parameters
    ----------
    keys : sequence of hashable
        Typed keys; ``keys[i]`` has index ``i + 2``. The number 1 and the text "1" are two categories, 1 and 1.0 are
        one, and True is not 1.
    counts : array of int, shape (len(keys) + 2,), optional
        Rows seen at fit of missing cells, rare categories, and each key.

    Raises
    ------
    DataError
        When a key is missing or comes twice, or the counts are of another length.

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

    def __init__(self, keys: Sequence[Hashable], counts: npt.ArrayLike | None = None) -> None:
        self.keys: tuple[Key, ...] = tuple(as_key(key) for key in keys)
        self.counts: npt.NDArray[np.int64] = (
            np.zeros(len(self.keys) + self.FIRST, np.int64) if counts is None else np.asarray(counts, np.int64)
        )
        if None in self.keys:
            raise DataError("A vocabulary's keys cannot be missing: missing cells have index 0 already.")
        if len(self._indices) < len(self.keys):
            twice = next(key for i, key in enumerate(self.keys) if self._indices[identity(key)] != i + self.FIRST)
            raise DataError(f"A vocabulary's keys must differ, and {twice!r} comes more than once.")
        if self.counts.shape != (self.size,):
            raise DataError(
                f"A vocabulary of {len(self.keys)} keys has {self.size} counts (missing, unknown, each key); "
                f"got an array of shape {self.counts.shape}."
            )

    @classmethod
    def fit(cls, cells: Any, *, min_frequency: float | None = None, max_categories: int | None = None) -> "Vocabulary":
        """Learn the categories of a column.

        Parameters
        ----------
        cells : Arrow array, ndarray, Coded, or sequence of scalars
            The column.
        min_frequency : int or float, optional
            A category in fewer rows is unknown: a number of rows, or (float) a share of all rows.
        max_categories : int, optional
            At most so many outputs per column as scikit-learn's OneHotEncoder counts them: the most frequent
            ``max_categories - 1`` categories, and the one for all rare ones.

        Returns
        -------
        Vocabulary

        Raises
        ------
        ValueError
            When a limit is out of its range.

        Examples
        --------
        >>> Vocabulary.fit(["a", "a", "b", "c"], min_frequency=2).keys
        ('a',)
        """
        _check_limits(min_frequency, max_categories)
        coded = factorize(read_cells(cells))
        n_rows = len(coded)
        tally = np.bincount(coded.codes + 1, minlength=len(coded.keys) + 1)
        first = np.full(len(coded.keys) + 1, n_rows)
        # The last assignment to an element wins, so going backwards leaves the first appearance.
        first[coded.codes[::-1]] = np.arange(n_rows - 1, -1, -1)
        order = np.lexsort((first[:-1], -tally[1:]))
        order = order[tally[1:][order] > 0]
        frequent = order[: _n_frequent(tally[1:][order], n_rows, min_frequency, max_categories)]
        kept = tally[1:][frequent]
        counts = np.concatenate([[tally[0], n_rows - tally[0] - kept.sum()], kept])
        return cls([coded.keys[code] for code in frequent], counts)

    @property
    def size(self) -> int:
        """Number of indices: the keys, missing and unknown."""
        return len(self.keys) + self.FIRST

    @cached_property
    def families(self) -> frozenset[str]:
        """The type families of the keys: ``"text"``, ``"number"``, ``"bool"``, ``"date"``, ..."""
        return frozenset(map(family, self.keys))

    def encode(self, cells: Any) -> npt.NDArray[np.int32]:
        """Return the index of each cell.

        Parameters
        ----------
        cells : Arrow array, ndarray, Coded, or sequence of scalars, length n
            Of any type: a category is found by its value, however its column is stored.

        Returns
        -------
        ndarray of int32, shape (n,)

        Raises
        ------
        DataError
            When a cell is no single value, or infinite.
        """
        return self._lookup.find(read_cells(cells))

    def decode(self, indices: npt.ArrayLike, *, unknown: object = None) -> npt.NDArray[np.object_]:
        """Return the category of each index: the inverse of :meth:`encode` for known categories.

        Parameters
        ----------
        indices : array of int, any shape
        unknown : object, default=None
            What stands for index 1; a missing cell is None.

        Returns
        -------
        ndarray of object

        Raises
        ------
        DataError
            When an index is not in the vocabulary.
        """
        positions = np.asarray(indices)
        if positions.size and not 0 <= positions.min() <= positions.max() < self.size:
            raise DataError(
                f"Indices of this vocabulary are 0 to {self.size - 1}; got {positions.min()} to {positions.max()}."
            )
        table = np.empty(self.size, dtype=object)
        table[self.MISSING] = None
        table[self.UNKNOWN] = unknown
        table[self.FIRST :] = np.fromiter(self.keys, dtype=object, count=len(self.keys))
        decoded: npt.NDArray[np.object_] = table[positions.astype(np.intp)]
        return decoded

    def index_of(self, key: object) -> int:
        """Return the index of one category; 0 for a missing one.

        Raises
        ------
        UnknownKeyError
            When it is not in the vocabulary; near keys are suggested.
        """
        typed = as_key(key)
        if typed is None:
            return self.MISSING
        if identity(typed) not in self._indices:
            raise UnknownKeyError(self._not_here(typed))
        return self._indices[identity(typed)]

    def __contains__(self, key: object) -> bool:
        return identity(as_key(key)) in self._indices

    def __len__(self) -> int:
        return self.size

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Vocabulary):
            return NotImplemented
        return list(self._indices) == list(other._indices) and np.array_equal(self.counts, other.counts)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        shown = ", ".join(map(repr, self.keys[:3]))
        return f"Vocabulary([{shown}{', ...' if len(self.keys) > 3 else ''}], {len(self.keys)} categories)"

    def to_json(self) -> dict[str, Any]:
        """Return a mapping of JSON values; keys keep their types."""
        return {"keys": [key_to_json(key) for key in self.keys], "counts": self.counts.tolist()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Vocabulary":
        """Return the vocabulary that :meth:`to_json` wrote.

        Raises
        ------
        FormatError
            When the mapping is not one.
        """
        try:
            return cls([key_from_json(key) for key in data["keys"]], data["counts"])
        except (KeyError, TypeError, DataError) as error:
            raise FormatError(f"A saved vocabulary cannot be read: {error}") from error

    @cached_property
    def _indices(self) -> dict[Hashable, int]:
        return {identity(key): index for index, key in enumerate(self.keys, start=self.FIRST)}

    @cached_property
    def _lookup(self) -> Lookup:
        return Lookup(self._indices, missing=self.MISSING, unknown=self.UNKNOWN)

    def __getstate__(self) -> dict[str, Any]:
        # The lookup tables are made anew where they are needed.
        return {"keys": self.keys, "counts": self.counts}

    def _not_here(self, key: Key) -> str:
        message = f"No category {key!r} among the {len(self.keys)} of this vocabulary."
        twin = next((known for known in self.keys if str(known) == str(key)), None)
        if twin is not None:
            return f"{message} There is {twin!r}, of type {type(twin).__name__}: types are told apart."
        return message + did_you_mean(key, self.keys)


def _check_limits(min_frequency: float | None, max_categories: int | None) -> None:
    if isinstance(min_frequency, numbers.Integral):
        valid = min_frequency >= 1 and not isinstance(min_frequency, bool)
    else:
        valid = min_frequency is None or (isinstance(min_frequency, numbers.Real) and 0 < min_frequency < 1)
    if not valid:
        raise ValueError(
            f"min_frequency is a number of rows (int, 1 or more), a share of the rows (float between 0 and 1) "
            f"or None; got {min_frequency!r}."
        )
    if max_categories is not None and not (
        isinstance(max_categories, numbers.Integral) and max_categories >= 1 and not isinstance(max_categories, bool)
    ):
        raise ValueError(f"max_categories is an int, 1 or more, or None; got {max_categories!r}.")


def _n_frequent(
    falling: npt.NDArray[np.int64], n_rows: int, min_frequency: float | None, max_categories: int | None
) -> int:
    limit = 0.0
    if min_frequency is not None:
        limit = min_frequency if isinstance(min_frequency, numbers.Integral) else min_frequency * n_rows
    n_frequent = int((falling >= limit).sum())
    # scikit-learn counts the rare ones' output as one of max_categories, whether there are rare ones or not.
    return n_frequent if max_categories is None else min(n_frequent, max_categories - 1)
