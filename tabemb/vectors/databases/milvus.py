# ruff: noqa: D102  (the base class documents the methods)
"""Milvus: a server, or Milvus Lite with a local database (a folder named ``*.db``).

===========================================  =============================================================
the URI                                      the database
===========================================  =============================================================
``milvus:vectors.db``                        Milvus Lite, running in this process while the database is open
``milvus://host``                            a server; port 19530 by default
``milvus://user:password@host:19530/sales``  with a login and a database other than the default
``milvus://host:443?secure=true``            over TLS
===========================================  =============================================================

If the URI has no login, the token is read from the environment variable ``MILVUS_TOKEN``.

Load and search a collection of a local database like any other::

    client = MilvusClient("vectors.db")
    client.load_collection("tabemb_dest")
    client.search("tabemb_dest", data=[vectors["JFK"].tolist()], limit=10, output_fields=["key"])

Collections have a FLAT index, which compares with every row and so returns what ``most_similar`` returns. For millions
of categories, create another index with Milvus's tools. A zero vector has cosine 0 to all. Vectors of a single number
are padded with a zero, since a server requires at least two.
"""

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pyarrow as pa

from tabemb.exceptions import DatabaseError, reading
from tabemb.vectors.databases.base import DATABASES, Database, check_folder, import_package
from tabemb.vectors.databases.rows import FIELDS, schema_of

__all__ = [
    "Milvus",
    "id_ranges",
    "server_options",
]

METRICS = {"cosine": "COSINE", "dot": "IP", "euclidean": "L2"}
# Timeout of a call, in seconds, after a server has answered the first.
CALL = 60.0
# How often a local database is opened, if the server that Milvus Lite has started for it does not answer.
TRIES = 3
# A server returns at most 16,384 rows at once; a part of 15,000 exceeds that by chance once in 10^29 times.
MOST, PAGE = 16_384, 15_000


