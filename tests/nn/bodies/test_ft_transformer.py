"""The transformer over columns against NumPy."""

import keras
import numpy as np
import pytest

from tabemb.exceptions import UnknownNameError
from tabemb.nn.bodies import FTTransformer

KINDS = {"dims": (3, 2), "n_numbers": 2, "one_hot": 1}


def normalized(made, name, x):
    gamma, beta = (weight.numpy() for weight in made.layer(f"{name}_normalization").weights)
    x = x - x.mean(axis=-1, keepdims=True)
    return x / np.sqrt(x.var(axis=-1, keepdims=True) + 1e-3) * gamma + beta


def tokens(made):
    """The class token, then those of two vectors, two numbers and a one-hot column."""
    layer, x = made.layer("tokens"), made.flat
    kernel, bias = layer.kernel.numpy(), layer.bias.numpy().reshape(4, -1)
    columns = [x[:, a:b] @ kernel[a:b] + bias[p] for p, (a, b) in enumerate([(0, 3), (3, 5), (5, 6), (6, 7)])]
    first = np.broadcast_to(made.layer("with_class_token").token.numpy(), columns[0].shape)
    return np.stack([first, *columns, made.one_hot_rows("tokens_one_hot")[:, 0]], axis=1)


def attended(made, name, x, n_heads):
    seen = normalized(made, name, x)
    queries = made.dense(f"{name}_queries", seen)
    keys, values = np.split(made.dense(f"{name}_keys_and_values", seen), 2, axis=-1)
    heads = []
    for q, k, v in zip(*(np.split(each, n_heads, axis=-1) for each in (queries, keys, values)), strict=True):
        weights = np.exp(q @ k.swapaxes(1, 2) / np.sqrt(q.shape[-1]))
        heads.append(weights / weights.sum(axis=-1, keepdims=True) @ v)
    return x + made.dense(f"{name}_out", np.concatenate(heads, axis=-1))


def fed_forward(made, name, x):
    values, gates = np.split(made.dense(f"{name}_hidden", normalized(made, name, x)), 2, axis=-1)
    return x + made.dense(f"{name}_out", values * np.maximum(gates, 0))


@pytest.mark.parametrize("n_heads", [1, 2])
def test_every_column_is_a_token_and_the_class_token_gives_the_logits(n_heads, bench):
    made = bench(FTTransformer(token_size=6, n_heads=n_heads, hidden_units=(5, 4)), **KINDS)
    x = tokens(made)
    for name in ("block_0", "block_1"):
        # For all tokens, also in the last block.
        x = fed_forward(made, name, attended(made, f"{name}_attention", x, n_heads))
    by_hand = made.dense("logits", np.maximum(normalized(made, "end", x[:, 0]), 0))
    np.testing.assert_allclose(made.logits, by_hand, rtol=1e-4, atol=1e-4)


def test_the_last_block_computes_for_the_class_token_only(bench):
    made = bench(FTTransformer(), **KINDS)
    assert made.layer("block_0_out").output.shape == (None, 6, 64)
    assert made.layer("block_1_attention_keys_and_values").output.shape == (None, 6, 128)
    assert made.layer("block_1_out").output.shape == (None, 64)


@pytest.mark.parametrize(
    ("activation", "name", "units"), [("reglu", "relu", 8), ("geglu", "gelu", 8), ("tanh", "tanh", 4)]
)
def test_the_feed_forward_network_is_gated_or_plain(activation, name, units, bench):
    made = bench(FTTransformer(hidden_units=(4,), activation=activation), **KINDS)
    assert made.layer("block_0_hidden").units == units
    assert made.layer("block_0_activation").activation is getattr(keras.activations, name)


@pytest.mark.parametrize(
    ("param", "names"),
    [
        ("dropout", ["block_0_hidden_dropout"]),
        ("residual_dropout", ["block_0_attention_dropout", "block_0_dropout"]),
        ("attention_dropout", []),
    ],
)
def test_each_dropout_rate_applies_to_its_layers(param, names, bench):
    off = {"dropout": 0.0, "residual_dropout": 0.0, "attention_dropout": 0.0}
    made = bench(FTTransformer(hidden_units=(4,), **{**off, param: 0.3}), **KINDS)
    dropouts = [layer for layer in made.model.layers if isinstance(layer, keras.layers.Dropout)]
    assert [layer.name for layer in dropouts] == names
    assert {layer.rate for layer in dropouts} <= {0.3}
    assert made.layer("block_0_attention").dropout == (0.3 if param == "attention_dropout" else 0)


def test_there_must_be_a_block(bench):
    with pytest.raises(ValueError, match="hidden_units must have at least one width"):
        bench(FTTransformer(hidden_units=()), n_numbers=2)


def test_token_size_is_a_multiple_of_the_heads(bench):
    with pytest.raises(ValueError, match=r"token_size must be a multiple of n_heads=4, got 30."):
        bench(FTTransformer(token_size=30), n_numbers=2)


def test_a_misspelled_gate_gets_a_suggestion(bench):
    with pytest.raises(UnknownNameError, match=r"No activation named 'reglue'.* Did you mean 'reglu'"):
        bench(FTTransformer(activation="reglue"), n_numbers=2)
