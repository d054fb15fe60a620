"""Target leakage to a model after the encoder: permuted targets, and a column of noise.

A table with signal: 10,000 training rows and 4,000 test rows (on which the standard deviation of a ROC AUC of 0.5 is
0.009). The margins come from ten seeds, 0 to 9. The worst: with cross-fitting, the column of noise costs 0.0035 of ROC
AUC, and training scores exceed test scores by 0.031; without cross-fitting, it costs at least 0.057, and training
scores exceed test scores by at least 0.160. With permuted targets all test scores are within 0.022 of 0.5.
"""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tabemb import EmbeddingEncoder

TRAIN, TEST, IDS = 10_000, 4_000, 5_000
MODELS = {
    "logistic regression": make_pipeline(StandardScaler(), LogisticRegression()),
    "boosted trees": HistGradientBoostingClassifier(max_iter=50, max_leaf_nodes=8, min_samples_leaf=50, random_state=0),
}
# A few epochs without a validation set: long enough for rare categories to learn their rows by heart.
TRAINING = {
    "embedding_dim": 2,
    "body": {"name": "mlp", "hidden_units": (16,)},
    "max_epochs": 5,
    "learning_rate": 0.01,
    "batch_size": 128,
    "early_stopping": False,
}


def table(seed=0):
    """Return rows of a shop and an item, each with an effect, and of a random id, two rows an id; and the target."""
    rng = np.random.default_rng(seed)
    shop, item = rng.integers(0, 40, (2, TRAIN + TEST))
    effects = rng.normal(size=(2, 40))
    y = (effects[0, shop] + effects[1, item] + 1.5 * rng.normal(size=len(shop)) > 0).astype(int)
    return pd.DataFrame({"shop": shop, "item": item, "id": rng.integers(0, IDS, len(shop))}), y


def train_and_test_scores(X, y, cv, seed=0):
    """Return the ROC AUC on training and test rows of each model after the encoder."""
    encoder = EmbeddingEncoder(cv=cv, random_state=seed, **TRAINING)
    train, test = encoder.fit_transform(X[:TRAIN], y[:TRAIN]), encoder.transform(X[TRAIN:])
    found = {}
    for name, model in MODELS.items():
        model.fit(train, y[:TRAIN])
        chances = [model.predict_proba(each)[:, 1] for each in (train, test)]
        found[name] = roc_auc_score(y[:TRAIN], chances[0]), roc_auc_score(y[TRAIN:], chances[1])
    return found


@pytest.fixture(scope="module")
def real():
    return table()


@pytest.fixture(scope="module")
def without_id(real):
    X, y = real
    return train_and_test_scores(X[["shop", "item"]], y, cv=5)


@pytest.fixture(scope="module")
def with_id(real):
    return {cv: train_and_test_scores(*real, cv=cv) for cv in (5, None)}


@pytest.fixture(scope="module")
def permuted(real):
    X, y = real
    shuffled = np.random.default_rng(1).permutation(y)
    return {cv: train_and_test_scores(X, shuffled, cv=cv) for cv in (5, None)}


@pytest.mark.parametrize("model", MODELS)
def test_a_column_of_noise_hurts_only_without_cross_fitting(model, without_id, with_id):
    _, true = without_id[model]
    assert true > 0.75
    assert with_id[5][model][1] > true - 0.007
    assert with_id[None][model][1] < true - 0.03


@pytest.mark.parametrize("model", MODELS)
def test_a_model_overfits_to_leaked_targets_only_without_cross_fitting(model, with_id):
    gap = {cv: found[model][0] - found[model][1] for cv, found in with_id.items()}
    assert gap[5] < 0.06
    assert gap[None] > 0.1


@pytest.mark.parametrize("model", MODELS)
def test_permuted_targets_are_not_learned(model, permuted):
    """Neither are their opposites: leaving out a target must not reveal it."""
    for found in permuted.values():
        assert found[model][1] == pytest.approx(0.5, abs=0.04)
    assert permuted[5][model][0] < permuted[None][model][0] - 0.1


def test_logistic_regression_finds_nothing_in_vectors_of_permuted_targets(permuted):
    assert permuted[5]["logistic regression"][0] < 0.55
