"""The model under test with one-hot inputs."""

import math

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from tabemb.estimators.classifier import EmbeddingClassifier
from tabemb.experiments.comparison.baselines import OneHotMlp
from tabemb.nn.bodies import Mlp

GIVEN = EmbeddingClassifier(
    embedding_dim=2,
    max_epochs=2,
    body=Mlp(hidden_units=(4,)),
    numeric="standardized",
    one_hot_max_categories=0,
    early_stopping=False,
)
PIPELINE = make_pipeline(FunctionTransformer(), GIVEN)
X = pd.DataFrame({"city": ["a", "b", "c", None] * 5, "size": np.arange(20.0)})
Y = np.array([0, 1] * 10)


@pytest.fixture(scope="module")
def fitted():
    return OneHotMlp().build(None, PIPELINE, 0).fit(X, Y)


def test_only_the_encoding_of_categories_differs():
    built = OneHotMlp().build(None, GIVEN, 7)
    changed = {"one_hot_max_categories": math.inf, "random_state": 7, "start": "random", "embedding_dim": "capped"}
    mine, theirs = (clone(each).get_params() for each in (built, GIVEN))
    assert {name: value for name, value in mine.items() if name in changed} == changed
    assert {name for name in mine if repr(mine[name]) != repr(theirs[name])} <= set(changed)
    assert GIVEN.one_hot_max_categories == 0


def test_columns_that_embedding_dim_names_are_one_hot_encoded_too():
    built = OneHotMlp().build(None, clone(GIVEN).set_params(embedding_dim={"city": 3}), 0)
    assert not built.fit(X, Y)._network.spec.features


def test_one_hot_inputs_ignore_pretrained_vectors():
    given = clone(GIVEN).set_params(pretrained={"city": {"a": [1.0], "b": [2.0]}}, freeze={"city": True})
    built = OneHotMlp().build(None, given, 0)
    assert (built.pretrained, built.freeze) == (None, False)
    assert dict(built.fit(X, Y).pretrained_report_) == {}


def test_parameters_of_vectors_do_not_reach_one_hot_inputs():
    given = clone(GIVEN).set_params(embedding_dim={"city": 4}, embedding_rate=2.0, max_epochs=1)
    built = OneHotMlp().build(None, given, 0)
    assert (built.embedding_dim, built.embedding_rate, built.max_epochs) == ("capped", "auto", 1)
    assert dict(built.fit(X, Y).vectors_) == {}
    assert given.embedding_dim == {"city": 4}


def test_an_explicit_random_state_is_kept():
    assert OneHotMlp().build(None, clone(GIVEN).set_params(random_state=3), 7).random_state == 3


def test_it_is_found_inside_a_pipeline(fitted):
    assert fitted[-1].one_hot_max_categories == math.inf
    assert fitted[-1].random_state == 0
    assert fitted[-1].vectors_ == {}


def test_weights_and_curves_are_those_of_the_network(fitted):
    baseline = OneHotMlp()
    # Into 4 hidden units: three cities, missing, unknown, the number, and 4 biases; 4 weights and a bias out of them.
    assert baseline.n_parameters(fitted) == (3 + 2 + 1) * 4 + 4 + 4 + 1
    assert [len(values) for values in baseline.history(fitted).values()] == [2] * len(fitted[-1].history_)


def test_input_bytes_of_stored_and_dense_rows(fitted):
    baseline = OneHotMlp()
    assert baseline.input_bytes(fitted[-1], X) == (20 * (4 + 4), 20 * 4 * (3 + 2 + 1))
    # What a pipeline does to the rows first is not known.
    assert np.isnan(baseline.input_bytes(fitted, X)).all()


def test_a_model_of_another_library_is_skipped():
    assert OneHotMlp().skip_reason(None, PIPELINE) == ""
    assert OneHotMlp().skip_reason(None, LogisticRegression()) == (
        "LogisticRegression is not an estimator of this library, so it has no network for one-hot inputs"
    )
