"""Rows with hidden cells."""

import numpy as np

from tabemb.table.encoded_table import EncodedTable
from tabemb.table.vocabulary import Vocabulary
from tabemb.training.hidden_cells import HiddenCells

rng = np.random.default_rng(0)
TABLE = EncodedTable(rng.integers(2, 9, (1000, 2)).astype(np.int32), 1 + rng.random((1000, 3), np.float32))
ROWS = HiddenCells(table=TABLE, intervals=rng.integers(0, 10, (1000, 2)).astype(np.int32), share=0.3)


def test_hidden_cells_are_unknown_or_zero_and_all_others_as_they_are():
    drawn = ROWS.drawn(np.random.default_rng(1))
    hidden = drawn.targets[:, 4:].astype(bool)
    assert abs(hidden.mean() - 0.3) < 0.03
    assert np.array_equal(drawn.targets[:, :4], np.hstack([TABLE.indices, ROWS.intervals]))
    visible, known = drawn.table.indices[:, :2], drawn.table.indices[:, 2:]
    assert np.array_equal(known, TABLE.indices)
    assert (visible[hidden[:, :2]] == Vocabulary.UNKNOWN).all()
    assert np.array_equal(visible[~hidden[:, :2]], TABLE.indices[~hidden[:, :2]])
    assert np.array_equal(drawn.table.numbers[:, :2] == 0, hidden[:, 2:])
    # Missing indicators follow the numbers, and stay.
    assert np.array_equal(drawn.table.numbers[:, 2], TABLE.numbers[:, 2])
    assert TABLE.numbers.min() >= 1


def test_rows_and_columns():
    part = ROWS.take(np.array([5, 3]))
    assert np.array_equal(part.intervals, ROWS.intervals[[5, 3]])
    assert np.array_equal(part.table.indices, TABLE.indices[[5, 3]])
    assert (len(ROWS), ROWS.n_columns) == (1000, 11)
