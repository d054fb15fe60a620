"""The objective of skip-gram with negative sampling."""

import numpy as np
import pandas as pd
import pytest

from tabemb import EmbeddingPretrainer
from tabemb.estimators.objectives import SkipGramObjective

rng = np.random.default_rng(0)
COAST = rng.integers(0, 2, 1500)
TRIPS = pd.DataFrame(
    {
        "dest": np.where(COAST, rng.choice(["LAX", "SFO", "SEA"], 1500), rng.choice(["BOS", "JFK", "EWR"], 1500)),
        "carrier": np.where(COAST, rng.choice(["AS", "VX"], 1500), rng.choice(["B6", "DL"], 1500)),
    }
)


def test_products_of_both_vectors_become_pointwise_mutual_information():
    model = EmbeddingPretrainer(embedding_dim=4, random_state=0).fit(TRIPS)
    table = model.encoder_.encode(TRIPS)
    parts = SkipGramObjective().supervision(model, table, 0)
    names = [feature.name for feature in parts.spec.features]
    assert names == ["dest", "carrier", *(f"{c} ({r})" for r in ("context", "negative") for c in ("dest", "carrier"))]
    # Vectors whose products are the mutual information have the smallest loss; it is the same for all rows of a cell.
    drawn = parts.source.drawn(np.random.default_rng(0))
    counts = pd.crosstab(table.indices[:, 0], table.indices[:, 1]).to_numpy() + 1e-3
    shares = counts / counts.sum()
    pmi = np.log(shares / shares.sum(axis=1, keepdims=True) / shares.sum(axis=0))
    left, values, right = np.linalg.svd(pmi, full_matrices=False)
    losses = []
    for factor in (0.5, 0.9, 1.0, 1.1, 2.0):
        vectors = np.zeros((len(table), 6, 4), np.float32)
        vectors[:, 0, :4] = (factor * left * values)[table.indices[:, 0] - 2]
        vectors[:, 3] = right.T[drawn.table.indices[:, 3] - 2]
        vectors[:, 5] = right.T[drawn.table.indices[:, 5] - 2]
        losses.append(parts.task.loss(drawn.targets, vectors.reshape(len(table), -1)).mean())
    assert np.argmin(losses) in (1, 2, 3)


def test_more_negatives_and_their_power_are_used():
    found = {}
    for params in ({}, {"n_negatives": 2}, {"noise_power": 0.0}):
        objective = SkipGramObjective(max_epochs=1, **params)
        model = EmbeddingPretrainer(objective=objective, random_state=0).fit(TRIPS)
        found[str(params)] = model.history_["val_loss"][0]
    assert len(set(found.values())) == 3


def test_columns_of_different_dimensions():
    model = EmbeddingPretrainer(
        objective={"name": "skip_gram", "max_epochs": 5}, embedding_dim={"dest": 5, "carrier": 2}, random_state=0
    ).fit(TRIPS)
    assert (model.vectors_["dest"].vectors.shape[1], model.vectors_["carrier"].vectors.shape[1]) == (5, 2)
    assert {found for found, _ in model.vectors_["dest"].most_similar("LAX", topn=2)} == {"SFO", "SEA"}


def test_rows_are_scored_by_their_interval_of_a_number():
    table = TRIPS[["dest"]].assign(distance=np.where(COAST, 2500.0, 200.0) + rng.normal(size=1500))
    model = EmbeddingPretrainer(random_state=0).fit(table)
    parts = SkipGramObjective().supervision(model, model.encoder_.encode(table), 0)
    assert (len(parts.task.odds), len(parts.task.odds[1]), parts.spec.n_numbers) == (2, 10, 0)
    assert np.bincount(parts.source.contexts[:, 1]) == pytest.approx(150, abs=2)
