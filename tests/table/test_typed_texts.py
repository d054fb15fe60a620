"""What the texts of a column stand for."""

import collections
import datetime as dt
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from tabemb.table import typed_texts
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


def test_dates_that_python_does_not_have_remain_text():
    assert convert_texts(texts("2020-01-01", "0000-01-01"), "date").tolist() == [dt.date(2020, 1, 1), "0000-01-01"]


@pytest.mark.parametrize("word", sorted(MISSING_WORDS))
def test_words_for_missing_are_missing_among_numbers_and_categories_among_texts(word):
    assert cells(infer_texts(texts("1", word)).values) == [1.0, None]
    assert cells(infer_texts(texts("a", word)).values) == ["a", word]


def test_what_looks_like_a_date():
    assert looks_like_dates(pa.array(["2020/1/31", "2020/12/01"]))
    assert looks_like_dates(pa.array(["3 Jan 2020"]))
    assert not looks_like_dates(pa.array(["1.5.2", "a"]))


NUMBERS = st.one_of(
    st.integers(-(2**70), 2**70).map(str),
    st.integers(-20, 20).map(str),
    st.integers(2**53 - 2, 2**53 + 2).map(str),
    st.floats().map(repr),
    st.floats(-10, 10).map(lambda number: f"{number:.2f}"),
    st.from_regex(r"\A[+-]?(\d{1,3}(\.\d{0,2})?|\.\d{1,2})([eE][+-]?\d{1,3})?\Z"),
    st.sampled_from(["inf", "-Inf", "+infinity", "INF", "1e400", "-0", "0", "00", "-0.0", "0x1F", "1_0", "٣", "+0"]),
)
DATES = st.one_of(
    st.dates().map(str),
    st.datetimes().map(str),
    st.datetimes().map(lambda moment: moment.isoformat(timespec="minutes")),
    st.datetimes().map(lambda moment: moment.isoformat(timespec="milliseconds")),
    st.datetimes(timezones=st.just(dt.UTC)).map(lambda moment: moment.isoformat("T")),
    st.sampled_from(["2020-02-30", "0000-01-01", "2020-01-01 24:00", "2020-01-01 10", "2020-01-01T10:00:60"]),
    st.sampled_from(["31.12.2020", "1/2/20", "3-mar-2020", "2020-01-01T10:00-05", "2020-01-01 10:00:00,5"]),
)
PLAIN = [
    st.integers(-(10**6), 10**18).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.dates().map(str),
    st.datetimes(dt.datetime(1, 1, 1)).map(lambda moment: moment.isoformat(" ", timespec="seconds")),
    st.datetimes(dt.datetime(1, 1, 1)).map(lambda moment: moment.isoformat("T", timespec="microseconds")),
    st.sampled_from(["true", "False", "TRUE"]),
    st.sampled_from(["$1,000", "12%", "1 000", "5 EUR"]),
    st.text("ab1- é", min_size=1, max_size=4),
]
MISSING = st.one_of(st.none(), st.sampled_from(["", " ", *sorted(MISSING_WORDS), " NA", "NA "]))
ANYTHING = st.one_of(NUMBERS, DATES, MISSING, st.text(max_size=5), st.text("0123456789+-.eE:T Z", max_size=6), *PLAIN)


@st.composite
def columns(draw):
    """Draw cells of mostly one notation, at times with missing ones and with others, also far from the beginning."""
    notation = st.one_of(draw(st.sampled_from([NUMBERS, DATES, ANYTHING, *PLAIN])), st.nothing())
    cells = draw(st.lists(notation, max_size=8))
    if draw(st.booleans()):
        cells = cells * 12 + draw(st.lists(notation, max_size=3))
    if draw(st.booleans()):
        cells += draw(st.lists(MISSING, max_size=3))
    if draw(st.booleans()):
        cells += draw(st.lists(ANYTHING, max_size=2))
    spaced = draw(st.sampled_from(["{}", "{}", " {}", "{}\u2003"]))
    cells = [each if each is None else spaced.format(each) for each in cells]
    encodable = [each for each in cells if each is None or not any("\ud800" <= letter <= "\udfff" for letter in each)]
    return draw(st.permutations(encodable)) if len(encodable) < 20 else encodable


def assert_same(found, expected):
    pd.testing.assert_series_equal(found, expected, check_exact=True)
    if found.dtype == object:
        assert list(map(type, found)) == list(map(type, expected))
    if found.dtype.kind == "f":
        assert np.array_equal(np.signbit(found), np.signbit(expected))


def note_on_text(column, dates):
    """Return the note on a column that remains text, cell by cell."""
    cells = [each.strip() for each in column.dropna()]
    present = [each for each in cells if each and each not in MISSING_WORDS]
    numeric = [each for each in present if re.search(typed_texts._NUMBER, each, re.ASCII)]

    def all_match(pattern):
        return all(re.search(pattern, each, re.ASCII) and not each.endswith("\n") for each in present)

    # RE2 has no locale flag within a group; Python has.
    if dates and all_match(typed_texts._OTHER_DATE):
        return "looks like dates, read as text; only dates such as 2020-12-31 are recognized"
    if all_match(typed_texts._OTHER_NUMBER):
        return f"looks like numbers, such as {present[0]!r}, read as text; only numbers such as -1234.5 are"
    if len(numeric) >= 0.8 * len(present):
        other = next(each for each in present if each not in set(numeric))
        return f"numbers beside texts such as {other!r}, read as text; set na if they mean missing"
    words = collections.Counter(each for each in column.dropna() if each.strip() in MISSING_WORDS)
    said = [f"{each.strip()!r} in {count:,} of {len(column):,} rows" for each, count in words.items()]
    return f"{', '.join(said)} read as a category; set na if it means missing" if said else ""


@settings(max_examples=300, deadline=None)
@given(columns(), st.booleans())
def test_whole_columns_are_read_as_distinct_texts_are(cells, dates):
    given = texts(*cells)
    found = infer_texts(given, dates=dates)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typed_texts, "_infer_plain", lambda *_, **__: None)
        expected = infer_texts(given, dates=dates)
    assert found.kind == expected.kind
    assert found.note == expected.note
    assert_same(found.values, expected.values)
    if found.kind == "text" and not found.note.startswith(("digits", "integers", "looks like dates, of")):
        assert found.note == note_on_text(given, dates)


@settings(max_examples=300, deadline=None)
@given(columns(), st.sampled_from(["text", "number", "bool", "date", "datetime", "other"]))
def test_whole_columns_are_converted_as_distinct_texts_are(cells, kind):
    given = texts(*cells)
    found = convert_texts(given, kind)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typed_texts, "_convert_plain", lambda *_: None)
        assert_same(found, convert_texts(given, kind))


@pytest.mark.parametrize("notation", range(len(PLAIN)))
def test_plain_columns_are_read_as_a_whole(notation, monkeypatch):
    """All but booleans, which have few distinct texts."""

    def refuse(*_):
        raise AssertionError("not as a whole")

    example = find(st.lists(PLAIN[notation], min_size=3, max_size=3), lambda cells: len(set(cells)) > 1)
    expected = infer_texts(texts(*example)).kind
    if expected != "bool":
        monkeypatch.setattr(typed_texts._Distinct, "of", refuse)
        assert infer_texts(texts(*example)).kind == expected
