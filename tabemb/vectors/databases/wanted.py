"""What a collection is to hold, checked against the limits of the database before there is a connection to it."""

from dataclasses import dataclass

import pyarrow as pa

from tabemb.exceptions import DataError
from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.databases.base import Database
from tabemb.vectors.databases.names import collection_name
from tabemb.vectors.databases.note import Note
from tabemb.vectors.databases.rows import rows_of

__all__ = ["Wanted"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The rows of a column and the note on them, for a database that can take them.

    Parameters
    ----------
    name : str
        The collection.
    note : Note
    rows : pyarrow.Table
        As :func:`~tabemb.vectors.databases.rows.rows_of` makes them.
    dim : int
        Length of the vectors in the rows.
    """

    name: str
    note: Note
    rows: pa.Table
    dim: int

    @classmethod
    def of(
        cls, column: str, vectors: CategoryVectors, kind: type[Database], run: str, metric: str, prefix: str
    ) -> "Wanted":
        """Return what a column's collection is to hold in a database of that kind.

        Raises
        ------
        DataError
            When a name, a key or a vector is longer than that kind takes.
        """
        name = collection_name(column, prefix)
        if len(name) > kind.name_limit:
            raise DataError(
                f"Column {column!r}: its collection would be named {name[:60]}..., {len(name)} characters long, and "
                f"{kind.__name__} takes {kind.name_limit}. Give the column a shorter name, or leave it out."
            )
        if not 1 <= vectors.dim <= kind.most_dim:
            raise DataError(
                f"Column {column!r}: {kind.__name__} takes vectors of 1 to {kind.most_dim:,} numbers; "
                f"these have {vectors.dim:,}. Leave the column out."
            )
        note = Note.of(vectors, column=column, run=run, metric=metric)
        dim = max(vectors.dim, kind.least_dim)
        wanted = cls(name, note, rows_of(vectors, column, run, dim=dim), dim)
        if kind.text_limit is not None:
            wanted._check_texts(kind.text_limit, kind.__name__)
        return wanted

    def _check_texts(self, limit: int, kind: str) -> None:
        texts = {
            "the category": self.rows["key"].to_pylist(),
            "the category as JSON": self.rows["key_json"].to_pylist(),
            "the name of the run": [self.note.run],
            "what is kept beside the rows": [self.note.to_json()],
        }
        for what, each in texts.items():
            longest = max(each, key=lambda text: len(text.encode()), default="")
            if (size := len(longest.encode())) > limit:
                raise DataError(
                    f"Column {self.note.column!r}: a text in {kind} has at most {limit:,} bytes, and {what}, "
                    f"{longest[:40]!r}..., has {size:,}. Shorten it, or leave the column out."
                )
