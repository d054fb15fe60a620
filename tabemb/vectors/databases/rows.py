"""The rows of a column in a database: an Arrow table with one row per category, and its conversion from and to vectors.

==============  =========================================================================
``id``          the primary key: 32 hexadecimal digits, a hash of the typed key
``key``         the category as text, for display
``key_json``    the category with its type (1, ``"1"`` and ``True`` differ), as JSON
``count``       the number of training rows of the category; -1 if unknown
``position``    the rank of the category in the column, most frequent first: 0, 1, 2, ...
``column``      the column
``run``         the run that produced the vector
``vector``      float32
==============  =========================================================================
"""

import hashlib
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tabemb.exceptions import FormatError, reading
from tabemb.table.keys import Key, family, identity, key_from_json, key_to_json
from tabemb.vectors.keyed_matrix import KeyedMatrix

__all__ = [
    "FIELDS",
    "batches",
    "digest_of_rows",
    "is_row_schema",
    "keys_and_vectors",
    "row_id",
    "rows_of",
    "same_rows",
    "schema_of",
    "text_of",
]

FIELDS = ("id", "key", "key_json", "count", "position", "column", "run", "vector")
NO_COUNT = -1


def schema_of(dim: int) -> pa.Schema:
    """Return the Arrow schema of rows with vectors of a length."""
    types = {"count": pa.int64(), "position": pa.int64(), "vector": pa.list_(pa.float32(), dim)}
    return pa.schema([pa.field(name, types.get(name, pa.string()), nullable=False) for name in FIELDS])


def is_row_schema(layout: pa.Schema, dim: int) -> bool:
    """Return whether a collection has the fields of such rows, and vectors of a length."""
    if set(layout.names) != set(FIELDS):
        return False
    kind = layout.field("vector").type
    return pa.types.is_fixed_size_list(kind) and int(kind.list_size) == dim


def rows_of(vectors: KeyedMatrix, column: str, run: str, *, dim: int | None = None) -> pa.Table:
    """Return the rows for the vectors of a column.

    Parameters
    ----------
    vectors : KeyedMatrix
    column, run : str
        Stored in each row.
    dim : int, optional
        Length of the vectors in the rows, at least their own. They are padded with zeros, which changes no cosine, dot
        product or distance.

    Examples
    --------
    >>> rows = rows_of(KeyedMatrix(["JFK", 7], [[1.0, 0.5], [-1.0, 0.5]], [9, 3]), "dest", "flights")
    >>> rows.select(["key", "key_json", "count", "position"]).to_pylist()[1]
    {'key': '7', 'key_json': '7', 'count': 3, 'position': 1}
    """
    dim = vectors.dim if dim is None else dim
    n, keys = len(vectors), vectors.index_to_key
    matrix = np.zeros((n, dim), dtype=np.float32)
    matrix[:, : vectors.dim] = vectors.vectors
    values = [
        [row_id(key) for key in keys],
        [text_of(str(key)) for key in keys],
        [_json_of(key) for key in keys],
        np.full(n, NO_COUNT) if vectors.counts is None else vectors.counts,
        np.arange(n),
        [text_of(column)] * n,
        [text_of(run)] * n,
        pa.FixedSizeListArray.from_arrays(pa.array(matrix.ravel(), pa.float32()), dim),
    ]
    schema = schema_of(dim)
    arrays = [pa.array(each, field.type) for each, field in zip(values[:-1], schema, strict=False)]
    return pa.table([*arrays, values[-1]], schema=schema)


