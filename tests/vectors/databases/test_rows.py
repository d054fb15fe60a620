"""The rows of a column, and the primary keys of categories."""

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given

from tabemb.exceptions import FormatError
from tabemb.table.keys import as_key, identity
from tabemb.vectors import CategoryVectors
from tabemb.vectors.databases.rows import (
    FIELDS,
    batches,
    keys_and_vectors,
    row_id,
    rows_of,
    same_rows,
    schema_of,
)

scalars = st.one_of(
    st.text(),
    st.integers(),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.binary(max_size=8),
    st.dates(),
    st.datetimes(timezones=st.none() | st.just(dt.UTC) | st.just(ZoneInfo("Asia/Tokyo"))),
    st.timedeltas(),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.uuids(),
)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (1, 1.0),
        (10, Decimal("1E+1")),
        (0, -0.0),
        (0.5, Decimal("0.50")),
        (2**70, float(2**70)),
        (dt.datetime(2013, 1, 1, 12, tzinfo=dt.UTC), dt.datetime(2013, 1, 1, 21, tzinfo=ZoneInfo("Asia/Tokyo"))),
    ],
)
def test_one_category_has_one_id(one, two):
    assert identity(one) == identity(two)
    assert row_id(one) == row_id(two)


def test_different_categories_have_different_ids():
    keys = [
        1,
        "1",
        True,
        "true",
        b"1",
        0.1,
        Decimal("0.1"),
        -1,
        dt.date(2013, 1, 1),
        dt.datetime(2013, 1, 1),
        "",
        "\ud800",
    ]
    assert len({row_id(key) for key in keys}) == len(keys)


def test_an_id_never_changes():
    # What has been pushed is found by it again.
    assert row_id("JFK") == "d45a8a979a85b7787895f7201f685979"
    assert row_id(7) == "24336c97b838ce4490cec300d16311e8"


@given(scalars, scalars)
def test_ids_are_equal_exactly_if_categories_are(one, two):
    assert (row_id(one) == row_id(two)) == (identity(one) == identity(two))


@given(st.lists(scalars, max_size=6, unique_by=lambda key: str(key)))
def test_any_keys_round_trip(keys):
    vectors = CategoryVectors(keys, np.arange(len(keys) * 2).reshape(-1, 2) / 3, range(len(keys)))
    found, matrix, counts = keys_and_vectors(rows_of(vectors, "c", "r"), 2)
    assert [(type(key), key) for key in found] == [(type(key), key) for key in vectors.index_to_key]
    assert matrix.tobytes() == vectors.vectors.tobytes()
    assert counts is None if not keys else counts.tolist() == list(range(len(keys)))


def test_the_fields_of_rows():
    vectors = CategoryVectors([as_key(pd.Timestamp("2013-01-31")), "\ud800"], [[1.0], [0.1]])
    rows = rows_of(vectors, "from/to", "run\ud800", dim=2)
    assert rows.schema == schema_of(2)
    assert rows.column_names == list(FIELDS)
    first, second = rows.to_pylist()
    assert first == {
        "id": row_id(dt.datetime(2013, 1, 31)),
        "key": "2013-01-31 00:00:00",
        "key_json": '{"datetime": ["2013-01-31T00:00:00"]}',
        "count": -1,
        "position": 0,
        "column": "from/to",
        "run": "run\\ud800",
        "vector": [1.0, 0.0],
    }
    assert (second["key"], second["key_json"]) == ("\\ud800", '"\\ud800"')


def test_positions_restore_the_order_and_gaps_are_refused():
    rows = rows_of(CategoryVectors(list("abc"), np.eye(3), [3, 2, 1]), "c", "r")
    keys, _, counts = keys_and_vectors(rows.take(pa.array([2, 0, 1])), 3)
    assert keys == ["a", "b", "c"]
    assert counts.tolist() == [3, 2, 1]
    for places in ([0, 2], [0, 1, 1]):
        with pytest.raises(FormatError, match="some of its rows are missing or repeated"):
            keys_and_vectors(rows.take(pa.array(places)), 3)


def test_an_invalid_key_is_refused():
    rows = rows_of(CategoryVectors(["a"], [[1.0]]), "c", "r")
    for text in ("[", "[1]", "[" * 5000, None):
        broken = rows.set_column(2, rows.schema.field("key_json"), [pa.array([text], pa.string())])
        with pytest.raises(FormatError, match="a key cannot be read: "):
            keys_and_vectors(broken, 1)


@pytest.mark.parametrize("field", FIELDS)
def test_a_difference_in_any_field_is_noticed(field):
    rows = rows_of(CategoryVectors(["a", "b"], [[1.0, 0.0], [2.0, 0.0]], [5, 4]), "c", "r")
    other = {"count": [5, 3], "position": [0, 2], "vector": [[1.0, 0.0], [2.0, -0.0]]}.get(field, ["x", "y"])
    if field not in ("count", "position", "vector"):
        other[0] = rows[field][0].as_py()
    place = FIELDS.index(field)
    changed = rows.set_column(place, rows.schema.field(place), [pa.array(other, rows.schema.field(place).type)])
    assert same_rows(rows, rows).tolist() == [True, True]
    assert same_rows(rows, changed).tolist() == [True, False]
    assert same_rows(rows.slice(1), changed.slice(1)).tolist() == [False]


def test_batches_respect_the_limits_of_rows_and_bytes():
    rows = pa.table({"x": ["a" * 100] * 9 + ["b" * 5000]})
    pieces = list(batches(rows, 4, 300))
    assert pa.concat_tables(pieces).equals(rows)
    assert max(len(piece) for piece in pieces) <= 4
    assert [piece.nbytes for piece in pieces if piece.nbytes > 300 and len(piece) > 1] == []
    assert list(batches(rows.slice(0, 0), 4, 300)) == []
