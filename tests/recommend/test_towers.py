"""Vectors of users and items, and the best items."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from tabemb.recommend import towers as module
from tabemb.recommend.towers import FeatureMap, Towers, best_items

N_USERS, N_ITEMS, DIM = 20, 30, 4


@pytest.fixture
def towers():
    rng = np.random.default_rng(0)
    return Towers(
        users=rng.normal(size=(N_USERS, DIM)).astype(np.float32).round(1),
        items=rng.normal(size=(N_ITEMS, DIM)).astype(np.float32).round(1),
    )


@pytest.fixture
def seen():
    drawn = np.random.default_rng(1).random((N_USERS, N_ITEMS)) < 0.2
    return sparse.csr_array(drawn.astype(np.float32))


@pytest.mark.parametrize("k", [1, 5, 30, 50])
@pytest.mark.parametrize("block", [1, 100, 10**6])
@pytest.mark.parametrize("exclude", [True, False])
@pytest.mark.parametrize("biased", [True, False])
def test_the_best_come_first_and_ties_by_place(towers, seen, k, block, exclude, biased, monkeypatch):
    monkeypatch.setattr(module, "BLOCK", block)
    biases = np.linspace(-1, 1, N_ITEMS).astype(np.float32) if biased else None
    towers = replace(towers, item_biases=biases)
    items, scores = towers.top(towers.users, k, seen if exclude else None)
    assert items.shape == scores.shape == (N_USERS, min(k, N_ITEMS))
    whole = towers.users @ towers.items.T + (0 if biases is None else biases)
    for row in range(N_USERS):
        allowed = [i for i in range(N_ITEMS) if not (exclude and seen[row, i])]
        expected = sorted(allowed, key=lambda i: (-whole[row, i], i))[:k]
        n = len(expected)
        np.testing.assert_allclose(scores[row, :n], whole[row, expected], rtol=1e-5, atol=1e-5)
        assert (items[row, n:] == -1).all()
        assert np.isneginf(scores[row, n:]).all()
        assert len(set(items[row, :n])) == n
        assert set(items[row, :n]) <= set(allowed)


def test_equal_scores_are_ordered_by_place(seen):
    scores = np.ones((1, 6), np.float32)
    assert best_items(scores.copy(), 3, sparse.csr_array([[0, 1, 0, 0, 0, 0]]))[0].tolist() == [[0, 2, 3]]
    assert best_items(scores.copy(), 9)[0].tolist() == [[0, 1, 2, 3, 4, 5]]


def test_only_allowed_items_are_found(towers, seen):
    allowed = np.array([3, 4, 11, 20])
    towers = replace(towers, item_biases=np.arange(N_ITEMS, dtype=np.float32))
    items, scores = towers.top(towers.users, 10, seen, allowed)
    everything = towers.users @ towers.items.T + towers.item_biases
    for row in range(N_USERS):
        left = [i for i in allowed if not seen[row, i]]
        assert items[row].tolist() == sorted(left, key=lambda i: -everything[row, i]) + [-1] * (4 - len(left))
    assert scores.shape == (N_USERS, 4)


def test_pairs_have_all_biases_and_the_offset(towers):
    towers = replace(
        towers,
        user_biases=np.arange(N_USERS, dtype=np.float32),
        item_biases=np.arange(N_ITEMS, dtype=np.float32) / 8,
        offset=3.5,
    )
    users, items = np.array([3, 3, 0]), np.array([8, 0, 16])
    added = np.array([3 + 1, 3 + 0, 0 + 2]) + 3.5
    expected = (towers.users[users] * towers.items[items]).sum(axis=1) + added
    np.testing.assert_allclose(towers.pairs(users, items), expected, rtol=1e-5)
    assert towers.pairs(users, items).dtype == np.float32


def test_a_user_is_the_sum_of_what_is_seen(towers, seen):
    np.testing.assert_allclose(towers.users_of(seen), seen @ towers.items, rtol=1e-5)
    history = towers.items[:, ::-1].copy()
    np.testing.assert_allclose(replace(towers, history=history).users_of(seen), seen @ history, rtol=1e-5)
    of_length = replace(towers, lengths=(8.0, 1.0)).users_of(seen)
    assert np.linalg.norm(of_length, axis=1) == pytest.approx(8, rel=1e-5)
    nothing = sparse.csr_array((1, N_ITEMS), dtype=np.float32)
    assert replace(towers, lengths=(8.0, 1.0)).users_of(nothing).tolist() == [[0] * DIM]


def test_a_user_is_the_mean_of_what_is_seen_and_the_columns(towers, seen):
    rng = np.random.default_rng(3)
    history, weights = rng.normal(size=(N_ITEMS, DIM)), rng.normal(size=(2, DIM))
    has_some = np.flatnonzero(np.asarray(seen.sum(axis=1)) > 0)
    seen = sparse.csr_array(2.5 * seen[has_some])
    pooled = replace(
        towers,
        history=history.astype(np.float32),
        user_scales=np.ones(N_USERS, np.float32),
        user_map=FeatureMap(weights.astype(np.float32), np.full(DIM, 9.0, np.float32)),
    )
    features = sparse.csr_array(rng.integers(0, 2, (len(has_some), 2)).astype(np.float32))
    mean = (seen @ history) / seen.toarray().sum(axis=1, keepdims=True)
    np.testing.assert_allclose(pooled.users_of(seen, features), mean + features @ weights, rtol=1e-4, atol=1e-5)
    scaled = replace(pooled, lengths=(8.0, 1.0))
    np.testing.assert_allclose(
        scaled.users_of(seen), 8 * mean / np.linalg.norm(mean, axis=1, keepdims=True), rtol=1e-4, atol=1e-5
    )


def test_users_of_other_weights(towers, seen):
    has_some = sparse.csr_array(seen + sparse.csr_array(np.eye(N_USERS, N_ITEMS, dtype=np.float32)))
    summed = replace(towers, is_sum=True).with_users_of(has_some)
    np.testing.assert_allclose(summed.users, has_some @ towers.items, rtol=1e-5)
    assert summed.user_scales is None
    weights = FeatureMap(np.ones((1, DIM), np.float32), np.zeros(DIM, np.float32))
    pooled = replace(
        towers, history=towers.items, user_scales=np.ones(N_USERS, np.float32), lengths=(8.0, 1.0), user_map=weights
    )
    mean = (has_some @ towers.items) / has_some.sum(axis=1)[:, None]
    for features, added in ((None, 0), (sparse.csr_array(np.ones((N_USERS, 1), np.float32)), 1)):
        found = pooled.with_users_of(has_some, features)
        scales = 8 / np.linalg.norm(mean + added, axis=1)
        np.testing.assert_allclose(found.user_scales, scales, rtol=1e-3)
        np.testing.assert_allclose(found.users, (mean + added) * scales[:, None], rtol=1e-3, atol=1e-5)
    with pytest.raises(ValueError, match="neither sums nor means"):
        towers.with_users_of(has_some)


def test_contributions_are_parts_of_the_score_or_cosines(towers):
    seen, weights = np.array([1, 4, 7]), np.array([1.0, 2.0, 1.0], np.float32)
    summed = replace(towers, is_sum=True).contributions(0, 5, seen, weights)
    np.testing.assert_allclose(summed, weights * (towers.items[seen] @ towers.items[5]), rtol=1e-5)
    history, scales = towers.items[:, ::-1].copy(), np.arange(2, 2 + N_USERS, dtype=np.float32)
    of_mean = replace(towers, history=history, user_scales=scales).contributions(3, 5, seen, weights)
    assert of_mean.sum() == pytest.approx(5 * (weights / 4 @ history[seen]) @ towers.items[5], rel=1e-4)
    unit = towers.items / np.linalg.norm(towers.items, axis=1, keepdims=True)
    np.testing.assert_allclose(towers.contributions(0, 5, seen, weights), unit[seen] @ unit[5], rtol=1e-4, atol=1e-6)


def test_new_rows_are_the_sums_of_their_features(towers):
    rng = np.random.default_rng(2)
    weights, intercept = rng.normal(size=(3, DIM)).astype(np.float32), rng.normal(size=DIM).astype(np.float32)
    plain = FeatureMap(weights, intercept, bias_intercept=0.5)
    biased = FeatureMap(weights, intercept, np.array([1, 2, 4], np.float32), 0.5)
    features = sparse.csr_array(np.array([[1, 0, 1], [0, 0, 0]], np.float32))
    found = replace(towers, user_map=plain, item_map=biased)
    vectors, biases = found.new_users(features)
    np.testing.assert_allclose(vectors, [weights[0] + weights[2] + intercept, intercept], rtol=1e-6)
    assert biases.tolist() == [0.5, 0.5]
    assert found.new_items(features)[1].tolist() == [5.5, 0.5]
    scaled = replace(found, lengths=(3.0, 2.0))
    assert np.linalg.norm(scaled.new_users(features)[0], axis=1) == pytest.approx(3, rel=1e-5)
    assert np.linalg.norm(scaled.new_items(features)[0], axis=1) == pytest.approx(2, rel=1e-5)
    with pytest.raises(ValueError, match="no map of columns"):
        towers.new_users(features)


@pytest.mark.parametrize("whole", [True, False])
def test_arrays_are_the_same_towers(towers, whole):
    if whole:
        weights = np.ones((3, DIM), np.float32)
        towers = replace(
            towers,
            user_biases=np.ones(N_USERS, np.float32),
            item_biases=np.ones(N_ITEMS, np.float32),
            offset=3.25,
            user_map=FeatureMap(weights, weights[0]),
            item_map=FeatureMap(weights, weights[0], weights[:, 0], 0.5),
            history=towers.items[::-1].copy(),
            user_scales=np.ones(N_USERS, np.float32),
            lengths=(8.0, 1.0),
            is_sum=True,
        )
    arrays = towers.to_arrays()
    again = Towers.from_arrays(arrays)
    assert again.to_arrays().keys() == arrays.keys()
    for name, array in again.to_arrays().items():
        assert np.array_equal(array, arrays[name]), name
    assert (again.offset, again.lengths, again.is_sum) == (towers.offset, towers.lengths, towers.is_sum)
    assert (again.user_map is None, again.history is None) == (not whole, not whole)
    if whole:
        assert (again.item_map.bias_intercept, again.user_map.bias_weights) == (0.5, None)
