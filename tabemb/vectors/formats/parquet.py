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
from tabemb.vectors.formats.base import FORMATS, Format
from tabemb.vectors.formats.header import header_of, noise_in, read_header, special_of
from tabemb.vectors.keyed_matrix import KeyedMatrix

__all__ = ["Parquet"]

_META = b"tabemb"


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
    damage = (pa.ArrowException,)

    def _write(self, vectors: KeyedMatrix, path: Path) -> None:
        columns = _key_columns(vectors.index_to_key)
        if vectors.counts is not None:
            columns["count"] = pa.array(vectors.counts)
        columns["vector"] = pa.FixedSizeListArray.from_arrays(pa.array(vectors.vectors.ravel()), vectors.dim)
        header = json.dumps(header_of(vectors) | special_of(vectors))
        table = pa.table(columns).replace_schema_metadata({_META: header})
        pq.write_table(table, path)

    def _read(self, path: Path) -> KeyedMatrix:
        try:
            table = pq.read_table(path)
        except pa.ArrowException as error:
            raise FormatError(f"{path}: expected a Parquet file, but it cannot be read as one ({error}).") from error
        header = read_header(
            path,
            (table.schema.metadata or {}).get(_META),
            "a Parquet file that CategoryVectors.save has written, but its metadata has no "
            f"'tabemb' entry. It has the columns {', '.join(table.column_names)}.",
        )
        return KeyedMatrix(
            _keys(table),
            _matrix(table, int(header["dim"])),
            table["count"].to_numpy() if "count" in table.column_names else None,
            name=header["name"],
            unknown=header["unknown"],
            missing=header["missing"],
            noise=noise_in(header),
        )


def _key_columns(keys: list[Any]) -> dict[str, pa.Array]:
    """Return the keys in a typed column if Arrow restores them exactly, otherwise as columns of text and of JSON."""
    as_json = [json.dumps(key_to_json(key)) for key in keys]
    try:
        typed = pa.array(keys, type=None if keys else pa.string())
        if [json.dumps(key_to_json(key)) for key in typed.to_pylist()] == as_json:
            return {"key": typed}
    except (pa.ArrowException, UnicodeError, TypeError, OverflowError):
        # Arrow has no column for mixed types, integers beyond 64 bits and lone surrogates; JSON does.
        return {"key": pa.array([_text(key) for key in keys]), "key_json": pa.array(as_json)}
    return {"key": pa.array([_text(key) for key in keys]), "key_json": pa.array(as_json)}


def _text(key: Any) -> str:
    return str(key).encode("utf-8", "backslashreplace").decode("utf-8")


def _keys(table: pa.Table) -> list[Any]:
    if "key_json" in table.column_names:
        return [key_from_json(json.loads(text)) for text in table["key_json"].to_pylist()]
    keys: list[Any] = table["key"].to_pylist()
    return keys


def _matrix(table: pa.Table, dim: int) -> npt.NDArray[np.float32]:
    column = table["vector"].combine_chunks()
    if not pa.types.is_fixed_size_list(column.type) or column.type.list_size != dim or column.null_count:
        raise ValueError(f"the column 'vector' should be lists of {dim} numbers, but is {column.type}.")
    matrix: npt.NDArray[np.float32] = column.flatten().to_numpy(zero_copy_only=False).reshape(-1, dim)
    return matrix
