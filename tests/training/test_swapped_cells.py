"""Rows with cells of other rows."""

import numpy as np
import pytest

from tabemb.table.encoded_table import EncodedTable
from tabemb.training.swapped_cells import RowViews, SwappedCells

rng = np.random.default_rng(0)
# The last number is the missing indicator of the second one.
NUMBERS = np.column_stack([rng.random((2000, 2)), rng.integers(0, 2, 2000)]).astype(np.float32)
NUMBERS[:, 1] = np.where(NUMBERS[:, 2], 0.5, NUMBERS[:, 1])
TABLE = EncodedTable(np.column_stack([rng.integers(2, 5, 2000), np.arange(2000)]).astype(np.int32), NUMBERS)


def test_a_share_of_the_cells_has_values_of_the_same_column():
    drawn = SwappedCells(table=TABLE, share=0.3, indicated=(1,)).drawn(np.random.default_rng(1))
    changed = np.column_stack([drawn.table.indices != TABLE.indices, drawn.table.numbers != TABLE.numbers])
    # Of three values a third stays equal, of 2000 hardly any; half of the missing numbers stay missing.
    assert changed[:, :4].mean(axis=0) == pytest.approx([0.2, 0.3, 0.3, 0.3 * 0.75], abs=0.03)
    for place in range(2):
        assert np.isin(drawn.table.indices[:, place], TABLE.indices[:, place]).all()
    assert np.isin(drawn.table.numbers[:, 0], NUMBERS[:, 0]).all()
    # A number is swapped together with its indicator.
    assert ((drawn.table.numbers[:, 1] == 0.5) == (drawn.table.numbers[:, 2] == 1)).all()
    wanted = np.column_stack([changed[:, :3], changed[:, 3] | changed[:, 4]])
    assert np.array_equal(drawn.targets, wanted.astype(np.float32))
    assert SwappedCells(table=TABLE, share=0.3).n_columns == 10


def test_columns_are_swapped_independently():
    drawn = SwappedCells(table=TABLE, share=0.5).drawn(np.random.default_rng(1))
    assert abs(np.corrcoef(drawn.targets[:, 1], drawn.targets[:, 2])[0, 1]) < 0.1


def test_the_table_itself_is_not_changed():
    before = TABLE.indices.copy(), TABLE.numbers.copy()
    for kind in (SwappedCells, RowViews):
        kind(table=TABLE, share=0.9, indicated=(1,)).drawn(np.random.default_rng(0))
    assert np.array_equal(TABLE.indices, before[0])
    assert np.array_equal(TABLE.numbers, before[1])


def test_views_are_the_row_and_a_swapped_one_next_to_it():
    views = RowViews(table=TABLE, share=0.6, indicated=(1,)).drawn(np.random.default_rng(1))
    assert np.array_equal(views.table.indices[::2], TABLE.indices)
    assert np.array_equal(views.table.numbers[::2], TABLE.numbers)
    assert (views.table.indices[1::2, 1] != TABLE.indices[:, 1]).mean() == pytest.approx(0.6, abs=0.03)
    assert np.array_equal(views.targets[:, 0], np.repeat(np.arange(2000), 2))
    assert np.array_equal(views.targets[:, 1], np.tile([0, 1], 2000))
    assert (len(RowViews(table=TABLE, share=0.6)), RowViews(table=TABLE, share=0.6).n_columns) == (4000, 7)
