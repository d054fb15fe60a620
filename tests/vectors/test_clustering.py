"""Clusters of categories by direction."""

import re

import numpy as np
import pandas as pd
import pytest

from tabemb.exceptions import DataError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.clustering import MOST_CLUSTERS, auto_clusters, by_size, cluster_names


def made(sizes, dim=8, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    centers = np.linalg.qr(rng.normal(size=(dim, dim)))[0][: len(sizes)] * 5
    return centers[labels] + rng.normal(size=(len(labels), dim)) * 0.3, labels


@pytest.mark.parametrize("sizes", [[30, 20], [40, 30, 20], [50, 40, 30, 20, 10]])
def test_clusters_are_found_largest_first(sizes):
    vectors, labels = made(sizes)
    np.testing.assert_array_equal(auto_clusters(vectors), labels)


def test_clusters_depend_on_directions_not_lengths():
    vectors, labels = made([30, 20, 10])
    lengths = np.random.default_rng(1).uniform(0.01, 100, size=(60, 1))
    np.testing.assert_array_equal(auto_clusters(vectors * lengths), labels)


def test_there_are_never_more_clusters_than_colors():
    vectors, _ = made([20] * 8)
    assert auto_clusters(vectors).max() < MOST_CLUSTERS
    assert auto_clusters(vectors, most=3).max() < 3


def test_many_categories_are_sampled_and_all_are_clustered():
    vectors, labels = made([3000, 2000, 1000])
    np.testing.assert_array_equal(auto_clusters(vectors), labels)


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
def test_few_directions_are_clusters_of_their_own(vectors, groups):
    assert auto_clusters(np.asarray(vectors)).tolist() == groups


def test_clusters_are_named_after_their_first_members():
    assert cluster_names(["a", "b", "c", "d"], np.array([0, 1, 0, 0])) == ["a, c, …", "b"]
    assert cluster_names(["a", "b", "c", "d"], np.array([0, 1, 0, 0]), n_named=1) == ["a, …", "b"]
    assert cluster_names([], np.empty(0, dtype=int)) == []


def test_cluster_names_are_unique():
    assert cluster_names(["long…", "long…", "b"], np.array([0, 1, 1])) == ["long…", "long…, b"]
    assert cluster_names(["long…", "long…"], np.array([0, 1])) == ["long…", "long… (2)"]


def test_by_size_sorts_ties_by_first_member():
    assert by_size(np.array([7, 3, 3, 9, 7, 0])).tolist() == [0, 1, 1, 2, 0, 3]
    assert by_size(np.array([], int)).tolist() == []


@pytest.fixture
def three():
    """Return 10, 20 and 30 categories around three directions, of very different lengths."""
    rng = np.random.default_rng(0)
    directions = np.repeat(np.eye(3), [10, 20, 30], axis=0)
    rows = (directions + 0.05 * rng.normal(size=(60, 3))) * rng.uniform(0.01, 100, size=(60, 1))
    return CategoryVectors([f"k{i}" for i in range(60)], rows, name="dest")


def test_cluster_groups_by_direction_largest_first(three):
    clusters = three.cluster(3)
    assert clusters.tolist() == [2] * 10 + [1] * 20 + [0] * 30
    assert clusters.index.tolist() == three.index_to_key
    assert (clusters.index.name, clusters.name, clusters.dtype) == ("dest", "dest_cluster", np.int64)
    assert pd.Series(["k0", "k59"]).map(clusters).tolist() == [2, 0]


def test_auto_finds_the_number_of_clusters(three):
    clusters = three.cluster()
    assert clusters.tolist() == three.cluster("auto").tolist() == three.cluster(3).tolist()
    assert (clusters.name, clusters.dtype) == ("dest_cluster", np.int64)
    np.testing.assert_array_equal(clusters, auto_clusters(three.vectors))


def test_without_categories_there_are_no_clusters():
    assert CategoryVectors([], np.empty((0, 2))).cluster().tolist() == []


def test_the_same_seed_gives_the_same_clusters(three):
    rows = np.random.default_rng(1).normal(size=(200, 4))
    vectors = CategoryVectors(range(200), rows)
    assert vectors.cluster(7).tolist() == vectors.cluster(7).tolist() == vectors.cluster(7, random_state=0).tolist()
    assert vectors.cluster(7).tolist() != vectors.cluster(7, random_state=1).tolist()
    assert vectors.cluster(7).name == "cluster"
    sizes = vectors.cluster(7).value_counts()
    assert sizes.sort_index().is_monotonic_decreasing


def test_zero_vectors_and_a_single_cluster():
    vectors = CategoryVectors("abz", [[1, 0], [0, 1], [0, 0]])
    assert vectors.cluster(1).tolist() == [0, 0, 0]
    assert sorted(vectors.cluster(3)) == [0, 1, 2]


@pytest.mark.parametrize("k", [0, -1, 2.0, True, "3", "Auto", None])
def test_k_is_a_whole_number_from_one(three, k):
    with pytest.raises(
        DataError, match=re.escape(f"k, the number of clusters, must be a positive integer or 'auto'; got {k!r}.")
    ):
        three.cluster(k)


def test_there_are_no_more_clusters_than_directions():
    vectors = CategoryVectors("abc", [[1, 0], [2, 0], [0, 1]], name="dest")
    message = "Column 'dest': cannot form 3 clusters from 2 distinct directions of 3 categories. Choose k from 1 to 2."
    with pytest.raises(DataError, match=re.escape(message)):
        vectors.cluster(3)
    assert vectors.cluster(2).tolist() == [0, 0, 1]


@pytest.mark.parametrize("seed", [-1, None, 1.5, True])
def test_the_seed_is_a_whole_number(three, seed):
    with pytest.raises(DataError, match=f"random_state must be an integer from 0, got {seed!r}"):
        three.cluster(2, random_state=seed)
