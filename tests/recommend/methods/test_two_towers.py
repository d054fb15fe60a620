"""Two towers, trained by gradient."""

import numpy as np
import pandas as pd
import pytest

from tabemb.exceptions import DataError, UnknownNameError
from tabemb.recommend.methods import LinearAutoencoder, TwoTowers
from tabemb.recommend.methods.tower_network import TowerNetwork
from tabemb.table.frames import read_frame

QUICK = {"dim": 8, "max_epochs": 8, "batch_size": 64, "learning_rate": 0.01, "temperature": 0.3}
LOSSES = ["softmax", "mixed", "bpr"]


@pytest.fixture(scope="module")
def learned(tastes, observe):
    """Return a function from a loss to observations with columns of both sides, and towers."""
    known = {}

    def learn(loss):
        if loss not in known:
            observations = observe(
                tastes,
                user=["group", "age"],
                item=["genres"],
                multi_valued={"genres": "|"},
                rating="stars" if loss == "rating" else None,
            )
            assert observations.items.table.bags
            # From a random start, so that what is found was learned by the loss.
            method = TwoTowers(loss=loss, start="random", **QUICK | {"max_epochs": 25})
            known[loss] = observations, method.fit(observations, 0)
        return known[loss]

    return learn


def of_taste(observations, places, users):
    """Return the share of items whose taste is that of the user."""
    items = np.array([int(key[1:]) for key in observations.matrix.items.keys])
    return float(np.mean(items[places] % 2 == users[:, None] % 2))


def tastes_of(observations):
    return np.array([int(key[1:]) for key in observations.matrix.users.keys])


@pytest.mark.parametrize("loss", LOSSES)
def test_users_get_items_of_their_taste(learned, loss):
    observations, towers = learned(loss)
    seen = observations.matrix.matrix
    places, _ = towers.top(towers.users, 5, seen)
    popular = np.argsort(-np.broadcast_to(observations.item_shares, seen.shape) + 9 * (seen.toarray() > 0), axis=1)[
        :, :5
    ]
    users = tastes_of(observations)
    assert of_taste(observations, popular, users) < 0.6
    assert of_taste(observations, places, users) > 0.9


@pytest.mark.parametrize("loss", LOSSES)
def test_the_vectors_have_the_lengths_that_are_promised(learned, loss):
    _, towers = learned(loss)
    assert np.linalg.norm(towers.users, axis=1) == pytest.approx(1 / 0.3, rel=1e-4)
    assert np.linalg.norm(towers.items, axis=1) == pytest.approx(1, rel=1e-4)
    assert towers.lengths == pytest.approx((1 / 0.3, 1.0))
    assert (towers.user_biases, towers.offset, towers.is_sum) == (None, 0.0, False)
    # Biases of users order no items.
    assert (towers.user_map.bias_weights, towers.user_map.bias_intercept) == (None, 0.0)


@pytest.mark.parametrize("loss", LOSSES)
def test_new_users_and_items_get_what_their_columns_say(learned, loss):
    observations, towers = learned(loss)
    users, items = observations.users.columns, observations.items.columns
    new = pd.DataFrame({"group": ["even", "odd"], "age": [31.0, 30.0]})
    vectors, biases = towers.new_users(users.matrix(users.encode(read_frame(new))))
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1 / 0.3, rel=1e-4)
    assert biases.tolist() == [0, 0]
    assert of_taste(observations, towers.top(vectors, 10)[0], np.array([0, 1])) > 0.9
    films = pd.DataFrame({"genres": ["odd|film", "even"]})
    vectors, biases = towers.new_items(items.matrix(items.encode(read_frame(films))))
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, rel=1e-4)
    scores = towers.users @ vectors.T + biases
    odd = tastes_of(observations) % 2 == 1
    assert (scores[odd, 0] > scores[odd, 1]).mean() > 0.9
    assert (scores[~odd, 0] < scores[~odd, 1]).mean() > 0.9


