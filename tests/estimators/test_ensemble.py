"""Ensembles of networks."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from tabemb import EmbeddingClassifier, EmbeddingRegressor
from tabemb.estimators.ensemble import copy_tables, mean_table, network_seeds, weights_by_name
from tabemb.inference.answers import mean_of
from tabemb.nn.seeds import Seeds


@pytest.fixture(scope="module")
def params(quick):
    """With vectors for columns of few categories too."""
    return {**quick, "one_hot_max_categories": 0}


@pytest.fixture(scope="module")
def single(flights, late, params):
    return EmbeddingClassifier(**params).fit(flights, late)


@pytest.fixture(scope="module")
def three(flights, late, params):
    return EmbeddingClassifier(**params, n_ensemble=3).fit(flights, late)


def test_the_first_member_equals_a_single_fit(three, single, flights):
    assert len(three.networks_) == len(three.histories_) == 3
    assert three.networks_[0] is three.network_
    assert three.history_ == three.histories_[0] == single.history_
    for one, other in zip(three.network_.get_weights(), single.network_.get_weights(), strict=True):
        assert np.array_equal(one, other)
    assert single.networks_ == [single.network_]
    assert single.histories_ == [single.history_]


def test_an_ensemble_repeats_exactly_and_differs_from_a_single_network(three, single, flights, late):
    again = clone(three).fit(flights, late)
    assert np.array_equal(again.predict_proba(flights), three.predict_proba(flights))
    assert again.histories_ == three.histories_
    other = clone(three).set_params(random_state=1).fit(flights, late)
    assert not np.array_equal(other.predict_proba(flights), three.predict_proba(flights))
    assert not np.array_equal(single.predict_proba(flights), three.predict_proba(flights))
    assert len({str(history) for history in three.histories_}) == 3


@pytest.mark.parametrize("cls", [EmbeddingClassifier, EmbeddingRegressor])
def test_predictions_are_the_mean_over_the_members(cls, flights, late, delay, params):
    model = cls(**params, n_ensemble=3).fit(flights, late if cls is EmbeddingClassifier else delay)
    table = model.encoder_.encode(flights)
    answers = [
        model.task_.activate(network({"indices": table.indices, "numbers": table.numbers}).numpy())
        for network in model.networks_
    ]
    given = model.predict_proba(flights) if cls is EmbeddingClassifier else model.predict(flights)
    np.testing.assert_allclose(given, np.mean(answers, axis=0), rtol=1e-5, atol=1e-6)
    assert model.score(flights, late if cls is EmbeddingClassifier else delay) > 0


def test_each_member_has_its_own_validation_part(three, flights):
    from tabemb.training.batches import Rows

    rows = Rows(table=three.encoder_.encode(flights), targets=np.zeros(120, "float32"))
    parts = [three._split(rows, seeds)[0].kept.tolist() for seeds in network_seeds(Seeds(0), 3)]
    assert len({str(part) for part in parts}) == 3


def test_members_share_only_their_initial_tables(flights, late, params, untrained):
    with untrained():
        model = EmbeddingClassifier(**params, n_ensemble=2).fit(flights, late)
    first, second = model._networks
    for one, other in zip(first.tables.values(), second.tables.values(), strict=True):
        assert np.array_equal(one.embeddings.numpy()[2:], other.embeddings.numpy()[2:])
    one, other = (network.get_layer("trunk").get_weights()[0] for network in model.networks_)
    assert not np.array_equal(one, other)
    assert first.spec.seed != second.spec.seed


def test_members_share_the_start_that_is_computed_from_the_table(late, params, untrained):
    X = pd.DataFrame({"dest": list("ABCDEF") * 20, "zone": ["x", "x", "y", "y", "z", "z"] * 20})
    with untrained():
        model = EmbeddingClassifier(**params, n_ensemble=3).fit(X, late)
        random = EmbeddingClassifier(**params, start="random").fit(X, late)
    first, *others = ([table.embeddings.numpy()[2:] for table in each.tables.values()] for each in model._networks)
    assert len(others) == 2
    for other in others:
        for one, two in zip(first, other, strict=True):
            np.testing.assert_allclose(one, two, atol=1e-6)
    assert np.abs(first[0] - next(iter(random._network.tables.values())).embeddings.numpy()[2:]).max() > 0.01


def test_vectors_are_the_mean_of_the_rotated_tables(three):
    feature = three._network.spec.features[0]
    tables = [network.vectors(feature) for network in three._networks]
    counts = three.encoder_.vocabularies["dest"].counts
    dest = three.vectors_["dest"]
    assert np.array_equal(dest.vectors, mean_table(tables, counts)[2:])
    assert dest.vectors.dtype == "float32"
    # They have one start and few epochs, so that they stay near each other.
    assert np.abs(dest.vectors - tables[0][2:]).max() < 0.5 * np.abs(tables[0]).max()


def test_the_mean_undoes_a_rotation():
    rng = np.random.default_rng(0)
    table = rng.normal(size=(50, 4)).astype("float32")
    rotation = np.linalg.qr(rng.normal(size=(4, 4)))[0].astype("float32")
    counts = np.r_[0, 0, rng.integers(1, 100, 48)]
    np.testing.assert_allclose(mean_table([table, table @ rotation], counts), table, atol=1e-5)


def test_the_rotation_is_weighted_by_counts():
    rng = np.random.default_rng(0)
    table, other = rng.normal(size=(2, 50, 2))
    rotation = np.array([[0.0, 1.0], [-1.0, 0.0]])
    other[:3] = table[:3] @ rotation
    turned = 2 * mean_table([table, other], np.r_[np.full(3, 1e9), np.ones(47)]) - table
    np.testing.assert_allclose(turned[:3], table[:3], atol=1e-5)


def test_network_seeds_differ_except_for_the_first():
    seeds = Seeds(5)
    first, second, third = network_seeds(seeds, 3)
    assert first is seeds
    assert len({first.root, second.root, third.root}) == 3
    assert network_seeds(Seeds(5), 2)[1].root == second.root


def test_means_of_increasing_rows_increase():
    only = np.arange(3.0)
    assert mean_of([only]) is only
    rng = np.random.default_rng(0)
    several = [np.sort(rng.normal(size=(100, 3)), axis=1) for _ in range(5)]
    mean = mean_of(iter(several))
    np.testing.assert_allclose(mean, np.mean(several, axis=0), rtol=1e-12)
    assert (np.diff(mean, axis=1) >= 0).all()


def test_copy_tables_copies_only_the_tables(single):
    fresh = single._network_from_seed(9)
    kernel = fresh.trunk.get_weights()[0]
    copy_tables(single._network, fresh)
    feature = fresh.spec.features[0]
    assert np.array_equal(fresh.vectors(feature), single._network.vectors(feature))
    assert np.array_equal(fresh.trunk.get_weights()[0], kernel)


def test_a_refit_with_one_network_drops_the_other_members(flights, late, params, single):
    model = EmbeddingClassifier(**{**params, "max_epochs": 1}, n_ensemble=2).fit(flights, late)
    again = model.set_params(n_ensemble=1, max_epochs=3).fit(flights, late)
    assert len(again.networks_) == 1
    assert np.array_equal(again.predict_proba(flights), single.predict_proba(flights))


def test_frozen_rows_are_neither_rotated_nor_averaged():
    rng = np.random.default_rng(0)
    tables = [rng.normal(size=(6, 2)).astype(np.float32) for _ in range(3)]
    held = np.arange(6) % 2 == 0
    for each in tables:
        each[held] = tables[0][held]
    mean = mean_table(tables, np.ones(6), held)
    assert mean[held].tobytes() == tables[0][held].tobytes()
    np.testing.assert_allclose(mean[~held], np.mean(tables, axis=0)[~held], rtol=1e-5)


def test_weights_are_named_by_their_position(flights, late, quick):
    network = EmbeddingClassifier(**quick).fit(flights, late)._network
    named = weights_by_name(network)
    assert list(named) == [f"{place:04d}" for place in range(len(network.model.get_weights()))]
    assert all(map(np.array_equal, named.values(), network.model.get_weights()))
