"""What a file format of vectors is, and which there are.

A new format is one file here: a subclass of :class:`Format`, registered, and imported in ``__init__``.
"""

import os
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from os import PathLike
from pathlib import Path
from typing import Any, ClassVar

from tabemb.exceptions import FormatError, OutputError, UnknownNameError, did_you_mean
from tabemb.registry import Registry
from tabemb.vectors.category_vectors import CategoryVectors

__all__ = ["FORMATS", "Format", "find_format"]


class Format(ABC):
    """A way to write vectors to one file and to read them again."""

    suffixes: ClassVar[tuple[str, ...]]

    def write(self, vectors: CategoryVectors, path: str | PathLike[str]) -> None:
        """Write vectors to a file, whole or not at all.

        Raises
        ------
        OutputError
            When the file cannot be written.
        """
        with _replacing(Path(path)) as draft:
            self._write(vectors, draft)

    def read(self, path: str | PathLike[str]) -> CategoryVectors:
        """Read vectors from a file.

        Raises
        ------
        FormatError
            When there is no such file, or it is not what it claims to be.
        """
        with _readable(Path(path)) as path:
            return self._read(path)

    def select(self, path: str | PathLike[str], wanted: Callable[[Any], bool]) -> CategoryVectors:
        """Read the vectors of some categories only.

        Formats of words read their file once and hold no more in memory than what is kept.

        Parameters
        ----------
        path : str or path
        wanted : callable
            Says of a key whether it is kept.

        Raises
        ------
        FormatError
            As for :meth:`read`; what is not kept may be looked at less closely.

        Examples
        --------
        >>> import tempfile, pathlib
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "words.txt")
        ...     CategoryVectors(["nurse", "the", "pilot"], [[1.0], [2.0], [3.0]]).save(path)
        ...     find_format(path).select(path, {"nurse", "pilot"}.__contains__).keys
        ['nurse', 'pilot']
        """
        with _readable(Path(path)) as path:
            return self._select(path, wanted)

    @abstractmethod
    def _write(self, vectors: CategoryVectors, path: Path) -> None: ...

    @abstractmethod
    def _read(self, path: Path) -> CategoryVectors: ...

    def _select(self, path: Path, wanted: Callable[[Any], bool]) -> CategoryVectors:
        vectors = self._read(path)
        rows = [row for row, key in enumerate(vectors) if wanted(key)]
        keys = vectors.index_to_key
        return CategoryVectors(
            [keys[row] for row in rows],
            vectors.vectors[rows],
            None if vectors.counts is None else vectors.counts[rows],
            name=vectors.name,
            unknown=vectors.unknown,
            missing=vectors.missing,
        )


FORMATS: Registry[Format] = Registry("format")


def find_format(path: str | PathLike[str], name: str | None = None) -> Format:
    """Return the format of that name, or the one that goes by the file's suffix; ``.gz`` behind it is no matter.

    Parameters
    ----------
    path : str or path
    name : str, optional
        A registered name; without it the suffix of the path decides.

    Raises
    ------
    UnknownNameError
        When there is none; all are listed.

    Examples
    --------
    >>> find_format("dest.parquet").suffixes
    ('.parquet',)
    """
    if name is not None:
        return FORMATS.resolve(name)
    plain = Path(path)
    suffix = (plain.with_suffix("") if plain.suffix.lower() == ".gz" else plain).suffix.lower()
    by_suffix = {each: entry for entry in FORMATS.values() for each in entry.suffixes}
    if suffix not in by_suffix:
        known = "; ".join(f"{name} ({', '.join(FORMATS[name].suffixes)})" for name in sorted(FORMATS))
        raise UnknownNameError(
            f"No format goes by the suffix {suffix!r} of {str(path)!r}. Known: {known}. "
            f"Change the suffix, or say format=...{did_you_mean(suffix, by_suffix)}"
        )
    return by_suffix[suffix]()


@contextmanager
def _readable(path: Path) -> Iterator[Path]:
    """Give the path of a file that is there, and say what hinders reading it."""
    if not path.is_file():
        what = "this is a folder" if path.is_dir() else "there is no such file"
        raise FormatError(f"{path}: expected a file of vectors, but {what}.")
    try:
        yield path
    except OSError as error:
        raise FormatError(f"{path}: the file cannot be read ({error.strerror or error}).") from error


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """Give a draft beside the file that takes its place when all went well."""
    draft = path.with_name(f".{path.name[:100]}.{uuid.uuid4().hex[:8]}.part")
    try:
        yield draft
        os.replace(draft, path)
    except OSError as error:
        raise OutputError(
            f"Cannot write {path}: {error.strerror or error}. Choose a folder that exists and that you may write to."
        ) from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
