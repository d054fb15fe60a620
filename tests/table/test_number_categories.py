from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from tabemb.table import number_categories
from tabemb.table.number_categories import FloatCategories, IntegerCategories, as_float, as_integer


@pytest.mark.parametrize("kind", [IntegerCategories, FloatCategories])
def test_few_cells_are_found_by_binary_search(monkeypatch, kind):
    values = np.random.default_rng(0).permutation(20_000) * 3
    categories = kind(values.astype(np.int64 if kind is IntegerCategories else np.float64))
    many = categories.find(pa.array(values))
    monkeypatch.setattr(number_categories.pc, "index_in", None)
    assert many.tolist() == list(range(20_000))
    assert categories.find(pa.array(values[:2000])).tolist() == list(range(2000))
    assert categories.find(pa.array(values[:100] + 1)).tolist() == [-1] * 100
    with pytest.raises(TypeError):
        categories.find(pa.array(values[:4000]))


@pytest.mark.parametrize("n_cells", [1, 1000])
def test_large_integers_differ_from_their_rounded_floats(n_cells):
    floats = FloatCategories(np.array([2.0**53, 2.0**63, 2.0**64, -(2.0**63)]))
    signed = np.array([2**53, 2**53 + 1, 2**63 - 1, -(2**63)])
    assert floats.find(pa.array(np.tile(signed, n_cells))).tolist() == [0, -1, -1, 3] * n_cells
    unsigned = np.array([2**63, 2**63 + 1, 2**64 - 1], np.uint64)
    assert floats.find(pa.array(np.tile(unsigned, n_cells))).tolist() == [1, -1, -1] * n_cells
    integers = IntegerCategories(np.array([2**53 + 1, 2**63 - 1, -(2**63)]))
    assert integers.find(pa.array([2.0**53, 2.0**63, -(2.0**63)] * n_cells)).tolist() == [-1, -1, 2] * n_cells
    assert integers.find(pa.array(np.tile(unsigned, n_cells))).tolist() == [-1] * 3 * n_cells


def test_the_first_duplicate_number():
    assert IntegerCategories(np.array([5, 3, 4, 3, 5])).first_duplicate() == 5
    assert FloatCategories(np.array([1.5, 0.0, -0.0])).first_duplicate() == 0.0
    assert IntegerCategories(np.array([], np.int64)).first_duplicate() is None


def test_both_zeros_are_one_category_and_the_key_is_kept():
    categories = FloatCategories(np.array([-0.0]))
    assert str(categories.keys()) == "[-0.0]"
    for cells in ([0.0], [-0.0], [0.0] * 100):
        assert categories.find(pa.array(cells)).tolist() == [0] * len(cells)


@pytest.mark.parametrize(
    ("key", "integer", "number"),
    [
        (7, 7, 7.0),
        (7.0, 7, 7.0),
        (Decimal("7.0"), 7, 7.0),
        (7.5, None, 7.5),
        (Decimal("0.1"), None, None),
        (2**53 + 1, 2**53 + 1, None),
        (2**63, None, 2.0**63),
        (Decimal("1e1000000"), None, None),
        (10**400, None, None),
        (True, None, None),
        ("7", None, None),
        (None, None, None),
    ],
)
def test_keys_as_numbers(key, integer, number):
    assert (as_integer(key), as_float(key)) == (integer, number)
