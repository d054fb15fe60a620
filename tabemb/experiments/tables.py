"""Table files: read them by what is known about their columns, and write them."""

import csv
import gzip
import os
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, TextIO

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from tabemb.exceptions import ColumnError, DataError, OutputError, did_you_mean, reading
from tabemb.expansion import Expansion, LimitedStream
from tabemb.files import replacing_file
from tabemb.table.plain_texts import is_text, plain_texts
from tabemb.table.typed_texts import convert_texts, infer_texts

__all__ = [
    "TableFile",
    "check_readable",
    "check_writable",
    "formula_free",
    "read_file",
    "read_table",
    "write_csv",
    "write_table",
]

# Bytes that are parsed at a time; a row must fit into them.
_BLOCK = 2**24
# Real tables compress up to about 50 times.
_EXPANSION = Expansion(times=100, error=DataError, advice="If you trust the file, unpack it, and read the content.")
# Cells of two values take one bit in Parquet, and 8 bytes or more in memory.
_PARQUET_EXPANSION = Expansion(
    times=1000, error=DataError, advice="If you trust the file, read it with pandas, and pass the table."
)
_CELL = 8
NO_TYPES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TableFile:
    """The content of a table file.

    Parameters
    ----------
    table : pandas.DataFrame
        The table.
    notes : dict of str to str
        What to know about how a column was read, in a few words, for columns where there is something.
    """

    table: pd.DataFrame
    notes: dict[str, str] = field(default_factory=dict)


def read_table(
    path: str | Path,
    *,
    types: Mapping[str, str] = NO_TYPES,
    na: Collection[str] = (),
    no_dates: Collection[str] = (),
) -> pd.DataFrame:
    r"""Read a CSV or Parquet file. The suffix gives the format.

    Parquet files have the types of their columns, except those in ``types``. All cells of a CSV file are read as text;
    each column as a whole then gets the type that all of its texts stand for: numbers, booleans, dates such as
    2020-12-31, otherwise text. Numbers with leading zeros remain text. Empty cells are missing; words such as NA are
    missing in columns of numbers, booleans and dates, and categories in columns of text.

    The content of a compressed file may take at most 100 times its size plus 32 MB, that of a Parquet file 1,000 times
    its size plus 32 MB, so that a small file cannot fill the memory.

    Parameters
    ----------
    path : path
        A file that ends in .csv, .csv.gz, .csv.zip, .tsv or .parquet.
    types : mapping of str to str, optional
        Types of columns that are known, such as ``{"code": "text"}``: "text", "number", "bool", "date" or "datetime";
        those of a fitted model are ``model.encoder_.types``. Cells of text that do not have the type remain text. In a
        Parquet file, cells of another type become text, as a CSV file would hold them (12 becomes "12", and so does
        12.0), and texts are converted as those of a CSV file.
    na : collection of str, optional
        Texts that mean a missing cell, in all columns.
    no_dates : collection of str, optional
        Columns in which dates remain text.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    DataError
        If the file is missing, has another suffix, cannot be read, has no rows, or expands to too many bytes.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "flights.csv")
    ...     _ = path.write_text("code,country\n12,NA\n33,DE\n")
    ...     read_table(path).values.tolist(), read_table(path, types={"code": "text"}, na=["NA"]).values.tolist()
    ([[12, 'NA'], [33, 'DE']], [['12', nan], ['33', 'DE']])
    """
    return read_file(path, types=types, na=na, no_dates=no_dates).table


def read_file(
    path: str | Path,
    *,
    types: Mapping[str, str] = NO_TYPES,
    na: Collection[str] = (),
    no_dates: Collection[str] = (),
) -> TableFile:
    """Read a table as :func:`read_table` does, and say how its columns were read.

    Parameters
    ----------
    path, types, na, no_dates
        See :func:`read_table`.

    Returns
    -------
    TableFile
    """
    path = Path(path)
    check_readable(path)
    reader = _by_suffix(READERS, path, "read")
    with reading(path, "a table", DataError, message="Cannot read {place} as a table: {reason}."):
        table, untyped = reader(path)
        if table.empty:
            raise DataError(
                f"{path} has {len(table)} rows and {table.shape[1]} columns; a table needs at least one row."
            )
        if not untyped:
            return TableFile(table=_with_types(table, types, na))
        return _typed(_without(table, na), types, no_dates)


def _typed(table: pd.DataFrame, types: Mapping[str, str], no_dates: Collection[str]) -> TableFile:
    """Give each column of a table of texts its type."""
    columns, notes = {}, {}
    for name in table.columns:
        if name in types:
            columns[name] = convert_texts(table[name], types[name])
            continue
        typed = infer_texts(table[name], dates=name not in no_dates)
        columns[name] = typed.values
        if typed.note:
            notes[name] = typed.note
    return TableFile(table=pd.DataFrame(columns, copy=False), notes=notes)


