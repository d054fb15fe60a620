"""The base class of containers for the categories of a column."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tabemb.table.keys import Key, identity, key_to_json

__all__ = ["Categories", "Positions", "nowhere"]

Positions: TypeAlias = npt.NDArray[np.int32]


class Categories(ABC):
    """Distinct typed keys in a fixed order, with look-up of the position of cells.

    Look-up tables are built on first use and not pickled. The pickled state is plain: NumPy arrays and JSON values.
    """

    @property
    @abstractmethod
    def families(self) -> frozenset[str]:
        """The type families of the keys."""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def at(self, positions: npt.NDArray[np.intp]) -> list[Key]:
        """Return the keys at these positions."""

    @abstractmethod
    def find(self, cells: pa.Array) -> Positions:
        """Return the position of each cell, -1 if it is missing or not a category.

        Parameters
        ----------
        cells : pyarrow.Array
            Of a plain type, not dictionary-encoded.
        """

    @abstractmethod
    def find_keys(self, keys: Sequence[Key]) -> Positions:
        """Return the position of each key, -1 if it is not a category."""

    @abstractmethod
    def first_duplicate(self) -> Key | None:
        """Return the first key that occurs more than once, None if all differ."""

    def same_as(self, other: "Categories") -> bool:
        """Return whether the other categories are equal and in the same order, whatever their class."""
        return len(self) == len(other) and list(map(identity, self.keys())) == list(map(identity, other.keys()))

    def keys(self) -> list[Key]:
        """Return all keys."""
        return self.at(np.arange(len(self)))

    def to_json(self) -> list[object]:
        """Return the keys as JSON values."""
        return [key_to_json(key) for key in self.keys()]

    @abstractmethod
    def __getstate__(self) -> dict[str, Any]: ...


def nowhere(n_cells: int) -> Positions:
    """Return positions for cells none of which is a category: -1 for each."""
    return np.full(n_cells, -1, np.int32)
