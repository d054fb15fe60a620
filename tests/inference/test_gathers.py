"""Rows of tables, by hand."""

import numpy as np
import pytest

from tabemb.inference import gathers

rng = np.random.default_rng(0)


@pytest.mark.parametrize("order", ["C", "F"])
def test_look_ups_of_one_column_and_of_many(order):
    tables = [rng.normal(size=(6, dim)).astype("float32") for dim in (2, 3, 3)]
    indices = np.asarray(rng.integers(0, 6, (5, 4)), "int32", order=order)
    by_hand = [table[indices[:, position]] for table, position in zip(tables, (3, 0, 1), strict=True)]
    assert np.array_equal(gathers.Gather()([tables[0]], indices[:, 3]), by_hand[0])
    assert np.array_equal(gathers.GatherColumns((3, 0, 1))(tables, indices), np.hstack(by_hand))
    stacks = [np.array([3]), np.array([0]), tables[0], np.array([0, 1]), np.array([0, 6]), np.vstack(tables[1:])]
    assert np.array_equal(gathers.GatherStacked()(stacks, indices), np.hstack(by_hand))
    assert np.array_equal(gathers.GatherStacked()(stacks[3:], indices), np.hstack(by_hand[1:]))


def test_one_hot_reads_rows_of_the_kernel():
    kernel = rng.normal(size=(5, 3)).astype("float32")
    indices = np.array([[0, 9, 2], [1, 9, 0]], "int32")
    y = gathers.GatherSum(positions=(0, 2), offsets=(0, 2))([kernel], indices)
    np.testing.assert_allclose(y, [kernel[0] + kernel[4], kernel[1] + kernel[2]])
    assert y.dtype == "float32"


def test_one_hot_vectors_are_rows_of_the_kernel():
    kernel = rng.normal(size=(5, 3)).astype("float32")
    indices = np.array([[0, 9, 2], [1, 9, 0]], "int32")
    y = gathers.GatherEach(positions=(0, 2), offsets=(0, 2))([kernel], indices)
    assert np.array_equal(y, kernel[[[0, 4], [1, 2]]])


def test_tables_of_one_dimension_are_put_one_above_the_other_and_a_shared_one_once():
    a, b, c = (rng.normal(size=(6, dim)).astype("float32") for dim in (3, 3, 2))
    indices = rng.integers(0, 6, (5, 4)).astype("int32")
    side_by_side, tables = gathers.GatherColumns((3, 0, 1, 2)), [a, b, a, c]
    stacked, weights = side_by_side.prepared(tables)
    assert isinstance(stacked, gathers.GatherStacked)
    assert [weight.shape for weight in weights] == [(3,), (3,), (12, 3), (1,), (1,), (6, 2)]
    assert np.array_equal(stacked(weights, indices), side_by_side(tables, indices))
