"""DeepFM against NumPy."""

from itertools import combinations, pairwise

import numpy as np

from tabemb.nn.bodies import DeepFM


def products(columns):
    return sum(one * two for one, two in combinations(columns, 2))


def tokens(made, x, dims):
    """Return the vector of each column, from its own inputs."""
    layer, starts = made.layer("interactions"), np.cumsum([0, *dims])
    kernel, bias = layer.kernel.numpy(), layer.bias.numpy().reshape(len(dims), -1)
    return [x[:, a:b] @ kernel[a:b] + bias[p] for p, (a, b) in enumerate(pairwise(starts))]


def test_vectors_of_the_same_dimension_are_multiplied_directly(bench):
    made = bench(DeepFM(hidden_units=(6, 4)), dims=(3, 3, 3))
    second = products(np.split(made.rows["vectors"], 3, axis=1))
    beside = np.hstack([second, made.perceptron(made.flat)])
    by_hand = made.dense("first_order", made.flat) + made.dense("logits", beside)
    np.testing.assert_allclose(made.logits, by_hand, rtol=1e-4, atol=1e-4)
    assert not made.has("interactions")


def test_numbers_and_one_hot_columns_have_vectors_too(bench):
    made = bench(DeepFM(hidden_units=()), dims=(3, 3), n_numbers=2, one_hot=1)
    columns = [*np.split(made.rows["vectors"], 2, axis=1), *tokens(made, made.rows["numbers"], (1, 1))]
    second = products([*columns, *made.one_hot_rows("interactions_one_hot").swapaxes(0, 1)])
    first = made.dense("first_order", made.flat) + made.one_hot_rows("first_order_one_hot").sum(axis=1)
    np.testing.assert_allclose(made.logits, first + made.dense("logits", second), rtol=1e-4, atol=1e-4)


def test_vectors_of_different_dimensions_are_projected_to_a_common_one(bench):
    made = bench(DeepFM(interaction_dim=4, hidden_units=()), dims=(3, 2), n_numbers=1)
    second = products(tokens(made, made.flat, (3, 2, 1)))
    by_hand = made.dense("first_order", made.flat) + made.dense("logits", second)
    assert second.shape == (20, 4)
    np.testing.assert_allclose(made.logits, by_hand, rtol=1e-4, atol=1e-4)
