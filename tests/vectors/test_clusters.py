"""Groups of like categories."""

import re

import numpy as np
import pandas as pd
import pytest

from tabemb.exceptions import DataError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.groups import groups_of


@pytest.fixture
def three():
    """Return 10, 20 and 30 categories around three directions, of very different lengths."""
    rng = np.random.default_rng(0)
    directions = np.repeat(np.eye(3), [10, 20, 30], axis=0)
    rows = (directions + 0.05 * rng.normal(size=(60, 3))) * rng.uniform(0.01, 100, size=(60, 1))
    return CategoryVectors([f"k{i}" for i in range(60)], rows, name="dest")


def test_directions_make_clusters_the_largest_first(three):
    clusters = three.cluster(3)
    assert clusters.tolist() == [2] * 10 + [1] * 20 + [0] * 30
    assert clusters.index.tolist() == three.index_to_key
    assert (clusters.index.name, clusters.name, clusters.dtype) == ("dest", "dest_cluster", np.int64)
    assert pd.Series(["k0", "k59"]).map(clusters).tolist() == [2, 0]


def test_as_many_clusters_as_stand_apart_are_found_where_none_are_said(three):
    clusters = three.cluster()
    assert clusters.tolist() == three.cluster("auto").tolist() == three.cluster(3).tolist()
    assert (clusters.name, clusters.dtype) == ("dest_cluster", np.int64)
    np.testing.assert_array_equal(clusters, groups_of(three.vectors))


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
    with pytest.raises(DataError, match=re.escape(f"expected a whole number from 1 or 'auto', got {k!r}.")):
        three.cluster(k)


def test_there_are_no_more_clusters_than_directions():
    vectors = CategoryVectors("abc", [[1, 0], [2, 0], [0, 1]], name="dest")
    message = "Column 'dest': 3 categories have 2 distinct directions, which makes no 3 clusters. Choose k from 1 to 2."
    with pytest.raises(DataError, match=re.escape(message)):
        vectors.cluster(3)
    assert vectors.cluster(2).tolist() == [0, 0, 1]


@pytest.mark.parametrize("seed", [-1, None, 1.5, True])
def test_the_seed_is_a_whole_number(three, seed):
    with pytest.raises(DataError, match=f"random_state is a whole number from 0, got {seed!r}"):
        three.cluster(2, random_state=seed)
