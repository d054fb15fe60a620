"""Lines of words and numbers: those that are not asked for, words with blanks, and lines without end."""

import io
import re
from pathlib import Path

import numpy as np
import pytest

from tabemb.exceptions import FormatError
from tabemb.vectors.formats import word_lines
from tabemb.vectors.formats.word_lines import WordLines

PATH = Path("words.txt")


def lines(text, *, header=False):
    return WordLines(PATH, io.BytesIO(text.encode()), header=header)


def words(text, **kind):
    rows = lines(text, **kind)
    return [(place, word.decode(), rows.numbers(place, raw).tolist()) for place, word, raw in rows]


def test_each_word_comes_with_its_line_and_its_numbers():
    assert words("2 2\na 1 2\nb\t3\t4\n", header=True) == [(2, "a", [1, 2]), (3, "b", [3, 4])]
    assert words("a 1 2\nb 3 4 \n c  5 6\n") == [(1, "a", [1, 2]), (2, "b", [3, 4]), (3, "c", [5, 6])]


def test_a_word_of_glove_may_hold_blanks_where_no_number_stands_in_it():
    assert words("the 1 2\n. . . 3 4\nat name@domain.com 5 6\n")[1:] == [
        (2, ". . .", [3, 4]),
        (3, "at name@domain.com", [5, 6]),
    ]
    with pytest.raises(FormatError, match=re.escape("words.txt, line 2: expected a key and 2 numbers, got 5 fields.")):
        words("the 1 2\na 7 b 3 4\n")
    with pytest.raises(FormatError, match=re.escape("line 3: expected a key and 2 numbers as line 1 says, got 4")):
        words("2 2\nthe 1 2\nNew York 3 4\n", header=True)


def test_numbers_that_are_not_asked_for_are_counted_and_not_read():
    places = [place for place, _, _ in lines("a 1 2\nb x y\nc 3 4\n")]
    assert places == [1, 2, 3]
    with pytest.raises(FormatError, match=re.escape("line 2: expected a key and 2 numbers, got 2 fields.")):
        list(lines("a 1 2\nb x\nc 3 4\n"))
    rows = lines("a 1 2\nb  4\n")
    # Two blanks are as many as two numbers have; whoever wants them is told.
    with pytest.raises(FormatError, match=re.escape("line 2: expected a key and 2 numbers, got 2 fields.")):
        [rows.numbers(place, raw) for place, _, raw in rows]


def test_a_text_without_first_line_has_to_end_in_a_line_break():
    with pytest.raises(
        FormatError, match=re.escape("line 2: expected a line break at the end; the file may have been")
    ):
        words("a 1 2\nb 3 4.")
    assert words("2 2\na 1 2\nb 3 4", header=True)[1] == (3, "b", [3, 4])


def test_a_line_without_end_is_not_read_to_its_end(monkeypatch):
    monkeypatch.setattr(word_lines, "LONGEST", 20)
    file = io.BytesIO(b"3 4\n" + bytes(1000))
    with pytest.raises(
        FormatError, match=re.escape("line 2: expected a key and 4 numbers as line 1 says, got more than")
    ):
        list(WordLines(PATH, file, header=True))
    assert file.tell() < 40


def test_numbers_are_the_nearest_of_float32():
    ((_, _, numbers),) = words("a 0.1 1e-45 16777217\n")
    assert numbers == np.array([0.1, 1e-45, 16777217], np.float32).tolist()