def _with_types(table: pd.DataFrame, types: Mapping[str, str], na: Collection[str]) -> pd.DataFrame:
    """Convert columns of a typed table that have another type than the known one, as those of a CSV file are read."""
    known = {name: kind for name, kind in types.items() if name in table.columns}
    as_text = {name: plain_texts(table[name]) for name, kind in known.items() if _is_of_another(table[name], kind)}
    table = _without(table.assign(**as_text), na)
    texts = {name: kind for name, kind in known.items() if kind != "text" and is_text(table[name])}
    return table.assign(
        **{name: convert_texts(table[name].astype("str"), kind).set_axis(table.index) for name, kind in texts.items()}
    )


def _is_of_another(column: pd.Series, kind: str) -> bool:
    """Return whether a column should be read by way of texts: as one of texts, or as dates without or with a time."""
    if kind not in ("date", "datetime"):
        return kind == "text"
    found = pd.api.types.infer_dtype(column, skipna=True)
    return found in ({"datetime", "datetime64"} if kind == "date" else {"date"})


def check_readable(path: str | Path) -> None:
    """Check whether there is a table file, before anything slow.

    Raises
    ------
    DataError
        If the file is missing or has an unknown suffix; the message suggests similar names.
    """
    path = Path(path)
    _by_suffix(READERS, path, "read")
    if not path.is_file():
        near = [each.name for each in sorted(path.parent.iterdir())] if path.parent.is_dir() else []
        raise DataError(f"There is no file {path}.{did_you_mean(path.name, near)}")


def check_writable(path: str | Path) -> None:
    """Check whether a table can be written to a file, before it is computed.

    Raises
    ------
    DataError
        If the name ends in neither .csv nor .parquet.
    OutputError
        If the folder is missing, or the file must not be written.
    """
    path = Path(path)
    _by_suffix(WRITERS, path, "write")
    if not path.parent.is_dir():
        raise OutputError(f"Cannot write {path}: there is no folder {path.parent}.")
    if path.is_dir():
        raise OutputError(f"Cannot write {path}: it is a folder.")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise OutputError(f"Cannot write {path}: permission denied.")


def write_table(table: pd.DataFrame, path: str | Path) -> None:
    """Write a table to a CSV or Parquet file, without its index.

    In a CSV file, texts that a spreadsheet would run as a formula are prefixed with an apostrophe; see
    :func:`formula_free`.

    Raises
    ------
    DataError
        If the name ends in neither .csv nor .parquet.
    OutputError
        If the file cannot be written.
    """
    path = Path(path)
    writer = _by_suffix(WRITERS, path, "write")
    try:
        with replacing_file(path) as draft:
            writer(table, draft)
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(f"Cannot write {path}: {error.strerror or error}.") from error


