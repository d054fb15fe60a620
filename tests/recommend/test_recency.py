"""Recent interactions that count more."""

import numpy as np
import pandas as pd
import pytest

from tabemb.recommend.interactions import InteractionMatrix, recency
from tabemb.recommend.methods import LinearAutoencoder
from tabemb.recommend.recency import favor_recent

SEEN = pd.DataFrame({"user": [1, 1, 2, 1, 2], "item": ["x", "y", "x", "z", "x"], "w": [1.0, 2.0, 1.0, 1.0, 1.0]})
SEEN["day"] = [2, 4, 3, 0, 1]


@pytest.mark.parametrize("weight", [None, "w"])
def test_users_are_sums_of_items_by_their_recency(observe, weight):
    observations = observe(SEEN, weight=weight, time="day")
    towers = LinearAutoencoder(dim=2, penalty=1.0).fit(observations, 0)
    found, weighted = favor_recent(towers, observations, 1.0)
    # User 1 has seen z, x, y in this order, and user 2 has seen x twice: the last one counts.
    counts = {(1, "z"): 0.25, (1, "x"): 0.5, (1, "y"): 2.0 if weight else 1.0, (2, "x"): 1.0}
    dense = [[counts.get((user, item), 0) for item in weighted.items.keys] for user in weighted.users.keys]
    np.testing.assert_allclose(weighted.matrix.toarray(), dense)
    np.testing.assert_allclose(found.users, dense @ towers.items, rtol=1e-5, atol=1e-7)
    assert np.array_equal(found.items, towers.items)


def test_other_users_have_the_same_weights():
    known = InteractionMatrix.read(SEEN, user="user", item="item")
    table = pd.DataFrame({"user": [9, 9, 9], "item": ["x", "unknown", "y"], "day": [3, 2, 1]})
    found = known.of(table, user="user", item="item", time="day", half_life=2)
    # Unknown items are left out before the later ones are counted.
    weights = dict(zip(found.items.keys, found.matrix.toarray()[0].tolist(), strict=True))
    assert weights == {"x": 1.0, "y": pytest.approx(0.5**0.5), "z": 0.0}


def test_weights_stay_above_zero():
    weights = recency(np.zeros(100, int), np.arange(100), 0.5)
    assert weights[-1] == 1
    assert weights.min() == pytest.approx(1e-6)


def test_users_who_are_keys(observe):
    from tabemb.recommend.methods import MatrixFactorization

    observations = observe(SEEN, rating="w", time="day")
    towers = MatrixFactorization(dim=1, penalty=1.0).fit(observations, 0)
    with pytest.raises(ValueError, match="sums or means of items: 'linear_autoencoder', or 'two_towers' with"):
        favor_recent(towers, observations, 1.0)
