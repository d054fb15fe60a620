from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tabemb.exceptions import DataError
from tabemb.table import cells as cells_module
from tabemb.table.calendar import calendar_part
from tabemb.table.cells import (
    Coded,
    all_equal,
    distinct,
    factorize,
    families,
    is_missing,
    n_different,
    read_cells,
    recode,
    take,
    unmasked,
)
from tabemb.table.keys import CellTypeError, as_key


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["a", None], pa.large_string()),
        (np.array(["a", "b"]), pa.large_string()),
        (pa.array(["a"], pa.string_view()), pa.large_string()),
        (pa.chunked_array([["a"], ["b"]]), pa.large_string()),
        (pa.RunEndEncodedArray.from_arrays([2, 3], ["a", "b"]), pa.large_string()),
        (np.array([b"a"]), pa.large_binary()),
        (pa.array([b"ab"], pa.binary(2)), pa.large_binary()),
        ([1, 2], pa.int64()),
        (np.array([1], ">i4"), pa.int32()),
        ([True, None], pa.bool_()),
        ([1, 2.5], pa.float64()),
        (np.array([1.0], np.float16), pa.float64()),
        (np.array([1.0], np.longdouble), pa.float64()),
        (pa.array([np.float16(1.0)], pa.float16()), pa.float32()),
        (np.array(["2020-01"], "M8[M]"), pa.timestamp("s")),
        (pa.array([date(2020, 1, 1)], pa.date64()), pa.date32()),
        ([date(2020, 1, 1), None], pa.date32()),
        (np.array([1, 2], "m8[ms]"), pa.duration("ms")),
        (np.array([1, 2], "m8[h]"), pa.duration("s")),
        (pa.array([1], pa.decimal128(5, 2)), pa.decimal128(5, 2)),
        (pa.array([86_400_001], pa.date64()), pa.date32()),
        (np.ma.array([1, 2], mask=[0, 1]), pa.int64()),
        ([None, None], pa.null()),
        ([], pa.null()),
    ],
)
def test_cells_of_one_type_become_a_plain_arrow_array(values, kind):
    cells = read_cells(values)
    assert cells.type == kind
    assert len(cells) == len(values)


def test_durations_are_durations_however_stored():
    expected = [timedelta(seconds=1.5), None]
    for values in (
        np.array([1500, "NaT"], "m8[ms]"),
        pd.Series([pd.Timedelta("1.5s"), pd.NaT]).to_numpy(),
        pa.array(expected, pa.duration("ns")),
    ):
        assert [as_key(each) for each in read_cells(values).to_pylist()] == expected
    objects = read_cells(np.array([pd.Timedelta("1.5s"), pd.NaT], object))
    assert (objects.keys, objects.codes.tolist()) == (expected[:1], [0, -1])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.ma.array([1, -9999, 3], mask=[0, 1, 0]), [1, None, 3]),
        (np.ma.array([1.5, np.inf, 3], mask=[0, 1, 0]), [1.5, None, 3.0]),
        (np.ma.array(["a", "b", "c"], mask=[0, 1, 0]), ["a", None, "c"]),
        (np.ma.array([True, False], mask=[0, 1]), [True, None]),
        (np.ma.array(["2020-01-01", "2020-01-02"], "M8[D]", mask=[0, 1]), [date(2020, 1, 1), None]),
        (np.ma.array(["a", [1]], object, mask=[0, 1]), ["a", None]),
        (np.ma.array([1, 2]), [1, 2]),
        (np.array([1, np.ma.masked], object), [1, None]),
    ],
)
def test_masked_cells_are_missing_whatever_is_behind_the_mask(values, expected):
    before = values.copy()
    coded = factorize(read_cells(values))
    assert [None if code < 0 else coded.keys[code] for code in coded.codes] == expected
    assert is_missing(read_cells(values)).tolist() == [each is None for each in expected]
    if isinstance(values, np.ma.MaskedArray):
        assert np.array_equal(np.ma.getmaskarray(values), np.ma.getmaskarray(before))
        assert values.data.tolist() == before.data.tolist()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.ma.array([1, 2], mask=[0, 1]), [1.0, np.nan]),
        (np.ma.array([1.5, 2], mask=[0, 1]), [1.5, np.nan]),
        (np.ma.array(["a", "b"], mask=[0, 1]), ["a", None]),
        (np.ma.array([[True, False]], mask=[[0, 1]]), [[True, None]]),
        (np.ma.array([1, 2]), [1, 2]),
        ([1, 2], [1, 2]),
    ],
)
def test_a_plain_array_of_a_masked_one(values, expected):
    found = unmasked(values)
    assert not isinstance(found, np.ma.MaskedArray)
    np.testing.assert_array_equal(found, expected)


def test_a_masked_time_is_not_a_time():
    assert np.isnat(unmasked(np.ma.array(["2020-01-01", "2020-01-02"], "M8[D]", mask=[0, 1]))).tolist() == [False, True]