def test_ratings_are_predicted(learned, tastes):
    observations, towers = learned("rating")
    assert (towers.lengths, towers.is_sum) == (None, False)
    assert towers.offset == pytest.approx(tastes["stars"].mean(), rel=1e-5)
    found = towers.pairs(observations.user_rows, observations.item_rows)
    error = np.mean((found - observations.ratings) ** 2) / observations.ratings.var()
    assert error < 0.2
    assert towers.users.shape == (60, 8)


@pytest.mark.usefixtures("without_compiling")
def test_ratings_are_used_by_the_loss_of_ratings_only(tastes, observe):
    method = TwoTowers(**QUICK | {"max_epochs": 1})
    with_ratings, without = (method.fit(observe(tastes, rating=each), 0) for each in ("stars", None))
    assert with_ratings.offset == 0
    assert np.array_equal(with_ratings.users, without.users)


@pytest.mark.parametrize("loss", ["mixed", "rating"])
def test_it_is_repeatable(tastes, observe, loss):
    observations = observe(tastes, item=["genres"], rating="stars" if loss == "rating" else None)
    method = TwoTowers(loss=loss, **QUICK | {"max_epochs": 2})
    one, two, other = (method.fit(observations, seed).to_arrays() for seed in (5, 5, 6))
    assert all(np.array_equal(each, two[name]) for name, each in one.items())
    assert not np.array_equal(one["users"], other["users"])


@pytest.mark.usefixtures("without_compiling")
def test_it_begins_with_the_linear_autoencoder(tastes, observe):
    # With a tiny learning rate, what is found is the start.
    still = {"max_epochs": 1, "learning_rate": 1e-9, "batch_size": 64, "dim": 8}
    observations = observe(tastes)
    seen = observations.matrix.matrix
    users = tastes_of(observations)
    started, random = (
        TwoTowers(start=start, **still).fit(observations, 0) for start in ("linear_autoencoder", "random")
    )
    found = [of_taste(observations, each.top(each.users, 5, seen)[0], users) for each in (started, random)]
    assert found[0] > 0.9 > found[1]
    expected = np.log(observations.item_shares * 40)
    for towers in (started, random):
        np.testing.assert_allclose(towers.item_biases, expected, atol=1e-3)


HISTORY = QUICK | {"user_tower": "history", "max_epochs": 20, "start": "random"}


@pytest.mark.parametrize("loss", LOSSES)
def test_a_user_who_is_a_history_is_the_mean_of_the_items(tastes, observe, loss):
    observations = observe(tastes, weight="weight")
    towers = TwoTowers(loss=loss, **HISTORY).fit(observations, 0)
    seen = observations.matrix.matrix
    # The training table gives the vectors that were learned, so known and new users are alike.
    np.testing.assert_allclose(towers.users_of(seen), towers.users, rtol=1e-3, atol=1e-4)
    mean = (seen @ towers.history) / seen.sum(axis=1)[:, None]
    np.testing.assert_allclose(mean * towers.user_scales[:, None], towers.users, rtol=1e-3, atol=1e-4)
    assert np.linalg.norm(towers.users, axis=1) == pytest.approx(1 / 0.3, rel=1e-4)
    assert of_taste(observations, towers.top(towers.users, 5, seen)[0], tastes_of(observations)) > 0.9


def test_a_history_counts_beside_the_columns(tastes, observe):
    observations = observe(tastes, user=["group"], item=["genres"], multi_valued={"genres": "|"})
    towers = TwoTowers(**HISTORY | {"max_history": 4}).fit(observations, 0)
    seen, features = observations.matrix.matrix, observations.users.features
    np.testing.assert_allclose(towers.users_of(seen, features), towers.users, rtol=1e-3, atol=1e-4)
    assert not np.allclose(towers.users_of(seen), towers.users, atol=1e-2)
    np.testing.assert_allclose(
        towers.history / np.linalg.norm(towers.history, axis=1)[:, None], towers.items, atol=1e-5
    )
    # A user without a history is known by the columns.
    columns = observations.users.columns
    vectors, _ = towers.new_users(columns.matrix(columns.encode(read_frame(pd.DataFrame({"group": ["even", "odd"]})))))
    assert of_taste(observations, towers.top(vectors, 10)[0], np.array([0, 1])) > 0.9


