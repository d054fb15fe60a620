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

from tabemb.exceptions import FormatError, reading
from tabemb.table.keys import key_from_json, key_to_json
from tabemb.vectors.formats.base import FORMATS, Format
from tabemb.vectors.formats.digest import check_digest
from tabemb.vectors.formats.header import header_of, noise_in, read_header, shape_in, special_of
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
    notices_changes = True

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
            n, dim = shape_in(header)
            wanted = ["key", "vector"] + ["count"] * bool(header["counts"])
            keys: list[Any] = []
            counts: list[Any] = []
            numbers = bytearray()
            for number, line in enumerate(file, start=2):
                record = _record(path, number, line, wanted, dim)
                with reading(f"{path}, line {number}", "a category as tabemb writes it"):
                    keys.append(key_from_json(record["key"]))
                if header["counts"]:
                    counts.append(record["count"])
                numbers += record["vector"].tobytes()
        if len(keys) != n:
            cut = " The file may be truncated." if len(keys) < n else ""
            raise FormatError(f"{path}, line 1: expected {n} categories as stated, got {len(keys)}.{cut}")
        return check_digest(
            header,
            KeyedMatrix(
                keys,
                np.frombuffer(numbers, np.float32).reshape(n, dim),
                counts if header["counts"] else None,
                name=header["name"],
                unknown=header["unknown"],
                missing=header["missing"],
                noise=noise_in(header),
            ),
        )


def _record(path: Path, number: int, line: bytes, wanted: list[str], dim: int) -> dict[str, Any]:
    place = f"{path}, line {number}"
    with reading(place, "an object in JSON", message="{place}: expected {expected}; {reason}."):
        record = json.loads(line)
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
