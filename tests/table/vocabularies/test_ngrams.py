import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabemb.table.cells import Coded, factorize, read_cells
from tabemb.table.vocabularies import Ngrams


def parts(kind, *texts):
    """Return the buckets of each text."""
    rows = kind.rows(factorize(read_cells(list(texts))), "title")
    ends = rows.sizes.cumsum()
    return [rows.buckets[end - size : end].tolist() for end, size in zip(ends, rows.sizes, strict=True)]


def test_a_text_has_the_parts_of_its_words():
    engineer, senior, both = parts(Ngrams(), "Engineer", "Senior", "Senior  Engineer ")
    assert sorted(both) == sorted(engineer + senior)
    # Of <engineer>: 8 + 7 + 6 n-grams, and the word.
    assert len(engineer) == 22


def test_case_is_ignored_on_request():
    assert parts(Ngrams(), "RN")[0] == parts(Ngrams(), "rn")[0]
    exact = Ngrams(lowercase=False)
    assert parts(exact, "RN")[0] != parts(exact, "rn")[0]


def test_ends_of_words_are_parts():
    cat, concat = parts(Ngrams(shortest=4, longest=4), "cat", "concat")
    # <cat and cat> against <con, conc, onca, ncat, cat>, and the word.
    assert len(cat) == 3
    assert len(set(cat) & set(concat)) == 1


def test_short_words_are_one_part():
    assert [len(each) for each in parts(Ngrams(shortest=5, longest=6), "a", "RN")] == [1, 1]


@pytest.mark.parametrize("empty", ["", " ", "\t\n"])
def test_a_text_without_words_is_unknown(empty):
    assert parts(Ngrams(), "a", empty, "bc")[1] == [-1]
    assert parts(Ngrams(), empty) == [[-1]]


@given(st.lists(st.text(max_size=20), min_size=1, max_size=6, unique=True))
def test_objects_have_the_parts_of_arrow_texts(texts):
    kind = Ngrams(n_buckets=2**30)
    plain, read = (kind.rows(each, "title") for each in (Coded(None, texts), factorize(read_cells(texts))))
    assert plain.sizes.tolist() == read.sizes.tolist()
    assert plain.buckets.tolist() == read.buckets.tolist()


def test_what_is_no_text_is_unknown():
    assert parts(Ngrams(), "a", 5)[1] == [-1]
    assert parts(Ngrams(), 5, 6) == [[-1], [-1]]


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"shortest": 0}, "shortest of the vocabulary 'ngrams' must be an integer of at least 1; got 0."),
        ({"longest": 2}, "longest of the vocabulary 'ngrams' must be an integer of at least 3; got 2."),
        ({"min_frequency": 0}, "min_frequency of the vocabulary 'ngrams' must be an integer of at least 1; got 0."),
        ({"lowercase": "yes"}, "lowercase of the vocabulary 'ngrams' must be True or False; got 'yes'."),
    ],
)
def test_parameters_out_of_range_are_refused(params, told):
    with pytest.raises(ValueError, match=re.escape(told)):
        Ngrams(**params)


def test_it_suits_columns_of_many_texts():
    texts = [f"title {place}" for place in range(100)]
    assert Ngrams().suits(factorize(read_cells(texts)))
    assert not Ngrams().suits(factorize(read_cells(texts[:99])))
    assert not Ngrams().suits(factorize(read_cells(range(100))))
    assert not Ngrams().suits(factorize(read_cells([*texts, 1])))
