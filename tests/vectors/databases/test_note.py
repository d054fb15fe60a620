"""The note on a collection."""

import json
import re

import numpy as np
import pytest

from tabemb.exceptions import FormatError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.databases.note import Note


@pytest.fixture
def note():
    vectors = CategoryVectors(["a"], [[1.0, 2.0]], unknown=[0.1, 3.4028235e38], name="c")
    return Note.of(vectors, column="c", run="r", metric="dot")


def test_what_it_says_of_vectors(note):
    assert (note.column, note.run, note.metric, note.n, note.dim, note.complete) == ("c", "r", "dot", 1, 2, True)
    assert note.missing is None
    assert not note.begun().complete


def test_it_comes_back_and_its_numbers_are_the_same_float32(note):
    for each in (note, note.begun()):
        assert Note.from_json(each.to_json()) == each
    assert np.array(note.unknown, np.float32).tolist() == np.array([0.1, 3.4028235e38], np.float32).tolist()
    assert len(note.to_json()) < 200


def test_a_newer_format_is_told(note):
    newer = json.dumps(json.loads(note.to_json()) | {"format": 2})
    with pytest.raises(FormatError, match=r"format 1 of tabemb's notes, got 2\. A newer tabemb has written it"):
        Note.from_json(newer)


@pytest.mark.parametrize("text", ["", "[1]", "{}", '{"format": 1}', '{"format": 1, "unknown": 3, "missing": null}'])
def test_what_is_no_note(text):
    with pytest.raises(FormatError, match=re.escape(f"expected a note that tabemb has written, got {text!r}.")):
        Note.from_json(text)
