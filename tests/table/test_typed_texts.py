"""What the texts of a column stand for."""

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tabemb.table.typed_texts import MISSING_WORDS, convert_texts, infer_texts, looks_like_dates


def texts(*cells):
    return pd.Series(cells, dtype="str")


def cells(values):
    return [None if pd.isna(each) else each for each in values.tolist()]


@pytest.mark.parametrize(
    ("given", "kind", "dtype", "values"),
    [
        (["12", "+5", "-3"], "number", "int64", [12, 5, -3]),
        (["12", None], "number", "float64", [12.0, None]),
        (["12", "NA", " 7 "], "number", "float64", [12.0, None, 7.0]),
        ([".5", "1.", "-1e3", "+2"], "number", "float64", [0.5, 1.0, -1000.0, 2.0]),
        (["1", "inf"], "number", "float64", [1.0, np.inf]),
        (["0", "0.5", "-0"], "number", "float64", [0.0, 0.5, 0.0]),
        ([None, "NA", ""], "number", "float64", [None, None, None]),
        (["true", "False", "TRUE"], "bool", "bool", [True, False, True]),
        (["true", None], "bool", "object", [True, None]),
        (["12", "A1"], "text", "str", ["12", "A1"]),
        (["12", "NA", "A1"], "text", "str", ["12", "NA", "A1"]),
        (["07", "8"], "text", "str", ["07", "8"]),
        (["-01", "8"], "text", "str", ["-01", "8"]),
        (["9" * 20, "1"], "text", "str", ["9" * 20, "1"]),
        ([str(2**53 + 1), None], "text", "str", [str(2**53 + 1), None]),
        ([str(2**63 - 1), str(-(2**63))], "number", "int64", [2**63 - 1, -(2**63)]),
        (["1_000", "2"], "text", "str", ["1_000", "2"]),
        (["٣", "2"], "text", "str", ["٣", "2"]),
        (["2020-13-01"], "text", "str", ["2020-13-01"]),
        (["2020-01-01T10:00+02:00", "2020-01-01T10:00+03:00"], "text", "str", None),
    ],
)
def test_a_column_has_the_type_that_all_texts_stand_for(given, kind, dtype, values):
    found = infer_texts(texts(*given))
    assert (found.kind, str(found.values.dtype)) == (kind, dtype)
    assert cells(found.values) == (given if values is None else values)


@pytest.mark.parametrize(
    ("given", "kind", "first"),
    [
        (["2020-02-29", "NA", None], "date", dt.datetime(2020, 2, 29)),
        (["2020-02-29 10:30", "2020-03-01"], "datetime", dt.datetime(2020, 2, 29, 10, 30)),
        (["2020-02-29T10:30:01.5Z"], "datetime", dt.datetime(2020, 2, 29, 10, 30, 1, 500_000, dt.UTC)),
    ],
)
def test_iso_dates_are_recognized_and_said(given, kind, first):
    found = infer_texts(texts(*given))
    assert found.kind == kind
    assert found.values[0] == first
    assert found.values.isna().tolist() == [each in ("NA", None) for each in given]
    assert found.note == f"dates as text, such as {given[0]}, read as dates"
    assert infer_texts(texts(*given), dates=False).values.dtype == "str"


@pytest.mark.parametrize(
    ("given", "note"),
    [
        (["07", "8"], "digits with leading zeros, read as text"),
        (["9" * 20], "integers too long for exact numbers, read as text"),
        (["NA", "DE", "NA", None], "'NA' in 2 of 4 rows read as a category; set na if it means missing"),
        (["1", "2", "3", "4", "?"], "numbers beside texts such as '?', read as text; set na if they mean missing"),
        (["31.12.2020", "1.1.2021"], "looks like dates, read as text; only dates such as 2020-12-31 are recognized"),
        (["1,234", "5"], "looks like numbers, such as '1,234', read as text; only numbers such as -1234.5 are"),
        (["a", "b"], ""),
        (["1", "2"], ""),
    ],
)
def test_what_may_be_misread_is_said(given, note):
    assert infer_texts(texts(*given)).note == note


@pytest.mark.parametrize(
    ("given", "kind", "values"),
    [
        (["12", "07"], "text", ["12", "07"]),
        (["12", "07"], "number", [12, 7]),
        (["12", "A1", None, "1_0"], "number", [12, "A1", None, "1_0"]),
        (["NA", "1.5"], "number", [None, 1.5]),
        (["true", "maybe", "NA"], "bool", [True, "maybe", None]),
        (["2020-01-01", "soon"], "date", ["2020-01-01", "soon"]),
        (["1 days", "0 days 02:00:00", "soon"], "duration", [pd.Timedelta("1D"), pd.Timedelta("2h"), "soon"]),
        (
            ["2020-01-01", "2020-01-02 10:30", "NA"],
            "date",
            [dt.date(2020, 1, 1), dt.datetime(2020, 1, 2, 10, 30), None],
        ),
        (["10:30"], "time", ["10:30"]),
        ([str(2**70), "1"], "number", [2**70, 1]),
    ],
)
def test_a_known_type_decides_and_other_cells_remain_text(given, kind, values):
    assert cells(convert_texts(texts(*given), kind)) == values


def test_dates_of_a_known_type():
    assert convert_texts(texts("2020-01-01", None), "datetime").dtype.kind == "M"


@pytest.mark.parametrize("word", sorted(MISSING_WORDS))
def test_words_for_missing_are_missing_among_numbers_and_categories_among_texts(word):
    assert cells(infer_texts(texts("1", word)).values) == [1.0, None]
    assert cells(infer_texts(texts("a", word)).values) == ["a", word]


def test_what_looks_like_a_date():
    assert looks_like_dates(pa.array(["2020/1/31", "2020/12/01"]))
    assert looks_like_dates(pa.array(["3 Jan 2020"]))
    assert not looks_like_dates(pa.array(["1.5.2", "a"]))
