"""Columns that describe users or items, as features."""

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pytest

from tabemb.exceptions import ColumnError, DataError
from tabemb.recommend.side_columns import INTERVALS, SideColumns
from tabemb.table.frames import read_frame

FILMS = pd.DataFrame(
    {
        "genres": ["Crime|Drama", "Horror", None, "Drama"] * 10,
        "country": ["us", "fr", "us", None] * 10,
        "year": [1995.0, 1979.0, np.nan, 2001.0] * 10,
    }
)


@pytest.fixture(params=[pd.DataFrame, pl.from_pandas], ids=["pandas", "polars"])
def fitted(request):
    columns = SideColumns(["genres", "country", "year"], {"genres": "|"})
    return columns, columns.fit_encode(read_frame(request.param(FILMS)))


def test_each_value_and_each_interval_is_a_feature(fitted):
    columns, table = fitted
    assert columns.columns == ["genres", "country", "year"]
    assert columns.features == [
        ("genres", None),
        ("genres", "Drama"),
        ("genres", "Crime"),
        ("genres", "Horror"),
        ("country", None),
        ("country", "us"),
        ("country", "fr"),
        ("year", None),
        ("year", "below 1995"),
        ("year", "1995 to below 2001"),
        ("year", "2001 or more"),
    ]
    matrix = columns.matrix(table)
    assert (matrix.shape, matrix.dtype) == ((40, 11), np.float32)
    assert matrix[:4].toarray().tolist() == [
        [0, 1, 1, 0, 0, 1, 0, 0, 0, 1, 0],
        [0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0],
        [1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0],
        [0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1],
    ]
    assert columns.sizes == [5, 4, 5]
    assert sum(columns.sizes) - len(columns.sizes) == matrix.shape[1]
    assert table.numbers.shape == (40, 0)
    assert table.indices[:4, 2].tolist() == [3, 2, 0, 4]


def test_unknown_values_have_no_feature_and_other_numbers_the_nearest_interval(fitted):
    columns, _ = fitted
    new = pd.DataFrame(
        {"year": [1900.0, 1990.0, 2100.0], "country": ["it", "us", "fr"], "genres": ["War", "War|Crime", ""], "x": 1}
    )
    found = columns.matrix(columns.encode(read_frame(new))).toarray()
    assert found[:, 4:].tolist() == [[0, 0, 0, 0, 1, 0, 0], [0, 1, 0, 0, 1, 0, 0], [0, 0, 1, 0, 0, 0, 1]]
    assert found[:2, :4].tolist() == [[0, 0, 0, 0], [0, 0, 1, 0]]


def test_a_value_that_is_listed_twice_counts_once():
    columns = SideColumns(["genres"], {"genres": "|"})
    table = columns.fit_encode(read_frame(pd.DataFrame({"genres": ["a|b", "a|a|b", "b"]})))
    assert columns.matrix(table).toarray()[:, 1:].tolist() == [[1, 1], [1, 1], [0, 1]]


def test_numbers_have_at_most_ten_intervals_of_about_equal_size():
    columns = SideColumns(["age"])
    numbers = np.random.default_rng(0).exponential(size=1000)
    table = columns.fit_encode(read_frame(pd.DataFrame({"age": numbers})))
    counts = np.bincount(table.indices[:, 0], minlength=columns.sizes[0])
    assert (columns.sizes, counts[:2].tolist()) == ([2 + INTERVALS], [0, 0])
    assert counts[2:] == pytest.approx(100, abs=2)
    # The order of the intervals is that of the numbers.
    assert (np.diff(table.indices[np.argsort(numbers), 0]) >= 0).all()


@pytest.mark.parametrize(
    ("cells", "features"),
    [
        ([True, False, True], [("c", None), ("c", True), ("c", False)]),
        ([2.0, 2.0, 2.0], [("c", None), ("c", "any number")]),
        (["x", "x", "x"], [("c", None), ("c", "x")]),
        ([None, None, None], [("c", None)]),
        ([["a", "b"], ["b"], []], [("c", None), ("c", "b"), ("c", "a")]),
    ],
    ids=["bool", "constant number", "constant text", "nothing", "lists"],
)
def test_columns_of_any_kind(cells, features):
    columns = SideColumns(["c"])
    table = columns.fit_encode(
        read_frame(pd.DataFrame({"c": pd.Series(cells, dtype=None if None not in cells else object)}))
    )
    assert columns.features == features
    assert columns.matrix(table).shape == (3, len(features))


def test_dates_are_read_in_parts():
    columns = SideColumns(["born"])
    columns.fit_encode(read_frame(pd.DataFrame({"born": [dt.date(1990, 1, 2), dt.date(1991, 1, 2)]})))
    assert columns.columns[:2] == ["born_year", "born_month"]


def test_a_state_is_the_same_columns(fitted):
    columns, table = fitted
    again = SideColumns.from_state(*columns.to_state())
    assert (again.names, again.sizes, again.features) == (columns.names, columns.sizes, columns.features)
    found = again.encode(read_frame(FILMS))
    assert np.array_equal(again.matrix(found).toarray(), columns.matrix(table).toarray())


def test_wrong_input(fitted):
    columns, _ = fitted
    with pytest.raises(ColumnError, match="no column 'year'"):
        columns.encode(read_frame(FILMS.drop(columns="year")))
    with pytest.raises(DataError, match="infinity in column 'year'"):
        SideColumns(["year"]).fit_encode(read_frame(pd.DataFrame({"year": [1.0, np.inf]})))
    with pytest.raises(ValueError, match="multi_valued must be"):
        SideColumns(["genres"], "yes").fit_encode(read_frame(FILMS))


def test_the_types_of_columns_are_known(fitted):
    assert fitted[0].types == {"genres": "text", "country": "text", "year": "number"}
