"""A table's categories become vectors."""

import re

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from tabemb.exceptions import ColumnError, DataError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.lookup import look_up
from tabemb.vectors.store import EmbeddingStore


@pytest.fixture
def store(airports):
    return EmbeddingStore({"dest": airports, "month": CategoryVectors([1, 2], [[7], [8]])})


@pytest.fixture
def table():
    return pd.DataFrame({"late": [1, 2, 3, 4], "dest": ["SFO", None, "XYZ", "SFO"], "month": [2, 1, 1, 2]})


def test_columns_are_replaced_in_their_place(store, table, airports):
    found = store.lookup(table)
    assert list(found.columns) == ["late", "dest_emb0", "dest_emb1", "month_emb0"]
    expected = [airports["SFO"], airports.missing, airports.unknown, airports["SFO"]]
    np.testing.assert_array_equal(found[["dest_emb0", "dest_emb1"]], expected)
    assert found["month_emb0"].tolist() == [8, 7, 7, 8]
    assert (found.dtypes.iloc[1:] == np.float32).all()
    assert table.columns.tolist() == ["late", "dest", "month"]


def test_the_index_of_a_pandas_table_stays(store, table):
    table.index = pd.Index(["d", "c", "b", "a"], name="flight")
    pd.testing.assert_index_equal(store.lookup(table).index, table.index)
    assert store.lookup(table).loc["d", "month_emb0"] == 8
    doubled = table.set_axis([0, 0, 1, 1])
    assert store.lookup(doubled)["late"].tolist() == [1, 2, 3, 4]
    assert store.lookup(doubled)["month_emb0"].tolist() == [8, 7, 7, 8]


@pytest.mark.parametrize("make", [pl.from_pandas, lambda table: pa.Table.from_pandas(table)])
def test_a_table_of_another_kind_stays_of_that_kind(store, table, make):
    given = make(table)
    found = store.lookup(given)
    assert type(found) is type(given)
    as_pandas = found.to_pandas()
    pd.testing.assert_frame_equal(as_pandas, store.lookup(table))


def test_only_the_columns_that_are_asked_for(store, table):
    assert list(store.lookup(table, ["month"]).columns) == ["late", "dest", "month_emb0"]
    assert list(store.lookup(table[["late", "month"]]).columns) == ["late", "month_emb0"]


@pytest.mark.parametrize("dtype", ["str", "object", "category"])
def test_text_of_any_dtype(store, table, dtype):
    cells = table["dest"].astype(dtype)
    assert store.lookup(cells.to_frame())["dest_emb0"].tolist() == [-1, 0, 0.5, -1]


@pytest.mark.parametrize("dtype", ["int64", "float64", "Int64", "object", "category"])
def test_numbers_are_numbers(store, dtype):
    assert store.lookup(pd.DataFrame({"month": pd.Series([1, 2]).astype(dtype)}))["month_emb0"].tolist() == [7, 8]


def test_types_of_keys_count(store):
    mixed = EmbeddingStore({"k": CategoryVectors([1, "1", True], [[1], [2], [3]], unknown=[0])})
    cells = pd.DataFrame({"k": pd.Series(["1", 1, True, 1.0, "True"], dtype=object)})
    assert mixed.lookup(cells)["k_emb0"].tolist() == [2, 1, 3, 1, 0]


def test_a_category_that_no_row_has_needs_no_vector(store):
    cells = pd.Series(pd.Categorical(["1"], categories=["1", "2"]))
    assert look_up({"k": CategoryVectors(["1"], [[5]])}, pd.DataFrame({"k": cells}))["k_emb0"].tolist() == [5]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (
            [1, 5, 9, 9],
            "Column 'month': 2 of the table's categories have no vector (5, 9), and these vectors have none for",
        ),
        ([1, 5, 6, 7, 8], "Column 'month': 4 of the table's categories have no vector (5, 6, 7, ...), and"),
        (
            [1, None, None],
            "Column 'month': 2 of the table's cells are missing, and these vectors have none for missing",
        ),
    ],
)
def test_where_a_vector_is_needed_and_there_is_none(store, cells, message):
    with pytest.raises(DataError, match=re.escape(message)):
        store.lookup(pd.DataFrame({"month": cells}))


def test_columns_that_do_not_fit_are_named(store, table):
    with pytest.raises(ColumnError, match=r"There are no vectors of a column 'late'. Columns: dest, month"):
        store.lookup(table, ["late"])
    with pytest.raises(ColumnError, match=r"The table has no column 'month'\. Its columns: dest"):
        store.lookup(table[["dest"]], ["month"])
    with pytest.raises(ColumnError, match="columns is a list of names; got the text 'dest'"):
        store.lookup(table, "dest")
    with pytest.raises(
        ColumnError,
        match=r"None of the table's columns has vectors here. Its columns: late. Columns with vectors: dest, month",
    ):
        store.lookup(table[["late"]])
    with pytest.raises(
        ColumnError, match=r"Two columns of the output would have the same name: dest_emb0. Rename or drop"
    ):
        store.lookup(table.rename(columns={"late": "dest_emb0"}))
    with pytest.raises(DataError, match="by the names of columns, and this table has none"):
        store.lookup(table.to_numpy())
