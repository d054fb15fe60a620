"""Fits without a target: of the encoder, and what they refuse."""

import numpy as np
import pandas as pd
import pytest

from tabemb import EmbeddingClassifier, EmbeddingEncoder, EmbeddingPretrainer, load
from tabemb.exceptions import DataError

rng = np.random.default_rng(0)
COAST = rng.integers(0, 2, 500)
TRIPS = pd.DataFrame(
    {
        "dest": np.where(COAST, rng.choice(["LAX", "SFO"], 500), rng.choice(["BOS", "JFK"], 500)),
        "carrier": np.where(COAST, rng.choice(["AS", "VX"], 500), rng.choice(["B6", "DL"], 500)),
    }
)


def test_an_encoder_without_a_target_has_the_vectors_of_the_pretrainer(tmp_path):
    encoder = EmbeddingEncoder(embedding_dim=2, random_state=0, handle_unknown="mean").fit(TRIPS)
    other = EmbeddingPretrainer(embedding_dim=2, random_state=0).fit(TRIPS)
    assert np.array_equal(encoder.transform(TRIPS), other.transform(TRIPS))
    assert np.array_equal(EmbeddingEncoder(**encoder.get_params()).fit_transform(TRIPS), encoder.transform(TRIPS))
    assert (encoder.target_type_, encoder.classes_, encoder.n_folds_, encoder.history_) == ("none", None, 0, {})
    encoder.save(tmp_path / "encoder")
    assert np.array_equal(load(tmp_path / "encoder").transform(TRIPS), encoder.transform(TRIPS))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"sample_weight": np.ones(500)}, "sample_weight need a target"),
        ({"X_val": TRIPS, "y_val": COAST}, "X_val and y_val need a target"),
    ],
)
def test_what_belongs_to_a_target_is_refused_without_one(given, message):
    with pytest.raises(DataError, match=message):
        EmbeddingEncoder(random_state=0).fit(TRIPS, **given)


def test_target_statistics_need_a_target():
    with pytest.raises(DataError, match="target_statistics=True needs a target"):
        EmbeddingEncoder(target_statistics=True).fit_transform(TRIPS)


def test_an_encoder_can_be_fitted_again_with_a_target():
    encoder = EmbeddingEncoder(embedding_dim=2, body="mlp", max_epochs=1, cv=2, random_state=0).fit(TRIPS)
    encoder.fit(TRIPS, COAST)
    assert (encoder.target_type_, encoder.n_folds_) == ("binary", 2)


def test_a_classifier_still_needs_a_target():
    with pytest.raises(DataError, match="requires y"):
        EmbeddingClassifier().fit(TRIPS, None)
