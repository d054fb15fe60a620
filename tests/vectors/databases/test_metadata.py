"""The metadata of collections."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from tabemb.exceptions import FormatError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.databases import open_database
from tabemb.vectors.databases.metadata import CollectionMetadata, metadata_row, read_metadata, write_metadata
from tabemb.vectors.databases.rows import is_row_schema, schema_of


@pytest.fixture
def metadata():
    vectors = CategoryVectors(["a"], [[1.0, 2.0]], unknown=[0.1, 3.4028235e38], name="c")
    return CollectionMetadata.of(vectors, column="c", run="r", metric="dot")


def test_metadata_describes_the_vectors(metadata):
    assert (metadata.column, metadata.run, metadata.metric) == ("c", "r", "dot")
    assert (metadata.n, metadata.dim, metadata.complete) == (1, 2, True)
    assert metadata.missing is None
    assert not metadata.incomplete().complete


def test_metadata_round_trips_with_the_same_float32_numbers(metadata):
    for each in (metadata, metadata.incomplete()):
        assert CollectionMetadata.from_json(each.to_json()) == each
    assert np.array(metadata.unknown, np.float32).tolist() == np.array([0.1, 3.4028235e38], np.float32).tolist()
    assert len(replace(metadata, push=None).to_json()) < 200


def test_metadata_differ_at_most_in_the_push(metadata):
    assert metadata.describes_the_same(replace(metadata, push="other"))
    assert not metadata.describes_the_same(replace(metadata, digest="other"))
    assert not metadata.describes_the_same(metadata.incomplete())
    assert not metadata.describes_the_same(None)


def test_a_newer_format_is_refused(metadata):
    newer = json.dumps(json.loads(metadata.to_json()) | {"format": 3})
    with pytest.raises(FormatError, match=r"metadata in format 2, got 3\. A newer version of tabemb wrote it"):
        CollectionMetadata.from_json(newer)


@pytest.mark.parametrize("text", ["", "[1]", "{}", '{"format": 1}', '{"format": 1, "unknown": 3, "missing": null}'])
def test_other_texts_are_refused(text):
    with pytest.raises(FormatError, match=re.escape(f"expected metadata written by tabemb, got {text!r}.")):
        CollectionMetadata.from_json(text)


VALUES = [None, True, -1, 2.5, "x", [], {}, [["x"]], {"a": 1}, float("nan")]


@pytest.mark.parametrize("value", VALUES, ids=repr)
@pytest.mark.parametrize("name", ["column", "run", "metric", "n", "dim", "unknown", "missing", "complete", "digest"])
def test_each_value_is_valid_or_refused(metadata, name, value):
    text = json.dumps(json.loads(metadata.to_json()) | {name: value})
    try:
        found = CollectionMetadata.from_json(text)
    except FormatError as error:
        message = str(error)
    else:
        message = f"expected metadata written by tabemb, got {text[:80]!r}."
        found = getattr(found, name)
        assert found == (tuple(value) if isinstance(value, list) else value)
        kinds = {"n": int, "dim": int, "complete": bool, "unknown": tuple | None, "missing": tuple | None}
        assert isinstance(found, kinds.get(name, str if name != "digest" else str | None))
    assert message == f"expected metadata written by tabemb, got {text[:80]!r}."


@pytest.mark.parametrize("text", ["[" * 100_000, "{0}", "{}" * 3, '{"format": [' + "9" * 5000 + "]}"])
def test_texts_that_break_a_parser_are_refused(text):
    with pytest.raises(FormatError, match=r"^expected metadata (written by tabemb|in format 2), got "):
        CollectionMetadata.from_json(text)


def test_metadata_is_read_as_written_and_replaced_by_name(uri, metadata):
    with open_database(uri, create=True) as database:
        assert read_metadata(database, "x_") == {}
        for name, each in (("x_c", metadata.incomplete()), ("x_d", metadata), ("x_c", metadata)):
            write_metadata(database, "x_", name, each)
        assert read_metadata(database, "x_") == {"x_c": metadata, "x_d": metadata}
        assert read_metadata(database, "y_") == {}


def test_damaged_metadata_is_reported_with_its_collection(uri, metadata):
    with open_database(uri, create=True) as database:
        write_metadata(database, "x_", "x_c", metadata)
        row = metadata_row("x_c", metadata)
        place = row.schema.get_field_index("key_json")
        database.upsert("x__notes", row.set_column(place, row.schema.field(place), [["{}"]]))
        database.finish("x__notes")
        with pytest.raises(FormatError, match="The collection 'x__notes': expected metadata written by tabemb"):
            read_metadata(database, "x_")


def test_metadata_is_a_row(metadata):
    row = metadata_row("x_c", metadata)
    assert row.schema == schema_of(2)
    assert CollectionMetadata.from_json(row["key_json"][0].as_py()) == metadata


def test_a_collection_of_tabemb_has_its_fields_and_dimension():
    assert is_row_schema(schema_of(2), 2)
    assert not is_row_schema(schema_of(2), 3)
    assert not is_row_schema(schema_of(2).remove(0), 2)


def test_what_earlier_versions_stored_is_still_read():
    text = (
        '{"format": 1, "column": "c", "run": "r", "metric": "l2", "n": 1, "dim": 2, "unknown": [0.1, -1.0], '
        '"missing": null, "complete": true}'
    )
    metadata = CollectionMetadata.of(
        CategoryVectors(["a"], [[1.0, 2.0]], [3], unknown=[0.1, -1]), column="c", run="r", metric="euclidean"
    )
    metadata = replace(metadata, push=None)
    assert CollectionMetadata.from_json(text) == metadata
    assert metadata.to_json() == text
    assert metadata_row("tabemb_c", metadata).to_pylist() == [
        {
            "id": "7a2ed161a3de77310589461eeb6366cd",
            "key": "tabemb_c",
            "key_json": text,
            "count": 1,
            "position": 0,
            "column": "c",
            "run": "r",
            "vector": [1.0, 0.0],
        }
    ]
