"""Predictions of a finished run for the rows of a table."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor

import tabemb
from tabemb.exceptions import ColumnError
from tabemb.experiments.runs.prediction import predict_table
from tabemb.experiments.runs.folder import open_run

COLUMNS = ["size", "shape"]
X = pd.DataFrame({"size": [1.0, 2.0, 3.0, 4.0], "shape": ["flat", "round", "flat", "flat"]})


@dataclass
class Run:
    """A run whose model is anything."""

    fitted: Any
    path: Path = Path("runs/small")

    @property
    def report(self):
        return {"data": {"columns": COLUMNS}}

    def model(self):
        return self.fitted


def test_classes_have_a_prediction_and_a_probability_each():
    run = Run(DummyClassifier(strategy="prior").fit(X, ["b", "a", "b", "b"]))
    answers = predict_table(run, X[:2])
    expected = {"prediction": ["b", "b"], "probability_a": [0.25, 0.25], "probability_b": [0.75, 0.75]}
    pd.testing.assert_frame_equal(answers, pd.DataFrame(expected), check_dtype=False)


def test_classes_that_are_numbers_stay_numbers():
    answers = predict_table(Run(DummyClassifier(strategy="prior").fit(X, [7, 7, 3, 7])), X[:1])
    assert list(answers) == ["prediction", "probability_3", "probability_7"]
    assert answers["prediction"].tolist() == [7]


def test_numbers_have_a_prediction():
    answers = predict_table(Run(DummyRegressor().fit(X, [1.0, 2.0, 6.0, 3.0])), X)
    pd.testing.assert_frame_equal(answers, pd.DataFrame({"prediction": [3.0] * 4}))


def test_the_model_is_given_the_columns_of_the_run_in_their_order():
    class Model:
        def predict(self, rows):
            assert list(rows) == COLUMNS
            return rows["size"] * 10

    table = X[["shape", "size"]].assign(extra=1).set_index(np.array([9, 8, 7, 6]))
    answers = predict_table(Run(Model()), table)
    assert answers["prediction"].tolist() == [10, 20, 30, 40]
    # A row for each row: by position, whatever the table's index.
    assert answers.index.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (X.rename(columns={"shape": "shapes"}), "a column 'shape', which the table lacks. Did you mean 'shapes'?"),
        (X[["shape"]].assign(**{"1": 1}), "a column 'size', which the table lacks."),
        (X[[]], "a column 'size', which the table lacks."),
    ],
)
def test_a_missing_column_is_named(table, told):
    with pytest.raises(ColumnError, match=f"^The run runs/small learned from {re.escape(told)}$"):
        predict_table(Run(None), table)


def test_the_answers_of_a_true_run_are_those_of_its_model(finished, small_table):
    run, table = open_run(finished[0].path), small_table.drop(columns="good")
    answers = predict_table(run, table[table.columns[::-1]].assign(extra=1))
    assert list(answers) == ["prediction", "probability_no", "probability_yes"]
    model = tabemb.load(finished[0].path / "model")
    np.testing.assert_array_equal(answers["prediction"], model.predict(table))
    np.testing.assert_allclose(answers["probability_yes"], model.predict_proba(table)[:, 1], rtol=1e-5)
