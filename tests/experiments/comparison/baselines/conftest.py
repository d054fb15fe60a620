"""A small table with every kind of column, and a target of every task."""

import numpy as np
import pandas as pd
import pytest

N = 120


@pytest.fixture
def table() -> pd.DataFrame:
    """Return text, category, bool, date and number columns, with missing cells."""
    rng = np.random.default_rng(1)
    table = pd.DataFrame(
        {
            "city": rng.choice(["Rome", "Oslo", "Bern", "Lima"], N),
            "kind": pd.Categorical(rng.choice(["x", "y"], N)),
            "open": rng.random(N) > 0.5,
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, N), unit="D"),
            "size": rng.normal(size=N),
        }
    )
    table.loc[::9, "city"] = None
    table.loc[::7, "size"] = np.nan
    return table


@pytest.fixture
def targets(table) -> dict[str, np.ndarray]:
    """Return targets of every task; the city decides most of them."""
    rng = np.random.default_rng(2)
    code = table["city"].map({"Rome": 0, "Oslo": 1, "Bern": 2, "Lima": 0}).fillna(1).to_numpy().astype(int)
    noise = rng.normal(scale=0.1, size=N)
    return {
        "binary": np.where(code == 0, "yes", "no").astype(object),
        "multiclass": np.array(["a", "b", "c"], dtype=object)[code],
        "multilabel": np.column_stack([code == 0, code == 2]).astype(int),
        "regression": code + noise,
        "ranking": code,
        "multi_regression": np.column_stack([code + noise, -code - noise]),
    }
