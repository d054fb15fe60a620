"""Table files: read them by what is known about their columns, and write them."""

import csv
import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, TextIO

import pandas as pd

from tabemb.exceptions import DataError, OutputError, reading
from tabemb.experiments.data_formats import check_format, read_raw
from tabemb.experiments.data_texts import RawTable, as_texts, with_decimal_points
from tabemb.files import replacing_file
from tabemb.table.plain_texts import is_text, plain_texts
from tabemb.table.typed_texts import convert_texts, infer_texts

__all__ = [
    "TableFile",
    "check_place",
    "check_readable",
    "check_writable",
    "formula_free",
    "read_file",
    "read_table",
    "write_csv",
    "write_table",
]

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
    sep: str | None = None,
    encoding: str | None = None,
) -> pd.DataFrame:
    r"""Read a table from a file, or from a folder of Parquet files. The suffix gives the format.

    All cells of a CSV file (or another text with separators) are read as text; each column as a whole then gets the
    type that all of its texts stand for: numbers, booleans, dates such as 2020-12-31, otherwise text. Numbers with
    leading zeros remain text. Empty cells are missing; words such as NA are missing in columns of numbers, booleans and
    dates, and categories in columns of text. Numbers may have decimal commas if the separator is none.

    Parquet, Arrow, JSON lines and Excel files have the types of their columns, except those in ``types``; in JSON
    lines, texts that are all dates become dates. Of an Excel workbook, the first sheet is read. The files in a folder
    have the same columns, and names such as ``year=2020`` of folders within are a column.

    The content of a compressed text or of an Excel file may take at most 100 times its size plus 32 MB, that of other
    files 1,000 times its size plus 32 MB, so that a small file cannot fill the memory.

    Parameters
    ----------
    path : path
        A file that ends in .csv, .tsv, .txt, .jsonl or .ndjson (each also with .gz or .zip), .parquet, .pq, .feather,
        .arrow, .ipc, .xlsx or .xlsm, or a folder of Parquet files. Excel files need the extra ``tabemb[excel]``.
    types : mapping of str to str, optional
        Types of columns that are known, such as ``{"code": "text"}``: "text", "number", "bool", "date" or "datetime";
        those of a fitted model are ``model.encoder_.types``. Cells of text that do not have the type remain text. In a
        Parquet file, cells of another type become text, as a CSV file would hold them (12 becomes "12", and so does
        12.0), and texts are converted as those of a CSV file.
    na : collection of str, optional
        Texts that mean a missing cell, in all columns.
    no_dates : collection of str, optional
        Columns in which dates remain text.
    sep : str, optional
        The character between cells, or ``"tab"``. By default it is found from the first rows: a comma, a semicolon, a
        tab or a bar.
    encoding : str, optional
        The encoding of a text, such as ``"cp1252"`` or ``"latin-1"``. By default UTF-8, or that of the mark at the
        beginning of the file.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    DataError
        If the file is missing, has another suffix, cannot be read, has no rows, or expands to too many bytes. The
        message says how to convert a file of a format that is not read.
    MissingExtraError
        If a package that reads the format is missing.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "flights.csv")
    ...     _ = path.write_text("code,country\n12,NA\n33,DE\n")
    ...     read_table(path).values.tolist(), read_table(path, types={"code": "text"}, na=["NA"]).values.tolist()
    ([[12, 'NA'], [33, 'DE']], [['12', nan], ['33', 'DE']])
    """
    return read_file(path, types=types, na=na, no_dates=no_dates, sep=sep, encoding=encoding).table


def read_file(
    path: str | Path,
    *,
    types: Mapping[str, str] = NO_TYPES,
    na: Collection[str] = (),
    no_dates: Collection[str] = (),
    sep: str | None = None,
    encoding: str | None = None,
) -> TableFile:
    """Read a table as :func:`read_table` does, and say how its columns were read.

    Parameters
    ----------
    path, types, na, no_dates, sep, encoding
        See :func:`read_table`.

    Returns
    -------
    TableFile
    """
    path = Path(path)
    check_readable(path, sep=sep, encoding=encoding)
    with reading(path, "a table", DataError, message="Cannot read {place} as a table: {reason}."):
        raw = read_raw(path, separator=sep, encoding=encoding)
        if raw.table.empty:
            raise DataError(
                f"{path} has {len(raw.table)} rows and {raw.table.shape[1]} columns; a table needs at least one row."
            )
        if raw.is_text:
            return _typed(raw, types, na, no_dates)
        return TableFile(table=_with_types(_with_dates(raw, types, no_dates), types, na))


