from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from tabemb.table.cells import read_cells
from tabemb.table.keys import identity
from tabemb.table.lookup import Lookup

KEYS = ["a", "b", 1, 2.5, True, 2**63, 2**70, Decimal(7), -0.0, "\ud800", 2**53 + 1, float(2**60), b"a", 10**400]


@pytest.fixture
def lookup():
    return Lookup({identity(key): index for index, key in enumerate(KEYS, start=2)}, missing=0, unknown=1)


@pytest.mark.parametrize("repeats", [1, 400], ids=["each value", "Arrow's hash tables"])
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["b", None, "c", "a", "1"], [3, 0, 1, 2, 1]),
        (np.array([1, 3, 7, 0, 2**60, 2**53 + 1]), [4, 1, 9, 10, 13, 12]),
        (np.array([1, 3, 7, 0], dtype=np.uint8), [4, 1, 9, 10]),
        (np.array([1, 2**63, 7, 0], dtype=np.uint64), [4, 7, 9, 10]),
        (np.array([1, np.nan, 2.5, 0.0, -0.0, 2.0**60, 2.0**70, 2.0**53]), [4, 0, 5, 10, 10, 13, 8, 1]),
        (np.array([1, 2.5, np.nan], dtype=np.float32), [4, 5, 0]),
        (pa.array([1, None, 3]), [4, 0, 1]),
        ([True, False, None], [6, 1, 0]),
        ([Decimal("2.5"), Decimal(1), None], [5, 4, 0]),
        (["a", 1, True, b"a", 2**70, 10**400, None, "\ud800"], [2, 4, 6, 14, 8, 15, 0, 11]),
        (pa.array(["b", None, "c"]).dictionary_encode(), [3, 0, 1]),
        (pa.DictionaryArray.from_arrays([0, 1, None], pa.array(["b", None])), [3, 0, 0]),
        (pa.array([b"a", None]), [14, 0]),
        ([None, None], [0, 0]),
    ],
)
def test_both_ways_of_finding_agree(lookup, values, expected, repeats):
    if isinstance(values, list):
        values = values * repeats
    elif isinstance(values, np.ndarray):
        values = np.tile(values, repeats)
    else:
        values = pa.concat_arrays([values] * repeats)
    found = lookup.find(read_cells(values))
    assert found.dtype == np.int32
    assert found.tolist() == expected * repeats


def test_few_cells_are_not_sought_by_a_hash_table_of_many_categories():
    many = Lookup({f"k{i}": i + 2 for i in range(20_000)}, missing=0, unknown=1)
    assert many.find(read_cells([f"k{i}" for i in range(2000)])).tolist() == list(range(2, 2002))
    assert "_text" not in vars(many)
    assert many.find(read_cells([f"k{i}" for i in range(4000)])).tolist() == list(range(2, 4002))
    assert "_text" in vars(many)


def test_an_empty_vocabulary_knows_nothing():
    lookup = Lookup({}, missing=0, unknown=1)
    assert lookup.find(read_cells(["a", None] * 500)).tolist() == [1, 0] * 500
    assert lookup.find(read_cells(np.array([1.0, np.nan] * 500))).tolist() == [1, 0] * 500
