"""Tables of three kinds, there and back, and tables that do not fit."""

import datetime as dt
import re
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from tabemb.exceptions import DataError, MissingExtraError, UnknownNameError
from tabemb.vectors import CategoryVectors

BACKENDS = ["pandas", "polars", "pyarrow"]


@pytest.fixture(params=BACKENDS)
def backend(request):
    return request.param


def frame_of(data, backend):
    return {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}[backend](data)


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
    with pytest.raises(DataError, match="came without counts; leave out count=True"):
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
def test_there_and_back(keys, name, backend):
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
        message = (
            f"The keys of column 'c' (of type {types}) have no column of one type in Arrow or polars. Use backend="
        )
        for backend in ("polars", "pyarrow"):
            with pytest.raises(DataError, match=re.escape(message)):
                saved.to_frame(backend=backend)


def test_an_unknown_backend_is_told_the_known_ones(airports):
    with pytest.raises(
        UnknownNameError, match=r"No backend named 'polar'\. Known: pandas, polars, pyarrow\. Did you mean"
    ):
        airports.to_frame(backend="polar")


def test_without_polars_the_command_that_installs_it_is_told(airports, monkeypatch):
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
def test_columns_by_name_or_by_what_stands_before_their_numbers(vectors, expected, backend):
    made = CategoryVectors.from_frame(
        frame_of(CITIES, backend), key="city", vectors=vectors, count="n", missing=[0] * len(expected[0])
    )
    assert made == CategoryVectors(["Oslo", "Rome"], expected, [7, 3], name="city", missing=[0] * len(expected[0]))


def test_columns_come_in_the_order_of_their_numbers(backend):
    data = (
        {"key": ["a"]}
        | {f"pca{i}": [float(i)] for i in (10, 9, 2, 1, 3, 4, 5, 6, 7, 8)}
        | {"pca02": [0.0], "pcax": ["x"]}
    )
    made = CategoryVectors.from_frame(frame_of(data, backend), key="key", vectors="pca")
    assert made.vectors.tolist() == [list(range(1, 11))]


def test_the_name_is_the_keys_unless_another_is_given():
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
