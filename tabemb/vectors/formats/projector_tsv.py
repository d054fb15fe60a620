"""The two tables of TensorBoard's Embedding Projector: vectors, and what their points are called.

Vectors have no header. Metadata of one column have none either, and of several they have one: the projector takes the
first line for a header when it holds a tab, and leaves out blank lines. The columns are ``key``, ``key_json`` (only
where ``key`` alone would not bring the keys back), ``count`` (where known) and what else is given; there are no quotes,
so texts have their tabs and ends of lines escaped.
"""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tabemb.exceptions import DataError, FormatError
from tabemb.table.keys import as_key, key_from_json, key_to_json
from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.formats.delimited import read_delimited
from tabemb.vectors.formats.number_text import row_texts

__all__ = ["read_metadata", "read_vectors", "side_texts", "write_metadata", "write_vectors"]

_OURS = ("key", "key_json", "count")
# What ends a cell or a line for some reader, and what UTF-8 cannot hold; and what JavaScript calls blank.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_BLANK = re.compile("[\\s\ufeff]*")


def write_vectors(path: Path, vectors: CategoryVectors) -> None:
    """Write the numbers, a line for each category."""
    _write_lines(path, row_texts(vectors.vectors, "\t"))


def write_metadata(path: Path, vectors: CategoryVectors, side: dict[str, list[str]]) -> None:
    """Write keys and counts, and side columns as :func:`side_texts` returns them."""
    _write_lines(path, _metadata(vectors, side))


def side_texts(column: str, vectors: CategoryVectors, side: Mapping[str, Iterable[Any]]) -> dict[str, list[str]]:
    r"""Return the cells of side columns as text, empty where they are missing.

    Raises
    ------
    DataError
        When one is not as long as the column, its name is taken, or a cell is not one value.

    Examples
    --------
    >>> side_texts("dest", CategoryVectors(["JFK", "SFO"], [[1.0], [2.0]]), {"city": ["New\tYork", None]})
    {'city': ['New\\tYork', '']}
    """
    texts: dict[str, list[str]] = {}
    for name, values in side.items():
        title = _shown(name)
        if title in _OURS or title in texts:
            raise DataError(f"Column {column!r}: the name of the side column {name!r} is taken. Give it another one.")
        cells = [as_key(value, name) for value in values]
        texts[title] = ["" if cell is None else _shown(cell) for cell in cells]
        if len(texts[title]) != len(vectors):
            raise DataError(
                f"Column {column!r}: expected {len(vectors)} values in the side column {name!r}, one for each key in "
                f"their order, got {len(texts[title])}."
            )
    return texts


def read_vectors(path: Path, n: int, dim: int) -> npt.NDArray[np.float32]:
    """Return so many vectors of so many numbers.

    Raises
    ------
    FormatError, pyarrow.ArrowException
        When there is no such file, or there are more or fewer.
    """
    _lines(path, n)
    if n == 0:
        return np.empty((0, dim), dtype=np.float32)
    table = read_delimited(path, {str(place): pa.float32() for place in range(dim)}, delimiter="\t", quotes=False)
    return np.column_stack([column.to_numpy() for column in table.columns])


def read_metadata(path: Path, n: int) -> tuple[list[Any], list[int] | None]:
    """Return so many keys, and their counts where there are such.

    Raises
    ------
    FormatError, ValueError
        When there is no such file, or there are more or fewer.
    """
    several = b"\t" in _lines(path).partition(b"\n")[0]
    lines = _lines(path, n + several).decode("utf-8").split("\n")[:-1]
    names = lines.pop(0).split("\t") if several else ["key"]
    rows = [line.split("\t") for line in lines]
    for line, row in zip(lines, rows, strict=True):
        if len(row) != len(names):
            raise FormatError(f"{path}: expected {', '.join(names)} for each category, got {line[:80]!r}.")
    columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    keys: list[Any] = columns["key"]
    if "key_json" in columns:
        keys = [key_from_json(json.loads(each)) for each in columns["key_json"]]
    return keys, [int(each) for each in columns["count"]] if "count" in columns else None


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in lines)


def _metadata(vectors: CategoryVectors, side: dict[str, list[str]]) -> Iterable[str]:
    keys = vectors.index_to_key
    texts = [_shown(key) for key in keys]
    columns = {"key": texts}
    # A blank line would be left out, and all that follow be called by their neighbours' names.
    if texts != keys or any(map(_BLANK.fullmatch, texts)):
        columns["key_json"] = [json.dumps(key_to_json(key)) for key in keys]
    if vectors.counts is not None:
        columns["count"] = list(map(str, vectors.counts.tolist()))
    columns |= side
    if len(columns) > 1:
        yield "\t".join(columns)
    yield from map("\t".join, zip(*columns.values(), strict=True))


def _shown(value: Any) -> str:
    """Return a value as text of one line without tabs."""
    return _UNSAFE.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), str(value))


def _lines(path: Path, n: int | None = None) -> bytes:
    """Return what a file holds, once it is sure that it has so many lines, whole ones."""
    if not path.is_file():
        raise FormatError(f"{path}: expected a file of the projector's folder, but there is no such file.")
    raw = path.read_bytes()
    got = raw.count(b"\n")
    if raw[-1:] not in (b"", b"\n"):
        raise FormatError(f"{path}: expected an end of line after the last row. The file may have been cut short.")
    if n is not None and got != n:
        cut = " The file may have been cut short." if got < n else ""
        raise FormatError(f"{path}: expected {n} lines, got {got}.{cut}")
    return raw
