"""The network of two towers."""

import numpy as np
import pandas as pd
import pytest

from tabemb.nn.towers import RatingTask, SampledSoftmaxTask
from tabemb.recommend.methods import tower_network as module
from tabemb.recommend.methods.tower_network import TowerNetwork
from tabemb.training.interaction_rows import InteractionRows

DIM = 4
FILMS = pd.DataFrame(
    {
        "user": [f"u{n % 8}" for n in range(40)],
        "item": [f"i{n % 5}" for n in range(40)],
        "genres": ["a|b", "a", "b|c|b", None, "c|a|b"] * 8,
        "year": [1990.0, 1995.0, 2000.0, np.nan, 2010.0] * 8,
        "group": list("ggghhhgh") * 5,
    }
)


@pytest.fixture(scope="module")
def observations(observe):
    return observe(FILMS, user=["group"], item=["genres", "year"], multi_valued={"genres": "|"})


def task():
    return SampledSoftmaxTask(DIM, 0.2, 5, np.log(5))


def outputs(network, observations):
    """Return what the network says of each interaction."""
    rows = InteractionRows(
        users=network._users.table,
        items=network._items.table,
        user_rows=observations.user_rows,
        item_rows=observations.item_rows,
        shares=observations.item_shares,
        draws=network._draws,
    ).drawn(np.random.default_rng(0))
    its = {name: array for name, array in rows.table.inputs().items() if name in network._network.model.input}
    return np.array(network._network.model(its)).reshape(len(rows), -1, DIM + 1)


@pytest.mark.usefixtures("without_compiling")
@pytest.mark.parametrize(("unit", "draws"), [(False, False), (True, True)])
def test_the_vectors_of_rows_are_those_of_the_network(observations, unit, draws):
    network = TowerNetwork(observations, DIM, unit=unit, draws=draws, seed=0)
    users, items = network.trained(
        SampledSoftmaxTask(DIM, 0.2, 5, np.log(5), draws), batch_size=8, max_epochs=2, learning_rate=0.05
    )
    found = outputs(network, observations)
    assert found.shape == (40, 3 if draws else 2, DIM + 1)
    for place, (tower, rows) in enumerate(((users, observations.user_rows), (items, observations.item_rows))):
        vectors = tower.vectors[rows]
        if unit:
            vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        np.testing.assert_allclose(found[:, place, :DIM], vectors, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(found[:, place, DIM], tower.biases[rows], rtol=1e-4, atol=1e-6)
    # A row without a known key is the sum of its columns and of what stands for the key.
    features = observations.items.features
    keys = items.vectors - features @ items.columns.weights
    assert np.linalg.norm(keys - items.columns.intercept) > 1e-3
    assert items.columns.weights.shape == (features.shape[1], DIM)


@pytest.mark.usefixtures("without_compiling")
def test_it_is_the_same_for_the_same_seed(observations):
    one, two, other = (
        TowerNetwork(observations, DIM, unit=True, draws=True, seed=seed).trained(
            SampledSoftmaxTask(DIM, 0.2, 5, np.log(5), True),
            batch_size=8,
            max_epochs=2,
            learning_rate=0.01,
            category_dropout=0.2,
        )
        for seed in (3, 3, 4)
    )
    for side in range(2):
        assert np.array_equal(one[side].vectors, two[side].vectors)
        assert np.array_equal(one[side].columns.weights, two[side].columns.weights)
        assert not np.array_equal(one[side].vectors, other[side].vectors)


@pytest.mark.usefixtures("without_compiling")
def test_users_who_are_pools_have_the_vectors_of_their_items(observations):
    network = TowerNetwork(observations, DIM, unit=False, draws=True, seed=0, most_seen=3)
    users, items = network.trained(
        SampledSoftmaxTask(DIM, 0.2, 5, np.log(5), True), batch_size=8, max_epochs=2, learning_rate=0.05
    )
    tables = {each.name: layer.embeddings.numpy() for each, layer in network._network.tables.items()}
    assert set(tables) == {"item", "item: genres", "item: year", "user: group"}
    matrix = observations.matrix.matrix
    means = matrix @ items.vectors / matrix.sum(axis=1)[:, None]
    expected = means + observations.users.features @ users.columns.weights
    np.testing.assert_allclose(users.vectors, expected, rtol=1e-4, atol=1e-5)
    assert np.array_equal(users.columns.intercept, tables["item"][0, :DIM])


@pytest.mark.usefixtures("without_compiling")
def test_users_who_are_pools_are_held_out_whole(observe, monkeypatch):
    held = []

    def drawn(self, generator):
        held.append(np.unique(self.user_rows))
        return real(self, generator)

    def epoch(self, *given):
        assert not np.isin(self.user_rows, held[0][:-1]).any()
        return real_epoch(self, *given)

    real, real_epoch = InteractionRows.drawn, InteractionRows.epoch
    monkeypatch.setattr(InteractionRows, "drawn", drawn)
    monkeypatch.setattr(InteractionRows, "epoch", epoch)
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"user": np.repeat(np.arange(50), 4), "item": rng.integers(0, 5, 200)})
    network = TowerNetwork(observe(table), DIM, unit=True, draws=False, seed=0, most_seen=3)
    network.trained(task(), batch_size=32, max_epochs=1, learning_rate=0.01)
    assert [len(each) for each in held] == [5]


