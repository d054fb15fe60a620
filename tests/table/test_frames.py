import sqlite3
from collections import UserList, deque, namedtuple
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.compose import make_column_selector

from tabemb.exceptions import ColumnError, DataError
from tabemb.table.cells import Coded, factorize, is_missing
from tabemb.table.frames import read_frame, select_as_fitted


def values(frame, column):
    coded = factorize(frame.cells(column))
    return [coded.keys[code] if code >= 0 else None for code in coded.codes]


NEW_YEAR, NEXT_YEAR = datetime(2020, 1, 1), datetime(2021, 1, 1)

PANDAS = [
    (pd.Series(["a", None, "b"], dtype="str").array, "text", ["a", None, "b"]),
    (pd.array(["a", None, "b"], dtype="string[pyarrow]"), "text", ["a", None, "b"]),
    (pd.array(["a", None, "b"], dtype="string[python]"), "text", ["a", None, "b"]),
    (pd.array(["a", None, "b"], dtype=pd.ArrowDtype(pa.string())), "text", ["a", None, "b"]),
    (np.array(["a", None, np.nan], dtype=object), "text", ["a", None, None]),
    (pd.Categorical(["b", None, "a"], categories=["a", "b", "z"]), "category", ["b", None, "a"]),
    (pd.Categorical([2, 1, None]), "category", [2, 1, None]),
    (pd.Categorical([True, False, None]), "category", [True, False, None]),
    (pd.Categorical(["a", 1, None]), "category", ["a", 1, None]),
    (pd.Categorical(pd.to_datetime(["2020", "2021", None])), "category", [NEW_YEAR, NEXT_YEAR, None]),
    (pd.cut([1.0, 3.0, np.nan], [0, 2, 4]), "category", [pd.Interval(0, 2), pd.Interval(2, 4), None]),
    (np.array([True, False, True]), "bool", [True, False, True]),
    (pd.array([True, None, False], dtype="boolean"), "bool", [True, None, False]),
    (pd.array([True, None, False], dtype=pd.ArrowDtype(pa.bool_())), "bool", [True, None, False]),
    (np.array([True, None, False], dtype=object), "bool", [True, None, False]),
    (np.array([1, 2, 3], dtype=np.uint8), "integer", [1, 2, 3]),
    (np.array([1, 2**63, 2**64 - 1], dtype=np.uint64), "integer", [1, 2**63, 2**64 - 1]),
    (pd.array([1, None, 2**60 + 1], dtype="Int64"), "integer", [1, None, 2**60 + 1]),
    (pd.array([1, None, 3], dtype=pd.ArrowDtype(pa.int16())), "integer", [1, None, 3]),
    (np.array([1.5, np.nan, 3]), "float", [1.5, None, 3.0]),
    (pd.array([1.5, None, 3], dtype="Float64"), "float", [1.5, None, 3.0]),
    (pd.array([Decimal("1.5"), None, Decimal(3)], dtype=pd.ArrowDtype(pa.decimal128(4, 1))), "float", [1.5, None, 3]),
    (pd.arrays.SparseArray([0.0, 1.0, 0.0]), "float", [0, 1, 0]),
    (pd.to_timedelta([1, None, 2], unit="s"), "duration", [timedelta(seconds=1), None, timedelta(seconds=2)]),
    (pd.Series(pd.to_timedelta([1, None], unit="s"), dtype=object), "duration", [timedelta(seconds=1), None]),
    (np.array([1, 2, None], dtype=object), "object", [1, 2, None]),
    (np.array([Decimal(1), Decimal("1.5"), None], dtype=object), "object", [1, Decimal("1.5"), None]),
    (np.array(["a", 1, True], dtype=object), "object", ["a", 1, True]),
    (np.array([b"a", None, b"b"], dtype=object), "object", [b"a", None, b"b"]),
    (np.array([None, None, None], dtype=object), "object", [None] * 3),
    (pd.period_range("2020", periods=3, freq="M"), "object", list(pd.period_range("2020", periods=3, freq="M"))),
    (pd.to_datetime(["2020-01-01", None, "2021-01-01"]), "datetime", [NEW_YEAR, None, NEXT_YEAR]),
    (np.array([NEW_YEAR.date(), None, pd.NaT], dtype=object), "datetime", [NEW_YEAR.date(), None, None]),
    (np.array([NEW_YEAR.date(), None, NEW_YEAR], dtype=object), "datetime", [NEW_YEAR.date(), None, NEW_YEAR]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("column", "kind", "expected"), PANDAS, ids=lambda value: repr(getattr(value, "dtype", ""))[:40]
)
def test_pandas_columns(column, kind, expected):
    frame = read_frame(pd.DataFrame({"c": column}))
    assert frame.kind("c") == kind
    assert values(frame, "c") == expected


def test_time_zones_are_kept():
    frame = read_frame(pd.DataFrame({"c": pd.to_datetime(["2020-01-01"]).tz_localize("Europe/Paris")}))
    assert values(frame, "c") == [pd.Timestamp("2020-01-01", tz="Europe/Paris").to_pydatetime()]


POLARS = [
    (pl.Series(["a", None]), "text", ["a", None]),
    (pl.Series(["a", None], dtype=pl.Categorical), "category", ["a", None]),
    (pl.Series(["a", None], dtype=pl.Enum(["z", "a"])), "category", ["a", None]),
    (pl.Series([True, None]), "bool", [True, None]),
    (pl.Series([1, None]), "integer", [1, None]),
    (pl.Series([2**63, None], dtype=pl.UInt64), "integer", [2**63, None]),
    (pl.Series([2**70, None], dtype=pl.Int128), "integer", [2**70, None]),
    (pl.Series([1.5, None]), "float", [1.5, None]),
    (pl.Series([Decimal("1.5"), None]), "float", [1.5, None]),
    (pl.Series([timedelta(seconds=1), None]), "duration", [timedelta(seconds=1), None]),
    (pl.Series([date(2020, 1, 1), None]), "datetime", [date(2020, 1, 1), None]),
    (pl.Series([datetime(2020, 1, 1, 5), None]), "datetime", [datetime(2020, 1, 1, 5), None]),
    (pl.Series([time(5), None]), "object", [time(5), None]),
    (pl.Series([b"a", None]), "object", [b"a", None]),
    (pl.Series([None, None]), "object", [None, None]),
    (pl.Series(["a", 1], dtype=pl.Object), "object", ["a", 1]),
]


@pytest.mark.parametrize(("column", "kind", "expected"), POLARS, ids=lambda value: repr(getattr(value, "dtype", "")))
def test_polars_columns(column, kind, expected):
    frame = read_frame(pl.DataFrame({"c": column}))
    assert frame.kind("c") == kind
    assert values(frame, "c") == expected


def test_arrow_tables():
    table = pa.table({"d": pa.array(["a", "b", "a"]).dictionary_encode(), "i": [1, None, 3]})
    frame = read_frame(pa.concat_tables([table, table]))
    assert (frame.kind("d"), frame.kind("i"), frame.n_rows) == ("category", "integer", 6)
    assert values(frame, "d") == ["a", "b", "a"] * 2


def test_the_kind_of_numpy_object_columns_depends_on_the_cells():
    day = datetime(2020, 1, 1)
    rows = [["a", 1, 2.5, None, True, 2**70, day, 1], ["b", 2, np.nan, None, False, 1, day, "x"]]
    frame = read_frame(np.array(rows, dtype=object))
    kinds = [frame.kind(column) for column in frame.columns]
    assert kinds == ["text", "integer", "float", "object", "bool", "integer", "datetime", "object"]
    assert not frame.named
    assert frame.columns[:2] == ("x0", "x1")


@pytest.mark.parametrize(
    ("dtype", "kind"),
    [
        *[(dtype, "float") for dtype in ("f4", "f2", ">f8", "g")],
        ("i1", "integer"),
        ("?", "bool"),
        ("U3", "text"),
        ("M8[D]", "datetime"),
        ("M8[Y]", "datetime"),
    ],
)
def test_numpy_matrices(dtype, kind):
    frame = read_frame(np.zeros((2, 2), dtype=dtype))
    assert frame.kind("x1") == kind


def test_rows_of_text_and_numbers_keep_their_types():
    frame = read_frame([["a", 1], ["b", 2]])
    assert (frame.kind("x0"), frame.kind("x1")) == ("text", "integer")


def test_array_likes_are_read():
    class Wrapped:
        def __array__(self, dtype=None, copy=None):
            return np.eye(3)

    assert read_frame(Wrapped()).n_rows == 3


def test_read_only_and_strided_arrays_are_read():
    matrix = np.arange(12.0).reshape(3, 4)[:, ::2]
    matrix.flags.writeable = False
    assert values(read_frame(matrix), "x1") == [2.0, 6.0, 10.0]


def test_a_frame_passes_through():
    frame = read_frame(np.eye(2))
    assert read_frame(frame) is frame


def test_native_is_what_was_given():
    given = pd.DataFrame({"a": [1]})
    assert read_frame(given).native is given


def test_columns_are_read_once():
    frame = read_frame(pd.DataFrame({"a": [1]}))
    assert frame.cells("a") is frame.cells("a")


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
def test_select_and_take(make):
    frame = read_frame(make({"a": [1, 2, 3], "b": ["x", "y", "z"], "c": [1.0, 2.0, 3.0]}))
    part = frame.select(["c", "a"]).take(np.array([2, 0]))
    assert (part.columns, len(part), part.named) == (("c", "a"), 2, True)
    assert values(part, "a") == [3, 1]


def test_select_and_take_by_position():
    part = read_frame(np.arange(6).reshape(2, 3)).select(["x2"]).take(np.array([1]))
    assert (part.columns, part.named, values(part, "x2")) == (("x2",), False, [5])


def test_a_misspelled_column_gets_a_suggestion():
    frame = read_frame(pd.DataFrame({"origin": ["a"], "dest": ["b"]}))
    with pytest.raises(ColumnError) as caught:
        frame.select(["orgin"])
    assert str(caught.value) == "The table has no column 'orgin'. Did you mean 'origin'? Its columns: origin, dest."


def test_integer_names_of_pandas_are_positions():
    frame = read_frame(pd.DataFrame({10: ["a"], 20: [1]}))
    assert (frame.columns, frame.named, frame.kind("x1")) == (("x0", "x1"), False, "integer")


def make(module, name, **attributes):
    """Return a frame of a library that is not installed: with columns, and readable by NumPy."""
    body = {"__module__": module, "columns": ["a"], "__array__": lambda self, *_, **__: np.zeros((2, 1)), **attributes}
    return type(name, (), {key: value for key, value in body.items() if key != "columns" or value})()


def on_a_gpu(*_, **__):
    raise TypeError("it is on a GPU.")


class Stream:
    """Anything with an Arrow stream."""

    def __init__(self, content):
        self._content = content

    def __arrow_c_stream__(self, requested_schema=None):
        return self._content.__arrow_c_stream__(requested_schema)


class Batch:
    """A record batch of another library."""

    def __init__(self, content):
        self._content = content

    def __arrow_c_array__(self, requested_schema=None):
        return self._content.__arrow_c_array__(requested_schema)


class HuggingFaceDataset:
    """A selection of rows, which its table does not know."""

    def with_format(self, kind):
        assert kind == "arrow"
        return self

    def __getitem__(self, rows):
        assert rows == slice(None)
        return ARROW


HuggingFaceDataset.__name__, HuggingFaceDataset.__module__ = "Dataset", "datasets.arrow_dataset"
ARROW = pa.table({"a": [1, 2], "b": ["x", None]})
ROW = namedtuple("ROW", "a b")


@dataclass
class Record:
    a: int
    b: str | None


def from_sqlite():
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute("select 1 as a, 'x' as b union all select 2, null").fetchall()


@pytest.mark.parametrize(
    "table",
    [
        pytest.param(ARROW.to_reader(), id="RecordBatchReader"),
        pytest.param(ARROW.to_batches()[0], id="RecordBatch"),
        pytest.param(Stream(ARROW), id="Arrow stream"),
        pytest.param(Batch(ARROW.to_batches()[0]), id="Arrow array"),
        pytest.param(HuggingFaceDataset(), id="Hugging Face"),
        pytest.param([{"a": 1, "b": "x"}, {"a": 2}], id="dicts"),
        pytest.param(deque([{"a": 1, "b": "x"}, {"a": 2, "b": None}]), id="deque"),
        pytest.param([ROW(1, "x"), ROW(2, None)], id="named tuples"),
        pytest.param([Record(1, "x"), Record(2, None)], id="dataclasses"),
        pytest.param([pd.Series({"a": 1, "b": "x"}), pd.Series({"a": 2, "b": None}, dtype=object)], id="Series"),
        pytest.param(from_sqlite(), id="sqlite3"),
        pytest.param(
            np.ma.array([(1, "x"), (2, "y")], [("a", int), ("b", "U1")], mask=[(0, 0), (0, 1)]), id="structured"
        ),
        pytest.param(np.rec.array([(1, "x"), (2, None)], [("a", int), ("b", object)]), id="records"),
    ],
)
def test_rows_with_names_keep_names_types_and_missing_cells(table):
    frame = read_frame(table)
    assert (frame.columns, frame.named, frame.n_rows) == (("a", "b"), True, 2)
    assert (frame.kind("a"), frame.kind("b")) == ("integer", "text")
    assert (frame.cells("a").to_pylist(), frame.cells("b").to_pylist()) == ([1, 2], ["x", None])
    second = frame.take(np.array([1])).select(["b", "a"])
    assert (second.columns, second.cells("a").to_pylist(), second.cells("b").to_pylist()) == (("b", "a"), [2], [None])
    assert list(read_frame(second.native).columns) == ["b", "a"]


def test_large_integers_beside_missing_ones_stay_exact():
    assert read_frame([{"a": 2**60 + 1}, {"b": 1}]).cells("a").to_pylist() == [2**60 + 1, None]


def test_the_table_of_records_is_a_data_frame_for_selectors():
    frame = read_frame([{"a": 1, "b": "x"}, {"a": 2, "b": "y"}])
    assert make_column_selector(dtype_include="number")(frame.native) == ["a"]


@pytest.mark.parametrize(
    "table",
    [
        np.ma.array([[1, 2], [3, 4]], mask=[[0, 1], [0, 0]]),
        [np.ma.array([1, 2], mask=[0, 1]), np.ma.array([3, 4])],
        pd.DataFrame(np.ma.array([[1, 2], [3, 4]], mask=[[0, 1], [0, 0]])),
        np.ma.array([[1, -1], [3, 4]], object, mask=[[0, 1], [0, 0]]),
    ],
)
def test_masked_cells_of_a_table_are_missing(table):
    frame = read_frame(table)
    assert frame.cells(frame.columns[0]).to_pylist() == [1, 3]
    assert is_missing(frame.take(np.array([1, 0])).cells(frame.columns[1])).tolist() == [False, True]
    assert pd.isna(pd.DataFrame(frame.native)).to_numpy().tolist() == [[False, True], [False, False]]


class Array:
    def __array__(self, *_, **__):
        return np.zeros((1, 2))


@pytest.mark.parametrize("table", [memoryview(np.zeros((1, 2))), UserList([[1, 2]]), [[1, 2]], ((1, 2),), Array()])
def test_arrays_and_sequences_of_rows_are_tables_without_names(table):
    frame = read_frame(table)
    assert (frame.columns, frame.named, frame.n_rows) == (("x0", "x1"), False, 1)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (np.zeros(3), r"Expected 2D array, got 1D array instead:\narray=\[0. 0. 0.\].\nReshape your data either using"),
        (np.float64(3), "Expected 2D array, got scalar array instead"),
        (np.zeros((2, 2, 2)), "Found array with dim 3, while dim <= 2 is required"),
        (
            np.zeros((0, 3)),
            r"^The table has no rows, only the columns 'x0', 'x1', 'x2'\. Pass at least one row: check the filter, "
            r"join or file that it comes from, and skip empty batches\. Found array with 0 sample\(s\) "
            r"\(shape=\(0, 3\)\) while a minimum of 1 is required\.$",
        ),
        (np.zeros((0, 7)), r"only the columns 'x0', 'x1', 'x2', 'x3', 'x4' and 2 more\. Pass"),
        (pd.DataFrame({"a": []}), r"has no rows, only the column 'a'\. Pass at least one row"),
        ([], r"^The table is empty: it has neither rows nor columns\. Check how it was read\. Found array with 0 fea"),
        (
            np.zeros((3, 0)),
            r"^The table has no columns, only 3 rows\. Pass at least one column of features\. Found array with 0 "
            r"feature\(s\) \(shape=\(3, 0\)\) while a minimum of 1 is required\.$",
        ),
        (pd.DataFrame({"a": []}), r"0 sample\(s\) \(shape=\(0, 1\)\)"),
        (pl.DataFrame(), r"0 feature\(s\) \(shape=\(0, 0\)\)"),
        (np.array([[1j]]), r"Complex data not supported\n"),
        (sparse.csr_array(np.eye(2)), "Sparse data was passed, but dense data is required. Use '.toarray"),
        (sparse.dok_matrix((2, 2)), "Sparse data was passed"),
        (pd.Series([1]), "Expected a 2-dimensional container but got Series instead.*to_frame.*Reshape your data"),
        (pd.Series({"a": 1}), r"or one row: \[series\.to_dict\(\)\]"),
        ({"a": 1, "b": "x"}, r"got dict instead\. One row is a list of one dict: \[X\]\."),
        ({"a": [1], "b": ["x"]}, r"pandas\.DataFrame\(X\) makes one of a dict"),
        ("rows.parquet", r"got str instead\. Read the file first, for example by pandas\.read_parquet\(X\)"),
        (Path("rows.csv"), r"Read the file first"),
        (pl.Series([1]), "Expected a 2-dimensional container but got Series"),
        (pl.LazyFrame({"a": [1]}), r"got a LazyFrame of polars, which has no rows yet. Convert it: X.collect\(\)\."),
        ({"a": [1]}, r"Expected a table, got dict instead. Pass a DataFrame"),
        ({"a"}, r"Expected a table, got set instead. .* or a list of rows: list\(X\)\."),
        ((row for row in [[1]]), r"Expected a table, got generator instead. .* or a list of rows: list\(X\)\."),
        (object(), r"Expected a table, got object instead. Pass a DataFrame"),
        (True, r"Expected a table, got bool instead. Pass a DataFrame"),
        (make("dask.dataframe.core", "DataFrame"), r"a DataFrame of dask, .* Convert it: X.compute\(\)\."),
        (make("dask_expr._collection", "DataFrame"), r"a DataFrame of dask, .* Convert it: X.compute\(\)\."),
        (make("dask.array.core", "Array"), r"an? Array of dask, .* Convert it: X.compute\(\)\."),
        (make("_duckdb", "DuckDBPyRelation"), r"DuckDBPyRelation of duckdb, .* Convert it: X.to_arrow_table\(\)\."),
        (make("pyspark.sql.connect.dataframe", "DataFrame"), r"of pyspark, .* Convert it: X.toPandas\(\)\."),
        (make("xarray.core.dataarray", "DataArray"), r"of xarray, .* Convert it: X.to_pandas\(\)\."),
        (make("datasets.dataset_dict", "DatasetDict"), r'of datasets, .* Convert it: X\["train"\]\.'),
        (make("vaex.dataframe", "Frame", to_pandas=None), r"got Frame instead. Convert it: X.to_pandas\(\)\."),
        (make("vaex.dataframe", "Frame"), r"got Frame instead. Pass a DataFrame"),
        (make("torch", "Tensor", columns=None, __array__=on_a_gpu), "NumPy cannot read a Tensor: it is on a GPU"),
        ([{"a": 1}, [1]], r"Some rows have column names, but row 1 has none\."),
        (np.zeros((2, 2), [("a", int)]), r"one row per record, got one of shape \(2, 2\)\. Use array\.reshape\(-1\)"),
        (np.zeros(2, [("a", int, (3,))]), r"'a' has an array of shape \(3,\) per row"),
        (pa.chunked_array([[1]]), "Expected a 2-dimensional container but got ChunkedArray"),
        (Batch(pa.array([1])), "The Arrow data of a Batch cannot be read as a table"),
        (Stream(pa.chunked_array([[1]])), "The Arrow data of a Stream cannot be read as a table"),
        ("flights.csv", "Expected a table, got str instead"),
        (None, "Expected a table, got NoneType instead"),
        ([[1], [1, 2]], "The rows do not have the same number of columns"),
    ],
)  # fmt: skip
def test_other_objects_than_tables_are_refused(table, message):
    with pytest.raises(DataError, match=message):
        read_frame(table)


