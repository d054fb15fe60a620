r"""CSV: one row per category, for spreadsheets.

Columns: ``key``, ``key_json``, ``count`` and ``emb0``, ``emb1``, ... ``key_json`` exists only if the text in ``key``
does not determine the keys (not all are text, or one is unsafe), ``count`` only if counts are known. The last rows may
be ``<unknown>`` and ``<missing>``. The column's name is that of the file. The last column, ``check``, has a digest of
each row, by which damage is noticed; a row with an empty cell there, and a file without the column, is not checked.
Spreadsheets round numbers of many digits when they save, which is noticed too.

The file is safe to open in Excel: UTF-8 with a byte-order mark, all text quoted, no formulas (a text that begins with
``=``, ``+``, ``-`` or ``@`` is prefixed with an apostrophe in ``key``; its ``key_json`` is exact).

Rows may be removed or moved in a spreadsheet, so a file truncated between two rows is valid.
"""

import csv
import json
from contextlib import suppress
from numbers import Number
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pa_csv

from tabemb.exceptions import FormatError
from tabemb.table.keys import key_from_json, key_to_json
from tabemb.vectors.arrays import shown
from tabemb.vectors.formats.base import FORMATS, Format
from tabemb.vectors.formats.digest import row_digests
from tabemb.vectors.keyed_matrix import KeyedMatrix

__all__ = ["MOST_COLUMNS", "Csv", "read_delimited"]

# Numbers in a row, as in a spreadsheet: Arrow takes kilobytes for each column of a text.
MOST_COLUMNS = 2**14
_UNKNOWN, _MISSING = "<unknown>", "<missing>"
_MARK = b"\xef\xbb\xbf"
# Characters that begin a formula in a spreadsheet, or that it strips before.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# Longer than any header; another file may consist of one endless line.
_LONGEST_HEADER = 2**20
# Block sizes of Arrow's reader: 1 MB is fastest, but a row must fit into a block, and each block takes memory for each
# column.
_BLOCKS = (2**20, 2**26, 2**30)
_BLOCK_PER_COLUMN = 2**8


@FORMATS.register("csv")
class Csv(Format):
    """One row per category; restores keys, numbers and counts exactly.

    Examples
    --------
    >>> Csv.suffixes
    ('.csv',)
    """

    suffixes = (".csv",)
    keeps_counts = True
    notices_changes = True
    most_dims = MOST_COLUMNS

    def _write(self, vectors: KeyedMatrix, path: Path) -> None:
        keys = vectors.index_to_key
        special = [(word, row) for word, row in _special(vectors) if row is not None]
        texts = [_text(key) for key in keys]
        columns: dict[str, pa.Array] = {"key": pa.array([*texts, *(word for word, _ in special)], pa.string())}
        if texts != keys or {_UNKNOWN, _MISSING} & set(texts):
            as_json = [json.dumps(key_to_json(key)) for key in keys]
            columns["key_json"] = pa.array(as_json + [""] * len(special), pa.string())
        if vectors.counts is not None:
            columns["count"] = pa.array([*vectors.counts.tolist(), *[None] * len(special)], pa.int64())
        matrix = np.vstack([vectors.vectors, *(row[None] for _, row in special)])
        columns |= {f"emb{place}": pa.array(np.ascontiguousarray(column)) for place, column in enumerate(matrix.T)}
        counts = [None] * len(matrix) if vectors.counts is None else columns["count"].to_pylist()
        in_json = [key_to_json(key) for key in keys] + [[word] for word, _ in special]
        columns["check"] = pa.array(row_digests(in_json, counts, matrix), pa.string())
        with path.open("wb") as file:
            file.write(_MARK)
            pa_csv.write_csv(pa.table(columns), file)

    def _read(self, path: Path) -> KeyedMatrix:
        names = _names(path)
        table = read_delimited(path, _types(names), header=True)
        texts = table["key"].to_pylist()
        exact = table["key_json"].to_pylist() if "key_json" in names else texts
        special = _special_rows(path, texts, exact)
        rows = np.setdiff1d(np.arange(len(texts)), list(special.values()))
        matrix = _matrix(path, table.select([name for name in names if name.startswith("emb")]))
        keys = [key_from_json(json.loads(exact[row])) if "key_json" in names else texts[row] for row in rows]
        if "check" in names:
            _check_rows(path, table, texts, dict(zip(rows.tolist(), keys, strict=True)), matrix)
        return KeyedMatrix(
            keys,
            matrix[rows],
            table["count"].take(pa.array(rows)).to_numpy() if "count" in names else None,
            name=path.stem,
            unknown=matrix[special[_UNKNOWN]] if _UNKNOWN in special else None,
            missing=matrix[special[_MISSING]] if _MISSING in special else None,
        )


def _special(vectors: KeyedMatrix) -> list[tuple[str, npt.NDArray[np.float32] | None]]:
    return [(_UNKNOWN, vectors.unknown), (_MISSING, vectors.missing)]


def _text(key: Any) -> str:
    """Return a key as a spreadsheet shows it, which is the key itself if it is safe text."""
    text = str(key).encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")
    return "'" + text if text.startswith(_FORMULA) and not isinstance(key, Number) else text


