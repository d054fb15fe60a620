"""Logits and losses of held-out rows."""

import numpy as np
import pytest

from tabemb import EmbeddingClassifier, EmbeddingRegressor
from tabemb.estimators.held_out import held_out_logits, held_out_losses, mean_and_error
from tabemb.nn.seeds import Seeds
from tabemb.training.batches import Rows

BODIES = [
    {"name": "mlp", "hidden_units": (8,)},
    {"name": "ensemble", "n_members": 4, "hidden_units": (8,)},
    {"name": "tabm", "n_members": 3, "hidden_units": (8,)},
    {"name": "wide_deep", "hidden_units": (8,)},
]


def fitted(body, flights, late, quick, **params):
    return EmbeddingClassifier(**{**quick, "body": body, "one_hot_max_categories": 0, **params}).fit(flights, late)


def validation(model, flights, late):
    rows = Rows(table=model.encoder_.encode(flights), targets=model.task_.encode(late))
    return model._split(rows, Seeds(0))[1]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body["name"])
def test_the_vectors_of_the_network_can_be_given(body, flights, late, quick):
    model = fitted(body, flights, late, quick, embedding_dim=16)
    held = validation(model, flights, late)
    given = {
        feature.name: model._network.vectors(feature)[held.table.indices[:, feature.position]]
        for feature in model._network.spec.embedded
    }
    assert set(given) == {"dest", "carrier"}
    plain = held_out_logits(model._network, held)
    assert plain.shape == (len(held), 1)
    assert plain.std() > 0
    np.testing.assert_allclose(held_out_logits(model._network, held, given), plain, atol=1e-5)
    given["dest"] = given["dest"] + 1
    changed = held_out_logits(model._network, held, {"dest": given["dest"]})
    assert np.abs(changed - plain).max() > 1e-3
    # The network itself is unchanged.
    np.testing.assert_array_equal(held_out_logits(model._network, held), plain)


def test_the_losses_are_those_of_the_task(flights, delay, quick):
    model = EmbeddingRegressor(**quick, one_hot_max_categories=0).fit(flights, delay)
    rows = Rows(table=model.encoder_.encode(flights), targets=model.task_.encode(delay))
    losses = held_out_losses(model._network, model.task_, rows)
    logits = held_out_logits(model._network, rows)
    assert losses.dtype == np.float64
    np.testing.assert_allclose(losses, np.asarray(model.task_.loss(rows.targets, logits)), rtol=1e-6)


def test_rows_are_answered_in_portions(flights, late, quick, monkeypatch):
    for body in BODIES[:3]:
        model = fitted(body, flights, late, quick, embedding_dim=16)
        held = validation(model, flights, late)
        given = {"dest": np.zeros((len(held), 16), np.float32)}
        whole = held_out_logits(model._network, held, given)
        with monkeypatch.context() as patch:
            patch.setattr("tabemb.estimators.held_out.PORTION", 5)
            np.testing.assert_allclose(held_out_logits(model._network, held, given), whole, atol=1e-6)


@pytest.mark.parametrize("weights", [None, np.ones(200), np.repeat([0.0, 1.0], 100), np.repeat([3.0, 1.0], 100)])
def test_a_mean_has_its_standard_error(weights):
    values = np.random.default_rng(0).normal(2.0, 3.0, 200)
    mean, error = mean_and_error(values, weights)
    assert mean == pytest.approx(np.average(values, weights=weights))
    assert 0.15 < error < 0.3
