"""Columns of text as files hold them: find out what the texts stand for, and convert them as a whole."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tabemb.table.text_cells import (
    MISSING_WORDS,
    TextCells,
    has_leading_zero,
    plain_dates,
    plain_numbers,
    share_that_begins_with,
)

__all__ = ["TypedTexts", "convert_texts", "infer_texts", "looks_like_dates"]

_NUMBER = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$|^[+-]?[Ii]nf(inity)?$"
_INTEGER = r"^[+-]?\d+$"
_LEADING_ZERO = r"^[+-]?0\d"
_BOOLEAN = r"^(true|True|TRUE|false|False|FALSE)$"
_DATE = r"^\d{4}-\d{2}-\d{2}$"
_DATETIME = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?( ?(Z|[+-]\d{2}(:?\d{2})?))?)?$"
_OTHER_DATE = (
    r"^\d{1,2}[./-]\d{1,2}[./-](\d{2}|\d{4})( \d{1,2}:\d{2}.*)?$|^\d{4}[./]\d{1,2}[./]\d{1,2}( \d{1,2}:\d{2}.*)?$"
    r"|^\d{1,2}[ -](?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[ -]\d{2,4}$"
)
_OTHER_NUMBER = r"^[+-]?\s?[$€£]?\s?\d[\d.,' ]*\s?[%$€£]?$"

# Largest integer up to which float64, the type of numbers beside missing cells, holds each one.
_EXACT, _SAFE_DIGITS = 2**53, 15
_LEADING_ZEROS = "digits with leading zeros, read as text"
_TOO_LONG = "integers too long for exact numbers, read as text"
# Kinds to which texts are converted.
_CONVERTED = frozenset({"number", "bool", "date", "datetime", "duration"})
# First bytes of numbers.
_NUMBER_BEGINS = b"0123456789+-.Ii"
# Share of numbers at which a column of text is probably meant as numbers.
_MOSTLY = 0.8


@dataclass(frozen=True, slots=True, eq=False)
class TypedTexts:
    """A column of texts after its conversion.

    Parameters
    ----------
    values : pandas.Series
        The cells.
    kind : str
        ``"text"``, ``"number"``, ``"bool"``, ``"date"`` or ``"datetime"``.
    note : str
        What to know about the conversion, in a few words; empty if there is nothing.
    """

    values: "pd.Series[Any]"
    kind: str
    note: str = ""


def infer_texts(texts: "pd.Series[Any]", *, dates: bool = True) -> TypedTexts:
    """Convert texts to the type that all of them stand for: numbers, booleans, ISO dates, otherwise text.

    The whole column has one type: one cell such as ``"A1"`` makes all cells text. Numbers with leading zeros, and
    integers that the type of the column could not hold exactly, remain text, as they are codes.

    Parameters
    ----------
    texts : pandas.Series of str
        The cells; a missing value is an empty cell.
    dates : bool, default=True
        Whether to recognize dates.

    Returns
    -------
    TypedTexts
        Without the index of the texts.

    Examples
    --------
    >>> infer_texts(pd.Series(["12", "NA", "7"])).values.tolist()
    [12.0, nan, 7.0]
    >>> infer_texts(pd.Series(["12", "NA", "A1"])).values.tolist()
    ['12', 'NA', 'A1']
    """
    cells = TextCells.of(texts)
    if not len(cells.present):
        return TypedTexts(pd.Series(np.full(len(texts), np.nan)), "number")
    plain = _infer_plain(cells, texts.reset_index(drop=True), dates=dates)
    if plain is not None:
        return plain
    column = _Distinct.of(texts)
    present = column.present
    if _all(present, _NUMBER):
        return _infer_numbers(column)
    if _all(present, _BOOLEAN):
        return TypedTexts(column.spread(column.convert(_as_bool)), "bool")
    if dates and _all(present, _DATETIME):
        kind = "date" if _all(present, _DATE) else "datetime"
        found = _parse_dates(present)
        if found is None:
            return TypedTexts(column.original, "text", "looks like dates, of several time zones or not in the calendar")
        return TypedTexts(column.spread_dates(found), kind, _note_on_dates(cells))
    return TypedTexts(column.original, "text", _note_on_text(cells, dates=dates))


def convert_texts(texts: "pd.Series[Any]", kind: str) -> "pd.Series[Any]":
    """Convert texts to a known type; cells that do not stand for it remain text.

    Parameters
    ----------
    texts : pandas.Series of str
        The cells; a missing value is an empty cell.
    kind : str
        ``"text"``, ``"number"``, ``"bool"``, ``"date"``, ``"datetime"`` or ``"duration"``. With any other kind, nothing
        is converted.

    Returns
    -------
    pandas.Series
        Without the index of the texts; of dtype object if some cells remain text.

    Examples
    --------
    >>> convert_texts(pd.Series(["12", "07", "33"]), "text").tolist()
    ['12', '07', '33']
    >>> convert_texts(pd.Series(["12", "A1", ""]), "number").tolist()
    [12, 'A1', nan]
    """
    if kind not in _CONVERTED:
        return texts.reset_index(drop=True)
    plain = _convert_plain(texts, kind)
    if plain is not None:
        return plain
    column = _Distinct.of(texts)
    present = column.present
    if kind == "number":
        if _all(present, _NUMBER):
            return _numbers(column)
        return column.spread(column.convert(_as_number))
    if kind == "bool":
        return column.spread(column.convert(_as_bool))
    if kind in ("date", "datetime") and _all(present, _DATETIME):
        found = _parse_dates(present)
        if found is None:
            return column.original
        return column.spread_dates(found) if kind == "datetime" else column.spread(column.convert(_as_date))
    if kind == "duration":
        return column.spread(column.convert(_as_duration))
    return column.original


def looks_like_dates(texts: pa.Array) -> bool:
    """Return whether all texts look like dates, in any common notation.

    Examples
    --------
    >>> looks_like_dates(pa.array(["31.12.2020", "1.1.2021"])), looks_like_dates(pa.array(["A-1", "B-2"]))
    (True, False)
    """
    return _all(texts, _DATETIME) or _all(texts, _OTHER_DATE)


@dataclass(frozen=True, slots=True, eq=False)
class _Distinct:
    """A column as positions in its distinct texts: what texts stand for is found once for each."""

    original: "pd.Series[Any]"
    codes: npt.NDArray[np.intp]
    # Without surrounding white space.
    texts: pa.Array
    missing: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, texts: "pd.Series[Any]") -> "_Distinct":
        array = pa.array(texts, pa.large_string(), from_pandas=True)
        if isinstance(array, pa.ChunkedArray):
            array = array.combine_chunks()
        encoded = array.dictionary_encode()
        distinct = pc.utf8_trim_whitespace(encoded.dictionary)
        words = pa.array(["", *sorted(MISSING_WORDS)], distinct.type)
        missing = pc.is_in(distinct, value_set=words).to_numpy(zero_copy_only=False)
        codes = encoded.indices.fill_null(-1).to_numpy().astype(np.intp)
        return cls(texts.reset_index(drop=True), codes, distinct, missing)

    @property
    def present(self) -> pa.Array:
        return self.texts.filter(pa.array(~self.missing))

    def convert(self, read: Callable[[str], object]) -> npt.NDArray[np.object_]:
        """Return the value of each distinct text; NaN if it is a missing word, the text itself if it has no value."""
        values = np.empty(len(self.texts), object)
        for position, text in enumerate(self.texts.to_pylist()):
            values[position] = np.nan if self.missing[position] else read(text)
        return values

    def spread(self, values: npt.NDArray[Any]) -> "pd.Series[Any]":
        """Return the value of each cell."""
        if values.dtype == object or values.dtype.kind == "f":
            cells = np.append(values, np.array([np.nan], values.dtype))[self.codes]
            if values.dtype == object and set(map(type, values)) == {bool} and (self.codes >= 0).all():
                cells = cells.astype(bool)
            return pd.Series(cells, dtype=cells.dtype)
        return pd.Series(values[self.codes])

    def spread_dates(self, found: pd.DatetimeIndex) -> "pd.Series[Any]":
        """Return the date of each cell, given those of the texts that are not missing words."""
        positions = np.full(len(self.texts) + 1, -1, np.intp)
        positions[np.flatnonzero(~self.missing)] = np.arange(len(found))
        return pd.Series(found).reindex(positions[self.codes]).reset_index(drop=True)


def _infer_plain(cells: TextCells, original: "pd.Series[Any]", *, dates: bool) -> TypedTexts | None:
    """Convert a column of text, or of plain numbers or dates; return None for any other.

    The first texts show which of these a column may be.
    """
    if _matches(cells.present, _NUMBER):
        numbers = plain_numbers(cells)
        if numbers is None:
            return None
        if has_leading_zero(cells.present):
            return TypedTexts(original, "text", _LEADING_ZEROS)
        if numbers.null_count and pa.types.is_integer(numbers.type) and _beyond_exact(numbers):
            return TypedTexts(original, "text", _TOO_LONG)
        return TypedTexts(_series_of(numbers, cells), "number")
    if dates and _matches(cells.present, _DATETIME):
        found = plain_dates(cells)
        if found is None:
            return None
        return TypedTexts(found[0], "datetime" if found[1] else "date", _note_on_dates(cells))
    if _matches(cells.present, _BOOLEAN):
        return None
    return TypedTexts(original, "text", _note_on_text(cells, dates=dates))


def _convert_plain(texts: "pd.Series[Any]", kind: str) -> "pd.Series[Any] | None":
    """Convert a column of plain numbers or dates; return None for any other."""
    if kind not in ("number", "datetime"):
        return None
    cells = TextCells.of(texts)
    if kind == "number":
        numbers = plain_numbers(cells) if _matches(cells.present, _NUMBER) else None
        return None if numbers is None else _series_of(numbers, cells)
    found = plain_dates(cells) if len(cells.present) and _matches(cells.present, _DATETIME) else None
    return None if found is None else found[0]


def _series_of(numbers: pa.Array, cells: TextCells) -> "pd.Series[Any]":
    if numbers.null_count and pa.types.is_integer(numbers.type):
        # From the text, as an integer has no negative zero.
        numbers = cells.cells.cast(pa.float64())
    return pd.Series(numbers.to_numpy(zero_copy_only=False, writable=True))


def _beyond_exact(integers: pa.Array) -> bool:
    ends = pc.min_max(integers).as_py()
    return bool(max(abs(ends["min"]), abs(ends["max"])) > _EXACT)


def _infer_numbers(column: _Distinct) -> TypedTexts:
    present = column.present
    if _any(present, _LEADING_ZERO):
        return TypedTexts(column.original, "text", _LEADING_ZEROS)
    values = _numbers(column)
    if values.dtype == object or (values.dtype.kind == "f" and _all(present, _INTEGER) and _beyond(present)):
        return TypedTexts(column.original, "text", _TOO_LONG)
    return TypedTexts(values, "number")


def _numbers(column: _Distinct) -> "pd.Series[Any]":
    """Return the numbers of texts that all are; int64 if all are integers and none is missing."""
    texts = pc.replace_substring_regex(column.texts, r"^\+", "")
    texts = pc.if_else(pa.array(column.missing), pa.scalar(None, texts.type), texts)
    has_missing = bool(column.missing.any() or (column.codes < 0).any())
    if _all(column.present, _INTEGER):
        try:
            whole = texts.cast(pa.int64())
        except pa.ArrowInvalid:
            # Beyond 64 bits.
            return column.spread(column.convert(int))
        if not has_missing:
            return column.spread(whole.to_numpy())
    try:
        return column.spread(texts.cast(pa.float64()).to_numpy(zero_copy_only=False))
    except pa.ArrowInvalid:
        # Notations that Arrow lacks, such as "1.".
        return column.spread(column.convert(float).astype(np.float64))


def _beyond(integers: pa.Array) -> bool:
    if pc.max(pc.utf8_length(integers)).as_py() <= _SAFE_DIGITS:
        return False
    return max(abs(int(text)) for text in integers.to_pylist()) > _EXACT


def _as_number(text: str) -> object:
    for read in (int, float):
        try:
            # Python reads "1_000" and other digits, which files do not mean as numbers.
            return read(text) if "_" not in text and text.isascii() else text
        except ValueError:
            continue
    return text


def _as_bool(text: str) -> object:
    return {"true": True, "false": False}.get(text.lower(), text)


def _as_date(text: str) -> object:
    # A date with a time of day is another one.
    read = date.fromisoformat if len(text) == len("2020-12-31") else datetime.fromisoformat
    try:
        return read(text)
    except ValueError:
        # Python has no year 0.
        return text


def _as_duration(text: str) -> object:
    try:
        return pd.Timedelta(text)
    except ValueError:
        return text


def _parse_dates(texts: pa.Array) -> pd.DatetimeIndex | None:
    try:
        found = pd.to_datetime(pd.Index(texts.to_pylist(), dtype=object), format="ISO8601", errors="coerce")
    except ValueError:
        # Several time zones.
        return None
    return found if isinstance(found, pd.DatetimeIndex) and not found.isna().any() else None


def _note_on_dates(cells: TextCells) -> str:
    return f"dates as text, such as {cells.present[0].as_py()}, read as dates"


def _note_on_text(cells: TextCells, *, dates: bool) -> str:
    present, n_rows = cells.present, len(cells.raw)
    if dates and _all(present, _OTHER_DATE):
        return "looks like dates, read as text; only dates such as 2020-12-31 are recognized"
    if _all(present, _OTHER_NUMBER):
        return f"looks like numbers, such as {present[0].as_py()!r}, read as text; only numbers such as -1234.5 are"
    if share_that_begins_with(present, _NUMBER_BEGINS) >= _MOSTLY:
        numeric = pc.match_substring_regex(present, _NUMBER)
        if pc.sum(numeric).as_py() >= _MOSTLY * len(present):
            other = present.filter(pc.invert(numeric))[0].as_py()
            return f"numbers beside texts such as {other!r}, read as text; set na if they mean missing"
    said = [f"{word!r} in {count:,} of {n_rows:,} rows" for word, count in cells.counts_of_words()]
    return f"{', '.join(said)} read as a category; set na if it means missing" if said else ""


def _matches(texts: pa.Array, pattern: str, n_first: int = 64) -> bool:
    """Return whether the first texts match a pattern."""
    return bool(pc.all(pc.match_substring_regex(texts.slice(0, n_first), pattern), min_count=0).as_py())


def _all(texts: pa.Array, pattern: str) -> bool:
    # Most columns differ from a pattern within the first texts, so the others need not be read.
    return _matches(texts, pattern) and _matches(texts, pattern, len(texts))


def _any(texts: pa.Array, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(texts, pattern), min_count=0).as_py())
