"""Rows with negative samples."""

import numpy as np
import pytest

from tabemb.table.encoded_table import EncodedTable
from tabemb.training.negative_cells import NegativeCells, Noise

rng = np.random.default_rng(0)


def test_negatives_are_drawn_by_the_power_of_the_counts():
    noise = Noise(np.array([0, 0, 81, 16, 1]))
    shares = np.array([0, 0, 27, 8, 1]) / 36
    assert noise.shares == pytest.approx(shares)
    drawn = noise.draw(20_000, np.random.default_rng(0))
    assert np.bincount(drawn, minlength=5) / 20_000 == pytest.approx(shares, abs=0.01)
    assert drawn.dtype == np.int32
    # Values without rows are drawn with no power.
    assert Noise(np.array([0, 5, 1]), power=0).shares.tolist() == [0, 0.5, 0.5]


def test_log_odds_compare_rows_and_negatives():
    noise = Noise(np.array([0, 3, 1]), power=1)
    assert noise.log_odds(5) == pytest.approx([0, -np.log(5), -np.log(5)])
    assert Noise(np.array([0, 3, 1]), power=0).log_odds(1) == pytest.approx([0, np.log(1.5), np.log(0.5)])


def test_rows_have_categories_contexts_and_negatives():
    table = EncodedTable(rng.integers(2, 6, (500, 1)).astype(np.int32), np.ones((500, 2), np.float32))
    contexts = np.column_stack([table.indices[:, 0], rng.integers(0, 10, 500)]).astype(np.int32)
    noises = tuple(Noise(np.bincount(column)) for column in contexts.T)
    rows = NegativeCells(table=table, contexts=contexts, noises=noises, n_negatives=3)
    drawn = rows.drawn(np.random.default_rng(0))
    indices = drawn.table.indices
    assert np.array_equal(indices[:, :3], np.hstack([table.indices, contexts]))
    assert drawn.table.numbers.shape == (500, 0)
    odds = [noise.log_odds(3) for noise in noises]
    for place, column in enumerate([1, 2, 3, 4]):
        assert drawn.targets[:, place] == pytest.approx(odds[place % 2][indices[:, column]])
    assert not np.array_equal(indices, rows.drawn(np.random.default_rng(1)).table.indices)
    assert (len(rows), rows.n_columns, len(rows.take(np.arange(7)).contexts)) == (500, 9, 7)
