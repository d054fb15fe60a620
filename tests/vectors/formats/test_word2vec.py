"""word2vec and GloVe: content, files of other programs, and damaged files."""

import gc
import re
import struct

import numpy as np
import pytest

from tabemb.exceptions import DataError, FormatError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.formats import word2vec
from tabemb.vectors.formats.words import key_of, word_of


@pytest.fixture
def path(tmp_path):
    return tmp_path / "dest.txt"


def load(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return CategoryVectors.load(path)


def test_the_content_of_the_file(path):
    keys = ["New York", "", "<unknown>", 7, "100%"]
    CategoryVectors(keys, [[1, 0.1], [2, -0.5], [3, 1e-9], [4, 1e30], [5, 0]], unknown=[0, 0], missing=[1, 1]).save(
        path
    )
    assert path.read_text() == (
        "7 2\nNew%20York 1 0.1\n%empty 2 -0.5\n%3Cunknown> 3 1e-9\n7%json 4 1e+30\n100%25 5 0\n"
        "<unknown> 0 0\n<missing> 1 1\n"
    )


def test_the_name_is_that_of_the_file(path):
    CategoryVectors(["a"], [[1]], [3], name="origin").save(path)
    loaded = CategoryVectors.load(path)
    assert loaded.name == "dest"
    assert loaded.counts is None


def test_word2vec_files_of_other_programs(path):
    loaded = load(path, "2 3\nthe 0.1 0.2 0.3 \r\n1 -1e-2 2 3\n\n")
    assert loaded.index_to_key == ["the", "1"]
    assert loaded.vectors.tolist() == [pytest.approx([0.1, 0.2, 0.3]), pytest.approx([-0.01, 2, 3])]
    assert load(path, "1\t2\nthe\t0.1\t0.2").index_to_key == ["the"]


def test_glove_has_no_first_line(path):
    loaded = load(path, "the 0.1 0.2\n, 0.3 0.4\n100% 1 2\n<unk> 1 3\n5 1 3\n東京\xa0 1 1\n")
    assert loaded.index_to_key == ["the", ",", "100%", "<unk>", "5", "東京\xa0"]
    assert loaded.dim == 2
    assert loaded.unknown is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ": expected word2vec or GloVe text, got an empty file."),
        (
            "3 2\na 1 2\nb 1 2\n",
            ", line 1: expected 3 keys as stated, got 2. The file may be truncated.",
        ),
        ("1 2\na 1 2\nb 1 2\n", ", line 1: expected 1 keys as stated, got 2."),
        ("99999999999999999999 2\na 1 2\n", ", line 1: expected 99999999999999999999 keys as stated, got 1."),
        ("1 3\na 1 2\n", ", line 2: expected a key and 3 numbers as line 1 states, got 3 fields."),
        ("2 2\na 1 2\nb 1\n", ", line 3: expected a key and 2 numbers as line 1 states, got 2 fields."),
        ("2 2\nNew York 1 2\nb 1 2\n", ", line 2: expected a key and 2 numbers as line 1 states, got 4 fields."),
        ("2 0\na\nb\n", ", line 2: expected a key and its numbers as line 1 states, got 1 fields."),
        ("a 1 2\nb 1 2 3\n", ", line 2: expected a key and 2 numbers, got 4 fields."),
        ("word\n", ", line 1: expected a key and its numbers, got 1 fields."),
        ("a 1 2\n\nb 1 2\n", ", line 2: expected a key and 2 numbers, got a blank line."),
        ("2 2\na 1 2\na 3 4\n", ", line 3: expected each key once, got 'a' as in line 2."),
        ("2 1\n<unknown> 1\n<unknown> 1\n", ", line 3: expected each key once, got '<unknown>' as in line 2."),
        ("a 1 2\nb 1 x\n", ", line 2: expected 2 numbers after the key; could not convert string to float"),
        ("a 1 nan\n", ", line 1: expected finite float32 numbers, got nan."),
        ("a 1 1e39\n", ", line 1: expected finite float32 numbers, got 1e39."),
        (b"a 1 2\n\xff 1 2\n", r", line 2: expected a key in UTF-8, got the bytes b'\xff'."),
        ('2 1\n1%json 1\n{"float":"1.0"}%json 2\n', ", line 3: expected each key once, got 1.0 as in line 2."),
    ],
)
def test_a_broken_file_is_refused_with_line_and_expectation(text, message, path):
    with pytest.raises(FormatError, match=re.escape(f"dest.txt{message}")):
        load(path, text)


