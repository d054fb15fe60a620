"""Columns side by side, none louder than another."""

import numpy as np
import pytest

from tabemb.exceptions import DataError
from tabemb.vectors.column_scale import column_blocks, column_scale


def test_parts_of_a_column_go_by_their_names():
    names = ["a_emb0", "b_emb0", "a_emb1", "a", "a_target", "x_emb", "a_emb_emb0", "_emb0"]
    assert column_blocks(names).tolist() == [0, 1, 0, 2, 3, 4, 5, 6]


def test_afterwards_each_column_adds_two_to_a_mean_squared_distance():
    rng = np.random.default_rng(0)
    rows = (rng.normal(size=(2000, 6)) * [1, 2, 3, 100, 0.01, 5] + [0, 5, 0, 1e4, 0, -3]).astype("f4")
    blocks = np.array([0, 0, 0, 1, 2, 2])
    scaled = rows.astype("f8") * column_scale(rows, blocks)
    one, two = rng.integers(0, 2000, (2, 40_000))
    for block in range(3):
        squared = ((scaled[one] - scaled[two])[:, blocks == block] ** 2).sum(axis=1).mean()
        assert squared == pytest.approx(2, rel=0.05)


def test_within_a_column_proportions_stay():
    scale = column_scale(np.float32([[0, 0, 1], [1, 9, 5]]), np.array([0, 0, 1]))
    assert scale[0] == scale[1]
    assert scale[2] == pytest.approx(0.5)


def test_a_constant_column_is_left_alone():
    assert column_scale(np.float32([[7, 1], [7, 3]]), np.array([0, 1])).tolist() == [1, 1]
    assert column_scale(np.empty((0, 2), np.float32), np.array([0, 1])).tolist() == [1, 1]


def test_each_feature_has_a_column():
    with pytest.raises(DataError, match="Expected a column for each of 2 features, got 3"):
        column_scale(np.ones((1, 2), np.float32), np.arange(3))
