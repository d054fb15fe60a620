"""The diagnosis of a model, beside refits and permuted targets."""

import numpy as np
import pandas as pd
import pytest

from tabemb import EmbeddingClassifier, EmbeddingEncoder
from tabemb.estimators.model_diagnosis import diagnose_model
from tabemb.exceptions import ColumnError, DataError

FIGURE = "beyond permuted targets"


@pytest.fixture(scope="module")
def rides():
    """Return rides by stop, which decides, and by driver, who does not."""
    rng = np.random.default_rng(0)
    return pd.DataFrame({"stop": rng.choice(list("abcdefghijklmnopqrst"), 1500), "driver": rng.integers(0, 25, 1500)})


@pytest.fixture(scope="module")
def crowded(rides):
    place = rides["stop"].map(ord) - ord("a")
    return (place / 20 + 0.2 * np.random.default_rng(1).normal(size=len(rides))).to_numpy() > 0.5


@pytest.fixture(scope="module")
def model(rides, crowded):
    body = {"name": "mlp", "hidden_units": (16,)}
    return EmbeddingClassifier(
        ["driver"], body=body, embedding_dim=4, max_epochs=8, learning_rate=0.01, random_state=0
    ).fit(rides, crowded)


@pytest.fixture(scope="module")
def found(model, rides, crowded):
    return diagnose_model(model, rides, crowded, side={"stop": {key: ord(key) for key in "abcdefghijklmnopqrst"}})


def test_it_tells_a_column_that_matters_from_one_that_does_not(found):
    assert list(found) == ["stop", "driver"]
    assert not found["stop"][FIGURE].concern
    assert found["driver"][FIGURE].concern
    assert found["stop"]["side correlation"].p_value == 0.001
    assert found.shares.names == ("stop", "driver")
    # "stop" is the one that tells; so its vectors are spread the most.
    assert found.shares.shares[0] > found.shares.shares[1]


def test_all_that_stands_beside_a_column_is_there(found):
    for figure in ("way from the start", "stability", "geometry", "geometry, permuted"):
        assert figure in found["driver"]
    assert "side correlation" not in found["driver"]


def test_the_vectors_are_those_of_the_fitted_model(found, model, rides, crowded):
    assert found["stop"]["effective rank"].value == model.vectors_["stop"].diagnose()["effective rank"].value
    other = diagnose_model(model, rides, crowded, n_seeds=2, control=False, random_state=7)
    assert other["stop"]["effective rank"] == model.vectors_["stop"].diagnose(random_state=7)["effective rank"]
    assert other["stop"]["stability"] != found["stop"]["stability"]
    assert FIGURE not in other["stop"]


def test_an_estimator_that_is_not_fitted_is_fitted_first_and_left_as_it_was(model, rides, crowded):
    new = EmbeddingClassifier(**model.get_params())
    found = diagnose_model(new, rides, crowded, n_seeds=2, control=False, k=3)
    assert not hasattr(new, "encoder_")
    assert found["stop"]["effective rank"] == model.vectors_["stop"].diagnose()["effective rank"]
    assert found["stop"].k == 3


def test_a_cross_fitted_encoder_has_no_start(rides, crowded, quick):
    encoder = EmbeddingEncoder(**quick, cv=2, embedding_dim=3).fit(rides, crowded)
    found = diagnose_model(encoder, rides, crowded, n_seeds=2, control=False)
    assert "way from the start" not in found["stop"]
    assert "stability" in found["stop"]


def test_what_cannot_be_done_is_told(model, rides, crowded):
    for n_seeds in (1, True, 2.0):
        with pytest.raises(DataError, match=f"number of fits whose neighbours are compared, 2 or more; got {n_seeds}"):
            diagnose_model(model, rides, crowded, n_seeds=n_seeds)
    with pytest.raises(ColumnError, match=r"There are no vectors of a column 'stops'.*Did you mean 'stop'"):
        diagnose_model(model, rides, crowded, n_seeds=2, control=False, side={"stops": {}})
