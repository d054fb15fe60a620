"""word2vec's binary file: a first line of text, then each key as one word, a blank, and its numbers as float32."""

from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np

from tabemb.exceptions import FormatError
from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.formats.base import FORMATS
from tabemb.vectors.formats.word_rows import Vector, WordFormat, WordRows
from tabemb.vectors.formats.words import rows_of

__all__ = ["Word2VecBinary"]

_PORTION = 2**18
# What no file has: so a wrong first line asks for no memory.
_LONGEST_WORD, _MOST_NUMBERS = 2**20, 2**20
_FLOAT = np.dtype("<f4")


@FORMATS.register("word2vec_binary")
class Word2VecBinary(WordFormat):
    """As ``word2vec``, in a fraction of the bytes and of the time; numbers come back to the last bit.

    Mikolov et al. 2013, "Distributed representations of words and phrases and their compositionality". gensim opens
    the file with ``binary=True``, and writes such files.

    Examples
    --------
    >>> Word2VecBinary.suffixes
    ('.bin',)
    """

    suffixes = (".bin",)

    def _write(self, vectors: CategoryVectors, path: Path) -> None:
        rows = rows_of(vectors)
        with path.open("wb") as file:
            file.write(f"{len(rows)} {vectors.dim}\n".encode())
            file.writelines(word.encode() + b" " + row.astype(_FLOAT).tobytes() for word, row in rows)

    def _rows(self, path: Path, file: IO[bytes]) -> WordRows:
        return _BinaryRows(path, file)


class _BinaryRows(WordRows):
    where = "byte"

    def __iter__(self) -> Iterator[tuple[int, bytes, bytes]]:
        first = self._file.readline(64)
        fields = first.split()
        if len(fields) != 2 or not first.endswith(b"\n") or not all(field.isdigit() for field in fields):
            raise FormatError(
                f"{self._path}, line 1: expected how many keys and numbers there are, got {first[:40]!r}. word2vec's "
                "own text is read by format='word2vec'."
            )
        n_words, self.dim = map(int, fields)
        if not 1 <= self.dim <= _MOST_NUMBERS:
            raise FormatError(f"{self._path}, line 1: expected 1 to {_MOST_NUMBERS:,} numbers a key, got {self.dim}.")
        size = self.dim * _FLOAT.itemsize
        # What was read and not yet taken, and where in the file it begins.
        held, at, start = b"", 0, len(first)
        for number in range(n_words):
            while (end := held.find(b" ", at)) < 0 or len(held) < end + 1 + size:
                if end < 0 and len(held) - at > _LONGEST_WORD:
                    raise self.error(start + at, "expected a word and a blank, got none.")
                more = self._file.read(max(_PORTION, size))
                if not more:
                    raise self.error(
                        start + at,
                        f"expected key {number + 1} of the {n_words} that line 1 says, with {self.dim} numbers, got "
                        f"the last {len(held) - at} bytes. The file may have been cut short.",
                    )
                held, start, at = held[at:] + more, start + at, 0
            # Some programs end each key's numbers with a line break, others do not.
            yield start + at, held[at:end].lstrip(b"\n"), held[end + 1 : end + 1 + size]
            at = end + 1 + size
        rest = held[at:] + self._file.read(_PORTION)
        if rest.strip(b"\n"):
            raise self.error(start + at, f"expected the end after the {n_words} keys that line 1 says, got more.")

    def numbers(self, place: int, raw: bytes) -> Vector:
        """Return the numbers behind a word."""
        vector: Vector = np.frombuffer(raw, _FLOAT).astype(np.float32)
        if not np.isfinite(vector).all():
            bad = vector[~np.isfinite(vector)][0]
            raise self.error(place, f"expected finite float32 numbers, got {bad}.")
        return vector
