"""Layers that pool the values of cells; what they compute is tested with their translations and in training."""

import keras
import numpy as np
import pytest

from tabemb.nn.pooling import AttentionPooling, CellRows, ValuePooling, value_pooling

VECTORS = np.array([[2.0, 0.0], [4.0, 2.0], [6.0, 1.0]], "float32")
WEIGHTS, OFFSETS = np.array([1.0, 0.5, 0.5], "float32"), np.array([0, 1, 3])


def test_poolings_without_learned_weights_are_weighted_sums():
    for pooling in ("mean", "sum", "sqrtn"):
        layer = value_pooling(pooling, name="pool")
        assert type(layer) is ValuePooling
        assert layer([VECTORS, WEIGHTS, OFFSETS]).numpy().tolist() == [[2, 0], [5, 1.5]]


def test_attention_begins_as_the_mean_and_follows_its_query():
    layer = value_pooling("attention", name="pool")
    assert layer([VECTORS, WEIGHTS, OFFSETS]).numpy().tolist() == [[2, 0], [5, 1.5]]
    layer.query.assign([-100.0, 0.0])
    assert layer([VECTORS, WEIGHTS, OFFSETS]).numpy().tolist() == [[2, 0], [4, 2]]
    assert layer.query.shape == (2,)


def test_rows_have_the_vector_of_their_cell():
    assert CellRows()([VECTORS, np.array([2, 0])]).numpy().tolist() == [[6, 1], [2, 0]]


@pytest.mark.parametrize("layer", [ValuePooling(), AttentionPooling()])
def test_the_number_of_cells_may_be_open(layer):
    inputs = [keras.Input((2,)), keras.Input(()), keras.Input((), dtype="int64")]
    assert layer(inputs).shape == (None, 2)
