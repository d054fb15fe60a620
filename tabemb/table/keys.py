"""Typed keys: the Python scalars of categories, their identity, and their JSON representation.

All numbers belong to one type family (``1 == 1.0 == Decimal(1)``); every other type is a separate family. The text
``"1"`` and the boolean ``True`` differ from the number 1. Missing values of pandas, NumPy and Arrow become None.
"""

import math
import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from numbers import Real
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from tabemb.exceptions import DataError, FormatError

__all__ = [
    "CellTypeError",
    "CellValues",
    "Key",
    "as_cell",
    "as_key",
    "family",
    "identity",
    "key_from_json",
    "key_to_json",
    "shown_by_name",
]

Key = Hashable

_ONE_VALUE_TYPES = (
    "text, number, boolean, bytes, date, datetime, time, duration, Decimal, UUID, pandas Interval or Period"
)


# JSON would read the two as one character.
_SURROGATE_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


@dataclass(frozen=True, slots=True, repr=False)
class CellValues:
    """The values of a cell that holds several.

    Parameters
    ----------
    values : tuple of hashable
        Typed keys, none missing.
    weights : tuple of float, optional
        Weight of each value.
    """

    values: tuple[Key, ...]
    weights: tuple[float, ...] | None = None

    def __repr__(self) -> str:
        return repr(list(self.values) if self.weights is None else dict(zip(self.values, self.weights, strict=True)))

    def __str__(self) -> str:
        return ", ".join(map(str, self.values))


class CellTypeError(DataError, TypeError):
    """A cell is not a single value: a list, a dict, a set, an array, or an object of an unsupported type."""


def as_key(value: object, column: str | None = None) -> Key | None:
    """Return the typed key of a cell, None for a missing cell.

    Parameters
    ----------
    value : object
        Any scalar of Python, NumPy or pandas.
    column : str, optional
        Name of the column, for the error message.

    Returns
    -------
    hashable or None
        NumPy scalars become Python scalars. pandas ``Timestamp`` and ``Timedelta`` become ``datetime`` and
        ``timedelta`` unless they have nanoseconds. None, NaN, NaT and ``pandas.NA`` become None.

    Raises
    ------
    CellTypeError
        If the cell holds several values (list, dict, set, tuple, array) or has a type that cannot be a category.
    DataError
        If the number is infinite or complex.

    Examples
    --------
    >>> import numpy as np
    >>> as_key(np.int64(7)), as_key("7"), as_key(float("nan"))
    (7, '7', None)
    """
    kind = type(value)
    if kind is str or kind is int or kind is bool or kind is bytes:
        return value
    if value is None or value is pd.NA or value is pd.NaT or value is np.ma.masked:
        return None
    if isinstance(value, np.generic):
        return as_key(_from_numpy(value), column)
    if isinstance(value, (float, Decimal)):
        return _finite_or_none(value, column)
    for types, convert in _CONVERTERS:
        if isinstance(value, types):
            return convert(value)
    raise _not_one_value(value, column)


def as_cell(value: object, column: str | None = None) -> Key | None:
    """Return the key of a cell that may hold several values: a list, tuple, set or array, or a dict of weights.

    Parameters
    ----------
    value, column
        As for :func:`as_key`.

    Returns
    -------
    hashable or None
        :class:`CellValues` for several values, without those that are missing; None if none is left. Sets are sorted.

    Raises
    ------
    CellTypeError
        If a value is not a single one, or a weight is not a number of at least 0.

    Examples
    --------
    >>> as_cell(["Action", None, "Comedy"]).values, as_cell([]), as_cell("Action")
    (('Action', 'Comedy'), None, 'Action')
    >>> as_cell({"Action": 2, "Comedy": 1}).weights
    (2.0, 1.0)
    """
    if isinstance(value, Mapping):
        return _weighted(value, column)
    if isinstance(value, np.ndarray) and value.ndim == 1:
        value = value.tolist()
    if not isinstance(value, (list, tuple, set, frozenset)):
        return as_key(value, column)
    keys = [key for key in (as_key(each, column) for each in value) if key is not None]
    if isinstance(value, (set, frozenset)):
        keys.sort(key=lambda key: (family(key), str(key)))
    return CellValues(tuple(keys)) if keys else None


def _weighted(value: Mapping[Any, Any], column: str | None) -> CellValues | None:
    pairs = {as_key(each, column): weight for each, weight in value.items()}
    for weight in pairs.values():
        if isinstance(weight, bool) or not isinstance(weight, Real) or not 0 <= float(weight) < math.inf:
            raise _not_one_value(value, column)
    kept = {key: float(weight) for key, weight in pairs.items() if key is not None and weight > 0}
    return CellValues(tuple(kept), tuple(kept.values())) if kept else None


