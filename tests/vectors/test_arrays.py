"""What comes in is checked, copied and frozen."""

import re

import numpy as np
import pytest

from tabemb.exceptions import DataError
from tabemb.vectors.arrays import count_array, float_array


def test_the_array_is_a_copy_and_read_only():
    given = np.ones(2, dtype=np.float32)
    taken = float_array(given, "unknown", (2,), owner="Column 'c'")
    given[0] = 5
    assert taken.tolist() == [1, 1]
    counts = np.array([1, 2])
    for array in (taken, count_array(counts, 2, owner="Column 'c'")):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    assert counts.flags.writeable


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (5, "Column 'c': expected unknown of shape 2, got one number."),
        ([[1, 2]], "Column 'c': expected unknown of shape 2, got 1 x 2."),
        (["a", "b"], "Column 'c': expected unknown as 2 numbers, got ['a', 'b']."),
        (["a" * 100, "b"], "aaa...."),
        ([1, -np.inf], "Column 'c': expected finite float32 numbers in unknown, got -inf."),
        ([1, 1e39], "Column 'c': expected finite float32 numbers in unknown, got inf."),
    ],
)
def test_numbers_that_do_not_fit(values, message):
    with pytest.raises(DataError, match=re.escape(message)):
        float_array(values, "unknown", (2,), owner="Column 'c'")


@pytest.mark.parametrize("counts", [[1], [[1, 2]], [1, -2], [0.5, 1], [1, np.inf], ["1", "2"], [True, False], 3])
def test_counts_that_do_not_fit(counts):
    with pytest.raises(DataError, match=r"^Column 'c': expected (2 counts, one for each key|counts as whole numbers)"):
        count_array(counts, 2, owner="Column 'c'")


def test_no_counts_for_no_keys():
    assert count_array([], 0, owner="Column 'c'").tolist() == []
