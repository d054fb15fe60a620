"""What a vector database does for us, and which there are.

A new database is one file here: a subclass of :class:`Database`, registered under the scheme of its URIs, and imported
in ``__init__``. It stores and gives back rows as :mod:`~tabemb.vectors.databases.rows` describes them; what is in them
is no matter of its.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar

import pyarrow as pa

from tabemb.exceptions import DatabaseError, MissingExtraError, UnknownNameError, did_you_mean
from tabemb.registry import Registry

__all__ = [
    "DATABASES",
    "METRICS",
    "Database",
    "check_place",
    "find_database",
    "import_package",
    "open_database",
    "without_password",
]

METRICS = ("cosine", "dot", "l2")

_SCHEME = re.compile("([A-Za-z][A-Za-z0-9+.-]*):(.*)", re.DOTALL)


class Database(ABC):
    """An open database: collections of rows that have a vector each.

    Attributes
    ----------
    forms : str
        How its URIs look, for messages.
    extra, packages : str, tuple of str
        The extra of tabemb that installs it, and the packages that come with it.
    name_limit : int
        The most characters in the name of a collection.
    text_limit : int or None
        The most bytes in a text.
    least_dim, most_dim : int
        The shortest and the longest vectors. Shorter ones are filled up with zeros.
    batch_rows, batch_bytes : int
        The most that is written at once.
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
        """Open the database at an address: what stands after the colon of the URI.

        Parameters
        ----------
        address : str
        create : bool
            Whether one that is not there may be made, where it is files.
        timeout : float
            Seconds to wait for a server.

        Raises
        ------
        DatabaseError
            When it is not there, or refuses.
        MissingExtraError
            When its package is not installed.
        """

    @abstractmethod
    def layout(self, name: str) -> pa.Schema | None:
        """Return the fields of a collection, None where there is none of that name.

        Vectors have the type of a fixed-size list; of other fields only the names count.
        """

    @abstractmethod
    def create(self, name: str, dim: int, metric: str) -> None:
        """Make an empty collection for vectors of that length, ready to be searched by that metric."""

    @abstractmethod
    def drop(self, name: str) -> None:
        """Remove a collection with all its rows."""

    @abstractmethod
    def read(self, name: str) -> Iterator[pa.Table]:
        """Give all rows, in any order, in pieces that fit into memory."""

    @abstractmethod
    def upsert(self, name: str, rows: pa.Table) -> None:
        """Write rows; each takes the place of the row with its id, if there is one."""

    @abstractmethod
    def delete(self, name: str, ids: Sequence[str]) -> None:
        """Remove the rows with these ids."""

    def finish(self, name: str) -> None:  # noqa: B027  (most databases have nothing to do)
        """Tidy up a collection after all has been written to it."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the database."""

    def __enter__(self) -> "Database":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


DATABASES: Registry[Database] = Registry("database")


def find_database(uri: str) -> tuple[type[Database], str]:
    """Return the kind of database that a URI names, and the address that stands after its scheme.

    Raises
    ------
    UnknownNameError
        When there is none; all are listed, near ones are offered.

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
    what = f"No database goes by the scheme {scheme!r} of" if parts else "A database is named by a scheme, unlike"
    near = did_you_mean(scheme, DATABASES) if parts else ""
    raise UnknownNameError(f"{what} {without_password(str(uri))!r}. Known: {known}.{near}")


def open_database(uri: str, *, create: bool = False, timeout: float = 5.0) -> Database:
    """Open a database; it is a context manager, which closes it.

    Parameters
    ----------
    uri : str
        ``milvus:vectors.db``, ``milvus://host:19530``, ``lancedb:vectors``.
    create : bool, default=False
        Whether one that is not there may be made, where it is files.
    timeout : float, default=5.0
        Seconds to wait for a server.

    Raises
    ------
    UnknownNameError
        When no database goes by that scheme.
    DatabaseError
        When it is not there, or refuses.
    MissingExtraError
        When its package is not installed.
    """
    kind, address = find_database(uri)
    return kind.connect(address, create=create, timeout=timeout)


def import_package(name: str, kind: type[Database]) -> Any:
    """Import a module of a database's package.

    Raises
    ------
    MissingExtraError
        When it is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingExtraError.of(name.partition(".")[0], kind.extra, kind.__name__) from error


def check_place(path: Path, *, create: bool) -> None:
    """Refuse the place of a local database that is not there, or is something else.

    Raises
    ------
    DatabaseError
        When it is a file, or its folder is not there; and where none may be made, when there is none.
    """
    if path.is_file():
        raise DatabaseError(f"{path} is a file, and this database is a folder. Choose another name.")
    if not path.parent.is_dir():
        raise DatabaseError(f"There is no folder {path.parent} for the database {path.name}. Make it first.")
    if not create and not path.is_dir():
        raise DatabaseError(f"There is no database in {path}.")


def without_password(uri: str) -> str:
    """Return a URI that may be shown.

    Examples
    --------
    >>> without_password("milvus://root:secret@host:19530")
    'milvus://***@host:19530'
    """
    return re.sub("//[^/]*@", "//***@", uri)
