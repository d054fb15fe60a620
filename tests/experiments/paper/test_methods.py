"""The methods."""

import sys

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsRegressor
from sklearn.preprocessing import Normalizer

from tabemb.experiments.paper.forms import FORMS
from tabemb.experiments.paper.methods import METHODS, Method
from tabemb.experiments.paper.network import StudyNetwork

DIMS = {"shop": 3, "weekday": 2}
SMALL = {"random_forest": {"n_trees": 5}, "boosted_trees": {"rounds": 30}}


@pytest.fixture(scope="module")
def features(rows):
    """Return the rows in forms that are made quickly."""
    network = StudyNetwork(hidden_units=(32,), epochs=30, batch_size=32)
    return {name: FORMS[name]().make(rows, network, DIMS, 0) for name in ("raw", "embeddings", "target_encoding")}


@pytest.mark.parametrize("form", ["raw", "embeddings"])
@pytest.mark.parametrize("name", sorted(METHODS))
def test_every_method_beats_the_median_and_repeats_itself(name, form, rows, network, features):
    network.set_params(epochs=30, hidden_units=(32,))
    method = METHODS.resolve({"name": name} | SMALL.get(name, {}))
    amounts = method.predict(features[form], rows, network, 0)
    assert amounts.shape == (len(rows.test),)
    assert rows.error(amounts) < rows.error(np.full(len(rows.test), np.median(rows.amounts)))
    # The trees of a forest are added up by several threads, in the order in which they come.
    np.testing.assert_allclose(method.predict(features[form], rows, network, 0), amounts, rtol=1e-12)


def test_neighbors_are_those_of_scikit_learn(rows, network, features):
    encoded = features["target_encoding"]
    # With as many neighbors as there are rows no tie is to be decided.
    k = len(rows.targets)
    rival = KNeighborsRegressor(k, weights="distance", p=1).fit(encoded.matrices[0], rows.targets)
    expected = rows.in_amounts(rival.predict(encoded.matrices[1]))
    got = METHODS["knn"](k).predict(encoded, rows, network, 0)
    far = np.isfinite(got) & ~(rival.kneighbors(encoded.matrices[1])[0][:, 0] < 1e-6)
    np.testing.assert_allclose(got[far], expected[far], rtol=1e-3)


def test_codes_are_scaled_to_length_one(rows, network, features):
    train, test = map(Normalizer().fit_transform, features["raw"].matrices)
    rival = KNeighborsRegressor(3, weights="distance", p=1).fit(train, rows.targets)
    expected = rows.in_amounts(rival.predict(test))
    np.testing.assert_allclose(METHODS["knn"](3).predict(features["raw"], rows, network, 0), expected)


def test_more_neighbors_than_rows_are_all_rows(rows, network, features):
    assert np.isfinite(METHODS["knn"](10_000).predict(features["raw"], rows, network, 0)).all()


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("knn", {"n_neighbors": 2}),
        ("random_forest", {"n_trees": 2}),
        ("random_forest", {"n_trees": 5, "max_depth": 2}),
        ("boosted_trees", {"rounds": 5}),
        ("boosted_trees", {"rounds": 30, "learning_rate": 0.3}),
        ("boosted_trees", {"rounds": 30, "max_depth": 2}),
        ("boosted_trees", {"rounds": 30, "share": 0.4}),
    ],
)
def test_every_parameter_makes_a_difference(name, changed, rows, network, features):
    usual = METHODS.resolve({"name": name} | SMALL.get(name, {})).predict(features["raw"], rows, network, 0)
    other = METHODS.resolve({"name": name} | changed).predict(features["raw"], rows, network, 0)
    assert not np.allclose(usual, other)


def test_without_lightgbm_the_trees_are_those_of_scikit_learn(rows, network, features, monkeypatch):
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    amounts = METHODS["boosted_trees"](rounds=30).predict(features["raw"], rows, network, 0)
    assert rows.error(amounts) < 0.1


def test_several_networks_are_averaged_in_amounts(rows, network, features):
    raw = features["raw"]
    one, two = network.fit_several(rows.tables[0], rows.targets, 0, **raw.inputs)
    expected = (rows.in_amounts(one.predict(rows.tables[1])) + rows.in_amounts(two.predict(rows.tables[1]))) / 2
    np.testing.assert_allclose(METHODS["network"]().predict(raw, rows, network, 0), expected, rtol=1e-5)


def test_a_method_must_say_how_it_predicts(rows, network, features):
    with pytest.raises(TypeError, match="a method must define predict"):
        Method().predict(features["raw"], rows, network, 0)
