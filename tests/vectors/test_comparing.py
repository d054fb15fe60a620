"""How categories stand to each other."""

import numpy as np
import pandas as pd
import pytest

from tabemb.exceptions import DataError, UnknownKeyError
from tabemb.vectors import CategoryVectors


@pytest.fixture
def many():
    return CategoryVectors(range(40), np.random.default_rng(4).normal(size=(40, 3)))


def test_distances_are_those_of_pairs(many):
    assert many.distances(3).tolist() == [many.distance(3, other) for other in range(40)]
    assert many.distances(3, [7, 5]).tolist() == [many.distance(3, 7), many.distance(3, 5)]
    assert many.distances(many[3], [many[7], 5]).tolist() == [many.distance(3, 7), many.distance(3, 5)]
    assert many.distances(3, 7).shape == (1,)
    assert many.distances(3, []).shape == (0,)


def test_rank_and_closer_than_agree_with_the_neighbours(many):
    near = [key for key, _ in many.most_similar(3, topn=39)]
    assert [many.rank(3, key) for key in near] == list(range(1, 40))
    assert many.closer_than(3, near[5]) == near[:5]
    assert many.closer_than(3, near[0]) == []
    assert many.closer_than(3, 3) == []
    assert many.rank(3, 3) == 1
    assert many.closer_than(many[3], near[2]) == [3, *near[:2]]


def test_equally_close_categories_have_the_same_rank():
    vectors = CategoryVectors("abcd", [[1, 0], [1, 1], [2, 2], [0, 1]])
    assert [vectors.rank("a", key) for key in "bcd"] == [1, 1, 3]
    assert vectors.closer_than("a", "d") == ["b", "c"]


def test_zero_vectors_are_at_one():
    vectors = CategoryVectors(["zero", "a", "b"], [[0, 0], [1, 0], [-1, 0]])
    assert vectors.distances("zero").tolist() == [1, 1, 1]
    assert vectors.rank("a", "zero") == 1
    assert vectors.rank("a", "b") == 2
    assert vectors.similarity_matrix().loc["zero"].tolist() == [0, 0, 0]


def test_the_matrix_is_that_of_pairs(many):
    matrix = many.similarity_matrix()
    assert matrix.shape == (40, 40)
    assert matrix.index.tolist() == matrix.columns.tolist() == list(range(40))
    np.testing.assert_array_equal(matrix, matrix.T)
    assert (np.diag(matrix) == 1).all()
    assert matrix.loc[3, 7] == pytest.approx(many.similarity(3, 7), abs=1e-15)
    some = many.similarity_matrix([7, 3, 7])
    assert some.index.tolist() == [7, 3, 7]
    np.testing.assert_allclose(some.to_numpy()[:2, :2], matrix.loc[[7, 3], [7, 3]], atol=1e-15)
    assert many.similarity_matrix([]).shape == (0, 0)
    assert isinstance(matrix, pd.DataFrame)


def test_what_is_not_there_is_named(airports):
    for ask in (airports.distances, airports.similarity_matrix):
        with pytest.raises(UnknownKeyError, match=r"No category 'JFX' in column 'dest'.*Did you mean 'JFK'\?"):
            ask(["JFX"] if ask == airports.similarity_matrix else "JFX")
    for ask in (airports.rank, airports.closer_than):
        with pytest.raises(UnknownKeyError, match=r"Did you mean 'LGA'\?"):
            ask("JFK", "LGAA")
    with pytest.raises(DataError, match="expected a query vector of shape 2, got 3"):
        airports.distances(np.ones(3))


def test_gensim_compares_alike(words_in_both):
    ours, theirs = words_in_both
    np.testing.assert_allclose(ours.distances("w1"), theirs.distances("w1"), atol=1e-6)
    assert [ours.rank("w1", f"w{i}") for i in range(2, 20)] == [theirs.rank("w1", f"w{i}") for i in range(2, 20)]
    assert set(ours.closer_than("w1", "w2")) == set(theirs.closer_than("w1", "w2"))