def row_id(key: Key) -> str:
    """Return the primary key of a category; equal categories, and only those, have equal primary keys.

    Examples
    --------
    >>> row_id(1) == row_id(1.0), row_id(1) == row_id("1"), row_id(1) == row_id(True)
    (True, False, False)
    """
    same = identity(key)
    if family(key) == "number":
        text = f"number {_exact(key)}"
    else:
        text = json.dumps(key_to_json(key if isinstance(same, tuple) else same))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def text_of(text: str) -> str:
    r"""Return a text that UTF-8 can encode: lone surrogates are escaped.

    Examples
    --------
    >>> text_of("naïve"), text_of("\ud800")
    ('naïve', '\\ud800')
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def keys_and_vectors(
    rows: pa.Table, dim: int
) -> tuple[list[Any], npt.NDArray[np.float32], npt.NDArray[np.int64] | None]:
    """Return the keys, vectors and counts of rows, ordered by position.

    Raises
    ------
    FormatError
        If a position is missing or repeated, or a key cannot be read.
    """
    rows = rows.sort_by("position")
    if not np.array_equal(rows["position"].to_numpy(), np.arange(len(rows))):
        raise FormatError("some of its rows are missing or repeated.")
    with reading("a key", "a key as JSON", message="{place} cannot be read: {reason}."):
        keys = [key_from_json(json.loads(text)) for text in rows["key_json"].to_pylist()]
    counts = rows["count"].to_numpy()
    known = len(counts) and (counts != NO_COUNT).all()
    return keys, _matrix(rows)[:, :dim], counts if known else None


def digest_of_rows(rows: pa.Table) -> str:
    """Return the SHA-256 of the keys, counts and vectors of rows, in the order of their positions.

    Examples
    --------
    >>> one, other = (KeyedMatrix(keys, [[1.0], [2.0]]) for keys in (["a", 7], ["a", "7"]))
    >>> digest_of_rows(rows_of(one, "dest", "r")) == digest_of_rows(rows_of(other, "dest", "r"))
    False
    """
    rows = rows.sort_by("position")
    digest = hashlib.sha256()
    for name in ("id", "key_json"):
        digest.update("\0".join(rows[name].to_pylist()).encode())
    for numbers in (rows["count"].to_numpy(), rows["position"].to_numpy(), _matrix(rows)):
        digest.update(np.ascontiguousarray(numbers).astype(numbers.dtype.newbyteorder("<")).tobytes())
    return digest.hexdigest()


def same_rows(rows: pa.Table, others: pa.Table) -> npt.NDArray[np.bool_]:
    """Return for each row whether it is bit-identical to the other table's row at the same position."""
    same = (_matrix(rows).view(np.int32) == _matrix(others).view(np.int32)).all(axis=1)
    for name in FIELDS[:-1]:
        same &= pc.equal(rows[name].combine_chunks(), others[name].combine_chunks()).to_numpy(zero_copy_only=False)
    return np.asarray(same, dtype=np.bool_)


def batches(rows: pa.Table, size: int, nbytes: int) -> Iterator[pa.Table]:
    """Yield the rows in batches of at most ``size`` rows and ``nbytes`` bytes; a single row may have more bytes.

    Examples
    --------
    >>> [len(each) for each in batches(pa.table({"x": [0] * 5}), 2, 1000)]
    [2, 2, 1]
    """
    for start in range(0, len(rows), size):
        yield from _halved(rows.slice(start, size), nbytes)


def _halved(rows: pa.Table, nbytes: int) -> Iterator[pa.Table]:
    if rows.nbytes <= nbytes or len(rows) == 1:
        yield rows
        return
    middle = len(rows) // 2
    yield from _halved(rows.slice(0, middle), nbytes)
    yield from _halved(rows.slice(middle), nbytes)


def _matrix(rows: pa.Table) -> npt.NDArray[np.float32]:
    column = rows["vector"].combine_chunks()
    dim = column.type.list_size
    # Unlike values, flatten respects the slice.
    matrix: npt.NDArray[np.float32] = column.flatten().to_numpy(zero_copy_only=False).reshape(-1, dim)
    return matrix


def _json_of(key: Key) -> str:
    # Escape lone surrogates only: escaping other characters would double their bytes, which count towards the limit.
    return text_of(json.dumps(key_to_json(key), ensure_ascii=False))


def _exact(number: Any) -> str:
    """Return the same text for 1, 1.0 and Decimal("1.00"): the significant digits and the power of ten."""
    sign, figures, exponent = Decimal(number).as_tuple()
    digits = "".join(map(str, figures)).lstrip("0")
    kept = digits.rstrip("0")
    return f"{'-' if sign else ''}{kept}e{int(exponent) + len(digits) - len(kept)}" if kept else "0"