def identity(key: Key) -> Hashable:
    """Return a value that is equal for two keys exactly if they are the same category.

    Parameters
    ----------
    key : hashable
        A key as returned by :func:`as_key`.

    Returns
    -------
    hashable
        The key itself, except where Python's ``==`` is too loose (``True == 1``) or depends on the time zone.

    Examples
    --------
    >>> identity(1) == identity(1.0), identity(1) == identity(True), identity(1) == identity("1")
    (True, False, False)
    """
    kind = type(key)
    if kind is str or kind is int or kind is float:
        return key
    if kind is bool:
        return (bool, key)
    if isinstance(key, CellValues):
        return (CellValues, tuple(map(identity, key.values)), key.weights)
    if isinstance(key, datetime) and key.tzinfo is not None:
        try:
            return key.astimezone(UTC)
        except OverflowError:
            return (datetime, key.replace(tzinfo=None), key.utcoffset())
    return key


def family(key: Key) -> str:
    """Return the name of the type family of a key; keys of different families are never the same category.

    Examples
    --------
    >>> family(1.5), family("a"), family(True)
    ('number', 'text', 'bool')
    """
    if isinstance(key, CellValues):
        return "list"
    for types, name in _FAMILIES:
        if isinstance(key, types):
            return name
    return type(key).__name__


def shown_by_name(keys: Iterable[Key], names: Iterable[str]) -> bool:
    """Return whether readable names say more than the keys: these are numbers, dates and the like, and most have one.

    Parameters
    ----------
    keys : iterable of hashable
        Typed keys.
    names : iterable of str
        Readable names of the keys, empty where there is none.

    Examples
    --------
    >>> shown_by_name([356, 296], ["Forrest Gump", "Pulp Fiction"]), shown_by_name(["LAX"], ["Los Angeles Intl"])
    (True, False)
    """
    families = [family(key) for key in keys]
    return "text" not in families and sum(map(bool, names)) > len(families) / 2


def key_to_json(key: Key) -> object:
    """Return a key as a JSON value: text, booleans and ordinary integers unchanged, other types with a type tag.

    Parameters
    ----------
    key : hashable
        A key as returned by :func:`as_key`.

    Returns
    -------
    str, bool, int or dict

    Examples
    --------
    >>> import datetime
    >>> key_to_json("JFK"), key_to_json(1.0), key_to_json(datetime.date(2013, 1, 31))
    ('JFK', {'float': '1.0'}, {'date': '2013-01-31'})
    """
    # Readers in other languages may parse numbers as float64, which rounds larger integers.
    if isinstance(key, bool) or (isinstance(key, int) and abs(key) <= 2**53):
        return key
    if isinstance(key, str) and (key.isascii() or not _SURROGATE_PAIR.search(key)):
        return key
    for types, tag, write, _ in _CODECS:
        if isinstance(key, types):
            return {tag: write(key)}
    raise CellTypeError(f"A key of type {type(key).__name__} cannot be written as JSON: {_shown(key)}.")


def key_from_json(value: object) -> Key:
    """Return the key from the output of :func:`key_to_json`.

    Raises
    ------
    FormatError
        If the value is not a valid key.

    Examples
    --------
    >>> key_from_json({"date": "2013-01-31"})
    datetime.date(2013, 1, 31)
    """
    if isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, Mapping) and len(value) == 1:
        ((tag, text),) = value.items()
        for _, known, _, read in _CODECS:
            if known == tag:
                try:
                    key: Key = read(text)
                except (ValueError, TypeError, KeyError, ArithmeticError) as error:
                    raise FormatError(f"A saved key cannot be read: {value!r} ({error}).") from error
                return key
    raise FormatError(
        f"A saved key is text, a boolean, an integer, or a mapping from one of "
        f"{', '.join(tag for _, tag, _, _ in _CODECS)} to its text; got {value!r}."
    )


def _from_numpy(value: np.generic) -> object:
    if isinstance(value, np.datetime64):
        return pd.Timestamp(value)
    if isinstance(value, np.timedelta64):
        return pd.Timedelta(value)
    # longdouble and clongdouble have no Python equivalent: item() returns them unchanged.
    if isinstance(value, np.floating):
        return float(value)
    if isinstance(value, np.complexfloating):
        return complex(value)
    return value.item()


def _finite_or_none(value: float | Decimal, column: str | None) -> Key | None:
    if value.is_nan() if isinstance(value, Decimal) else math.isnan(value):
        return None
    if value.is_infinite() if isinstance(value, Decimal) else math.isinf(value):
        raise DataError(
            f"Input X contains infinity{_of(column)}: {value!r}. Replace it with a finite number or a missing value."
        )
    return value if isinstance(value, Decimal) else float(value)


def _from_datetime(value: datetime) -> Key | None:
    if isinstance(value, pd.Timestamp) and value.nanosecond == 0:
        try:
            return value.to_pydatetime()
        except (ValueError, OverflowError):
            # Python's datetime does not support years beyond 9999.
            return value
    return value


def _from_timedelta(value: timedelta) -> Key | None:
    if isinstance(value, pd.Timedelta) and value.nanoseconds == 0:
        return value.to_pytimedelta()
    return value


