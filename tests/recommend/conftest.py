"""Interactions with two tastes, for the tests of recommendation."""

import numpy as np
import pandas as pd
import pytest

from tabemb.recommend.observations import Observations
from tabemb.table.frames import read_frame


def _observe(table, *, user=(), item=(), **columns):
    return Observations.read(read_frame(table), ["user", *user], ["item", *item], **columns)


@pytest.fixture(scope="session")
def observe():
    """Return a function from a table, with columns "user" and "item", to observations."""
    return _observe


@pytest.fixture(scope="session")
def tastes():
    """Return interactions of 60 users, each of one of two tastes, with 40 items, with columns of both.

    A user "u7" has the odd taste, and has seen items of it only ("i3", "i5", ...); few of them are popular.
    """
    rng = np.random.default_rng(0)
    popular = np.exp(-np.arange(20) / 8)
    rows = []
    for user in range(60):
        taste = user % 2
        seen = rng.choice(20, 8, replace=False, p=popular / popular.sum())
        for day, item in enumerate(2 * seen + taste):
            stars = 3.0 + (1 if item % 4 < 2 else -1) + 0.5 * ((user // 2) % 3 - 1)
            rows.append((f"u{user}", f"i{item}", stars, 1.0 + day % 3, day, "odd" if taste else "even", user, item))
    table = pd.DataFrame(rows, columns=["user", "item", "stars", "weight", "day", "group", "age", "number"])
    table["genres"] = np.where(table["number"] % 2 == 1, "odd|film", "even|film")
    return table.drop(columns="number").sample(frac=1, random_state=0, ignore_index=True)
