from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from tabemb.exceptions import DataError
from tabemb.table.mixed_categories import MixedCategories, categories_of, chosen_categories
from tabemb.table.number_categories import FloatCategories, IntegerCategories
from tabemb.table.text_categories import TextCategories, text_array


@pytest.mark.parametrize(
    ("keys", "kind"),
    [
        (["a", "b"], TextCategories),
        (np.array(["a", "b"]), TextCategories),
        (["a", "\ud800"], MixedCategories),
        ([1, 2**63 - 1], IntegerCategories),
        (np.array([1, 2], np.uint8), IntegerCategories),
        ([1, 2**63], MixedCategories),
        ([0.5, 1e308], FloatCategories),
        (np.array([0.5], np.float32), FloatCategories),
        ([1, 2.0], MixedCategories),
        ([1, True], MixedCategories),
        ([True], MixedCategories),
        (["a", 1], MixedCategories),
        ([date(2020, 1, 1)], MixedCategories),
        ([], MixedCategories),
    ],
)
def test_the_most_compact_class_is_chosen(keys, kind):
    categories = categories_of(keys)
    assert type(categories) is kind
    assert categories.keys() == list(keys)


@pytest.mark.parametrize("keys", [["a", None], [1.0, float("nan")], [None]])
def test_missing_keys_are_refused(keys):
    with pytest.raises(DataError, match="cannot be missing values"):
        categories_of(keys)


def test_infinite_keys_are_refused():
    with pytest.raises(DataError, match="infinity"):
        categories_of([1.0, float("inf")])


@pytest.mark.parametrize(
    ("values", "kind", "keys"),
    [
        (text_array(["a", "b", "c"]), TextCategories, ["c", "a"]),
        (pa.array([1, 2, 3], pa.int8()), IntegerCategories, [3, 1]),
        (pa.array([1, 2, 3], pa.uint64()), IntegerCategories, [3, 1]),
        (pa.array([1, 2, 2**63], pa.uint64()), MixedCategories, [2**63, 1]),
        (pa.array([1.0, 2.0, 0.5], pa.float32()), FloatCategories, [0.5, 1.0]),
        (pa.array([False, None, True]), MixedCategories, [True, False]),
        (pa.array([date(2020, 1, 1), None, date(2021, 1, 1)]), MixedCategories, [date(2021, 1, 1), date(2020, 1, 1)]),
        (["a", 1, "b"], TextCategories, ["b", "a"]),
        ([1, "a", "b"], MixedCategories, ["b", 1]),
    ],
)
def test_some_of_the_values(values, kind, keys):
    chosen = chosen_categories(values, np.array([2, 0]))
    assert type(chosen) is kind
    assert chosen.keys() == keys


def test_few_cells_are_looked_up_one_by_one():
    mixed = MixedCategories([1, *(f"k{place}" for place in range(20_000))])
    assert mixed.find(text_array([f"k{place}" for place in range(2000)])).tolist() == list(range(1, 2001))
    assert "_texts" not in vars(mixed)
    assert mixed.find(text_array([f"k{place}" for place in range(4000)])).tolist() == list(range(1, 4001))
    assert "_texts" in vars(mixed)


def test_the_first_duplicate_key():
    assert MixedCategories(["a", 1, "b", 1.0, "a"]).first_duplicate() == "a"
    assert MixedCategories([1, True, "1"]).first_duplicate() is None