def _not_one_value(value: object, column: str | None) -> DataError:
    if isinstance(value, complex):
        return DataError(
            f"Complex data not supported{_of(column)}: {value!r}. Give the real and imaginary parts as two columns."
        )
    name = type(value).__name__
    if isinstance(value, Mapping):
        step = "A dict in a column of a table gives the weight of each value, a number of at least 0."
    elif isinstance(value, (list, tuple, set, frozenset, np.ndarray, bytearray)) or hasattr(value, "__iter__"):
        step = "Explode it into rows, or join it into one text; lists of single values may be cells of tables only."
    else:
        step = f"A cell can be: {_ONE_VALUE_TYPES}. Convert other types to text first."
    # scikit-learn's estimator check looks for the middle of this sentence.
    return CellTypeError(
        f"Every cell{_of(column)} of the argument must be one value, such as a string or a number; "
        f"got a cell of type {name}: {_shown(value)}. {step}"
    )


def _of(column: str | None) -> str:
    return "" if column is None else f" in column {column!r}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _write_datetime(value: datetime) -> list[object]:
    zone = getattr(value.tzinfo, "key", None)
    if not isinstance(zone, str):
        return [value.isoformat()]
    return [value.replace(tzinfo=None).isoformat(), zone, value.fold]


def _read_datetime(parts: list[Any]) -> datetime:
    value = datetime.fromisoformat(parts[0])
    return value.replace(tzinfo=ZoneInfo(parts[1]), fold=parts[2]) if len(parts) == 3 else value


def _write_timestamp(value: pd.Timestamp) -> list[str]:
    zone = str(value.tz) if value.tz is not None else ""
    return [str(value.tz_convert("UTC").tz_localize(None) if zone else value), zone]


def _read_timestamp(parts: list[str]) -> Any:
    value = pd.Timestamp(parts[0])
    return value.tz_localize("UTC").tz_convert(parts[1]) if parts[1] else value


def _write_interval(value: Any) -> list[object]:
    return [_bound_to_json(value.left), _bound_to_json(value.right), value.closed]


def _bound_to_json(bound: Any) -> object:
    # Bins such as those of pandas.cut may be open: their ends are infinite, which no key is.
    if isinstance(bound, (float, np.floating)) and not math.isfinite(bound):
        return {"float": repr(float(bound))}
    return key_to_json(as_key(bound))


def _read_interval(parts: list[Any]) -> Any:
    return pd.Interval(_pandas_bound(parts[0]), _pandas_bound(parts[1]), closed=parts[2])


def _pandas_bound(value: object) -> Any:
    bound = key_from_json(value)
    if isinstance(bound, datetime):
        return pd.Timestamp(bound)
    return pd.Timedelta(bound) if isinstance(bound, timedelta) else bound


def _write_text(value: str) -> str:
    return value.encode("utf-8", "surrogatepass").hex()


def _read_text(text: str) -> str:
    return bytes.fromhex(text).decode("utf-8", "surrogatepass")


def _read_float(text: str) -> float:
    return float(text)


# The order matters: a subclass precedes its base (Timestamp before datetime before date, bool before int).
_CODECS: tuple[tuple[type, str, Callable[[Any], Any], Callable[[Any], Any]], ...] = (
    (str, "surrogates", _write_text, _read_text),
    (int, "int", str, int),
    (float, "float", repr, _read_float),
    (Decimal, "decimal", str, Decimal),
    (bytes, "bytes", bytes.hex, bytes.fromhex),
    (pd.Timestamp, "timestamp", _write_timestamp, _read_timestamp),
    (datetime, "datetime", _write_datetime, _read_datetime),
    (date, "date", date.isoformat, date.fromisoformat),
    (time, "time", time.isoformat, time.fromisoformat),
    (pd.Timedelta, "timedelta64", lambda value: str(value.as_unit("ns").value), lambda text: pd.Timedelta(int(text))),
    (
        timedelta,
        "timedelta",
        lambda value: [value.days, value.seconds, value.microseconds],
        lambda parts: timedelta(*parts),
    ),
    (UUID, "uuid", str, UUID),
    (pd.Interval, "interval", _write_interval, _read_interval),
    (
        pd.Period,
        "period",
        lambda value: [value.ordinal, value.freqstr],
        lambda parts: pd.Period(ordinal=parts[0], freq=parts[1]),
    ),
)

_CONVERTERS: tuple[tuple[type | tuple[type, ...], Callable[[Any], Key | None]], ...] = (
    (str, str.__str__),
    (int, int),
    (bytes, bytes),
    (datetime, _from_datetime),
    (timedelta, _from_timedelta),
    ((date, time, UUID, pd.Interval, pd.Period), lambda value: value),
)

_FAMILIES: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (str, "text"),
    (bool, "bool"),
    ((int, float, Decimal), "number"),
    (bytes, "bytes"),
    (datetime, "datetime"),
    (date, "date"),
    (time, "time"),
    (timedelta, "duration"),
)
