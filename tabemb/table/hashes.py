"""Hashes of typed keys: the same in every process, on every platform, and for every storage type of a column."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tabemb.table.cells import Coded
from tabemb.table.keys import Key, as_key, family, identity, key_to_json

__all__ = ["Hashes", "hash_keys", "hash_text", "hash_texts", "hash_values", "mixed", "ngram_hashes"]

Hashes: TypeAlias = npt.NDArray[np.uint64]

# Texts that are hashed at a time, to bound the memory.
CHUNK = 65_536
# What is hashed, so that a text and a number of the same bits have different hashes.
TEXT, INTEGER, FLOAT, RATIO, OTHER = (np.uint64(each << 56) for each in range(1, 6))
# Constants of SplitMix64 (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators").
GOLDEN, FIRST_FACTOR, SECOND_FACTOR = (
    np.uint64(each) for each in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
)
WITHIN_64_BITS = -(2**63), 2**63


def mixed(numbers: Hashes) -> Hashes:
    """Return a pseudorandom number for each number: the finalizer of SplitMix64.

    Examples
    --------
    >>> [hex(each) for each in mixed(np.array([0, 1], np.uint64)).tolist()]
    ['0xe220a8397b1dcdaf', '0x910a2dec89025cc1']
    """
    found = numbers + GOLDEN
    found ^= found >> np.uint64(30)
    found *= FIRST_FACTOR
    found ^= found >> np.uint64(27)
    found *= SECOND_FACTOR
    found ^= found >> np.uint64(31)
    return found


def hash_text(text: str) -> int:
    """Return the hash of one text.

    Examples
    --------
    >>> hex(hash_text("SFO"))
    '0x729d662b11d75600'
    """
    return int(_of_bytes([text.encode("utf-8", "surrogatepass")], TEXT)[0])


def hash_texts(texts: pa.Array) -> Hashes:
    """Return the hash of each text of an Arrow array of type large_string without nulls.

    The hash is the sum, mixed, of a pseudorandom number for each byte and its position (tabulation hashing).
    """
    parts = []
    for start in range(0, len(texts), CHUNK):
        part = texts.slice(start, CHUNK)
        offsets = np.frombuffer(part.buffers()[1], np.int64)[part.offset : part.offset + len(part) + 1]
        first, last = int(offsets[0]), int(offsets[-1])
        data = part.buffers()[2]
        content = np.frombuffer(data, np.uint8)[first:last] if data is not None else np.empty(0, np.uint8)
        parts.append(_of_segments(content, offsets - first, TEXT))
    return np.concatenate(parts) if parts else np.empty(0, np.uint64)


def hash_values(coded: Coded) -> Hashes:
    """Return the hash of each distinct value of a column.

    Two values have the same hash if they are the same category: 1 and 1.0 are, 1, "1" and True are not.

    Examples
    --------
    >>> from tabemb.table.cells import factorize, read_cells
    >>> one, same, other = (hash_values(factorize(read_cells([each])))[0] for each in (1, 1.0, "1"))
    >>> bool(one == same), bool(one == other)
    (True, False)
    """
    values = coded.values
    if isinstance(values, list):
        return hash_keys(values)
    if pa.types.is_large_string(values.type):
        return hash_texts(values)
    if pa.types.is_floating(values.type):
        return _of_floats(values.cast(pa.float64()).to_numpy())
    if pa.types.is_integer(values.type) and not (
        pa.types.is_uint64(values.type) and len(values) and pc.max(values).as_py() >= WITHIN_64_BITS[1]
    ):
        return _of_integers(values.cast(pa.int64()).to_numpy())
    return hash_keys(coded.keys)


def hash_keys(keys: Sequence[Key]) -> Hashes:
    """Return the hash of each typed key.

    Examples
    --------
    >>> hash_keys(["SFO", 1, True]).tolist()[0] == hash_text("SFO")
    True
    """
    found = np.empty(len(keys), np.uint64)
    groups: dict[Callable[[list[Any]], Hashes], list[int]] = {}
    for place, key in enumerate(keys):
        groups.setdefault(_way_of(key), []).append(place)
    for way, places in groups.items():
        found[places] = way([keys[place] for place in places])
    return found


def ngram_hashes(words: Sequence[str], shortest: int, longest: int) -> tuple[Hashes, npt.NDArray[np.int64]]:
    """Return the hashes of the n-grams of words and of the words themselves, and their number for each word.

    Parameters
    ----------
    words : sequence of str
        The words, of at least one character.
    shortest, longest : int
        Number of characters of the n-grams.

    Returns
    -------
    hashes : ndarray of uint64
        For each word in turn, its n-grams of each length, and the word itself if it has none of its own length.
    sizes : ndarray of int64 of shape (n_words,)

    Examples
    --------
    >>> hashes, sizes = ngram_hashes(["<ab>", "ab>"], 3, 5)
    >>> sizes.tolist(), bool(hashes[1] == hashes[3])
    ([3, 1], True)
    """
    lengths = np.fromiter(map(len, words), np.int64, len(words))
    points = np.frombuffer("".join(words).encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    starts, owners = np.cumsum(lengths) - lengths, np.repeat(np.arange(len(words)), lengths)
    within = np.arange(len(points)) - starts[owners]
    left = lengths[owners] - within
    owned, hashed = [], []
    sums = np.zeros(len(points), np.uint64)
    for n in range(1, longest + 1):
        # The character at position n - 1 of the n-gram that begins at each character.
        sums[: max(0, len(points) - n + 1)] += mixed((points[n - 1 :] << np.uint64(16)) | np.uint64(n))
        if n >= shortest:
            begins = np.flatnonzero(left >= n)
            owned.append(owners[begins])
            hashed.append(mixed(sums[begins] + np.uint64(n)))
    whole = np.flatnonzero((lengths > longest) | (lengths < shortest))
    terms = mixed((points << np.uint64(16)) | (within.astype(np.uint64) + np.uint64(1)))
    owned.append(whole)
    hashed.append(mixed(_segment_sums(terms, np.append(starts, len(points)))[whole] + lengths[whole].astype(np.uint64)))
    of_words = np.concatenate(owned)
    order = np.argsort(of_words, kind="stable")
    return np.concatenate(hashed)[order], np.bincount(of_words, minlength=len(words)).astype(np.int64)


def _way_of(key: Key) -> Callable[[list[Any]], Hashes]:
    kind = family(key)
    if kind == "text":
        return _of_strings
    return _of_numbers if kind == "number" else _of_others


def _of_strings(keys: list[str]) -> Hashes:
    return _of_bytes([key.encode("utf-8", "surrogatepass") for key in keys], TEXT)


def _of_numbers(keys: list[int | float | Decimal]) -> Hashes:
    return np.concatenate([_of_number(key) for key in keys])


def _of_number(key: int | float | Decimal) -> Hashes:
    if WITHIN_64_BITS[0] <= key < WITHIN_64_BITS[1] and key == int(key):
        return _of_integers(np.array([int(key)], np.int64))
    try:
        number = float(key)
    except OverflowError:
        number = np.inf
    if number == key:
        return _of_floats(np.array([number]))
    numerator, denominator = key.as_integer_ratio()
    return _of_bytes([f"{numerator:x}/{denominator:x}".encode()], RATIO)


def _of_integers(numbers: npt.NDArray[np.int64]) -> Hashes:
    return mixed(mixed(numbers.view(np.uint64)) ^ INTEGER)


def _of_floats(numbers: npt.NDArray[np.float64]) -> Hashes:
    # Whole numbers have the hash of the integer.
    whole = (numbers >= WITHIN_64_BITS[0]) & (numbers < WITHIN_64_BITS[1]) & (numbers == np.floor(numbers))
    found = mixed(mixed(np.ascontiguousarray(numbers).view(np.uint64)) ^ FLOAT)
    found[whole] = _of_integers(numbers[whole].astype(np.int64))
    return found


def _of_others(keys: list[Key]) -> Hashes:
    return _of_bytes([f"{family(key)}:{_written(key)}".encode("utf-8", "surrogatepass") for key in keys], OTHER)


def _written(key: Key) -> str:
    if isinstance(key, pd.Interval):
        # Bounds that are equal are written alike, whatever their type; those of bins may be infinite.
        bounds = [
            each if isinstance(each, float) and np.isinf(each) else as_key(each) for each in (key.left, key.right)
        ]
        left, right = (repr(each) if each in (-np.inf, np.inf) else hash_keys([each])[0] for each in bounds)
        return f"{left},{right},{key.closed}"
    if isinstance(key, datetime) and isinstance(in_utc := identity(key), datetime):
        key = in_utc
    return json.dumps(key_to_json(key))


def _of_bytes(texts: list[bytes], tag: np.uint64) -> Hashes:
    offsets = np.cumsum([0, *map(len, texts)])
    return _of_segments(np.frombuffer(b"".join(texts), np.uint8), offsets, tag)


def _of_segments(content: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64], tag: np.uint64) -> Hashes:
    """Return the hash of each segment of bytes."""
    lengths = np.diff(offsets)
    positions = np.arange(len(content)) - np.repeat(offsets[:-1], lengths)
    terms = mixed((positions.astype(np.uint64) << np.uint64(8)) | content | tag)
    return mixed(_segment_sums(terms, offsets) ^ (lengths.astype(np.uint64) | tag))


def _segment_sums(terms: Hashes, offsets: npt.NDArray[np.int64]) -> Hashes:
    # Differences of cumulative sums are exact, since both wrap around at 64 bits.
    totals = np.concatenate([np.zeros(1, np.uint64), np.cumsum(terms, dtype=np.uint64)])
    sums: Hashes = totals[offsets[1:]] - totals[offsets[:-1]]
    return sums
