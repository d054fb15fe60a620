"""The parts that tabemb's own formats share: a header in JSON, keys in JSON, and vectors as named arrays.

The header identifies the file and its version, and holds the values that do not fit into the rows.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import FormatError
from tabemb.table.keys import key_from_json, key_to_json
from tabemb.vectors.formats.digest import check_digest, digest_of
from tabemb.vectors.formats.limits import MOST_DIMS
from tabemb.vectors.keyed_matrix import KeyedMatrix
from tabemb.vectors.sampling_noise import SamplingNoise

__all__ = [
    "KIND",
    "VERSION",
    "from_named_arrays",
    "header_of",
    "keys_from_json",
    "keys_to_json",
    "named_arrays",
    "noise_in",
    "read_header",
    "shape_in",
    "special_of",
]

KIND = "tabemb.vectors"
VERSION = 1
Array = npt.NDArray[Any]


def header_of(vectors: KeyedMatrix, *also: str) -> dict[str, Any]:
    """Return the header: kind and version of the file, the column's name and shape, noise if known, and the digest.

    The digest covers the texts ``also``, too.

    Examples
    --------
    >>> header_of(KeyedMatrix(["a"], [[1.0, 2.0]], name="dest"))
    {'format': 'tabemb.vectors', 'version': 1, 'name': 'dest', 'n': 1, 'dim': 2, 'digest': '...'}
    """
    header = {"format": KIND, "version": VERSION, "name": vectors.name, "n": len(vectors), "dim": vectors.dim}
    noise = {} if vectors.noise is None else {"noise": vectors.noise.to_json()}
    return header | noise | {"digest": digest_of(vectors, *also)}


def shape_in(header: Mapping[str, Any]) -> tuple[int, int]:
    """Return the numbers of categories and of dimensions that a header states, which are checked for sense only.

    Raises
    ------
    FormatError
        If they are not whole numbers, or there are no or too many dimensions.

    Examples
    --------
    >>> shape_in({"n": 3, "dim": 2})
    (3, 2)
    """
    n, dim = header["n"], header["dim"]
    if type(n) is not int or type(dim) is not int or n < 0 or not 1 <= dim <= MOST_DIMS:
        raise FormatError(
            f"the header should state the number of categories and 1 to {MOST_DIMS:,} dimensions, but states "
            f"{str(n)[:40]} and {str(dim)[:40]}"
        )
    return n, dim


def noise_in(header: Mapping[str, Any]) -> SamplingNoise | None:
    """Return the noise of the vectors of a file with this header; None if it is unknown.

    Examples
    --------
    >>> noise_in({"dim": 2}) is None
    True
    """
    return SamplingNoise.from_json(header["noise"]) if "noise" in header else None


def special_of(vectors: KeyedMatrix) -> dict[str, Any]:
    """Return the vectors of unknown categories and missing cells as lists of numbers, for JSON."""
    return {"unknown": _numbers(vectors.unknown), "missing": _numbers(vectors.missing)}


def read_header(path: Path, raw: str | bytes | None, expected: str) -> dict[str, Any]:
    """Return the header of a file.

    Parameters
    ----------
    path : Path
        The file, for error messages.
    raw : str, bytes or None
        The JSON; None if the file has none.
    expected : str
        What the file should be, for the error message if this is not a header of tabemb.

    Raises
    ------
    FormatError
        If it is not a header of tabemb, or has an unsupported version.

    Examples
    --------
    >>> read_header(Path("a.npz"), '{"format": "tabemb.vectors", "version": 2}', "an npz file of vectors")
    Traceback (most recent call last):
    tabemb.exceptions.FormatError: a.npz: expected version 1 of tabemb's vectors, got 2. A newer version of
    tabemb wrote it; update tabemb to read it.
    """
    try:
        header = json.loads(raw) if raw else None
    except Exception:
        header = None
    if not isinstance(header, dict) or header.get("format") != KIND:
        raise FormatError(f"{path}: expected {expected}")
    if not isinstance(header.get("name"), str | None):
        raise FormatError(f"{path}: expected the name of the column as text, got {str(header['name'])[:80]!r}.")
    version = header.get("version")
    if version != VERSION:
        newer = isinstance(version, int) and version > VERSION
        why = "A newer version of tabemb wrote it; update tabemb to read it." if newer else "Save the vectors again."
        raise FormatError(f"{path}: expected version {VERSION} of tabemb's vectors, got {version!r}. {why}")
    return header


def keys_to_json(keys: Iterable[Any]) -> str:
    r"""Return the keys as a JSON list, in ASCII.

    Examples
    --------
    >>> keys_to_json(["é", 1, 1.5])
    '["\\u00e9",1,{"float":"1.5"}]'
    """
    return json.dumps([key_to_json(key) for key in keys], separators=(",", ":"))


def keys_from_json(text: str | bytes) -> list[Any]:
    """Return the keys that :func:`keys_to_json` wrote.

    Raises
    ------
    FormatError, ValueError
        If the text is not such a list.

    Examples
    --------
    >>> keys_from_json('["a",1]')
    ['a', 1]
    """
    values = json.loads(text)
    if not isinstance(values, list):
        raise ValueError(f"the keys should be a list, but are {type(values).__name__}")
    return [key_from_json(value) for value in values]


def _numbers(vector: npt.NDArray[np.float32] | None) -> list[float] | None:
    return None if vector is None else vector.tolist()


def named_arrays(vectors: KeyedMatrix) -> dict[str, Array]:
    """Return vectors as named arrays: little-endian float32 by rows, int64 counts, keys as bytes of a JSON list.

    Examples
    --------
    >>> arrays = named_arrays(KeyedMatrix(["a", 7], [[1.0], [2.0]], counts=[9, 5]))
    >>> list(arrays), arrays["keys"].tobytes()
    (['vectors', 'keys', 'counts'], b'["a",7]')
    """
    arrays = {
        "vectors": np.ascontiguousarray(vectors.vectors, dtype="<f4"),
        "keys": np.frombuffer(keys_to_json(vectors.index_to_key).encode("ascii"), dtype=np.uint8),
    }
    optional = {"counts": vectors.counts, "unknown": vectors.unknown, "missing": vectors.missing}
    return arrays | {name: array for name, array in optional.items() if array is not None}


def from_named_arrays(
    header: dict[str, Any], vectors: Array, names: Collection[str], read: Callable[[str], Array]
) -> KeyedMatrix:
    """Return the vectors in named arrays.

    Parameters
    ----------
    header : dict
        As :func:`~tabemb.vectors.formats.header.read_header` returns it.
    vectors : float32 array of shape (n, dim)
        In memory or memory-mapped.
    names : collection of str
        Names of the existing arrays.
    read : callable from str to array
        Returns the array with a name.

    Raises
    ------
    DataError, FormatError, KeyError, ValueError
        If the arrays do not match each other, the header, or its digest.
    """
    n, dim = shape_in(header)
    if vectors.shape != (n, dim):
        got = " x ".join(map(str, vectors.shape))
        raise ValueError(f"the header states {n} x {dim} vectors, but there are {got}")
    counts, unknown, missing = (read(name) if name in names else None for name in ("counts", "unknown", "missing"))
    keys = keys_from_json(read("keys").tobytes())
    noise = noise_in(header)
    found = KeyedMatrix(keys, vectors, counts, name=header["name"], unknown=unknown, missing=missing, noise=noise)
    return check_digest(header, found)
