"""The parameters of the multilayer perceptron."""

import keras
import numpy as np
import pytest

from tabemb.exceptions import UnknownNameError
from tabemb.nn.bodies import Mlp
from tabemb.nn.features import Features
from tabemb.nn.seeds import Seeds

X = {"numbers": np.random.default_rng(0).normal(size=(40, 3)).astype("float32")}


def build(body, root=0):
    numbers = keras.Input((3,), name="numbers")
    features = Features(embedded=None, dims=(), numbers=numbers, indices=None, one_hot=())
    return keras.Model({"numbers": numbers}, body.build(features, 2, Seeds(root)))


def kinds(model):
    return [type(layer).__name__ for layer in model.layers[1:]]


def test_the_default_is_two_layers_with_relu_and_dropout():
    model = build(Mlp())
    assert kinds(model) == ["Dense", "Activation", "ByteDropout"] * 2 + ["Dense"]
    assert [layer.units for layer in model.layers if isinstance(layer, keras.layers.Dense)] == [256, 128, 2]
    assert [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)] == [0.2, 0.2]


def test_the_numbers_are_those_of_a_perceptron():
    model = build(Mlp(hidden_units=(4,), dropout=0.5))
    (kernel, bias, out, out_bias) = model.get_weights()
    by_hand = np.maximum(X["numbers"] @ kernel + bias, 0) @ out + out_bias
    np.testing.assert_allclose(model(X, training=False).numpy(), by_hand, atol=1e-6)


def test_no_hidden_units_is_a_linear_model():
    model = build(Mlp(hidden_units=()))
    assert kinds(model) == ["Dense"]
    kernel, bias = model.get_weights()
    np.testing.assert_allclose(model(X).numpy(), X["numbers"] @ kernel + bias, atol=1e-6)


def test_dropout_drops_that_share_in_training_only():
    model = build(Mlp(hidden_units=(4000,), dropout=0.25, activation="sigmoid"))
    hidden = keras.Model(model.input, model.get_layer("hidden_0_dropout").output)
    assert (hidden(X, training=True).numpy() == 0).mean() == pytest.approx(0.25, abs=0.01)
    assert (hidden(X, training=False).numpy() == 0).mean() == 0
    assert "ByteDropout" not in kinds(build(Mlp(dropout=0)))


def test_dropout_masks_repeat_with_the_seed():
    outs = [build(Mlp(hidden_units=(50,)), root)(X, training=True).numpy() for root in (0, 0, 1)]
    assert np.array_equal(outs[0], outs[1])
    assert not np.array_equal(outs[0], outs[2])


def test_activation_by_name():
    model = build(Mlp(hidden_units=(4,), activation="tanh"))
    (kernel, bias, out, out_bias) = model.get_weights()
    by_hand = np.tanh(X["numbers"] @ kernel + bias) @ out + out_bias
    np.testing.assert_allclose(model(X).numpy(), by_hand, atol=1e-6)


@pytest.mark.parametrize(
    ("normalization", "kind"), [("batch", "BatchNormalization"), ("layer", "LayerNormalization"), (None, None)]
)
def test_normalization_precedes_the_activation(normalization, kind):
    expected = ["Dense", kind, "Activation", "Dense"] if kind else ["Dense", "Activation", "Dense"]
    assert kinds(build(Mlp(hidden_units=(4,), dropout=0, normalization=normalization))) == expected


def test_hidden_units_may_be_a_list_and_numpys():
    assert kinds(build(Mlp(hidden_units=[np.int64(4)], dropout=0))) == ["Dense", "Activation", "Dense"]


def test_a_misspelled_activation_gets_a_suggestion():
    with pytest.raises(UnknownNameError, match=r"Did you mean 'relu'"):
        build(Mlp(activation="rellu"))
