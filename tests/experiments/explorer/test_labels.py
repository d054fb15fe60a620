"""Labels are text, unique, and told apart by type where they look alike."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from tabemb.experiments.explorer.labels import labels_of


def test_keys_are_shown_as_their_text():
    assert labels_of(["JFK", "New York", 7, 1.5, dt.date(2013, 1, 31)]) == ["JFK", "New York", "7", "1.5", "2013-01-31"]


def test_keys_that_look_alike_are_told_apart_by_type():
    assert labels_of(["1", 1, "True", True, "x"]) == ["1 (text)", "1 (number)", "True (text)", "True (bool)", "x"]


def test_a_key_that_looks_like_such_a_label_is_still_told_apart():
    assert labels_of(["1 (text)", "1", 1]) == ["'1 (text)'", "'1'", "1 (number)"]


def test_what_cannot_be_seen_is_said():
    assert labels_of(["", " ", "a\nb", "a\tb", "a\r\nc"]) == ["(blank)", "(blank, 1)", "a↵b", "a⇥b", "a↵c"]
    assert len(set(labels_of(["", "(blank)", "a\nb", "a↵b"]))) == 4


@given(st.lists(st.text("ab1 ()'\n↵", max_size=6) | st.integers(0, 3) | st.sampled_from(["1 (text)", "''"])))
def test_no_two_labels_are_the_same_and_none_is_empty(keys):
    keys = list(dict.fromkeys(keys))
    labels = labels_of(keys)
    assert len(labels) == len(set(labels)) == len(keys)
    assert all(labels)
