"""What a file says of itself, and what is said of one that says something else."""

import json
import re
from pathlib import Path

import pytest

from tabemb.exceptions import FormatError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.formats.header import header_of, keys_from_json, keys_to_json, read_header, special_of

PATH = Path("dest.x")
EXPECTED = "a file of ours."


def test_the_header_has_what_has_no_place_elsewhere():
    vectors = CategoryVectors(["a"], [[1, 2]], name="dest", unknown=[0.5, 0.1])
    header = header_of(vectors)
    assert read_header(PATH, json.dumps(header), EXPECTED) == header
    assert read_header(PATH, json.dumps(header).encode(), EXPECTED)["dim"] == 2
    assert special_of(vectors) == {"unknown": vectors.unknown.tolist(), "missing": None}


@pytest.mark.parametrize(
    "raw", [None, "", b"", "{", b"\xff\xfe", "[]", "1", "null", '{"format": "other"}', "[" * 100_000]
)
def test_what_is_no_header_is_said_to_be_none(raw):
    with pytest.raises(FormatError, match=r"^dest\.x: expected a file of ours\.$"):
        read_header(PATH, raw, EXPECTED)


@pytest.mark.parametrize(
    ("version", "step"),
    [
        (2, "A newer tabemb has written it; update tabemb to read it."),
        (0, "Save the vectors again."),
        (None, "Save the vectors again."),
        ("2", "Save the vectors again."),
    ],
)
def test_another_version_is_refused_with_the_next_step(version, step):
    message = f"dest.x: expected version 1 of tabemb's vectors, got {version!r}. {step}"
    with pytest.raises(FormatError, match=f"^{re.escape(message)}$"):
        read_header(PATH, json.dumps({"format": "tabemb.vectors", "version": version}), EXPECTED)


def test_keys_are_ascii_whatever_they_are():
    keys = ["é", "\ud800", 1, True, 2**70, "\n"]
    text = keys_to_json(keys)
    assert text.isascii()
    assert [(type(key), key) for key in keys_from_json(text)] == [(type(key), key) for key in keys]


@pytest.mark.parametrize("text", ["{", "{}", "7", '["a", null]', '[{"pickle": "x"}]'])
def test_what_is_no_list_of_keys_is_refused(text):
    with pytest.raises(ValueError, match=r"the keys should be a list|Expecting property name|saved key"):
        keys_from_json(text)
