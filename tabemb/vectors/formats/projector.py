"""A folder for TensorBoard's Embedding Projector, with one or several columns; lossless.

The folder has two tables per column, ``vectors.tsv`` and ``metadata.tsv`` (``dest.vectors.tsv`` and
``dest.metadata.tsv`` if there are several columns), and two lists of them: ``tensorboard --logdir`` reads
``projector_config.pbtxt``; the page projector.tensorflow.org reads ``projector_config.json`` (from an address given as
``?config=``; it can also load the two tables). Under ``tabemb``, the JSON has the values that do not fit into the
tables: the name and the vectors of unknown categories and missing cells.

The vectors have no header. The metadata has one only if it has several columns: the projector treats a first line with
a tab as a header, and skips blank lines. Its columns are ``key``, ``key_json`` (only if ``key`` alone does not
determine the keys), ``count`` (if known) and the side columns. The projector does not support quotes, so tabs and line
breaks in texts are escaped.

The projector draws vectors of at least two dimensions; shorter ones are written and read too.
"""

import json
import re
from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tabemb.exceptions import DataError, FormatError, did_you_mean, reading
from tabemb.files import read_whole, replacing_folder
from tabemb.table.keys import as_key, key_from_json, key_to_json
from tabemb.vectors.formats.base import FORMATS, FolderFormat
from tabemb.vectors.formats.csv import MOST_COLUMNS, read_delimited
from tabemb.vectors.formats.digest import check_digest
from tabemb.vectors.formats.header import header_of, noise_in, read_header, shape_in, special_of
from tabemb.vectors.formats.limits import check_dims
from tabemb.vectors.formats.number_text import row_texts
from tabemb.vectors.keyed_matrix import KeyedMatrix

__all__ = [
    "Projector",
    "load_projector",
    "read_metadata",
    "read_vectors",
    "save_projector",
    "side_texts",
    "write_metadata",
    "write_vectors",
]

_CONFIG, _PBTXT = "projector_config.json", "projector_config.pbtxt"
_VECTORS, _METADATA = "vectors.tsv", "metadata.tsv"
# Characters that file systems and URLs may not have.
_UNSAFE = re.compile("[^A-Za-z0-9_-]+")
_OWN_COLUMNS = ("key", "key_json", "count")
# Characters that end a cell or line for some reader, or that UTF-8 cannot encode; blank text in JavaScript.
_UNSAFE_IN_CELL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_BLANK = re.compile("[\\s\ufeff]*")
_MARK = "\ufeff"


@FORMATS.register("projector")
class Projector(FolderFormat):
    """A folder for TensorBoard's projector; lossless.

    Examples
    --------
    >>> Projector.suffixes
    ('.projector',)
    """

    suffixes = (".projector",)
    keeps_counts = True
    keeps_name = True
    keeps_noise = True
    notices_cuts = True
    notices_changes = True
    most_dims = MOST_COLUMNS

    def write_all(self, vectors: Mapping[str, KeyedMatrix], path: str | PathLike[str]) -> list[Path]:
        """Write the vectors of several columns into one folder, as :func:`save_projector` does."""
        save_projector(vectors, path)
        return [Path(path)] * len(vectors)

    def _write(self, vectors: KeyedMatrix, path: Path) -> None:
        _write_all([(vectors.name, vectors, {})], path)

    def _read(self, path: Path) -> KeyedMatrix:
        entries = _entries(path)
        if len(entries) != 1:
            raise FormatError(
                f"{path}: expected the vectors of one column, got {len(entries)}: {', '.join(entries) or 'none'}. "
                "Read them with tabemb.vectors.formats.projector.load_projector."
            )
        return _read_one(path, *entries.values())

    def _is_part(self, name: str) -> bool:
        return name in (_CONFIG, _PBTXT) or name.endswith((_VECTORS, _METADATA))


