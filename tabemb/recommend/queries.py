"""The users that are given recommendations, and the items that may be recommended."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from tabemb.exceptions import ColumnError, DataError, did_you_mean
from tabemb.table.cells import families, read_cells
from tabemb.table.frames import Frame, read_frame
from tabemb.table.vocabulary import Vocabulary

__all__ = ["QueriedUsers", "allowed_items", "keys_of", "object_array", "read_users", "rows_of", "type_hint"]

FIRST = Vocabulary.FIRST


@dataclass(frozen=True, eq=False)
class QueriedUsers:
    """Users with all that their scores depend on.

    Parameters
    ----------
    keys : list
        Their keys.
    vectors : ndarray of float32 of shape (n_users, dim)
        Their vectors.
    biases : ndarray of float32 of shape (n_users,)
        Added to their scores.
    seen : csr_array of shape (n_users, n_items)
        What they have interacted with.
    sources : ndarray of object of shape (n_users,)
        What the vectors are known from: "history", "columns", or "popularity" if from nothing.
    """

    keys: list[Any]
    vectors: npt.NDArray[np.float32]
    biases: npt.NDArray[np.float32]
    seen: sparse.csr_array
    sources: npt.NDArray[np.object_]


def read_users(users: Any, key: str) -> Frame:
    """Return a table of users.

    Parameters
    ----------
    users : key, sequence of keys, or table
        A user, several, or a table with a column of keys.
    key : str
        The column of keys.

    Raises
    ------
    DataError
        If there is no user.
    ColumnError
        If the table has no column of keys.

    Examples
    --------
    >>> read_users(["ann", "bob"], "user").columns
    ('user',)
    """
    if isinstance(users, Frame):
        return users
    if _is_table(users):
        frame = read_frame(users)
        if key not in frame.columns:
            raise ColumnError(
                f"The table of users has no column {key!r}. Its columns are {list(frame.columns)}."
                + did_you_mean(key, frame.columns)
            )
        return frame
    keys = _as_list(users)
    if not keys:
        raise DataError("There is no user to recommend to: pass at least one.")
    return read_frame(pd.DataFrame({key: pd.Series(object_array(keys), dtype=object).infer_objects()}))


def _is_table(users: Any) -> bool:
    if isinstance(users, Mapping) or hasattr(users, "columns") or hasattr(users, "column_names"):
        return True
    return isinstance(users, list) and bool(users) and isinstance(users[0], Mapping)


def _as_list(keys: Any) -> list[Any]:
    """Return keys as a list; a single one may be given as it is."""
    if hasattr(keys, "to_pylist"):
        return list(keys.to_pylist())
    if isinstance(keys, np.ndarray):
        return list(np.atleast_1d(keys))
    return [keys] if isinstance(keys, str | bytes) or not isinstance(keys, Iterable) else list(keys)


def allowed_items(given: Sequence[Any] | Callable[[Any], bool], items: Vocabulary) -> npt.NDArray[np.intp]:
    """Return the places of the items that may be recommended, in ascending order.

    Parameters
    ----------
    given : key, sequence of keys, or callable
        The items, or a function of a key that says whether it may be recommended.
    items : Vocabulary
        All items.

    Raises
    ------
    DataError
        If an item is unknown, or none is left.

    Examples
    --------
    >>> allowed_items(["Heat"], Vocabulary(["Alien", "Heat"]))
    array([1])
    """
    keys = items.keys
    if callable(given):
        allowed = np.flatnonzero([bool(given(key)) for key in keys])
    else:
        names = _as_list(given)
        codes = items.encode(object_array(names)) - FIRST
        if (codes < 0).any():
            name = names[int(np.flatnonzero(codes < 0)[0])]
            raise DataError(
                f"The filter has unknown items ({int((codes < 0).sum()):,}), such as {name!r}. Add them by add_items, "
                f"or leave them out.{did_you_mean(name, keys[:10_000])}"
            )
        allowed = np.unique(codes).astype(np.intp)
    if not len(allowed):
        raise DataError("The filter leaves no item to recommend.")
    return allowed


def type_hint(keys: list[Any], known: Vocabulary) -> str:
    """Return a sentence that says so if no key has the type of a known one; else nothing.

    Examples
    --------
    >>> type_hint(["1"], Vocabulary([1, 2]))
    ' These keys are of type text, but those of the training table of type number: convert them.'
    """
    now = families(read_cells(keys))
    if now & known.families:
        return ""
    types = (" and ".join(sorted(each)) for each in (now, known.families))
    return " These keys are of type {}, but those of the training table of type {}: convert them.".format(*types)


def rows_of(matrix: sparse.csr_array, codes: npt.NDArray[np.integer[Any]]) -> sparse.csr_array:
    """Return rows of a matrix, empty ones for negative codes.

    Examples
    --------
    >>> rows_of(sparse.csr_array(np.eye(2, dtype=np.float32)), np.array([1, -1])).toarray()
    array([[0., 1.],
           [0., 0.]], dtype=float32)
    """
    rows = matrix[np.maximum(codes, 0)]
    keep = sparse.dia_array((np.asarray(codes >= 0, np.float32)[None], [0]), shape=(len(codes), len(codes)))
    kept = sparse.csr_array(keep @ rows)
    kept.eliminate_zeros()
    return kept


def keys_of(frame: Frame, column: str) -> list[Any]:
    """Return the keys in a column, row by row."""
    keys, codes = Vocabulary.fit_encode(frame.cells(column))
    known = keys.keys
    return [known[code - FIRST] for code in codes]


def object_array(values: Sequence[Any]) -> npt.NDArray[np.object_]:
    """Return values as an array of objects."""
    array = np.empty(len(values), object)
    array[:] = values
    return array
