"""The objective of hidden cells."""

import numpy as np
import pandas as pd

from tabemb import EmbeddingPretrainer

rng = np.random.default_rng(0)
COAST = rng.integers(0, 2, 3000)
TRIPS = pd.DataFrame(
    {
        "dest": np.where(COAST, rng.choice(["LAX", "SFO", "SEA"], 3000), rng.choice(["BOS", "JFK", "EWR"], 3000)),
        "carrier": np.where(COAST, rng.choice(["AS", "VX"], 3000), rng.choice(["B6", "DL"], 3000)),
        "distance": np.where(COAST, 2500.0, 200.0) + rng.normal(size=3000),
    }
)


def test_a_category_may_have_another_vector_where_it_is_predicted():
    objective = {"name": "masked", "max_epochs": 8, "start": "random", "tied": False}
    model = EmbeddingPretrainer(objective=objective, random_state=0).fit(TRIPS)
    for key, others in {"LAX": {"SFO", "SEA"}, "BOS": {"JFK", "EWR"}}.items():
        assert {found for found, _ in model.vectors_["dest"].most_similar(key, topn=2)} == others


def test_what_is_explained_is_what_the_columns_have_in_common():
    model = EmbeddingPretrainer(objective={"name": "masked", "max_epochs": 8}, random_state=0).fit(TRIPS)
    # A hidden cell tells its coast, which is one of several bits.
    assert 0.3 < max(model.history_["val_explained"]) < 0.7
