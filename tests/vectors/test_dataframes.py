"""Vectors as tables of three libraries, and tables as vectors."""

import datetime as dt
import re
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from tabemb.exceptions import ColumnError, DataError, MissingExtraError, UnknownNameError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.dataframes import counts_in, keys_in, matrix_in, open_frame

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
        ([[1.0, 2.0], None], "should have a list of 2 numbers in every row, but has None in row 1, of the key 'b'."),
        ([[1.0, 2.0], [1.0]], "should have a list of 2 numbers in every row, but has "),
        ([["1"], ["2"]], "should have a list of numbers in every row, but has "),
        ([[], []], "should have a list of numbers in every row, but has "),
        (["[1, 2]", "[1, 2]"], "should have a list of numbers in every row, but has '[1, 2]' in row 0, of"),
        ([[[1.0], [1.0, 2.0]], [[1.0], [2.0]]], "should have a list of numbers in every row, but has "),
    ],
)  # fmt: skip
def test_a_column_without_lists_of_numbers_is_refused(rows, message, backend):
    frame = frame_of({"key": ["a", "b"], "vector": rows}, backend)
    with pytest.raises(DataError, match=re.escape(f"The column 'vector' {message}")):
        CategoryVectors.from_frame(frame, key="key", vectors="vector")


def test_lists_of_no_rows_have_no_length():
    frame = pa.table({"key": pa.array([], pa.string()), "vector": pa.array([], pa.list_(pa.float32()))})
    with pytest.raises(DataError, match="The column 'vector' has no rows, so the length of the vectors is unknown"):
        CategoryVectors.from_frame(frame, key="key", vectors="vector")


def test_a_missing_number_in_a_list_is_refused():
    frame = pl.DataFrame({"key": ["a"], "vector": [[1.0, float("nan")]]})
    with pytest.raises(DataError, match="expected finite float32 numbers in vectors, got nan in the row of 'a'"):
        CategoryVectors.from_frame(frame, key="key", vectors="vector")


def test_pandas_columns_may_have_numbers_as_names():
    frame = pd.DataFrame([[1.0, 2.0], [3.0, 4.0]], index=["a", "b"])
    assert CategoryVectors.from_frame(frame, vectors=frame.columns) == CategoryVectors(["a", "b"], [[1, 2], [3, 4]])
    assert CategoryVectors.from_frame(frame, vectors=1) == CategoryVectors(["a", "b"], [[2], [4]])


def test_a_single_column_of_numbers_may_be_named(backend):
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
        ({}, {"vectors": "y"}, ColumnError, "The table has no columns y0, y1, ... It has: key, x0, x1, n. Pass"),
        ({}, {"vectors": None}, ColumnError, "The table has no columns key_emb0, key_emb1, ... It has: key, x0,"),
        ({}, {"vectors": []}, DataError, "vectors must name at least one column. The table has: key, x0,"),
        ({"x3": [1.0, 2.0]}, {}, ColumnError, "The table has the columns x0 to x3, but no x2. If that is intended,"),
        ({}, {"count": "m"}, ColumnError, "The table has no column 'm'."),
        ({"key": ["a", "a"]}, {}, DataError, "Column 'key': expected each key once, got 'a' in rows 0 and 1."),
        ({"key": ["a", None]}, {}, DataError, "in row 1, which stands for a missing cell. Pass its vector"),
        ({"key": [["a"], ["b"]]}, {}, DataError, "must be one value"),
        ({"x1": ["3", "4"]}, {}, DataError, "The column 'x1' is of type String, but vectors are numbers. Cast it"),
        ({"x1": [True, False]}, {}, DataError, "The column 'x1' is of type Boolean, but vectors are numbers."),
        ({"x1": [3.0, None]}, {}, DataError, "The column 'x1' has no number in row 1, of the key 'b' (1 such row)."),
        ({"x1": [np.nan, np.nan]}, {}, DataError, "The column 'x1' has no number in row 0, of the key 'a' (2 such"),
        ({"x1": [3.0, np.inf]}, {}, DataError, "Column 'key': expected finite float32 numbers in vectors, got inf"),
        ({"x1": [3.0, 1e39]}, {}, DataError, "Column 'key': expected finite float32 numbers in vectors, got inf"),
        ({"n": ["1", "2"]}, {"count": "n"}, DataError, "The column 'n' is of type String, but counts are whole"),
        ({"n": [1, None]}, {"count": "n"}, DataError, "The column 'n' has no count in row 1."),
        ({"n": [1.5, 2]}, {"count": "n"}, DataError, "Column 'key': expected counts as whole numbers from 0, got"),
        ({"n": [-1, 2]}, {"count": "n"}, DataError, "Column 'key': expected counts as whole numbers from 0, got"),
        ({}, {"unknown": [1]}, DataError, "Column 'key': expected unknown of shape 2, got 1."),
    ],
)  # fmt: skip
def test_errors_explain_invalid_tables(changes, arguments, error, message, backend):
    frame = frame_of({**GOOD, **changes}, backend)
    with pytest.raises(error, match=re.escape(message)):
        CategoryVectors.from_frame(frame, **{"key": "key", "vectors": "x", **arguments})


