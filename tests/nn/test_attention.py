"""Attention and gates against the plain computation."""

import keras
import numpy as np
import pytest

from tabemb.nn.attention import Attend, Gate

rng = np.random.default_rng(0)
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
def test_attention_is_that_of_the_paper(n_heads):
    out = Attend(n_heads)([QUERIES, BOTH]).numpy()
    np.testing.assert_allclose(out, attention_by_hand(QUERIES, BOTH, n_heads), atol=1e-5)


def test_one_query_a_row_needs_no_axis():
    out = Attend(2)([QUERIES[:, 1], BOTH]).numpy()
    np.testing.assert_allclose(out, Attend(2)([QUERIES, BOTH]).numpy()[:, 1], atol=1e-6)


def test_keras_own_attention_agrees():
    theirs = keras.ops.dot_product_attention(
        *(keras.ops.reshape(each, (5, -1, 2, 4)) for each in (QUERIES, BOTH[..., :8], BOTH[..., 8:]))
    )
    out = Attend(2)([QUERIES, BOTH]).numpy()
    np.testing.assert_allclose(out, np.reshape(theirs, (5, 3, 8)), atol=1e-5)


def test_dropout_silences_weights_in_training_only_and_repeats_with_the_seed():
    ones = np.ones((200, 50, 16), "float32")
    queries = np.zeros((200, 3, 8), "float32")
    seen = [Attend(1, 0.25, seed=seed)([queries, ones], training=True).numpy() for seed in (0, 0, 1)]
    # Each weight is 1/50, and the rest are scaled up: the mean stays, the spread is that of silencing a fourth.
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
