"""How alike tables arrange categories as a whole."""

import numpy as np
import pytest
from scipy.stats import ortho_group

from tabemb.vectors.geometry import dealt_likeness, likeness, pair_likenesses
from tabemb.vectors.neighbors import agreement

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(60, 5))
ONES = np.ones(60)


def test_it_is_the_cosine_of_the_centred_inner_products():
    one, two = ROWS, RNG.normal(size=(60, 3))
    centred = np.eye(60) - 1 / 60
    first, second = (centred @ each @ each.T @ centred for each in (one, two))
    wanted = (first * second).sum() / np.sqrt((first**2).sum() * (second**2).sum())
    assert likeness(one, two, ONES) == pytest.approx(wanted)


def test_turns_offsets_and_a_factor_change_nothing():
    turned = 7 * ROWS @ ortho_group.rvs(5, random_state=1) + 3
    assert likeness(turned, ROWS, RNG.integers(1, 9, 60)) == pytest.approx(1)


def test_weights_are_rows_given_more_often():
    other, counts = RNG.normal(size=(60, 3)), RNG.integers(0, 4, 60)
    repeated = [np.repeat(each, counts, axis=0) for each in (ROWS, other)]
    assert likeness(ROWS, other, counts) == pytest.approx(likeness(*repeated, np.ones(counts.sum())))


def test_no_difference_is_like_nothing():
    assert likeness(np.ones((60, 2)), ROWS, ONES) == 0


def test_what_two_fits_share_is_found_where_neighbours_are_noise():
    signal = 2 * RNG.normal(size=(1000, 1))
    fits = [np.hstack([signal, np.zeros((1000, 31))]) + RNG.normal(size=(1000, 32)) for _ in range(2)]
    dealt = dealt_likeness(*fits, np.ones(1000), 9, 0)
    assert likeness(*fits, np.ones(1000)) > 2 * dealt.max()
    assert agreement(fits, 10).mean() < 0.05


def test_every_pair_and_every_deal():
    tables = [ROWS, RNG.normal(size=(60, 2)), 2 * ROWS]
    pairs = pair_likenesses(tables, ONES)
    assert pairs.tolist() == [likeness(tables[a], tables[b], ONES) for a, b in ((0, 1), (0, 2), (1, 2))]
    dealt = dealt_likeness(ROWS, ROWS, ONES, 20, 3)
    assert dealt.shape == (20,)
    assert dealt.max() < 0.4
    assert np.array_equal(dealt, dealt_likeness(ROWS, ROWS, ONES, 20, 3))
    assert not np.array_equal(dealt, dealt_likeness(ROWS, ROWS, ONES, 20, 4))
