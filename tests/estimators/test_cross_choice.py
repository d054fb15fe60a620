"""Pairs and triples of columns that explain what their columns do not."""

import numpy as np
import pytest

from tabemb.estimators import cross_choice
from tabemb.estimators.cross_choice import choose_crosses

rng = np.random.default_rng(0)
N, SIZES = 4000, [8, 8, 8, 8]
INDICES = rng.integers(2, 8, (N, 4)).astype(np.int32)
FOLDS = rng.integers(0, 5, N)
NONE = np.empty((N, 0), np.float32)


def chosen(targets, *, indices=INDICES, numbers=NONE, sizes=SIZES, **params):
    return choose_crosses(indices, numbers, np.reshape(targets, (N, -1)).astype(float), FOLDS, sizes, **params)


def test_sums_of_columns_need_no_cross():
    assert chosen(INDICES.sum(axis=1) + rng.normal(size=N)) == []


def test_the_pair_that_matters_comes_first():
    equal = (INDICES[:, 1] == INDICES[:, 3]).astype(float)
    assert chosen(equal + rng.normal(size=N))[0] == (1, 3)
    both = equal + 3 * (INDICES[:, 0] == INDICES[:, 2])
    assert chosen(both + rng.normal(size=N))[:2] == [(0, 2), (1, 3)]


def test_the_best_pairs_are_extended_by_a_third_column_that_matters():
    alike = (INDICES[:, 0] == INDICES[:, 1]) & (INDICES[:, 2] < 5)
    noise = 0.5 * np.random.default_rng(1).normal(size=N)
    found = chosen(2.0 * alike + noise)
    assert found[0] == (0, 1)
    assert [cross for cross in found if len(cross) == 3] == [(0, 1, 2)]
    # Nothing is left for a third column if the pair says it all.
    assert chosen((INDICES[:, 0] == INDICES[:, 1]) + noise) == [(0, 1)]


def test_a_pair_that_numbers_explain_is_not_needed():
    equal = (INDICES[:, 1] == INDICES[:, 3]).astype(np.float32)
    assert chosen(equal + 0.1 * rng.normal(size=N), numbers=equal[:, None]) == []


def test_random_targets_need_no_cross():
    found = [chosen(np.random.default_rng(seed).normal(size=N)) for seed in range(5)]
    assert found == [[]] * 5


def test_a_column_nested_in_another_is_not_crossed_with_it():
    nested = np.column_stack([INDICES[:, 0], INDICES[:, 0] // 2 + 1, INDICES[:, 1]]).astype(np.int32)
    target = (nested[:, 0] == nested[:, 2]) + 0.1 * rng.normal(size=N)
    assert (0, 1) not in chosen(target, indices=nested, sizes=[8, 8, 8])


def test_rows_of_no_weight_do_not_count():
    equal = (INDICES[:, 1] == INDICES[:, 3]).astype(float)
    half = np.arange(N) % 2
    target = np.where(half, equal, INDICES[:, 0] == INDICES[:, 2]) + 0.1 * rng.normal(size=N)
    assert chosen(target, weights=half.astype(float))[:1] == [(1, 3)]
    assert chosen(target, weights=1.0 - half)[:1] == [(0, 2)]


def test_one_column_has_no_pairs():
    assert chosen(rng.normal(size=N), indices=INDICES[:, :1], sizes=[8]) == []


@pytest.mark.parametrize(("name", "most"), [("MOST_ROWS", 1000), ("MOST_OUTPUTS", 1), ("MOST_COLUMNS", 2)])
def test_limits_keep_the_strongest(name, most, monkeypatch):
    monkeypatch.setattr(cross_choice, name, most)
    # Column 0 and 2 matter by themselves as well, and class 1 is the most frequent.
    score = 2.0 * (INDICES[:, 0] == INDICES[:, 2]) + 0.3 * INDICES[:, 0] + 0.3 * INDICES[:, 2]
    one = (score + rng.normal(size=N) > 1).astype(float)
    assert chosen(np.column_stack([1 - one, one]))[0] == (0, 2)
