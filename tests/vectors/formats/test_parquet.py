"""Parquet: types, metadata, and other files."""

import datetime as dt
import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tabemb.exceptions import FormatError
from tabemb.vectors import CategoryVectors


@pytest.fixture
def path(tmp_path):
    return tmp_path / "dest.parquet"


def test_parquet_is_lossless(path):
    saved = CategoryVectors([3, 1], [[1, 2], [3, 4]], [7, 5], name="day", unknown=[0.1, 0.2], missing=[0, 1])
    saved.save(path)
    assert CategoryVectors.load(path) == saved
    assert CategoryVectors.load(path).counts.tolist() == [7, 5]


@pytest.mark.parametrize(
    ("keys", "kind"),
    [
        (["a", "b"], pa.string()),
        ([1, 2], pa.int64()),
        ([1.5, 2.0], pa.float64()),
        ([True, False], pa.bool_()),
        ([b"\xff"], pa.binary()),
        ([dt.date(2013, 1, 31)], pa.date32()),
        ([dt.datetime(2013, 1, 31, 5, 7, 9, 11)], pa.timestamp("us")),
    ],
)
def test_keys_of_one_type_get_a_typed_column_that_others_can_read(keys, kind, path):
    CategoryVectors(keys, np.ones((len(keys), 2))).save(path)
    table = pq.read_table(path)
    assert table.column_names == ["key", "vector"]
    assert table["key"].type == kind
    assert pd.read_parquet(path)["vector"][0].tolist() == [1, 1]
    loaded = CategoryVectors.load(path).index_to_key
    assert loaded == keys
    assert [type(key) for key in loaded] == [type(key) for key in keys]


@pytest.mark.parametrize("keys", [[1, 2.5], ["a", 1], [1, True], [2**70], [dt.timedelta(1), "x"]])
def test_other_keys_have_columns_of_text_and_json(keys, path):
    CategoryVectors(keys, np.ones((len(keys), 1))).save(path)
    assert pq.read_table(path)["key"].to_pylist() == [str(key) for key in keys]
    loaded = CategoryVectors.load(path).index_to_key
    assert [(type(key), key) for key in loaded] == [(type(key), key) for key in keys]


def rewrite(path, change=None, **meta):
    """Write a good file with something changed."""
    CategoryVectors(["a", "b"], np.ones((2, 2)), [1, 1], name="c").save(path)
    table = pq.read_table(path)
    new = json.loads(table.schema.metadata[b"tabemb"]) | meta
    table = (change(table) if change else table).replace_schema_metadata({"tabemb": json.dumps(new)})
    pq.write_table(table, path)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ({"version": 2}, "expected version 1 of tabemb's vectors, got 2. A newer version of tabemb wrote it"),
        ({"format": "other"}, "expected a Parquet file that CategoryVectors.save has written"),
        ({"dim": 3}, "the column 'vector' should be lists of 3 numbers, but is fixed_size_list"),
        ({"unknown": [1]}, "expected unknown of shape 2, got 1"),
        ({"change": lambda table: table.drop_columns("key")}, "the file is damaged: .*key"),
        ({"change": lambda table: table.drop_columns("vector")}, "the file is damaged: .*vector"),
        (
            {"change": lambda table: pa.concat_tables([table, table])},
            "expected 2 categories as its header states, got 4",
        ),
        (
            {"n": 4, "change": lambda table: pa.concat_tables([table, table])},
            "expected each key once, got 'a' 2 times",
        ),
        ({"n": 3}, r"expected 3 categories as its header states, got 2\. The file may be truncated"),
        (
            {"n": "2"},
            "the header should state the number of categories and 1 to 1,048,576 dimensions, but states 2 and 2",
        ),
        ({"name": "d"}, "its content does not match its digest"),
        ({"change": lambda table: table.set_column(0, "key", pa.array(["a", "c"]))}, "does not match its digest"),
        ({"change": lambda table: table.set_column(1, "count", pa.array([1, 2]))}, "does not match its digest"),
        ({"change": lambda table: table.set_column(0, "key", pa.array([["a"], ["b"]]))}, "should hold single values"),
        (
            {"change": lambda table: table.set_column(0, "key", pa.array(["a", None]))},
            "got None in row 1, which stands for a missing cell",
        ),
        (
            {"change": lambda table: table.append_column("key_json", pa.array(['"a"', "{"]))},
            "expected vectors as tabemb writes them, but the file is damaged",
        ),
    ],
)
def test_a_changed_file_is_refused(damage, message, path):
    rewrite(path, **damage)
    with pytest.raises(FormatError, match=f"dest.parquet: .*{message}"):
        CategoryVectors.load(path)


