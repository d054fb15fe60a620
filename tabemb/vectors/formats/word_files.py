"""Files of words and numbers, read once, keeping only the selected words in memory."""

import gzip
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import IO, Any, ClassVar, cast

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import FormatError, OutputError
from tabemb.table.keys import identity
from tabemb.vectors.formats.base import Format
from tabemb.vectors.formats.limits import MOST_DIMS, check_content
from tabemb.vectors.formats.words import MISSING, UNKNOWN, key_of
from tabemb.vectors.keyed_matrix import KeyedMatrix

__all__ = ["Vector", "WordFormat", "WordLines", "WordRows"]

Vector = npt.NDArray[np.float32]

_GZIP = b"\x1f\x8b"
# Byte-order marks, which Notepad and PowerShell write: UTF-8's is skipped.
_MARK, _OTHER_MARKS = b"\xef\xbb\xbf", (b"\xff\xfe", b"\xfe\xff")
# A longer line indicates a binary file and is not read completely.
LONGEST = 2**22
# Blank lines at the end. An archive of nothing else takes minutes to read.
_MOST_BLANK = 1000
# Words between two checks of how much a compressed file has expanded to.
_CHECKED = 1024


class WordRows(ABC):
    """The words of an open file, in their order; numbers are parsed only on request.

    Attributes
    ----------
    where : str
        Unit of a position, for error messages: ``"line"`` or ``"byte"``.
    dim : int
        Numbers per word; known after the first word or at the end of the file.
    """

    where: ClassVar[str]
    dim: int = 0

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self._path, self._file = path, file

    @abstractmethod
    def __iter__(self) -> Iterator[tuple[int, bytes, bytes]]:
        """Yield position, word and the bytes that :meth:`numbers` parses; raise an error if words are missing."""

    @abstractmethod
    def numbers(self, place: int, raw: bytes) -> Vector:
        """Return the numbers of a word, of shape (dim,), all finite."""

    def error(self, place: int, message: str) -> FormatError:
        """Return the error for a position in the file."""
        return FormatError(f"{self._path}, {self.where} {place}: {message}")

    def repeated(self, place: int, key: Any, first: int) -> FormatError:
        """Return the error for a repeated key."""
        return self.error(place, f"expected each key once, got {key!r} as in {self.where} {first}.")


class WordFormat(Format):
    """A format of words, each followed by its numbers. Reads gzip files too."""

    def write(self, vectors: KeyedMatrix, path: Any) -> None:
        """Write vectors to a file atomically.

        Raises
        ------
        OutputError
            If the file cannot be written, or its name ends in ``.gz``.
        """
        if Path(path).suffix.lower() == ".gz":
            raise OutputError(
                f"Cannot write {path}: compressed files can be read, but not written. Save to {Path(path).stem} and "
                "compress it with gzip."
            )
        super().write(vectors, path)

    @abstractmethod
    def _rows(self, path: Path, file: IO[bytes]) -> WordRows: ...

    def _read(self, path: Path) -> KeyedMatrix:
        return self._read_words(path, None)

    def _select(self, path: Path, wanted: Callable[[Any], bool]) -> KeyedMatrix:
        return self._read_words(path, wanted)

    def _read_words(self, path: Path, wanted: Callable[[Any], bool] | None) -> KeyedMatrix:
        keys: list[Any] = []
        places: dict[Any, int] = {}
        special: dict[str, tuple[int, Vector]] = {}
        numbers = bytearray()
        kept = 0
        with _opened(path) as (file, compressed):
            rows = self._rows(path, file)
            for place, word, raw in rows:
                try:
                    text = word.decode()
                except UnicodeDecodeError as error:
                    if wanted is not None:
                        continue
                    raise rows.error(place, f"expected a key in UTF-8, got the bytes {word[:40]!r}.") from error
                if text in (UNKNOWN, MISSING):
                    if text in special:
                        raise rows.repeated(place, text, special[text][0])
                    special[text] = place, rows.numbers(place, raw)
                    continue
                key = key_of(text)
                if wanted is not None and not wanted(key):
                    continue
                first = places.setdefault(identity(key), place)
                if first != place:
                    raise rows.repeated(place, key, first)
                keys.append(key)
                numbers += rows.numbers(place, raw).tobytes()
                kept += len(raw) + len(word)
                if compressed and len(keys) % _CHECKED == 0:
                    check_content(path, kept)
        return KeyedMatrix(
            keys,
            np.frombuffer(numbers, np.float32).reshape(len(keys), max(1, rows.dim)),
            name=path.name.removesuffix(".gz").rpartition(".")[0] or path.stem,
            unknown=special[UNKNOWN][1] if UNKNOWN in special else None,
            missing=special[MISSING][1] if MISSING in special else None,
        )


