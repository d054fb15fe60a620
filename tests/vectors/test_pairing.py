"""The categories that two sets of vectors share."""

import re

import numpy as np
import pytest

from tabemb import CategoryVectors
from tabemb.exceptions import DataError
from tabemb.vectors.pairing import FewSharedKeysWarning, Pairing


def vectors(keys, counts=None, dim=2, name="dest", seed=0):
    return CategoryVectors(keys, np.random.default_rng(seed).normal(size=(len(keys), dim)), counts, name=name)


def test_rows_of_the_same_category_are_paired_in_the_order_of_the_first():
    pairs = Pairing.of(vectors(["a", "b", "c", "d"]), vectors(["d", "x", "b"]))
    assert (pairs.own.tolist(), pairs.reference.tolist(), len(pairs)) == ([1, 3], [2, 0], 2)
    assert pairs.weights.tolist() == [1, 1]


def test_keys_keep_their_type():
    pairs = Pairing.of(vectors([1, "1", True]), vectors(["1", 1.0]))
    assert (pairs.own.tolist(), pairs.reference.tolist()) == ([0, 1], [1, 0])


@pytest.mark.parametrize(
    ("own", "reference", "weights"),
    [
        ([6, 0, 3], [3, 5, 3], [2, 0, 1.5]),
        (None, [3, 5, 0], [3, 5, 0]),
        ([6, 0, 3], None, [6, 0, 3]),
    ],
)
def test_a_pair_counts_by_the_rows_of_both_sides(own, reference, weights):
    keys = ["a", "b", "c"]
    assert Pairing.of(vectors(keys, own), vectors(keys, reference)).weights.tolist() == weights


def test_no_shared_category_is_told_with_an_example_of_both():
    told = (
        "Column 'dest' shares no category with the reference: its keys are such as 1 (int), the reference's '1' (str). "
        "Vectors of one column, or of columns with the same categories and the same types of keys, can be aligned."
    )
    with pytest.raises(DataError, match=re.escape(told)):
        Pairing.of(vectors([1, 2]), vectors(["1", "2"]))
    with pytest.raises(DataError, match="shares no category with the reference, since one of them has no category"):
        Pairing.of(vectors([1, 2]), CategoryVectors([], np.empty((0, 2))))


def test_no_shared_category_with_rows_is_told():
    with pytest.raises(DataError, match="share 2 categories, and none of them has a row of data on both sides by its"):
        Pairing.of(vectors(["a", "b"], [0, 3]), vectors(["a", "b"], [4, 0]))


def test_a_reference_of_another_kind_is_told():
    with pytest.raises(DataError, match="The reference is CategoryVectors of another fit; got dict"):
        Pairing.of(vectors(["a"]), {"a": [1.0, 2.0]})


def test_other_dimensions_are_told_with_the_way_out():
    one, other = vectors(["a", "b", "c"], dim=3), vectors(["a", "b", "c"], dim=2)
    told = "Column 'dest' has vectors of 3 numbers and the reference has 2; .* Fit both with embedding_dim=2, or"
    with pytest.raises(DataError, match=told):
        Pairing.of(one, other).rows(one, other)


def test_vectors_of_zeros_give_no_direction():
    zeros = CategoryVectors(["a", "b"], np.zeros((2, 2)), name="dest")
    for one, other, whose in ((zeros, vectors(["a", "b"]), "Column 'dest'"), (vectors("ab"), zeros, "The reference")):
        with pytest.raises(DataError, match=f"{whose} has vectors of zeros for all 2 shared categories"):
            Pairing.of(one, other).rows(one, other)


def test_fewer_shared_categories_than_dimensions_warn():
    one, other = vectors(["a", "b", "c"], dim=3), vectors(["a", "b", "x"], dim=3)
    with pytest.warns(FewSharedKeysWarning, match="share 2 categories with rows, fewer than their 3 dimensions"):
        Pairing.of(one, other).rows(one, other)
