"""Categories looked up whole, folded, and by their words."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from tabemb import CategoryVectors
from tabemb.vectors.matching import FOLDED, LACKING, WHOLE, WORDS, folded, match
from tabemb.vectors.sources import source_of


def look_up(keys, source):
    return match(keys, source_of(source))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Nurse", "nurse"),
        ("New_York", "new york"),
        ("  Sr. Sales-Manager/Buyer ", "sr sales manager buyer"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("cafe\u0301", "café"),
        ("№ 5", "no 5"),
        ("???", ""),
        ("", ""),
    ],
)
def test_names_are_folded_to_letters_digits_and_single_blanks(text, name):
    assert folded(text) == name


@given(st.text())
def test_folding_twice_is_folding_once_and_case_is_no_matter(text):
    name = folded(text)
    assert folded(name) == name
    assert name == name.strip()
    assert "  " not in name


def test_whole_comes_before_folded_and_folded_before_words():
    words = {"registered nurse": [1, 0], "Registered Nurse": [2, 0], "registered": [3, 0], "nurse": [4, 0]}
    found = look_up(["Registered Nurse", "REGISTERED-NURSE", "nurse registered", "welder"], words)
    assert found.how.tolist() == [WHOLE, FOLDED, WORDS, LACKING]
    assert found.vectors[:2, 0].tolist() == [2, 1]
    assert found.vectors[3].tolist() == [0, 0]
    assert found.found.tolist() == [True, True, True, False]


def test_words_are_weighted_by_how_few_categories_have_them():
    words = {"manager": [1, 0], "sales": [0, 1]}
    keys = ["sales manager", "office manager", "store manager", "of the"]
    found = look_up(keys, words)
    manager, sales = 1 + np.log(5 / 4), 1 + np.log(5 / 2)
    np.testing.assert_allclose(found.vectors[0], np.array([manager, sales]) / (manager + sales), rtol=1e-6)
    # Words that are not there are left out.
    assert found.vectors[1].tolist() == [1, 0]
    assert found.how.tolist() == [WORDS, WORDS, WORDS, LACKING]


def test_a_word_that_comes_twice_counts_twice():
    found = look_up(["new new york"], {"new": [1, 0], "york": [0, 1]})
    np.testing.assert_allclose(found.vectors[0], [2 / 3, 1 / 3], rtol=1e-6)


def test_of_several_spellings_lower_case_counts_or_else_the_first():
    found = look_up(["PILOT!", "NURSE!"], {"Pilot": [1], "PILOT": [2], "Nurse": [3], "nurse": [4]})
    assert found.vectors.ravel().tolist() == [1, 4]


def test_keys_that_are_no_text_are_found_whole_with_their_type_or_not_at_all():
    vectors = CategoryVectors([1, "2", True, 2.5], [[1], [2], [3], [4]])
    found = look_up([1.0, 2, "true", "1", 2.5, True], vectors)
    assert found.how.tolist() == [WHOLE, LACKING, LACKING, LACKING, WHOLE, WHOLE]
    assert found.vectors.ravel().tolist() == [1, 0, 0, 0, 4, 3]


def test_vectors_for_unknown_and_missing_come_along():
    found = look_up(["a"], CategoryVectors(["a"], [[1, 2]], unknown=[3, 4], missing=[5, 6]))
    assert (found.unknown.tolist(), found.missing.tolist()) == ([3, 4], [5, 6])
    assert look_up(["a"], {"a": [1]}).unknown is None


def test_a_text_without_letters_is_looked_up_whole_only():
    assert look_up(["?", "!"], {"?": [1], "-": [2]}).how.tolist() == [WHOLE, LACKING]


def test_nothing_found_is_a_match_too():
    found = look_up(["a", "b"], {"c": [1, 2]})
    assert not found.found.any()
    assert len(found.vectors) == 2
    assert not look_up([], {"c": [1, 2]}).found.any()


def test_a_source_is_asked_once_and_for_nothing_else():
    class Asked(dict):
        asked = 0

        def __iter__(self):
            self.asked += 1
            return super().__iter__()

        def __getitem__(self, key):
            assert key in ("nurse", "Registered")
            return super().__getitem__(key)

    source = Asked({"nurse": [1], "Registered": [2], "the": [3], 7: [4], float("nan"): [5]})
    assert look_up(["registered nurse"], source).how.tolist() == [WORDS]
    assert source.asked == 1


def test_real_words_cover_real_titles(shared_data):
    loans, words = shared_data("lendingclub_loans10k"), shared_data("glove100_small")
    titles = loans["emp_title"].dropna().unique().tolist()
    found = look_up(titles, words)
    assert found.found.mean() > 0.85
    assert found.vectors.shape == (len(titles), 100)
