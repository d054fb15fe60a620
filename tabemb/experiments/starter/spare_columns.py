"""What the columns of a table of interactions may be that a recommendation does not name."""

import re
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["SpareColumns", "find_spare_columns"]

TIME_NAMES = re.compile(r"time|date|epoch|day|(^|[^a-z])ts([^a-z]|$)", re.IGNORECASE)
# From 1973 to 2128: seconds since 1970, also in thousandths, millionths and billionths; and days such as 20240131.
TIME_RANGES = ((1e8, 5e9), (1e11, 5e12), (1e14, 5e15), (1e17, 5e18), (19_000_101, 21_001_231))
# Texts and integers that are different for more than this share of the items name them and describe nothing.
NAMES_FROM = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class SpareColumns:
    """The columns that a recommendation does not name, by what they may be.

    Parameters
    ----------
    times : tuple of str
        Columns that clearly hold times of interactions: dates, and numbers that are times by name and size.
    perhaps_times : tuple of str
        Other numbers that are times by name.
    numbers : tuple of str
        Other numbers of an interaction, such as a rating.
    user, item : tuple of str
        Columns with one value for each user, or item.
    titles : tuple of str
        Texts with one value for each item that hardly any other item has.
    """

    times: tuple[str, ...] = ()
    perhaps_times: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    user: tuple[str, ...] = ()
    item: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()


def find_spare_columns(table: pd.DataFrame, *, user: str, item: str, named: Collection[str]) -> SpareColumns:
    """Return what the columns may be that are not named.

    Parameters
    ----------
    table : DataFrame
        A row per interaction. Rows without a user or item are ignored.
    user, item : str
        The columns of the keys.
    named : collection of str
        The columns that are not asked about.

    Returns
    -------
    SpareColumns
        Columns with the same value in all rows are left out.

    Examples
    --------
    >>> seen = pd.DataFrame({"user": list("aabbc"), "film": [1, 2, 1, 3, 3], "year": [1979, 1995, 1979, 1995, 1995]})
    >>> seen["timestamp"] = [1260759144, 1260759179, 1260759182, 1260759185, 1260759187]
    >>> found = find_spare_columns(seen, user="user", item="film", named=["user", "film"])
    >>> found.times, found.item, found.user
    (('timestamp',), ('year',), ())
    """
    table = table[table[user].notna() & table[item].notna()]
    users, items = _codes(table[user]), _codes(table[item])
    found: dict[str, list[str]] = {}
    for name in map(str, table.columns):
        if name in named:
            continue
        values = _codes(table[name])
        if len(values) and (values != values[0]).any():
            found.setdefault(_kind(table[name], values, users, items), []).append(name)
    return SpareColumns(**{kind: tuple(names) for kind, names in found.items() if kind})


def _kind(
    column: pd.Series, values: npt.NDArray[np.int64], users: npt.NDArray[np.int64], items: npt.NDArray[np.int64]
) -> str:
    """Return what a column may be, as a name of a field; an empty text if it is nothing that is asked about."""
    is_number = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    if _describes(values, items):
        names = values.max() + 1 > NAMES_FROM * (items.max() + 1)
        if not names or pd.api.types.is_float_dtype(column):
            return "item"
        return "" if is_number else "titles"
    if _describes(values, users):
        return "user"
    if pd.api.types.is_datetime64_any_dtype(column) or pd.api.types.infer_dtype(column) in ("date", "datetime"):
        return "times" if column.notna().all() else "perhaps_times"
    if is_number and TIME_NAMES.search(str(column.name)):
        return "times" if _in_range_of_times(column) else "perhaps_times"
    return "numbers" if is_number else ""


def _describes(values: npt.NDArray[np.int64], keys: npt.NDArray[np.int64]) -> bool:
    """Return whether each key has one value, and some key has several rows."""
    rows = np.arange(len(keys))
    first = np.empty(keys.max() + 1, np.int64)
    # Of several rows, the last that is assigned remains.
    first[keys[::-1]] = rows[::-1]
    return len(first) < len(keys) and bool((values == values[first[keys]]).all())


def _in_range_of_times(column: pd.Series) -> bool:
    if column.isna().any():
        return False
    least, most = float(column.min()), float(column.max())
    return any(low <= least and most <= high for low, high in TIME_RANGES)


def _codes(column: pd.Series) -> npt.NDArray[np.int64]:
    """Return a number for each different cell; -1 for missing ones."""
    try:
        return pd.factorize(column)[0]
    except TypeError:
        # Lists and mappings.
        return pd.factorize(column.map(str))[0]
