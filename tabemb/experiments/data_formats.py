"""The formats of table files, by suffix: how each is read, with limits, and how to convert what cannot be read."""

import io
import itertools
import json
import struct
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from tabemb.exceptions import DataError, MissingExtraError, did_you_mean, warn_caller
from tabemb.expansion import Expansion
from tabemb.experiments.data_texts import (
    EXPANSION,
    RawTable,
    check_names,
    encoding_of,
    opened,
    read_delimited,
    readable_as,
)
from tabemb.table.frames import is_index_name

__all__ = ["READERS", "check_format", "check_options", "is_plain_text", "read_raw"]

# Cells of two values take one bit in Parquet, and 8 bytes or more in memory.
CELLS = Expansion(times=1000, error=DataError, advice="If you trust the file, read it with pandas, and pass the table.")
_CELL = 8
_PARQUET = (".parquet", ".pq")
# What an Excel cell shows whose formula has no result.
_NO_RESULT = {"#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!"}
# How pandas, or something else, reads what is not read here.
_WITH_PANDAS = {
    ".json": "read_json",
    ".xls": "read_excel",
    ".xlsb": "read_excel",
    ".ods": "read_excel",
    ".dta": "read_stata",
    ".sas7bdat": "read_sas",
    ".xpt": "read_sas",
    ".sav": "read_spss",
    ".orc": "read_orc",
    ".h5": "read_hdf",
    ".hdf5": "read_hdf",
    ".pkl": "read_pickle",
    ".pickle": "read_pickle",
    ".xml": "read_xml",
}
_OTHERWISE = {
    ".rds": "In R: arrow::write_parquet(readRDS({name!r}), {stem!r}).",
    ".rdata": "Save the table of it in R: arrow::write_parquet(table, {stem!r}).",
    ".db": "Export a query of it: pd.read_sql(query, connection).to_parquet({stem!r}).",
    ".sqlite": "Export a query of it: pd.read_sql(query, connection).to_parquet({stem!r}).",
    ".duckdb": "Export a table of it: COPY table TO {stem!r} (FORMAT parquet).",
    ".avro": "With polars: pl.read_avro({name!r}).write_parquet({stem!r}).",
    ".npy": "With pandas: pd.DataFrame(np.load({name!r})).rename(columns=str).to_parquet({stem!r}).",
} | dict.fromkeys((".bz2", ".xz", ".zst", ".7z", ".rar", ".tar", ".tgz"), "Unpack it.")


def read_raw(path: Path, *, separator: str | None = None, encoding: str | None = None) -> RawTable:
    """Read a table file, or a folder of Parquet files, with the types that it states.

    Parameters
    ----------
    path : Path
        The file or folder.
    separator, encoding : str, optional
        Of a table of text; see :func:`~tabemb.experiments.data_texts.read_delimited`.

    Returns
    -------
    RawTable

    Raises
    ------
    DataError
        If it cannot be read, has two columns of a name, or expands to too many bytes.
    MissingExtraError
        If a package that reads the format is missing.
    """
    check_options(path, separator=separator, encoding=encoding)
    raw = _read_folder(path) if path.is_dir() else _reader(path)(path, separator, encoding)
    check_names(path, list(raw.table.columns))
    return raw


def check_format(path: Path, *, separator: str | None = None, encoding: str | None = None) -> None:
    """Check whether there is a file of a known format, or a folder of Parquet files, and whether the options fit it.

    Raises
    ------
    DataError
        If there is none; the message suggests similar names, or says how to convert the file.
    """
    if path.is_dir():
        _files_in(path)
    else:
        _reader(path)
        if not path.is_file():
            near = [each.name for each in sorted(path.parent.iterdir())] if path.parent.is_dir() else []
            raise DataError(f"There is no file {path}.{did_you_mean(path.name, near)}")
    check_options(path, separator=separator, encoding=encoding)


def is_plain_text(path: Path) -> bool:
    """Return whether a file is a table of text with separators, by its name.

    Examples
    --------
    >>> is_plain_text(Path("a.csv.gz")), is_plain_text(Path("a.parquet"))
    (True, False)
    """
    return not path.is_dir() and _suffix(path, _DELIMITED) is not None