def _names(path: Path) -> list[str]:
    """Return the names of the columns; check that they are those of the format, and that the last line is complete."""
    with path.open("rb") as file:
        first = file.readline(_LONGEST_HEADER)
        file.seek(-1 if first else 0, 2)
        ends = file.read() == b"\n"
    try:
        (names,) = csv.reader([first.decode("utf-8-sig")])
    except (ValueError, csv.Error):
        names = []
    dims = [name for name in names if name.startswith("emb")]
    optional = [name for name in ("key_json", "count") if name in names]
    check = ["check"] * ("check" in names)
    if not dims or names != ["key", *optional, *(f"emb{place}" for place in range(len(dims))), *check]:
        got = ", ".join(names) if names else "no such line"
        raise FormatError(
            f"{path}, line 1: expected the columns key, (key_json, count,) emb0, emb1, ... that CategoryVectors.save "
            f"writes, got {got[:200]}. Read other tables with pandas and use CategoryVectors.from_frame."
        )
    if len(dims) > MOST_COLUMNS:
        raise FormatError(f"{path}, line 1: expected at most {MOST_COLUMNS:,} dimensions, got {len(dims):,}.")
    if not ends:
        raise FormatError(f"{path}: expected a line break after the last row. The file may be truncated.")
    return names


def _special_rows(path: Path, keys: list[str], exact: list[str]) -> dict[str, int]:
    """Return the rows of the unknown and missing vectors; their ``key_json``, if any, is empty."""
    rows: dict[str, int] = {}
    for row, (key, text) in enumerate(zip(keys, exact, strict=True)):
        if key in (_UNKNOWN, _MISSING) and text in (key, "") and rows.setdefault(key, row) != row:
            raise FormatError(f"{path}: expected {key!r} once, got it in rows {rows[key] + 1} and {row + 1}.")
    return rows


def _check_rows(
    path: Path, table: pa.Table, texts: list[str], keys: dict[int, Any], matrix: npt.NDArray[np.float32]
) -> None:
    """Compare each row with its digest, if there is one; ``keys`` has the keys of rows that are not special."""
    in_json = [key_to_json(keys[row]) if row in keys else [text] for row, text in enumerate(texts)]
    counts = table["count"].to_pylist() if "count" in table.column_names else [None] * len(texts)
    found = row_digests(in_json, counts, matrix)
    for row, (stated, digest) in enumerate(zip(table["check"].to_pylist(), found, strict=True)):
        if stated not in ("", digest):
            raise FormatError(
                f"{path}: expected the row {row + 1}, {shown(texts[row])}, to match its cell 'check', got another "
                "digest, so that it was damaged or changed after it was written; a spreadsheet may round numbers when "
                "it saves. If the change is intended, empty the cell, or remove the column 'check'."
            )


def _types(names: list[str]) -> dict[str, pa.DataType]:
    others = {"key": pa.string(), "key_json": pa.string(), "count": pa.int64(), "check": pa.string()}
    return {name: others.get(name, pa.float32()) for name in names}


def _matrix(path: Path, table: pa.Table) -> npt.NDArray[np.float32]:
    for name, column in zip(table.column_names, table.columns, strict=True):
        if column.null_count:
            row = int(np.flatnonzero(column.is_null().to_numpy())[0])
            raise FormatError(f"{path}: expected a number in the column {name!r}, got an empty cell in row {row + 1}.")
    if not table.num_rows:
        return np.empty((0, table.num_columns), dtype=np.float32)
    return np.column_stack([column.to_numpy() for column in table.columns])


def read_delimited(
    path: Path, columns: dict[str, pa.DataType], *, delimiter: str = ",", quotes: bool = True, header: bool = False
) -> pa.Table:
    r"""Return the table in a file of delimited text.

    Parameters
    ----------
    path : Path
        In UTF-8.
    columns : dict from str to pyarrow.DataType
        Names and types of the columns, in their order. Empty cells are null, except in columns of text.
    delimiter : str
    quotes : bool
        Whether texts may be in double quotes and contain line breaks.
    header : bool
        Whether to skip the first line.

    Returns
    -------
    pyarrow.Table

    Raises
    ------
    pyarrow.ArrowInvalid
        If a row has more or fewer cells, or a cell has another type. The message names the row.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "table.csv")
    ...     _ = path.write_text("key,n\na,7\n")
    ...     read_delimited(path, {"key": pa.string(), "n": pa.int64()}, header=True).to_pylist()
    [{'key': 'a', 'n': 7}]
    """
    parse = pa_csv.ParseOptions(
        delimiter=delimiter, quote_char='"' if quotes else False, newlines_in_values=quotes, ignore_empty_lines=quotes
    )
    convert = pa_csv.ConvertOptions(column_types=columns, null_values=[""], strings_can_be_null=False)

    size = path.stat().st_size

    def read(block: int) -> pa.Table:
        block = min(max(block, _BLOCK_PER_COLUMN * len(columns)), max(size, 1) + 1)
        # Errors name the row only when reading in one thread.
        how = pa_csv.ReadOptions(column_names=list(columns), skip_rows=int(header), block_size=block, use_threads=False)
        return pa_csv.read_csv(path, how, parse, convert)

    *shorter, longest = _BLOCKS
    for block in shorter:
        with suppress(pa.ArrowInvalid):
            return read(block)
    return read(longest)