def test_another_parquet_file_is_refused_by_name(path):
    pd.DataFrame({"dest": ["JFK"], "n": [1]}).to_parquet(path)
    with pytest.raises(FormatError, match=r"its metadata has no 'tabemb' entry\. It has the columns dest, n\."):
        CategoryVectors.load(path)


def test_a_text_file_is_refused(path):
    path.write_text("2 2\na 1 2\nb 1 2\n")
    with pytest.raises(FormatError, match="expected a Parquet file, but it cannot be read as one"):
        CategoryVectors.load(path)


def test_alike_vectors_and_keys_are_stored_in_full(path):
    """What is written can be read, whatever the limit of expansion."""
    saved = CategoryVectors([f"k{row}" for row in range(200)], np.zeros((200, 1000)), name="dest")
    saved.save(path)
    assert path.stat().st_size > 800_000
    assert CategoryVectors.load(path) == saved
    saved = CategoryVectors(["x" * 1000 + str(row) for row in range(1000)], np.zeros((1000, 1)), name="dest")
    saved.save(path)
    assert path.stat().st_size > 1_000_000
    assert CategoryVectors.load(path) == saved


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (lambda: pa.array([7] * 3_000_000), "expected at most 8 times the size of the file"),
        (lambda: pa.array(["x"] * 3_000_000), "expected at most 8 times the size of the file"),
        (lambda: pa.array(["x" * 10_000] * 5_000), "expected each key once, got 'xxxx"),
        (lambda: pa.array(["x" * 10_000] * 5_000, pa.large_string()), "expected each key once, got 'xxxx"),
        (lambda: pa.array([b"x" * 10_000] * 5_000), "expected each key once, got b'xxxx"),
        (lambda: pa.array([None] * 3_000_000), "expected at most 8 times the size of the file"),
        (lambda: pa.array([None] * 2_000, pa.binary(100_000)), "expected at most 8 times the size of the file"),
        (lambda: pa.array(["x"] * 3_000_000).dictionary_encode(), "expected each key once, got 'x'"),
        (lambda: pa.array([["x"]] * 5_000), "a column should hold single values, but holds list"),
        (lambda: pa.array([{"a": 1}] * 5_000), "a column should hold single values, but holds struct"),
    ],
    ids=[
        "int64",
        "string",
        "long string",
        "large_string",
        "binary",
        "null",
        "fixed binary",
        "dictionary",
        "list",
        "struct",
    ],
)
def test_a_small_file_of_repeated_values_is_refused_before_they_are_decoded(keys, message, path):
    keys = keys()
    n = len(keys)
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(np.zeros(n, np.float32)), 1)
    head = {"format": "tabemb.vectors", "version": 1, "name": "c", "n": n, "dim": 1, "unknown": None, "missing": None}
    table = pa.table({"key": keys, "vector": vectors}).replace_schema_metadata({"tabemb": json.dumps(head)})
    pq.write_table(table, path, compression="zstd")
    del table, keys, vectors
    assert path.stat().st_size < 200_000
    before = pa.total_allocated_bytes()
    with pytest.raises(FormatError, match=rf"dest\.parquet: .*{message}"):
        CategoryVectors.load(path)
    assert pa.total_allocated_bytes() - before < 50e6


def test_keys_of_types_that_are_no_categories_are_refused(path):
    for column in (
        pa.array([0, 1]).cast(pa.timestamp("us", "Nowhere/At")),
        pa.array([2**62, 2**61], pa.duration("s")),
        pa.array([0, 2**62], pa.date64()),
    ):
        rewrite(path, lambda table, column=column: table.set_column(0, "key", column))
        with pytest.raises(FormatError, match=r"dest\.parquet: expected vectors as tabemb writes them"):
            CategoryVectors.load(path)


def test_other_columns_are_not_read(path):
    rewrite(path, lambda table: table.append_column("more", pa.array([[1], [2]])))
    assert CategoryVectors.load(path).index_to_key == ["a", "b"]
