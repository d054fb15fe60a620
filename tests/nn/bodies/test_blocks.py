"""Building blocks of bodies."""

import keras
import numpy as np
import pytest

from tabemb.nn.bodies import blocks
from tabemb.nn.seeds import Seeds

X = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")


def layers_of(make):
    inputs = keras.Input((3,))
    return keras.Model(inputs, make(inputs)).layers[1:]


@pytest.mark.parametrize(
    "make",
    [lambda x, s: blocks.dense(x, 4, s, name="a"), lambda x, s: blocks.logits_layer(x, 4, s)],
    ids=["dense", "logits"],
)
def test_initialization_depends_on_seed_and_name(make):
    kernels = [layers_of(lambda x, s=seeds: make(x, s))[0].kernel.numpy() for seeds in (Seeds(0), Seeds(0), Seeds(1))]
    assert np.array_equal(kernels[0], kernels[1])
    assert not np.array_equal(kernels[0], kernels[2])
    assert np.abs(kernels[0]).max() <= (6 / 7) ** 0.5


def test_two_layers_of_a_fit_are_initialized_differently():
    one, two = (layers_of(lambda x, n=name: blocks.dense(x, 4, Seeds(0), name=n))[0] for name in "ab")
    assert not np.array_equal(one.kernel.numpy(), two.kernel.numpy())


def test_a_dense_layer_may_have_no_bias():
    (layer,) = layers_of(lambda x: blocks.dense(x, 4, Seeds(0), name="a", use_bias=False))
    assert [weight.name for weight in layer.weights] == ["kernel"]


def test_disabled_steps_add_no_layer():
    assert layers_of(lambda x: blocks.normalized(blocks.dropped(x, 0.0, Seeds(0), name="a"), None, name="a")) == []


def test_each_layer_is_named_by_its_position():
    def make(x):
        x = blocks.activated(blocks.normalized(x, "layer", name="a"), "tanh", name="a")
        return blocks.added([blocks.dropped(x, 0.5, Seeds(0), name="a"), x], name="a_sum")

    assert [layer.name for layer in layers_of(make)] == ["a_normalization", "a_activation", "a_dropout", "a_sum"]


def test_masks_depend_on_the_seed():
    outs = []
    for root in (0, 0, 1):
        inputs = keras.Input((3,))
        model = keras.Model(inputs, blocks.dropped(inputs, 0.5, Seeds(root), name="a"))
        outs.append(model(X, training=True).numpy())
    assert np.array_equal(outs[0], outs[1])
    assert not np.array_equal(outs[0], outs[2])


def test_a_sum_of_one_is_itself():
    inputs = keras.Input((3,))
    assert blocks.added([inputs], name="a") is inputs
