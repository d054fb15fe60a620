"""word2vec's binary file: the bytes, other programs' files, and broken ones."""

import re
import struct

import numpy as np
import pytest

from tabemb.exceptions import FormatError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.formats import word2vec_binary


@pytest.fixture
def path(tmp_path):
    return tmp_path / "dest.bin"


def row(word, *numbers):
    return word + b" " + struct.pack(f"<{len(numbers)}f", *numbers)


def load(path, data):
    path.write_bytes(data)
    return CategoryVectors.load(path)


def test_the_file_as_it_is(path):
    CategoryVectors(["New York", 7], [[1, 0.1], [2, -0.5]], [3, 1], unknown=[0, 0]).save(path)
    assert path.read_bytes() == b"3 2\n" + row(b"New%20York", 1, 0.1) + row(b"7%json", 2, -0.5) + row(
        b"<unknown>", 0, 0
    )


@pytest.mark.parametrize("between", [b"", b"\n"])
@pytest.mark.parametrize("portion", [1, 7, 2**20])
def test_files_of_other_programs_with_line_breaks_or_without(between, portion, path, monkeypatch):
    monkeypatch.setattr(word2vec_binary, "_PORTION", portion)
    # The bytes of the numbers hold a blank and a line break.
    numbers = struct.unpack("<2f", b"  \n \n\n  ")
    loaded = load(
        path, b"3 2\n" + between.join([row(b"the", *numbers), row("東京".encode(), 1, 2), row(b"a", 3, 4)]) + between
    )
    assert loaded.index_to_key == ["the", "東京", "a"]
    assert loaded.vectors.tolist() == [list(numbers), [1, 2], [3, 4]]


GOOD = row(b"a", 1, 2)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", ", line 1: expected how many keys and numbers there are, got b''."),
        (b"a 1 2\nb 3 4\n", ", line 1: expected how many keys and numbers there are, got b'a 1 2\\n'. word2vec's own"),
        (b"1 2", ", line 1: expected how many keys and numbers there are, got b'1 2'."),
        (b"1 0\n" + GOOD, ", line 1: expected 1 to 1,048,576 numbers a key, got 0."),
        (b"1 99999999999\n" + GOOD, ", line 1: expected 1 to 1,048,576 numbers a key, got 99999999999."),
        (
            b"2 2\n" + GOOD,
            ", byte 14: expected key 2 of the 2 that line 1 says, with 2 numbers, got the last 0 bytes. The file may",
        ),
        (
            b"99999999999999999999 2\n" + GOOD,
            ", byte 33: expected key 2 of the 99999999999999999999 that line 1 says, with 2 numbers, got the last 0",
        ),
        (b"1 3\n" + GOOD, ", byte 4: expected key 1 of the 1 that line 1 says, with 3 numbers, got the last 10 bytes."),
        (b"1 1\n" + GOOD, ", byte 10: expected the end after the 1 keys that line 1 says, got more."),
        (b"1 2\n" + GOOD + row(b"b", 1, 2), ", byte 14: expected the end after the 1 keys that line 1 says, got more."),
        (b"2 2\n" + GOOD + GOOD, ", byte 14: expected each key once, got 'a' as in byte 4."),
        (b"1 2\n" + row(b"a", 1, float("nan")), ", byte 4: expected finite float32 numbers, got nan."),
        (b"1 2\n" + row(b"\xff", 1, 2), r", byte 4: expected a key in UTF-8, got the bytes b'\xff'."),
        (b"1 2\n" + b"a" * (2**20 + 2), ", byte 4: expected a word and a blank, got none."),
    ],
)
def test_a_broken_file_is_refused_with_its_byte_and_expectation(data, message, path):
    with pytest.raises(FormatError, match=re.escape(f"dest.bin{message}")):
        load(path, data)


def test_gensim_opens_the_file_and_we_open_gensims(path):
    models = pytest.importorskip("gensim.models", reason="gensim is not installed")
    saved = CategoryVectors(["nurse", "東京", "New York"], np.random.default_rng(0).normal(size=(3, 40)))
    saved.save(path)
    theirs = models.KeyedVectors.load_word2vec_format(path, binary=True)
    assert theirs.index_to_key == ["nurse", "東京", "New%20York"]
    assert theirs.vectors.tobytes() == saved.vectors.tobytes()
    theirs.save_word2vec_format(path, binary=True)
    assert CategoryVectors.load(path) == CategoryVectors(saved.index_to_key, saved.vectors, name="dest")