@DATABASES.register("milvus")
class Milvus(Database):
    """A Milvus server, or a local database of Milvus Lite.

    Examples
    --------
    >>> Milvus.forms
    'milvus:FILE.db, milvus://HOST:19530'
    """

    forms = "milvus:FILE.db, milvus://HOST:19530"
    extra = "milvus"
    packages = ("pymilvus", "milvus_lite")
    text_limit = 65_535
    least_dim = 2

    def __init__(self, client: Any, shown: str, local: str | None) -> None:
        self._client = client
        self._shown = shown
        self._local = local

    @classmethod
    def connect(cls, address: str, *, create: bool, timeout: float) -> "Milvus":
        pymilvus = import_package("pymilvus", cls)
        if address.startswith("//"):
            options = server_options(address, os.environ.get("MILVUS_TOKEN", ""))
            with _errors(f"The Milvus server {options['uri']} does not answer or refuses the connection"):
                return cls(pymilvus.MilvusClient(**options, timeout=timeout), options["uri"], None)
        if not address.endswith(".db"):
            raise DatabaseError(
                f"The name of a local database of Milvus Lite must end in .db, got {address!r}. "
                f"Use milvus:{address or 'vectors'}.db, or milvus://HOST:19530 for a server."
            )
        manager = import_package("milvus_lite.server_manager", cls).server_manager_instance
        check_folder(Path(address), create=create)
        # If the caller has opened the database, it is the caller's to close. There is no public way to find out.
        path, running = os.path.abspath(address), getattr(manager, "_servers", {})
        local = None if path in running else path
        for left in reversed(range(TRIES)):
            try:
                with _errors(f"Milvus Lite cannot open {address}; another program may have it open"):
                    client = pymilvus.MilvusClient(address, timeout=timeout)
                    client.list_collections(timeout=CALL)
                break
            except DatabaseError:
                # On a busy machine, the server started for the file may not answer; another one has another port.
                if not left or local is None or path not in running:
                    raise
                manager.release_server(path)
        return cls(client, address, local)

    def layout(self, name: str) -> pa.Schema | None:
        from pymilvus import DataType

        with self._errors():
            if not self._client.has_collection(name, timeout=CALL):
                return None
            fields = self._client.describe_collection(name, timeout=CALL)["fields"]
        return pa.schema(
            (
                field["name"],
                pa.list_(pa.float32(), int(field["params"]["dim"]))
                if field["type"] == DataType.FLOAT_VECTOR
                else pa.null(),
            )
            for field in fields
        )

    def create(self, name: str, dim: int, metric: str) -> None:
        from pymilvus import DataType

        with self._errors():
            schema = self._client.create_schema(auto_id=False, enable_dynamic_field=False)
            for field in schema_of(dim):
                match str(field.type):
                    case "int64":
                        schema.add_field(field.name, DataType.INT64)
                    case "string":
                        primary = field.name == "id"
                        length = 32 if primary else self.text_limit
                        schema.add_field(field.name, DataType.VARCHAR, is_primary=primary, max_length=length)
                    case _:
                        schema.add_field(field.name, DataType.FLOAT_VECTOR, dim=dim)
            index = self._client.prepare_index_params()
            index.add_index("vector", index_type="FLAT", metric_type=METRICS[metric])
            self._client.create_collection(
                name, schema=schema, index_params=index, consistency_level="Strong", timeout=CALL
            )

    def drop(self, name: str) -> None:
        with self._errors():
            self._client.drop_collection(name, timeout=CALL)

    def read(self, name: str) -> Iterator[pa.Table]:
        layout = self.layout(name)
        dim = 1 if layout is None else layout.field("vector").type.list_size
        with self._errors():
            self._client.load_collection(name, timeout=CALL)
            (counted,) = self._client.query(name, filter="", output_fields=["count(*)"], timeout=CALL)
        page = min(PAGE, max(1, self.batch_bytes // (4 * dim + 200)))
        for part in id_ranges(counted["count(*)"], page):
            with self._errors():
                rows = self._client.query(name, filter=part, output_fields=list(FIELDS), limit=MOST, timeout=CALL)
            yield pa.Table.from_pylist(list(rows), schema=schema_of(dim))

    def upsert(self, name: str, rows: pa.Table) -> None:
        with self._errors():
            self._client.upsert(name, rows.to_pylist(), timeout=CALL)

    def delete(self, name: str, ids: Sequence[str]) -> None:
        with self._errors():
            self._client.delete(name, ids=list(ids), timeout=CALL)

    def close(self) -> None:
        self._client.close()
        if self._local is not None:
            import_package("milvus_lite.server_manager", type(self)).server_manager_instance.release_server(self._local)

    def _errors(self) -> Any:
        return _errors(f"{self._shown}: Milvus refused the call or stopped answering")


def server_options(address: str, token: str) -> dict[str, str]:
    """Return pymilvus's options for a server.

    Parameters
    ----------
    address : str
        ``//user:password@host:19530/database?secure=true``; all but the host are optional.
    token : str
        Used if the address has no login.

    Raises
    ------
    DatabaseError
        If there is no host, or the port is not a number.

    Examples
    --------
    >>> server_options("//host/sales", "")
    {'uri': 'http://host:19530', 'token': '', 'db_name': 'sales'}
    """
    try:
        parts = urlsplit(f"milvus:{address}")
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise DatabaseError(
            f"The address of a Milvus server has the form milvus://HOST:PORT; this one is invalid: {error}."
        ) from error
    if not host:
        raise DatabaseError(
            "The address of a Milvus server has the form milvus://HOST:PORT; this one has no host. "
            "A local file has no slashes before its path: milvus:FILE.db."
        )
    secure = parse_qs(parts.query).get("secure", ["false"])[-1].lower() in ("true", "1", "yes")
    if parts.username:
        token = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    uri = f"{'https' if secure else 'http'}://{host}:{port or 19530}"
    return {"uri": uri, "token": token, "db_name": unquote(parts.path.strip("/"))}


def id_ranges(n: int, page: int) -> list[str]:
    """Return filters that split n rows into parts of about equal size.

    Ids are uniformly distributed hexadecimal digits, so ranges of equal length hold about as many rows.
    ``query_iterator`` requires ordered rows; older versions of Milvus Lite do not order them, and rows are left out.

    Examples
    --------
    >>> id_ranges(3000, 1000)
    ['id < "5555"', 'id >= "5555" and id < "aaaa"', 'id >= "aaaa"']
    """
    parts = min(max(1, -(-n // page)), 2**16)
    edges = [f"{2**16 * part // parts:04x}" for part in range(1, parts)]
    starts = ["", *(f'id >= "{edge}"' for edge in edges)]
    ends = [*(f'id < "{edge}"' for edge in edges), ""]
    return [" and ".join(filter(None, each)) or 'id >= ""' for each in zip(starts, ends, strict=True)]


@contextmanager
def _errors(failure: str) -> Iterator[None]:
    """Convert every error of pymilvus to :class:`DatabaseError`, and silence its logging of them."""
    from grpc import RpcError
    from pymilvus import MilvusException

    loggers = [logging.getLogger(name) for name in ("pymilvus", "milvus_lite", "grpc")]
    before = [each.level for each in loggers]
    for each in loggers:
        each.setLevel(logging.CRITICAL + 1)
    try:
        with reading(failure, "a database", DatabaseError, message="{place} ({reason})."):
            try:
                yield
            except (MilvusException, RpcError) as error:
                # The cause of pymilvus's "illegal connection params or server unavailable" is the server's answer.
                said = error if isinstance(error, RpcError) else error.__cause__
                reason = said.details() if isinstance(said, RpcError) else error.message
                raise DatabaseError(f"{failure} ({reason}).") from error
            except OSError as error:
                # Not only reading fails.
                raise DatabaseError(f"{failure} ({error}).") from error
    finally:
        for each, level in zip(loggers, before, strict=True):
            each.setLevel(level)
