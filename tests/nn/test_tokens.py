"""Tokens against the plain computation."""

from itertools import combinations

import numpy as np
import pytest

from tabemb.nn.tokens import ColumnTokens, Interactions, WithClassToken

rng = np.random.default_rng(0)
X = rng.normal(size=(7, 6)).astype("float32")
A, B = rng.normal(size=(7, 2, 3)).astype("float32"), rng.normal(size=(7, 1, 3)).astype("float32")


def test_each_token_is_a_dense_layer_over_its_own_inputs():
    layer = ColumnTokens(4, [3, 1, 2], seed=1)
    out = layer(X).numpy()
    kernel, bias = layer.kernel.numpy(), layer.bias.numpy().reshape(3, 4)
    assert layer.kernel.shape == (6, 4)
    for token, mine in enumerate([slice(0, 3), slice(3, 4), slice(4, 6)]):
        np.testing.assert_allclose(out[:, token], X[:, mine] @ kernel[mine] + bias[token], atol=1e-6)


def test_each_group_has_glorots_start_for_its_own_inputs():
    layer = ColumnTokens(100, [500, 2], seed=1)
    layer.build((None, 502))
    kernel = np.abs(layer.kernel.numpy())
    assert kernel[:500].max() == pytest.approx((6 / 600) ** 0.5, rel=0.01)
    assert kernel[500:].max() == pytest.approx((6 / 102) ** 0.5, rel=0.05)
    assert np.abs(layer.bias.numpy()).max() == pytest.approx(0.1, rel=0.05)
    again, other = (ColumnTokens(100, [500, 2], seed=seed) for seed in (1, 2))
    for each in (again, other):
        each.build((None, 502))
    assert np.array_equal(again.kernel.numpy(), layer.kernel.numpy())
    assert not np.array_equal(other.kernel.numpy(), layer.kernel.numpy())
    assert not np.array_equal(other.bias.numpy(), layer.bias.numpy())


def test_the_class_token_stands_first_and_is_every_rows():
    layer = WithClassToken(seed=1)
    out = layer([A, B]).numpy()
    assert np.array_equal(out[:, 0], np.tile(layer.token.numpy(), (7, 1)))
    assert np.array_equal(out[:, 1:], np.concatenate([A, B], axis=1))
    assert not np.array_equal(WithClassToken(seed=2)([A, B]).numpy()[:, 0], out[:, 0])


def test_interactions_are_the_products_of_every_two_tokens():
    tokens = [A[:, 0], A[:, 1], B[:, 0]]
    by_hand = sum(one * two for one, two in combinations(tokens, 2))
    np.testing.assert_allclose(Interactions()([A, B]).numpy(), by_hand, atol=1e-5)
    np.testing.assert_allclose(Interactions()([B]).numpy(), 0, atol=1e-6)


def test_biases_and_class_tokens_have_one_axis_so_that_weight_decay_leaves_them_alone():
    layer, token = ColumnTokens(4, [3, 1, 2]), WithClassToken()
    layer(X)
    token([A])
    assert [len(weight.shape) for weight in (*layer.weights, *token.weights)] == [2, 1, 1]
