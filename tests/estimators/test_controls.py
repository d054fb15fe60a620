"""Vectors of targets that say nothing, and of no training."""

import numpy as np
import pandas as pd
import pytest

from tabemb import EmbeddingClassifier, EmbeddingEncoder, EmbeddingRegressor
from tabemb.estimators.controls import as_trained, permuted_control, permuted_targets, untrained_vectors
from tabemb.exceptions import DataError
from tabemb.nn.network import Network


@pytest.mark.parametrize("kind", [list, np.array, pd.Series, pd.Categorical])
def test_targets_are_dealt_out_without_one_getting_lost(kind):
    dealt = permuted_targets(kind(["late", "on time", "late", "never"] * 9), 3)
    assert sorted(dealt) == sorted(["late", "on time", "late", "never"] * 9)
    assert list(dealt) != ["late", "on time", "late", "never"] * 9
    assert list(dealt) == list(permuted_targets(["late", "on time", "late", "never"] * 9, 3))
    assert list(dealt) != list(permuted_targets(["late", "on time", "late", "never"] * 9, 4))


def test_rows_of_several_outputs_stay_together():
    dealt = permuted_targets(pd.DataFrame({"a": range(20), "b": range(20)}), 0)
    assert np.array_equal(dealt[:, 0], dealt[:, 1])


def test_the_control_has_the_same_categories_and_is_left_by_chance(classifier, flights, late):
    before = {name: each.vectors.copy() for name, each in classifier.vectors_.items()}
    control = permuted_control(classifier, flights, late, random_state=1)
    assert list(control) == list(classifier.vectors_)
    assert control["dest"].index_to_key == classifier.vectors_["dest"].index_to_key
    assert control["dest"].dim == classifier.vectors_["dest"].dim
    assert not np.allclose(control["dest"].vectors, before["dest"], atol=1e-3)
    assert all(np.array_equal(classifier.vectors_[name].vectors, each) for name, each in before.items())
    assert control["dest"] == permuted_control(classifier, flights, late, random_state=1)["dest"]
    assert control["dest"] != permuted_control(classifier, flights, late, random_state=2)["dest"]


def test_a_fitted_estimator_is_trained_as_long_with_as_many_dimensions(flights, late, quick):
    model = EmbeddingClassifier(
        **{**quick, "max_epochs": 12}, one_hot_max_categories=0, embedding_dim={"dest": 5}, calibration="temperature"
    ).fit(flights, late)
    copy = as_trained(model)
    assert (copy.max_epochs, copy.early_stopping, copy.calibration) == (model.best_epoch_, False, None)
    assert copy.embedding_dim == {name: each.dim for name, each in model.vectors_.items()}
    assert not hasattr(copy, "encoder_")
    assert model.early_stopping
    assert copy.fit(flights, late).n_epochs_ == model.best_epoch_


def test_another_is_fitted_as_its_parameters_say(quick):
    copy = as_trained(EmbeddingRegressor(**quick))
    assert copy.get_params() == EmbeddingRegressor(**quick).get_params()


def test_weights_stay_with_their_rows(flights, delay, quick):
    weights = np.where(np.arange(120) < 60, 1.0, 0.0)
    model = EmbeddingRegressor(**quick, one_hot_max_categories=0)
    control = permuted_control(model, flights, delay, weights)
    assert control["dest"].counts.sum() == 60


def test_where_the_vectors_began(classifier, flights, late):
    began = untrained_vectors(classifier)
    fresh = Network(classifier._network.spec)
    feature = classifier._network.spec.features[0]
    assert np.array_equal(began["dest"].vectors, fresh.vectors(feature)[2:])
    assert began["dest"].index_to_key == classifier.vectors_["dest"].index_to_key
    assert began["dest"].counts.tolist() == classifier.vectors_["dest"].counts.tolist()
    assert not np.array_equal(began["dest"].vectors, classifier.vectors_["dest"].vectors)
    assert classifier.vectors_["dest"].diagnose(untrained=began["dest"])["way from the start"].value > 0


def test_a_cross_fitted_encoder_began_in_several_places(encoder, flights, late, quick):
    with pytest.raises(DataError, match="its vectors are the mean of 5 networks', and each began elsewhere"):
        untrained_vectors(encoder)
    alone = EmbeddingEncoder(**quick, cv=None).fit(flights, late)
    assert list(untrained_vectors(alone)) == ["dest", "carrier", "hour"]


def test_columns_that_began_with_vectors_from_elsewhere_are_left_out(flights, late, quick, classifier):
    begun = EmbeddingClassifier(**quick, one_hot_max_categories=0, pretrained={"dest": classifier.vectors_["dest"]})
    assert list(untrained_vectors(begun.fit(flights, late))) == ["carrier"]
