"""Groups: found where they are, numbered by size, and their number chosen."""

import numpy as np
import pytest

from tabemb.vectors.groups import MOST_GROUPS, by_size, group_names, groups_of


def made(sizes, dim=8, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    centres = np.linalg.qr(rng.normal(size=(dim, dim)))[0][: len(sizes)] * 5
    return centres[labels] + rng.normal(size=(len(labels), dim)) * 0.3, labels


@pytest.mark.parametrize("sizes", [[30, 20], [40, 30, 20], [50, 40, 30, 20, 10]])
def test_groups_are_found_and_the_largest_is_the_first(sizes):
    vectors, labels = made(sizes)
    np.testing.assert_array_equal(groups_of(vectors), labels)


def test_directions_count_and_lengths_do_not():
    vectors, labels = made([30, 20, 10])
    lengths = np.random.default_rng(1).uniform(0.01, 100, size=(60, 1))
    np.testing.assert_array_equal(groups_of(vectors * lengths), labels)


def test_there_are_never_more_groups_than_colours():
    vectors, _ = made([20] * 8)
    assert groups_of(vectors).max() < MOST_GROUPS
    assert groups_of(vectors, most=3).max() < 3


def test_of_many_categories_some_are_drawn_and_all_have_a_group():
    vectors, labels = made([3000, 2000, 1000])
    np.testing.assert_array_equal(groups_of(vectors), labels)


@pytest.mark.parametrize(
    ("vectors", "groups"),
    [
        (np.empty((0, 3)), []),
        ([[1.0, 2.0]], [0]),
        (np.ones((4, 2)), [0] * 4),
        (np.zeros((3, 2)), [0] * 3),
        ([[1.0], [2.0], [-1.0]], [0, 0, 1]),
    ],
)
def test_few_directions_are_their_own_groups(vectors, groups):
    assert groups_of(np.asarray(vectors)).tolist() == groups


def test_groups_are_named_after_their_first_members():
    assert group_names(["a", "b", "c", "d"], np.array([0, 1, 0, 0])) == ["a, c, …", "b"]
    assert group_names(["a", "b", "c", "d"], np.array([0, 1, 0, 0]), n_named=1) == ["a, …", "b"]
    assert group_names([], np.empty(0, dtype=int)) == []


def test_no_two_groups_have_the_same_name():
    assert group_names(["long…", "long…", "b"], np.array([0, 1, 1])) == ["long…", "long…, b"]
    assert group_names(["long…", "long…"], np.array([0, 1])) == ["long…", "long… (2)"]


def test_the_largest_is_the_first_and_among_equal_ones_that_of_the_first_member():
    assert by_size(np.array([7, 3, 3, 9, 7, 0])).tolist() == [0, 1, 1, 2, 0, 3]
    assert by_size(np.array([], int)).tolist() == []
