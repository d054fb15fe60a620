"""Means, and what does not belong."""

import re

import numpy as np
import pytest

from tabemb.exceptions import DataError, UnknownKeyError
from tabemb.vectors import CategoryVectors


def test_the_mean_is_weighted_and_scaled_as_told(airports):
    unit = airports.vectors / np.linalg.norm(airports.vectors, axis=1, keepdims=True)
    rows = airports.vectors
    np.testing.assert_allclose(airports.mean_vector(["JFK", "OAK"]), unit[[0, 3]].mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(
        airports.mean_vector(["JFK", "OAK"], [3, -1], pre_normalize=False), (3 * rows[0] - rows[3]) / 4, rtol=1e-6
    )
    assert np.linalg.norm(airports.mean_vector(["JFK", "OAK"], post_normalize=True)) == pytest.approx(1)
    assert airports.mean_vector(["JFK"]).dtype == np.float32
    given = np.array([0.0, 5.0])
    np.testing.assert_allclose(airports.mean_vector(["JFK", given]), (unit[0] + [0, 1]) / 2, rtol=1e-6)


def test_the_mean_asks_as_several_keys_do(airports):
    mean = airports.mean_vector(["JFK", "LGA"])
    near, asked = airports.most_similar(mean)[2:], airports.most_similar(["JFK", "LGA"])
    assert [key for key, _ in near] == [key for key, _ in asked]
    assert [score for _, score in near] == pytest.approx([score for _, score in asked], abs=1e-6)


def test_a_mean_of_opposites_is_zero_and_no_nan():
    vectors = CategoryVectors("ab", [[1, 0], [-2, 0]])
    assert vectors.mean_vector(["a", "b"], post_normalize=True).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("keys", "weights", "message"),
    [
        ([], None, "mean_vector needs at least one key; got 0."),
        ("JFK", None, "mean_vector takes a list of keys; got 'JFK'."),
        (["JFK", "LGA"], [1], "Expected 2 weights, one for each key; got an array of shape (1,)."),
        (["JFK"], ["x"], "weights are numbers, one for each key; got ['x']."),
        (["JFK", "LGA"], [0, 0], "Expected finite weights that are not all 0; got [0.0, 0.0]."),
        (["JFK", "LGA"], [1, np.nan], "Expected finite weights that are not all 0; got [1.0, nan]."),
    ],
)
def test_what_has_no_mean_is_refused(airports, keys, weights, message):
    with pytest.raises(DataError, match=re.escape(message)):
        airports.mean_vector(keys, weights)


def test_the_stranger_is_named(airports):
    assert airports.doesnt_match(["JFK", "SFO", "OAK"]) == "JFK"
    assert airports.doesnt_match(["OAK", "JFK", "LGA"]) == "OAK"
    assert type(CategoryVectors([1, 2, 3], [[1, 0], [1, 0], [0, 1]]).doesnt_match([1.0, 2.0, 3.0])) is int


def test_a_zero_vector_is_a_stranger_and_equals_go_by_the_list():
    vectors = CategoryVectors("abcd", [[1, 0], [1, 0.1], [0, 0], [0, 0]])
    assert vectors.doesnt_match(["a", "c", "b"]) == "c"
    assert vectors.doesnt_match(["d", "c", "a"]) == "d"
    assert CategoryVectors("abc", np.zeros((3, 2))).doesnt_match(["b", "a", "c"]) == "b"


def test_a_stranger_needs_three_keys(airports):
    with pytest.raises(DataError, match="doesnt_match needs at least 3 keys; got 2"):
        airports.doesnt_match(["JFK", "SFO"])
    with pytest.raises(DataError, match="doesnt_match needs at least 3 keys; got 0"):
        airports.doesnt_match([])
    with pytest.raises(DataError, match="doesnt_match is asked with keys only"):
        airports.doesnt_match(["JFK", "SFO", airports["LGA"]])
    with pytest.raises(DataError, match="doesnt_match takes a list of keys; got 'JFK'"):
        airports.doesnt_match("JFK")
    with pytest.raises(UnknownKeyError, match=r"Did you mean 'JFK'\?"):
        airports.doesnt_match(["JFKK", "SFO", "OAK"])


def test_gensim_has_the_same_means_and_strangers(words_in_both):
    ours, theirs = words_in_both
    keys = ["w1", "w2", "w3", "w4"]
    for options in ({}, {"weights": [2, -1, 0.5, 1]}, {"pre_normalize": False, "post_normalize": True}):
        np.testing.assert_allclose(
            ours.mean_vector(keys, **options), theirs.get_mean_vector(keys, **options), atol=1e-6
        )
    for start in range(0, 60, 4):
        some = [f"w{i}" for i in range(start, start + 4)]
        assert ours.doesnt_match(some) == theirs.doesnt_match(some)
