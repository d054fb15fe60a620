"""Layers of separate members against a plain layer for each member."""

import numpy as np
import pytest

from tabemb.nn.members import portions_of_members
from tabemb.nn.separate import SeparateDense, SeparateOneHotDense

K = 3
rng = np.random.default_rng(0)


def drawn(layer, inputs):
    layer(inputs)
    for weight in layer.weights:
        weight.assign(rng.normal(size=weight.shape))
    return layer


def test_each_member_has_its_own_dense_layer():
    inputs = rng.normal(size=(K, 5, 4)).astype("float32")
    layer = drawn(SeparateDense(2, K), inputs)
    out, bias = layer(inputs).numpy(), layer.bias.numpy().reshape(K, 2)
    assert out.shape == layer.compute_output_shape(inputs.shape) == (K, 5, 2)
    for member in range(K):
        np.testing.assert_allclose(out[member], inputs[member] @ layer.kernel.numpy()[member] + bias[member], atol=1e-5)


def test_members_are_initialized_differently_by_glorots_initializer():
    layer = SeparateDense(100, K, seed=1)
    layer(np.zeros((K, 5, 400), "float32"))
    kernel = layer.kernel.numpy()
    assert np.abs(kernel).max() == pytest.approx((6 / 500) ** 0.5, rel=0.001)
    assert not np.allclose(kernel[0], kernel[1])
    scaled = SeparateDense(100, K, fan_in=1900, seed=1)
    scaled(np.zeros((K, 5, 400), "float32"))
    np.testing.assert_allclose(scaled.kernel.numpy(), kernel / 2, rtol=1e-5)


@pytest.mark.parametrize("more", [0, 400], ids=["few", "many"])
def test_one_hot_columns_have_kernel_rows_for_each_member(more):
    indices = rng.integers(0, 4, (5, 3)).astype("int32")
    layer = drawn(SeparateOneHotDense(2 * K, [0, 2], [4, 4 + more], K), indices)
    assert layer.is_narrow is not bool(more)
    out, one_hot = layer(indices).numpy(), np.hstack([np.eye(4)[indices[:, 0]], np.eye(4 + more)[indices[:, 2]]])
    assert out.shape == layer.compute_output_shape(indices.shape) == (K, 5, 2)
    for member in range(K):
        mine = layer.kernel.numpy()[:, 2 * member : 2 * member + 2]
        np.testing.assert_allclose(out[member], one_hot @ mine, atol=1e-5)


@pytest.mark.parametrize("size", [4, 400], ids=["few", "many"])
def test_members_with_portions_of_one_hot_columns_see_only_their_rows(size):
    indices = rng.integers(0, 4, (4 * K, 1)).astype("int32")
    layer = drawn(SeparateOneHotDense(2 * K, [0], [size], K), indices)
    whole = layer(indices).numpy()
    with portions_of_members():
        portions = layer(indices).numpy()
    for member in range(K):
        np.testing.assert_allclose(portions[member], whole[member, 4 * member : 4 * member + 4], atol=1e-6)


def test_one_hot_kernels_are_initialized_as_for_one_member():
    layer = SeparateOneHotDense(100 * K, [0], [400], K, seed=1)
    layer(np.zeros((5, 1), "int32"))
    assert np.abs(layer.kernel.numpy()).max() == pytest.approx((6 / 500) ** 0.5, rel=0.001)


@pytest.mark.parametrize("layer", [SeparateDense(2, K, seed=3), SeparateOneHotDense(6, [0], [4], K, fan_in=9, seed=3)])
def test_a_layer_is_rebuilt_from_its_config(layer):
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
