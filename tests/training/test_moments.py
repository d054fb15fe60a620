"""Moments for networks that have grown."""

import keras
import numpy as np

from tabemb.nn.columns import OneHotDense
from tabemb.training.moments import LoopMoments, one_hot_sizes


def test_rows_of_kernels_are_put_between_those_of_other_columns():
    first, second = np.arange(10.0).reshape(5, 2), np.ones((5, 2)) * [[1], [3], [5], [5], [5]]
    plain = (np.zeros(3), np.ones(3))
    moments = LoopMoments(step=4, weights=[plain, (first, second)], kernels={1: [2, 3]}, rows={})
    (same, (grown_first, grown_second)) = moments.of_weights({1: [3, 4]})
    assert same is plain
    assert grown_first.tolist() == [[0, 1], [2, 3], [0, 0], [4, 5], [6, 7], [8, 9], [0, 0]]
    # The mean of the column.
    assert grown_second[2].tolist() == [2.0, 2.0]
    assert grown_second[6].tolist() == [5.0, 5.0]


def test_new_rows_have_the_second_moment_of_rows_of_their_frequency():
    moments = LoopMoments(step=4, weights=[], kernels={}, rows={"dest": np.array([0.0, 0.0, 4.0, 2.0], np.float32)})
    grown = moments.of_table("dest", np.array([0.0, 0.0, 0.4, 0.2, 0.3, 0.1]))
    assert grown.dtype == np.float32
    np.testing.assert_allclose(grown, [0, 0, 4, 2, 3, 1])
    assert moments.of_table("dest", np.zeros(5)).tolist() == [0, 0, 4, 2, 0]


def test_kernels_are_found_by_their_place_among_the_weights():
    indices = keras.Input((2,), dtype="int32")
    hidden = keras.layers.Dense(3)(keras.ops.cast(indices, "float32"))
    both = keras.layers.Add()([hidden, OneHotDense(3, [0, 1], [4, 7])(indices)])
    assert one_hot_sizes(keras.Model(indices, both)) == {2: [4, 7]}
