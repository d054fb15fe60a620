"""Files of words and numbers, read once from front to back: only what is wanted is kept."""

import gzip
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, ClassVar, cast

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import FormatError, OutputError
from tabemb.table.keys import identity
from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.formats.base import Format
from tabemb.vectors.formats.words import MISSING, UNKNOWN, key_of

__all__ = ["Vector", "WordFormat", "WordRows"]

Vector = npt.NDArray[np.float32]

_GZIP = b"\x1f\x8b"


class WordRows(ABC):
    """The words of an open file in their order, each with numbers that are read only when they are asked for.

    Attributes
    ----------
    where : str
        What a place is counted in, for error messages: ``"line"``, ``"byte"``.
    dim : int
        Numbers a word; known with the first word, and at the end of the file in any case.
    """

    where: ClassVar[str]
    dim: int = 0

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self._path, self._file = path, file

    @abstractmethod
    def __iter__(self) -> Iterator[tuple[int, bytes, bytes]]:
        """Yield the place, the word and what :meth:`numbers` reads; raise at the end where rows are lacking."""

    @abstractmethod
    def numbers(self, place: int, raw: bytes) -> Vector:
        """Return the numbers of a word, of shape (dim,), all finite."""

    def error(self, place: int, message: str) -> FormatError:
        """Return the error for a place in the file."""
        return FormatError(f"{self._path}, {self.where} {place}: {message}")

    def doubled(self, place: int, key: Any, first: int) -> FormatError:
        """Return the error for a key that came before."""
        return self.error(place, f"expected each key once, got {key!r} as in {self.where} {first}.")


class WordFormat(Format):
    """A format that holds a word and its numbers, one category after the other; gzip is read as it is."""

    def write(self, vectors: CategoryVectors, path: Any) -> None:
        """Write vectors to a file, whole or not at all.

        Raises
        ------
        OutputError
            When the file cannot be written, or should be compressed.
        """
        if Path(path).suffix.lower() == ".gz":
            raise OutputError(
                f"Cannot write {path}: compressed files are read, and not written. Save to {Path(path).stem}, and "
                "compress it with gzip."
            )
        super().write(vectors, path)

    @abstractmethod
    def _rows(self, path: Path, file: IO[bytes]) -> WordRows: ...

    def _read(self, path: Path) -> CategoryVectors:
        return self._kept(path, None)

    def _select(self, path: Path, wanted: Callable[[Any], bool]) -> CategoryVectors:
        return self._kept(path, wanted)

    def _kept(self, path: Path, wanted: Callable[[Any], bool] | None) -> CategoryVectors:
        keys: list[Any] = []
        places: dict[Any, int] = {}
        special: dict[str, tuple[int, Vector]] = {}
        numbers = bytearray()
        with _opened(path) as file:
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
                        raise rows.doubled(place, text, special[text][0])
                    special[text] = place, rows.numbers(place, raw)
                    continue
                key = key_of(text)
                if wanted is not None and not wanted(key):
                    continue
                first = places.setdefault(identity(key), place)
                if first != place:
                    raise rows.doubled(place, key, first)
                keys.append(key)
                numbers += rows.numbers(place, raw).tobytes()
        return CategoryVectors(
            keys,
            np.frombuffer(numbers, np.float32).reshape(len(keys), max(1, rows.dim)),
            name=path.name.removesuffix(".gz").rpartition(".")[0] or path.stem,
            **{
                name: special[word][1] for word, name in ((UNKNOWN, "unknown"), (MISSING, "missing")) if word in special
            },
        )


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file, or what a file of gzip holds; what is compressed is told by its first bytes."""
    with path.open("rb") as file:
        compressed = file.read(len(_GZIP)) == _GZIP
    try:
        with cast(IO[bytes], gzip.open(path)) if compressed else path.open("rb", buffering=2**20) as opened:
            yield opened
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FormatError(f"{path}: expected a whole file of gzip ({error}). It may have been cut short.") from error
