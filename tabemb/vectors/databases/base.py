"""The interface of a vector database, the registry of databases, and the names of collections.

A new database is a module here with a subclass of :class:`Database`, registered under the scheme of its URIs and
imported in ``__init__``. It stores and returns rows as :mod:`~tabemb.vectors.databases.rows` describes them, and does
not interpret them.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar

import pyarrow as pa

from tabemb.exceptions import DatabaseError, DataError, MissingExtraError, UnknownNameError, did_you_mean
from tabemb.registry import Registry

__all__ = [
    "DATABASES",
    "METRICS",
    "PREFIX",
    "Database",
    "check_folder",
    "check_prefix",
    "collection_name",
    "column_of",
    "find_database",
    "import_package",
    "metadata_collection",
    "open_database",
    "without_password",
]

METRICS = ("cosine", "dot", "euclidean")
_SCHEME = re.compile("([A-Za-z][A-Za-z0-9+.-]*):(.*)", re.DOTALL)
PREFIX = "tabemb_"
_VALID_PREFIX = re.compile("[A-Za-z_][A-Za-z0-9_]*")
_UNSAFE = re.compile("[^A-Za-z0-9]")
_ESCAPED = re.compile("_(?:_|([0-9a-f]+)_)")


class Database(ABC):
    """An open database of collections of rows, each with a vector.

    Attributes
    ----------
    forms : str
        The forms of its URIs, for messages.
    extra, packages : str, tuple of str
        The extra of tabemb that installs it, and the packages this installs.
    name_limit : int
        Maximum number of characters in the name of a collection.
    text_limit : int or None
        Maximum number of bytes in a text.
    least_dim, most_dim : int
        Minimum and maximum length of a vector. Shorter vectors are padded with zeros.
    batch_rows, batch_bytes : int
        Maximum number of rows and bytes written at once.
    """

    forms: ClassVar[str]
    extra: ClassVar[str]
    packages: ClassVar[tuple[str, ...]]
    name_limit: ClassVar[int] = 255
    text_limit: ClassVar[int | None] = None
    least_dim: ClassVar[int] = 1
    most_dim: ClassVar[int] = 32_768
    batch_rows: ClassVar[int] = 1000
    batch_bytes: ClassVar[int] = 16 * 2**20

    @classmethod
    @abstractmethod
    def connect(cls, address: str, *, create: bool, timeout: float) -> "Database":
        """Open the database at an address: the part of the URI after the scheme.

        Parameters
        ----------
        address : str
        create : bool
            Whether to create a local database that does not exist.
        timeout : float
            Seconds to wait for a server.

        Raises
        ------
        DatabaseError
            If the database is missing or refuses the connection.
        MissingExtraError
            If its package is not installed.
        """

    @abstractmethod
    def layout(self, name: str) -> pa.Schema | None:
        """Return the fields of a collection, or None if it does not exist.

        The type of the vectors is a fixed-size list; the types of other fields may be arbitrary.
        """

    @abstractmethod
    def create(self, name: str, dim: int, metric: str) -> None:
        """Create an empty collection for vectors of a length, to be searched by a metric."""

    @abstractmethod
    def drop(self, name: str) -> None:
        """Remove a collection and its rows."""

    @abstractmethod
    def read(self, name: str) -> Iterator[pa.Table]:
        """Yield all rows, in any order, in pieces that fit into memory."""

    @abstractmethod
    def upsert(self, name: str, rows: pa.Table) -> None:
        """Write rows; each replaces the row with the same id, if there is one."""

    @abstractmethod
    def delete(self, name: str, ids: Sequence[str]) -> None:
        """Remove the rows with these ids."""

    def finish(self, name: str) -> None:  # noqa: B027  (optional)
        """Complete a collection after all writes."""

    @abstractmethod
    def close(self) -> None:
        """Close the database."""

    def __enter__(self) -> "Database":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


DATABASES: Registry[Database] = Registry("database")


def find_database(uri: str) -> tuple[type[Database], str]:
    """Return the class of database for a URI, and the address after its scheme.

    Raises
    ------
    UnknownNameError
        If there is none. The message lists all and suggests similar names.

    Examples
    --------
    >>> kind, address = find_database("lancedb:vectors")
    >>> kind.__name__, address
    ('LanceDB', 'vectors')
    """
    parts = _SCHEME.fullmatch(str(uri))
    scheme, address = (parts[1].lower(), parts[2]) if parts else ("", "")
    if scheme in DATABASES:
        return DATABASES[scheme], address
    known = "; ".join(f"{name} ({DATABASES[name].forms})" for name in sorted(DATABASES))
    shown = repr(without_password(str(uri)))
    if not parts:
        raise UnknownNameError(f"The URI of a database begins with a scheme, got {shown}. Known: {known}.")
    suggestion = did_you_mean(scheme, DATABASES)
    raise UnknownNameError(f"No database has the scheme {scheme!r}, got {shown}. Known: {known}.{suggestion}")


def open_database(uri: str, *, create: bool = False, timeout: float = 5.0) -> Database:
    """Open a database. The returned object is a context manager that closes it.

    Parameters
    ----------
    uri : str
        ``milvus:vectors.db``, ``milvus://host:19530``, ``lancedb:vectors``.
    create : bool, default=False
        Whether to create a local database that does not exist.
    timeout : float, default=5.0
        Seconds to wait for a server.

    Raises
    ------
    UnknownNameError
        If no database has the scheme.
    DatabaseError
        If the database is missing or refuses the connection.
    MissingExtraError
        If its package is not installed.
    """
    kind, address = find_database(uri)
    return kind.connect(address, create=create, timeout=timeout)


def import_package(name: str, kind: type[Database]) -> Any:
    """Import a module of a database's package.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingExtraError.of(name.partition(".")[0], kind.extra, kind.__name__) from error


