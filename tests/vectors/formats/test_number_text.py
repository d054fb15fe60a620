"""Numbers as text are exact for any reader."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tabemb.vectors.formats import number_text
from tabemb.vectors.formats.number_text import row_texts

matrices = arrays.arrays(
    np.float32,
    st.tuples(st.integers(1, 5), st.integers(1, 5)),
    elements=st.floats(width=32, allow_nan=False, allow_infinity=False),
)


@given(matrix=matrices)
def test_each_number_is_the_same_read_as_either_float(matrix):
    for text, row in zip(row_texts(matrix, ","), matrix, strict=True):
        parts = text.split(",")
        assert np.array(list(map(float, parts))).astype(np.float32).tobytes() == row.tobytes()
        assert np.array(json.loads(f"[{text}]"), dtype=np.float64).astype(np.float32).tobytes() == row.tobytes()


def test_the_text_is_short():
    assert list(row_texts(np.array([[0.1, 1, 1 / 3, 1e30]], np.float32), " ")) == ["0.1 1 0.33333334 1e+30"]


def test_a_tie_for_readers_that_round_twice_gets_more_digits():
    tie = np.nextafter(np.float32("7.038531e-26"), np.float32(0))
    assert list(row_texts(np.array([[tie, 0.5]]), " ")) == ["7.038530691851209e-26 0.5"]


@pytest.mark.parametrize("block", [1, 4, 100])
def test_the_block_size_does_not_change_the_text(block, monkeypatch):
    monkeypatch.setattr(number_text, "_BLOCK", block)
    assert list(row_texts(np.arange(6, dtype=np.float32).reshape(3, 2), " ")) == ["0 1", "2 3", "4 5"]
    assert list(row_texts(np.empty((0, 2), np.float32), " ")) == []
