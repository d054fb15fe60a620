"""What a model behind the encoder believes: labels that say nothing, and a column that says nothing.

A table with a true signal: 10,000 rows to learn from, 4,000 to judge by (the standard deviation of a ROC AUC of 0.5 is
0.009 there). The margins come from ten seeds, 0 to 9. The worst of them: cross-fitted, the column of noise costs 0.0035
of ROC AUC, and a model believes 0.031 more than is true; without cross-fitting at least 0.057, and 0.160. With permuted
targets all are within 0.022 of 0.5.
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
# A few epochs without a validation part: long enough for rare categories to learn their rows by heart.
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


def believed_and_true(X, y, cv, seed=0):
    """Return, for each model behind the encoder, its ROC AUC on the rows that it learned from, and on others."""
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
    return believed_and_true(X[["shop", "item"]], y, cv=5)


@pytest.fixture(scope="module")
def with_id(real):
    return {cv: believed_and_true(*real, cv=cv) for cv in (5, None)}


@pytest.fixture(scope="module")
def permuted(real):
    X, y = real
    shuffled = np.random.default_rng(1).permutation(y)
    return {cv: believed_and_true(X, shuffled, cv=cv) for cv in (5, None)}


@pytest.mark.parametrize("model", MODELS)
def test_a_column_of_noise_costs_nothing_and_costs_much_without_cross_fitting(model, without_id, with_id):
    _, true = without_id[model]
    assert true > 0.75
    assert with_id[5][model][1] > true - 0.007
    assert with_id[None][model][1] < true - 0.03


@pytest.mark.parametrize("model", MODELS)
def test_a_model_believes_what_holds_on_other_rows_and_too_much_without_cross_fitting(model, with_id):
    gap = {cv: found[model][0] - found[model][1] for cv, found in with_id.items()}
    assert gap[5] < 0.06
    assert gap[None] > 0.1


@pytest.mark.parametrize("model", MODELS)
def test_labels_that_say_nothing_are_not_learned(model, permuted):
    """Nor is their contrary: a row's vector must not tell its target by leaving it out."""
    for found in permuted.values():
        assert found[model][1] == pytest.approx(0.5, abs=0.04)
    assert permuted[5][model][0] < permuted[None][model][0] - 0.1


def test_logistic_regression_finds_nothing_in_vectors_of_labels_that_say_nothing(permuted):
    assert permuted[5]["logistic regression"][0] < 0.55
