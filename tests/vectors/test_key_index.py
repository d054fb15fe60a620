"""A typed mapping from key to row."""

import datetime as dt
import re

import numpy as np
import pytest

from tabemb.exceptions import DataError, UnknownKeyError
from tabemb.vectors.key_index import KeyIndex, is_several


def test_int_and_float_are_equal_keys_text_and_bool_are_not():
    index = KeyIndex([1, "1", True, b"1", dt.date(2020, 1, 1)])
    assert [index[key] for key in (1.0, "1", True, b"1", dt.date(2020, 1, 1))] == [0, 1, 2, 3, 4]
    assert index[np.int64(1)] == 0
    assert index[np.bool_(True)] == 2


def test_it_is_a_mapping_with_the_keys_in_their_order_and_type():
    index = KeyIndex(np.array([7, 3]))
    assert list(index) == [7, 3]
    assert type(next(iter(index))) is int
    assert dict(index) == {7: 0, 3: 1}
    assert dict(index.items()) == {7: 0, 3: 1}
    assert index.get("x") is None


def test_equality_knows_types():
    assert KeyIndex([1, "a"]) == KeyIndex([1.0, "a"])
    assert KeyIndex([1]) != KeyIndex([True])
    assert KeyIndex(["a", "b"]) != KeyIndex(["b", "a"])


def test_its_repr_is_short():
    assert repr(KeyIndex(["a"])) == "KeyIndex({'a': 0})"
    assert repr(KeyIndex(range(9))) == "KeyIndex({0: 0, 1: 1, 2: 2, 3: 3, 4: 4, ...})"


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (["a", "b", "a"], "Column 'dest': expected each key once, got 'a' in rows 0 and 2."),
        ([1, 1.0], "Column 'dest': expected each key once, got 1.0 in rows 0 and 1."),
        (["a", None], "got None in row 1, which stands for a missing cell. Pass its vector as missing=..."),
        ([float("nan")], "got nan in row 0, which stands for a missing cell."),
        ([["a"]], "got a cell of type list: ['a']"),
    ],
)
def test_invalid_keys_are_refused(keys, message):
    with pytest.raises(DataError, match=re.escape(message)):
        KeyIndex(keys, "dest")


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("ATLL", "No category 'ATLL' in column 'dest' (4 categories). Did you mean 'ATL'?"),
        ("1", "No category '1' in column 'dest' (4 categories). There is 1, of type int."),
        (True, "No category True in column 'dest' (4 categories). There is 'True', of type str."),
        ("zzzz", "No category 'zzzz' in column 'dest' (4 categories)."),
        (None, "No category None in column 'dest' (4 categories). The vector of missing cells is `.missing`."),
        (float("nan"), "The vector of missing cells is `.missing`."),
        (float("inf"), "No category inf in column 'dest' (4 categories)."),
        (["JFK"], "No category ['JFK'] in column 'dest' (4 categories)."),
    ],
)
def test_an_unknown_key_error_suggests_similar_ones(key, message):
    index = KeyIndex(["ATL", "JFK", 1, "True"], "dest")
    with pytest.raises(UnknownKeyError) as error:
        index[key]
    assert message in str(error.value)
    assert key not in index


def test_similar_keys_are_found_quickly_in_a_large_column():
    index = KeyIndex([f"key {i}" for i in range(200_000)])
    with pytest.raises(KeyError, match=r"No category 'key 7x' in these vectors \(200,000 categories\)\. Did you mean"):
        index["key 7x"]


def test_is_several_is_true_for_lists_not_text():
    assert [is_several(each) for each in (["a"], ("a",), np.array(["a"]), {"a"})] == [True] * 4
    assert [is_several(each) for each in ("ab", b"ab", 7, np.array(7.0), None)] == [False] * 5
