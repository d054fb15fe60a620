"""The contract of every registered baseline."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.dummy import DummyClassifier

from tabemb.exceptions import UnknownNameError
from tabemb.experiments.comparison.baselines import BASELINES
from tabemb.experiments.comparison.targets import TARGETS

# The model under test in another form; these have tests of their own.
NETWORKS = {"network_regressor", "one_hot_mlp", "without_pretraining"}
FED_BY_SCIKIT_LEARN = sorted(set(BASELINES) - NETWORKS)
MOST = DummyClassifier()


def fitted(name, target, X, y):
    few = {"max_iter": 20} if name.endswith("trees") else {}
    return BASELINES.resolve({"name": name, **few}).build(target, MOST, random_state=0).fit(X, y)


@pytest.mark.parametrize("task", sorted(TARGETS))
@pytest.mark.parametrize("name", FED_BY_SCIKIT_LEARN)
def test_every_baseline_learns_every_task_and_counts_its_costs(name, task, table, targets):
    y = targets[task]
    target = TARGETS[task](y)
    model = fitted(name, target, table, y)
    values = target.predict(model, table)
    assert values.shape == y.shape
    if target.is_classifier:
        probabilities = target.predict_proba(model, table)
        assert len(probabilities) == len(y)
        assert np.isfinite(probabilities).all()
        assert ((probabilities >= 0) & (probabilities <= 1)).all()
    if name != "majority":
        assert np.mean(values == target.encode(y)) > 0.6 if target.is_classifier else np.mean((values - y) ** 2) < 0.3
    baseline = BASELINES.resolve(name)
    count = baseline.n_parameters(model)
    assert isinstance(count, int)
    assert count > 0
    stored, dense = baseline.input_bytes(model, table)
    assert stored >= 0
    assert dense >= 0


@pytest.mark.parametrize("name", FED_BY_SCIKIT_LEARN)
def test_the_same_seed_gives_the_same_answers(name, table, targets):
    target = TARGETS["binary"](targets["binary"])
    one, two = (target.predict_proba(fitted(name, target, table, targets["binary"]), table) for _ in range(2))
    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("name", FED_BY_SCIKIT_LEARN)
@pytest.mark.parametrize("columns", [["city", "kind"], ["size"], ["city", "size"]])
def test_categories_only_numbers_only_and_both(name, columns, table, targets):
    target = TARGETS["binary"](targets["binary"])
    model = fitted(name, target, table[columns], targets["binary"])
    assert target.predict_proba(model, table[columns]).shape == (len(table), 2)
    assert BASELINES.resolve(name).n_parameters(model) > 0


@pytest.mark.parametrize("name", FED_BY_SCIKIT_LEARN)
def test_unseen_categories_and_missing_cells_are_predicted(name, table, targets):
    target = TARGETS["multiclass"](targets["multiclass"])
    columns = ["city", "size"]
    model = fitted(name, target, table[columns], targets["multiclass"])
    strange = pd.DataFrame({"city": ["Paris", None], "size": [np.nan, 1.0]})
    assert np.isfinite(target.predict_proba(model, strange)).all()


@pytest.mark.parametrize("name", FED_BY_SCIKIT_LEARN)
def test_other_kinds_of_tables_give_the_same(name, table, targets):
    target = TARGETS["binary"](targets["binary"])
    table = table[["city", "size"]]
    other = pl.from_pandas(table)
    model, again = (fitted(name, target, X, targets["binary"]) for X in (table, other))
    expected = target.predict_proba(model, table)
    np.testing.assert_allclose(target.predict_proba(again, other), expected)
    np.testing.assert_allclose(target.predict_proba(again, other.to_arrow()), expected)


@pytest.mark.parametrize("name", sorted(BASELINES))
def test_every_baseline_can_be_cloned_and_has_a_description(name):
    baseline = BASELINES.resolve(name)
    assert baseline.description
    assert baseline.parameter_unit
    assert clone(baseline).get_params() == baseline.get_params()


@pytest.mark.parametrize("name", FED_BY_SCIKIT_LEARN)
def test_it_applies_to_any_model_under_test(name):
    assert BASELINES.resolve(name).skip_reason(None, MOST) == ""


def test_an_unknown_baseline_suggests_a_similar_name():
    with pytest.raises(UnknownNameError, match=r"No baseline named 'one_hot_linaer'.*Did you mean 'one_hot_linear'"):
        BASELINES.resolve("one_hot_linaer")
