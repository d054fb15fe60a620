"""Search for the most similar name."""

import pickle
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabemb.table import similar_names
from tabemb.table.similar_names import SimilarNames

TITLES = ["manager", "registered nurse", "office manager", "nurse"]


def names(keys=TITLES, least=0.6):
    return SimilarNames(keys, least)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Office Manager II", "office manager"),
        ("nurses", "nurse"),
        ("registred nurse", "registered nurse"),
        ("MANAGER", "manager"),
        ("pilot", None),
        ("", None),
    ],
)
def test_the_most_similar_name_is_found(text, expected):
    (place,) = names().find([text])
    assert place == (-1 if expected is None else TITLES.index(expected))


def test_names_must_be_similar_enough():
    assert names(least=0.3).find(["nursing aide"]).tolist() == [3]
    assert names(least=0.9).find(["nursing aide"]).tolist() == [-1]


def test_letters_in_no_known_name_count_too():
    known = names(["ab"], least=0.6)
    assert known.find(["ab", "abxyzxyzxyz"]).tolist() == [0, -1]


def test_the_first_of_equally_similar_names_is_found():
    assert names(["n1", "n2", "n3"], 0.1).find(["n4"]).tolist() == [0]
    assert names(["n3", "n1", "n2"], 0.1).find(["n4"]).tolist() == [0]


def test_keys_that_are_not_text_never_match():
    mixed = names([7, "manager", True, "nurse"])
    assert mixed.find(["nurse", 7, "managers", 7.5]).tolist() == [3, -1, 1, -1]
    assert names([1, 2]).find(["1"]).tolist() == [-1]
    assert names([]).find(["a"]).tolist() == [-1]
    assert names().find([]).tolist() == []


def test_the_search_can_be_restricted():
    among = np.array([True, False, False, False])
    assert names().find(["office manager", "nurse"], among=among).tolist() == [0, -1]
    assert names().find(["nurse"], among=np.zeros(4, bool)).tolist() == [-1]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.text(max_size=6), max_size=8), st.lists(st.text(max_size=6), unique=True, max_size=8))
def test_each_text_finds_the_same_alone_in_portions_and_after_a_pickle(texts, keys):
    known = names(keys, 0.2)
    together = known.find(texts).tolist()
    assert [known.find([text])[0] for text in texts] == together
    assert pickle.loads(pickle.dumps(known)).find(texts).tolist() == together
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(similar_names, "CELLS", 1)
        assert known.find(texts).tolist() == together
    for text, place in zip(texts, together, strict=True):
        assert place < len(keys)
        if text.strip() and text in keys and text.isascii():
            assert place >= 0


@pytest.mark.parametrize("least", [0, -0.1, 1.5, None, "0.5", True, np.nan])
def test_a_similarity_out_of_its_range_is_refused(least):
    with pytest.raises(ValueError, match=r"min_similarity must be a number in \(0, 1\], got"):
        names(least=least)


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
@pytest.mark.parametrize("name", ["서울", "São Paulo", "Nguyễn", "\uff46ull width", "ﬁne", "Straße"])
def test_names_that_read_the_same_are_the_same_in_every_unicode_form(name, form):
    others = ["부산", "Lima", "Tran", "half", "coarse"]
    for kept in ("NFC", "NFD"):
        names = SimilarNames([*others, unicodedata.normalize(kept, name)], min_similarity=1.0)
        assert names.find([unicodedata.normalize(form, name)]).tolist() == [5]
        assert names.find([unicodedata.normalize(form, name).upper()]).tolist() == [5]
