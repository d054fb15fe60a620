"""Whether predicted probabilities come true."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import calibration_curve
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LogisticRegression

import tabemb
from tabemb.experiments.comparison.calibration import Calibration


def test_bins_have_equally_many_rows_as_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    p = rng.uniform(size=1000)
    truth = (rng.uniform(size=1000) < p**2).astype(int)
    found = Calibration.of(truth, p)
    assert found.counts.tolist() == [100] * 10
    observed, predicted = calibration_curve(truth, p, n_bins=10, strategy="quantile")
    np.testing.assert_allclose(found.observed, observed)
    np.testing.assert_allclose(found.predicted, predicted)
    assert found.error == pytest.approx(np.abs(observed - predicted).mean())
    # The mean of p - p**2 is 1/6.
    assert 0.14 < found.error < 0.20
    assert Calibration.of(truth, p**2).error < 0.05


@pytest.mark.parametrize("p", [[0.25] * 8, [0.1] * 6 + [0.9] * 2])
def test_rows_with_the_same_probability_stay_in_one_bin(p):
    truth = np.array([0, 1, 0, 0, 0, 1, 1, 1])
    found = Calibration.of(truth, np.array(p))
    values, counts = np.unique(p, return_counts=True)
    assert found.predicted.tolist() == pytest.approx(values.tolist())
    assert found.counts.tolist() == counts.tolist()
    assert np.average(found.observed, weights=found.counts) == truth.mean()


def test_few_rows_have_few_bins():
    found = Calibration.of(np.array([1, 0]), np.array([0.8, 0.4]))
    assert (found.predicted.tolist(), found.observed.tolist()) == ([0.4, 0.8], [0.0, 1.0])
    again = Calibration.from_json(json.loads(json.dumps(found.to_json())))
    assert (again.predicted.tolist(), again.counts.tolist(), again.error) == ([0.4, 0.8], [1, 1], found.error)


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    return pd.DataFrame({"shop": rng.choice(list("abcd"), 120), "size": rng.normal(size=120)})


def compared(X, y, estimator):
    baselines = ["one_hot_linear", "majority"]
    return tabemb.compare(X, y, estimator=estimator, baselines=baselines, cv=2, random_state=0)


class OfSize(LogisticRegression):
    """A logistic regression on the numbers of a table."""

    def fit(self, X, y):
        return super().fit(np.asarray(X)[:, 1:].astype(float), y)

    def predict(self, X):
        return super().predict(np.asarray(X)[:, 1:].astype(float))

    def predict_proba(self, X):
        return super().predict_proba(np.asarray(X)[:, 1:].astype(float))


def test_a_comparison_of_two_classes_has_the_test_rows_of_all_folds(table):
    found = compared(table, np.where(table["size"] > 0, "yes", "no"), OfSize())
    for model in found.models:
        each = model.calibration
        assert each.counts.sum() == 120
        assert np.average(each.observed, weights=each.counts) == pytest.approx((table["size"] > 0).mean())
    read = type(found).from_json(found.to_json())
    for one, two in zip(read.models, found.models, strict=True):
        assert one.calibration.to_json() == two.calibration.to_json()
    # The majority predicts the share of the class, for all rows of a fold the same.
    assert found["majority"].calibration.error < 0.02


@pytest.mark.parametrize(
    ("target", "estimator"), [("size", DummyRegressor()), ("shop", DummyClassifier())], ids=["numbers", "four classes"]
)
def test_other_targets_have_none(table, target, estimator):
    found = compared(table, table[target].to_numpy(), estimator)
    assert [model.calibration for model in found.models] == [None] * len(found.models)