def test_biases_begin_at_zero_and_a_start_sets_keys(observations):
    network = TowerNetwork(observations, DIM, unit=False, draws=False, seed=0)
    before = outputs(network, observations)
    assert (before[:, :, DIM] == 0).all()
    assert (np.abs(before[:, :, :DIM]) > 0).any()
    users, items = (np.random.default_rng(0).normal(size=(n, 3)).astype(np.float32) for n in (8, 5))
    biases = np.arange(5, dtype=np.float32)
    network.start(users, items, biases)
    found = outputs(network, observations)
    # Columns are zero, and so is the dimension that the start does not have.
    assert np.array_equal(found[:, 0, :3], users[observations.user_rows])
    assert np.array_equal(found[:, 1, :3], items[observations.item_rows])
    assert (found[:, :, 3] == 0).all()
    assert np.array_equal(found[:, 1, DIM], biases[observations.item_rows])
    assert (found[:, 0, DIM] == 0).all()
    tables = {each.name: layer.embeddings.numpy() for each, layer in network._network.tables.items()}
    np.testing.assert_allclose(tables["user"][:2, :3], np.tile(users.mean(axis=0), (2, 1)), rtol=1e-6)
    assert tables["item"][:2, DIM].tolist() == [0, 0]


def test_a_random_start_keeps_vectors_and_sets_biases(observations):
    network = TowerNetwork(observations, DIM, unit=False, draws=False, seed=0)
    before = outputs(network, observations)
    network.start(None, None, np.arange(5, dtype=np.float32))
    after = outputs(network, observations)
    assert np.array_equal(before[:, :, :DIM], after[:, :, :DIM])
    assert np.array_equal(after[:, 1, DIM], observations.item_rows.astype(np.float32))


@pytest.mark.usefixtures("without_compiling")
@pytest.mark.parametrize(("n", "n_held"), [(49, 0), (50, 5), (200, 20)])
def test_a_tenth_is_held_out_of_fifty_or_more(observe, monkeypatch, n, n_held):
    held = []

    def drawn(self, generator):
        held.append(len(self))
        return real(self, generator)

    real = InteractionRows.drawn
    monkeypatch.setattr(InteractionRows, "drawn", drawn)
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"user": rng.integers(0, 9, n), "item": rng.integers(0, 5, n)})
    network = TowerNetwork(observe(table), DIM, unit=True, draws=False, seed=0)
    network.trained(task(), batch_size=2048, max_epochs=1, learning_rate=0.01)
    assert held == ([n_held] if n_held else [])


def test_small_tables_have_small_batches(observe, monkeypatch):
    sizes = []

    class Watched(module_trainer()):
        def __init__(self, *, batch_size, **params):
            sizes.append(batch_size)
            super().__init__(batch_size=batch_size, **params)

    monkeypatch.setattr("tabemb.training.trainer.Trainer", Watched)
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"user": rng.integers(0, 9, 1000), "item": rng.integers(0, 5, 1000)})
    for asked in (2048, 40, 16):
        network = TowerNetwork(observe(table), DIM, unit=True, draws=False, seed=0)
        network.trained(task(), batch_size=asked, max_epochs=1, learning_rate=0.01)
    # 900 rows to train on, in twenty steps or more.
    assert sizes == [900 // module.LEAST_STEPS, 40, 16]


def module_trainer():
    from tabemb.training.trainer import Trainer

    return Trainer


def test_ratings_are_targets_and_weights_matter(observe):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"user": rng.integers(0, 6, 300), "item": rng.integers(0, 6, 300)})
    table["stars"] = 3.0 + (table["item"] % 2)
    table["w"] = np.where(table["user"] % 2, 100.0, 0.01)
    found = [
        TowerNetwork(observe(table, rating="stars", weight=weight), DIM, unit=False, draws=False, seed=0).trained(
            RatingTask(DIM, 3.5, 0.25), batch_size=32, max_epochs=15, learning_rate=0.05
        )
        for weight in (None, "w")
    ]
    observations = observe(table, rating="stars")
    (users, items), rows = found[0], (observations.user_rows, observations.item_rows)
    scores = 3.5 + (users.vectors[rows[0]] * items.vectors[rows[1]]).sum(axis=1)
    scores += users.biases[rows[0]] + items.biases[rows[1]]
    assert np.abs(scores - observations.ratings).mean() < 0.1
    assert not np.array_equal(found[0][1].biases, found[1][1].biases)
