"""The notes of a database, in a collection of their own."""

import pytest

from tabemb.exceptions import FormatError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.databases import open_database
from tabemb.vectors.databases.note import Note
from tabemb.vectors.databases.notes import is_ours, note_row, read_notes, write_note
from tabemb.vectors.databases.rows import schema_of


@pytest.fixture
def note():
    return Note.of(CategoryVectors(["a"], [[1.0, 2.0]]), column="c", run="r", metric="dot")


def test_they_are_read_as_they_were_written_and_replaced_by_name(uri, note):
    with open_database(uri, create=True) as database:
        assert read_notes(database, "x_") == {}
        for name, each in (("x_c", note.begun()), ("x_d", note), ("x_c", note)):
            write_note(database, "x_", name, each)
        assert read_notes(database, "x_") == {"x_c": note, "x_d": note}
        assert read_notes(database, "y_") == {}


def test_a_damaged_note_is_told_with_its_collection(uri, note):
    with open_database(uri, create=True) as database:
        write_note(database, "x_", "x_c", note)
        row = note_row("x_c", note)
        place = row.schema.get_field_index("key_json")
        database.upsert("x__notes", row.set_column(place, row.schema.field(place), [["{}"]]))
        database.finish("x__notes")
        with pytest.raises(FormatError, match="The collection 'x__notes': expected a note that tabemb has written"):
            read_notes(database, "x_")


def test_a_note_is_a_row(note):
    row = note_row("x_c", note)
    assert row.schema == schema_of(2)
    assert Note.from_json(row["key_json"][0].as_py()) == note


def test_collections_are_ours_by_their_fields_and_their_dimension():
    assert is_ours(schema_of(2), 2)
    assert not is_ours(schema_of(2), 3)
    assert not is_ours(schema_of(2).remove(0), 2)