def check_folder(path: Path, *, create: bool) -> None:
    """Check the folder of a local database.

    Raises
    ------
    DatabaseError
        If it is a file, its parent folder is missing, or it is missing and ``create`` is False.
    """
    if path.is_file():
        raise DatabaseError(f"{path} is a file, but this database is a folder. Choose another name.")
    if not path.parent.is_dir():
        raise DatabaseError(f"There is no folder {path.parent} for the database {path.name}. Create it first.")
    if not create and not path.is_dir():
        raise DatabaseError(f"There is no database in {path}.")


def without_password(uri: str) -> str:
    """Return a URI with the user and password masked.

    Examples
    --------
    >>> without_password("milvus://root:secret@host:19530")
    'milvus://***@host:19530'
    """
    return re.sub("//[^/]*@", "//***@", uri)


def collection_name(column: str, prefix: str = PREFIX) -> str:
    """Return the name of the collection that holds a column's vectors.

    Every database accepts such names: letters, digits and underscores. They are unique; :func:`column_of` inverts them.

    ========================  ===========================================================
    in the column             in the name
    ========================  ===========================================================
    ASCII letters and digits  unchanged
    ``_``                     ``__``
    other characters          their code point: ``-`` is ``_2d_``, a space is ``_20_``
    ========================  ===========================================================

    Parameters
    ----------
    column : str
        Any text.
    prefix : str, default="tabemb_"
        Prefix of the name: a letter or an underscore, then letters, digits and underscores.

    Raises
    ------
    DataError
        If the prefix has another character.

    Examples
    --------
    >>> collection_name("dest"), collection_name("day_of_week"), collection_name("native-country", "census_")
    ('tabemb_dest', 'tabemb_day__of__week', 'census_native_2d_country')
    """
    check_prefix(prefix)
    return prefix + _UNSAFE.sub(lambda match: "__" if match[0] == "_" else f"_{ord(match[0]):x}_", column)


def column_of(name: str, prefix: str = PREFIX) -> str | None:
    """Return the column of a collection's name, or None if :func:`collection_name` returns no such name.

    Examples
    --------
    >>> column_of("tabemb_day__of__week"), column_of("census_native_2d_country", "census_")
    ('day_of_week', 'native-country')
    >>> column_of("movies") is None
    True
    """
    if not name.startswith(prefix):
        return None
    try:
        written = name.removeprefix(prefix)
        column = _ESCAPED.sub(lambda match: chr(int(match[1], 16)) if match[1] else "_", written)
    except (ValueError, OverflowError):
        return None
    return column if collection_name(column, prefix) == name else None


def metadata_collection(prefix: str = PREFIX) -> str:
    """Return the name of the collection that holds the metadata of the others; no column has this name.

    Examples
    --------
    >>> metadata_collection(), column_of(metadata_collection())
    ('tabemb__notes', None)
    """
    check_prefix(prefix)
    return f"{prefix}_notes"


def check_prefix(prefix: str) -> None:
    """Raise an error if databases do not accept a prefix."""
    if not _VALID_PREFIX.fullmatch(prefix):
        raise DataError(
            "The prefix of collections must be a letter or an underscore, then letters, digits and underscores; "
            f"got {prefix!r}. For example: {PREFIX!r}."
        )
