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


def test_pairs_are_all_pairs_of_rows_of_a_group():
    groups = RowGroups(tf.constant(CODES))
    left, right = (np.asarray(each) for each in groups.pairs)
    expected = [(i, j) for i in range(6) for j in range(6) if CODES[i] == CODES[j]]
    assert sorted(zip(left.tolist(), right.tolist(), strict=True)) == expected
    sums = np.asarray(groups.sums_of_pairs(left, right.astype("float32")))
    assert sums.tolist() == [sum(j for i, j in expected if i == row) for row in range(6)]
