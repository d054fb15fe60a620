# ruff: noqa: D102  (the base class documents the methods)
"""LanceDB: a database in a local folder, one table per collection.

Each search states its metric::

    table = lancedb.connect("vectors").open_table("tabemb_dest")
    table.search(vectors["JFK"]).distance_type("cosine").limit(10).to_pandas()

Tables have no index of the vectors, so a search compares with every row and returns what ``most_similar`` returns. By
cosine, LanceDB does not return zero vectors.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from tabemb.exceptions import DatabaseError, reading
from tabemb.vectors.databases.base import DATABASES, Database, check_folder, import_package
from tabemb.vectors.databases.rows import FIELDS, schema_of

__all__ = ["LanceDB"]


@DATABASES.register("lancedb")
class LanceDB(Database):
    """A LanceDB database in a folder.

    Examples
    --------
    >>> LanceDB.forms
    'lancedb:FOLDER'
    """

    forms = "lancedb:FOLDER"
    extra = "lancedb"
    packages = ("lancedb",)
    # A table is a folder of that name with a suffix.
    name_limit = 240
    # Each batch creates a version of the table with its own files.
    batch_rows = 20_000
    batch_bytes = 64 * 2**20

    def __init__(self, connection: Any, folder: str) -> None:
        self._connection = connection
        self._folder = folder

    @classmethod
    def connect(cls, address: str, *, create: bool, timeout: float) -> "LanceDB":
        lancedb = import_package("lancedb", cls)
        check_folder(Path(address), create=create)
        with _errors(address):
            return cls(lancedb.connect(address), address)

    def layout(self, name: str) -> pa.Schema | None:
        # LanceDB lists tables in pages; the folder of a table shows at once whether the table exists.
        if not Path(self._folder, f"{name}.lance").is_dir():
            return None
        with self._errors():
            schema: pa.Schema = self._connection.open_table(name).schema
            return schema

    def create(self, name: str, dim: int, metric: str) -> None:
        with self._errors():
            self._connection.create_table(name, schema=schema_of(dim))

    def drop(self, name: str) -> None:
        with self._errors():
            self._connection.drop_table(name)

    def read(self, name: str) -> Iterator[pa.Table]:
        with self._errors():
            table = self._connection.open_table(name)
            schema = schema_of(table.schema.field("vector").type.list_size)
            for rows in table.search().select(list(FIELDS)).to_batches(batch_size=self.batch_rows):
                yield pa.table(rows).select(FIELDS).cast(schema)

    def upsert(self, name: str, rows: pa.Table) -> None:
        with self._errors():
            merge = self._connection.open_table(name).merge_insert("id")
            merge.when_matched_update_all().when_not_matched_insert_all().execute(rows)

    def delete(self, name: str, ids: Sequence[str]) -> None:
        with self._errors():
            # Ids are hexadecimal digits, so they need no escaping.
            self._connection.open_table(name).delete(f"id IN ({', '.join(map(repr, ids))})")

    def finish(self, name: str) -> None:
        with self._errors():
            self._connection.open_table(name).optimize()

    def close(self) -> None:
        pass

    def _errors(self) -> AbstractContextManager[None]:
        return _errors(self._folder)


@contextmanager
def _errors(folder: str) -> Iterator[None]:
    """Convert every error of LanceDB, also a panic of its Rust code, to :class:`DatabaseError`."""
    with reading(folder, "a database", DatabaseError, message="{place}: LanceDB failed ({reason})."):
        try:
            yield
        except OSError as error:
            # Not only reading fails.
            raise DatabaseError(f"{folder}: LanceDB failed ({error}).") from error
