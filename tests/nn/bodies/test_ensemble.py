"""The ensemble: each member against a perceptron in NumPy."""

import numpy as np
import pytest

from tabemb.exceptions import UnknownNameError
from tabemb.nn.bodies import Ensemble
from tabemb.nn.bodies.ensemble import MAX_SHARED_CATEGORIES
from tabemb.nn.embedding import FeatureSpec, TableSpec

K = 2


def member(made, k, x, one_hot=0):
    """The logits of one member that sees x, from what one-hot columns add to its first layer."""
    for depth in range(2):
        if depth or x is not None:
            layer = made.layer(f"hidden_{depth}")
            x = x @ layer.kernel.numpy()[k] + layer.bias.numpy().reshape(K, -1)[k]
        x = np.maximum((0 if x is None else x) + (one_hot if depth == 0 else 0), 0)
    logits = made.layer("logits")
    return x @ logits.kernel.numpy()[k] + logits.bias.numpy().reshape(K, -1)[k]


@pytest.mark.parametrize("dims", [(8, 8), (8, 3), (3, 8, 8), (6, 9)], ids=str)
@pytest.mark.parametrize("n_numbers", [0, 2])
def test_a_member_sees_its_slices_and_short_vectors_whole(dims, n_numbers, bench):
    body = Ensemble(n_members=K, hidden_units=(6, 4))
    made = bench(body, dims=dims, n_numbers=n_numbers)
    columns = np.split(made.rows["vectors"], np.cumsum(dims)[:-1], axis=1)
    for k in range(K):
        seen = [c[:, 4 * k : 4 * k + 4] if c.shape[1] == 8 else c for c in columns]
        seen += [made.rows["numbers"]] if n_numbers else []
        np.testing.assert_allclose(made.logits[:, k], member(made, k, np.hstack(seen)), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("shape", [{"dims": (8,)}, {"n_numbers": 2}, {}], ids=["vectors", "numbers", "alone"])
def test_one_hot_columns_have_kernel_rows_for_each_member(shape, bench):
    made = bench(Ensemble(n_members=K, hidden_units=(6, 4)), one_hot=2, **shape)
    sums = made.one_hot_rows("hidden_0_one_hot").sum(axis=1)
    for k in range(K):
        seen = {
            "dims": lambda k=k: made.rows["vectors"][:, 4 * k : 4 * k + 4],
            "n_numbers": lambda: made.rows["numbers"],
        }
        x = next((seen[name]() for name in shape), None)
        np.testing.assert_allclose(
            made.logits[:, k], member(made, k, x, sums[:, 6 * k : 6 * k + 6]), rtol=1e-4, atol=1e-4
        )


def test_weights_of_each_member():
    assert Ensemble(n_members=2).slices([8, 6, 9, 64]) == [4, None, None, 32]
    assert Ensemble(n_members=8).slices([32, 24, 64]) == [4, None, 8]


def columns(*shapes):
    return tuple(
        FeatureSpec(name=str(p), position=p, table=TableSpec(name=str(p), vocabulary_size=size, embedding_dim=dim))
        for p, (size, dim) in enumerate(shapes)
    )


def test_members_are_separate_where_no_column_of_many_categories_is_seen_whole():
    body = Ensemble(n_members=4)
    assert body.n_separate(()) == 4
    assert body.n_separate(columns((5000, 16), (MAX_SHARED_CATEGORIES, 3))) == 4
    assert body.n_separate(columns((5000, 16), (MAX_SHARED_CATEGORIES + 1, 3))) == 1


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"n_members": 0}, ValueError, "n_members must be a positive integer, got 0"),
        ({"hidden_units": ()}, ValueError, "hidden_units must have at least one width"),
        ({"dropout": 1.0}, ValueError, r"dropout must be a number in \[0, 1\), got 1.0"),
        ({"activation": "rellu"}, UnknownNameError, "Did you mean 'relu'"),
    ],
)
def test_wrong_parameters_are_refused(params, error, message, bench):
    with pytest.raises(error, match=message):
        bench(Ensemble(**params), n_numbers=1)


@pytest.mark.parametrize(
    "params", [{"n_members": 3}, {"hidden_units": (5,)}, {"dropout": 0.0}, {"activation": "tanh"}], ids=str
)
def test_each_parameter_changes_the_network(params, bench):
    one, other = (bench(Ensemble(**each), n_numbers=3).model for each in ({}, params))
    assert [layer.get_config() for layer in one.layers] != [layer.get_config() for layer in other.layers]
