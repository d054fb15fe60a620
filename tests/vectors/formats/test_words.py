"""Conversion between keys and words."""

from urllib.parse import quote

import numpy as np
import pytest

from tabemb.vectors import CategoryVectors
from tabemb.vectors.formats.words import MISSING, UNKNOWN, key_of, lines_of, rows_of, word_of


@pytest.mark.parametrize(
    "word", ["%", "100%", "%41", "%2", "%zz", "%ff", "%FF", "%e9", "x%json", "[1]%json", "%json", "a%25b%"]
)
def test_words_that_tabemb_does_not_write_are_their_own_keys(word):
    assert key_of(word) == word
    assert key_of(word_of(word)) == word


def test_words_contain_no_separators():
    text = "".join(map(chr, range(0x3100))) + "\ufeff\ud800"
    word = word_of(text)
    assert word.split() == word.splitlines() == [word]
    assert word.encode()
    assert key_of(word) == text


def test_the_vectors_for_unknown_and_missing_categories_come_last():
    vectors = CategoryVectors(["a", UNKNOWN], [[1], [2]], unknown=[3], missing=[4])
    words, rows = zip(*rows_of(vectors), strict=True)
    assert words == ("a", "%3Cunknown>", UNKNOWN, MISSING)
    assert np.ravel(rows).tolist() == [1, 2, 3, 4]
    assert [word for word, _ in rows_of(CategoryVectors([], np.zeros((0, 2))))] == []


def test_lines_are_a_word_and_its_numbers():
    rows = rows_of(CategoryVectors(["New York", 7], [[1, 0.1], [2, -0.5]]))
    assert list(lines_of(rows)) == ["New%20York 1 0.1\n", "7%json 2 -0.5\n"]
    assert list(lines_of([])) == []


@pytest.mark.parametrize(
    "json",
    [
        '{"uuid": 5}',
        '{"period": [1e400, "M"]}',
        '{"datetime": 7}',
        "[" * 100_000,
        '{"int": "%s"}' % ("9" * 5000),
        "null",
    ],
    ids=range(6),
)
def test_a_word_that_is_no_key_of_tabemb_is_its_own_key(json):
    word = quote(json, safe="") + "%json"
    assert key_of(word) == word