def test_a_file_of_another_kind_is_refused(path):
    with pytest.raises(FormatError, match=r"dest\.txt, line 1: expected"):
        load(path, b"PAR1\x15\x04\x15\x20\x15")


def test_gensim_opens_the_file(path):
    models = pytest.importorskip("gensim.models", reason="gensim is not installed")
    keys = ["New York", "tab\there", "", "<missing>", 7, "東京", "wide\u3000blank"]
    saved = CategoryVectors(keys, np.random.default_rng(0).normal(size=(len(keys), 4)), unknown=[1, 2, 3, 4])
    saved.save(path)
    theirs = models.KeyedVectors.load_word2vec_format(path)
    assert theirs.index_to_key == [*map(word_of, keys), "<unknown>"]
    np.testing.assert_array_equal(theirs.vectors[:-1], saved.vectors)
    ours = dict(saved.most_similar("New York", topn=3))
    for word, cosine in theirs.most_similar("New%20York", topn=8):
        if key_of(word) in ours:
            assert cosine == pytest.approx(ours[key_of(word)], abs=1e-6)
    theirs.save_word2vec_format(path)
    assert CategoryVectors.load(path).index_to_key == keys
    np.testing.assert_array_equal(CategoryVectors.load(path).vectors, saved.vectors)


@pytest.fixture
def binary(tmp_path):
    return tmp_path / "dest.bin"


def row(word, *numbers):
    return word + b" " + struct.pack(f"<{len(numbers)}f", *numbers)


def load_binary(binary, data):
    binary.write_bytes(data)
    return CategoryVectors.load(binary)


def test_the_bytes_of_a_binary_file(binary):
    CategoryVectors(["New York", 7], [[1, 0.1], [2, -0.5]], [3, 1], unknown=[0, 0]).save(binary)
    assert binary.read_bytes() == b"3 2\n" + row(b"New%20York", 1, 0.1) + row(b"7%json", 2, -0.5) + row(
        b"<unknown>", 0, 0
    )


@pytest.mark.parametrize("between", [b"", b"\n"])
@pytest.mark.parametrize("portion", [1, 7, 2**20])
def test_files_of_other_programs_with_line_breaks_or_without(between, portion, binary, monkeypatch):
    monkeypatch.setattr(word2vec, "_PORTION", portion)
    # The bytes of the numbers hold a blank and a line break.
    numbers = struct.unpack("<2f", b"  \n \n\n  ")
    loaded = load_binary(
        binary, b"3 2\n" + between.join([row(b"the", *numbers), row("東京".encode(), 1, 2), row(b"a", 3, 4)]) + between
    )
    assert loaded.index_to_key == ["the", "東京", "a"]
    assert loaded.vectors.tolist() == [list(numbers), [1, 2], [3, 4]]


