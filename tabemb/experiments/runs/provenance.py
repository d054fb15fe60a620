"""The provenance of a run: a hash of its data and the versions of the packages."""

import hashlib
import platform
from importlib.metadata import PackageNotFoundError, version

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["data_hash", "versions"]

PACKAGES = ("tabemb", "tensorflow", "keras", "scikit-learn", "pandas", "numpy", "pyarrow")


def data_hash(table: pd.DataFrame) -> str:
    """Return the SHA-256 of the column names and cells of a table.

    The hash depends neither on the dtype that stores the cells (``str``, ``object`` or ``category`` of pandas, small or
    large strings of Arrow) nor on the index. It depends on the order of rows and columns.

    Parameters
    ----------
    table : pandas.DataFrame
        The table.

    Returns
    -------
    str
        64 hexadecimal digits.

    Examples
    --------
    >>> table = pd.DataFrame({"dest": ["BOS", None]})
    >>> data_hash(table) == data_hash(table.astype("category"))
    True
    >>> data_hash(table) == data_hash(table[::-1])
    False
    """
    digest = hashlib.sha256()
    for name in table.columns:
        digest.update(repr(str(name)).encode())
        for part in _content(table[name]):
            digest.update(part)
    return digest.hexdigest()


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that a result depends on.

    Examples
    --------
    >>> sorted(versions())[:3]
    ['keras', 'numpy', 'pandas']
    """
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            # A source tree on the path that is not installed.
            found[package] = "not installed"
    return found


def _content(column: pd.Series) -> list[bytes | memoryview]:
    try:
        return _arrow_content(pa.array(column, from_pandas=True))
    except (pa.ArrowException, OverflowError, UnicodeError):
        # Arrow cannot store cells of several types, intervals, UUIDs or lone surrogates.
        return [b"mixed", "\x1f".join(f"{type(cell).__name__}:{cell!r}" for cell in column).encode()]


def _arrow_content(cells: pa.Array | pa.ChunkedArray) -> list[bytes | memoryview]:
    if isinstance(cells, pa.ChunkedArray):
        cells = cells.combine_chunks()
    if pa.types.is_dictionary(cells.type):
        cells = cells.dictionary_decode()
    present = np.packbits(pc.is_valid(cells).to_numpy(zero_copy_only=False)).data
    kind, plain = _widened(cells)
    if kind != "text":
        return [kind.encode(), present, np.ascontiguousarray(plain.to_numpy(zero_copy_only=False)).data]
    lengths = pc.binary_length(plain).cast(pa.int64()).to_numpy(zero_copy_only=False)
    return [kind.encode(), present, lengths.data, _text(plain)]


def _widened(cells: pa.Array) -> tuple[str, pa.Array]:
    """Return the kind of the cells, and the cells in the widest type of that kind with missing ones filled."""
    if pa.types.is_boolean(cells.type):
        return "bool", pc.fill_null(cells, False).cast(pa.uint8())
    if pa.types.is_integer(cells.type) and cells.type != pa.uint64():
        return "integer", pc.fill_null(cells.cast(pa.int64()), 0)
    if pa.types.is_floating(cells.type):
        return "float", pc.fill_null(cells.cast(pa.float64()), 0.0)
    if pa.types.is_timestamp(cells.type) or pa.types.is_date(cells.type):
        return "time", pc.fill_null(cells.cast(pa.timestamp("us"), safe=False).cast(pa.int64()), 0)
    if not (pa.types.is_large_binary(cells.type) or pa.types.is_binary(cells.type)):
        cells = cells.cast(pa.large_string())
    return "text", pc.fill_null(cells.cast(pa.large_binary()), b"")


def _text(cells: pa.Array) -> memoryview:
    """Return the concatenated bytes of all cells, without copying them."""
    _, offsets, content = cells.buffers()
    if content is None:
        return memoryview(b"")
    ends = np.frombuffer(offsets, np.int64)[cells.offset : cells.offset + len(cells) + 1]
    return memoryview(content)[ends[0] : ends[-1]]
