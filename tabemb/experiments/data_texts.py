"""Tables of text, such as CSV files: decompress and decode them, find their separator, and read all cells as text."""

import codecs
import csv
import gzip
import io
import itertools
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from tabemb.exceptions import ColumnError, DataError, did_you_mean
from tabemb.expansion import Expansion, LimitedStream

__all__ = [
    "SEPARATORS",
    "RawTable",
    "as_texts",
    "check_encoding",
    "check_names",
    "check_separator",
    "encoding_of",
    "opened",
    "read_delimited",
    "readable_as",
    "with_decimal_points",
]

# Bytes that are parsed at a time; a row must fit into them.
_BLOCK = 2**24
# Bytes and rows from which the separator is found.
_SAMPLE, _SAMPLE_ROWS = 2**16, 200
SEPARATORS = (",", ";", "\t", "|")
_SEPARATOR_NAMES = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}
_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# Encodings that are named in messages if one is not known, the likely ones first.
_COMMON = ("utf-8", "cp1252", "latin-1", "utf-16", "iso8859-15", "cp1250", "cp1251", "cp437", "shift_jis", "gb18030")
# First bytes of files that are no text.
_NO_TEXT = {
    b"PK\x03\x04": ("a zip archive or an Excel file", ".xlsx or .csv.zip"),
    b"\xd0\xcf\x11\xe0": ("an old Excel file", ".xls"),
    b"PAR1": ("a Parquet file", ".parquet"),
    b"ARROW1": ("an Arrow file", ".arrow"),
    b"\x1f\x8b": ("a gzip file", ".csv.gz"),
}
_DECIMAL_COMMA = r"^[+-]?(\d+(,\d*)?|,\d+)([eE][+-]?\d+)?$"
# Real tables compress up to about 50 times.
EXPANSION = Expansion(times=100, error=DataError, advice="If you trust the file, unpack it, and read the content.")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RawTable:
    """A table as its file holds it.

    Parameters
    ----------
    table : pandas.DataFrame
        The table.
    is_text : bool
        Whether all cells are texts, which may stand for numbers, booleans and dates.
    has_no_dates : bool, default=False
        Whether the format has no type of dates, so that texts may stand for dates.
    notes : dict of str to str
        What to know about a column, in a few words.
    """

    table: pd.DataFrame
    is_text: bool
    has_no_dates: bool = False
    notes: dict[str, str] = field(default_factory=dict)


def check_separator(text: str) -> str:
    r"""Return the separator that a text means.

    Parameters
    ----------
    text : str
        One character, or ``tab``, ``\t``, ``comma``, ``semicolon``, ``pipe`` or ``space``.

    Raises
    ------
    DataError
        If it is none.

    Examples
    --------
    >>> check_separator(";"), check_separator("tab")
    (';', '\t')
    """
    mark = _SEPARATOR_NAMES.get(text.lower(), text)
    if len(mark) != 1 or not mark.isascii() or mark.isalnum() or mark in "\"'\r\n\0.":
        raise DataError(f"A separator is one character, such as ';' or '|', or the word tab; got {text!r}.")
    return mark


