"""JSON Lines: content, and damaged files."""

import json
import re

import pytest

from tabemb.exceptions import FormatError
from tabemb.vectors import CategoryVectors


@pytest.fixture
def path(tmp_path):
    return tmp_path / "dest.jsonl"


def test_the_content_of_the_file(path):
    CategoryVectors(["é", 7], [[0.1, -0.0], [1, 1e30]], [9, 5], name="dest", missing=[0.5, 2]).save(path)
    assert path.read_bytes().decode("ascii") == (
        '{"format": "tabemb.vectors", "version": 1, "name": "dest", "n": 2, "dim": 2, '
        '"digest": "e755969d0ed2cfa9f97f50c2ad8e2c13", "counts": true, "unknown": null, "missing": [0.5, 2.0]}\n'
        '{"key": "\\u00e9", "count": 9, "vector": [0.1, -0.0]}\n'
        '{"key": 7, "count": 5, "vector": [1, 1e+30]}\n'
    )


def test_both_suffixes(airports, tmp_path):
    for suffix in (".jsonl", ".ndjson"):
        airports.save(tmp_path / f"dest{suffix}")
        assert CategoryVectors.load(tmp_path / f"dest{suffix}") == airports


HEADER = {"format": "tabemb.vectors", "version": 1, "name": "c", "n": 2, "dim": 2, "counts": False}
HEADER |= {"unknown": None, "missing": None}
A, B = '{"key": "a", "vector": [1, 2]}', '{"key": "b", "vector": [3, 4]}'


@pytest.mark.parametrize(
    ("header", "lines", "message"),
    [
        ({"version": 2}, [A, B], ": expected version 1 of tabemb's vectors, got 2. A newer version of tabemb wrote it"),
        ({"format": "x"}, [A, B], ": expected JSON Lines that CategoryVectors.save has written, but"),
        ({}, [A], ", line 1: expected 2 categories as stated, got 1. The file may be truncated."),
        ({"n": 1}, [A, B], ", line 1: expected 1 categories as stated, got 2."),
        ({"n": "2"}, [A, B], ": expected vectors as tabemb writes them, but the file is damaged: "),
        ({"dim": 3}, [A, B], ", line 2: expected a vector of 3 numbers, got [1, 2]."),
        ({"unknown": [1]}, [A, B], "but the file is damaged: Column 'c': expected unknown of shape 2"),
        ({"counts": True}, [A, B], ", line 2: expected an object with key and vector and count, got "),
        ({}, [A, "{"], ", line 3: expected an object in JSON; Expecting property name"),
        ({}, [A, ""], ", line 3: expected an object in JSON; "),
        ({}, [A, "[" * 100_000], ", line 3: expected an object in JSON; "),
        ({}, [A, "[]"], ", line 3: expected an object with key and vector, got b'[]\\n'."),
        ({}, [A, '{"key": "b"}'], ", line 3: expected an object with key and vector, got "),
        ({}, [A, '{"key": "b", "vector": 7}'], ", line 3: expected a vector of 2 numbers, got 7."),
        ({}, [A, '{"key": "b", "vector": [1]}'], ", line 3: expected a vector of 2 numbers, got [1]."),
        ({}, [A, '{"key": "b", "vector": ["1", 2]}'], ", line 3: expected a vector of 2 numbers, got ['1', 2]."),
        ({}, [A, '{"key": "b", "vector": [true, 2]}'], ", line 3: expected a vector of 2 numbers, got [True, 2]."),
        ({}, [A, '{"key": "b", "vector": [NaN, 2]}'], "finite float32 numbers in vectors, got nan in the row of 'b'."),
        ({}, [A, '{"key": "b", "vector": [1e39, 2]}'], "finite float32 numbers in vectors, got inf in the row of 'b'."),
        ({}, [A, '{"key": null, "vector": [1, 2]}'], "but the file is damaged: A saved key is text"),
        ({}, [A, A], "the file is damaged: Column 'c': expected each key once, got 'a' in rows 0 and 1."),
        (
            {"counts": True},
            ['{"key": "a", "count": -1, "vector": [1, 2]}', '{"key": "b", "count": 1, "vector": [1, 2]}'],
            "Column 'c': expected counts as whole numbers from 0, got [-1, 1].",
        ),
    ],
)  # fmt: skip
def test_a_broken_file_is_refused_with_line_and_expectation(header, lines, message, path):
    path.write_text("".join(f"{line}\n" for line in (json.dumps(HEADER | header), *lines)))
    with pytest.raises(FormatError, match=rf"dest\.jsonl.*{re.escape(message)}"):
        CategoryVectors.load(path)


@pytest.mark.parametrize("raw", [b"", b"\n", b'{"id": 1}\n{"id": 2}\n', b"\xff\n"])
def test_other_files_of_that_suffix_are_refused(path, raw):
    path.write_bytes(raw)
    message = "expected JSON Lines that CategoryVectors.save has written, but the first line is not a header of tabemb."
    with pytest.raises(FormatError, match=re.escape(message)):
        CategoryVectors.load(path)


def test_a_byte_order_mark_is_skipped(airports, path):
    airports.save(path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert CategoryVectors.load(path) == airports.__class__.load(path)
    assert CategoryVectors.load(path).index_to_key == airports.index_to_key


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ('{"uuid": 5}', "'int' object has no attribute 'replace'"),
        ('{"datetime": ["2013-01-31T05:00:00", "Nowhere/At", 0]}', "A saved key cannot be read"),
        ('{"timestamp": [[], "x"]}', ""),
        ('{"period": [1e400, "M"]}', ""),
        ('{"int": "' + "9" * 5000 + '"}', "A saved key cannot be read"),
        ("[[1]]", "A saved key is text"),
        ("null", "A saved key is text"),
    ],
)
def test_a_key_that_is_none_names_its_line(key, reason, path):
    path.write_text("\n".join([json.dumps(HEADER), A, B.replace('"b"', key), ""]))
    with pytest.raises(FormatError, match=f"dest.jsonl, line 3: expected a category as tabemb writes it, .*{reason}"):
        CategoryVectors.load(path)
