# ruff: noqa: D102  (the docstrings stand where the methods are asked for)
"""LanceDB: a database in a local folder, with a table a collection.

Searches name their metric themselves::

    table = lancedb.connect("vectors").open_table("tabemb_dest")
    table.search(vectors["JFK"]).distance_type("cosine").limit(10).to_pandas()

Tables have no index of the vectors, so that a search compares with every row and finds what ``most_similar`` finds. By
cosine, LanceDB does not find vectors of zeros at all.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from tabemb.exceptions import DatabaseError
from tabemb.vectors.databases.base import DATABASES, Database, check_place, import_package
from tabemb.vectors.databases.rows import FIELDS, schema_of

__all__ = ["LanceDB"]


@DATABASES.register("lancedb")
class LanceDB(Database):
    """A folder of LanceDB.

    Examples
    --------
    >>> LanceDB.forms
    'lancedb:FOLDER'
    """

    forms = "lancedb:FOLDER"
    extra = "lancedb"
    packages = ("lancedb",)
    # A table is a folder of that name and a suffix.
    name_limit = 240
    # Each batch is a version of the table with files of its own.
    batch_rows = 20_000
    batch_bytes = 64 * 2**20

    def __init__(self, connection: Any, folder: str) -> None:
        self._connection = connection
        self._folder = folder

    @classmethod
    def connect(cls, address: str, *, create: bool, timeout: float) -> "LanceDB":
        lancedb = import_package("lancedb", cls)
        check_place(Path(address), create=create)
        return cls(lancedb.connect(address), address)

    def layout(self, name: str) -> pa.Schema | None:
        # Listing the names of all tables comes in pages; the folder of a table tells the same at once.
        if not Path(self._folder, f"{name}.lance").is_dir():
            return None
        with self._asking():
            schema: pa.Schema = self._connection.open_table(name).schema
            return schema

    def create(self, name: str, dim: int, metric: str) -> None:
        with self._asking():
            self._connection.create_table(name, schema=schema_of(dim))

    def drop(self, name: str) -> None:
        with self._asking():
            self._connection.drop_table(name)

    def read(self, name: str) -> Iterator[pa.Table]:
        with self._asking():
            table = self._connection.open_table(name)
            schema = schema_of(table.schema.field("vector").type.list_size)
            for rows in table.search().select(list(FIELDS)).to_batches(batch_size=self.batch_rows):
                yield pa.table(rows).select(FIELDS).cast(schema)

    def upsert(self, name: str, rows: pa.Table) -> None:
        with self._asking():
            merge = self._connection.open_table(name).merge_insert("id")
            merge.when_matched_update_all().when_not_matched_insert_all().execute(rows)

    def delete(self, name: str, ids: Sequence[str]) -> None:
        with self._asking():
            # Identifiers are hexadecimal digits: nothing in them could end the quotes.
            self._connection.open_table(name).delete(f"id IN ({', '.join(map(repr, ids))})")

    def finish(self, name: str) -> None:
        with self._asking():
            self._connection.open_table(name).optimize()

    def close(self) -> None:
        pass

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except (OSError, RuntimeError, ValueError) as error:
            raise DatabaseError(f"{self._folder}: LanceDB fails ({error}).") from error