def check_encoding(name: str) -> str:
    """Return the name of an encoding of text as Python writes it.

    Raises
    ------
    DataError
        If there is no such encoding; the message suggests similar names.

    Examples
    --------
    >>> check_encoding("UTF8"), check_encoding("latin-1")
    ('utf-8', 'iso8859-1')
    """
    try:
        # Fails for conversions that are no encodings of text, such as zip.
        "".encode(name)
        found = codecs.lookup(name).name
    except (LookupError, ValueError, UnicodeError):
        raise DataError(
            f"There is no encoding {name!r}.{did_you_mean(name, _COMMON)} Common ones: {', '.join(_COMMON[:4])}."
        ) from None
    return "utf-8" if found == "utf-8-sig" else found


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Yield the bytes of a file, decompressed if it ends in .gz or .zip, which is limited.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    DataError
        If the content has too many bytes for the size of the file, or an archive holds more than one file.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "a.csv.gz")
    ...     _ = path.write_bytes(gzip.compress(b"a,b"))
    ...     with opened(path) as content:
    ...         content.read()
    b'a,b'
    """
    if path.name.lower().endswith(".gz"):
        # A truncated file states any size, so only its content counts.
        if _size_in_gzip(path) > EXPANSION.most(path):
            with gzip.open(path) as file:
                _skip(LimitedStream(file, path, EXPANSION))
        with gzip.open(path) as file:
            yield LimitedStream(file, path, EXPANSION)
    elif path.name.lower().endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) != 1:
                raise DataError(f"{path}: expected one file in the archive, got {len(members)}. Unpack it.")
            EXPANSION.check(path, members[0].file_size)
            with archive.open(members[0]) as file:
                yield LimitedStream(file, path, EXPANSION)
    else:
        with path.open("rb") as file:
            yield file


def encoding_of(path: Path, encoding: str | None) -> str:
    """Return the encoding of a file: that of its byte order mark, else the given one, else UTF-8.

    Parameters
    ----------
    path : Path
        A file of text.
    encoding : str, optional
        The encoding that was given.

    Raises
    ------
    DataError
        If the file is empty or not a text, or there is no such encoding.
    """
    given = None if encoding is None else check_encoding(encoding)
    with opened(path) as content:
        head = content.read(8)
    if not head:
        raise DataError(f"{path} is empty; a table has a line with the names of its columns, and at least one row.")
    for start, (what, suffix) in _NO_TEXT.items():
        if head.startswith(start):
            raise DataError(f"{path} seems to be {what}, not a text. Name it as such: its name should end in {suffix}.")
    for mark, named in _MARKS.items():
        if head.startswith(mark):
            return named
    return given or "utf-8"


@contextmanager
def readable_as(path: Path, encoding: str) -> Iterator[None]:
    """Say where a file is not in its encoding if the block, which reads it, cannot decode it.

    Parameters
    ----------
    path : Path
        The file.
    encoding : str
        Its encoding.

    Raises
    ------
    DataError
        With the line and the byte, and how to give another encoding.
    """
    try:
        yield
    except UnicodeError as error:
        place = _undecodable(path, encoding)
        if place is None:
            raise
        line, byte, offset = place
        others = [each for each in ("cp1252", "latin-1") if check_encoding(each) != check_encoding(encoding)]
        raise DataError(
            f"{path} is not text in {encoding.upper()}: line {line:,} has the byte 0x{byte:02x} (byte {offset + 1:,} "
            f"of the file). Give its encoding, often {' (Windows) or '.join(others)}: "
            f"--encoding {others[0]}; in YAML data.encoding, in Python encoding={others[0]!r}."
        ) from error


def check_names(path: Path, names: list[Any]) -> None:
    """Raise an error if two columns have the same name.

    Raises
    ------
    ColumnError
        If they do.
    """
    seen: set[Any] = set()
    for name in names:
        if name in seen and name:
            raise ColumnError(f"{path} has more than one column {name!r}. Rename or remove the others.")
        seen.add(name)


def read_delimited(
    path: Path, *, usual: str = ",", separator: str | None = None, encoding: str | None = None
) -> RawTable:
    r"""Read a table of text, whose first line has the names of the columns.

    Parameters
    ----------
    path : Path
        The file.
    usual : str, default=","
        The separator of most files of that name, which is used if the rows agree with it.
    separator : str, optional
        The separator; by default it is found from the first rows: a comma, a semicolon, a tab or a bar.
    encoding : str, optional
        The encoding; UTF-8 by default.

    Returns
    -------
    RawTable
        All cells are texts, and empty ones are missing.

    Raises
    ------
    DataError
        If the file is not such a table.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "a.csv")
    ...     _ = path.write_text("dest;minutes\nBOS;1,5\n")
    ...     read_delimited(path).table.to_dict("list")
    {'dest': ['BOS'], 'minutes': ['1,5']}
    """
    encoding = encoding_of(path, encoding)
    with readable_as(path, encoding):
        mark = _find_separator(path, encoding, usual) if separator is None else check_separator(separator)
        options: dict[str, Any] = {"sep": mark, "dtype": "str", "keep_default_na": False, "encoding": encoding}
        with _source(path) as content:
            names = pd.read_csv(content, header=None, nrows=1, **options).iloc[0].tolist()
        check_names(path, names)
        if separator is None:
            _check_one_column(path, names, mark)
        try:
            with _source(path) as content:
                table = _read_by_arrow(content, mark, encoding, names)
        except (pa.ArrowException, OSError):
            # Not in pieces, each of which would be read by itself.
            with _source(path) as content:
                table = pd.read_csv(content, na_values=[""], low_memory=False, **options)
    if not isinstance(table.index, pd.RangeIndex):
        raise DataError(
            f"{path} is not a table: its rows have more cells than its first line, which names the columns."
        )
    notes = {} if mark == "," else dict.fromkeys(_with_decimal_commas(table), "decimal commas, read as numbers")
    return RawTable(table=table, is_text=True, notes=notes)


def as_texts(column: pd.Series) -> pd.Series:
    """Return a column of texts, in which missing cells stay missing; pandas before version 3 makes them ``"None"``.

    Examples
    --------
    >>> as_texts(pd.Series(["a", None])).isna().tolist()
    [False, True]
    """
    return pd.Series(column, dtype="str").where(column.notna())


def with_decimal_points(texts: pd.Series) -> pd.Series:
    """Return a column of texts with points in place of commas.

    Examples
    --------
    >>> with_decimal_points(pd.Series(["1,5", None], dtype="str")).tolist()
    ['1.5', nan]
    """
    return texts.str.replace(",", ".", regex=False)


def _with_decimal_commas(table: pd.DataFrame) -> list[str]:
    """Return the columns of numbers with a comma before the decimals, as in files that are separated by semicolons."""
    return [name for name in table.columns if _has_decimal_commas(table[name])]


def _has_decimal_commas(texts: pd.Series) -> bool:
    cells = pa.chunked_array(pa.array(texts, from_pandas=True)).drop_null()
    if not len(cells) or not pc.any(pc.match_substring(cells, ",")).as_py():
        return False
    return bool(pc.all(pc.match_substring_regex(cells, _DECIMAL_COMMA)).as_py())


def _find_separator(path: Path, encoding: str, usual: str) -> str:
    """Return the usual separator if the first rows agree on it, else the one that splits them into the most cells."""
    with opened(path) as content:
        raw = content.read(_SAMPLE)
    # Strict: a byte that cannot be decoded is found by the caller. The last character may be incomplete.
    sample = codecs.getincrementaldecoder(encoding)().decode(raw).removeprefix("\ufeff")
    marks = [usual, *(mark for mark in SEPARATORS if mark != usual)]
    cells = {mark: _agreed_cells(sample, mark, is_cut=len(raw) == _SAMPLE) for mark in marks}
    if cells[usual] > 1:
        return usual
    best = max(marks, key=cells.__getitem__)
    return best if cells[best] > 1 else usual


def _agreed_cells(sample: str, mark: str, *, is_cut: bool) -> int:
    """Return the number of cells per row if it is the same in all first rows, else 0."""
    rows = csv.reader(io.StringIO(sample, newline=""), delimiter=mark)
    try:
        sizes = [len(row) for row in itertools.islice(rows, _SAMPLE_ROWS) if row]
    except csv.Error:
        return 0
    if is_cut and len(sizes) < _SAMPLE_ROWS:
        sizes = sizes[:-1]
    return sizes[0] if sizes and len(set(sizes)) == 1 else 0


def _check_one_column(path: Path, names: list[Any], mark: str) -> None:
    marks = [other for other in SEPARATORS if other != mark] if len(names) == 1 else []
    other = next((each for each in marks if each in str(names[0])), None)
    if other is not None:
        raise DataError(
            f"{path} has one column, {str(names[0])[:80]!r}; its cells seem to be separated by {other!r}, but its "
            "first rows have different numbers of them. Mend the rows, or give the separator: --sep; in YAML "
            "data.sep, in Python sep=."
        )


def _read_by_arrow(content: Any, separator: str, encoding: str, names: list[Any]) -> pd.DataFrame:
    """Read a regular file in a tenth of the time; irregular ones, such as with short rows, are left to pandas."""
    if not all(isinstance(name, str) and name for name in names):
        raise pa.ArrowInvalid("a column has no name")
    table = pa_csv.read_csv(
        content,
        pa_csv.ReadOptions(block_size=_BLOCK, encoding="utf8" if encoding == "utf-8" else encoding),
        pa_csv.ParseOptions(delimiter=separator, newlines_in_values=True),
        pa_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), null_values=[""], strings_can_be_null=True
        ),
    )
    if table.column_names != names:
        raise pa.ArrowInvalid("the names are read in another way")
    return pd.DataFrame({name: as_texts(table[name].to_pandas()) for name in names})


@contextmanager
def _source(path: Path) -> Iterator[Any]:
    """Yield the path of a plain file, which parsers read faster than a stream, or the content of a compressed one."""
    if path.name.lower().endswith((".gz", ".zip")):
        with opened(path) as content:
            yield content
    else:
        yield path


def _undecodable(path: Path, encoding: str) -> tuple[int, int, int] | None:
    """Return the line, the value and the place of the first byte that cannot be decoded; None if there is none."""
    decoder = codecs.getincrementaldecoder(encoding)()
    n_read, line = 0, 1
    with opened(path) as content:
        while True:
            block = content.read(_BLOCK)
            try:
                line += decoder.decode(block, final=not block).count("\n")
            except UnicodeDecodeError as error:
                raw = error.object
                line += raw[: error.start].decode(encoding, "replace").count("\n")
                # The decoder puts bytes that it has kept before the block.
                return line, raw[error.start], n_read - (len(raw) - len(block)) + error.start
            n_read += len(block)
            if not block:
                return None


def _size_in_gzip(path: Path) -> int:
    """Return the size of the content that the end of a gzip file states, modulo 4 GB."""
    with path.open("rb") as file:
        file.seek(-min(4, path.stat().st_size), os.SEEK_END)
        return int.from_bytes(file.read(4), "little")


def _skip(stream: LimitedStream) -> None:
    while stream.read(_BLOCK):
        pass