GOOD = row(b"a", 1, 2)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", ", line 1: expected the numbers of keys and dimensions, got b''."),
        (
            b"a 1 2\nb 3 4\n",
            ", line 1: expected the numbers of keys and dimensions, got b'a 1 2\\n'. Read word2vec text",
        ),
        (b"1 2", ", line 1: expected the numbers of keys and dimensions, got b'1 2'."),
        (b"1 0\n" + GOOD, ", line 1: expected 1 to 1,048,576 dimensions, got 0."),
        (b"1 99999999999\n" + GOOD, ", line 1: expected 1 to 1,048,576 dimensions, got 99999999999."),
        (
            b"2 2\n" + GOOD,
            ", byte 14: expected key 2 of 2 with 2 numbers, as line 1 states, got the last 0 bytes. The file may",
        ),
        (
            b"99999999999999999999 2\n" + GOOD,
            ", byte 33: expected key 2 of 99999999999999999999 with 2 numbers, as line 1 states, got the last 0",
        ),
        (b"1 3\n" + GOOD, ", byte 4: expected key 1 of 1 with 3 numbers, as line 1 states, got the last 10 bytes."),
        (b"1 1\n" + GOOD, ", byte 10: expected the end after 1 keys, as line 1 states, got more."),
        (b"1 2\n" + GOOD + row(b"b", 1, 2), ", byte 14: expected the end after 1 keys, as line 1 states, got more."),
        (b"2 2\n" + GOOD + GOOD, ", byte 14: expected each key once, got 'a' as in byte 4."),
        (b"1 2\n" + row(b"a", 1, float("nan")), ", byte 4: expected finite float32 numbers, got nan."),
        (b"1 2\n" + row(b"\xff", 1, 2), r", byte 4: expected a key in UTF-8, got the bytes b'\xff'."),
        (b"1 2\n" + b"a" * (2**20 + 2), ", byte 4: expected a word and a space, got none."),
    ],
)
def test_a_broken_binary_file_is_refused_with_its_byte(data, message, binary):
    with pytest.raises(FormatError, match=re.escape(f"dest.bin{message}")):
        load_binary(binary, data)


def test_gensim_and_tabemb_read_each_others_binary_files(binary):
    models = pytest.importorskip("gensim.models", reason="gensim is not installed")
    saved = CategoryVectors(["nurse", "東京", "New York"], np.random.default_rng(0).normal(size=(3, 40)))
    saved.save(binary)
    theirs = models.KeyedVectors.load_word2vec_format(binary, binary=True)
    assert theirs.index_to_key == ["nurse", "東京", "New%20York"]
    assert theirs.vectors.tobytes() == saved.vectors.tobytes()
    theirs.save_word2vec_format(binary, binary=True)
    assert CategoryVectors.load(binary) == CategoryVectors(saved.index_to_key, saved.vectors, name="dest")


@pytest.fixture
def glove(tmp_path):
    return tmp_path / "dest.glove"


def test_the_text_of_a_glove_file(glove):
    CategoryVectors(["New York", 7], [[1, 0.1], [2, -0.5]], [3, 1], unknown=[0, 0]).save(glove)
    assert glove.read_text() == "New%20York 1 0.1\n7%json 2 -0.5\n<unknown> 0 0\n"


def test_a_first_line_of_two_numbers_is_a_word_and_its_number(glove):
    glove.write_text("5 3\n6 4\n")
    loaded = CategoryVectors.load(glove)
    assert loaded.index_to_key == ["5", "6"]
    assert loaded.vectors.tolist() == [[3], [4]]


def test_a_word2vec_file_is_refused_where_its_words_begin(glove):
    glove.write_text("2 3\na 1 2 3\nb 1 2 3\n")
    with pytest.raises(FormatError, match=r"dest\.glove, line 2: expected a key and 1 numbers, got 4 fields\."):
        CategoryVectors.load(glove)


def test_glove_requires_a_vector(glove):
    with pytest.raises(DataError, match=r"GloVe text requires at least one vector, got none\. Save to \.parquet"):
        CategoryVectors([], np.zeros((0, 2))).save(glove)
    assert not list(glove.parent.iterdir())


# gensim leaves the file open.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_gensim_and_tabemb_read_each_others_glove_files(glove):
    models = pytest.importorskip("gensim.models", reason="gensim is not installed")
    saved = CategoryVectors(["nurse", "東京", "the"], np.random.default_rng(0).normal(size=(3, 4)))
    saved.save(glove)
    theirs = models.KeyedVectors.load_word2vec_format(glove, no_header=True)
    assert theirs.index_to_key == saved.index_to_key
    assert np.array_equal(theirs.vectors, saved.vectors)
    gc.collect()
    theirs.save_word2vec_format(glove, write_header=False)
    assert np.array_equal(CategoryVectors.load(glove).vectors, saved.vectors)
