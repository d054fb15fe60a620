"""Cells of any type as texts."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from tabemb.table.plain_texts import is_text, plain_texts

MOMENT = dt.datetime(2020, 1, 1, 5, 30)


@pytest.mark.parametrize(
    ("cells", "texts"),
    [
        (pd.Series([12, -7], dtype="int8"), ["12", "-7"]),
        (pd.Series([2**63, 1], dtype="uint64"), ["9223372036854775808", "1"]),
        (pd.Series([12, None], dtype="Int64"), ["12", None]),
        (pd.Series([12, None], dtype="int64[pyarrow]"), ["12", None]),
        (pd.Series([12.0, 7.5, np.nan, np.inf, -0.0, 1e300]), ["12", "7.5", None, "inf", "0", "1e+300"]),
        (pd.Series([0.1, 2.0], dtype="float32"), ["0.1", "2"]),
        (pd.Series([2.0**53, 2.0**60]), ["9007199254740992", "1.152921504606847e+18"]),
        (pd.Series([True, False]), ["True", "False"]),
        (pd.Series([True, None], dtype="boolean"), ["True", None]),
        (pd.Series([dt.date(2020, 1, 1), None]), ["2020-01-01", None]),
        (pd.Series(pd.to_datetime(["2020-01-01", None])), ["2020-01-01", None]),
        (pd.Series([MOMENT, dt.datetime(2020, 1, 2)]), ["2020-01-01 05:30:00", "2020-01-02 00:00:00"]),
        (pd.Series([MOMENT], dtype=object), ["2020-01-01 05:30:00"]),
        (pd.Series([pd.Timestamp(MOMENT, tz="UTC")]), ["2020-01-01 05:30:00+00:00"]),
        (pd.Series([pd.Timedelta("1h"), None]), ["0 days 01:00:00", None]),
        (pd.Series([Decimal("12.00")]), ["12.00"]),
        (pd.Series([1, True, 1.0, "1", None], dtype=object), ["1", "True", "1", "1", None]),
        (pd.Series(pd.Categorical([12, None, 7])), ["12", None, "7"]),
        (pd.Series(pd.Categorical([1.0, 2.5])), ["1", "2.5"]),
        (pd.Series(["a", None]), ["a", None]),
        (pd.Series([], dtype="int64"), []),
        (pd.Series([None, None], dtype="float64"), [None, None]),
    ],
)
def test_each_type(cells, texts):
    cells.index = cells.index + 5
    found = plain_texts(cells)
    assert [None if pd.isna(each) else each for each in found] == texts
    assert found.index.equals(cells.index)


@pytest.mark.parametrize("cell", [b"12", (1, 2), {"a": 1}, pd.Period("2020-01", "M")])
def test_other_objects_remain(cell):
    assert plain_texts(pd.Series([cell, 12], dtype=object)).tolist() == [cell, "12"]


def test_what_is_text():
    for column in (["a", None], pd.Series(["a"], dtype=object), pd.Categorical(["a", None])):
        assert is_text(pd.Series(column))
    for column in ([1], [b"a"], pd.Series(["a", 1], dtype=object), pd.Categorical([1, 2]), [None, None]):
        assert not is_text(pd.Series(column))
