"""The diagnosis of a model, compared to refits and permuted targets."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from tabemb import EmbeddingClassifier, EmbeddingEncoder, EmbeddingRegressor, diagnose
from tabemb.diagnosis.model import (
    as_trained,
    diagnose_model,
    permuted_control,
    permuted_targets,
    untrained_vectors,
)
from tabemb.exceptions import ColumnError, DataError
from tabemb.nn.network import Network

FIGURE = "beyond permuted targets"


@pytest.fixture(scope="module")
def rides():
    """Return rides with a stop, which determines the target, and a driver, who does not."""
    rng = np.random.default_rng(0)
    return pd.DataFrame({"stop": rng.choice(list("abcdefghijklmnopqrst"), 1500), "driver": rng.integers(0, 25, 1500)})


@pytest.fixture(scope="module")
def crowded(rides):
    place = rides["stop"].map(ord) - ord("a")
    return (place / 20 + 0.2 * np.random.default_rng(1).normal(size=len(rides))).to_numpy() > 0.5


@pytest.fixture(scope="module")
def model(rides, crowded):
    body = {"name": "mlp", "hidden_units": (16,)}
    # The targets alone decide the geometry of random starts.
    return EmbeddingClassifier(
        ["driver"], body=body, embedding_dim=4, max_epochs=8, learning_rate=0.01, start="random", random_state=0
    ).fit(rides, crowded)


@pytest.fixture(scope="module")
def found(model, rides, crowded):
    side = {"stop": {key: ord(key) for key in "abcdefghijklmnopqrst"}}
    return diagnose_model(model, rides, crowded, side=side, control=True)


def test_an_informative_column_and_an_uninformative_one(found):
    assert list(found) == ["stop", "driver"]
    assert not found["stop"][FIGURE].concern
    assert found["driver"][FIGURE].concern
    assert not found["stop"]["halves"].concern
    assert found["driver"]["halves"].concern
    assert not found["stop"]["come back"].concern
    assert found["driver"]["come back"].concern
    assert found["stop"]["side correlation"].p_value == 0.001
    assert found.shares.names == ("stop", "driver")
    # Only "stop" is informative, so its vectors differ the most.
    assert found.shares.shares[0] > found.shares.shares[1]


def test_columns_that_start_from_the_table_are_not_compared_to_permuted_targets(model, rides, crowded):
    related = rides.assign(depot=rides["stop"].map(ord) % 4)
    other = clone(model).set_params(start="cooccurrence", categorical=["driver", "depot"]).fit(related, crowded)
    assert "stop" in other.priors_
    found = diagnose_model(other, related, crowded, n_refits=3, control=True)
    for figure in (FIGURE, "stability", "distance from start"):
        assert figure not in found["stop"]
    assert not found["stop"]["halves"].concern


def test_a_column_that_keeps_its_start_is_diagnosed(model, rides, crowded):
    related = rides.assign(depot=rides["stop"].map(ord) % 4)
    start = {"name": "cooccurrence", "prior": {"stop": np.inf}}
    kept = clone(model).set_params(start=start, categorical=["driver", "depot"]).fit(related, crowded)
    found = diagnose_model(kept, related, crowded, n_refits=3)
    assert found["stop"]["never updated"].value == 0
    assert not found["stop"]["halves"].concern


def test_refits_control_and_start_are_compared(found):
    for figure in ("distance from start", "come back", "halves", "stability", "geometry", "geometry, permuted"):
        assert figure in found["driver"]
    assert "side correlation" not in found["driver"]


def test_the_vectors_are_those_of_the_fitted_model(found, model, rides, crowded):
    assert found["stop"]["effective rank"].value == diagnose(model.vectors_["stop"])["effective rank"].value
    other = diagnose_model(model, rides, crowded, n_refits=3, random_state=7)
    assert other["stop"]["effective rank"] == diagnose(model.vectors_["stop"], random_state=7)["effective rank"]
    assert other["stop"]["halves"].value != found["stop"]["halves"].value
    assert "stability" not in other["stop"]
    assert FIGURE not in other["stop"]


def test_an_unfitted_estimator_is_cloned_and_fitted(model, rides, crowded):
    new = EmbeddingClassifier(**model.get_params())
    found = diagnose_model(new, rides, crowded, n_refits=3, k=3)
    assert not hasattr(new, "encoder_")
    assert found["stop"]["effective rank"] == diagnose(model.vectors_["stop"])["effective rank"]
    assert found["stop"].k == 3


def test_a_cross_fitted_encoder_has_no_start(rides, crowded, quick):
    encoder = EmbeddingEncoder(**quick, cv=3, embedding_dim=3).fit(rides, crowded)
    found = diagnose_model(encoder, rides, crowded)
    assert "distance from start" not in found["stop"]
    assert found["stop"]["come back"].value == encoder.vectors_["stop"].reliability().share
    assert "halves" in found["stop"]


def test_invalid_arguments_of_a_model_are_an_error(model, rides, crowded):
    for n_refits in (2, True, 3.0):
        with pytest.raises(DataError, match=f"n_refits must be an integer of at least 3; got {n_refits}"):
            diagnose_model(model, rides, crowded, n_refits=n_refits)
    with pytest.raises(ColumnError, match=r"There are no vectors of a column 'stops'.*Did you mean 'stop'"):
        diagnose_model(model, rides, crowded, n_refits=3, side={"stops": {}})


@pytest.mark.parametrize("kind", [list, np.array, pd.Series, pd.Categorical])
def test_permuted_targets_contain_the_same_values(kind):
    dealt = permuted_targets(kind(["late", "on time", "late", "never"] * 9), 3)
    assert sorted(dealt) == sorted(["late", "on time", "late", "never"] * 9)
    assert list(dealt) != ["late", "on time", "late", "never"] * 9
    assert list(dealt) == list(permuted_targets(["late", "on time", "late", "never"] * 9, 3))
    assert list(dealt) != list(permuted_targets(["late", "on time", "late", "never"] * 9, 4))


def test_rows_of_several_outputs_stay_together():
    dealt = permuted_targets(pd.DataFrame({"a": range(20), "b": range(20)}), 0)
    assert np.array_equal(dealt[:, 0], dealt[:, 1])


def test_the_control_has_the_same_categories_and_other_vectors(classifier, flights, late):
    before = {name: each.vectors.copy() for name, each in classifier.vectors_.items()}
    control = permuted_control(classifier, flights, late, random_state=1)
    assert list(control) == list(classifier.vectors_)
    assert control["dest"].index_to_key == classifier.vectors_["dest"].index_to_key
    assert control["dest"].dim == classifier.vectors_["dest"].dim
    assert not np.allclose(control["dest"].vectors, before["dest"], atol=1e-3)
    assert all(np.array_equal(classifier.vectors_[name].vectors, each) for name, each in before.items())
    assert control["dest"] == permuted_control(classifier, flights, late, random_state=1)["dest"]
    assert control["dest"] != permuted_control(classifier, flights, late, random_state=2)["dest"]


def test_the_control_has_as_many_epochs_and_dimensions(flights, late, quick):
    model = EmbeddingClassifier(
        **{**quick, "max_epochs": 12}, one_hot_max_categories=0, embedding_dim={"dest": 5}, calibration="temperature"
    ).fit(flights, late)
    copy = as_trained(model)
    assert (copy.max_epochs, copy.early_stopping, copy.calibration) == (model.best_epoch_, False, None)
    assert copy.embedding_dim == {name: each.dim for name, each in model.vectors_.items()}
    assert not hasattr(copy, "encoder_")
    assert model.early_stopping
    assert copy.fit(flights, late).n_epochs_ == model.best_epoch_


def test_an_unfitted_estimator_keeps_its_parameters(quick):
    copy = as_trained(EmbeddingRegressor(**quick))
    # A network of target statistics has no vectors.
    assert copy.get_params() == EmbeddingRegressor(**quick, target_statistics=False).get_params()


def test_weights_are_not_permuted(flights, delay, quick):
    weights = np.where(np.arange(120) < 60, 1.0, 0.0)
    model = EmbeddingRegressor(**quick, one_hot_max_categories=0)
    control = permuted_control(model, flights, delay, weights)
    assert control["dest"].counts.sum() == 60


def test_vectors_that_start_from_the_table_need_the_table(classifier, flights, late, quick):
    assert untrained_vectors(classifier) == {}
    began = untrained_vectors(classifier, flights)
    assert list(began) == list(classifier.vectors_)
    fresh = EmbeddingClassifier(**{**quick, "max_epochs": 1, "learning_rate": 1e-9}, one_hot_max_categories=0)
    learned = fresh.fit(flights, late).vectors_
    np.testing.assert_allclose(began["dest"].vectors, learned["dest"].vectors, atol=1e-6)


def test_untrained_vectors_are_those_of_a_new_network(flights, late, quick):
    classifier = EmbeddingClassifier(**quick, one_hot_max_categories=0, start="random").fit(flights, late)
    began = untrained_vectors(classifier)
    fresh = Network(classifier._network.spec)
    feature = classifier._network.spec.features[0]
    assert np.array_equal(began["dest"].vectors, fresh.vectors(feature)[2:])
    assert began["dest"].index_to_key == classifier.vectors_["dest"].index_to_key
    assert began["dest"].counts.tolist() == classifier.vectors_["dest"].counts.tolist()
    assert not np.array_equal(began["dest"].vectors, classifier.vectors_["dest"].vectors)
    assert diagnose(classifier.vectors_["dest"], untrained=began["dest"])["distance from start"].value > 0


def test_a_cross_fitted_encoder_has_several_starts(encoder, flights, late, quick):
    with pytest.raises(DataError, match="its vectors are the mean of 5 networks with different starts"):
        untrained_vectors(encoder)
    alone = EmbeddingEncoder(**quick, cv=None).fit(flights, late)
    assert list(untrained_vectors(alone, flights)) == ["dest", "carrier", "hour"]


def test_columns_with_pretrained_vectors_are_left_out(flights, late, quick, classifier):
    begun = EmbeddingClassifier(**quick, one_hot_max_categories=0, pretrained={"dest": classifier.vectors_["dest"]})
    assert list(untrained_vectors(begun.fit(flights, late), flights)) == ["carrier"]
