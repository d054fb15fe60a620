"""Whole columns of plain numbers and dates."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tabemb.table.text_cells import (
    MISSING_WORDS,
    TextCells,
    has_leading_zero,
    plain_dates,
    plain_numbers,
    share_that_begins_with,
)


def column(*cells):
    return TextCells.of(pd.Series(cells, dtype="str"))


def test_missing_cells_are_empty_or_hold_a_word():
    cells = column(" a ", None, "", "  ", " NA", "NA", "\u2003", "nan", "NAN")
    assert cells.is_missing.to_pylist() == [False, True, True, True, True, True, True, True, False]
    assert cells.present.to_pylist() == ["a", "NAN"]
    assert cells.cells.to_pylist() == ["a", *[None] * 7, "NAN"]
    assert cells.counts_of_words() == [("NA", 1), ("NA", 1), ("nan", 1)]


@pytest.mark.parametrize("space", [chr(code) for code in range(0x3001) if chr(code).isspace()])
def test_all_white_space_is_trimmed(space):
    for cells in (["1" + space], [space + "1"], ["2", f"{space}1{space}"]):
        assert column(*cells).present.to_pylist()[-1] == "1"
    assert column("1", space).is_missing.to_pylist() == [False, True]


def test_an_empty_text_among_plain_ones_is_missing():
    assert column("1", "", None).is_missing.to_pylist() == [False, True, True]


@pytest.mark.parametrize("word", sorted(MISSING_WORDS))
def test_each_word_is_counted(word):
    assert column(word, "x", word).counts_of_words() == [(word, 2)]
    assert plain_numbers(column(word, "5")).to_pylist() == [None, 5]


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (["1", "-2", " 3 "], [1, -2, 3]),
        (["1", None, "NA"], [1, None, None]),
        (["1", "2.5", "-1e3", ".5", "1e+5"], [1.0, 2.5, -1000.0, 0.5, 1e5]),
        ([None, ""], [None, None]),
        (["9" * 20, "1"], None),
        (["+1", "2"], None),
        (["0x1F"], None),
        (["1", "inf"], None),
        (["1_000"], None),
        (["٣"], None),
        (["1-2"], None),
        (["e"], None),
    ],
)
def test_plain_numbers(texts, values):
    found = plain_numbers(column(*texts))
    assert (found if found is None else found.to_pylist()) == values
    if values and any(type(each) is float for each in values):
        assert found.type == pa.float64()


@pytest.mark.parametrize("text", ["00", "07", "-07", "+01", "00.5", "-00"])
def test_a_leading_zero_is_found_in_any_place(text):
    for texts in ([text], ["1", text], [text, "1"], ["0", text, "-"]):
        assert has_leading_zero(pa.array(texts, pa.large_string()))
        assert has_leading_zero(pa.array(["x", *texts], pa.string())[1:])


def test_a_zero_before_no_digit_is_none():
    assert not has_leading_zero(pa.array(["0", "-0", "0.7", "-0.7", "10", "-", "0"]))
    # Not the digits of the next text.
    assert not has_leading_zero(pa.array(["0", "7", "-0", "7", "-", "07"])[:5])
    assert not has_leading_zero(pa.array([], pa.string()))


def test_the_share_of_first_bytes():
    assert share_that_begins_with(pa.array(["x", "1", "-1", "a1", "é"])[1:], b"1-") == 0.5


@pytest.mark.parametrize(
    ("texts", "values", "has_time"),
    [
        (["2020-02-29", "NA"], ["2020-02-29", "NaT"], False),
        (["2020-02-29 23:59", "2020-01-01T00:00"], ["2020-02-29T23:59", "2020-01-01T00:00"], True),
        (["2020-02-29 23:59:58"], ["2020-02-29T23:59:58"], True),
        (["2020-02-29T23:59:58.125"], ["2020-02-29T23:59:58.125"], True),
        (["0001-01-01", "9999-12-31"], ["0001-01-01", "9999-12-31"], False),
    ],
)
def test_plain_dates(texts, values, has_time):
    found, timed = plain_dates(column(*texts))
    assert np.array_equal(found.to_numpy(), np.array(values, "datetime64[us]"), equal_nan=True)
    assert timed is has_time


@pytest.mark.parametrize(
    "texts",
    [
        ["2020-02-30"],
        ["0000-01-01"],
        ["2020-01-01", "2020-01-01 10:00"],
        ["2020-01-01T10:00Z"],
        ["2020-01-01T10:00-05"],
        ["31.12.2020"],
        ["2020-01-01 24:00"],
        ["12345"],
    ],
)
def test_other_dates_are_not_plain(texts):
    assert plain_dates(column(*texts)) is None
