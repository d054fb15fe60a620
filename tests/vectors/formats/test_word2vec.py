"""word2vec text: the file itself, other programs' files, and broken ones."""

import re

import numpy as np
import pytest

from tabemb.exceptions import FormatError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.formats.words import key_of, word_of


@pytest.fixture
def path(tmp_path):
    return tmp_path / "dest.txt"


def load(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return CategoryVectors.load(path)


def test_the_file_as_it_is(path):
    keys = ["New York", "", "<unknown>", 7, "100%"]
    CategoryVectors(keys, [[1, 0.1], [2, -0.5], [3, 1e-9], [4, 1e30], [5, 0]], unknown=[0, 0], missing=[1, 1]).save(
        path
    )
    assert path.read_text() == (
        "7 2\nNew%20York 1 0.1\n%empty 2 -0.5\n%3Cunknown> 3 1e-9\n7%json 4 1e+30\n100%25 5 0\n"
        "<unknown> 0 0\n<missing> 1 1\n"
    )


def test_the_name_is_the_files(path):
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
            ", line 1: expected as many keys as it says, 3, got 2. The file may have been cut short.",
        ),
        ("1 2\na 1 2\nb 1 2\n", ", line 1: expected as many keys as it says, 1, got 2."),
        ("99999999999999999999 2\na 1 2\n", ", line 1: expected as many keys as it says, 99999999999999999999, got 1."),
        ("1 3\na 1 2\n", ", line 2: expected a key and 3 numbers as line 1 says, got 3 fields."),
        ("2 2\na 1 2\nb 1\n", ", line 3: expected a key and 2 numbers as line 1 says, got 2 fields."),
        ("2 2\nNew York 1 2\nb 1 2\n", ", line 2: expected a key and 2 numbers as line 1 says, got 4 fields."),
        ("2 0\na\nb\n", ", line 2: expected a key and its numbers as line 1 says, got 1 fields."),
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
