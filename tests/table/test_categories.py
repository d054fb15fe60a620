"""The contract of all classes of categories, compared to a look-up by keys."""

import copy
import json
import pickle
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabemb.exceptions import FormatError
from tabemb.table.categories import nowhere
from tabemb.table.cells import factorize, read_cells
from tabemb.table.keys import identity, key_from_json
from tabemb.table.mixed_categories import MixedCategories, categories_of
from tabemb.table.number_categories import FloatCategories, IntegerCategories
from tabemb.table.text_categories import TextCategories

HELD = {
    TextCategories: st.text(),
    IntegerCategories: st.integers(-(2**63), 2**63 - 1) | st.sampled_from([2**53, 2**53 + 1, 2**63 - 1, -(2**63)]),
    FloatCategories: st.floats(allow_nan=False, allow_infinity=False),
}
# Numbers at the limits of 64 bits and float64, in each type that can represent them.
EDGES = [
    kind(edge + step) for edge in (0, 2**53, 2**63, -(2**63)) for step in (-1, 0, 1) for kind in (int, float, Decimal)
]
STRANGERS = [*EDGES, -0.0, 1.7e308, 10**400, True, b"a", "1", "\ud800", "", 2.5]


def distinct(keys):
    return list({identity(key): key for key in keys}.values())


@pytest.mark.parametrize("kind", HELD)
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_compact_and_mixed_categories_agree_on_everything(kind, data, scalars):
    keys = distinct(data.draw(st.lists(HELD[kind], max_size=20)))
    compact, mixed = categories_of(keys), MixedCategories(keys)
    assert type(compact) is (kind if keys else MixedCategories)
    assert compact.keys() == mixed.keys() == keys
    assert list(map(type, compact.keys())) == list(map(type, keys))
    assert len(compact) == len(mixed) == len(keys)
    assert compact.families == mixed.families
    assert compact.to_json() == mixed.to_json()
    assert compact.first_duplicate() is None
    assert compact.same_as(mixed)
    assert mixed.same_as(compact)
    sought = data.draw(st.lists(st.sampled_from([*keys, *STRANGERS]) | scalars, max_size=20))
    assert compact.find_keys(sought).tolist() == mixed.find_keys(sought).tolist()


@pytest.mark.parametrize("repeats", [1, 700], ids=["few cells", "many cells"])
@pytest.mark.parametrize(
    "cells",
    [
        ["a", "b", None, "1", ""],
        np.array([1, 0, -(2**63), 2**63 - 1, 2**53 + 1, 7]),
        np.array([1, 0, 2**63, 2**64 - 1, 2**53 + 1, 2**63 + 1], np.uint64),
        np.array([1, 0, 7, 3], np.int8),
        np.array([1.0, 0.0, -0.0, np.nan, 2.5, 2.0**63, -(2.0**63), 2.0**53, 1.7e308, -0.5, 7.0]),
        np.array([0.1, 2.5, np.nan, 7.0], np.float32),
        pa.array([1, None, 2**53 + 1, 7]),
        pa.array([1.0, None, 2.5]),
        pa.array([Decimal("2.5"), Decimal(1), None, Decimal(7)]),
        [True, False, None],
        [None, None],
        np.array(["2020-01-01", "NaT"], "M8[s]"),
    ],
    ids=lambda cells: str(getattr(cells, "dtype", getattr(cells, "type", cells))),
)
@pytest.mark.parametrize(
    "keys",
    [
        ["b", "a", ""],
        [1, 7, -(2**63), 2**63 - 1, 2**53 + 1, 0],
        [2.5, 1.0, -0.0, 2.0**63, 1.7e308, 2.0**53, 7.0, float(np.float32(0.1))],
        ["a", 1, 2.5, True, 2**63, 2**64 - 1, 2**63 + 1, Decimal(7), -0.0, 2**53 + 1, 2.0**60, 1.7e308],
    ],
    ids=["text", "integer", "float", "mixed"],
)
def test_cells_are_found_like_their_keys(keys, cells, repeats):
    plain = read_cells(cells)
    expected = {identity(key): position for position, key in enumerate(keys)}
    coded = factorize(plain)
    wanted = [-1 if code < 0 else expected.get(identity(coded.keys[code]), -1) for code in coded.codes]
    found = categories_of(keys).find(pa.concat_arrays([plain] * repeats))
    assert found.dtype == np.int32
    assert found.tolist() == wanted * repeats


@pytest.mark.parametrize(
    "keys", [["b", "a", "c"], [3, 1, 2**60], [1.5, -0.0], ["a", 1, True]], ids=["text", "integer", "float", "mixed"]
)
def test_lookup_tables_are_not_pickled_or_copied(keys):
    categories = categories_of(keys)
    before = pickle.dumps(categories)
    categories.find(read_cells(keys[:1]))
    categories.find_keys(keys)
    assert len(vars(categories)) > 1
    assert pickle.dumps(categories) == before
    for again in (pickle.loads(before), copy.deepcopy(categories)):
        assert len(vars(again)) == 1
        assert again.same_as(categories)
        assert again.find_keys(keys).tolist() == list(range(len(keys)))


@pytest.mark.parametrize("keys", [["b", "a"], [2**60, 1], [0.5, 2.0], ["a", 1]])
def test_json_names_each_key_with_its_type(keys):
    written = json.loads(json.dumps(categories_of(keys).to_json()))
    assert [key_from_json(value) for value in written] == keys


def test_categories_that_differ():
    for keys, others in [
        (["a"], ["b"]),
        (["a", "b"], ["b", "a"]),
        ([1], [2]),
        ([1], ["1"]),
        ([1.0], [1.5]),
        ([1], [True]),
    ]:
        assert not categories_of(keys).same_as(categories_of(others))
    assert categories_of([1, 2]).same_as(categories_of([1.0, 2.0]))
    assert not categories_of([2**53 + 1]).same_as(categories_of([2.0**53]))


def test_nowhere():
    assert nowhere(2).tolist() == [-1, -1]


@pytest.mark.parametrize("texts", [[], [""], ["", "ç", "日本", "a" * 1000], ["x", "y", "z"]])
def test_the_state_of_texts_is_two_arrays(texts):
    whole = TextCategories(pa.array(["before", *texts, "after"], pa.large_string()).slice(1, len(texts)))
    for categories in (whole, categories_of(texts) if texts else whole):
        state = categories.__getstate__()
        assert {name: each.dtype.name for name, each in state.items()} == {"ends": "int64", "bytes": "uint8"}
        again = pickle.loads(pickle.dumps(categories))
        assert again.keys() == texts
        assert again.find_keys([*texts, "before"]).tolist() == [*range(len(texts)), -1]


@pytest.mark.parametrize("state", [{"ends": [0, 9], "bytes": [97]}, {"ends": [0, 1], "bytes": [255]}])
def test_damaged_texts_are_refused(state):
    with pytest.raises(FormatError, match="The texts of a vocabulary are damaged"):
        TextCategories.__new__(TextCategories).__setstate__(state)
