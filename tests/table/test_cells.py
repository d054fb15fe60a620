from datetime import date, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tabemb.exceptions import DataError
from tabemb.table.cells import Coded, all_equal, distinct, factorize, families, is_missing, read_cells, recode, take
from tabemb.table.keys import CellTypeError


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
        (np.array([1, 2], "m8[ms]"), pa.float64()),
        (np.array([1, 2], "m8[h]"), pa.float64()),
        ([None, None], pa.null()),
        ([], pa.null()),
    ],
)
def test_cells_of_one_type_become_a_plain_arrow_array(values, kind):
    cells = read_cells(values)
    assert cells.type == kind
    assert len(cells) == len(values)


def test_durations_are_seconds():
    assert read_cells(np.array([1500, "NaT"], "m8[ms]")).to_pylist() == [1.5, None]


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
