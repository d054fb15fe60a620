"""Nearest neighbors and their agreement between tables."""

import re
from itertools import combinations

import numpy as np
import pytest

from tabemb import CategoryVectors
from tabemb.exceptions import DataError
from tabemb.vectors import neighbors
from tabemb.vectors.neighbors import agreement, chance_overlap, nearest_rows, neighborhood_size, overlaps

RNG = np.random.default_rng(0)


def test_nearest_rows_equal_most_similar():
    rows = RNG.normal(size=(50, 4)).astype("float32")
    vectors = CategoryVectors(range(50), rows)
    found = nearest_rows(rows, 6)
    assert found.shape == (50, 6)
    for row in range(50):
        assert set(found[row]) == {key for key, _ in vectors.most_similar(row, topn=6)}


def test_blocks_change_nothing(monkeypatch):
    rows = RNG.normal(size=(50, 4))
    whole = nearest_rows(rows, 5)
    monkeypatch.setattr(neighbors, "CELLS", 120)
    assert np.array_equal(np.sort(nearest_rows(rows, 5)), np.sort(whole))


def test_the_overlap_is_the_jaccard_index():
    one, two = np.array([[1, 2, 3], [4, 5, 6]]), np.array([[3, 9, 1], [7, 8, 9]])
    assert overlaps(one, two).tolist() == [0.5, 0]


def test_chance_overlap_is_the_mean_over_all_pairs_of_sets():
    sets = [set(each) for each in combinations(range(6), 2)]
    mean = np.mean([len(a & b) / len(a | b) for a in sets for b in sets])
    assert chance_overlap(6, 2) == pytest.approx(mean)
    assert chance_overlap(5, 5) == 1
    assert chance_overlap(100_000, 10) < 1e-4


def test_random_tables_agree_by_chance_and_rotated_ones_fully():
    tables = [RNG.normal(size=(300, 5)) for _ in range(3)]
    assert agreement(tables, 10).mean() == pytest.approx(chance_overlap(299, 10), abs=0.005)
    assert agreement([tables[0], 3 * tables[0][:, ::-1]], 10).tolist() == [1] * 300
    pairs = [agreement([tables[a], tables[b]], 10) for a, b in ((0, 1), (0, 2), (1, 2))]
    np.testing.assert_allclose(agreement(tables, 10), np.mean(pairs, axis=0))


def test_default_neighborhood_sizes():
    assert [neighborhood_size(n) for n in (3, 5, 9, 16, 41, 5000)] == [1, 1, 2, 3, 10, 10]
    assert neighborhood_size(12, np.int64(10)) == 10


@pytest.mark.parametrize("k", [0, 11, -1, 2.5, "3", True])
def test_invalid_neighborhood_sizes_are_refused(k):
    told = (
        f"k, the number of neighbors to compare, must be an integer from 1 to 10; got {k!r}. Column 'dest' has "
        "12 categories to compare, so each has 11 others, and k must be less than that."
    )
    with pytest.raises(DataError, match=re.escape(told)):
        neighborhood_size(12, k, of="Column 'dest'")