@contextmanager
def _opened(path: Path) -> Iterator[tuple[IO[bytes], bool]]:
    """Open a file, or the content of a gzip file, which its first bytes identify; yield also which of the two it is.

    A byte-order mark of UTF-8 is skipped.
    """
    with path.open("rb") as file:
        compressed = file.read(len(_GZIP)) == _GZIP
    try:
        with gzip.open(path) if compressed else path.open("rb", buffering=2**20) as file:
            opened = cast(BufferedReader, file)
            first = opened.peek(len(_MARK))
            if first.startswith(_OTHER_MARKS):
                raise FormatError(f"{path}: expected text in UTF-8, got UTF-16. Save the file again as UTF-8.")
            if first.startswith(_MARK):
                opened.read(len(_MARK))
            yield opened, compressed
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FormatError(f"{path}: expected a complete gzip file ({error}). It may be truncated.") from error


class WordLines(WordRows):
    """Text with one line per word.

    If no first line states the shape, the first word determines the number of dimensions. In a line with more fields
    the last are the numbers, unless one before them is a number (``glove.840B`` has words such as ``. . .``). For lines
    whose numbers are not requested, only the number of fields is checked.

    Parameters
    ----------
    path : Path
        For error messages.
    file : binary file
        Read once, by lines.
    header : bool
        Whether a first line of two numbers is the shape.
    """

    where = "line"

    def __init__(self, path: Path, file: IO[bytes], *, header: bool) -> None:
        super().__init__(path, file)
        self._header = header
        self._stated: int | None = None

    def __iter__(self) -> Iterator[tuple[int, bytes, bytes]]:
        line = n_words = blank = 0
        raw = last = b""
        while raw := self._file.readline(LONGEST):
            line, last = line + 1, raw
            if line == 1 and self._header and (sizes := _sizes_in(raw)):
                self._stated, self.dim = sizes
                if self.dim > MOST_DIMS:
                    raise self.error(line, f"expected at most {MOST_DIMS:,} dimensions, got {self.dim}.")
                continue
            if len(raw) == LONGEST and not raw.endswith(b"\n"):
                raise self.error(
                    line, f"expected {self._expected}, got more than {LONGEST:,} bytes without a line break."
                )
            word, _, rest = raw.partition(b" ")
            # Most lines are complete and need not be split into fields.
            if blank or not word or b"\t" in word or not self.dim or _n_fields(rest) != self.dim:
                fields = raw.split()
                if not fields:
                    blank = blank or line
                    if line - blank > _MOST_BLANK:
                        raise self.error(blank, f"expected {self._expected}, got more than {_MOST_BLANK} blank lines.")
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
        """Return the word and the numbers of a line by splitting it into fields."""
        self.dim = self.dim or len(fields) - 1
        end = len(fields) - self.dim
        spaced = self._stated is None and end > 1 and not any(map(_is_number, fields[1:end]))
        if blank or self.dim < 1 or not (end == 1 or spaced):
            got = "a blank line" if blank else f"{len(fields)} fields"
            raise self.error(blank or line, f"expected {self._expected}, got {got}.")
        return b" ".join(fields[:end]), b" ".join(fields[end:])

    @property
    def _expected(self) -> str:
        source = " as line 1 states" if self._stated is not None else ""
        return f"a key and {self.dim or 'its'} numbers{source}"

    def _check_end(self, line: int, n_words: int, last: bytes) -> None:
        if self._stated is None and not n_words:
            raise FormatError(f"{self._path}: expected word2vec or GloVe text, got an empty file.")
        if self._stated is not None and n_words != self._stated:
            cut = " The file may be truncated." if n_words < self._stated else ""
            raise self.error(1, f"expected {self._stated} keys as stated, got {n_words}.{cut}")
        if self._stated is None and not last.endswith(b"\n"):
            raise self.error(
                line, "expected a line break at the end; the file may be truncated. If it is complete, add one."
            )


def _sizes_in(raw: bytes) -> tuple[int, int] | None:
    """Return the number of words and of dimensions from a first line, if it has them."""
    fields = raw.split()
    if len(fields) == 2 and all(field.isdigit() and len(field) < 1000 for field in fields):
        return int(fields[0]), int(fields[1])
    return None


def _n_fields(rest: bytes) -> int:
    """Return the number of fields after a word; lines of word2vec itself end with a space."""
    return rest.count(b" ") + (not rest.endswith(b" \n"))


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True
