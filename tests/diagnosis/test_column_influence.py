"""How strongly the first layer of a network uses each column."""

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from tabemb import EmbeddingClassifier, EmbeddingRegressor
from tabemb.diagnosis.column_influence import column_influence
from tabemb.exceptions import DataError
from tabemb.nn.network import first_kernels


def test_the_effect_is_the_standard_deviation_over_rows(classifier, flights):
    found = column_influence(classifier)
    kernels, table = first_kernels(classifier._network), classifier.encoder_.encode(_frame(classifier, flights))
    for feature in classifier._network.spec.features:
        rows = classifier._network.vectors(feature)[table.indices[:, feature.position]]
        effect = np.sqrt((rows @ kernels[feature.name]).var(axis=0).mean())
        assert found.loc[feature.name, "effect"] == pytest.approx(effect, rel=1e-4)
        assert found.loc[feature.name, "kernel"] == pytest.approx(np.sqrt((kernels[feature.name] ** 2).mean()))
    assert found["share"].sum() == pytest.approx(1)
    assert found["effect"].is_monotonic_decreasing
    assert (found.index.name, list(found)) == ("column", ["kernel", "effect", "share"])


def _frame(model, table):
    return model._read(table)


@pytest.mark.parametrize("body", ["mlp", "ensemble", "resnet"])
def test_an_informative_column_has_more_influence(body, quick):
    rng = np.random.default_rng(0)
    rides = pd.DataFrame({"driver": rng.integers(0, 20, 800), "stop": rng.choice(list("abcdefghijklmnop"), 800)})
    crowded = 10.0 * rides["stop"].map(ord)
    model = EmbeddingRegressor(["driver"], body=body, embedding_dim=8, max_epochs=15, random_state=0)
    assert column_influence(model.fit(rides, crowded)).index[0] == "stop"


def test_squares_are_averaged_over_an_ensemble(flights, late, quick):
    model = EmbeddingClassifier(**quick, one_hot_max_categories=0, n_ensemble=2).fit(flights, late)
    together = column_influence(model)
    model._others, others = (), model._others
    first = column_influence(model)
    model._network = others[0]
    second = column_influence(model)
    squares = [each.loc["dest", "effect"] ** 2 for each in (first, second)]
    assert together.loc["dest", "effect"] == pytest.approx(np.sqrt(np.mean(squares)))


def test_models_without_such_a_layer_are_an_error(flights, late, quick):
    model = EmbeddingClassifier(**{**quick, "body": "cross", "max_epochs": 1}, one_hot_max_categories=0)
    with pytest.raises(NotFittedError):
        column_influence(model)
    with pytest.raises(DataError, match="The body 'cross' has no first layer that alone reads the concatenated"):
        column_influence(model.fit(flights, late))
    with pytest.raises(DataError, match="No column has vectors; set one_hot_max_categories=0"):
        column_influence(EmbeddingClassifier(**quick, one_hot_max_categories=50).fit(flights, late))
