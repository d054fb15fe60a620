import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tabemb import EmbeddingClassifier
from tabemb.experiments.comparison.candidates import ModelUnderTest, own_estimators, table_settings, with_random_state


class Own(BaseEstimator):
    """Has the parameters by which estimators of the library are recognized."""

    def __init__(self, categorical=None, min_frequency=None, one_hot_max_categories=0, random_state=None):
        self.categorical = categorical
        self.min_frequency = min_frequency
        self.one_hot_max_categories = one_hot_max_categories
        self.random_state = random_state


def test_own_estimators_are_found_wherever_they_are():
    assert list(own_estimators(Own())) == [""]
    assert list(own_estimators(make_pipeline(StandardScaler(), Own()))) == ["own__"]
    assert own_estimators(LinearRegression()) == {}


def test_baselines_read_columns_like_the_model_under_test():
    assert table_settings(Own(categorical=["month"], min_frequency=5)) == {
        "categorical": ["month"],
        "min_frequency": 5,
    }
    assert table_settings(LinearRegression()) == {}


def test_the_seed_replaces_only_random_states_of_none():
    pipeline = make_pipeline(Own(random_state=7), RandomForestClassifier())
    with_random_state(pipeline, 3)
    assert pipeline[0].random_state == 7
    assert pipeline[1].random_state == 3


def test_the_model_under_test_is_cloned_with_the_seed():
    given = Own()
    built = ModelUnderTest(given).build(None, given, 5)
    assert built is not given
    assert (given.random_state, built.random_state) == (None, 5)


@pytest.mark.parametrize(
    ("estimator", "description"),
    [
        (Own(), "one embedding per categorical column, then a network"),
        (LinearRegression(), "LinearRegression, as given"),
    ],
)
def test_description_of_the_model_under_test(estimator, description):
    assert ModelUnderTest(estimator).description == description


def test_costs_of_an_estimator_of_another_library():
    X, y = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [0.0, 1.0, 0.0]}), np.arange(3.0)
    linear = make_pipeline(StandardScaler(), LinearRegression()).fit(X, y)
    subject = ModelUnderTest(linear)
    assert subject.n_parameters(linear) == 3
    assert np.isnan(subject.input_bytes(linear, X)).all()
    assert subject.history(linear) == {}
    forest = RandomForestClassifier(n_estimators=2, random_state=0).fit(X, [0, 1, 0])
    assert ModelUnderTest(forest).n_parameters(forest) is None


def test_an_ensemble_counts_the_parameters_of_all_networks():
    X, y = pd.DataFrame({"a": list("abcd") * 10}), np.arange(40) % 2
    one, three = (EmbeddingClassifier(max_epochs=1, random_state=0, n_ensemble=n).fit(X, y) for n in (1, 3))
    assert ModelUnderTest(three).n_parameters(three) == 3 * ModelUnderTest(one).n_parameters(one) > 0


def test_baselines_read_columns_like_the_model_inside_a_search():
    model = EmbeddingClassifier(categorical=["month"], min_frequency=5)
    wanted = {"categorical": ["month"], "min_frequency": 5, "max_categories": None, "multi_valued": "auto"}
    assert table_settings(model) == wanted
    assert table_settings(GridSearchCV(model, {"embedding_dim": [2, 4]})) == wanted
    assert table_settings(make_pipeline(StandardScaler(), model)) == {}


def test_vectors_are_those_of_an_estimator_that_learns_some(classifier):
    assert ModelUnderTest(Own()).vectors(classifier) == dict(classifier.vectors_)
    assert ModelUnderTest(Own()).vectors(LinearRegression()) == {}