# Characters that begin a formula in a spreadsheet, or that it strips before.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def formula_free(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose texts a spreadsheet does not run as formulas when it opens them in a CSV file.

    Texts that begin with ``=``, ``+``, ``-`` or ``@`` (also in their full-width forms), a tab or a line break are
    prefixed with an apostrophe, in cells and in names of columns, unless they are numbers.

    Parameters
    ----------
    table : pandas.DataFrame
        The table.

    Examples
    --------
    >>> formula_free(pd.DataFrame({"prediction": ["=1+1", "-5", "late"]}))["prediction"].tolist()
    ["'=1+1", '-5', 'late']
    """
    columns = [table.iloc[:, place] for place in range(table.shape[1])]
    safe = {place: each.map(_harmless) if _may_be_text(each) else each for place, each in enumerate(columns)}
    return pd.DataFrame(safe, index=table.index).set_axis([_harmless(name) for name in table.columns], axis=1)


def _harmless(value: Any) -> Any:
    if not isinstance(value, str) or not value.startswith(_FORMULA):
        return value
    try:
        float(value)
    except ValueError:
        return "'" + value
    return value


def _read_csv(path: Path, separator: str = ",") -> tuple[pd.DataFrame, bool]:
    options: dict[str, Any] = {"sep": separator, "dtype": "str", "keep_default_na": False}
    with _opened(path) as content:
        names = pd.read_csv(content, header=None, nrows=1, **options).iloc[0].tolist()
    doubled = sorted({name for name in names if name and names.count(name) > 1})
    if doubled:
        raise ColumnError(f"{path} has more than one column {doubled[0]!r}. Rename or remove the others.")
    marks = {",", ";", "\t", "|"} - {separator} if len(names) == 1 else set()
    other = next((mark for mark in sorted(marks) if mark in str(names[0])), None)
    if other is not None:
        raise DataError(
            f"{path} has one column, {str(names[0])[:80]!r}; its cells seem to be separated by {other!r}. "
            "Separate them by commas, or by tabs in a file that ends in .tsv."
        )
    try:
        with _opened(path) as content:
            return _read_csv_by_arrow(content, separator, names), True
    except (pa.ArrowException, OSError):
        # Not in pieces, each of which would be read by itself.
        with _opened(path) as content:
            table = pd.read_csv(content, na_values=[""], low_memory=False, **options)
    if not isinstance(table.index, pd.RangeIndex):
        raise DataError(
            f"{path} is not a table: its rows have more cells than its first line, which names the columns."
        )
    return table, True


def _read_csv_by_arrow(content: Any, separator: str, names: list[Any]) -> pd.DataFrame:
    """Read a regular file in a tenth of the time; irregular ones, such as with short rows, are left to pandas."""
    if not all(isinstance(name, str) and name for name in names):
        raise pa.ArrowInvalid("a column has no name")
    table = pa_csv.read_csv(
        content,
        pa_csv.ReadOptions(block_size=_BLOCK),
        pa_csv.ParseOptions(delimiter=separator, newlines_in_values=True),
        pa_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), null_values=[""], strings_can_be_null=True
        ),
    )
    if table.column_names != names:
        raise pa.ArrowInvalid("the names are read in another way")
    return pd.DataFrame({name: pd.Series(table[name].to_pandas(), dtype="str") for name in names})


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Yield the path of a file, or the decompressed content of a compressed one, which is limited."""
    if path.name.lower().endswith(".gz"):
        # A truncated file states any size, so only its content counts.
        if _size_in_gzip(path) > _EXPANSION.most(path):
            with gzip.open(path) as file:
                _skip(LimitedStream(file, path, _EXPANSION))
        with gzip.open(path) as file:
            yield LimitedStream(file, path, _EXPANSION)
    elif path.name.lower().endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) != 1:
                raise DataError(f"{path}: expected one file in the archive, got {len(members)}. Unpack it.")
            _EXPANSION.check(path, members[0].file_size)
            with archive.open(members[0]) as file:
                yield LimitedStream(file, path, _EXPANSION)
    else:
        yield path


def _size_in_gzip(path: Path) -> int:
    """Return the size of the content that the end of a gzip file states, modulo 4 GB."""
    with path.open("rb") as file:
        file.seek(-min(4, path.stat().st_size), os.SEEK_END)
        return int.from_bytes(file.read(4), "little")


def _skip(stream: LimitedStream) -> None:
    while stream.read(_BLOCK):
        pass


def write_csv(table: pd.DataFrame, target: Path | TextIO) -> None:
    """Write a table as CSV without formulas, to a file or a stream."""
    safe = formula_free(table)
    texts = [safe.iloc[:, place] for place in range(safe.shape[1]) if _may_be_text(safe.iloc[:, place])]
    # Before Python 3.13, a carriage return is not quoted, and would end the row.
    returns = any("\r" in cell for each in [safe.columns, *texts] for cell in each if isinstance(cell, str))
    safe.to_csv(target, index=False, quoting=csv.QUOTE_NONNUMERIC if returns else csv.QUOTE_MINIMAL)


def _read_parquet(path: Path) -> tuple[pd.DataFrame, bool]:
    metadata = pq.read_metadata(path)
    pages = sum(metadata.row_group(place).total_byte_size for place in range(metadata.num_row_groups))
    _PARQUET_EXPANSION.check(path, max(pages, _CELL * metadata.num_rows * metadata.num_columns))
    return pd.read_parquet(path), False


def _write_parquet(table: pd.DataFrame, path: Path) -> None:
    table.to_parquet(path, index=False)


READERS: dict[str, Callable[[Path], tuple[pd.DataFrame, bool]]] = {
    ".parquet": _read_parquet,
    ".csv": _read_csv,
    ".csv.gz": _read_csv,
    ".csv.zip": _read_csv,
    ".tsv": lambda path: _read_csv(path, "\t"),
}
WRITERS: dict[str, Callable[[pd.DataFrame, Path], None]] = {".parquet": _write_parquet, ".csv": write_csv}


def _may_be_text(column: pd.Series) -> bool:
    return column.dtype == object or isinstance(column.dtype, pd.StringDtype | pd.CategoricalDtype)


def _without(table: pd.DataFrame, na: Collection[str]) -> pd.DataFrame:
    """Replace texts that mean a missing cell."""
    if not na:
        return table
    texts = [name for name in table.columns if _may_be_text(table[name])]
    return table.assign(**{name: table[name].mask(table[name].isin(list(na))) for name in texts})


def _by_suffix(functions: dict[str, Any], path: Path, verb: str) -> Any:
    for suffix, function in functions.items():
        if path.name.lower().endswith(suffix):
            return function
    raise DataError(f"Cannot {verb} {path}: the name must end in {', '.join(functions)}.")
