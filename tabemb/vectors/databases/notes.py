"""The notes of all columns in a database: rows of a collection of their own."""

import pyarrow as pa

from tabemb.exceptions import FormatError, OutputError
from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.databases.base import Database
from tabemb.vectors.databases.names import notes_name
from tabemb.vectors.databases.note import Note
from tabemb.vectors.databases.rows import FIELDS, rows_of

__all__ = ["is_ours", "note_row", "read_notes", "write_note"]

# Databases for vectors want a vector in each row; this one is never searched.
_NO_VECTOR = (1.0, 0.0)


def read_notes(database: Database, prefix: str) -> dict[str, Note]:
    """Return the notes by the names of the collections that they are about."""
    name = notes_name(prefix)
    layout = database.layout(name)
    if layout is None:
        return {}
    if not is_ours(layout, len(_NO_VECTOR)):
        raise OutputError(
            f"The collection {name!r} should hold tabemb's notes and was not written by tabemb: it has the fields "
            f"{', '.join(layout.names)}. Choose another prefix: --prefix (prefix=... in Python)."
        )
    try:
        return {
            row["key"]: Note.from_json(row["key_json"])
            for rows in database.read(name)
            for row in rows.select(["key", "key_json"]).to_pylist()
        }
    except FormatError as error:
        raise FormatError(f"The collection {name!r}: {error}") from error


def write_note(database: Database, prefix: str, name: str, note: Note) -> None:
    """Write a note on a collection, in the place of an older one."""
    notes = notes_name(prefix)
    if database.layout(notes) is None:
        database.create(notes, len(_NO_VECTOR), "cosine")
    database.upsert(notes, note_row(name, note))
    database.finish(notes)


def note_row(name: str, note: Note) -> pa.Table:
    """Return the row that a note is."""
    row = rows_of(CategoryVectors([name], [_NO_VECTOR], [note.n]), note.column, note.run)
    return row.set_column(FIELDS.index("key_json"), row.schema.field("key_json"), [[note.to_json()]])


def is_ours(layout: pa.Schema, dim: int) -> bool:
    """Tell whether a collection has our fields, and vectors of that length."""
    if set(layout.names) != set(FIELDS):
        return False
    kind = layout.field("vector").type
    return pa.types.is_fixed_size_list(kind) and int(kind.list_size) == dim
