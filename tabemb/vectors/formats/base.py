"""What a file format of vectors is, and which there are.

A new format is one file here: a subclass of :class:`Format` (or :class:`FolderFormat`), registered, and imported in
``__init__``.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from os import PathLike
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

from tabemb.exceptions import FormatError, UnknownNameError, did_you_mean
from tabemb.files import read_whole, replacing_file, replacing_folder
from tabemb.registry import Registry
from tabemb.vectors.keyed_matrix import KeyedMatrix

__all__ = ["FORMATS", "FolderFormat", "Format", "find_format"]

# What Python itself raises when what was read is not what was expected.
_MISFITS = (LookupError, TypeError, ValueError, ArithmeticError, EOFError, MemoryError, RecursionError)


class Format(ABC):
    """A way to write vectors to one file and to read them again.

    Attributes
    ----------
    suffixes : tuple of str
        What the names of its files end with, in lower case.
    keeps_counts, keeps_name : bool
        Whether they come back. Keys and their types, numbers, and the vectors for unknown and missing categories
        always do.
    notices_cuts : bool
        Whether a file that was cut short anywhere is refused. Text that others write does not say how long it is.
    maps : bool
        Whether its vectors can be mapped into memory; then ``_map`` does it.
    damage : tuple of exception classes
        What the library that reads it raises for broken files, other than the built-in errors.
    """

    suffixes: ClassVar[tuple[str, ...]]
    keeps_counts: ClassVar[bool] = False
    keeps_name: ClassVar[bool] = False
    notices_cuts: ClassVar[bool] = False
    maps: ClassVar[bool] = False
    damage: ClassVar[tuple[type[Exception], ...]] = ()

    def write(self, vectors: KeyedMatrix, path: str | PathLike[str]) -> None:
        """Write vectors to a file, whole or not at all.

        Raises
        ------
        OutputError
            When the file cannot be written.
        """
        with self._draft(Path(path)) as draft:
            self._write(vectors, draft)

    def write_all(self, vectors: Mapping[str, KeyedMatrix], path: str | PathLike[str]) -> list[Path]:
        """Write the vectors of several columns into one folder, whole or not at all.

        Parameters
        ----------
        vectors : mapping from str to KeyedMatrix
            By column.
        path : str or path
            The folder; an old one is replaced when nothing else is in it.

        Returns
        -------
        list of Path
            Where each column is: here a file of its own, named after it (as in addresses where it has characters that
            no file can have in its name).

        Raises
        ------
        OutputError
            When the folder cannot be written, or holds other things.
        """
        path = Path(path)
        names = {column: f"{quote(column, safe=' ')}{self.suffixes[0]}" for column in vectors}
        with replacing_folder(path, frozenset(names.values())) as draft:
            for column, name in names.items():
                self.write(vectors[column], draft / name)
        return [path / name for name in names.values()]

    def read(self, path: str | PathLike[str], *, mmap: bool = False) -> KeyedMatrix:
        """Read vectors from a file.

        Parameters
        ----------
        path : str or path
        mmap : bool, default=False
            Whether the vectors stay in the file, and the pages that are asked for are read when they are.

        Raises
        ------
        FormatError
            When there is no such file, it is not what it claims to be, or it cannot be mapped.
        """
        path = Path(path)
        if mmap and not self.maps:
            mapped = " or ".join(name for name in sorted(FORMATS) if FORMATS[name].maps)
            raise FormatError(
                f"{path}: a file of format {FORMATS.name_of(self)!r} cannot be mapped into memory. Leave out "
                f"mmap=True, or save the vectors as {mapped}."
            )

        def read(path: Path) -> KeyedMatrix:
            with self.reading(path):
                return self._map(path) if mmap else self._read(path)

        return read_whole(path, read)

    def select(self, path: str | PathLike[str], wanted: Callable[[Any], bool]) -> KeyedMatrix:
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
        >>> matrix = KeyedMatrix(["nurse", "the", "pilot"], [[1.0], [2.0], [3.0]])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "words.txt")
        ...     find_format(path).write(matrix, path)
        ...     find_format(path).select(path, {"nurse", "pilot"}.__contains__).index_to_key
        ['nurse', 'pilot']
        """
        path = Path(path)
        with self.reading(path):
            return self._select(path, wanted)

    @contextmanager
    def reading(self, path: Path) -> Iterator[None]:
        """Make one kind of error of all that can go wrong while a file is read.

        Raises
        ------
        FormatError
            When there is no such file, or the block has met something that does not fit.
        """
        self._check_there(path)
        try:
            yield
        except OSError as error:
            raise FormatError(f"{path}: the file cannot be read ({error.strerror or error}).") from error
        except _MISFITS + self.damage as error:
            if isinstance(error, FormatError) and str(error).startswith(str(path)):
                raise
            said = str(error).rstrip(".") or type(error).__name__
            raise FormatError(
                f"{path}: expected vectors as tabemb writes them, but they do not fit: {said}."
            ) from error

    def _draft(self, path: Path) -> AbstractContextManager[Path]:
        return replacing_file(path)

    def _check_there(self, path: Path) -> None:
        if not path.is_file():
            what = "this is a folder" if path.is_dir() else "there is no such file"
            raise FormatError(f"{path}: expected a file of vectors, but {what}.")

    @abstractmethod
    def _write(self, vectors: KeyedMatrix, path: Path) -> None: ...

    @abstractmethod
    def _read(self, path: Path) -> KeyedMatrix: ...

    def _map(self, path: Path) -> KeyedMatrix:
        raise NotImplementedError

    def _select(self, path: Path, wanted: Callable[[Any], bool]) -> KeyedMatrix:
        vectors = self._read(path)
        rows = [row for row, key in enumerate(vectors) if wanted(key)]
        keys = vectors.index_to_key
        return KeyedMatrix(
            [keys[row] for row in rows],
            vectors.vectors[rows],
            None if vectors.counts is None else vectors.counts[rows],
            name=vectors.name,
            unknown=vectors.unknown,
            missing=vectors.missing,
        )


class FolderFormat(Format):
    """A way to write vectors to the files of one folder, ``_write`` to an empty one, and to read them again."""

    def _draft(self, path: Path) -> AbstractContextManager[Path]:
        return replacing_folder(path, self._is_part)

    def _check_there(self, path: Path) -> None:
        if not path.is_dir():
            what = "this is a file" if path.exists() else "there is no such folder"
            raise FormatError(f"{path}: expected a folder of vectors, but {what}.")

    @abstractmethod
    def _is_part(self, name: str) -> bool:
        """Tell whether a file of that name belongs to such a folder; one with other files in it is not replaced."""


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
