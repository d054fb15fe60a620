import numpy as np
from sklearn.dummy import DummyClassifier

from tabemb.experiments.comparison.baselines import Majority
from tabemb.experiments.comparison.targets import TARGETS


def fit(y, task):
    target = TARGETS[task](y)
    model = Majority().build(target, DummyClassifier(), 0)
    return target, model.fit(np.empty((len(y), 1)), y)


def test_classes_get_their_shares_and_the_most_frequent_is_the_label():
    target, model = fit(np.array(["a", "b", "b", "b"], dtype=object), "binary")
    assert target.predict_proba(model, np.empty((1, 1))).tolist() == [[0.25, 0.75]]
    assert target.predict(model, np.empty((1, 1))).tolist() == [1]
    assert Majority().n_parameters(model) == 2


def test_numbers_get_their_mean():
    target, model = fit(np.array([1.0, 2.0, 6.0]), "regression")
    assert target.predict(model, np.empty((1, 1))).tolist() == [3.0]
    assert Majority().n_parameters(model) == 1


def test_labels_get_their_shares():
    target, model = fit(np.array([[1, 0], [1, 0], [0, 1], [1, 0]]), "multilabel")
    assert target.predict_proba(model, np.empty((1, 1))).tolist() == [[0.75, 0.25]]


def test_no_column_is_used():
    assert Majority().input_bytes(None, None) == (0.0, 0.0)
