"""Vectors as arrays by name, and back."""

import re

import numpy as np
import pytest

from tabemb.exceptions import DataError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.formats.header import header_of
from tabemb.vectors.formats.named_arrays import from_named_arrays, named_arrays


def back(given, **changes):
    arrays = named_arrays(given) | changes
    return from_named_arrays(header_of(given), arrays["vectors"], arrays, arrays.__getitem__)


def test_there_and_back(airports):
    assert back(airports) == airports
    assert list(named_arrays(airports)) == ["vectors", "keys", "counts", "unknown", "missing"]
    plain = CategoryVectors(["a"], [[1]])
    assert list(named_arrays(plain)) == ["vectors", "keys"]
    assert back(plain) == plain


def test_vectors_are_rows_of_little_endian_float32():
    array = named_arrays(CategoryVectors(["a", "b"], np.asfortranarray([[1.0, 2.0], [3.0, 4.0]])))["vectors"]
    assert array.dtype == np.dtype("<f4")
    assert array.flags.c_contiguous
    assert array.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vectors": np.ones((3, 2), np.float32)}, "the header speaks of 4 x 2 vectors, and there are 3 x 2"),
        ({"keys": np.frombuffer(b'["a"]', np.uint8)}, "Column 'dest': expected vectors of shape 1 x dim, got 4 x 2."),
        (
            {"keys": np.frombuffer(b'["a","b","a","c"]', np.uint8)},
            "Column 'dest': expected each key once, got 'a' in rows 0 and 2.",
        ),
        ({"counts": np.ones(3, np.int64)}, "Column 'dest': expected 4 counts, one for each key, got 3."),
        ({"unknown": np.ones(3, np.float32)}, "Column 'dest': expected unknown of shape 2, got 3."),
        ({"missing": np.array([1, np.nan])}, "expected finite float32 numbers in missing, got nan"),
    ],
)
def test_what_does_not_fit_is_refused(changes, message, airports):
    with pytest.raises((DataError, ValueError), match=re.escape(message)):
        back(airports, **changes)
