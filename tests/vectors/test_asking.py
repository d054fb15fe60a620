"""What is near what: questions to the vectors of a column."""

import re

import numpy as np
import pandas as pd
import pytest

from tabemb.exceptions import DataError, UnknownKeyError
from tabemb.vectors import CategoryVectors


def test_most_similar_goes_by_cosine_and_leaves_out_what_was_asked(airports):
    assert [key for key, _ in airports.most_similar("JFK")] == ["LGA", "OAK", "SFO"]
    key, cosine = airports.most_similar("JFK", topn=1)[0]
    assert (key, type(cosine)) == ("LGA", float)
    assert cosine == pytest.approx(airports.similarity("JFK", "LGA"), abs=1e-6)
    assert [key for key, _ in airports.most_similar(["JFK", "LGA"])] == ["OAK", "SFO"]
    assert [key for key, _ in airports.most_similar("JFK", negative="SFO", topn=9)] == ["LGA", "OAK"]
    assert [key for key, _ in airports.most_similar([], negative=["JFK"])] == ["SFO", "OAK", "LGA"]


def test_most_similar_takes_raw_vectors(airports):
    assert airports.most_similar(airports.vectors[0])[0] == ("JFK", pytest.approx(1))
    assert airports.most_similar(np.array([-1.0, 0]), topn=1)[0][0] == "SFO"
    assert airports.most_similar(["JFK", airports["LGA"]], topn=1)[0][0] == "LGA"
    assert airports.most_similar(airports.vectors[:2].astype(np.float64), topn=1)[0][0] in {"JFK", "LGA"}


def test_it_answers_as_the_plain_formula_does():
    rng = np.random.default_rng(3)
    vectors = CategoryVectors(range(60), rng.normal(size=(60, 5)))
    rows = vectors.vectors.astype(np.float64)
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    query = unit[3] + unit[5] - unit[7]
    order = [i for i in np.argsort(-(unit @ query)) if i not in {3, 5, 7}][:10]
    assert [key for key, _ in vectors.most_similar([3, 5], [7])] == order


def test_among_equal_vectors_the_more_frequent_comes_first():
    vectors = CategoryVectors("abcdef", [[1, 0], [0, 1], [0, 2], [0, 1], [0, 3], [1, 1]])
    assert [key for key, _ in vectors.most_similar(np.array([0.0, 1.0]), topn=3)] == ["b", "c", "d"]


def test_zero_vectors_give_no_nan():
    vectors = CategoryVectors(["zero", "a"], [[0, 0], [1, 0]])
    assert vectors.most_similar("zero") == [("a", 0.0)]
    assert vectors.most_similar("a") == [("zero", 0.0)]
    assert vectors.similarity("zero", "zero") == 0
    assert vectors.distance("zero", "a") == 1


@pytest.mark.parametrize("topn", [0, -1, 2.5, True, None, "3"])
def test_topn_is_a_whole_number_from_one(airports, topn):
    with pytest.raises(DataError, match=re.escape(f"expected a whole number from 1, got {topn!r}.")):
        airports.most_similar("JFK", topn=topn)


def test_an_empty_question_is_refused(airports):
    with pytest.raises(DataError, match="needs at least one key or vector to look for; `positive` is empty"):
        airports.most_similar([])


def test_a_vector_of_another_length_is_refused(airports):
    with pytest.raises(DataError, match="expected a query vector of shape 2, got 3"):
        airports.most_similar(np.ones(3))
    with pytest.raises(DataError, match="expected a query vector of shape 2, got 3"):
        airports.similarity("JFK", np.ones(3))


def test_similarity_and_distance(airports):
    assert airports.similarity("JFK", "JFK") == pytest.approx(1)
    assert airports.distance("JFK", "JFK") == pytest.approx(0, abs=1e-12)
    assert airports.similarity("JFK", "SFO") == pytest.approx(
        np.dot(airports["JFK"], airports["SFO"]) / np.linalg.norm(airports["JFK"]) / np.linalg.norm(airports["SFO"])
    )
    with pytest.raises(UnknownKeyError, match=r"Did you mean 'JFK'\?"):
        airports.similarity("JFKK", "LGA")


def test_a_batch_is_answered_as_one_by_one():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(700, 5)).round(1)
    rows[rng.integers(0, 700, 200)] = rows[3]
    vectors = CategoryVectors(range(700), rows, rng.integers(0, 9, 700))
    queries = [*range(40), rng.normal(size=5), np.zeros(5), [1, 2, rows[9]], ([4, 5], [6]), ([7, 8], 9), ([10], ())]
    for options in ({}, {"metric": "dot"}, {"metric": "euclidean"}, {"min_count": 4, "where": lambda key: key % 2}):
        together = vectors.most_similar_batch(queries, topn=6, **options)
        assert len(together) == len(queries)
        for query, found in zip(queries, together, strict=True):
            positive, negative = query if isinstance(query, tuple) else (query, ())
            assert found == vectors.most_similar(positive, negative, topn=6, **options)


def test_a_batch_takes_any_list(airports):
    one = airports.most_similar("JFK")
    for queries in (["JFK"], ("JFK",), np.array(["JFK"]), pd.Series(["JFK"]), iter(["JFK"])):
        assert airports.most_similar_batch(queries) == [one]
    assert airports.most_similar_batch(airports.vectors[:2])[1][0][0] == "LGA"
    assert airports.most_similar_batch([]) == []


@pytest.mark.parametrize(
    ("queries", "error", "message"),
    [
        (
            "JFK",
            DataError,
            "queries is a list with a key, a vector, or a tuple (positive, negative) for each query; got",
        ),
        (np.ones(2), DataError, "One query is answered by most_similar."),
        (
            ["JFK", "LAG"],
            UnknownKeyError,
            "Query 1: No category 'LAG' in column 'dest' (4 categories). Did you mean 'LGA'",
        ),
        (["JFK", []], DataError, "Query 1: A query needs at least one key or vector to look for"),
        ([("JFK",)], DataError, "Query 0: expected a tuple (positive, negative), got 1 items: ('JFK',)."),
        (["JFK", np.ones(3)], DataError, "Query 1: Column 'dest': expected a query vector of shape 2, got 3."),
    ],
)
def test_a_query_that_cannot_be_answered_is_named(airports, queries, error, message):
    with pytest.raises(error, match=re.escape(message)):
        airports.most_similar_batch(queries)


def test_a_batch_is_checked_as_a_question_is(airports):
    with pytest.raises(DataError, match="expected a whole number from 1, got 0"):
        airports.most_similar_batch(["JFK"], topn=0)
    assert len(airports.most_similar_batch(["JFK"], topn=99)[0]) == 3


def test_gensim_finds_the_same(words_in_both):
    ours, theirs = words_in_both
    found, wanted = ours.most_similar(["w1", "w2"], ["w3"], 20), theirs.most_similar(["w1", "w2"], ["w3"], 20)
    assert [key for key, _ in found] == [key for key, _ in wanted]
    assert [score for _, score in found] == pytest.approx([score for _, score in wanted], abs=1e-6)
