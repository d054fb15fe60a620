"""The header, keys in JSON, and named arrays."""

import json
import re
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from tabemb.exceptions import DataError, FormatError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.formats.header import (
    from_named_arrays,
    header_of,
    keys_from_json,
    keys_to_json,
    named_arrays,
    noise_in,
    read_header,
    special_of,
)
from tabemb.vectors.sampling_noise import SamplingNoise

PATH = Path("dest.x")
EXPECTED = "a file of ours."


def test_the_header_round_trips():
    vectors = CategoryVectors(["a"], [[1, 2]], name="dest", unknown=[0.5, 0.1])
    header = header_of(vectors)
    assert read_header(PATH, json.dumps(header), EXPECTED) == header
    assert read_header(PATH, json.dumps(header).encode(), EXPECTED)["dim"] == 2
    assert special_of(vectors) == {"unknown": vectors.unknown.tolist(), "missing": None}


def test_a_header_without_noise_has_none():
    header = header_of(CategoryVectors(["a"], [[1, 2]], name="dest"))
    assert "noise" not in header
    assert noise_in(header) is None


variances = st.floats(min_value=0, width=32, allow_infinity=False)


@given(
    name=st.text(),
    diagonal=st.lists(variances, min_size=1, max_size=4),
    rows=st.floats(min_value=0, exclude_min=True, allow_infinity=False),
    exponent=st.floats(allow_nan=False, allow_infinity=False),
    n_refits=st.integers(3, 100),
)
def test_a_header_with_noise_round_trips(name, diagonal, rows, exponent, n_refits):
    noise = SamplingNoise(np.diag(np.array(diagonal, np.float64)), rows, exponent, n_refits)
    vectors = CategoryVectors(["a"], np.ones((1, len(diagonal))), name=name, noise=noise)
    header = header_of(vectors)
    again = read_header(PATH, json.dumps(header, allow_nan=False), EXPECTED)
    assert again == header
    assert noise_in(again) == noise
    assert again["name"] == name


@pytest.mark.parametrize("noise", [None, 3, "noise", {}, {"covariance": [[1.0]]}])
def test_other_noise_in_a_header_is_refused(noise):
    with pytest.raises(DataError, match="The noise of vectors must have a square covariance"):
        noise_in({"dim": 1, "noise": noise})


@pytest.mark.parametrize(
    "raw", [None, "", b"", "{", b"\xff\xfe", "[]", "1", "null", '{"format": "other"}', "[" * 100_000]
)
def test_other_content_is_not_a_header(raw):
    with pytest.raises(FormatError, match=r"^dest\.x: expected a file of ours\.$"):
        read_header(PATH, raw, EXPECTED)


@pytest.mark.parametrize(
    ("version", "step"),
    [
        (2, "A newer version of tabemb wrote it; update tabemb to read it."),
        (0, "Save the vectors again."),
        (None, "Save the vectors again."),
        ("2", "Save the vectors again."),
    ],
)
def test_another_version_is_refused_with_the_next_step(version, step):
    message = f"dest.x: expected version 1 of tabemb's vectors, got {version!r}. {step}"
    with pytest.raises(FormatError, match=f"^{re.escape(message)}$"):
        read_header(PATH, json.dumps({"format": "tabemb.vectors", "version": version}), EXPECTED)


def test_keys_of_all_types_are_ascii_json():
    keys = ["é", "\ud800", 1, True, 2**70, "\n"]
    text = keys_to_json(keys)
    assert text.isascii()
    assert [(type(key), key) for key in keys_from_json(text)] == [(type(key), key) for key in keys]


@pytest.mark.parametrize("text", ["{", "{}", "7", '["a", null]', '[{"pickle": "x"}]'])
def test_text_other_than_a_list_of_keys_is_refused(text):
    with pytest.raises(ValueError, match=r"the keys should be a list|Expecting property name|saved key"):
        keys_from_json(text)


def array_round_trip(given, **changes):
    arrays = named_arrays(given) | changes
    return from_named_arrays(header_of(given), arrays["vectors"], arrays, arrays.__getitem__)


def test_arrays_round_trip(airports):
    assert array_round_trip(airports) == airports
    assert list(named_arrays(airports)) == ["vectors", "keys", "counts", "unknown", "missing"]
    noisy = airports.with_noise(SamplingNoise(np.eye(2), 5.0, -1.0, 5))
    assert array_round_trip(noisy) == noisy
    plain = CategoryVectors(["a"], [[1]])
    assert list(named_arrays(plain)) == ["vectors", "keys"]
    assert array_round_trip(plain) == plain


def test_vectors_are_rows_of_little_endian_float32():
    array = named_arrays(CategoryVectors(["a", "b"], np.asfortranarray([[1.0, 2.0], [3.0, 4.0]])))["vectors"]
    assert array.dtype == np.dtype("<f4")
    assert array.flags.c_contiguous
    assert array.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vectors": np.ones((3, 2), np.float32)}, "the header states 4 x 2 vectors, but there are 3 x 2"),
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
def test_arrays_that_do_not_match_are_refused(changes, message, airports):
    with pytest.raises((DataError, ValueError), match=re.escape(message)):
        array_round_trip(airports, **changes)
