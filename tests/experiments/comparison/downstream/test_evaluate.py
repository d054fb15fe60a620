"""Downstream models on the folds of a comparison."""

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.exceptions import FitFailedWarning

from tabemb.estimators.classifier import EmbeddingClassifier
from tabemb.exceptions import DataError, UnknownNameError
from tabemb.experiments.comparison.compare import compare
from tabemb.experiments.comparison.downstream import KnnDownstream
from tabemb.experiments.comparison.downstream import evaluate as module

N = 150
RNG = np.random.default_rng(0)
CITY = RNG.choice([f"city {i}" for i in range(9)], N)
X = pd.DataFrame({"city": CITY, "size": RNG.normal(size=N)})
Y = np.where(np.isin(CITY, ["city 1", "city 4", "city 7"]) ^ (RNG.random(N) < 0.1), "late", "on time")
MODEL = EmbeddingClassifier(
    max_epochs=1, batch_size=N, body="mlp", embedding_dim=2, early_stopping=False, random_state=0
)


@pytest.fixture(scope="module", autouse=True)
def encoders_of_two_folds():
    """Spare most networks of the encoders, which are part of each fold."""
    made = module.vector_encoder
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "vector_encoder", lambda *given: made(*given).set_params(max_epochs=1, cv=2))
        yield


@pytest.fixture(scope="module")
def compared(encoders_of_two_folds):
    told = []
    comparison = compare(
        X,
        Y,
        estimator=MODEL,
        baselines=["ordinal_trees", "one_hot_linear"],
        downstream=["knn", "linear", {"name": "forest", "n_estimators": 5}, "trees"],
        cv=5,
        progress=lambda *each: told.append(each),
    )
    return comparison, told


def test_each_model_has_scores_sizes_and_seconds_on_both_forms(compared):
    comparison, _ = compared
    assert comparison.failures == ()
    downstream = comparison.downstream
    assert [each.name for each in downstream] == ["knn", "linear", "forest", "trees"]
    assert downstream.metrics == comparison.metrics
    assert [each.plain.form for each in downstream] == ["one-hot"] * 3 + ["native categories"]
    for each in downstream:
        for form in (each.plain, each.vectors):
            assert set(form.scores) == set(comparison.metrics)
            assert {len(values) for values in form.scores.values()} == {5}
            assert (form.fit_seconds > 0).all()
        # Nine cities, missing and unknown, or a code; and the size.
        assert each.plain.width == (2 if each.name == "trees" else 12)
        assert each.vectors.width < 12
        # The cross-fit is part of the time.
        assert each.vectors.fit_seconds.mean() > each.plain.fit_seconds.mean()


def test_the_folds_are_those_of_the_comparison(compared):
    comparison, _ = compared
    for name, baseline in (("trees", "ordinal_trees"), ("linear", "one_hot_linear")):
        for metric in comparison.metrics:
            plain = comparison.downstream[name].plain.scores[metric]
            np.testing.assert_allclose(plain, comparison[baseline].scores[metric], atol=1e-6)


def test_differences_are_positive_if_vectors_are_better(compared):
    for each in compared[0].downstream:
        for metric, sign in {"roc_auc": 1, "log_loss": -1}.items():
            test = each.versus[metric]
            assert test.difference == pytest.approx(sign * (each.vectors.mean(metric) - each.plain.mean(metric)))
            assert test.low < test.difference < test.high
            assert 0 <= test.p_value <= 1


def test_progress_names_each_model_after_the_baselines(compared):
    assert [each for each in compared[1] if each[1] == 4] == [
        (name, 4, 5) for name in ("embeddings", "ordinal_trees", "one_hot_linear", "knn", "linear", "forest", "trees")
    ]


def test_the_same_seed_gives_the_same_scores(compared):
    again = compare(X, Y, estimator=MODEL, baselines=[], downstream="knn", cv=5)
    for metric, values in again.downstream["knn"].vectors.scores.items():
        np.testing.assert_array_equal(values, compared[0].downstream["knn"].vectors.scores[metric])


def test_regression_and_a_model_under_test_of_another_library():
    y = X["size"] + np.isin(CITY, ["city 1", "city 4"])
    comparison = compare(X, y, estimator=DummyRegressor(), baselines=[], downstream=["linear"], cv=2)
    assert comparison.downstream["linear"].plain.mean("r2") > 0.9
    assert np.isfinite(comparison.downstream["linear"].vectors.mean("rmse"))
    assert comparison.downstream.sentence().startswith(
        "On rmse, vectors and one-hot are not tested as inputs of linear"
    )


def test_none_by_default():
    assert len(compare(X, Y, estimator=DummyClassifier(), baselines=[], cv=2).downstream) == 0


def test_a_model_that_fails_is_left_out_with_the_reason(monkeypatch):
    def fail(self, target, random_state, categories=None):
        raise RuntimeError("no rows")

    monkeypatch.setattr(KnnDownstream, "build", fail)
    message = "The comparison leaves out downstream model knn, which failed in fold 1 with a RuntimeError: no rows."
    with pytest.warns(FitFailedWarning, match=re.escape(message)):
        comparison = compare(X, Y, estimator=MODEL, baselines=[], downstream=["knn", "linear"], cv=2)
    assert [each.name for each in comparison.downstream] == ["linear"]
    assert "Left out: downstream model knn, which failed in fold 1" in comparison.verdict()


def test_a_table_without_categories_has_the_reason():
    with pytest.warns(FitFailedWarning, match="no categorical column, so there are no vectors"):
        comparison = compare(X[["size"]], Y, estimator=DummyClassifier(), baselines=[], downstream=["linear"], cv=2)
    assert len(comparison.downstream) == 0
    assert comparison.failures[0].error == "DataError"


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (["forrest"], UnknownNameError, r"No downstream model named 'forrest'.*Did you mean 'forest'\?"),
        (["knn", {"name": "knn"}], DataError, "Two downstream models are named 'knn'; list each model once"),
        ([{"n_neighbors": 3}], UnknownNameError, "must have a 'name'"),
    ],
)
def test_wrong_models_are_errors_before_anything_is_fitted(given, error, message, monkeypatch):
    monkeypatch.setattr(DummyClassifier, "fit", lambda *_: pytest.fail("fitted"))
    with pytest.raises(error, match=message):
        compare(X, Y, estimator=DummyClassifier(), baselines=[], downstream=given, cv=2)