def check_options(path: Path, *, separator: str | None, encoding: str | None) -> None:
    """Raise an error if a separator or an encoding is given for a file that has none.

    Raises
    ------
    DataError
        If it is.
    """
    if separator is not None and not is_plain_text(path):
        raise DataError(
            f"{path} has no separator between cells, but the separator {separator!r} is given. Leave it out."
        )
    if encoding is not None and not is_plain_text(path) and _suffix(path, _JSON_LINES) is None:
        raise DataError(f"{path} is not a text, but the encoding {encoding!r} is given. Leave it out.")


def _suffix(path: Path, suffixes: Iterable[str]) -> str | None:
    return next((each for each in suffixes if path.name.lower().endswith(each)), None)


def _reader(path: Path) -> Callable[[Path, str | None, str | None], RawTable]:
    suffix = _suffix(path, READERS)
    if suffix is not None:
        return READERS[suffix]
    plain = [each for each in READERS if not each.endswith((".gz", ".zip"))]
    packed = [each for each in plain if f"{each}.gz" in READERS]
    raise DataError(
        f"Cannot read {path}: the name must end in {', '.join(packed)} (each also with .gz or .zip), "
        f"{', '.join(each for each in plain if each not in packed)}, or be that of a folder of Parquet files."
        f"{_conversion(path)}"
    )


def _conversion(path: Path) -> str:
    """Return a sentence about how to convert a file that cannot be read, with a leading space."""
    suffix, names = path.suffix.lower(), {"name": path.name, "stem": f"{path.stem}.parquet"}
    if suffix in _WITH_PANDAS:
        return " Convert it with pandas: pd.{how}({name!r}).to_parquet({stem!r}).".format(
            how=_WITH_PANDAS[suffix], **names
        )
    if suffix in _OTHERWISE:
        return " " + _OTHERWISE[suffix].format(**names)
    return " Convert it to one of them; a text with separators only needs such a name."


# Parquet


def _check_parquet(path: Path) -> int:
    """Return the bytes that a Parquet file takes in memory at least, and raise an error if they are too many."""
    metadata = pq.read_metadata(path)
    pages = sum(metadata.row_group(place).total_byte_size for place in range(metadata.num_row_groups))
    content = max(pages, _CELL * metadata.num_rows * metadata.num_columns)
    CELLS.check(path, content)
    return content


def _read_parquet(path: Path, *_: Any) -> RawTable:
    _check_parquet(path)
    return RawTable(table=_with_index(pd.read_parquet(path)), is_text=False)


