"""TabM: each member against a perceptron in NumPy."""

import re

import keras
import numpy as np
import pytest

from tabemb.exceptions import UnknownNameError
from tabemb.nn.bodies import TabM

K = 3


def member(made, k, x):
    """The logits of one member that sees x."""
    for depth in range(2):
        layer = made.layer(f"hidden_{depth}")
        if isinstance(layer, keras.layers.Dense):
            x = np.maximum(made.dense(layer.name, x), 0)
            continue
        r = layer.input_scale.numpy().reshape(K, -1)[k]
        s = layer.output_scale.numpy().reshape(K, -1)[k] if layer.own_outputs else 1
        b = layer.bias.numpy().reshape(-1, layer.units)
        x = np.maximum(s * ((r * x) @ layer.kernel.numpy()) + b[k % len(b)], 0)
    logits = made.layer("logits")
    return x @ logits.kernel.numpy()[k] + logits.bias.numpy().reshape(K, -1)[k]


@pytest.mark.parametrize("adapters", ["all", "first"])
def test_each_member_is_a_perceptron_with_its_own_scales(adapters, bench):
    made = bench(TabM(n_members=K, hidden_units=(6, 4), adapters=adapters), dims=(3, 2), n_numbers=2)
    assert made.logits.shape == (20, K, 2)
    for k in range(K):
        np.testing.assert_allclose(made.logits[:, k], member(made, k, made.flat), rtol=1e-4, atol=1e-4)


def test_the_small_form_has_scales_at_the_first_layer_only(bench):
    small, full = (bench(TabM(adapters=adapters), n_numbers=2) for adapters in ("first", "all"))
    assert isinstance(small.layer("hidden_1"), keras.layers.Dense)
    assert not small.layer("hidden_0").own_outputs
    assert (full.layer("hidden_0").signs, full.layer("hidden_1").signs) == (True, False)
    assert small.model.count_params() < full.model.count_params()


@pytest.mark.parametrize("dims", [(6, 6), (3, 6)])
def test_with_own_vectors_a_member_sees_its_slices_and_all_other_inputs(dims, bench):
    made = bench(TabM(n_members=K, hidden_units=(6, 4), own_vectors=True), dims=dims, n_numbers=2, one_hot=1)
    columns = np.split(made.rows["vectors"], [dims[0]], axis=1)
    for_all = [made.rows["numbers"], made.one_hot_rows("inputs_one_hot")[:, 0]]
    for k in range(K):
        mine = [np.split(column, K, axis=1)[k] for column in columns]
        np.testing.assert_allclose(
            made.logits[:, k], member(made, k, np.hstack([*mine, *for_all])), rtol=1e-4, atol=1e-4
        )


def test_without_vectors_there_is_nothing_to_cut(bench):
    own, shared = (bench(TabM(n_members=K, own_vectors=each), n_numbers=2) for each in (True, False))
    assert np.array_equal(own.logits, shared.logits)


def test_no_hidden_layer_makes_each_member_linear(bench):
    made = bench(TabM(n_members=K, hidden_units=()), dims=(3,), n_numbers=2)
    logits = made.layer("logits")
    by_hand = made.flat @ logits.kernel.numpy()[1] + logits.bias.numpy().reshape(K, -1)[1]
    np.testing.assert_allclose(made.logits[:, 1], by_hand, atol=1e-5)


def test_activation_and_dropout_are_used(bench):
    made = bench(TabM(hidden_units=(4,), activation="tanh", dropout=0.3), n_numbers=2)
    assert made.layer("hidden_0_activation").activation is keras.activations.tanh
    assert made.layer("hidden_0_dropout").rate == 0.3
    assert not bench(TabM(dropout=0), n_numbers=2).has("hidden_0_dropout")


@pytest.mark.parametrize(
    ("dims", "message"),
    [
        ((4,), "must be multiples of 3; got 4. Set embedding_dim to 3, or change n_members."),
        ((6, 8, 1), "must be multiples of 3; got 1, 8. Set embedding_dim to 3 or 9, or change n_members."),
    ],
)
def test_vectors_that_cannot_be_sliced_are_refused_with_suggested_dimensions(dims, message, bench):
    with pytest.raises(
        ValueError,
        match=re.escape(f"splits each vector into n_members=3 slices, so the embedding dimensions {message}"),
    ):
        bench(TabM(n_members=K, own_vectors=True), dims=dims)


def test_other_bad_values(bench):
    with pytest.raises(ValueError, match="own_vectors must be True or False, got 'yes'"):
        bench(TabM(own_vectors="yes"), n_numbers=2)
    with pytest.raises(UnknownNameError, match=r"No adapters named 'mini'. Known: all, first."):
        bench(TabM(adapters="mini"), n_numbers=2)
