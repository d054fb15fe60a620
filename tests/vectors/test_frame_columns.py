"""Columns of somebody's table: lists, labels of any kind, and what does not fit."""

import re

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from tabemb.exceptions import ColumnError, DataError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.frame_columns import counts_in, keys_in, matrix_in, open_frame

BACKENDS = ["pandas", "polars", "pyarrow"]


@pytest.fixture(params=BACKENDS)
def backend(request):
    return request.param


def frame_of(data, backend):
    return {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}[backend](data)


def test_keys_numbers_and_counts(backend):
    table = open_frame(frame_of({"key": ["a", "b"], "x0": [1.0, 2.0], "n": [3, 4]}, backend))
    assert keys_in(table, "key") == (["a", "b"], "key")
    assert matrix_in(table, "x", "key", ["a", "b"]).tolist() == [[1], [2]]
    assert counts_in(table, "n").tolist() == [3, 4]


def test_a_column_of_lists_is_a_matrix(backend, tmp_path, airports):
    frame = frame_of({"key": ["a", "b"], "vector": [[1.0, 0.5], [2.0, 3.0]]}, backend)
    made = CategoryVectors.from_frame(frame, key="key", vectors="vector")
    assert made == CategoryVectors(["a", "b"], [[1, 0.5], [2, 3]], name="key")
    airports.save(tmp_path / "dest.parquet")
    read = {"pandas": pd.read_parquet, "polars": pl.read_parquet, "pyarrow": pa.parquet.read_table}[backend]
    frame = read(tmp_path / "dest.parquet")
    made = CategoryVectors.from_frame(frame, key="key", vectors="vector", count="count", name="dest")
    assert np.array_equal(made.vectors, airports.vectors)
    assert made.index_to_key == airports.index_to_key


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[1.0, 2.0], None], "should hold a list of 2 numbers in every row, and holds None in row 1, of the key 'b'."),
        ([[1.0, 2.0], [1.0]], "should hold a list of 2 numbers in every row, and holds "),
        ([["1"], ["2"]], "should hold a list of numbers in every row, and holds "),
        ([[], []], "should hold a list of numbers in every row, and holds "),
        (["[1, 2]", "[1, 2]"], "should hold a list of numbers in every row, and holds '[1, 2]' in row 0, of"),
        ([[[1.0], [1.0, 2.0]], [[1.0], [2.0]]], "should hold a list of numbers in every row, and holds "),
    ],
)  # fmt: skip
def test_a_column_of_other_things_than_lists_is_refused(rows, message, backend):
    frame = frame_of({"key": ["a", "b"], "vector": rows}, backend)
    with pytest.raises(DataError, match=re.escape(f"The column 'vector' {message}")):
        CategoryVectors.from_frame(frame, key="key", vectors="vector")


def test_lists_of_no_rows_have_no_length():
    frame = pa.table({"key": pa.array([], pa.string()), "vector": pa.array([], pa.list_(pa.float32()))})
    with pytest.raises(DataError, match="The column 'vector' holds no list, so nothing tells how long vectors are"):
        CategoryVectors.from_frame(frame, key="key", vectors="vector")


def test_a_missing_number_in_a_list_is_refused():
    frame = pl.DataFrame({"key": ["a"], "vector": [[1.0, float("nan")]]})
    with pytest.raises(DataError, match="expected finite float32 numbers in vectors, got nan in the row of 'a'"):
        CategoryVectors.from_frame(frame, key="key", vectors="vector")


def test_columns_of_pandas_may_be_called_by_numbers():
    frame = pd.DataFrame([[1.0, 2.0], [3.0, 4.0]], index=["a", "b"])
    assert CategoryVectors.from_frame(frame, vectors=frame.columns) == CategoryVectors(["a", "b"], [[1, 2], [3, 4]])
    assert CategoryVectors.from_frame(frame, vectors=1) == CategoryVectors(["a", "b"], [[2], [4]])


def test_one_column_of_numbers_may_go_by_its_name(backend):
    frame = frame_of({"key": ["a", "b"], "x": [1.0, 2.0]}, backend)
    assert CategoryVectors.from_frame(frame, key="key", vectors="x").vectors.tolist() == [[1], [2]]


def test_columns_of_the_same_name_are_refused():
    frame = pd.DataFrame([["a", 2.0, 3.0]], columns=["key", "x0", "x0"])
    with pytest.raises(ColumnError, match=r"Column names must differ.*x0"):
        CategoryVectors.from_frame(frame, key="key", vectors="x")
    table = pa.Table.from_arrays([pa.array(["a"]), pa.array([1.0]), pa.array([2.0])], names=["key", "x0", "x0"])
    with pytest.raises(ColumnError, match=r"Column names must differ.*x0"):
        CategoryVectors.from_frame(table, key="key", vectors="x")


