"""The hidden layers that several bodies have: each parameter changes them, in each of these bodies."""

import keras
import numpy as np
import pytest

from tabemb.nn.bodies import BODIES
from tabemb.nn.bodies.deep import DeepBody
from tabemb.nn.features import Features
from tabemb.nn.seeds import Seeds

DEEP = sorted(name for name in BODIES if issubclass(BODIES[name], DeepBody))


def build(body):
    numbers = keras.Input((3,), name="numbers")
    features = Features(embedded=None, dims=(), numbers=numbers, number_dims=(1,) * 3, indices=None, one_hot=())
    return keras.Model({"numbers": numbers}, body.build(features, 2, Seeds(0)))


def hidden_layers(name, **params):
    model = build(BODIES.resolve({"name": name, **params}))
    return [layer for layer in model.layers if layer.name.startswith("hidden_") and not layer.name.endswith("_inputs")]


@pytest.mark.parametrize("name", DEEP)
def test_the_default_is_two_layers_with_relu_and_dropout(name):
    layers = hidden_layers(name)
    assert [type(layer).__name__ for layer in layers] == ["Dense", "Activation", "ByteDropout"] * 2
    assert [layer.units for layer in layers[::3]] == [256, 128]
    assert [layer.activation.__name__ for layer in layers[1::3]] == ["relu"] * 2
    assert [layer.rate for layer in layers[2::3]] == [0.2] * 2


@pytest.mark.parametrize("name", DEEP)
def test_all_four_parameters_are_heard(name):
    layers = hidden_layers(name, hidden_units=[np.int64(4)], dropout=0.5, activation="tanh", normalization="layer")
    dense, normalization, activation, dropout = layers
    assert (dense.units, activation.activation.__name__, dropout.rate) == (4, "tanh", 0.5)
    assert isinstance(normalization, keras.layers.LayerNormalization)
    assert [type(layer).__name__ for layer in hidden_layers(name, normalization="batch", dropout=0)] == [
        "Dense",
        "BatchNormalization",
        "Activation",
    ] * 2


@pytest.mark.parametrize("name", DEEP)
def test_there_may_be_no_hidden_layer(name):
    assert hidden_layers(name, hidden_units=()) == []


def test_the_parameters_stand_in_every_signature_with_the_same_defaults():
    theirs = DeepBody().get_params()
    for name in DEEP:
        params = BODIES.resolve(name).get_params()
        assert {each: params[each] for each in theirs} == theirs