@pytest.mark.usefixtures("without_compiling")
@pytest.mark.parametrize(
    ("params", "same"),
    [
        ({}, (256,)),
        ({"loss": "bpr"}, [256]),
        ({"user_tower": "history"}, ()),
        ({"loss": "rating"}, ()),
    ],
)
def test_the_projection_head_that_is_chosen(tastes, observe, params, same):
    observations = observe(tastes, rating="stars" if params.get("loss") == "rating" else None)
    chosen, given, other = (
        TwoTowers(**QUICK | {"max_epochs": 1} | params | {"projection_units": each}).fit(observations, 0).items
        for each in ("auto", same, (16, 8))
    )
    assert np.array_equal(chosen, given)
    assert not np.array_equal(chosen, other)


@pytest.mark.usefixtures("without_compiling")
def test_the_vectors_before_the_projection_are_kept(tastes, observe, monkeypatch):
    observations, networks = observe(tastes, item=["genres"], multi_valued={"genres": "|"}), []
    trained = TowerNetwork.trained
    monkeypatch.setattr(
        TowerNetwork, "trained", lambda self, *args, **kw: networks.append(self) or trained(self, *args, **kw)
    )
    towers = TwoTowers(**QUICK | {"max_epochs": 2, "projection_units": (16,)}).fit(observations, 0)
    network = networks[0]._network
    # It was trained, but is not in the vectors.
    assert np.abs(network.trunk.get_layer("item_projection").get_weights()[0]).max() > 1e-3
    tables = {each.name: layer.embeddings.numpy()[:, :-1] for each, layer in network.tables.items()}
    users = tables["user"][2:]
    np.testing.assert_allclose(
        towers.users, users / np.linalg.norm(users, axis=1, keepdims=True) / QUICK["temperature"], rtol=1e-4
    )
    items = tables["item"][2:] + observations.items.features @ np.delete(tables["item: genres"], 1, axis=0)
    np.testing.assert_allclose(towers.items, items / np.linalg.norm(items, axis=1, keepdims=True), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("params", "rate"),
    [
        ({}, 3e-4),
        ({"start": "random"}, 3e-4),
        ({"user_tower": "history"}, 3e-5),
        ({"user_tower": "history", "start": "random"}, 3e-4),
    ],
)
def test_the_learning_rate_that_is_chosen(tastes, observe, params, rate):
    observations, quick = observe(tastes), QUICK | {"max_epochs": 1}
    chosen, given, other = (
        TwoTowers(**quick | params | {"learning_rate": each}).fit(observations, 0).users
        for each in ("auto", rate, 0.02)
    )
    assert np.array_equal(chosen, given)
    assert not np.array_equal(chosen, other)


@pytest.mark.usefixtures("without_compiling")
def test_a_history_begins_with_the_linear_autoencoder_and_the_roots_of_its_lengths(tastes, observe):
    observations = observe(tastes)
    towers = TwoTowers(**QUICK | {"user_tower": "history", "max_epochs": 1, "learning_rate": 1e-9}).fit(observations, 0)
    start = LinearAutoencoder(dim=8).fit(observations, 0).items
    lengths = np.linalg.norm(start, axis=1, keepdims=True)
    np.testing.assert_allclose(towers.history, start / np.sqrt(lengths), atol=1e-5)
    np.testing.assert_allclose(towers.items, start / lengths, atol=1e-4)