def save_projector(
    vectors: Mapping[str, KeyedMatrix],
    path: str | PathLike[str],
    *,
    side: Mapping[str, Mapping[str, Iterable[Any]]] | None = None,
    address: str = "",
) -> None:
    """Write the vectors of several columns into one folder for TensorBoard's projector atomically.

    Parameters
    ----------
    vectors : mapping from str to KeyedMatrix
        By column.
    path : str or path
        The folder. An existing folder is replaced only if it is a projector's.
    side : mapping from str to mapping from str to iterable, optional
        Side columns to color or label the points by: for each column, by name, one value per category in the order of
        the keys.
    address : str, optional
        URL at which the folder will be served, such as ``"https://example.org/dest/"``. Required by the page
        projector.tensorflow.org, which looks for relative paths on its own server.

    Raises
    ------
    DataError
        If there are no vectors, a side column has another length than the column, or its name is taken.
    OutputError
        If the folder cannot be written. An existing folder stays unchanged.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> dest = KeyedMatrix(["JFK", "SFO"], [[1.0, 0.5], [-1.0, 0.5]], name="dest")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_projector({"dest": dest}, f"{folder}/flights", side={"dest": {"state": ["NY", "CA"]}})
    ...     print(pathlib.Path(folder, "flights", "metadata.tsv").read_text().expandtabs(6))
    key   state
    JFK   NY
    SFO   CA
    """
    side = side or {}
    unmatched = [column for column in side if column not in vectors]
    if unmatched:
        raise DataError(
            f"There are side columns for {unmatched[0]!r}, but no vectors. Vectors: {', '.join(map(str, vectors))}."
            f"{did_you_mean(unmatched[0], vectors)}"
        )
    if not vectors:
        raise DataError("A projector requires the vectors of at least one column, got none.")
    for matrix in vectors.values():
        check_dims(matrix.dim, Projector.most_dims)
    entries = [(column, matrix, side_texts(column, matrix, side.get(column, {}))) for column, matrix in vectors.items()]
    with replacing_folder(Path(path), Projector()._is_part) as draft:
        _write_all(entries, draft, f"{address.rstrip('/')}/" if address else "")


def load_projector(path: str | PathLike[str]) -> dict[str, KeyedMatrix]:
    """Read the vectors of all columns in a projector's folder written by tabemb.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    dict from str to KeyedMatrix

    Raises
    ------
    FormatError
        If the folder is missing, damaged or incomplete.

    Examples
    --------
    >>> import tempfile
    >>> dest = KeyedMatrix(["JFK", "SFO"], [[1.0, 0.5], [-1.0, 0.5]], name="dest")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_projector({"dest": dest}, folder)
    ...     load_projector(folder)
    {'dest': KeyedMatrix(dest: 2 categories x 2)}
    """
    return read_whole(Path(path), _read_columns)


def _write_all(columns: list[tuple[str, KeyedMatrix, dict[str, list[str]]]], path: Path, address: str = "") -> None:
    entries, local = [], []
    for (column, vectors, side), stem in zip(columns, _stems([column for column, _, _ in columns]), strict=True):
        tables = {"tensorPath": f"{stem}{_VECTORS}", "metadataPath": f"{stem}{_METADATA}"}
        write_vectors(path / tables["tensorPath"], vectors)
        write_metadata(path / tables["metadataPath"], vectors, side)
        names = {"tensorName": column or "vectors", "tensorShape": [len(vectors), vectors.dim]}
        header = header_of(vectors, column) | special_of(vectors) | {"column": column, **tables}
        entries.append(names | {name: address + table for name, table in tables.items()} | {"tabemb": header})
        local.append(names | tables)
    (path / _CONFIG).write_text(json.dumps({"embeddings": entries}, indent=1), encoding="ascii")
    (path / _PBTXT).write_text("".join(map(_pbtxt, local)), encoding="ascii")


def _stems(columns: list[str]) -> list[str]:
    """Return the prefix of the names of each column's tables; empty if there is only one column."""
    if len(columns) == 1:
        return [""]
    stems: list[str] = []
    for number, column in enumerate(columns, start=1):
        stem = _UNSAFE.sub("_", column)[:100]
        taken = {each.lower() for each in stems}
        stems.append(f"{stem}-{number}." if f"{stem}.".lower() in taken else f"{stem}.")
    return stems


