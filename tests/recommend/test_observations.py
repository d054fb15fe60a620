"""What a recommender learns from."""

import numpy as np
import pandas as pd
import pytest

SEEN = pd.DataFrame(
    {
        "user": ["a", "a", "b", "c"],
        "item": ["x", "x", "x", "y"],
        "group": ["g", "g", "h", None],
        "w": [1.0, 3.0, 2.0, 1.0],
    }
)


def test_rows_of_the_table_are_counted_and_pairs_are_not(observe):
    observations = observe(SEEN, weight="w")
    assert len(observations) == 4
    assert observations.item_shares.tolist() == [0.75, 0.25]
    assert observations.item_shares.dtype == np.float32
    assert observations.matrix.matrix.toarray().tolist() == [[3, 0], [2, 0], [0, 1]]
    assert (observations.users, observations.items, observations.ratings) == (None, None, None)


def test_an_item_without_interactions_has_no_share(observe):
    observations = observe(SEEN)
    observations.matrix.matrix.resize((3, 5))
    assert observations.item_shares.tolist() == [0.75, 0.25, 0, 0, 0]


def test_the_mean_of_ratings_is_weighted(observe):
    table = SEEN.assign(stars=[1.0, 2.0, 3.0, 5.0])
    assert observe(table, rating="stars").mean_rating == 11 / 4
    assert observe(table, rating="stars", weight="w").mean_rating == (1 + 6 + 6 + 5) / 7
    assert observe(table).mean_rating == 0


def test_features_are_in_the_order_of_the_keys(observe):
    side = observe(SEEN, user=["group"]).users
    assert side.columns.features == [("group", None), ("group", "g"), ("group", "h")]
    assert side.features.toarray().tolist() == [[0, 1, 0], [0, 0, 1], [1, 0, 0]]
    assert side.features is side.features


def test_vectors_of_values_are_means_minus_that_of_all(observe):
    side = observe(SEEN, user=["group"]).users
    vectors, counts = np.array([[1.0, 0.0], [4.0, 2.0], [0.0, 8.0]], np.float32), np.array([2, 1, 1])
    found, totals = side.value_vectors(vectors, counts)
    mean = (2 * vectors[0] + vectors[1] + vectors[2]) / 4
    assert totals.tolist() == [1, 2, 1]
    np.testing.assert_allclose(found, [vectors[2] - mean, vectors[0] - mean, vectors[1] - mean], rtol=1e-6)
    assert (found.dtype, totals.dtype) == (np.float32, np.int64)


@pytest.mark.parametrize("what", ["users", "items"])
def test_observations_are_frozen(observe, what):
    with pytest.raises(AttributeError):
        setattr(observe(SEEN), what, None)


def test_the_last_place_in_time_of_each_pair(observe):
    table = pd.DataFrame({"user": list("ababb"), "item": list("xyxxy"), "day": [9, 3, 1, 2, 7]})
    observations = observe(table, time="day")
    assert observations.places.tolist() == [4, 2, 0, 1, 3]
    matrix = observations.matrix
    users, items = matrix.matrix.nonzero()
    pairs = [(matrix.users.keys[user], matrix.items.keys[item]) for user, item in zip(users, items, strict=True)]
    found = dict(zip(pairs, observations.last_places.tolist(), strict=True))
    assert found == {("a", "x"): 4, ("b", "y"): 3, ("b", "x"): 1}
    assert observe(table).last_places is None