def test_other_types_than_tables_are_refused():
    with pytest.raises(DataError, match=r"A polars LazyFrame has no rows yet\. Call \.collect\(\) first\."):
        CategoryVectors.from_frame(pl.LazyFrame(GOOD), key="key", vectors="x")
    for other in (GOOD, [[1, 2]], np.eye(2), None, pd.Series([1])):
        with pytest.raises(
            DataError, match=r"Expected a table of pandas, polars or Arrow, got \w+\. CategoryVectors\(keys"
        ):
            CategoryVectors.from_frame(other, key="key", vectors="x")


@pytest.mark.parametrize("backend", BACKENDS)
def test_row_numbers_are_not_keys(backend):
    with pytest.raises(DataError, match=r"Name the column of the keys: key=\.\.\. The table has: key, x0, x1, n\."):
        CategoryVectors.from_frame(frame_of(GOOD, backend), vectors="x")
    counted = pd.DataFrame(GOOD).rename_axis("number")
    assert CategoryVectors.from_frame(counted, vectors="x").index_to_key == [0, 1]


def test_errors_list_only_some_columns_of_a_wide_table():
    frame = pd.DataFrame({f"column{i}": [1.0] for i in range(100)})
    with pytest.raises(ColumnError, match=r"column19, \.\.\. \(100 in all\)"):
        CategoryVectors.from_frame(frame, key="column0", vectors="x")


def test_to_frame_joins_to_a_table(airports):
    frame = airports.to_frame()
    assert list(frame.columns) == ["dest_emb0", "dest_emb1"]
    assert frame.index.name == "dest"
    assert (frame.dtypes == np.float32).all()
    joined = pd.DataFrame({"dest": ["SFO", "JFK", "XYZ"]}).join(frame, on="dest")
    assert joined["dest_emb0"].tolist()[:2] == [-1, 1]
    assert joined["dest_emb0"].isna().tolist() == [False, False, True]
    frame.iloc[0, 0] = 7
    assert airports["JFK"][0] == 1


def test_a_polars_or_arrow_table_has_the_keys_in_a_column(airports):
    table = airports.to_frame(backend="pyarrow", count=True)
    assert table.schema == pa.schema(
        [("dest", pa.string()), ("dest_count", pa.int64()), ("dest_emb0", pa.float32()), ("dest_emb1", pa.float32())]
    )
    frame = airports.to_frame(backend="polars")
    assert frame.schema == {"dest": pl.String, "dest_emb0": pl.Float32, "dest_emb1": pl.Float32}
    joined = pl.DataFrame({"dest": ["SFO", "XYZ"]}).join(frame, on="dest", how="left")
    assert joined["dest_emb0"].to_list() == [-1, None]


def test_to_frame_with_counts_and_without_a_name(airports):
    assert list(airports.to_frame(count=True).columns) == ["dest_count", "dest_emb0", "dest_emb1"]
    plain = CategoryVectors([3, 4], [[1], [2]])
    assert list(plain.to_frame().columns) == ["emb0"]
    assert plain.to_frame().index.dtype == np.int64
    assert plain.to_frame(backend="polars").columns == ["key", "emb0"]
    with pytest.raises(DataError, match="have no counts; leave out count=True"):
        plain.to_frame(count=True)


@pytest.mark.parametrize(
    "keys",
    [
        ["b", "a", ""],
        [3, 1],
        [0, 1, 2],
        [True, False],
        [2.5, -1.0],
        [dt.date(2013, 1, 31)],
        [dt.datetime(2013, 1, 31, 5, 0, 0, 7)],
        [b"\xff"],
        [],
    ],
)
@pytest.mark.parametrize("name", ["dest", ""])
def test_frames_round_trip(keys, name, backend):
    saved = CategoryVectors(keys, np.arange(len(keys) * 3).reshape(-1, 3) / 7, range(len(keys)), name=name)
    frame = saved.to_frame(count=True, backend=backend)
    key = None if backend == "pandas" else name or "key"
    loaded = CategoryVectors.from_frame(frame, key=key, count=f"{name}_count" if name else "count", name=name)
    assert loaded == saved
    assert [type(key) for key in loaded.index_to_key] == [type(key) for key in keys]