@pytest.mark.parametrize(
    ("zone", "hour"),
    [
        ("UTC+09:00", 19),
        ("utc+9", 19),
        ("GMT-3", 7),
        ("+0530", 15),
        ("-03:30", 6),
        ("UTC", 10),
        ("Asia/Tokyo", 19),
        ("Etc/GMT+9", 1),
    ],
)
def test_time_zones_by_name_and_by_offset(zone, hour):
    cells = read_cells(pa.array([datetime(2023, 5, 4, 10, 6)], pa.timestamp("us", zone)))
    assert calendar_part(cells, "hour").to_pylist() == [hour]


@pytest.mark.parametrize("zone", ["Mars/Olympus", "UTC+25 hours", "+9h"])
def test_an_unknown_time_zone_is_refused_with_the_column(zone):
    with pytest.raises(DataError, match=r"The time zone '.*' in column 'when' is not known\. Convert .*tz_convert"):
        read_cells(pa.array([0], pa.timestamp("s", zone)), "when")


@pytest.mark.parametrize(
    ("day", "milliseconds"),
    [(date(1970, 1, 2), 86_400_000), (date(1970, 2, 11), 3_542_400_001), (date(1969, 12, 31), -1)],
)
def test_a_date_of_milliseconds_is_its_day(day, milliseconds):
    cells = read_cells(pa.array([milliseconds, None], pa.int64()).cast(pa.timestamp("ms")).view(pa.date64()))
    assert cells.to_pylist() == [day, None]


@pytest.mark.parametrize(
    "values",
    [
        pa.array([2**30], pa.date32()),
        pa.array([-(2**30)], pa.date32()),
        pa.array([2**45], pa.timestamp("s")),
        pa.array([-(2**62)], pa.timestamp("us", "Europe/Paris")),
        pa.array([2**45, 0], pa.timestamp("s")).dictionary_encode(),
        np.array(["12000-01-01"], "M8[D]"),
    ],
)
def test_a_date_of_no_year_is_refused_with_the_column(values):
    with pytest.raises(DataError, match=r"A date in column 'when' is not in the years 1 to 9999\."):
        read_cells(values, "when")


@pytest.mark.parametrize("kind", [pa.date32(), pa.date64(), pa.timestamp("us"), pa.timestamp("ms")])
def test_the_first_and_the_last_date(kind):
    ends = [datetime(1, 1, 1), datetime(9999, 12, 31)]
    cells = read_cells(pa.array([*ends, None], kind))
    assert [each and each.isoformat()[:10] for each in cells.to_pylist()] == ["0001-01-01", "9999-12-31", None]


@pytest.mark.parametrize("kind", [pa.decimal32(5, 2), pa.decimal64(5, 2), pa.decimal128(5, 2), pa.decimal256(50, 2)])
def test_decimals_of_every_width(kind):
    coded = factorize(read_cells(pa.array([Decimal("1.5"), None, Decimal("1.5")], kind)))
    assert (coded.keys, coded.codes.tolist()) == ([Decimal("1.5")], [0, -1, 0])


def test_an_arrow_type_that_is_no_category_is_refused_with_the_column():
    spans = pa.array([pa.MonthDayNano([1, 2, 3]), None])
    for values in (spans, pa.chunked_array([spans]), pa.chunked_array([spans, spans])):
        with pytest.raises(CellTypeError, match=r"type month_day_nano_interval in column 'span' are not supported\."):
            read_cells(values, "span")


def test_an_error_of_arrow_names_the_column(monkeypatch):
    def fail(*_):
        raise pa.ArrowNotImplementedError("no kernel")

    monkeypatch.setattr(cells_module, "_plain", fail)
    for values in (pa.array([1]), np.array([1])):
        with pytest.raises(DataError, match=r"The cells in column 'when' cannot be read: no kernel\. Convert the col"):
            read_cells(values, "when")


def test_how_many_values_occur():
    assert n_different(factorize(read_cells(["a", None, "b", "a"]))) == 2
    coded = Coded(np.array([1, 1, -1], np.int8), ["a", "b", "c"])
    assert n_different(coded) == 1
    many = pd.Series(pd.Categorical.from_codes([127] * 3, [str(i) for i in range(128)]))
    assert n_different(factorize(read_cells(pa.array(many)))) == 1


@pytest.mark.parametrize(
    "values",
    [
        ["a", 1, True, None],
        [1, True],
        [2**70, -(2**70)],
        ["a", b"a"],
        [date(2020, 1, 1), datetime(2020, 1, 1, 5)],
        [datetime(2020, 1, 1), pd.Timestamp(5)],
        ["\ud800", "a"],
    ],
)
def test_other_cells_are_coded_with_their_types(values):
    cells = read_cells(values)
    assert isinstance(cells, Coded)
    assert [cells.keys[code] if code >= 0 else None for code in cells.codes] == values
    assert [type(key) for key in cells.keys] == [type(value) for value in values if value is not None]