@pytest.mark.parametrize(
    "table",
    [pd.DataFrame([[1, 2, 3]], columns=["a", "b", "a"]), pa.table([[1], [2], [3]], names=["a", "b", "a"])],
)
def test_duplicate_columns_are_named(table):
    with pytest.raises(ColumnError, match=r"these occur more than once: 'a'\. Rename or drop"):
        read_frame(table)


def test_names_of_which_some_are_numbers_are_refused():
    with pytest.raises(ColumnError, match=r"these are not strings: 3\. Use X.columns"):
        read_frame(pd.DataFrame([[1, 2]], columns=["a", 3]))


@pytest.mark.parametrize(
    "make",
    [
        lambda cells: pd.DataFrame({"tags": cells, "n": range(len(cells))}),
        lambda cells: pl.DataFrame({"tags": cells, "n": range(len(cells))}, strict=False),
        lambda cells: pa.table({"tags": cells, "n": list(range(len(cells)))}),
        lambda cells: [{"tags": each, "n": 1} for each in cells],
    ],
)
def test_cells_may_hold_lists(make):
    frame = read_frame(make([["a", "b"], None, [], ["a", None], ["a", "b"]]))
    assert (frame.kind("n"), frame.kind("tags")) == ("integer", "list")
    coded = frame.coded("tags")
    assert coded.codes.tolist() == [0, -1, -1, 1, 0]
    assert [key.values for key in coded.keys] == [("a", "b"), ("a",)]


