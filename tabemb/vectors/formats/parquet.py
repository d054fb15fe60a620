"""Parquet: lossless, with typed keys; pandas, polars and DuckDB read it too.

Columns: ``key`` (typed; text if the keys have several types), ``key_json`` (only if ``key`` alone does not determine
the keys), ``count`` (if known), ``vector`` (a fixed-size list of float32). The file's metadata has under ``tabemb``, as
JSON, the column's name and the vectors of unknown categories and missing cells.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from tabemb.exceptions import FormatError
from tabemb.table.keys import key_from_json, key_to_json
from tabemb.vectors.arrays import shown
from tabemb.vectors.formats.base import FORMATS, Format
from tabemb.vectors.formats.digest import check_digest
from tabemb.vectors.formats.header import header_of, noise_in, read_header, shape_in, special_of
from tabemb.vectors.formats.limits import check_content
from tabemb.vectors.keyed_matrix import KeyedMatrix

__all__ = ["Parquet"]

_META = b"tabemb"
# The columns that are read, in this order.
_COLUMNS = ("key", "key_json", "count", "vector")
# Ends of the names of types of any length.
_TEXTS = ("string", "binary", "string_view", "binary_view")


@FORMATS.register("parquet")
class Parquet(Format):
    """One row per category; lossless.

    Examples
    --------
    >>> Parquet.suffixes
    ('.parquet',)
    """

    suffixes = (".parquet",)
    keeps_counts = True
    keeps_name = True
    keeps_noise = True
    notices_cuts = True
    notices_changes = True

    def _write(self, vectors: KeyedMatrix, path: Path) -> None:
        columns = _key_columns(vectors.index_to_key)
        if vectors.counts is not None:
            columns["count"] = pa.array(vectors.counts)
        columns["vector"] = pa.FixedSizeListArray.from_arrays(pa.array(vectors.vectors.ravel()), vectors.dim)
        header = json.dumps(header_of(vectors) | special_of(vectors))
        table = pa.table(columns).replace_schema_metadata({_META: header})
        # Plain values: vectors hardly compress, and files that expand much are not read.
        pq.write_table(table, path, use_dictionary=False, compression="none")

    def _read(self, path: Path) -> KeyedMatrix:
        try:
            file = pq.ParquetFile(path)
        except pa.ArrowException as error:
            raise FormatError(f"{path}: expected a Parquet file, but it cannot be read as one ({error}).") from error
        with file:
            schema = file.schema_arrow
            header = read_header(
                path,
                (schema.metadata or {}).get(_META),
                "a Parquet file that CategoryVectors.save has written, but its metadata has no "
                f"'tabemb' entry. It has the columns {', '.join(schema.names)}.",
            )
            n, dim = shape_in(header)
            exact = "key_json" in schema.names
            columns = [name for name in _COLUMNS if name in schema.names and not (exact and name == "key")]
            _check_size(path, file.metadata, [schema.field(name).type for name in columns], n)
            # A text that is repeated is not copied.
            texts = [name for name in columns if str(schema.field(name).type).endswith(_TEXTS)]
            with pq.ParquetFile(path, metadata=file.metadata, read_dictionary=texts) as again:
                table = again.read(columns)
        return check_digest(
            header,
            KeyedMatrix(
                _keys(table),
                _matrix(table, dim),
                table["count"].to_numpy() if "count" in table.column_names else None,
                name=header["name"],
                unknown=header["unknown"],
                missing=header["missing"],
                noise=noise_in(header),
            ),
        )


def _check_size(path: Path, metadata: Any, types: list[pa.DataType], n: int) -> None:
    """Check that the file has n rows, and how much they take when decoded, before they are."""
    if metadata.num_rows != n:
        cut = " The file may be truncated." if metadata.num_rows < n else ""
        raise FormatError(f"{path}: expected {n} categories as its header states, got {metadata.num_rows}.{cut}")
    groups = [metadata.row_group(place) for place in range(metadata.num_row_groups)]
    if sum(group.num_rows for group in groups) != n:
        raise FormatError(f"{path}: expected {n} categories in its groups of rows, as its header states.")
    # Pages may be compressed, and numbers in them encoded, such as a repeated one by its number of repetitions.
    pages = sum(group.total_byte_size for group in groups)
    check_content(path, max(n * sum(map(_width, types)), pages))


def _width(kind: pa.DataType) -> int:
    """Return the bytes of a value of a column as Arrow holds it, without the characters of text."""
    if pa.types.is_fixed_size_list(kind):
        return int(kind.list_size) * _width(kind.value_type)
    if pa.types.is_nested(kind):
        raise ValueError(f"a column should hold single values, but holds {str(kind)[:80]}")
    try:
        return max(1, int(kind.bit_width) // 8)
    except ValueError:
        return 8


def _key_columns(keys: list[Any]) -> dict[str, pa.Array]:
    """Return the keys in a typed column if Arrow restores them exactly, otherwise as columns of text and of JSON."""
    as_json = [json.dumps(key_to_json(key)) for key in keys]
    try:
        typed = pa.array(keys, type=None if keys else pa.string())
        if [json.dumps(key_to_json(key)) for key in typed.to_pylist()] == as_json:
            return {"key": typed}
    except Exception:
        # Arrow has no column for mixed types, integers beyond 64 bits and lone surrogates; JSON does.
        return {"key": pa.array([_text(key) for key in keys]), "key_json": pa.array(as_json)}
    return {"key": pa.array([_text(key) for key in keys]), "key_json": pa.array(as_json)}


def _text(key: Any) -> str:
    return str(key).encode("utf-8", "backslashreplace").decode("utf-8")


def _keys(table: pa.Table) -> list[Any]:
    name = "key_json" if "key_json" in table.column_names else "key"
    column = table[name]
    if pa.types.is_dictionary(column.type):
        for chunk in column.chunks:
            if len(chunk.dictionary) < len(chunk) - chunk.null_count:
                values, counts = np.unique(chunk.indices.drop_null().to_numpy(), return_counts=True)
                twice = chunk.dictionary[int(values[counts > 1][0])].as_py()
                raise FormatError(f"expected each key once, got {shown(twice)} {counts.max()} times")
        column = pa.chunked_array([chunk.dictionary_decode() for chunk in column.chunks], column.type.value_type)
    keys: list[Any] = column.to_pylist()
    return [key_from_json(json.loads(text)) for text in keys] if name == "key_json" else keys


def _matrix(table: pa.Table, dim: int) -> npt.NDArray[np.float32]:
    column = table["vector"].combine_chunks()
    if not pa.types.is_fixed_size_list(column.type) or column.type.list_size != dim or column.null_count:
        raise ValueError(f"the column 'vector' should be lists of {dim} numbers, but is {column.type}.")
    matrix: npt.NDArray[np.float32] = column.flatten().to_numpy(zero_copy_only=False).reshape(-1, dim)
    return matrix
