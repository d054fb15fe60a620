import json
import pickle

import numpy as np
import pytest

from tabemb.exceptions import FormatError
from tabemb.table.similar_words import SimilarWords, folded

ROWS = {"nurse": 0, "doctor": 1, "pilot": 2, "senior": 3, "new york": 4}
VECTORS = np.array([[1, 0, 0], [0.9, 0.1, 0], [-1, 1, 0], [0, 0, 1], [0, 1, 1]])
KEYS = ["nurse", "Pilot", "welder", 7, "senior nurse"]


@pytest.fixture
def words():
    return SimilarWords(ROWS, VECTORS, KEYS, 0.4)


def test_a_text_has_the_category_of_the_most_similar_vector(words):
    assert words.find(["Doctor", "test pilot", "NEW_YORK", "senior doctor"]).tolist() == [0, 1, 4, 4]
    assert SimilarWords(ROWS, VECTORS, KEYS, 0.7).find(["NEW_YORK"]).tolist() == [-1]


def test_what_is_unlike_all_or_not_among_the_words_is_not_found(words):
    strict = SimilarWords(ROWS, VECTORS, KEYS, 0.99)
    assert strict.find(["doctor", "new york"]).tolist() == [0, -1]
    assert words.find(["welder", "", "  ", 7, None, True]).tolist() == [-1] * 6
    assert words.find([]).tolist() == []


def test_only_some_categories_may_be_found(words):
    assert words.find(["doctor"], among=np.array([False, True, True, True, True])).tolist() == [4]
    assert words.find(["doctor"], among=np.array([False, True, True, True, False])).tolist() == [-1]
    assert words.find(["doctor"], among=np.zeros(5, bool)).tolist() == [-1]


def test_many_texts_are_searched_in_parts(words, monkeypatch):
    texts = ["doctor", "pilot", "x", "senior"] * 5
    whole = words.find(texts)
    monkeypatch.setattr("tabemb.table.similar_words.CELLS", 1)
    assert np.array_equal(words.find(texts), whole)


def test_nothing_among_the_words():
    assert SimilarWords({}, np.zeros((0, 1)), KEYS, 0.7).find(["nurse"]).tolist() == [-1]
    assert SimilarWords(ROWS, VECTORS, ["x"], 0.7).find(["nurse"]).tolist() == [-1]


def test_states_and_pickles_find_the_same(words):
    state, vectors = words.to_state()
    assert vectors.dtype == np.float16
    for again in (
        SimilarWords.from_state(json.loads(json.dumps(state)), vectors, KEYS),
        pickle.loads(pickle.dumps(words)),
    ):
        assert (
            again.find(["Doctor", "test pilot", "senior"]).tolist()
            == words.find(["Doctor", "test pilot", "senior"]).tolist()
        )


@pytest.mark.parametrize(
    "data", [{}, {"rows": ROWS}, {"rows": {"nurse": 99}, "min_cosine": 0.7}, {"rows": 5, "min_cosine": 1}]
)
def test_damaged_states_are_refused(data):
    with pytest.raises(FormatError, match="The saved words of a column cannot be read"):
        SimilarWords.from_state(data, VECTORS, KEYS)


def test_folded_texts():
    assert folded("Registered  Nurse!") == "registered nurse"
    assert folded("É") == "é"
