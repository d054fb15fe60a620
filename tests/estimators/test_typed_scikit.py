import inspect

import pytest

from tabemb import EmbeddingClassifier, EmbeddingEncoder, EmbeddingRegressor
from tabemb.estimators import scikit, typed_scikit


@pytest.mark.parametrize("name", typed_scikit.__all__)
def test_at_run_time_the_classes_are_those_of_scikit_learn(name):
    assert getattr(scikit, name).__module__.startswith("sklearn.")


@pytest.mark.parametrize("name", [n for n in typed_scikit.__all__ if n != "available_if"])
def test_each_method_exists_in_scikit_learn_or_in_an_estimator(name):
    ours, theirs = getattr(typed_scikit, name), getattr(scikit, name)
    methods = [n for n, member in vars(ours).items() if inspect.isfunction(member)]
    assert methods
    homes = (theirs, EmbeddingClassifier, EmbeddingEncoder, EmbeddingRegressor)
    assert [n for n in methods if not any(hasattr(home, n) for home in homes)] == []


@pytest.mark.parametrize("name", ["get_params", "set_params"])
def test_signatures_are_those_of_scikit_learn(name):
    ours, theirs = getattr(typed_scikit.BaseEstimator, name), getattr(scikit.BaseEstimator, name)
    assert list(inspect.signature(ours).parameters) == list(inspect.signature(theirs).parameters)
