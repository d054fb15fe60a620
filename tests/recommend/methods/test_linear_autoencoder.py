"""The linear autoencoder of low rank."""

import numpy as np
import pandas as pd
import pytest

from tabemb.exceptions import DataError
from tabemb.recommend.interactions import InteractionMatrix
from tabemb.recommend.methods import LinearAutoencoder


@pytest.fixture(scope="module")
def interactions():
    """Return users of three tastes, who have seen items of theirs and a few others."""
    rng = np.random.default_rng(0)
    rows = []
    for user in range(120):
        own = rng.permutation(np.arange(20) + 20 * (user % 3))[:8]
        rows += [(user, int(item)) for item in {*own, *rng.integers(0, 60, 2)}]
    return InteractionMatrix.read(pd.DataFrame(rows, columns=["user", "item"]), user="user", item="item")


@pytest.mark.parametrize("penalty", [0.5, 20.0])
def test_it_is_the_minimum_in_closed_form(interactions, penalty):
    X = interactions.matrix.toarray().astype(float)
    vectors = LinearAutoencoder(dim=60, penalty=penalty).fit(interactions, 0).vectors
    # Of full rank, the minimum of |X - X W|^2 + penalty |W|^2 is a ridge regression.
    gram = X.T @ X
    expected = np.linalg.solve(gram + penalty * np.eye(60), gram)
    np.testing.assert_allclose(vectors @ vectors.T, expected, atol=1e-4)


def test_fewer_dimensions_keep_the_largest_singular_values(interactions):
    X = interactions.matrix.toarray().astype(float)
    vectors = LinearAutoencoder(dim=3, penalty=3.0).fit(interactions, 0).vectors
    _, values, right = np.linalg.svd(X)
    kept = (right[:3].T * (values[:3] ** 2 / (values[:3] ** 2 + 3.0))) @ right[:3]
    assert vectors.shape == (60, 3)
    np.testing.assert_allclose(vectors @ vectors.T, kept, atol=5e-3)


def test_users_get_items_of_their_taste(interactions):
    factors = LinearAutoencoder(dim=3).fit(interactions, 0)
    items, _ = factors.top(interactions.matrix, 5)
    keys = np.array(interactions.items.keys)[items]
    taste = np.array(interactions.users.keys)[:, None] % 3
    assert (keys // 20 == taste).mean() > 0.95


def test_it_is_repeatable_and_never_wider_than_the_data(interactions):
    one, two = (LinearAutoencoder(dim=500).fit(interactions, 3).vectors for _ in range(2))
    assert np.array_equal(one, two)
    assert one.shape == (60, 60)


def test_auto_needs_users_with_two_items():
    alone = InteractionMatrix.read(pd.DataFrame({"user": [1, 2, 3], "item": list("abc")}), user="user", item="item")
    with pytest.raises(DataError, match=r"some user needs two or more; here each has one. Give a number"):
        LinearAutoencoder().fit(alone, 0)
    assert LinearAutoencoder(penalty=1.0).fit(alone, 0).vectors.shape == (3, 3)


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"dim": 0}, "dim must be a positive integer, got 0"),
        ({"dim": 2.5}, "dim must be a positive integer"),
        ({"dim": True}, "dim must be a positive integer"),
        ({"penalty": 0}, "penalty must be a positive number or 'auto', got 0"),
        ({"penalty": "most"}, "penalty must be a positive number or 'auto'"),
        ({"penalty": np.inf}, "penalty must be a positive number or 'auto'"),
    ],
)
def test_wrong_parameters(interactions, params, told):
    with pytest.raises(ValueError, match=told):
        LinearAutoencoder(**params).fit(interactions, 0)