def _pbtxt(entry: dict[str, Any]) -> str:
    rows, dim = entry["tensorShape"]
    return (
        f"embeddings {{\n  tensor_name: {_literal(entry['tensorName'])}\n  tensor_shape: {rows}\n"
        f"  tensor_shape: {dim}\n  tensor_path: {_literal(entry['tensorPath'])}\n"
        f"  metadata_path: {_literal(entry['metadataPath'])}\n}}\n"
    )


def _literal(text: str) -> str:
    """Return a text as a literal of protocol buffers, with octal escapes for bytes beyond printable ASCII."""
    raw = text.encode("utf-8", "backslashreplace")
    plain = frozenset(range(32, 127)) - {*b'"\\'}
    return '"' + "".join(chr(byte) if byte in plain else f"\\{byte:03o}" for byte in raw) + '"'


def _entries(path: Path) -> dict[str, dict[str, Any]]:
    """Return the header of each column in the folder's list."""
    place = path / _CONFIG
    if not place.is_file():
        raise FormatError(f"{path}: expected a projector's folder, but it has no {_CONFIG}.")
    with reading(place, "a list of embeddings as JSON"):
        entries = json.loads(place.read_bytes())["embeddings"]
        if not isinstance(entries, list):
            raise FormatError(f"the embeddings should be a list, but are {type(entries).__name__}")
    found: dict[str, dict[str, Any]] = {}
    for entry in entries:
        header = read_header(
            place,
            json.dumps(entry.get("tabemb") if isinstance(entry, dict) else None),
            "a projector's folder written by tabemb, but an embedding in it has no 'tabemb' entry.",
        )
        column = header["column"]
        if not isinstance(column, str) or column in found:
            raise FormatError(f"{place}: expected the name of each column once, as text, got {str(column)[:80]!r}.")
        found[column] = header
    return found


def _read_columns(path: Path) -> dict[str, KeyedMatrix]:
    with Projector().reading(path):
        return {column: _read_one(path, header) for column, header in _entries(path).items()}


def _read_one(path: Path, header: dict[str, Any]) -> KeyedMatrix:
    n, dim = shape_in(header)
    # Use the file name only, whatever folder or URL the list has.
    keys, counts = read_metadata(path / Path(header["metadataPath"]).name, n)
    found = KeyedMatrix(
        keys,
        read_vectors(path / Path(header["tensorPath"]).name, n, dim),
        counts,
        name=header["name"],
        unknown=header["unknown"],
        missing=header["missing"],
        noise=noise_in(header),
    )
    return check_digest(header, found, header["column"])


def write_vectors(path: Path, vectors: KeyedMatrix) -> None:
    """Write the vectors, one line per category."""
    _write_lines(path, row_texts(vectors.vectors, "\t"))


def write_metadata(path: Path, vectors: KeyedMatrix, side: dict[str, list[str]]) -> None:
    """Write keys, counts, and side columns from :func:`side_texts`."""
    _write_lines(path, _metadata_lines(vectors, side))


def side_texts(column: str, vectors: KeyedMatrix, side: Mapping[str, Iterable[Any]]) -> dict[str, list[str]]:
    r"""Return the cells of side columns as text, empty if missing.

    Raises
    ------
    DataError
        If a side column has another length than the column, its name is taken, or a cell is not a scalar.

    Examples
    --------
    >>> side_texts("dest", KeyedMatrix(["JFK", "SFO"], [[1.0], [2.0]]), {"city": ["New\tYork", None]})
    {'city': ['New\\tYork', '']}
    """
    texts: dict[str, list[str]] = {}
    for name, values in side.items():
        title = _shown(name)
        if title in _OWN_COLUMNS or title in texts:
            raise DataError(f"Column {column!r}: the name of the side column {name!r} is taken. Choose another one.")
        cells = [as_key(value, name) for value in values]
        texts[title] = ["" if cell is None else _shown(cell) for cell in cells]
        if len(texts[title]) != len(vectors):
            raise DataError(
                f"Column {column!r}: expected {len(vectors)} values in the side column {name!r}, one per key, got "
                f"{len(texts[title])}."
            )
    return texts


