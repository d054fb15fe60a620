"""Cells of text as a whole column: which are missing, and the numbers or dates that they hold if they are plain ones.

Plain numbers and dates are those that Arrow reads, and that hold no other characters. For columns of many distinct
texts, reading them is ten times faster than matching patterns text by text.
"""

import string
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["MISSING_WORDS", "TextCells", "has_leading_zero", "plain_dates", "plain_numbers", "share_that_begins_with"]

# Words that mark a missing cell among numbers, booleans and dates. Among texts they are categories, as "NA" is a
# country and "None" an answer.
MISSING_WORDS = frozenset(
    [
        "#N/A",
        "#NA",
        "-1.#IND",
        "-NaN",
        "-nan",
        "1.#IND",
        "1.#QNAN",
        "<NA>",
        "N/A",
        "NA",
        "NULL",
        "NaN",
        "NaT",
        "None",
        "n/a",
        "nan",
        "null",
    ]
)

# Bytes of which each word has at least one, and those that white space may consist of.
_OF_MISSING = b"Nn#" + string.whitespace.encode() + bytes([*range(0x1C, 0x20), *range(0x80, 0x100)])
_DIGITS = b"0123456789"
# Lengths of 2020-12-31, of that with 23:59 and with 23:59:59, and of the latter with 1 to 6 digits of a second.
_DATE_WIDTH = 10
_WIDTHS = frozenset({_DATE_WIDTH, 16, 19, *range(21, 27)})
# The first date of Python.
_FIRST_DAY = np.datetime64("0001-01-01", "us")


@dataclass(frozen=True, eq=False)
class TextCells:
    """The cells of a column of text.

    Parameters
    ----------
    raw : pyarrow.Array of large_string
        The cells as the file holds them; null is an empty cell.
    trimmed : pyarrow.Array of large_string
        Without surrounding white space.
    is_missing : pyarrow.Array of bool
        Which cells are empty or hold one of the words in ``MISSING_WORDS``.
    """

    raw: pa.Array
    trimmed: pa.Array
    is_missing: pa.Array

    @classmethod
    def of(cls, texts: "pd.Series[Any]") -> "TextCells":
        """Return the cells of a column.

        Examples
        --------
        >>> TextCells.of(pd.Series([" 12", "NA", None])).present.to_pylist()
        ['12']
        """
        raw = pa.array(texts, pa.large_string(), from_pandas=True)
        if isinstance(raw, pa.ChunkedArray):
            raw = raw.combine_chunks()
        # The first cells show in most columns that the others need not be looked at.
        for cells in (raw.slice(0, 64), raw):
            plain = cls(cells, cells, cells.is_null())
            has_empty = pc.min(pc.binary_length(cells)).as_py() == 0
            if has_empty or len(plain.others.translate(None, _OF_MISSING)) < len(plain.others):
                break
        else:
            return plain
        trimmed = pc.utf8_trim_whitespace(raw)
        words = pa.array([None, "", *sorted(MISSING_WORDS)], trimmed.type)
        return cls(raw, trimmed, pc.is_in(trimmed, value_set=words))

    @cached_property
    def cells(self) -> pa.Array:
        """The trimmed cells; null if missing."""
        if not pc.any(self.is_missing, min_count=0).as_py():
            return self.trimmed
        return pc.if_else(self.is_missing, pa.scalar(None, self.trimmed.type), self.trimmed)

    @cached_property
    def present(self) -> pa.Array:
        """The trimmed cells that are not missing."""
        return self.cells.drop_null() if self.cells.null_count else self.cells

    @cached_property
    def others(self) -> bytes:
        """The bytes of the present cells that are neither digits nor hyphens."""
        return _buffers(self.present)[0].tobytes().translate(None, _DIGITS + b"-")

    def counts_of_words(self) -> list[tuple[str, int]]:
        """Return the words that mark a missing cell, trimmed, with the number of cells that hold them.

        Examples
        --------
        >>> TextCells.of(pd.Series(["NA", "x", "NA", ""])).counts_of_words()
        [('NA', 2)]
        """
        if not pc.any(self.is_missing, min_count=0).as_py():
            return []
        counted = self.raw.filter(self.is_missing).drop_null().value_counts()
        words = pc.utf8_trim_whitespace(counted.field("values")).to_pylist()
        return [(word, count) for word, count in zip(words, counted.field("counts").to_pylist(), strict=True) if word]


