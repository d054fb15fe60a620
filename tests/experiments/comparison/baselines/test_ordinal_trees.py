import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier

from tabemb.experiments.comparison.baselines import OrdinalTrees
from tabemb.experiments.comparison.targets import TARGETS


def fit(X, y, **params):
    return OrdinalTrees(**params).build(TARGETS["regression"](y), DummyClassifier(), 0).fit(X, y)


def test_codes_follow_frequency_and_missing_is_nan():
    X = pd.DataFrame({"city": ["b", "b", "a", None], "size": [1.0, 2.0, 3.0, 6.0]})
    rows = fit(X, np.arange(4.0)).matrix(pd.DataFrame({"city": ["a", "b", None, "new"], "size": [3.0] * 4}))
    np.testing.assert_array_equal(rows[:, 0], [3, 2, np.nan, 1])
    assert np.isfinite(rows[:, 1]).all()


def test_columns_of_few_categories_are_split_as_categories_and_large_ones_by_order():
    few = pd.DataFrame({"id": [f"k{i % 253}" for i in range(600)]})
    many = pd.DataFrame({"id": [f"k{i % 254}" for i in range(600)]})
    y = np.arange(600.0)
    assert fit(few, y).model_.is_categorical_.tolist() == [True]
    assert fit(many, y).model_.is_categorical_ is None


def test_nodes_are_counted():
    X, y = pd.DataFrame({"size": np.arange(100.0)}), np.repeat([0.0, 1.0], 50)
    # One split and two leaves.
    model = OrdinalTrees(max_iter=1).build(TARGETS["regression"](y), DummyClassifier(), 0).fit(X, y)
    assert model.model_.n_iter_ == 1
    assert OrdinalTrees().n_parameters(model) == 3
    assert OrdinalTrees().input_bytes(model, X) == (800.0, 800.0)


def test_its_parameters_reach_the_trees():
    X, y = pd.DataFrame({"size": np.arange(100.0)}), np.arange(100.0)
    model = fit(X, y, max_iter=7, learning_rate=0.5).model_
    assert (model.n_iter_, model.learning_rate) == (7, 0.5)
