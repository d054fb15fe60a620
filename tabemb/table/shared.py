"""Columns that share a table of vectors: which ones, and their cells as one column."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from tabemb.exceptions import ColumnError, DataError, did_you_mean, warn_caller
from tabemb.table.cells import Coded, factorize
from tabemb.table.infer import Inference
from tabemb.table.keys import Key, identity
from tabemb.table.schema import DroppedColumnWarning

__all__ = ["SharedSpec", "by_table", "check_shared", "check_types", "joined", "tables_of_columns"]

# From the name of each table to the columns that share it.
SharedSpec: TypeAlias = Mapping[str, Sequence[str]]

_WANTED = "None or a mapping from the name of a table to the columns that share it, {'airport': ['origin', 'dest']}"


def check_shared(shared: Any) -> None:
    """Raise an error if a value is not valid for ``shared``, whatever the table.

    Parameters
    ----------
    shared : mapping of str to list of str, optional
        The columns of each table.

    Raises
    ------
    ValueError
        If it is not a mapping from text to lists of at least two columns, or names a column twice.

    Examples
    --------
    >>> check_shared({"airport": ["origin", "dest"]})
    >>> check_shared({"airport": ["origin"]})
    Traceback (most recent call last):
    ValueError: shared['airport'] must name at least two columns, which then share their vectors. Got ['origin'].
    """
    if shared is None:
        return
    if not isinstance(shared, Mapping):
        raise ValueError(f"The 'shared' parameter must be {_WANTED}. Got {shared!r} instead.")
    table_of: dict[str, str] = {}
    for table, columns in shared.items():
        if not isinstance(table, str) or not table:
            raise ValueError(f"The names of the tables in shared must be text, such as 'airport'. Got {table!r}.")
        if isinstance(columns, str):
            raise ValueError(
                f"shared[{table!r}] must be a list of at least two columns. Got the text {columns!r}; write "
                f"[{columns!r}, ...]."
            )
        if not isinstance(columns, (list, tuple)) or not all(isinstance(each, str) for each in columns):
            raise ValueError(f"shared[{table!r}] must be a list of names of columns. Got {columns!r}.")
        if len(columns) < 2:
            raise ValueError(
                f"shared[{table!r}] must name at least two columns, which then share their vectors. Got "
                f"{list(columns)!r}."
            )
        for column in columns:
            if column in table_of:
                places = f"{table!r} twice" if table_of[column] == table else f"{table_of[column]!r} and {table!r}"
                raise ValueError(
                    f"shared names the column {column!r} in {places}. A column belongs to one table, once."
                )
            table_of[column] = table


def tables_of_columns(shared: SharedSpec | None, inference: Inference, columns: Sequence[str]) -> dict[str, str]:
    """Return the name of the table of each categorical column: its own, if it shares none.

    Parameters
    ----------
    shared : mapping of str to list of str, optional
        The columns of each table.
    inference : Inference
        The kinds of the columns.
    columns : sequence of str
        All columns of the table.

    Returns
    -------
    dict of str to str
        In the order of the categorical columns.

    Raises
    ------
    ColumnError
        If a column is missing or not categorical, or a table is named like another column.

    Warns
    -----
    DroppedColumnWarning
        If columns of a table are dropped, such as in a fold that has only one of their categories.
    """
    check_shared(shared)
    table_of = {column.name: column.name for column in inference.categorical}
    known = {*columns, *table_of}
    for table, named in (shared or {}).items():
        if table in known and table not in named:
            raise ColumnError(
                f"shared names a table {table!r}, and there is a column {table!r} that is not one of its columns "
                f"{list(named)}. Choose another name for the table."
            )
        dropped = [column.name for column in inference.dropped if column.name in named]
        for column in named:
            if column in table_of:
                table_of[column] = table
            elif column not in dropped:
                raise ColumnError(
                    f"shared[{table!r}] names the column {column!r}, which {_reason(column, inference, columns)}"
                )
        if dropped:
            kept = [column for column in named if column not in dropped]
            warn_caller(
                f"The shared table {table!r} is learned from {_listed(kept) or 'no column'}, without "
                f"{_listed(dropped)}, which has no two different categories.",
                DroppedColumnWarning,
            )
    return table_of


def _listed(names: Sequence[str]) -> str:
    return " and ".join(map(repr, names))


def _reason(column: str, inference: Inference, columns: Sequence[str]) -> str:
    if column in {each.name for each in inference.numeric}:
        return "is read as numbers. If its values are categories, name it in categorical= too."
    parts = [each.name for each in inference.categorical if each.source == column]
    if parts:
        return (
            f"holds dates and is read by its calendar parts: {', '.join(map(repr, parts))}. Name one of these, or name "
            "the column in categorical= to make each date a category."
        )
    return f"the table does not have.{did_you_mean(column, columns)} Its columns: {', '.join(columns)}."


def check_types(table: str, families: Mapping[str, frozenset[str]]) -> None:
    """Raise an error if two columns of a table have no type in common, so that they cannot have a common category.

    Parameters
    ----------
    table : str
        Name of the table.
    families : mapping of str to frozenset of str
        Type families of the cells of each column; none if all are missing.

    Raises
    ------
    DataError
        If they have none in common.
    """
    filled = [(column, found) for column, found in families.items() if found]
    for column, found in filled[1:]:
        first, at_first = filled[0]
        if found.isdisjoint(at_first):
            raise DataError(
                f"The columns of the shared table {table!r} have different types: {first!r} holds "
                f"{' and '.join(sorted(at_first))}, but {column!r} holds {' and '.join(sorted(found))}. The text '1' "
                "and the number 1 are different categories, so they would have no vector in common. Convert one of "
                "the columns to the type of the other."
            )


def joined(columns: Sequence[Coded]) -> Coded:
    """Return the cells of several columns as one column, those of the first column first.

    Parameters
    ----------
    columns : sequence of Coded
        The columns.

    Examples
    --------
    >>> coded = joined([factorize(pa.array(["a", "b", "a"])), factorize(pa.array(["c", "b"]))])
    >>> coded.codes.tolist(), coded.keys
    ([0, 1, 0, 2, 1], ['a', 'b', 'c'])
    """
    places, values = _distinct([each.values for each in columns])
    bounds = np.cumsum([0, *(len(each.values) for each in columns)])
    # The code -1 of a missing cell selects the last element.
    codes = [
        np.append(places[start:stop], np.int32(-1))[each.codes]
        for each, start, stop in zip(columns, bounds[:-1], bounds[1:], strict=True)
    ]
    return Coded(np.concatenate(codes), values, ordered=all(each.ordered for each in columns))


def _distinct(parts: Sequence[Any]) -> tuple[Any, Any]:
    """Return the place of each value among the distinct values of all, and these, in order of first appearance."""
    if all(not isinstance(each, list) and each.type == parts[0].type for each in parts):
        whole = factorize(pa.concat_arrays(parts))
        return whole.codes, whole.values
    places: dict[Hashable, int] = {}
    values: list[Key] = []
    found = []
    for keys in (Coded(np.empty(0, np.int32), each).keys for each in parts):
        for key in keys:
            place = places.setdefault(identity(key), len(values))
            if place == len(values):
                values.append(key)
            found.append(place)
    return np.array(found, np.int32), values


def by_table(values: Mapping[str, Any], table_of: Mapping[str, str], parameter: str) -> dict[str, Any]:
    """Return the values of a parameter by the name of the table; those of other names as they are.

    Parameters
    ----------
    values : mapping of str to any
        By the name of a table or of one of its columns.
    table_of : mapping of str to str
        Name of the table of each column.
    parameter : str
        Name of the parameter, for error messages.

    Raises
    ------
    ColumnError
        If there are different values for a table.

    Examples
    --------
    >>> by_table({"origin": 8, "day": 2}, {"origin": "airport", "dest": "airport", "day": "day"}, "embedding_dim")
    {'airport': 8, 'day': 2}
    """
    found: dict[str, Any] = {}
    given: dict[str, str] = {}
    for name, value in values.items():
        # The name of a table is not that of another column.
        table = table_of.get(name, name)
        if table in found and not _same(found[table], value):
            raise ColumnError(
                f"{parameter} has different values for {given[table]!r} and {name!r}, which share the table {table!r}. "
                f"Give one: {parameter}={{{table!r}: ...}}."
            )
        found[table], given[table] = value, name
    return found


def _same(first: Any, second: Any) -> bool:
    if first is second:
        return True
    plain = (str, int, float)
    return isinstance(first, plain) and isinstance(second, plain) and first == second
