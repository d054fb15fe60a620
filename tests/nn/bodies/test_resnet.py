"""The residual network against NumPy."""

import keras
import numpy as np
import pytest

from tabemb.nn.bodies import ResNet


def normalized(made, name, x):
    gamma, beta, mean, variance = (weight.numpy() for weight in made.layer(f"{name}_normalization").weights)
    return (x - mean) / np.sqrt(variance + 1e-3) * gamma + beta


def test_each_block_adds_to_the_path(bench):
    made = bench(ResNet(width=4, hidden_units=(6, 5), normalization="batch"), dims=(3,), n_numbers=2)
    path = made.dense("path", made.flat)
    for name in ("block_0", "block_1"):
        hidden = np.maximum(made.dense(f"{name}_hidden", normalized(made, name, path)), 0)
        path = path + made.dense(f"{name}_back", hidden)
    by_hand = made.dense("logits", np.maximum(normalized(made, "path", path), 0))
    np.testing.assert_allclose(made.logits, by_hand, rtol=1e-4, atol=1e-4)


def test_width_and_hidden_units_are_those_of_the_layers(bench):
    made = bench(ResNet(width=4, hidden_units=(6, 5, 7)), n_numbers=2)
    units = {layer.name: layer.units for layer in made.model.layers if isinstance(layer, keras.layers.Dense)}
    assert units["path"] == units["block_2_back"] == 4
    assert [units[f"block_{depth}_hidden"] for depth in range(3)] == [6, 5, 7]
    assert not made.has("block_3_hidden")
    assert not bench(ResNet(hidden_units=()), n_numbers=2).has("block_0_hidden")


@pytest.mark.parametrize(("param", "name"), [("dropout", "hidden"), ("residual_dropout", "back")])
def test_each_dropout_rate_applies_to_its_layers(param, name, bench):
    both_off = {"dropout": 0.0, "residual_dropout": 0.0}
    made = bench(ResNet(hidden_units=(6,), **{**both_off, param: 0.3}), n_numbers=2)
    assert [layer.name for layer in made.model.layers if isinstance(layer, keras.layers.Dropout)] == [
        f"block_0_{name}_dropout"
    ]
    assert made.layer(f"block_0_{name}_dropout").rate == 0.3


@pytest.mark.parametrize(("normalization", "kind"), [("layer", "LayerNormalization"), ("batch", "BatchNormalization")])
def test_normalization_by_name(normalization, kind, bench):
    made = bench(ResNet(hidden_units=(6,), normalization=normalization), n_numbers=2)
    assert [type(made.layer(f"{name}_normalization")).__name__ for name in ("block_0", "path")] == [kind] * 2
    assert not bench(ResNet(normalization=None), n_numbers=2).has("path_normalization")


def test_the_activation_is_that_of_the_blocks_and_of_the_end(bench):
    made = bench(ResNet(hidden_units=(6,), activation="tanh"), n_numbers=2)
    names = [layer.activation.__name__ for layer in made.model.layers if isinstance(layer, keras.layers.Activation)]
    assert names == ["tanh", "tanh"]