def test_a_history_is_repeatable_and_keys_are_another_tower(tastes, observe):
    observations, method = observe(tastes), TwoTowers(**HISTORY | {"max_epochs": 2, "max_history": 3})
    one, two, other = (method.fit(observations, seed).to_arrays() for seed in (5, 5, 6))
    assert all(np.array_equal(each, two[name]) for name, each in one.items())
    assert not np.array_equal(one["users"], other["users"])
    keys = TwoTowers(**HISTORY | {"max_epochs": 2, "user_tower": "key"}).fit(observations, 5)
    assert (keys.history, keys.user_scales) == (None, None)


@pytest.mark.usefixtures("without_compiling")
def test_users_with_one_item_each_start_with_a_penalty_of_one(observe):
    table = pd.DataFrame({"user": range(30), "item": [n % 5 for n in range(30)]})
    towers = TwoTowers(**QUICK | {"max_epochs": 1}).fit(observe(table), 0)
    assert np.isfinite(towers.users).all()


@pytest.mark.usefixtures("without_compiling")
def test_a_sharper_temperature_makes_longer_users(tastes, observe):
    towers = TwoTowers(**QUICK | {"max_epochs": 1, "temperature": 0.05}).fit(observe(tastes), 0)
    assert np.linalg.norm(towers.users, axis=1) == pytest.approx(20, rel=1e-4)


@pytest.mark.usefixtures("without_compiling")
def test_without_columns_there_are_no_maps(tastes, observe):
    towers = TwoTowers(**QUICK | {"max_epochs": 1}).fit(observe(tastes), 0)
    assert (towers.user_map, towers.item_map) == (None, None)


@pytest.mark.parametrize(
    ("table", "params", "told"),
    [
        (pd.DataFrame({"user": [1], "item": [2]}), {}, "a single interaction. Pass at least two"),
        (pd.DataFrame({"user": [1, 2], "item": [2, 3]}), {"loss": "rating"}, "needs ratings, and there are none"),
    ],
)
def test_wrong_tables(observe, table, params, told):
    with pytest.raises(DataError, match=told):
        TwoTowers(**params).fit(observe(table), 0)


@pytest.mark.parametrize(
    ("params", "error", "told"),
    [
        ({"loss": "sofmax"}, UnknownNameError, "No loss named 'sofmax'.*Did you mean 'softmax'"),
        ({"start": "zero"}, UnknownNameError, "No start named 'zero'"),
        ({"user_tower": "histroy"}, UnknownNameError, "No user_tower named 'histroy'.*Did you mean 'history'"),
        ({"user_tower": "history", "max_history": 0}, ValueError, "max_history must be a positive integer"),
        ({"user_tower": "history", "loss": "rating"}, ValueError, "not for the loss 'rating'.*Use user_tower='key'"),
        (
            {"projection_units": 256},
            ValueError,
            "projection_units must be a tuple of positive integers, or 'auto', got 256",
        ),
        ({"projection_units": "atuo"}, ValueError, "projection_units must be a tuple of positive integers, or 'auto'"),
        ({"projection_units": (64, 0)}, ValueError, "projection_units must be a positive integer, got 0"),
        ({"dim": 0}, ValueError, "dim must be a positive integer"),
        ({"batch_size": 0}, ValueError, "batch_size must be a positive integer"),
        ({"max_epochs": 1.5}, ValueError, "max_epochs must be a positive integer"),
        ({"learning_rate": 0}, ValueError, "learning_rate must be a positive number or 'auto', got 0"),
        ({"learning_rate": "atuo"}, ValueError, "learning_rate must be a positive number or 'auto', got 'atuo'"),
        ({"temperature": -1}, ValueError, "temperature must be a positive number"),
        ({"weight_decay": -1}, ValueError, "weight_decay must be a number of at least 0"),
        ({"id_dropout": 1}, ValueError, r"id_dropout must be a number in \[0, 1\), got 1"),
        ({"id_dropout": -0.1}, ValueError, r"id_dropout must be a number in \[0, 1\)"),
    ],
)
def test_wrong_parameters(params, error, told):
    with pytest.raises(error, match=told):
        TwoTowers(**params).check()
