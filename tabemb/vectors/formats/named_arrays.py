"""Vectors as arrays by name, for containers of such: ``vectors``, ``keys``, ``counts``, ``unknown``, ``missing``."""

from collections.abc import Callable, Collection
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.formats.header import keys_from_json, keys_to_json

__all__ = ["from_named_arrays", "named_arrays"]

Array = npt.NDArray[Any]


def named_arrays(vectors: CategoryVectors) -> dict[str, Array]:
    """Return what there is as arrays: little-endian float32 row by row, counts int64, keys the bytes of a JSON list.

    Examples
    --------
    >>> arrays = named_arrays(CategoryVectors(["a", 7], [[1.0], [2.0]], counts=[9, 5]))
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
) -> CategoryVectors:
    """Return the vectors that such arrays hold.

    Parameters
    ----------
    header : dict
        As :func:`~tabemb.vectors.formats.header.read_header` returns it.
    vectors : float32 array of shape (n, dim)
        In memory, or mapped.
    names : collection of str
        Which arrays there are.
    read : callable from str to array
        Reads the array of a name.

    Raises
    ------
    DataError, FormatError, KeyError, ValueError
        When something does not fit.
    """
    if vectors.shape != (header["n"], header["dim"]):
        got = " x ".join(map(str, vectors.shape))
        raise ValueError(f"the header speaks of {header['n']} x {header['dim']} vectors, and there are {got}")
    counts, unknown, missing = (read(name) if name in names else None for name in ("counts", "unknown", "missing"))
    keys = keys_from_json(read("keys").tobytes())
    return CategoryVectors(keys, vectors, counts, name=header["name"], unknown=unknown, missing=missing)
