"""What rows serve after training, by what was trained."""

import numpy as np
import pytest

from tabemb.nn.unknown import Learned, Mean, Zero
from tabemb.nn.unknown.trained import Trained

ROWS = np.arange(20.0).reshape(5, 4)


def trained(counts, stand_ins, *, learns_unknown=True):
    return Trained(np.atleast_2d(counts), np.atleast_2d(stand_ins), learns_unknown)


def test_untrained_rows_have_those_of_their_stand_ins():
    rows = ROWS.copy()
    assert trained([0, 0, 4, 0, 0], [1, 1, 2, 1, 2]).serve(rows, Learned())
    assert np.array_equal(rows, ROWS[[1, 1, 2, 1, 2]])


def test_where_all_was_trained_nothing_changes():
    rows = ROWS.copy()
    assert not trained([1, 0, 4, 1, 1], [0, 1, 2, 3, 4]).serve(rows, Learned())
    assert np.array_equal(rows, ROWS)


@pytest.mark.parametrize(("strategy", "expected"), [(Zero(), np.zeros(4)), (Mean(), ROWS[2:].mean(axis=0))])
def test_the_strategys_vector_is_for_the_unknown_row_and_for_those_it_stands_in_for(strategy, expected):
    rows = ROWS.copy()
    assert trained([0, 0, 2, 2, 2], [1, 1, 2, 3, 4]).serve(rows, strategy)
    assert np.array_equal(rows[:2], [expected, expected])
    assert np.array_equal(rows[2:], ROWS[2:])


@pytest.mark.parametrize(
    ("learns_unknown", "n_unknown", "strategy", "served"),
    [(False, 0, Learned(), False), (False, 3, Learned(), True), (True, 0, Learned(), True), (False, 0, Zero(), True)],
)
def test_a_vector_as_it_began_serves_for_nothing(learns_unknown, n_unknown, strategy, served):
    rows = ROWS.copy()
    trained([0, n_unknown, 1, 1, 0], [1, 1, 2, 3, 2], learns_unknown=learns_unknown).serve(rows, strategy)
    assert np.array_equal(rows[0], rows[1] if served else ROWS[0])
    # A category that is like it was trained.
    assert np.array_equal(rows[4], ROWS[2])


def test_each_member_has_its_own_slice():
    rows = ROWS.copy()
    trained([[1, 0, 2, 2, 0], [1, 0, 2, 0, 2]], [[0, 1, 2, 3, 1], [0, 1, 2, 2, 4]]).serve(rows, Mean())
    assert np.array_equal(rows[1], [*ROWS[[2, 3], :2].mean(axis=0), *ROWS[[2, 4], 2:].mean(axis=0)])
    assert np.array_equal(rows[4], [*rows[1, :2], *ROWS[4, 2:]])
    assert np.array_equal(rows[3], [*ROWS[3, :2], *ROWS[2, 2:]])


def test_a_table_of_several_readers_is_trained_where_one_of_them_was():
    one = trained([0, 0, 3, 0, 0], [1, 1, 2, 2, 1], learns_unknown=False)
    two = trained([0, 1, 4, 5, 0], [1, 1, 2, 3, 1])
    both = Trained.together([one, two])
    assert both.counts.tolist() == [[0, 1, 7, 5, 0]]
    assert both.stand_ins.tolist() == [[1, 1, 2, 3, 1]]
    assert both.learns_unknown
    assert not Trained.together([one]).learns_unknown
