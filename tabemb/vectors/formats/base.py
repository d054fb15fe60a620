"""The interface of a file format of vectors, and the registry of formats.

A new format is a module here with a registered subclass of :class:`Format` or :class:`FolderFormat`, imported in
``__init__``.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from os import PathLike
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

from tabemb.exceptions import FormatError, UnknownNameError, did_you_mean, reading
from tabemb.files import read_whole, replacing_file, replacing_folder, short_name
from tabemb.registry import Registry
from tabemb.vectors.formats.limits import MOST_DIMS, check_dims
from tabemb.vectors.keyed_matrix import KeyedMatrix

__all__ = ["FORMATS", "FolderFormat", "Format", "find_format"]


class Format(ABC):
    """A format that stores vectors in one file.

    Attributes
    ----------
    suffixes : tuple of str
        Suffixes of its files, in lower case.
    keeps_counts, keeps_name, keeps_noise : bool
        Whether the format stores the counts, the name of the column, and the sampling noise of the vectors. All formats
        store typed keys, numbers, and the vectors of unknown categories and missing cells.
    notices_cuts : bool
        Whether every truncated file is refused. Text of other programs does not state its length.
    maps : bool
        Whether the vectors can be memory-mapped, by ``_map``.
    notices_changes : bool
        Whether changed content is refused: by a digest, which other programs' formats have no room for.
    most_dims : int
        Largest number of dimensions.
    """

    suffixes: ClassVar[tuple[str, ...]]
    keeps_counts: ClassVar[bool] = False
    keeps_name: ClassVar[bool] = False
    keeps_noise: ClassVar[bool] = False
    notices_cuts: ClassVar[bool] = False
    maps: ClassVar[bool] = False
    notices_changes: ClassVar[bool] = False
    most_dims: ClassVar[int] = MOST_DIMS

    def write(self, vectors: KeyedMatrix, path: str | PathLike[str]) -> None:
        """Write vectors to a file atomically.

        Raises
        ------
        DataError
            If the vectors have more dimensions than the format can hold.
        OutputError
            If the file cannot be written.
        """
        check_dims(vectors.dim, self.most_dims)
        with self._draft(Path(path)) as draft:
            self._write(vectors, draft)

    def write_all(self, vectors: Mapping[str, KeyedMatrix], path: str | PathLike[str]) -> list[Path]:
        """Write the vectors of several columns into one folder atomically.

        Parameters
        ----------
        vectors : mapping from str to KeyedMatrix
            By column.
        path : str or path
            The folder. An existing one is replaced unless it contains other files.

        Returns
        -------
        list of Path
            Path of each column: here one file per column, named after it, with unsafe characters as in URLs.

        Raises
        ------
        OutputError
            If the folder cannot be written, or contains other files.
        """
        path = Path(path)
        names = {
            column: short_name(quote(column, safe=" ", errors="surrogatepass"), self.suffixes[0]) for column in vectors
        }
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
            Whether to memory-map the vectors instead of reading them.

        Raises
        ------
        FormatError
            If the file is missing or damaged, or cannot be mapped.
        """
        path = Path(path)
        if mmap and not self.maps:
            mapped = " or ".join(name for name in sorted(FORMATS) if FORMATS[name].maps)
            raise FormatError(
                f"{path}: a file of format {FORMATS.name_of(self)!r} cannot be memory-mapped. Leave out mmap=True, or "
                f"save the vectors as {mapped}."
            )

        def read(path: Path) -> KeyedMatrix:
            with self.reading(path):
                return self._map(path) if mmap else self._read(path)

        return read_whole(path, read)

    def select(self, path: str | PathLike[str], wanted: Callable[[Any], bool]) -> KeyedMatrix:
        """Read the vectors of some categories only.

        Word formats read the file once and keep only the selected vectors in memory.

        Parameters
        ----------
        path : str or path
        wanted : callable
            Function of a key that returns whether to read it.

        Raises
        ------
        FormatError
            As for :meth:`read`. Other categories may be checked less strictly.

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
        """Convert all errors raised in the block, which reads a file, to a FormatError.

        Raises
        ------
        FormatError
            If the file is missing, or the block raises an error.
        """
        with reading(path, "vectors as tabemb writes them"):
            self._check_exists(path)
            yield

    def _draft(self, path: Path) -> AbstractContextManager[Path]:
        return replacing_file(path)

    def _check_exists(self, path: Path) -> None:
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
            noise=vectors.noise,
        )


class FolderFormat(Format):
    """A format that stores vectors in the files of one folder; ``_write`` writes to an empty folder."""

    def _draft(self, path: Path) -> AbstractContextManager[Path]:
        return replacing_folder(path, self._is_part)

    def _check_exists(self, path: Path) -> None:
        if not path.is_dir():
            what = "this is a file" if path.exists() else "there is no such folder"
            raise FormatError(f"{path}: expected a folder of vectors, but {what}.")

    @abstractmethod
    def _is_part(self, name: str) -> bool:
        """Return whether a file belongs to the format; a folder with other files is not replaced."""


FORMATS: Registry[Format] = Registry("format")


def find_format(path: str | PathLike[str], name: str | None = None) -> Format:
    """Return the format with a name, or for the suffix of a file, ignoring ``.gz``.

    Parameters
    ----------
    path : str or path
    name : str, optional
        A registered name; by default the suffix of the path determines the format.

    Raises
    ------
    UnknownNameError
        If there is none. The message lists all.

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
            f"No format has the suffix {suffix!r} of {str(path)!r}. Known: {known}. "
            f"Change the suffix, or set format=...{did_you_mean(suffix, by_suffix)}"
        )
    return by_suffix[suffix]()