def test_chunks_with_different_dictionaries_are_unified():
    chunks = [pa.array(["a", "b"]).dictionary_encode(), pa.array(["b", "c"]).dictionary_encode()]
    assert factorize(read_cells(pa.chunked_array(chunks))).keys == ["a", "b", "c"]


@pytest.mark.parametrize(
    "values",
    [
        [[1], [2]],
        np.array([{"a": 1}, None], dtype=object),
        pa.array([None, [1, 2]]),
        pa.array([{"a": 1}]),
        pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())),
    ],
)
def test_several_values_in_a_cell_are_refused(values):
    with pytest.raises(CellTypeError, match="Every cell in column 'c' of the argument must be one value"):
        read_cells(values, "c")


def test_structured_arrays_are_refused():
    with pytest.raises(CellTypeError, match="Structured cells in column 'c'"):
        read_cells(np.zeros(2, dtype=[("a", int)]), "c")


def test_infinity_is_refused_with_its_row():
    with pytest.raises(DataError, match=r"Input X contains infinity in column 'c' \(first in row 2\)"):
        read_cells(np.array([1.0, np.nan, np.inf]), "c")


def test_complex_arrays_are_refused():
    with pytest.raises(DataError, match="Complex data not supported in column 'c'"):
        read_cells(np.array([1j]), "c")


def test_factorize_orders_by_first_appearance_and_merges_zeros():
    coded = factorize(read_cells(np.array([2.0, np.nan, -0.0, 0.0, 2.0])))
    assert coded.keys == [2.0, 0.0]
    assert coded.codes.tolist() == [0, -1, 1, 1, 0]


def test_factorize_finds_missing_cells_of_a_dictionary():
    cells = read_cells(pa.DictionaryArray.from_arrays([0, 1, None, 0], pa.array(["a", None])))
    assert factorize(cells).codes.tolist() == [0, -1, -1, 0]
    assert is_missing(cells).tolist() == [False, True, True, False]


def test_dictionaries_with_any_index_type():
    for kind in (pa.int8(), pa.uint8(), pa.uint32(), pa.uint64()):
        cells = read_cells(pa.DictionaryArray.from_arrays(pa.array([1, 0, None], kind), pa.array(["a", "b"])))
        assert factorize(cells).codes.tolist() == [1, 0, -1]
        assert factorize(cells.drop_null()).codes.tolist() == [1, 0]


def test_recode_keeps_missing_cells():
    assert recode(np.array([1, -1, 0]), Coded(np.array([0, -1]), ["a"])).codes.tolist() == [-1, -1, 0]


@pytest.mark.parametrize("values", [["a", "b", None], ["a", 1, None]])
def test_take(values):
    assert is_missing(take(read_cells(values), np.array([2, 0]))).tolist() == [True, False]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["a", "a"], True),
        (["a", "b"], False),
        (["a", None], False),
        ([1.0, float("nan")], False),
        ([1.0, 1], True),
        ([1, True], False),
        ([2**70, 2**70], True),
        ([None, None], False),
        (pa.array(["a", "a"]).dictionary_encode(), True),
        (pa.DictionaryArray.from_arrays([0, 0], pa.array(["a", "b"])), True),
        (pa.DictionaryArray.from_arrays([0, 1], pa.array(["a", "b"])), False),
    ],
)
def test_all_equal(values, expected):
    assert all_equal(read_cells(values)) is expected


def test_families():
    assert families(read_cells(["a", 1, True])) == {"text", "number", "bool"}
    assert families(read_cells(pa.array([1, 2]).dictionary_encode())) == {"number"}
    assert families(read_cells([None])) == frozenset()


def test_codes_have_32_bits_and_texts_stay_in_arrow():
    coded = factorize(read_cells(["b", None, "a", "b"]))
    assert (coded.codes.dtype, coded.codes.tolist()) == (np.int32, [0, -1, 1, 0])
    assert coded.values.equals(pa.array(["b", "a"], pa.large_string()))
    assert coded.ordered
    assert read_cells(["b", 1]).codes.dtype == np.int32
    assert not factorize(read_cells(pa.DictionaryArray.from_arrays([1, 0], ["a", "b"]))).ordered


@pytest.mark.parametrize("values", [["b", "a", "b", None], ["b", 1, None, 1]])
def test_distinct_values_are_cells_again(values):
    coded = factorize(read_cells(values))
    again = factorize(distinct(coded))
    assert again.keys == coded.keys
    assert again.codes.tolist() == [0, 1]


@pytest.mark.parametrize("place", [0, 255, 256, 999])
def test_one_different_cell_anywhere_is_found(place):
    cells = np.array(["a"] * 1000)
    assert all_equal(read_cells(cells))
    cells[place] = "b"
    assert not all_equal(read_cells(cells))


@pytest.mark.parametrize("values", [[1.0, np.nan], pa.array([1.0, None]), np.array([np.nan, 1.0], np.float32)])
def test_nan_and_null_are_missing_numbers(values):
    assert sorted(is_missing(read_cells(values))) == [False, True]
