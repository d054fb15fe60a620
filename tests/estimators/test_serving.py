"""What is saved for inference."""

import json

import pytest

from tabemb import EmbeddingClassifier
from tabemb.estimators.serving import TensorFlowForward, inference_state, make_predictor, predictor_class
from tabemb.inference.predictor import ClassifierPredictor, Predictor
from tabemb.nn.bodies import Mlp

STRANGE = Mlp(hidden_units=(6,), activation="sparsemax")


class Own(EmbeddingClassifier):
    pass


def test_the_class_of_a_predictor_is_that_of_the_nearest_estimator(classifier, regressor):
    assert predictor_class(classifier) is predictor_class(Own()) is ClassifierPredictor
    assert predictor_class(regressor) is Predictor


def test_the_state_names_weights_and_is_json(classifier):
    state = json.loads(json.dumps(inference_state(classifier)))
    (program,) = state["programs"]
    n_weights = len(classifier.network_.get_weights())
    assert set(program["weights"].values()) <= {f"{place:04d}" for place in range(n_weights)}
    assert state["answer"]["classes"] == ["late", "on time"]


def test_a_network_without_numpy_form_saves_the_reason(flights, late, quick):
    model = EmbeddingClassifier(**{**quick, "body": STRANGE}).fit(flights, late)
    assert "is sparsemax" in inference_state(model)["obstacle"]
    assert isinstance(make_predictor(model).networks[0], TensorFlowForward)


@pytest.mark.parametrize("n_ensemble", [1, 3])
def test_every_network_has_a_program(n_ensemble, flights, late, quick):
    model = EmbeddingClassifier(**quick, n_ensemble=n_ensemble).fit(flights, late)
    assert len(inference_state(model)["programs"]) == n_ensemble
