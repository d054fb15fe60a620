"""word2vec, as text and binary, and GloVe: each category is one word followed by its numbers.

gensim and many others read these formats, and files of other programs (word2vec, fastText, GloVe) can be read.
:mod:`~tabemb.vectors.formats.words` converts between keys and words. Counts are not stored; the name is that of the
file.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np

from tabemb.exceptions import DataError, FormatError
from tabemb.vectors.formats.base import FORMATS
from tabemb.vectors.formats.limits import MOST_DIMS
from tabemb.vectors.formats.word_files import Vector, WordFormat, WordLines, WordRows
from tabemb.vectors.formats.words import lines_of, rows_of
from tabemb.vectors.keyed_matrix import KeyedMatrix

__all__ = ["Glove", "Word2Vec", "Word2VecBinary"]

_PORTION = 2**18
# A limit beyond any real file, so that a wrong first line does not allocate memory.
_LONGEST_WORD = 2**20
_FLOAT = np.dtype("<f4")


@FORMATS.register("word2vec")
class Word2Vec(WordFormat):
    """word2vec text: one line per category, after a first line with the numbers of lines and dimensions.

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
    """word2vec binary: smaller and faster than text. Each word is followed by a space and float32 numbers.

    Mikolov et al. (2013), "Distributed representations of words and phrases and their compositionality". gensim reads
    and writes such files with ``binary=True``.

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
    """The words of an open file of word2vec binary."""

    where = "byte"

    def __iter__(self) -> Iterator[tuple[int, bytes, bytes]]:
        first = self._file.readline(64)
        fields = first.split()
        if len(fields) != 2 or not first.endswith(b"\n") or not all(field.isdigit() for field in fields):
            raise FormatError(
                f"{self._path}, line 1: expected the numbers of keys and dimensions, got {first[:40]!r}. Read "
                "word2vec text with format='word2vec'."
            )
        n_words, self.dim = map(int, fields)
        if not 1 <= self.dim <= MOST_DIMS:
            raise FormatError(f"{self._path}, line 1: expected 1 to {MOST_DIMS:,} dimensions, got {self.dim}.")
        size = self.dim * _FLOAT.itemsize
        # Bytes read but not yet parsed, the position in them, and their offset in the file.
        held, at, start = b"", 0, len(first)
        for number in range(n_words):
            while (end := held.find(b" ", at)) < 0 or len(held) < end + 1 + size:
                if end < 0 and len(held) - at > _LONGEST_WORD:
                    raise self.error(start + at, "expected a word and a space, got none.")
                more = self._file.read(max(_PORTION, size))
                if not more:
                    raise self.error(
                        start + at,
                        f"expected key {number + 1} of {n_words} with {self.dim} numbers, as line 1 states, got the "
                        f"last {len(held) - at} bytes. The file may be truncated.",
                    )
                held, start, at = held[at:] + more, start + at, 0
            # Some programs write a line break after each key's numbers.
            yield start + at, held[at:end].lstrip(b"\n"), held[end + 1 : end + 1 + size]
            at = end + 1 + size
        rest = held[at:] + self._file.read(_PORTION)
        if rest.strip(b"\n"):
            raise self.error(start + at, f"expected the end after {n_words} keys, as line 1 states, got more.")

    def numbers(self, place: int, raw: bytes) -> Vector:
        """Return the numbers of a word."""
        vector: Vector = np.frombuffer(raw, _FLOAT).astype(np.float32)
        if not np.isfinite(vector).all():
            bad = vector[~np.isfinite(vector)][0]
            raise self.error(place, f"expected finite float32 numbers, got {bad}.")
        return vector


@FORMATS.register("glove")
class Glove(WordFormat):
    """GloVe text: word2vec text without the first line, so a file truncated at the end of a line is not noticed.

    Pennington, Socher & Manning (2014), "GloVe: global vectors for word representation". gensim reads the file with
    ``no_header=True``. GloVe's own files have the suffix ``.txt``; the format ``word2vec`` reads them too.

    Examples
    --------
    >>> Glove.suffixes
    ('.glove',)
    """

    suffixes = (".glove",)

    def _write(self, vectors: KeyedMatrix, path: Path) -> None:
        rows = rows_of(vectors)
        if not rows:
            raise DataError("GloVe text requires at least one vector, got none. Save to .parquet or .txt.")
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(lines_of(rows))

    def _rows(self, path: Path, file: IO[bytes]) -> WordRows:
        return WordLines(path, file, header=False)
