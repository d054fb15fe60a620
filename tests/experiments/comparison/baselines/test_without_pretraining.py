"""The model under test without its pretraining."""

import pandas as pd
import pytest

from tabemb import EmbeddingClassifier, EmbeddingPretrainer
from tabemb.experiments.comparison.baselines import OneHotMlp, WithoutPretraining
from tabemb.experiments.comparison.candidates import ModelUnderTest, is_pretrained, without_pretraining
from tabemb.experiments.pretraining import ExtraRows, PretrainedModel

MODEL = EmbeddingClassifier(body="mlp", max_epochs=2, embedding_dim=2, one_hot_max_categories=0)
PRETRAINED = PretrainedModel(MODEL, EmbeddingPretrainer(embedding_dim=2), ExtraRows([]))
X = pd.DataFrame({"city": ["a", "b", "c", "d"] * 10, "state": ["u", "u", "v", "v"] * 10})
Y = ["yes", "no"] * 20


def test_it_applies_to_pretrained_models_alone():
    assert WithoutPretraining().skip_reason(None, PRETRAINED) == ""
    assert WithoutPretraining().skip_reason(None, MODEL) == "the model under test is not pretrained"
    assert (is_pretrained(PRETRAINED), is_pretrained(MODEL)) == (True, False)
    assert without_pretraining(PRETRAINED) is MODEL
    assert without_pretraining(MODEL) is MODEL


def test_only_the_pretraining_differs():
    baseline = WithoutPretraining()
    built = baseline.build(None, PRETRAINED, 7)
    assert type(built) is EmbeddingClassifier
    assert built is not MODEL
    assert (built.random_state, built.pretrained, built.embedding_dim) == (7, None, 2)
    fitted = built.fit(X, Y)
    assert baseline.n_parameters(fitted) == ModelUnderTest(fitted).n_parameters(fitted) > 0
    assert baseline.input_bytes(fitted, X) == (320.0, 320.0)
    assert len(baseline.history(fitted)["loss"]) == 2


def test_one_hot_rows_are_not_pretrained_either():
    assert type(OneHotMlp().build(None, PRETRAINED, 0)) is EmbeddingClassifier


def test_the_model_says_that_it_is_pretrained():
    assert ModelUnderTest(PRETRAINED).description.startswith("vectors learned without the target")
    built = ModelUnderTest(PRETRAINED).build(None, PRETRAINED, 3)
    assert (built.estimator.random_state, built.pretrainer.random_state) == (3, 3)
    fitted = built.fit(X, Y)
    assert set(ModelUnderTest(PRETRAINED).vectors(fitted)) == {"city", "state"}
    assert ModelUnderTest(PRETRAINED).n_parameters(fitted) > 0


@pytest.mark.parametrize("each", [MODEL, PRETRAINED])
def test_the_seed_of_the_model_under_test_is_left_alone(each):
    ModelUnderTest(each).build(None, each, 3)
    assert MODEL.random_state is None
