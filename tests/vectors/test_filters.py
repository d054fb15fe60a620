"""Which categories may be answers."""

import re

import numpy as np
import pytest

from tabemb.exceptions import DataError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.filters import allowed_rows


def test_no_filter_is_none():
    assert allowed_rows(["a"], None) is None


def test_filters_hold_together():
    counts = np.array([9, 5, 1])
    assert allowed_rows("abc", counts, min_count=5).tolist() == [True, True, False]
    assert allowed_rows("abc", None, where=lambda key: key > "a").tolist() == [False, True, True]
    asked = []
    allowed_rows("abc", counts, min_count=5, where=lambda key: not asked.append(key))
    assert asked == ["a", "b"]


def test_they_choose_the_answers_and_not_the_question(airports):
    assert [key for key, _ in airports.most_similar("OAK", min_count=5)] == ["LGA", "JFK"]
    assert [key for key, _ in airports.most_similar("JFK", where=lambda key: key.endswith("O"))] == ["SFO"]
    assert airports.most_similar("JFK", where=lambda key: key == "JFK") == []
    assert [key for key, _ in airports.most_similar_batch(["JFK"], where=lambda key: "A" in key)[0]] == ["LGA", "OAK"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"min_count": 10},
            "Column 'dest': none of 4 categories has a count of 10 or more; the most frequent one has 9.",
        ),
        ({"where": lambda key: False}, "Column 'dest': where=... lets none of the categories pass."),
        (
            {"where": lambda key: key == "OAK", "min_count": 2},
            "Column 'dest': where=... lets none of the categories that have a count of 2 or more pass.",
        ),
        ({"min_count": -1}, "min_count is a number of rows: expected a whole number from 0, got -1."),
        ({"min_count": 1.5}, "min_count is a number of rows: expected a whole number from 0, got 1.5."),
        ({"min_count": True}, "min_count is a number of rows: expected a whole number from 0, got True."),
        ({"where": "N"}, "where is a function that says of a key whether it may be an answer, such as lambda key:"),
    ],
)
def test_a_filter_that_leaves_nothing_or_is_none_is_refused(airports, options, message):
    with pytest.raises(DataError, match=re.escape(message)):
        airports.most_similar("JFK", **options)
    with pytest.raises(DataError, match=re.escape(message)):
        airports.most_similar_batch(["JFK"], **options)
    with pytest.raises(DataError, match=re.escape(message)):
        airports.analogy("JFK", "LGA", "SFO", **options)


def test_min_count_needs_counts():
    with pytest.raises(DataError, match="min_count goes by counts, and these vectors came without; leave it out"):
        CategoryVectors("ab", [[1], [2]]).most_similar("a", min_count=1)


def test_an_error_of_the_users_own_says_for_which_key():
    with pytest.raises(AttributeError) as caught:
        CategoryVectors(["a", 7], [[1], [2]]).most_similar("a", where=lambda key: key.startswith("N"))
    assert caught.value.__notes__ == ["where=... was called with the key 7, of type int."]


def test_a_column_without_categories_has_nothing_to_filter():
    empty = CategoryVectors([], np.empty((0, 2)), [])
    assert empty.most_similar(np.ones(2), min_count=3, where=bool) == []
