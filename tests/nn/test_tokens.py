"""Tokens, attention and gates against the plain computation."""

from itertools import combinations

import keras
import numpy as np
import pytest

from tabemb.nn.tokens import Attend, ColumnTokens, Gate, Interactions, WithClassToken

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


def test_the_class_token_is_first_and_the_same_for_every_row():
    layer = WithClassToken(seed=1)
    out = layer([A, B]).numpy()
    assert np.array_equal(out[:, 0], np.tile(layer.token.numpy(), (7, 1)))
    assert np.array_equal(out[:, 1:], np.concatenate([A, B], axis=1))
    assert not np.array_equal(WithClassToken(seed=2)([A, B]).numpy()[:, 0], out[:, 0])


def test_interactions_are_the_products_of_all_pairs_of_tokens():
    tokens = [A[:, 0], A[:, 1], B[:, 0]]
    by_hand = sum(one * two for one, two in combinations(tokens, 2))
    np.testing.assert_allclose(Interactions()([A, B]).numpy(), by_hand, atol=1e-5)
    np.testing.assert_allclose(Interactions()([B]).numpy(), 0, atol=1e-6)


def test_biases_and_class_tokens_have_one_axis_so_that_weight_decay_leaves_them_alone():
    layer, token = ColumnTokens(4, [3, 1, 2]), WithClassToken()
    layer(X)
    token([A])
    assert [len(weight.shape) for weight in (*layer.weights, *token.weights)] == [2, 1, 1]


QUERIES = rng.normal(size=(5, 3, 8)).astype("float32")
BOTH = rng.normal(size=(5, 4, 16)).astype("float32")


def attention_by_hand(queries, both, n_heads):
    keys, values = both[..., :8], both[..., 8:]
    head, out = 8 // n_heads, np.zeros_like(queries)
    for row in range(len(queries)):
        for first in range(0, 8, head):
            mine = slice(first, first + head)
            scores = queries[row, :, mine] @ keys[row, :, mine].T / np.sqrt(head)
            weights = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
            out[row, :, mine] = weights @ values[row, :, mine]
    return out


@pytest.mark.parametrize("n_heads", [1, 2, 4])
def test_attention_follows_the_paper(n_heads):
    out = Attend(n_heads)([QUERIES, BOTH]).numpy()
    np.testing.assert_allclose(out, attention_by_hand(QUERIES, BOTH, n_heads), atol=1e-5)


def test_one_query_per_row_needs_no_axis():
    out = Attend(2)([QUERIES[:, 1], BOTH]).numpy()
    np.testing.assert_allclose(out, Attend(2)([QUERIES, BOTH]).numpy()[:, 1], atol=1e-6)


def test_keras_own_attention_agrees():
    theirs = keras.ops.dot_product_attention(
        *(keras.ops.reshape(each, (5, -1, 2, 4)) for each in (QUERIES, BOTH[..., :8], BOTH[..., 8:]))
    )
    out = Attend(2)([QUERIES, BOTH]).numpy()
    np.testing.assert_allclose(out, np.reshape(theirs, (5, 3, 8)), atol=1e-5)


def test_dropout_applies_in_training_only_and_repeats_with_the_seed():
    ones = np.ones((200, 50, 16), "float32")
    queries = np.zeros((200, 3, 8), "float32")
    seen = [Attend(1, 0.25, seed=seed)([queries, ones], training=True).numpy() for seed in (0, 0, 1)]
    # Each weight is 1/50, scaled up by dropout: the mean is kept, the standard deviation is that of dropping a fourth.
    assert seen[0].mean() == pytest.approx(1, abs=0.01)
    assert seen[0].std() == pytest.approx((0.25 / 0.75 / 50) ** 0.5, rel=0.1)
    assert np.array_equal(seen[0], seen[1])
    assert not np.array_equal(seen[0], seen[2])
    np.testing.assert_allclose(Attend(1, 0.25)([queries, ones]).numpy(), 1, rtol=1e-6)


@pytest.mark.parametrize("name", ["relu", "gelu"])
def test_a_gate_is_one_half_times_the_activation_of_the_other(name):
    activation = getattr(keras.activations, name)
    expected = BOTH[..., :8] * activation(BOTH[..., 8:]).numpy()
    np.testing.assert_allclose(Gate(name)(BOTH).numpy(), expected, atol=1e-6)
