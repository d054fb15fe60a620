"""A small table with a rule to learn, and estimators fitted once."""

import numpy as np
import pandas as pd
import pytest

from tabemb import EmbeddingClassifier, EmbeddingRegressor

QUICK = {
    "max_epochs": 3,
    "learning_rate": 0.02,
    "body": {"name": "mlp", "hidden_units": (16,)},
    "random_state": 0,
}


@pytest.fixture(scope="session")
def quick():
    """Parameters of a fit that takes well under a second."""
    return dict(QUICK)


@pytest.fixture(scope="session")
def flights():
    """120 flights: two columns of text, an integer, and a float with missing cells."""
    rng = np.random.default_rng(0)
    n = 120
    return pd.DataFrame(
        {
            "dest": rng.choice(["IAH", "MIA", "BQN", "ATL", "ORD", "LAX"], n),
            "carrier": rng.choice(["UA", "AA", "B6"], n),
            "hour": rng.integers(5, 23, n),
            "distance": np.where(rng.random(n) < 0.1, np.nan, rng.normal(1000, 300, n).round()),
        }
    )


@pytest.fixture(scope="session")
def late(flights):
    """Whether a flight is late, which depends mostly on its destination."""
    rng = np.random.default_rng(1)
    chance = flights["dest"].isin(["MIA", "ORD", "LAX"]) ^ (rng.random(len(flights)) < 0.1)
    return np.where(chance, "late", "on time")


@pytest.fixture(scope="session")
def delay(late):
    return np.where(late == "late", 30.0, 2.0) + np.random.default_rng(2).normal(size=len(late))


@pytest.fixture(scope="session")
def classifier(flights, late):
    return EmbeddingClassifier(**QUICK, one_hot_max_categories=0).fit(flights, late)


@pytest.fixture(scope="session")
def regressor(flights, delay):
    return EmbeddingRegressor(**QUICK, one_hot_max_categories=0).fit(flights, delay)