@pytest.mark.parametrize(
    ("keys", "types"),
    [([1, "1", True], "bool, int, str"), (["\ud800"], "str"), ([2**70], "int"), ([1, 2.5], "float, int")],
)
def test_keys_of_several_types_go_to_pandas_only(keys, types):
    for keys, types in (
        ([1, "1", True], "bool, int, str"),
        (["\ud800"], "str"),
        ([2**70], "int"),
        ([1, 2.5], "float, int"),
    ):
        saved = CategoryVectors(keys, np.eye(len(keys)), name="c")
        assert CategoryVectors.from_frame(saved.to_frame()) == saved
        message = f"The keys of column 'c' (of type {types}) have no common type in Arrow or polars. Use backend="
        for backend in ("polars", "pyarrow"):
            with pytest.raises(DataError, match=re.escape(message)):
                saved.to_frame(backend=backend)


def test_an_unknown_backend_error_lists_backends(airports):
    with pytest.raises(
        UnknownNameError, match=r"No backend named 'polar'\. Known: pandas, polars, pyarrow\. Did you mean"
    ):
        airports.to_frame(backend="polar")


def test_without_polars_the_error_says_how_to_install_it(airports, monkeypatch):
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(
        MissingExtraError, match=re.escape("needs polars. Install it with: pip install 'tabemb[polars]'")
    ):
        airports.to_frame(backend="polars")


CITIES = {
    "city": ["Oslo", "Rome"],
    "country": ["NO", "IT"],
    "n": [7, 3],
    "emb0": [59.9, 41.9],
    "emb1": [10, 12],
    "emb10": [1.0, 2.0],
    "emb_0": [5.0, 6.0],
}


@pytest.mark.parametrize(
    ("vectors", "expected"),
    [
        (["emb1", "emb0"], [[10, 59.9], [12, 41.9]]),
        (("emb_0",), [[5], [6]]),
        ("emb_", [[5], [6]]),
        (["emb0", "n"], [[59.9, 7], [41.9, 3]]),
    ],
)
def test_columns_by_name_or_prefix(vectors, expected, backend):
    made = CategoryVectors.from_frame(
        frame_of(CITIES, backend), key="city", vectors=vectors, count="n", missing=[0] * len(expected[0])
    )
    assert made == CategoryVectors(["Oslo", "Rome"], expected, [7, 3], name="city", missing=[0] * len(expected[0]))


def test_columns_are_sorted_by_their_numbers(backend):
    data = (
        {"key": ["a"]}
        | {f"pca{i}": [float(i)] for i in (10, 9, 2, 1, 3, 4, 5, 6, 7, 8)}
        | {"pca02": [0.0], "pcax": ["x"]}
    )
    made = CategoryVectors.from_frame(frame_of(data, backend), key="key", vectors="pca")
    assert made.vectors.tolist() == [list(range(1, 11))]


def test_the_name_defaults_to_the_key_column():
    frame = pd.DataFrame(CITIES)
    assert CategoryVectors.from_frame(frame, key="city", vectors=["n"]).name == "city"
    assert CategoryVectors.from_frame(frame, key="city", vectors=["n"], name="town").name == "town"
    assert CategoryVectors.from_frame(frame.set_index("city"), vectors=["n"]).name == "city"
    unnamed = frame.set_index(pd.Index([7, 8]))
    assert CategoryVectors.from_frame(unnamed, vectors=["n"]).name == ""
    assert CategoryVectors.from_frame(unnamed, vectors=["n"]).index_to_key == [7, 8]


def test_columns_of_any_numbers_and_keys_of_any_type():
    frame = pd.DataFrame(
        {
            "key": pd.Categorical(["a", "b"]),
            "x0": pd.array([1, 2], dtype="Int64"),
            "x1": pd.array([0.5, 1.5], dtype="Float32"),
            "x2": np.array([1, 2], dtype=np.int8),
            "x3": pd.array([0.25, 1], dtype="double[pyarrow]"),
        }
    )
    made = CategoryVectors.from_frame(frame, key="key", vectors="x")
    assert made.index_to_key == ["a", "b"]
    assert made.vectors.tolist() == [[1, 0.5, 1, 0.25], [2, 1.5, 2, 1]]
    mixed = pd.DataFrame({"key": np.array(["1", 1, True], dtype=object), "x0": [1.0, 2.0, 3.0]})
    assert [type(key) for key in CategoryVectors.from_frame(mixed, key="key", vectors="x").index_to_key] == [
        str,
        int,
        bool,
    ]
    stamps = pl.DataFrame({"key": [dt.datetime(2013, 1, 31, tzinfo=dt.UTC)], "x0": [1.0]})
    assert CategoryVectors.from_frame(stamps, key="key", vectors="x").index_to_key == [
        dt.datetime(2013, 1, 31, tzinfo=dt.UTC)
    ]
