"""Interactions with two tastes, for the tests of recommendation."""

import numpy as np
import pandas as pd
import pytest

from tabemb.recommend.interactions import InteractionMatrix
from tabemb.recommend.observations import Observations, Side
from tabemb.recommend.side_columns import SideColumns
from tabemb.table.frames import read_frame
from tabemb.table.vocabulary import Vocabulary

FIRST = Vocabulary.FIRST


def _observe(table, *, user=(), item=(), weight=None, rating=None, time=None, multi_valued="auto"):
    users, rows = Vocabulary.fit_encode(table["user"])
    items, columns = Vocabulary.fit_encode(table["item"])
    weights = None if weight is None else table[weight].to_numpy(np.float32)
    sides = []
    for names, key, codes in ((user, "user", rows), (item, "item", columns)):
        last = table.groupby(codes).tail(1)
        last = last.iloc[np.argsort((users if key == "user" else items).encode(last[key]))]
        spec = multi_valued
        if isinstance(spec, dict):
            spec = {name: each for name, each in spec.items() if name in names}
        side = SideColumns(names, spec)
        sides.append(Side(side, side.fit_encode(read_frame(last))) if names else None)
    return Observations(
        matrix=InteractionMatrix.from_codes(rows, columns, weights, users, items),
        user_rows=rows.astype(np.intp) - FIRST,
        item_rows=columns.astype(np.intp) - FIRST,
        weights=weights,
        ratings=None if rating is None else table[rating].to_numpy(np.float32),
        places=None if time is None else table[time].rank(method="first").to_numpy(np.intp) - 1,
        users=sides[0],
        items=sides[1],
    )


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