def read_vectors(path: Path, n: int, dim: int) -> npt.NDArray[np.float32]:
    """Return n vectors of length ``dim``.

    Raises
    ------
    FormatError, pyarrow.ArrowException
        If the file is missing or has another shape.
    """
    raw = _checked_bytes(path, n)
    if n == 0:
        return np.empty((0, dim), dtype=np.float32)
    # Believed only after a look at the file: Arrow takes memory for each column.
    got = raw.count(b"\t", 0, raw.index(b"\n")) + 1
    if got != dim or dim > MOST_COLUMNS:
        raise FormatError(f"{path}: expected {dim} numbers, at most {MOST_COLUMNS:,}, in the first line, got {got}.")
    del raw
    table = read_delimited(path, {str(place): pa.float32() for place in range(dim)}, delimiter="\t", quotes=False)
    return np.column_stack([column.to_numpy() for column in table.columns])


def read_metadata(path: Path, n: int) -> tuple[list[Any], list[int] | None]:
    """Return n keys, and their counts if known.

    Raises
    ------
    FormatError, ValueError
        If the file is missing or has another number of keys.
    """
    raw = _checked_bytes(path)
    several = b"\t" in raw.partition(b"\n")[0]
    _check_lines(path, raw, n + several)
    lines = raw.decode("utf-8-sig").split("\n")[:-1]
    names = lines.pop(0).split("\t") if several else ["key"]
    places = [names.index(name) for name in _OWN_COLUMNS if name in names]
    rows = []
    for line in lines:
        cells = line.split("\t")
        if len(cells) != len(names):
            raise FormatError(f"{path}: expected {', '.join(names)} for each category, got {line[:80]!r}.")
        rows.append([cells[place] for place in places])
    columns = {names[place]: [row[at] for row in rows] for at, place in enumerate(places)}
    keys: list[Any] = columns["key"]
    if "key_json" in columns:
        keys = [key_from_json(json.loads(each)) for each in columns["key_json"]]
    return keys, [int(each) for each in columns["count"]] if "count" in columns else None


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in lines)


def _metadata_lines(vectors: KeyedMatrix, side: dict[str, list[str]]) -> Iterable[str]:
    keys = vectors.index_to_key
    texts = [_shown(key) for key in keys]
    columns = {"key": texts}
    # The projector skips blank lines, so that all points after one would have the wrong label.
    # A mark at the begin of the file is that of its encoding.
    if texts != keys or any(map(_BLANK.fullmatch, texts)) or any(text.startswith(_MARK) for text in texts):
        columns["key_json"] = [json.dumps(key_to_json(key)) for key in keys]
    if vectors.counts is not None:
        columns["count"] = list(map(str, vectors.counts.tolist()))
    columns |= side
    if len(columns) > 1:
        yield "\t".join(columns)
    yield from map("\t".join, zip(*columns.values(), strict=True))


def _shown(value: Any) -> str:
    """Return a value as one line of text without tabs."""
    return _UNSAFE_IN_CELL.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), str(value))


def _checked_bytes(path: Path, n: int | None = None) -> bytes:
    """Return the content of a file after checking its number of lines and that the last is complete."""
    if not path.is_file():
        raise FormatError(f"{path}: expected a table of a projector's folder, but there is no such file.")
    raw = path.read_bytes()
    if raw[-1:] not in (b"", b"\n"):
        raise FormatError(f"{path}: expected a line break after the last row. The file may be truncated.")
    if n is not None:
        _check_lines(path, raw, n)
    return raw


def _check_lines(path: Path, raw: bytes, n: int) -> None:
    got = raw.count(b"\n")
    if got != n:
        cut = " The file may be truncated." if got < n else ""
        raise FormatError(f"{path}: expected {n} lines, got {got}.{cut}")
