"""Pulling, and what is refused."""

import re

import numpy as np
import pytest

from tabemb.exceptions import ColumnError, DatabaseError, FormatError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.databases import open_database, pull, push


@pytest.fixture
def pushed(uri):
    """Return the URI of a database with two columns."""
    both = {name: CategoryVectors(list("abc"), np.eye(3), [3, 2, 1], name=name) for name in ("dest", "from/to")}
    push(both, uri, run="flights")
    return uri


def test_a_missing_column_lists_the_others(pushed):
    message = f"{pushed} has no vectors of a column 'dset'. Columns: dest, from/to. Did you mean 'dest'?"
    with pytest.raises(ColumnError, match=f"^{re.escape(message)}$"):
        pull(pushed, "dset")


def test_another_prefix_has_no_columns(pushed):
    with pytest.raises(ColumnError, match=r"Columns: none with the prefix 'x_'\."):
        pull(pushed, "dest", prefix="x_")


def test_a_dropped_collection_is_missing(pushed):
    with open_database(pushed) as database:
        database.drop("tabemb_dest")
    with pytest.raises(ColumnError, match="has no vectors of a column 'dest'"):
        pull(pushed, "dest")


def test_a_missing_database_is_an_error(uri):
    with pytest.raises(DatabaseError, match="There is no database in"):
        pull(uri, "dest")


@pytest.mark.parametrize("row", [0, 2])
def test_rows_removed_by_another_program_are_noticed(pushed, row):
    with open_database(pushed) as database:
        (rows,) = [rows for rows in database.read("tabemb_dest") if len(rows)]
        database.delete("tabemb_dest", rows.sort_by("position")["id"].to_pylist()[row : row + 1])
        database.finish("tabemb_dest")
    with pytest.raises(FormatError, match=r"has changed the collection 'tabemb_dest': .* Push the run again\."):
        pull(pushed, "dest")
    assert pull(pushed, "from/to").index_to_key == ["a", "b", "c"]


@pytest.mark.parametrize("field", ["vector", "count"])
def test_rows_changed_by_another_program_are_noticed(pushed, field):
    with open_database(pushed) as database:
        (rows,) = [rows for rows in database.read("tabemb_dest") if len(rows)]
        place = rows.schema.get_field_index(field)
        changed = rows.set_column(place, rows.schema.field(place), rows[field].take([1, 0, *range(2, len(rows))]))
        assert not changed.equals(rows)
        database.upsert("tabemb_dest", changed)
        database.finish("tabemb_dest")
    with pytest.raises(FormatError, match=r"its rows are not those that were pushed\. Push the run again"):
        pull(pushed, "dest")


def test_a_collection_created_anew_by_another_program_is_refused(pushed):
    with open_database(pushed) as database:
        database.drop("tabemb_dest")
        database.create("tabemb_dest", 2, "cosine")
    with pytest.raises(FormatError, match="another program has changed the collection 'tabemb_dest'"):
        pull(pushed, "dest")


@pytest.mark.parametrize(
    "text", ["[" * 5000, "[1", '{"datetime": 5}', '{"period": [99999999999999999999, "M"]}', "[[[]]]"]
)
def test_keys_damaged_by_another_program_are_noticed(pushed, text):
    with open_database(pushed) as database:
        (rows,) = [rows for rows in database.read("tabemb_dest") if len(rows)]
        place = rows.schema.get_field_index("key_json")
        damaged = rows.set_column(place, rows.schema.field(place), [[text, *rows["key_json"].to_pylist()[1:]]])
        database.upsert("tabemb_dest", damaged)
        database.finish("tabemb_dest")
    message = (
        r"another program has changed the collection 'tabemb_dest': a key cannot be read: .*\. Push the run again\."
    )
    with pytest.raises(FormatError, match=message):
        pull(pushed, "dest")
