"""The lines of a text of vectors: a word, then its numbers."""

from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np

from tabemb.exceptions import FormatError
from tabemb.vectors.formats.word_rows import Vector, WordRows

__all__ = ["WordLines"]

# A longer line is no text of vectors, but a binary file: it is not read to its end.
LONGEST = 2**22


class WordLines(WordRows):
    """One line a word.

    Without a first line that says how many there are, the first word tells how many numbers a word has; of a line with
    more fields the last are the numbers, where none before them is one (``glove.840B`` has words such as ``. . .``).
    Lines whose numbers are not asked for are only held to the number of their fields.

    Parameters
    ----------
    path : Path
        For error messages.
    file : binary file
        Read once, line by line.
    header : bool
        Whether a first line of two numbers says how many words and numbers there are.
    """

    where = "line"

    def __init__(self, path: Path, file: IO[bytes], *, header: bool) -> None:
        super().__init__(path, file)
        self._header = header
        self._promised: int | None = None

    def __iter__(self) -> Iterator[tuple[int, bytes, bytes]]:
        line = n_words = blank = 0
        raw = last = b""
        while raw := self._file.readline(LONGEST):
            line, last = line + 1, raw
            if line == 1 and self._header and (said := _said(raw)):
                self._promised, self.dim = said
                continue
            if len(raw) == LONGEST and not raw.endswith(b"\n"):
                raise self.error(
                    line, f"expected {self._expected}, got more than {LONGEST:,} bytes without a line break."
                )
            word, _, rest = raw.partition(b" ")
            # Most lines are plainly whole, and need not be cut into fields.
            if blank or not word or b"\t" in word or not self.dim or _n_fields(rest) != self.dim:
                fields = raw.split()
                if not fields:
                    blank = blank or line
                    continue
                word, rest = self._cut(line, fields, blank)
            n_words += 1
            yield line, word, rest
        self._check_end(line, n_words, last)

    def numbers(self, place: int, raw: bytes) -> Vector:
        """Return the numbers of a line."""
        fields = raw.split()
        if len(fields) != self.dim:
            raise self.error(place, f"expected {self._expected}, got {len(fields) + 1} fields.")
        try:
            with np.errstate(over="ignore"):
                vector = np.array([float(field) for field in fields]).astype(np.float32)
        except ValueError as error:
            raise self.error(place, f"expected {self.dim} numbers after the key; {error}.") from error
        if not np.isfinite(vector).all():
            bad = fields[int(np.flatnonzero(~np.isfinite(vector))[0])].decode("ascii", "replace")
            raise self.error(place, f"expected finite float32 numbers, got {bad}.")
        return vector

    def _cut(self, line: int, fields: list[bytes], blank: int) -> tuple[bytes, bytes]:
        """Return the word and the numbers of a line that is not plainly whole."""
        self.dim = self.dim or len(fields) - 1
        end = len(fields) - self.dim
        spaced = self._promised is None and end > 1 and not any(map(_is_number, fields[1:end]))
        if blank or self.dim < 1 or not (end == 1 or spaced):
            got = "a blank line" if blank else f"{len(fields)} fields"
            raise self.error(blank or line, f"expected {self._expected}, got {got}.")
        return b" ".join(fields[:end]), b" ".join(fields[end:])

    @property
    def _expected(self) -> str:
        said = " as line 1 says" if self._promised is not None else ""
        return f"a key and {self.dim or 'its'} numbers{said}"

    def _check_end(self, line: int, n_words: int, last: bytes) -> None:
        if self._promised is None and not n_words:
            raise FormatError(f"{self._path}: expected word2vec or GloVe text, got an empty file.")
        if self._promised is not None and n_words != self._promised:
            cut = " The file may have been cut short." if n_words < self._promised else ""
            raise self.error(1, f"expected as many keys as it says, {self._promised}, got {n_words}.{cut}")
        if self._promised is None and not last.endswith(b"\n"):
            raise self.error(
                line, "expected a line break at the end; the file may have been cut short. If it is whole, add one."
            )


def _said(raw: bytes) -> tuple[int, int] | None:
    """Return what a first line says: how many words, how many numbers each."""
    fields = raw.split()
    if len(fields) == 2 and all(field.isdigit() for field in fields):
        return int(fields[0]), int(fields[1])
    return None


def _n_fields(rest: bytes) -> int:
    """Return how many numbers stand in what follows a word; those of word2vec itself end in a blank."""
    return rest.count(b" ") + (not rest.endswith(b" \n"))


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True
