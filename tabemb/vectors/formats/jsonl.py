"""JSON Lines: one object per category; lossless.

The first line is a header with the column's name, the number of lines and of dimensions, whether there are counts, and
the vectors of unknown categories and missing cells. The other lines have the form
``{"key": "New York", "count": 7, "vector": [0.1, -2.5]}``. The file is ASCII.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import FormatError
from tabemb.table.keys import key_from_json, key_to_json
from tabemb.vectors.formats.base import FORMATS, Format
from tabemb.vectors.formats.header import header_of, noise_in, read_header, special_of
from tabemb.vectors.formats.number_text import row_texts
from tabemb.vectors.keyed_matrix import KeyedMatrix

__all__ = ["JsonLines"]


@FORMATS.register("jsonl")
class JsonLines(Format):
    """One line per category; lossless.

    Examples
    --------
    >>> JsonLines.suffixes
    ('.jsonl', '.ndjson')
    """

    suffixes = (".jsonl", ".ndjson")
    keeps_counts = True
    keeps_name = True
    keeps_noise = True
    notices_cuts = True

    def _write(self, vectors: KeyedMatrix, path: Path) -> None:
        rows = row_texts(vectors.vectors, ", ")
        counts = [""] * len(vectors)
        if vectors.counts is not None:
            counts = [f'"count": {count}, ' for count in vectors.counts.tolist()]
        with path.open("w", encoding="ascii", newline="\n") as file:
            header = header_of(vectors) | {"counts": vectors.counts is not None} | special_of(vectors)
            file.write(json.dumps(header) + "\n")
            file.writelines(
                f'{{"key": {json.dumps(key_to_json(key))}, {count}"vector": [{row}]}}\n'
                for key, count, row in zip(vectors.index_to_key, counts, rows, strict=True)
            )

    def _read(self, path: Path) -> KeyedMatrix:
        # Numbers beyond float32 become infinite and are refused with their key.
        with path.open("rb") as file, np.errstate(over="ignore"):
            header = read_header(
                path,
                file.readline(),
                "JSON Lines that CategoryVectors.save has written, but the first line is not a header of tabemb.",
            )
            dim, wanted = int(header["dim"]), ["key", "vector"] + ["count"] * header["counts"]
            records = [_record(path, number, line, wanted, dim) for number, line in enumerate(file, start=2)]
        if len(records) != header["n"]:
            cut = " The file may be truncated." if len(records) < header["n"] else ""
            raise FormatError(f"{path}, line 1: expected {header['n']} categories as stated, got {len(records)}.{cut}")
        return KeyedMatrix(
            [key_from_json(record["key"]) for record in records],
            np.array([record["vector"] for record in records], dtype=np.float32).reshape(len(records), dim),
            [record["count"] for record in records] if header["counts"] else None,
            name=header["name"],
            unknown=header["unknown"],
            missing=header["missing"],
            noise=noise_in(header),
        )


def _record(path: Path, number: int, line: bytes, wanted: list[str], dim: int) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{path}, line {number}: expected an object in JSON; {error}.") from error
    absent = [name for name in wanted if name not in record] if isinstance(record, dict) else wanted
    if absent:
        raise FormatError(f"{path}, line {number}: expected an object with {' and '.join(wanted)}, got {_shown(line)}.")
    vector = _vector(path, number, record["vector"], dim)
    return {**record, "vector": vector}


def _vector(path: Path, number: int, values: Any, dim: int) -> npt.NDArray[np.float32]:
    if not isinstance(values, list) or len(values) != dim or not {*map(type, values)} <= {int, float}:
        raise FormatError(f"{path}, line {number}: expected a vector of {dim} numbers, got {_shown(values)}.")
    return np.array(values, dtype=np.float32)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
