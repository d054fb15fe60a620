"""The paper's network."""

import numpy as np
import pytest

from tabemb.experiments.paper.network import StudyNetwork

INPUTS = {"categorical": ["shop", "weekday"], "embedding_dim": {"shop": 3, "weekday": 2}}


def test_layers_and_epochs_are_those_of_the_parameters(rows, network):
    fitted = network.regressor(0, **INPUTS).fit(rows.tables[0], rows.targets)
    assert fitted.n_epochs_ == 2
    assert {name: vectors.dim for name, vectors in fitted.vectors_.items()} == {"shop": 3, "weekday": 2}
    # Five numbers of the vectors and the two plain ones, eight units, one output.
    dense = [weight.shape for weight in fitted.network_.weights if weight.shape in {(7, 8), (8, 1)}]
    assert dense == [(7, 8), (8, 1)]


def test_it_learns_by_the_absolute_error_without_any_of_the_usual_helps():
    model = StudyNetwork(hidden_units=(4,)).regressor(0)
    assert model.loss == "absolute_error"
    assert (model.category_dropout, model.weight_decay, model.early_stopping) == (0, 0, False)
    assert model.body == {"name": "mlp", "hidden_units": (4,), "dropout": 0.0}
    assert model.schedule == "constant"
    assert model.embedding_rate == 3


def test_its_tables_learn_alike_whatever_their_width(rows, network):
    fitted = network.regressor(0, **INPUTS).fit(rows.tables[0], rows.targets)
    assert [feature.table.rate for feature in fitted._network.spec.features] == [1.0, 1.0]


def test_several_have_seeds_of_their_own(rows, network):
    one, two = network.fit_several(rows.tables[0], rows.targets, 5, **INPUTS)
    assert (one.random_state, two.random_state) == (5, 6)
    assert not np.allclose(one.predict(rows.tables[1]), two.predict(rows.tables[1]))


def test_a_given_network_is_not_fitted_again(rows, network):
    known = object()
    fitted = network.fit_several(rows.tables[0], rows.targets, 0, first=known, **INPUTS)
    assert fitted[0] is known
    assert [each.random_state for each in fitted[1:]] == [1]


@pytest.mark.parametrize(("name", "value"), [("batch_size", 64), ("epochs", 3), ("hidden_units", (5,))])
def test_the_encoder_has_the_same_network(network, name, value):
    network.set_params(**{name: value})
    params, other = network.encoder(0).get_params(), network.regressor(0).get_params()
    assert all(params[each] == other[each] for each in ("batch_size", "max_epochs", "body", "learning_rate"))