def _with_index(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with the columns of the file that pandas reads as a named index."""
    named = [name for name in table.index.names if name is not None]
    # A RangeIndex is no column of the file.
    if not named or isinstance(table.index, pd.RangeIndex):
        return table
    index = table.index.to_frame(index=False)[named]
    return pd.concat([table.reset_index(drop=True), index], axis=1)


def _files_in(folder: Path) -> list[Path]:
    """Return the Parquet files in a folder and in those within, without hidden ones and those of Spark."""
    if (folder / "_delta_log").is_dir():
        raise DataError(
            f"{folder} is a Delta table, whose files may hold rows that were deleted. Export it with deltalake: "
            f"DeltaTable({str(folder)!r}).to_pandas().to_parquet({folder.name + '.parquet'!r})."
        )
    found = [each for each in folder.rglob("*") if each.name.lower().endswith(_PARQUET) and each.is_file()]
    files = sorted(each for each in found if not any(_is_hidden(part) for part in each.relative_to(folder).parts))
    if not files:
        raise DataError(
            f"{folder} is a folder without Parquet files. Give one file, or convert the files in it to Parquet."
        )
    return files


def _is_hidden(part: str) -> bool:
    return part.startswith((".", "_"))


def _read_folder(folder: Path) -> RawTable:
    """Read all Parquet files in a folder, in the order of their names, and the columns in names such as year=2020."""
    files = _files_in(folder)
    schemas = []
    for file in files:
        _check_parquet(file)
        # What pandas noted about the rows of one file is not true of all, nor is its index.
        schema = pq.read_schema(file).remove_metadata()
        schemas.append(pa.schema([each for each in schema if not is_index_name(each.name)]))
        _check_same_columns(files[0], set(schemas[0].names), file, set(schemas[-1].names))
    paths: dict[str, Any] = {"format": "parquet", "partitioning": "hive", "partition_base_dir": str(folder)}
    found = ds.dataset(list(map(str, files)), **paths)
    # Arrow lists all columns as partitions if the names of the folders hold none.
    names = [name for name in found.partitioning.schema.names if not is_index_name(name)]
    parts = pa.schema([found.schema.field(name) for name in names])
    try:
        schema = pa.unify_schemas([*schemas, parts], promote_options="permissive")
    except pa.ArrowException as error:
        raise DataError(
            f"{folder}: a column has types in its files that do not fit together ({str(error).rstrip('.')}). "
            "Convert it in some of them."
        ) from error
    table = ds.dataset(list(map(str, files)), schema=schema, **paths).to_table()
    return RawTable(table=table.to_pandas(), is_text=False)


def _check_same_columns(first: Path, names: set[str], other: Path, others: set[str]) -> None:
    if names != others:
        name = min(names ^ others)
        has, lacks = (first, other) if name in names else (other, first)
        raise DataError(
            f"{other.parent}: {has.name} has a column {name!r}, which {lacks.name} lacks. Files of one table have the "
            "same columns; move one of them away, or add the column."
        )


# Arrow IPC, which is also Feather


def _read_arrow(path: Path, *_: Any) -> RawTable:
    with path.open("rb") as file:
        magic = file.read(6)
    if magic.startswith(b"FEA1"):
        raise DataError(
            f"{path} is a file of Feather version 1. Convert it with pyarrow before version 26: "
            f"pyarrow.feather.read_feather({path.name!r}).to_parquet({path.stem + '.parquet'!r})."
        )
    is_file = magic.startswith(b"ARROW1")
    with pa.OSFile(str(path)) as source:
        # After its first bytes, a file is a stream, followed by the places of its batches.
        source.seek(8 if is_file else 0)
        _check_messages(path, source)
    with pa.OSFile(str(path)) as source:
        if is_file:
            reader = pa.ipc.open_file(source)
            batches = (reader.get_batch(place) for place in range(reader.num_record_batches))
        else:
            reader = pa.ipc.open_stream(source)
            batches = iter(reader)
        table = _limited(path, reader.schema, batches)
    return RawTable(table=_with_index(table.to_pandas()), is_text=False)


def _limited(path: Path, schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> pa.Table:
    """Return a table of batches, which may hold only so many cells and bytes."""
    overlapping = [each.name for each in schema if str(each.type).startswith(("list_view", "large_list_view"))]
    if overlapping:
        raise DataError(f"{path}: the column {overlapping[0]!r} holds lists, not one value per row. Remove it.")
    kept, content = [], 0
    for batch in batches:
        # Nothing in a damaged file may refer to places outside of it.
        batch.validate(full=True)
        content += max(sum(map(_bytes_of, batch.columns)), _CELL * batch.num_rows * batch.num_columns)
        CELLS.check(path, content)
        kept.append(batch)
    return pa.Table.from_batches(kept, schema)


def _bytes_of(column: pa.Array) -> int:
    """Return the bytes of the cells of a column. Many views may show the same bytes, which count for each of them."""
    if column.type not in (pa.string_view(), pa.binary_view()):
        return column.nbytes
    if not len(column):
        return 0
    # A view has 16 bytes, the first 4 of which are its length.
    lengths = np.frombuffer(column.buffers()[1], np.int32)[::4][column.offset : column.offset + len(column)]
    return 16 * len(column) + int(lengths.sum(dtype=np.int64))


def _check_messages(path: Path, source: Any) -> None:
    """Raise an error if the compressed buffers of Arrow messages state too many bytes, before they are decompressed."""
    content = 0
    for message in _messages(source):
        if message.body is not None and message.metadata is not None:
            content += _stated_bytes(message.metadata.to_pybytes(), message.body)
            CELLS.check(path, content)


def _messages(source: Any) -> Iterator[Any]:
    reader = pa.ipc.MessageReader.open_stream(source)
    while True:
        try:
            yield reader.read_next_message()
        except StopIteration:
            return


# Places of fields in the tables of Arrow's Message.fbs.
_HEADER_TYPE, _HEADER, _DICTIONARY, _BATCH, _DATA, _BUFFERS, _COMPRESSION = 1, 2, 2, 3, 1, 2, 3


def _stated_bytes(metadata: bytes, body: Any) -> int:
    """Return the bytes of the buffers of a message once they are decompressed; each begins with its size."""
    message = struct.unpack_from("<I", metadata)[0]
    kind, header = _field(metadata, message, _HEADER_TYPE), _table(metadata, message, _HEADER)
    kind = 0 if kind is None else metadata[kind]
    if header is None or kind not in (_DICTIONARY, _BATCH):
        return 0
    batch = _table(metadata, header, _DATA) if kind == _DICTIONARY else header
    if batch is None or _field(metadata, batch, _COMPRESSION) is None:
        return len(body)
    buffers = _table(metadata, batch, _BUFFERS)
    if buffers is None:
        return 0
    total = 0
    for place in range(struct.unpack_from("<I", metadata, buffers)[0]):
        start, length = struct.unpack_from("<qq", metadata, buffers + 4 + 16 * place)
        if length >= 8:
            stated = struct.unpack_from("<q", body, start)[0]
            # -1 stands for a buffer that is not compressed.
            total += max(length, stated)
    return total


def _field(data: bytes, table: int, number: int) -> int | None:
    """Return the place of a field in a table of a flatbuffer; None if it is absent."""
    fields = table - struct.unpack_from("<i", data, table)[0]
    slot = 4 + 2 * number
    offset = struct.unpack_from("<H", data, fields + slot)[0] if slot < struct.unpack_from("<H", data, fields)[0] else 0
    return table + offset if offset else None


def _table(data: bytes, table: int, number: int) -> int | None:
    """Return the place of a table or vector to which a field refers."""
    place = _field(data, table, number)
    return None if place is None else place + struct.unpack_from("<I", data, place)[0]


# JSON lines


def _read_json_lines(path: Path, _: str | None, encoding: str | None) -> RawTable:
    """Read one object per line. Columns have the order in which they appear; what a line lacks is missing."""
    encoding = encoding_of(path, encoding)
    columns: dict[str, list[Any]] = {}
    n_rows = 0
    with readable_as(path, encoding), opened(path) as content:
        for number, line in enumerate(_lines(content, encoding), 1):
            if not line.strip():
                continue
            for name, cell in _row(path, number, line).items():
                column = columns.setdefault(name, [])
                # A name that repeats in a line has its last value, as everywhere.
                column.extend(itertools.repeat(None, n_rows - len(column)))
                column.append(cell)
            n_rows += 1
            CELLS.check(path, _CELL * n_rows * len(columns), at_least=True)
    for column in columns.values():
        column.extend(itertools.repeat(None, n_rows - len(column)))
    return RawTable(table=pd.DataFrame(columns), is_text=False, has_no_dates=True)


def _lines(content: Any, encoding: str) -> Iterator[str]:
    text = io.TextIOWrapper(io.BufferedReader(content) if isinstance(content, io.RawIOBase) else content, encoding)
    try:
        for number, line in enumerate(text):
            yield line.removeprefix("\ufeff") if number == 0 else line
    finally:
        text.detach()


def _row(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise DataError(
            f"{path}, line {number:,}: not JSON: {error.msg} (character {error.colno:,}). Each line is a row, such as "
            '{"dest": "BOS", "hour": 5}.'
        ) from error
    if not isinstance(row, dict):
        raise DataError(f"{path}, line {number:,}: a row is an object with the names of columns, got {line[:40]!r}.")
    for name, cell in row.items():
        if not _is_cell(cell):
            kind = "an object" if isinstance(cell, dict) else "a list"
            raise DataError(
                f"{path}, line {number:,}: the cell of {name!r} is {kind} that is neither a list of values nor an "
                'object of weights, such as ["Action", "Comedy"] or {"red": 2}. Flatten it, such as with '
                "pd.json_normalize, or remove the column."
            )
    return row


def _is_cell(cell: Any) -> bool:
    """Return whether a cell is one value, a list of values, or an object with the weight of each value."""
    if isinstance(cell, dict):
        return all(isinstance(each, int | float) and not isinstance(each, bool) for each in cell.values())
    return not isinstance(cell, list) or not any(isinstance(each, dict | list) for each in cell)


# Excel


def _read_excel(path: Path, *_: Any) -> RawTable:
    """Read the first sheet of a workbook: names of columns in its first row, results in place of formulas."""
    try:
        import openpyxl
    except ImportError as error:
        raise MissingExtraError.of("openpyxl", "excel", f"Reading the Excel file {path.name}") from error
    with zipfile.ZipFile(path) as archive:
        EXPANSION.check(path, sum(member.file_size for member in archive.infolist()))
    with warnings.catch_warnings():
        # About styles and other parts that are not read.
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        sheets = book.worksheets
        if not sheets:
            raise DataError(f"{path} has no sheet with cells.")
        # What a file states about its size may be wrong.
        sheets[0].reset_dimensions()
        rows = _excel_rows(path, sheets[0].iter_rows(values_only=True))
    finally:
        book.close()
    if len(sheets) > 1:
        warn_caller(
            f"{path} has {len(sheets)} sheets; only the first, {sheets[0].title!r}, is read.",
            UserWarning,
        )
    if not rows:
        raise DataError(f"The sheet {sheets[0].title!r} of {path} is empty; its first row names the columns.")
    width = max(map(len, rows))
    head = [f"Unnamed: {place}" if name is None else str(name) for place, name in enumerate(_padded(rows[0], width))]
    check_names(path, head)
    cells = list(zip(*(_padded(row, width) for row in rows[1:]), strict=True)) or [()] * width
    table = pd.DataFrame({name: pd.Series(list(column)) for name, column in zip(head, cells, strict=True)})
    return RawTable(table=table, is_text=False)


def _excel_rows(path: Path, found: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    """Return the rows of a sheet without empty cells at their ends, and without empty rows."""
    rows: list[list[Any]] = []
    width = texts = n_seen = 0
    for each in found:
        n_seen += 1
        CELLS.check(path, _CELL * n_seen, at_least=True)
        row = [None if isinstance(cell, str) and (not cell or cell in _NO_RESULT) else cell for cell in each]
        while row and row[-1] is None:
            row.pop()
        if not row:
            continue
        rows.append(row)
        # Many cells may refer to the same text.
        texts += sum(len(cell) for cell in row if isinstance(cell, str))
        width = max(width, len(row))
        CELLS.check(path, _CELL * len(rows) * width + texts, at_least=True)
        if any(isinstance(cell, timedelta) for cell in row):
            row[:] = [cell.total_seconds() if isinstance(cell, timedelta) else cell for cell in row]
    return rows


def _padded(row: list[Any], width: int) -> list[Any]:
    return row + [None] * (width - len(row))


def _delimited(usual: str) -> Callable[[Path, str | None, str | None], RawTable]:
    return lambda path, separator, encoding: read_delimited(path, usual=usual, separator=separator, encoding=encoding)


_DELIMITED = {
    f"{stem}{packed}": _delimited(usual)
    for stem, usual in ((".csv", ","), (".tsv", "\t"), (".txt", "\t"))
    for packed in ("", ".gz", ".zip")
}
_JSON_LINES = {f"{stem}{packed}": _read_json_lines for stem in (".jsonl", ".ndjson") for packed in ("", ".gz", ".zip")}
READERS: dict[str, Callable[[Path, str | None, str | None], RawTable]] = (
    dict.fromkeys(_PARQUET, _read_parquet)
    | _DELIMITED
    | _JSON_LINES
    | dict.fromkeys((".feather", ".arrow", ".ipc"), _read_arrow)
    | dict.fromkeys((".xlsx", ".xlsm"), _read_excel)
)
