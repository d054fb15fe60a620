"""Groups of the rows of a batch."""

import numpy as np
import pytest
import tensorflow as tf

from tabemb.nn.row_groups import RowGroups

CODES = np.array([7.0, 3.0, 7.0, -1.0, 3.0, 7.0], "float32")
VALUES = np.arange(12, dtype="float32").reshape(6, 2)


@pytest.mark.parametrize("compiled", [False, True])
def test_sums_maxima_and_sizes_are_those_of_the_group(compiled):
    def all_of(codes):
        groups = RowGroups(codes)
        return groups.sums(VALUES), groups.maxima(VALUES), groups.sizes

    # The number of rows is unknown when the training is compiled.
    call = tf.function(all_of, input_signature=[tf.TensorSpec([None], tf.float32)]) if compiled else all_of
    sums, maxima, sizes = (np.asarray(each) for each in call(tf.constant(CODES)))
    for row, code in enumerate(CODES):
        mine = code == CODES
        assert sums[row].tolist() == VALUES[mine].sum(axis=0).tolist()
        assert maxima[row].tolist() == VALUES[mine].max(axis=0).tolist()
        assert sizes[row] == mine.sum()


def test_ranks_by_score_then_by_ties_then_by_position():
    scores = np.array([[0.0, 3.0], [1.0, 1.0], [0.0, 4.0], [5.0, 5.0], [1.0, 2.0], [0.0, 3.0]], "float32")
    ties = np.array([1.0, 0.0, 0.0, 0.0, 0.0, 2.0], "float32")
    ranks = np.asarray(RowGroups(tf.constant(CODES)).ranks(scores, ties))
    assert ranks[:, 0].tolist() == [2, 1, 3, 1, 2, 1]
    assert ranks[:, 1].tolist() == [3, 2, 1, 1, 1, 2]


SCORES = np.array([[0.0, 3.0], [1.0, 1.0], [0.0, 4.0], [5.0, 5.0], [1.0, 2.0], [2.0, 3.5]], "float32")


def test_places_are_group_by_group_by_falling_score():
    groups = RowGroups(tf.constant(CODES))
    order = np.asarray(groups.order(SCORES, np.zeros(6, "float32")))
    assert order[:, 0].tolist() == [3, 1, 4, 5, 0, 2]
    assert order[:, 1].tolist() == [3, 4, 1, 2, 5, 0]
    assert np.asarray(groups.ranks_of_places).tolist() == [1, 1, 2, 1, 2, 3]


@pytest.mark.parametrize("n_first", [None, 1, 2, 3, 7])
@pytest.mark.parametrize("compiled", [False, True])
def test_pairs_are_those_of_a_group_with_one_of_the_first_rows(n_first, compiled):
    def pairs_of(codes):
        return RowGroups(codes).pairs(n_first)

    call = tf.function(pairs_of, input_signature=[tf.TensorSpec([None], tf.float32)]) if compiled else pairs_of
    lower, higher = (np.asarray(each).tolist() for each in call(tf.constant(CODES)))
    starts = {0: 0, 1: 1, 2: 1, 3: 3, 4: 3, 5: 3}
    expected = [(p, q) for p in range(6) for q in range(starts[p], p) if n_first is None or q - starts[p] < n_first]
    assert list(zip(lower, higher, strict=True)) == expected
