"""Analogies, against the formulas of the paper."""

import numpy as np
import pytest

from tabemb.exceptions import DataError, UnknownKeyError, UnknownNameError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.analogies import ANALOGIES, CosMul


@pytest.fixture
def people():
    return CategoryVectors(
        ["man", "woman", "king", "queen", "table"], [[1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1], [-1, 1, -1]]
    )


@pytest.fixture
def many():
    return CategoryVectors(range(60), np.random.default_rng(3).normal(size=(60, 5)), range(60, 0, -1))


def unit(vectors):
    rows = vectors.vectors.astype(np.float64)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize("method", sorted(ANALOGIES))
def test_man_is_to_king_as_woman_is_to_queen(people, method):
    assert people.analogy("man", "king", "woman", method=method)[0][0] == "queen"
    assert people.analogy("king", "man", "queen", method=method)[0][0] == "woman"


def test_add_is_b_minus_a_plus_c(many):
    rows = unit(many)
    query = rows[2] - rows[1] + rows[3]
    order = [i for i in np.argsort(-(rows @ query)) if i not in {1, 2, 3}]
    found = many.analogy(1, 2, 3, topn=60)
    assert [key for key, _ in found] == order
    assert found[0][1] == pytest.approx(rows[order[0]] @ query / np.linalg.norm(query))
    assert found[:7] == many.most_similar([2, 3], negative=[1], topn=7)


def test_multiply_is_equation_4(many):
    cosines = (unit(many) @ unit(many)[[1, 2, 3]].T + 1) / 2
    expected = cosines[:, 1] * cosines[:, 2] / (cosines[:, 0] + 0.001)
    order = [i for i in np.argsort(-expected) if i not in {1, 2, 3}]
    found = many.analogy(1, 2, 3, 60, "multiply")
    assert [key for key, _ in found] == order
    np.testing.assert_allclose([score for _, score in found], expected[order])
    assert many.analogy(1, 2, 3, 60, CosMul()) == found
    assert [key for key, _ in many.analogy(1, 2, 3, 60, "add")] != order


@pytest.mark.parametrize("method", sorted(ANALOGIES))
def test_filters_vectors_and_ties(people, many, method):
    near = [key for key, _ in many.analogy(1, 2, 3, topn=60, method=method)]
    some = [key for key, _ in many.analogy(1, 2, 3, 5, method, min_count=31, where=lambda key: key % 2)]
    assert some == [key for key in near if key < 30 and key % 2][:5]
    assert many.analogy(many[1], many[2], many[3], 60, method)[0][1] >= many.analogy(1, 2, 3, 1, method)[0][1]
    same = CategoryVectors("abcdefg", [[1, 0], [0, 1], [1, 1], [0, 2], [0, 1], [0, 3], [1, -1]])
    assert [key for key, _ in same.analogy("a", "b", "c", 3, method)] == ["d", "e", "f"]


@pytest.mark.parametrize("method", sorted(ANALOGIES))
@pytest.mark.filterwarnings("error")
def test_zero_vectors_give_no_nan(method):
    vectors = CategoryVectors("abcz", [[1, 0], [0, 1], [1, 1], [0, 0]])
    for asked in ("abc", "zab", "azb", "zzz"):
        assert all(np.isfinite(score) for _, score in vectors.analogy(*asked, method=method))
    opposite = CategoryVectors("abcd", [[1, 0], [0, 1], [0, -1], [-1, 0]])
    assert all(np.isfinite(score) for _, score in opposite.analogy("a", "b", "c", method=method))


def test_invalid_queries_are_refused(people):
    with pytest.raises(UnknownKeyError, match=r"Did you mean 'queen'\?"):
        people.analogy("man", "king", "quen")
    with pytest.raises(UnknownNameError, match=r"No analogy method named 'mult'. Known: add, multiply."):
        people.analogy("man", "king", "woman", method="mult")
    with pytest.raises(DataError, match=r"one key or vector for each of a, b and c; got \['man', 'king'\]"):
        people.analogy(["man", "king"], "king", "woman")
    with pytest.raises(DataError, match="expected a query vector of shape 3, got 2"):
        people.analogy(np.ones(2), "king", "woman")
    with pytest.raises(DataError, match="must be a positive integer, the number of results; got 0"):
        people.analogy("man", "king", "woman", topn=0)


@pytest.mark.filterwarnings("ignore:Call to deprecated `init_sims`:DeprecationWarning")
def test_multiply_orders_as_gensim_does(words_in_both):
    ours, theirs = words_in_both
    found, wanted = ours.analogy("w1", "w2", "w3", 20, "multiply"), theirs.most_similar_cosmul(["w2", "w3"], ["w1"], 20)
    # The scores differ by gensim's smaller epsilon.
    assert [key for key, _ in found] == [key for key, _ in wanted]
