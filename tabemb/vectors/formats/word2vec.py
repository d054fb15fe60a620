"""word2vec text: one category a line, its key as one word, then its numbers; gensim and many others read it.

The first line says how many lines and numbers there are. How a key becomes a word, :mod:`~tabemb.vectors.formats.words`
says. Counts are not kept, and the name is that of the file.

Files of other programs (word2vec, fastText, GloVe, which has no first line) are read as well.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np

from tabemb.exceptions import DataError, FormatError
from tabemb.vectors.formats.base import FORMATS
from tabemb.vectors.formats.word_files import Vector, WordFormat, WordLines, WordRows
from tabemb.vectors.formats.words import lines_of, rows_of
from tabemb.vectors.keyed_matrix import KeyedMatrix

__all__ = ["Glove", "Word2Vec", "Word2VecBinary"]

_PORTION = 2**18
# What no file has: so a wrong first line asks for no memory.
_LONGEST_WORD, _MOST_NUMBERS = 2**20, 2**20
_FLOAT = np.dtype("<f4")


@FORMATS.register("word2vec")
class Word2Vec(WordFormat):
    """One line a category; keys and numbers come back exactly, counts do not.

    Examples
    --------
    >>> Word2Vec.suffixes
    ('.txt', '.vec', '.w2v')
    """

    suffixes = (".txt", ".vec", ".w2v")

    def _write(self, vectors: KeyedMatrix, path: Path) -> None:
        rows = rows_of(vectors)
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.write(f"{len(rows)} {vectors.dim}\n")
            file.writelines(lines_of(rows))

    def _rows(self, path: Path, file: IO[bytes]) -> WordRows:
        return WordLines(path, file, header=True)


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

    def _write(self, vectors: KeyedMatrix, path: Path) -> None:
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


@FORMATS.register("glove")
class Glove(WordFormat):
    """As ``word2vec``, without its first line; so a file that was cut at the end of a line cannot be told.

    Pennington, Socher & Manning 2014, "GloVe: global vectors for word representation". gensim opens the file with
    ``no_header=True``. GloVe's own files go by ``.txt``, and are read by the format ``word2vec`` too.

    Examples
    --------
    >>> Glove.suffixes
    ('.glove',)
    """

    suffixes = (".glove",)

    def _write(self, vectors: KeyedMatrix, path: Path) -> None:
        rows = rows_of(vectors)
        if not rows:
            raise DataError("GloVe text holds one vector or more, and here is none. Save to .parquet or .txt.")
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(lines_of(rows))

    def _rows(self, path: Path, file: IO[bytes]) -> WordRows:
        return WordLines(path, file, header=False)