GOOD = {"key": ["a", "b"], "x0": [1.0, 2.0], "x1": [3.0, 4.0], "n": [1, 2]}


@pytest.mark.parametrize(
    ("changes", "arguments", "error", "message"),
    [
        ({}, {"key": "kye"}, ColumnError, "The table has no column 'kye'. It has: key, x0, x1, n. Did you mean 'key'?"),
        ({}, {"vectors": ["x0", "x2"]}, ColumnError, "The table has no column 'x2'. It has: key, x0, x1, n."),
        ({}, {"vectors": "y"}, ColumnError, "The table has no columns y0, y1, ... It has: key, x0, x1, n. Name"),
        ({}, {"vectors": None}, ColumnError, "The table has no columns key_emb0, key_emb1, ... It has: key, x0,"),
        ({}, {"vectors": []}, DataError, "vectors names no column, and one or more are needed. It has: key, x0,"),
        ({"x3": [1.0, 2.0]}, {}, ColumnError, "The table has the columns x0 to x3, but no x2. Name them if"),
        ({}, {"count": "m"}, ColumnError, "The table has no column 'm'."),
        ({"key": ["a", "a"]}, {}, DataError, "Column 'key': expected each key once, got 'a' in rows 0 and 1."),
        ({"key": ["a", None]}, {}, DataError, "in row 1, which stands for a missing cell. Its vector is given"),
        ({"key": [["a"], ["b"]]}, {}, DataError, "must be one value"),
        ({"x1": ["3", "4"]}, {}, DataError, "The column 'x1' holds String, and vectors are numbers. Cast it first"),
        ({"x1": [True, False]}, {}, DataError, "The column 'x1' holds Boolean, and vectors are numbers."),
        ({"x1": [3.0, None]}, {}, DataError, "The column 'x1' has no number in row 1, of the key 'b' (1 such row)."),
        ({"x1": [np.nan, np.nan]}, {}, DataError, "The column 'x1' has no number in row 0, of the key 'a' (2 such"),
        ({"x1": [3.0, np.inf]}, {}, DataError, "Column 'key': expected finite float32 numbers in vectors, got inf"),
        ({"x1": [3.0, 1e39]}, {}, DataError, "Column 'key': expected finite float32 numbers in vectors, got inf"),
        ({"n": ["1", "2"]}, {"count": "n"}, DataError, "The column 'n' holds String, and counts are whole numbers."),
        ({"n": [1, None]}, {"count": "n"}, DataError, "The column 'n' has no count in row 1."),
        ({"n": [1.5, 2]}, {"count": "n"}, DataError, "Column 'key': expected counts as whole numbers from 0, got"),
        ({"n": [-1, 2]}, {"count": "n"}, DataError, "Column 'key': expected counts as whole numbers from 0, got"),
        ({}, {"unknown": [1]}, DataError, "Column 'key': expected unknown of shape 2, got 1."),
    ],
)  # fmt: skip
def test_a_table_that_does_not_fit_is_told_why(changes, arguments, error, message, backend):
    frame = frame_of({**GOOD, **changes}, backend)
    with pytest.raises(error, match=re.escape(message)):
        CategoryVectors.from_frame(frame, **{"key": "key", "vectors": "x", **arguments})


def test_what_is_no_table_is_refused():
    with pytest.raises(DataError, match=r"A polars LazyFrame has no rows yet\. Call \.collect\(\) first\."):
        CategoryVectors.from_frame(pl.LazyFrame(GOOD), key="key", vectors="x")
    for other in (GOOD, [[1, 2]], np.eye(2), None, pd.Series([1])):
        with pytest.raises(
            DataError, match=r"Expected a table of pandas, polars or Arrow, got \w+\. CategoryVectors\(keys"
        ):
            CategoryVectors.from_frame(other, key="key", vectors="x")


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_index_that_only_counts_the_rows_is_not_taken_for_keys(backend):
    with pytest.raises(DataError, match=r"Say which column holds the keys: key=\.\.\. It has: key, x0, x1, n\."):
        CategoryVectors.from_frame(frame_of(GOOD, backend), vectors="x")
    counted = pd.DataFrame(GOOD).rename_axis("number")
    assert CategoryVectors.from_frame(counted, vectors="x").index_to_key == [0, 1]


def test_a_wide_table_is_not_listed_whole():
    frame = pd.DataFrame({f"column{i}": [1.0] for i in range(100)})
    with pytest.raises(ColumnError, match=r"column19, \.\.\. \(100 in all\)"):
        CategoryVectors.from_frame(frame, key="column0", vectors="x")