def plain_numbers(column: TextCells) -> pa.Array | None:
    """Return the numbers of a column, int64 if all are integers, otherwise float64; None if there are other texts.

    Parameters
    ----------
    column : TextCells
        Notations that Arrow lacks, such as ``+1`` and ``1.``, and integers beyond 64 bits, are other texts here.

    Examples
    --------
    >>> plain_numbers(TextCells.of(pd.Series(["12", "NA"]))).to_pylist()
    [12, None]
    >>> plain_numbers(TextCells.of(pd.Series(["12", "0x1F"]))) is None
    True
    """
    others = column.others
    if others.translate(None, b".eE+") or (others and not others.strip(b"+")):
        return None
    try:
        return column.cells.cast(pa.float64() if others else pa.int64())
    except pa.ArrowInvalid:
        return None


def has_leading_zero(present: pa.Array) -> bool:
    """Return whether one of the texts, none of which is empty, has a zero before another digit, such as ``-07``.

    Examples
    --------
    >>> has_leading_zero(pa.array(["0.7", "-07"], pa.large_string())), has_leading_zero(pa.array(["0", "70"]))
    (True, False)
    """
    data, ends = _buffers(present)
    last = ends[1:] - 1
    first = data[ends[:-1]]
    zero = np.minimum(ends[:-1] + ((first == ord("-")) | (first == ord("+"))), last)
    follows = data[np.minimum(zero + 1, last)]
    return bool(((data[zero] == ord("0")) & (zero < last) & (follows >= ord("0")) & (follows <= ord("9"))).any())


def share_that_begins_with(present: pa.Array, characters: bytes) -> float:
    """Return the share of texts, none of which is empty, whose first byte is one of these.

    Examples
    --------
    >>> share_that_begins_with(pa.array(["1a", "b2"]), b"0123456789")
    0.5
    """
    data, ends = _buffers(present)
    counts = np.bincount(data[ends[:-1]], minlength=256)
    return float(counts[list(characters)].sum() / len(present))


def plain_dates(column: TextCells) -> tuple["pd.Series[Any]", bool] | None:
    """Return the dates of a column whose texts have one length, and whether they have a time of day.

    Parameters
    ----------
    column : TextCells
        Texts such as ``2020-12-31``, all with a time of day or none. With others, such as those with a time zone, the
        result is None.

    Examples
    --------
    >>> dates, has_time = plain_dates(TextCells.of(pd.Series(["2020-12-31", "NA"])))
    >>> dates.dt.year.tolist(), has_time
    ([2020.0, nan], False)
    """
    width = pc.min_max(pc.binary_length(column.present)).as_py()
    if width["min"] != width["max"] or width["min"] not in _WIDTHS:
        return None
    if column.others.translate(None, b":. T"):
        return None
    try:
        found = column.cells.cast(pa.timestamp("us")).to_numpy(zero_copy_only=False, writable=True)
    except pa.ArrowInvalid:
        return None
    if (found < _FIRST_DAY).any():
        return None
    return pd.Series(found), width["min"] > _DATE_WIDTH


def _buffers(present: pa.Array) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Return the bytes of all texts of an array without nulls, and where each begins and the last ends."""
    present = present.cast(pa.large_string())
    _, ends, data = present.buffers()
    if data is None or not len(present):
        return np.empty(0, np.uint8), np.zeros(len(present) + 1, np.int64)
    places = np.frombuffer(ends, np.int64)[present.offset : present.offset + len(present) + 1]
    return np.frombuffer(data, np.uint8)[places[0] : places[-1]], places - places[0]