@pytest.mark.parametrize("cell", [[["a"]], {"a": "b"}, {"a": -1}, {"a": float("nan")}, [{"a": 1}]])
def test_cells_of_what_is_no_list_of_values_are_refused(cell):
    with pytest.raises(DataError, match=r"in column 'tags' of the argument must be one value"):
        read_frame(pd.DataFrame({"tags": [cell]})).kind("tags")


def test_the_errors_satisfy_the_checks_of_scikit_learn():
    from sklearn.utils import estimator_checks as checks

    class Reader(BaseEstimator):
        def fit(self, X, y=None):
            frame = read_frame(X)
            self.columns_ = [frame.cells(column) for column in frame.columns]
            self.n_features_in_ = len(self.columns_)
            return self

    checks.check_complex_data("Reader", Reader())
    checks.check_dtype_object("Reader", Reader())
    checks.check_estimators_empty_data_messages("Reader", Reader())
    checks.check_estimator_sparse_tag("Reader", Reader())
    checks.check_estimator_sparse_array("Reader", Reader())
    checks.check_estimator_sparse_matrix("Reader", Reader())


def test_huge_integers_are_coded():
    assert isinstance(read_frame(np.array([[2**70]], dtype=object)).cells("x0"), Coded)


def test_codes_of_the_last_column_are_kept():
    frame = read_frame(pd.DataFrame({"a": ["x", "y", "x"], "b": [1, 2, 2]}))
    coded = frame.coded("a")
    assert (coded.codes.tolist(), coded.keys) == ([0, 1, 0], ["x", "y"])
    assert frame.coded("a") is coded
    assert frame.coded("b").codes.tolist() == [0, 1, 1]
    assert frame.coded("a") is not coded
    frame.forget_codes()
    assert frame.coded("a").keys == ["x", "y"]


