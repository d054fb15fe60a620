"""A small table of shops whose sales follow from shop, weekday and promotion."""

import numpy as np
import pandas as pd
import pytest

from tabemb.experiments.data import Problem
from tabemb.experiments.paper.network import StudyNetwork
from tabemb.experiments.paper.split_rows import SPLITS, split_rows


def _sales(n=400):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "shop": rng.integers(0, 8, n),
            "weekday": rng.choice(["mon", "tue", "sat"], n),
            "promo": rng.integers(0, 2, n),
            "year": np.sort(rng.integers(2013, 2016, n)),
        }
    )
    amounts = np.exp(5 + 0.3 * X["shop"] + 0.5 * (X["weekday"] == "sat") + 0.2 * X["promo"])
    return X, amounts.to_numpy(copy=True)


@pytest.fixture(scope="session")
def sales() -> Problem:
    """Return the table as a problem; one shop was closed once."""
    X, amounts = _sales()
    amounts[3] = 0
    return Problem(X=X, y=pd.Series(amounts), target="sales")


@pytest.fixture(scope="session")
def rows():
    """Return training and test rows."""
    X, amounts = _sales()
    kept = {"categorical": ["shop", "weekday"], "time": ["year"], "test_share": 0.25}
    return split_rows(X, amounts, SPLITS["shuffled"](), rows=250, seed=0, **kept)


@pytest.fixture
def network():
    """Return a network that is fitted in no time."""
    return StudyNetwork(hidden_units=(8,), epochs=2, batch_size=32, n_networks=2)
