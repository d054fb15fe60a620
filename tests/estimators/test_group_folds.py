"""Splits by whole groups."""

import numpy as np
import pytest

from tabemb.estimators.group_folds import deal_groups, held_groups, last_groups

rng = np.random.default_rng(0)
GROUPS = rng.permutation(np.repeat(np.arange(100), rng.integers(1, 20, 100)))


def whole(parts):
    return all(len(set(parts[group == GROUPS])) == 1 for group in range(100))


def test_folds_have_whole_groups_and_about_equal_numbers_of_rows():
    folds = deal_groups(GROUPS, 10, np.random.default_rng(0))
    assert folds.dtype == np.int32
    assert whole(folds)
    counts = np.bincount(folds, minlength=10)
    assert counts.min() > 0.8 * counts.mean()
    assert not np.array_equal(folds, deal_groups(GROUPS, 10, np.random.default_rng(1)))


def test_fewer_groups_than_folds_leave_folds_empty():
    assert sorted(deal_groups(np.array([3, 3, 8]), 4, np.random.default_rng(0)).tolist()) in ([0, 0, 1], [0, 1, 1])


@pytest.mark.parametrize("n_held", [1, 100, len(GROUPS)])
def test_random_groups_are_held_out_but_not_all(n_held):
    held = held_groups(GROUPS, n_held, np.random.default_rng(0))
    assert whole(held)
    assert min(n_held, len(GROUPS) - 19) <= held.sum() <= min(n_held + 19, len(GROUPS) - 1)


def test_the_last_groups_are_those_that_end_last():
    groups = np.array([4, 4, 9, 1, 9, 4])
    assert last_groups(groups, 1).tolist() == [True, True, False, False, False, True]
    assert last_groups(groups, 4).tolist() == [True, True, True, False, True, True]
    assert last_groups(groups, 6).tolist() == [True, True, True, False, True, True]
