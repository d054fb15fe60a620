"""The cells of one column, in one of two forms: an Arrow array, or codes into distinct values.

Columns of a single type are Arrow arrays, processed by Arrow kernels. Columns that Arrow cannot hold (mixed types, huge
integers, intervals) are converted to codes here, so that no other module loops over cells.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tabemb.exceptions import DataError
from tabemb.table.keys import CellTypeError, Key, as_cell, as_key, family, identity

__all__ = [
    "Cells",
    "Coded",
    "all_equal",
    "distinct",
    "factorize",
    "families",
    "is_missing",
    "n_different",
    "positions_behind",
    "read_cells",
    "recode",
    "take",
    "unmasked",
    "without_nan",
]

Codes: TypeAlias = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True)
class Coded:
    """Cells as codes into their distinct values.

    Parameters
    ----------
    codes : ndarray of signed integers, shape (n,)
        Positions in ``values``; -1 is a missing cell.
    values : pyarrow.Array or list
        The distinct values, none missing and no two with the same :func:`~tabemb.table.keys.identity`: a plain Arrow
        array, which avoids a Python object per text, or a list of typed keys.
    ordered : bool, default=False
        Whether the values are in order of first appearance and all of them appear.

    Examples
    --------
    >>> coded = read_cells(["a", 1, None, "a"])
    >>> coded.codes, coded.keys
    (array([ 0,  1, -1,  0], dtype=int32), ['a', 1])
    """

    codes: Codes
    values: pa.Array | list[Key]
    ordered: bool = False

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def keys(self) -> list[Key]:
        """The values as typed keys; created at each access if the values are an Arrow array."""
        if isinstance(self.values, list):
            return self.values
        keys: list[Key] = self.values.to_pylist()
        return keys if pa.types.is_large_string(self.values.type) else [as_key(key) for key in keys]


# An Arrow array of a plain type (large_string, large_binary, bool, an integer, float32/64, decimal, date32, timestamp,
# time, duration, null), or a dictionary array of one of these; floats are finite or NaN.
Cells: TypeAlias = pa.Array | Coded

# Number of cells that are checked before a whole column is.
_HEAD = 256

# The days of Python's dates, counted from 1970.
_FIRST_DAY, _LAST_DAY = (each.toordinal() - date(1970, 1, 1).toordinal() for each in (date.min, date.max))
_PER_DAY = {"D": 1, "s": 86_400, "ms": 86_400 * 10**3, "us": 86_400 * 10**6}

# "UTC+09:00", "GMT-3", "+0530": hours and minutes east of Greenwich.
_OFFSET = re.compile(r"(?:UTC|GMT)?(?P<sign>[+-])(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?", re.IGNORECASE)

_ARROW_READY = frozenset({"string", "bytes", "integer", "floating", "mixed-integer-float", "boolean", "empty"})


def read_cells(values: Any, column: str | None = None, *, several: bool = False) -> Cells:
    """Convert any one-dimensional collection of cells to one of the two forms.

    Parameters
    ----------
    values : Arrow array, ndarray, Coded, or iterable of scalars
        The cells.
    column : str, optional
        Name of the column, for error messages.
    several : bool, default=False
        Whether a cell may hold several values (lists, or dicts of weights), which become
        :class:`~tabemb.table.keys.CellValues`.

    Returns
    -------
    pyarrow.Array or Coded

    Raises
    ------
    DataError
        If a cell holds several values, is complex, or is infinite.

    Examples
    --------
    >>> read_cells(["a", None]).type
    DataType(large_string)
    """
    if isinstance(values, Coded):
        return values
    try:
        if isinstance(values, (pa.Array, pa.ChunkedArray)):
            return _plain(values, column, several)
        if isinstance(values, np.ndarray):
            return _from_numpy(values, column, several)
    except pa.ArrowException as error:
        raise DataError(
            f"The cells{_in(column)} cannot be read: {error}. Convert the column to another type."
        ) from error
    if isinstance(values, (list, tuple)):
        return _from_objects(np.fromiter(values, dtype=object, count=len(values)), column, several)
    return _from_objects(np.asarray(values, dtype=object), column, several)


def unmasked(values: Any) -> Any:
    """Return a masked array as a plain one, with NaN, NaT or None in the masked cells; other values unchanged.

    Examples
    --------
    >>> unmasked(np.ma.array([1, 2], mask=[False, True]))
    array([ 1., nan])
    """
    if not isinstance(values, np.ma.MaskedArray):
        return values
    mask = np.ma.getmaskarray(values)
    if not mask.any():
        return values.data
    kind = values.dtype.kind
    if kind in "iuf":
        return np.where(mask, np.nan, values.data)
    if kind in "mM":
        return np.where(mask, np.array("NaT", values.dtype), values.data)
    plain = values.data.astype(object)
    plain[mask] = None
    return plain


def factorize(cells: Cells) -> Coded:
    """Return the cells as codes into their distinct values (in order of first appearance for plain Arrow arrays).

    Parameters
    ----------
    cells : pyarrow.Array or Coded

    Returns
    -------
    Coded

    Examples
    --------
    >>> coded = factorize(read_cells([3.0, float("nan"), 1.0, 3.0]))
    >>> coded.codes, coded.keys
    (array([ 0, -1,  1,  0], dtype=int32), [3.0, 1.0])
    """
    if isinstance(cells, Coded):
        return cells
    if pa.types.is_dictionary(cells.type):
        return recode(positions_behind(cells), factorize(cells.dictionary))
    if pa.types.is_null(cells.type):
        return Coded(np.full(len(cells), -1, np.int32), [], ordered=True)
    encoded = without_nan(cells).dictionary_encode()
    return Coded(_codes(encoded.indices), encoded.dictionary, ordered=True)


def recode(codes: npt.NDArray[Any], values: Coded) -> Coded:
    """Return the cells ``values[codes]``; a negative code is a missing cell."""
    table = np.append(values.codes, values.codes.dtype.type(-1))
    return Coded(table.take(codes), values.values)


def distinct(coded: Coded) -> Cells:
    """Return the distinct values as cells."""
    if isinstance(coded.values, list):
        return Coded(np.arange(len(coded.values), dtype=np.int32), coded.values, ordered=True)
    return coded.values


def take(cells: Cells, rows: npt.NDArray[np.intp]) -> Cells:
    """Return the cells of the given rows."""
    return Coded(cells.codes[rows], cells.values) if isinstance(cells, Coded) else cells.take(pa.array(rows))


def is_missing(cells: Cells) -> npt.NDArray[np.bool_]:
    """Return a mask of the missing cells: null, NaN, or a null in the dictionary of a dictionary array.

    Examples
    --------
    >>> is_missing(read_cells(["a", None]))
    array([False,  True])
    """
    if isinstance(cells, Coded):
        return cells.codes < 0
    if pa.types.is_dictionary(cells.type):
        behind = np.append(is_missing(cells.dictionary), True)
        mask: npt.NDArray[np.bool_] = behind.take(positions_behind(cells))
    elif cells.null_count == 0:
        mask = np.isnan(cells.to_numpy()) if pa.types.is_floating(cells.type) else np.zeros(len(cells), np.bool_)
    else:
        mask = pc.is_null(cells, nan_is_null=True).to_numpy(zero_copy_only=False)
    return mask


def all_equal(cells: Cells) -> bool:
    """Return whether all cells are equal and none is missing."""
    if isinstance(cells, Coded):
        return len(cells) == 0 or bool((cells.codes == cells.codes[0]).all() and cells.codes[0] >= 0)
    # Most columns differ within the first cells, so the others need not be read.
    if len(cells) > _HEAD and not all_equal(cells.slice(0, _HEAD)):
        return False
    if is_missing(cells).any():
        return False
    if pa.types.is_dictionary(cells.type):
        return all_equal(factorize(cells))
    return len(cells) == 0 or bool(pc.all(pc.equal(cells, cells[0])).as_py())


def n_different(coded: Coded) -> int:
    """Return the number of distinct values that occur."""
    if coded.ordered:
        return len(coded.values)
    return int((np.bincount(np.add(coded.codes, 1, dtype=np.intp), minlength=len(coded.values) + 1)[1:] > 0).sum())


def families(cells: Cells) -> frozenset[str]:
    """Return the type families of the cells that are not missing.

    Examples
    --------
    >>> sorted(families(read_cells(["a", 1, None])))
    ['number', 'text']
    """
    if isinstance(cells, Coded):
        values = cells.values
        return frozenset(map(family, values)) if isinstance(values, list) else families(values)
    if pa.types.is_dictionary(cells.type):
        return families(cells.dictionary)
    present = cells.filter(pc.invert(pc.is_null(cells, nan_is_null=True))).slice(0, 1)
    return frozenset(family(as_key(value)) for value in present.to_pylist())


def without_nan(cells: pa.Array) -> pa.Array:
    """Return float cells as float64 with nulls for NaN and no negative zero; return other cells unchanged."""
    if not pa.types.is_floating(cells.type):
        return cells
    # Arrow's hash tables treat -0.0 and 0.0 as different.
    return pa.array(cells.cast(pa.float64()).to_numpy(zero_copy_only=False) + 0.0, from_pandas=True)


def positions_behind(cells: pa.DictionaryArray) -> npt.NDArray[Any]:
    """Return the position of each cell in the dictionary, -1 for a missing cell."""
    # NumPy cannot index by unsigned 64-bit positions without a cast.
    if cells.indices.null_count or pa.types.is_uint64(cells.indices.type):
        return _codes(cells.indices)
    positions: npt.NDArray[Any] = cells.indices.to_numpy()
    return positions


def _codes(indices: pa.Array) -> Codes:
    if not pa.types.is_int32(indices.type):
        indices = indices.cast(pa.int64())
    if indices.null_count:
        indices = indices.fill_null(-1)
    codes: Codes = indices.to_numpy()
    return codes


def _from_numpy(values: npt.NDArray[Any], column: str | None, several: bool) -> Cells:
    kind, mask = values.dtype.kind, None
    if isinstance(values, np.ma.MaskedArray):
        # What is behind the mask is no data.
        values, mask = values.data, np.ma.getmaskarray(values)
    if kind == "O" or kind == "T":
        objects = values.astype(object, copy=mask is not None)
        if mask is not None:
            objects[mask] = None
        return _from_objects(objects, column, several)
    if kind == "c":
        raise DataError(f"Complex data not supported{_in(column)}. Give the real and imaginary parts as two columns.")
    if kind == "V":
        raise CellTypeError(f"Structured cells{_in(column)} are not supported. Give each field as a separate column.")
    if kind == "f" and values.dtype.itemsize not in (4, 8):
        values = values.astype(np.float64)
    if kind in "mM" and np.datetime_data(values.dtype)[0] not in ("D", "s", "ms", "us", "ns"):
        values = values.astype(f"{kind}8[s]")
    if not values.dtype.isnative:
        values = values.astype(values.dtype.newbyteorder("="))
    return _plain(pa.array(values, mask=mask), column, several)


def _from_objects(values: npt.NDArray[Any], column: str | None, several: bool) -> Cells:
    inferred = pd.api.types.infer_dtype(values, skipna=True)
    # Arrow would truncate datetimes among dates to days.
    if inferred in _ARROW_READY or (inferred == "date" and datetime not in set(map(type, values))):
        try:
            return _plain(pa.array(values, from_pandas=True), column, several)
        except (pa.ArrowException, OverflowError, UnicodeError):
            # Arrow cannot hold integers beyond 64 bits or lone surrogates, which are valid keys.
            return _code_objects(values, column, several)
    return _code_objects(values, column, several)


def _code_objects(values: Iterable[object], column: str | None, several: bool) -> Coded:
    convert = as_cell if several else as_key
    keys: list[Key] = []
    positions: dict[object, int] = {}
    codes: list[int] = []
    for value in values:
        key = convert(value, column)
        if key is None:
            codes.append(-1)
            continue
        code = positions.setdefault(identity(key), len(keys))
        if code == len(keys):
            keys.append(key)
        codes.append(code)
    return Coded(np.array(codes, dtype=np.int32), keys, ordered=True)


def _plain(values: Any, column: str | None, several: bool) -> Cells:
    if isinstance(values, pa.ChunkedArray):
        values = _one_chunk(values)
    kind = values.type
    if kind in _PLAIN_ALREADY:
        return values
    if isinstance(values, pa.ExtensionArray):
        return _plain(values.storage, column, several)
    if pa.types.is_run_end_encoded(kind):
        return _plain(pc.run_end_decode(values), column, several)
    if pa.types.is_dictionary(kind):
        behind = _plain(values.dictionary, column, several)
        if isinstance(behind, Coded):
            return recode(positions_behind(values), behind)
        if behind.type == values.type.value_type:
            return values
        return pa.DictionaryArray.from_arrays(values.indices, behind)
    for belongs, target in _PLAIN_TYPES:
        if belongs(kind):
            return values.cast(target)
    if pa.types.is_decimal32(kind) or pa.types.is_decimal64(kind):
        # Arrow has few kernels for these.
        return values.cast(pa.decimal128(kind.precision, kind.scale))
    if pa.types.is_date64(kind):
        # Some writers keep the time of day in it.
        values = pc.floor_temporal(values.cast(pa.timestamp("ms")), unit="day").cast(pa.date32())
        kind = values.type
    if pa.types.is_date(kind) or (pa.types.is_timestamp(kind) and kind.unit != "ns"):
        _refuse_years_of_no_calendar(values, column)
    if pa.types.is_nested(kind):
        if pa.types.is_map(kind):
            return _code_objects(map(_as_dict, values.to_pylist()), column, several)
        if pa.types.is_struct(kind):
            # Every cell has all fields, so they are no weights of some values.
            raise CellTypeError(
                f"Every cell{_in(column)} of the argument must be one value; got structs with the fields "
                f"{', '.join(repr(field.name) for field in kind)}. Give each field as a column. For weights of values, "
                "use a map of Arrow, or dicts in a pandas column."
            )
        return _code_objects(values.to_pylist(), column, several)
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return values.cast(pa.timestamp(kind.unit, _arrow_zone(kind.tz, column)))
    if pa.types.is_floating(kind):
        _refuse_infinity(values, column)
    elif not any(belongs(kind) for belongs in _PLAIN_KINDS):
        raise CellTypeError(
            f"Cells of the Arrow type {kind}{_in(column)} are not supported. Convert them to numbers or text first."
        )
    return values


def _as_dict(pairs: Any) -> Any:
    return None if pairs is None else dict(pairs)


@cache
def _arrow_zone(zone: str, column: str | None) -> str:
    """Return the name by which Arrow knows a time zone; an offset such as "UTC+9" is "+09:00" there."""
    try:
        pc.hour(pa.array([0], pa.timestamp("s", zone)))
    except pa.ArrowException:
        found = _OFFSET.fullmatch(zone.strip())
        if found is None:
            raise DataError(
                f"The time zone {zone!r}{_in(column)} is not known. Convert the column to a known one first, for "
                "example by column.dt.tz_convert('UTC')."
            ) from None
        return f"{found['sign']}{int(found['hours']):02}:{int(found['minutes'] or 0):02}"
    return zone


def _one_chunk(values: pa.ChunkedArray) -> pa.Array:
    if pa.types.is_dictionary(values.type):
        values = values.unify_dictionaries()
    elif pa.types.is_string(values.type):
        # An array with 32-bit offsets holds at most two gigabytes of text.
        values = values.cast(pa.large_string())
    return values.chunk(0) if values.num_chunks == 1 else values.combine_chunks()


def _refuse_infinity(values: pa.Array, column: str | None) -> None:
    infinite = np.isinf(values.to_numpy(zero_copy_only=False))
    if infinite.any():
        raise DataError(
            f"Input X contains infinity{_in(column)} (first in row {int(infinite.argmax())}). "
            "Replace it with a finite number or a missing value (NaN)."
        )


def _refuse_years_of_no_calendar(values: pa.Array, column: str | None) -> None:
    is_date = pa.types.is_date32(values.type)
    least, most = (each.as_py() for each in pc.min_max(values.cast(pa.int32() if is_date else pa.int64())).values())
    unit = _PER_DAY["D" if is_date else values.type.unit]
    # A time zone may add or take a day.
    margin = int(not is_date and values.type.tz is not None)
    if least is not None and not (_FIRST_DAY + margin) * unit <= least <= most < (_LAST_DAY + 1 - margin) * unit:
        raise DataError(
            f"A date{_in(column)} is not in the years 1 to 9999. Replace it with another date or a missing value."
        )


def _in(column: str | None) -> str:
    return "" if column is None else f" in column {column!r}"


def _is_small_string(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_string_view(kind))


def _is_small_binary(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_binary_view(kind) or pa.types.is_fixed_size_binary(kind))


_PLAIN_ALREADY = frozenset({pa.large_string(), pa.int64(), pa.bool_()})

_PLAIN_TYPES = (
    (_is_small_string, pa.large_string()),
    (_is_small_binary, pa.large_binary()),
    (pa.types.is_float16, pa.float32()),
)

_PLAIN_KINDS = (
    pa.types.is_large_string,
    pa.types.is_large_binary,
    pa.types.is_boolean,
    pa.types.is_integer,
    pa.types.is_decimal,
    pa.types.is_date32,
    pa.types.is_timestamp,
    pa.types.is_time,
    pa.types.is_duration,
    pa.types.is_null,
)
