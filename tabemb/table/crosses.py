"""Crosses: combinations of the categories of several columns, as codes."""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError, FormatError

__all__ = ["Crosses"]

Codes = npt.NDArray[np.int64]
LARGEST_KEY = np.iinfo(np.int64).max
NO_VALUES: Mapping[int, npt.NDArray[np.integer[Any]]] = MappingProxyType({})


class Crosses:
    """The combinations of categories that occur in the rows of a fit, one set per cross.

    A combination is an integer computed from the indices of its categories; no text is made, and nothing is hashed, so
    that different combinations never share a code.

    Parameters
    ----------
    columns : sequence of tuple of int
        The positions of the columns of each cross in the matrix of indices; a single column crosses with nothing.
    sizes : sequence of int
        Number of indices of each column of the matrix.

    Raises
    ------
    DataError
        If a cross has no column, or too many combinations are possible for an integer of 64 bits.

    Examples
    --------
    >>> crosses = Crosses([(0, 1)], [4, 3])
    >>> crosses.fit_codes(np.array([[2, 1], [3, 1], [2, 1]]))
    [array([0, 1, 0])]
    >>> crosses.codes(np.array([[3, 1], [3, 2]])), crosses.n_codes
    ([array([1, 2])], [2])
    """

    def __init__(self, columns: Sequence[tuple[int, ...]], sizes: Sequence[int]) -> None:
        self.columns = tuple(tuple(each) for each in columns)
        self.sizes = tuple(int(size) for size in sizes)
        for cross in self.columns:
            if not cross:
                raise DataError("A cross needs at least one column.")
            if math.prod(self.sizes[position] for position in cross) > LARGEST_KEY:
                raise DataError(
                    f"A cross of columns with {', '.join(str(self.sizes[each]) for each in cross)} categories has more "
                    "combinations than fit into 64 bits. Cross fewer columns."
                )
        self._keys: list[Codes] = []

    @property
    def n_codes(self) -> list[int]:
        """Number of combinations of each cross; this is also the code of a combination that the fit has not seen."""
        return [len(keys) for keys in self._keys]

    def fit_codes(
        self, indices: npt.NDArray[np.integer[Any]], values: Mapping[int, npt.NDArray[np.integer[Any]]] = NO_VALUES
    ) -> list[Codes]:
        """Learn the combinations of the rows, and return their codes.

        Parameters
        ----------
        indices : ndarray of int of shape (n_rows, n_categorical)
            Category indices.
        values : mapping of int to ndarray of int, optional
            For the columns whose cells hold several values, by position: the values of all rows. Such a column crosses
            with nothing.

        Returns
        -------
        list of ndarray of int64 of shape (n_rows,), or (n_values,)
            One per cross.
        """
        found = [np.unique(self._keys_of(indices, cross, values), return_inverse=True) for cross in self.columns]
        self._keys = [keys for keys, _ in found]
        return [codes.astype(np.int64) for _, codes in found]

    def codes(
        self, indices: npt.NDArray[np.integer[Any]], values: Mapping[int, npt.NDArray[np.integer[Any]]] = NO_VALUES
    ) -> list[Codes]:
        """Return the codes of rows; see :attr:`n_codes` for combinations that the fit has not seen."""
        codes = []
        for cross, keys in zip(self.columns, self._keys, strict=True):
            asked = self._keys_of(indices, cross, values)
            found = np.searchsorted(keys, asked)
            known = keys[np.minimum(found, len(keys) - 1)] == asked
            # Categories that a vocabulary got later have no combination; their keys would be those of others.
            for position in cross:
                column = values.get(position, indices[:, position]) if len(cross) == 1 else indices[:, position]
                known &= column < self.sizes[position]
            codes.append(np.where(known, found, len(keys)))
        return codes

    def _keys_of(
        self,
        indices: npt.NDArray[np.integer[Any]],
        cross: tuple[int, ...],
        values: Mapping[int, npt.NDArray[np.integer[Any]]],
    ) -> Codes:
        if cross[0] in values and len(cross) == 1:
            return values[cross[0]].astype(np.int64)
        keys = indices[:, cross[0]].astype(np.int64)
        for position in cross[1:]:
            keys = keys * self.sizes[position] + indices[:, position]
        return keys

    def to_state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return the fitted state as JSON values and arrays."""
        state = {"columns": [list(cross) for cross in self.columns], "sizes": list(self.sizes)}
        return state, {f"keys_{place}": keys for place, keys in enumerate(self._keys)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> "Crosses":
        """Return the crosses from the output of :meth:`to_state`.

        Raises
        ------
        FormatError
            If the keys of a cross are missing or not increasing.
        """
        crosses = cls([tuple(each) for each in state["columns"]], state["sizes"])
        crosses._keys = [arrays[f"keys_{place}"] for place in range(len(crosses.columns))]
        for keys in crosses._keys:
            if keys.dtype != np.int64 or keys.ndim != 1 or not len(keys) or (np.diff(keys) <= 0).any():
                raise FormatError("The saved combinations of a cross are damaged. Save the estimator again.")
        return crosses
