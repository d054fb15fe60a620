"""Validated read-only arrays."""

import re

import numpy as np
import pytest

from tabemb.exceptions import DataError
from tabemb.vectors import arrays
from tabemb.vectors.arrays import count_array, float_array, mapped_floats


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
def test_invalid_vectors_are_refused(values, message):
    with pytest.raises(DataError, match=re.escape(message)):
        float_array(values, "unknown", (2,), owner="Column 'c'")


@pytest.mark.parametrize("counts", [[1], [[1, 2]], [1, -2], [0.5, 1], [1, np.inf], ["1", "2"], [True, False], 3])
def test_invalid_counts_are_refused(counts):
    with pytest.raises(DataError, match=r"^Column 'c': expected (2 counts, one for each key|counts as whole numbers)"):
        count_array(counts, 2, owner="Column 'c'")


@pytest.fixture
def mapped(tmp_path):
    """Return a function that maps numbers from a file."""

    def write(values, **options):
        path = tmp_path / "numbers"
        np.asarray(values, dtype="<f4").tofile(path)
        return np.memmap(path, **({"dtype": "<f4", "mode": "r", "shape": np.shape(values)} | options))

    return write


def test_only_a_read_only_memory_map_is_not_copied(mapped):
    numbers = np.arange(6, dtype=np.float32).reshape(3, 2)

    def take(values):
        return float_array(values, "vectors", (3, None), owner="Column 'c'")

    given = mapped(numbers)
    taken = take(given)
    assert np.shares_memory(taken, given)
    assert type(taken) is np.ndarray
    assert np.array_equal(taken, numbers)
    assert not taken.flags.writeable
    for mode in ("r+", "c"):
        writable = mapped(numbers, mode=mode)
        taken = take(writable)
        writable[0, 0] = 7
        assert np.array_equal(taken, numbers)
    for other in (given[:, ::-1], given[:, :1], mapped(numbers, dtype=">i4")):
        assert not np.shares_memory(float_array(other, "vectors", (3, None), owner="Column 'c'"), other)
    part = given[1:]
    assert np.shares_memory(float_array(part, "vectors", (2, None), owner="Column 'c'"), given)


@pytest.mark.parametrize("block", [1, 2, 3, 100])
def test_a_bad_number_is_found_in_any_block(block, mapped, monkeypatch):
    monkeypatch.setattr(arrays, "_BLOCK", block)
    numbers = np.arange(10, dtype=np.float32).reshape(5, 2)
    assert np.array_equal(float_array(mapped(numbers), "vectors", (5, None), owner="Column 'c'"), numbers)
    for row in range(5):
        bad = numbers.copy()
        bad[row, 1] = np.nan
        message = f"expected finite float32 numbers in vectors, got nan in the row of '{'abcde'[row]}'"
        for values in (bad, mapped(bad)):
            with pytest.raises(DataError, match=message):
                float_array(values, "vectors", (5, None), owner="Column 'c'", keys=list("abcde"))


def test_floats_are_mapped_at_their_offset(tmp_path):
    path = tmp_path / "numbers"
    path.write_bytes(b"head" + np.arange(6, dtype="<f4").tobytes())
    assert mapped_floats(path, 8, (2, 2)).tolist() == [[1, 2], [3, 4]]
    assert mapped_floats(path, 4, (0, 3)).shape == (0, 3)
    with pytest.raises(ValueError, match="mmap length is greater than file size"):
        mapped_floats(path, 8, (3, 2))


def test_no_counts_for_no_keys():
    assert count_array([], 0, owner="Column 'c'").tolist() == []