def _typed(raw: RawTable, types: Mapping[str, str], na: Collection[str], no_dates: Collection[str]) -> TableFile:
    """Give each column of a table of texts its type."""
    table, columns, notes = _without(raw.table, na), {}, {}
    for name in table.columns:
        texts, note = table[name], raw.notes.get(name, "")
        if note and types.get(name, "number") == "number":
            texts = with_decimal_points(texts)
        if name in types:
            columns[name] = convert_texts(texts, types[name])
            continue
        typed = infer_texts(texts, dates=name not in no_dates)
        columns[name] = typed.values
        if note := "; ".join(filter(None, [note, typed.note])):
            notes[name] = note
    return TableFile(table=pd.DataFrame(columns, copy=False), notes=notes)


def _with_dates(raw: RawTable, types: Mapping[str, str], no_dates: Collection[str]) -> pd.DataFrame:
    """Return a table in which texts that are all dates are dates, if its format has no type for them."""
    if not raw.has_no_dates:
        return raw.table
    changed = {}
    for name in raw.table.columns:
        if name not in types and name not in no_dates and is_text(raw.table[name]):
            typed = infer_texts(as_texts(raw.table[name]))
            if typed.kind in ("date", "datetime"):
                changed[name] = typed.values
    return raw.table.assign(**changed)


def _with_types(table: pd.DataFrame, types: Mapping[str, str], na: Collection[str]) -> pd.DataFrame:
    """Convert columns of a typed table that have another type than the known one, as those of a CSV file are read."""
    known = {name: kind for name, kind in types.items() if name in table.columns}
    as_text = {name: plain_texts(table[name]) for name, kind in known.items() if _is_of_another(table[name], kind)}
    table = _without(table.assign(**as_text), na)
    texts = {name: kind for name, kind in known.items() if kind != "text" and is_text(table[name])}
    return table.assign(
        **{name: convert_texts(as_texts(table[name]), kind).set_axis(table.index) for name, kind in texts.items()}
    )


def _is_of_another(column: pd.Series, kind: str) -> bool:
    """Return whether a column should be read by way of texts: as one of texts, or as dates without or with a time."""
    if kind not in ("date", "datetime"):
        return kind == "text"
    found = pd.api.types.infer_dtype(column, skipna=True)
    return found in ({"datetime", "datetime64"} if kind == "date" else {"date"})


def check_readable(path: str | Path, *, sep: str | None = None, encoding: str | None = None) -> None:
    """Check whether there is a table, before anything slow.

    Parameters
    ----------
    path : path
        A file, or a folder of Parquet files.
    sep, encoding : str, optional
        See :func:`read_table`.

    Raises
    ------
    DataError
        If the file is missing, has an unknown suffix or no separator or encoding; the message suggests similar names,
        or says how to convert the file.
    """
    check_format(Path(path), separator=sep, encoding=encoding)


def check_writable(path: str | Path) -> None:
    """Check whether a table can be written to a file, before it is computed.

    Raises
    ------
    DataError
        If the name ends in neither .csv nor .parquet.
    OutputError
        If the folder is missing, or the file must not be written.
    """
    _writer(Path(path))
    check_place(path)


def check_place(path: str | Path) -> None:
    """Check whether a file can be written, before what it will hold is computed.

    Raises
    ------
    OutputError
        If the folder is missing, or the file must not be written.
    """
    path = Path(path)
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
    writer = _writer(path)
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


def write_csv(table: pd.DataFrame, target: Path | TextIO) -> None:
    """Write a table as CSV without formulas, to a file or a stream."""
    safe = formula_free(table)
    texts = [safe.iloc[:, place] for place in range(safe.shape[1]) if _may_be_text(safe.iloc[:, place])]
    # Before Python 3.13, a carriage return is not quoted, and would end the row.
    returns = any("\r" in cell for each in [safe.columns, *texts] for cell in each if isinstance(cell, str))
    safe.to_csv(target, index=False, quoting=csv.QUOTE_NONNUMERIC if returns else csv.QUOTE_MINIMAL)


def _write_parquet(table: pd.DataFrame, path: Path) -> None:
    table.to_parquet(path, index=False)


WRITERS: dict[str, Callable[[pd.DataFrame, Path], None]] = {".parquet": _write_parquet, ".csv": write_csv}


def _may_be_text(column: pd.Series) -> bool:
    return column.dtype == object or isinstance(column.dtype, pd.StringDtype | pd.CategoricalDtype)


def _without(table: pd.DataFrame, na: Collection[str]) -> pd.DataFrame:
    """Replace texts that mean a missing cell."""
    if not na:
        return table
    texts = [name for name in table.columns if _may_be_text(table[name])]
    return table.assign(**{name: table[name].mask(table[name].isin(list(na))) for name in texts})


def _writer(path: Path) -> Callable[[pd.DataFrame, Path], None]:
    for suffix, function in WRITERS.items():
        if path.name.lower().endswith(suffix):
            return function
    raise DataError(f"Cannot write {path}: the name must end in {', '.join(WRITERS)}.")
