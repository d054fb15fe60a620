"""The registry of baselines, and a scikit-learn model on the encoded table."""

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.exceptions import NotFittedError
from sklearn.multioutput import MultiOutputRegressor

from tabemb.exceptions import ColumnError
from tabemb.experiments.comparison.baselines import BASELINES
from tabemb.experiments.comparison.baselines.baseline import Baseline, EncodedModel, count_nodes, index_rows, outputs_of
from tabemb.table.encoded_table import EncodedTable

X = pd.DataFrame({"city": ["b", "b", "a", None], "size": [1.0, 2.0, 3.0, 6.0]})
Y = np.array(["no", "no", "no", "yes"])


def test_registered_baselines_have_parameters():
    assert all(issubclass(cls, Baseline) for _, cls in BASELINES.items())
    assert BASELINES.resolve({"name": "ordinal_trees", "max_iter": 7}).get_params()["max_iter"] == 7


def test_index_rows_keeps_large_indices_exact():
    table = EncodedTable(np.array([[2**24 + 1, 0]], "int32"), np.array([[0.5]], "float32"))
    rows = index_rows(table, (2**24 + 2, 2))
    assert rows.dtype == np.float64
    assert rows.tolist() == [[2**24 + 1, 0, 0.5]]


def test_model_and_rows_get_the_vocabulary_sizes():
    told = []

    def rows(table, sizes):
        told.append(("rows", len(table), sizes))
        return index_rows(table, sizes)

    def model(sizes):
        told.append(("model", sizes))
        return DummyClassifier(strategy="prior")

    fitted = EncodedModel({"categorical": ["city"]}, rows=rows, model=model).fit(X, Y)
    # Two cities, missing and unknown.
    assert told == [("model", (4,)), ("rows", 4, (4,))]
    assert fitted.classes_.tolist() == ["no", "yes"]
    assert fitted.predict(X[:2]).tolist() == ["no", "no"]
    assert fitted.predict_proba(X[:1]).tolist() == [[0.75, 0.25]]
    assert told[2:] == [("rows", 2, (4,)), ("rows", 1, (4,))]


def test_settings_are_those_of_the_table_encoder():
    settings = {"categorical": ["city"], "min_frequency": 2, "scaling": "quantile"}
    fitted = EncodedModel(settings, rows=index_rows, model=lambda sizes: DummyClassifier()).fit(X, Y)
    assert fitted.encoder_.vocabularies["city"].keys == ("b",)
    assert fitted.matrix(X)[:, 0].tolist() == [2, 2, 1, 0]
    with pytest.raises(TypeError, match="min_freqency"):
        EncodedModel({"min_freqency": 2}, rows=index_rows, model=lambda sizes: DummyClassifier()).fit(X, Y)


def test_rows_that_lack_a_column_are_refused():
    fitted = EncodedModel({}, rows=index_rows, model=lambda sizes: DummyClassifier()).fit(X, Y)
    with pytest.raises(ColumnError, match="size"):
        fitted.predict(X[["city"]])


def test_predict_before_fit_is_an_error():
    model = EncodedModel({}, rows=index_rows, model=lambda sizes: DummyClassifier())
    with pytest.raises((NotFittedError, AttributeError)):
        model.predict(X)


def test_outputs_of_returns_one_model_per_output():
    one = DummyRegressor().fit(X[["size"]], [1.0, 2.0, 3.0, 4.0])
    assert outputs_of(one) == [one]
    several = MultiOutputRegressor(DummyRegressor()).fit(X[["size"]], np.ones((4, 3)))
    assert outputs_of(several) == several.estimators_
    assert len(outputs_of(several)) == 3


def test_count_nodes_is_none_without_private_trees():
    assert count_nodes(object()) is None
