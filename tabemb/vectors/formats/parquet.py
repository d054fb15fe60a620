"""Parquet: everything that vectors hold, with the keys in their types; pandas, polars and DuckDB read it too.

Columns: ``key`` (of its own Arrow type; where the keys are of several types, their text), ``key_json`` (only where
``key`` alone would not bring the keys back), ``count`` (where known), ``vector`` (a fixed-size list of float32).
The column's name, and the vectors for unknown and missing categories, are JSON in the file's metadata under ``tabemb``.
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
from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.formats.base import FORMATS, Format

__all__ = ["Parquet"]

_META = b"tabemb"
_KIND = "tabemb.vectors"
_VERSION = 1


@FORMATS.register("parquet")
class Parquet(Format):
    """One row a category; lossless.

    Examples
    --------
    >>> Parquet.suffixes
    ('.parquet',)
    """

    suffixes = (".parquet",)

    def _write(self, vectors: CategoryVectors, path: Path) -> None:
        columns = _key_columns(vectors.index_to_key)
        if vectors.counts is not None:
            columns["count"] = pa.array(vectors.counts)
        columns["vector"] = pa.FixedSizeListArray.from_arrays(pa.array(vectors.vectors.ravel()), vectors.dim)
        meta = {
            "format": _KIND,
            "version": _VERSION,
            "name": vectors.name,
            "dim": vectors.dim,
            "unknown": _numbers(vectors.unknown),
            "missing": _numbers(vectors.missing),
        }
        table = pa.table(columns).replace_schema_metadata({_META: json.dumps(meta)})
        pq.write_table(table, path)

    def _read(self, path: Path) -> CategoryVectors:
        try:
            table = pq.read_table(path)
        except pa.ArrowException as error:
            raise FormatError(f"{path}: expected a Parquet file, but it cannot be read as one ({error}).") from error
        meta = _meta(path, table)
        try:
            return CategoryVectors(
                _keys(table),
                _matrix(table, int(meta["dim"])),
                table["count"].to_numpy() if "count" in table.column_names else None,
                name=meta["name"],
                unknown=meta["unknown"],
                missing=meta["missing"],
            )
        except (KeyError, TypeError, ValueError, pa.ArrowException) as error:
            raise FormatError(
                f"{path}: expected vectors as tabemb writes them, but they do not fit: {error}"
            ) from error


def _key_columns(keys: list[Any]) -> dict[str, pa.Array]:
    """Return the keys as they are where Arrow brings them back exactly, else as text with JSON beside it."""
    as_json = [json.dumps(key_to_json(key)) for key in keys]
    try:
        typed = pa.array(keys, type=None if keys else pa.string())
        if [json.dumps(key_to_json(key)) for key in typed.to_pylist()] == as_json:
            return {"key": typed}
    except (pa.ArrowException, UnicodeError, TypeError, OverflowError):
        # Mixed types, integers beyond 64 bits, lone surrogates: Arrow has no column for them, JSON has.
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
        raise FormatError(f"the column 'vector' should be lists of {dim} numbers, and is {column.type}.")
    matrix: npt.NDArray[np.float32] = column.flatten().to_numpy(zero_copy_only=False).reshape(-1, dim)
    return matrix


def _numbers(vector: npt.NDArray[np.float32] | None) -> list[float] | None:
    return None if vector is None else vector.tolist()


def _meta(path: Path, table: pa.Table) -> dict[str, Any]:
    raw = (table.schema.metadata or {}).get(_META)
    try:
        meta = json.loads(raw) if raw is not None else None
    except ValueError:
        meta = None
    if not isinstance(meta, dict) or meta.get("format") != _KIND:
        raise FormatError(
            f"{path}: expected a Parquet file that CategoryVectors.save has written, but its metadata has no "
            f"'tabemb' entry. It has the columns {', '.join(table.column_names)}."
        )
    if meta.get("version") != _VERSION:
        raise FormatError(
            f"{path}: expected version {_VERSION} of tabemb's vectors, got {meta.get('version')!r}. "
            "A newer tabemb has written it; update tabemb to read it."
        )
    return meta