@pytest.mark.parametrize("categories", [["b", "a"], [2.5, -0.0], [3, 1], ["a", 1], [True, False]])
def test_codes_of_a_categorical_column_are_reused(categories):
    column = pd.Categorical.from_codes([1, -1, 0, 1], categories)
    cells = read_frame(pd.DataFrame({"c": column})).cells("c")
    assert [None if code < 0 else cells.keys[code] for code in cells.codes] == [
        categories[1], None, categories[0], categories[1],
    ]  # fmt: skip


@pytest.mark.parametrize(
    "convert",
    [
        pa.Table.from_pandas,
        lambda table: pl.from_arrow(pa.Table.from_pandas(table)),
        lambda table: pa.Table.from_pandas(table).to_batches()[0],
        lambda table: table.rename_axis("__index_level_0__").reset_index(),
    ],
    ids=["Arrow", "polars", "batch", "pandas"],
)
def test_the_index_that_pandas_saved_is_no_column(convert):
    table = convert(pd.DataFrame({"dest": ["IAH", "MIA"], "n": [1, 2]}, index=[7, 3]))
    assert set(read_frame(table).columns) == {"dest", "n"}
    assert set(read_frame(table, keep_index=True).columns) == {"dest", "n", "__index_level_0__"}


def test_a_table_of_an_index_alone_keeps_it():
    assert read_frame(pd.DataFrame({"__index_level_0__": [1, 2]})).columns == ("__index_level_0__",)


def test_many_missing_columns_are_counted():
    frame = read_frame(pd.DataFrame({"other": [1]}))
    with pytest.raises(ColumnError, match=r"- c4\n- \.\.\. \(3 more\)"):
        select_as_fitted(frame, [f"c{number}" for number in range(8)])
    with pytest.raises(ColumnError, match=r"- c4\n- c5\n$"):
        select_as_fitted(frame, [f"c{number}" for number in range(6)])


def test_without_a_column():
    frame = read_frame(pd.DataFrame({"query": [1], "dest": ["IAH"]}))
    assert frame.without("query").columns == ("dest",)
    assert frame.without("user") is frame
    # Without its only column, a table has no rows either; without names, "x0" is no name.
    alone, bare = frame.select(["query"]), read_frame(np.zeros((2, 2)))
    assert alone.without("query") is alone
    assert bare.without("x0") is bare
