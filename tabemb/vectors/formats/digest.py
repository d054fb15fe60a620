"""The digest of vectors, by which readers notice files that were damaged or changed.

A digest covers the content, not the bytes of a file: keys, numbers, counts, name, noise, and the vectors of unknown
categories and missing cells. The same vectors have the same digest in every format.
"""

import hashlib
import json
import struct
from collections.abc import Mapping
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import FormatError
from tabemb.table.keys import key_to_json
from tabemb.vectors.arrays import blocks_of
from tabemb.vectors.keyed_matrix import KeyedMatrix

__all__ = ["check_digest", "digest_of", "row_digests"]

# Bytes of a digest; damage stays unnoticed with a probability of 2**-128, and of 2**-32 in a row.
_SIZE, _ROW_SIZE = 16, 4
# Keys that are written as JSON at a time; part of what a digest is.
_KEYS = 4096
_ADVICE = "Restore the file, or save the vectors again."


def digest_of(vectors: KeyedMatrix, *also: str) -> str:
    """Return the digest of vectors, 32 hexadecimal digits (BLAKE2b).

    A memory map is read by blocks, which are released again.

    Parameters
    ----------
    vectors : KeyedMatrix
    *also : str
        Other texts that the digest covers.

    Examples
    --------
    >>> matrix = KeyedMatrix(["a", 1], [[1.0], [2.0]])
    >>> digest_of(matrix)
    '...'
    >>> digest_of(matrix) == digest_of(matrix.replace([[1.0], [2.5]]))
    False
    """
    noise = vectors.noise
    parts = [vectors.unknown, vectors.missing, None if noise is None else noise.covariance]
    scalars = [
        vectors.name,
        len(vectors),
        vectors.dim,
        vectors.counts is not None,
        [part is not None for part in parts],
    ]
    if noise is not None:
        scalars += [float(noise.rows), float(noise.exponent), int(noise.n_refits)]
    digest = hashlib.blake2b(json.dumps([*scalars, also]).encode("ascii"), digest_size=_SIZE)
    keys = iter(vectors.key_to_index)
    while some := [key_to_json(key) for key in islice(keys, _KEYS)]:
        digest.update(json.dumps(some).encode("ascii"))
    if vectors.counts is not None:
        digest.update(vectors.counts.astype("<i8").tobytes())
    for part in parts:
        if part is not None:
            digest.update(part.astype("<f4").tobytes())
    for _, block in blocks_of(vectors.vectors):
        digest.update(np.ascontiguousarray(block, dtype="<f4").data)
    return digest.hexdigest()


def check_digest(header: Mapping[str, Any], vectors: KeyedMatrix, *also: str) -> KeyedMatrix:
    """Return vectors if they match the digest in the header of their file, or if it has none.

    Files written by earlier versions have none.

    Raises
    ------
    FormatError
        If they do not match.

    Examples
    --------
    >>> check_digest({"digest": "0"}, KeyedMatrix(["a"], [[1.0]]))
    Traceback (most recent call last):
    tabemb.exceptions.FormatError: its content does not match its digest, so that it was damaged or changed ...
    """
    if "digest" in header and header["digest"] != digest_of(vectors, *also):
        raise FormatError(
            "its content does not match its digest, so that it was damaged or changed after it was written. "
            f"{_ADVICE} If the change is intended, remove the entry 'digest' from its header"
        )
    return vectors


def row_digests(keys: list[Any], counts: list[int | None], rows: npt.NDArray[np.float32]) -> list[str]:
    """Return a short digest of each row, ``x`` and 8 hexadecimal digits, which no spreadsheet takes for a number.

    Parameters
    ----------
    keys : list
        JSON values of the keys.
    counts : list of int or None
    rows : float32 array of shape (n, dim)

    Examples
    --------
    >>> row_digests(["a"], [7], np.ones((1, 2), np.float32))
    ['x...']
    """
    numbers = np.ascontiguousarray(rows, dtype="<f4")
    size = numbers.shape[1] * numbers.itemsize
    raw, found = memoryview(numbers.tobytes()), []
    for row, (key, count) in enumerate(zip(keys, counts, strict=True)):
        digest = hashlib.blake2b(json.dumps(key).encode("ascii"), digest_size=_ROW_SIZE)
        digest.update(struct.pack("<q", -1 if count is None else count))
        digest.update(raw[row * size : (row + 1) * size])
        found.append(f"x{digest.hexdigest()}")
    return found
