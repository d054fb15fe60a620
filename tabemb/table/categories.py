"""The categories of a column, in order: what any way of holding them can do."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tabemb.table.keys import Key, identity, key_to_json

__all__ = ["Categories", "Positions", "nowhere"]

Positions: TypeAlias = npt.NDArray[np.int32]


class Categories(ABC):
    """Distinct typed keys in a fixed order, and the way from cells to their positions.

    The tables that a search needs are made when they are first needed, and never pickled.
    """

    # Names of the attributes that are the keys; every other one can be made again.
    _state: ClassVar[tuple[str, ...]]

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
        """Return the position of each cell, -1 where it is missing or no category.

        Parameters
        ----------
        cells : pyarrow.Array
            Of a plain type, with no dictionary.
        """

    @abstractmethod
    def find_keys(self, keys: Sequence[Key]) -> Positions:
        """Return the position of each key, -1 where it is no category."""

    @abstractmethod
    def first_double(self) -> Key | None:
        """Return the first key that comes again later; None where all differ."""

    def same_as(self, other: "Categories") -> bool:
        """Return whether these are the same categories in the same order, however they are held."""
        return len(self) == len(other) and list(map(identity, self.keys())) == list(map(identity, other.keys()))

    def keys(self) -> list[Key]:
        """Return all keys."""
        return self.at(np.arange(len(self)))

    def to_json(self) -> list[object]:
        """Return the keys as JSON values."""
        return [key_to_json(key) for key in self.keys()]

    def __getstate__(self) -> dict[str, Any]:
        return {name: vars(self)[name] for name in self._state}


def nowhere(n_cells: int) -> Positions:
    """Return the positions of cells that are all no categories."""
    return np.full(n_cells, -1, np.int32)
