"""The best items of users, by vectors."""

import numpy as np
import pytest
from scipy import sparse

from tabemb.recommend.methods import METHODS, FactorizationMethod, ItemFactors
from tabemb.recommend.methods import method as module


@pytest.fixture
def factors():
    return ItemFactors(np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32).round(1))


@pytest.fixture
def seen():
    drawn = np.random.default_rng(1).random((20, 30)) < 0.2
    return sparse.csr_array(drawn.astype(np.float32))


@pytest.mark.parametrize("k", [1, 5, 30, 50])
@pytest.mark.parametrize("block", [1, 100, 10**6])
@pytest.mark.parametrize("exclude_seen", [True, False])
def test_the_best_come_first_and_ties_by_place(factors, seen, k, block, exclude_seen, monkeypatch):
    monkeypatch.setattr(module, "BLOCK", block)
    items, scores = factors.top(seen, k, exclude_seen=exclude_seen)
    assert items.shape == scores.shape == (20, min(k, 30))
    whole = (seen @ factors.vectors) @ factors.vectors.T
    for row in range(20):
        allowed = [i for i in range(30) if not (exclude_seen and seen[row, i])]
        expected = sorted(allowed, key=lambda i: (-whole[row, i], i))[:k]
        n = len(expected)
        np.testing.assert_allclose(scores[row, :n], whole[row, expected], rtol=1e-5, atol=1e-5)
        assert (items[row, n:] == -1).all()
        assert np.isneginf(scores[row, n:]).all()
        assert len(set(items[row, :n])) == n
        assert set(items[row, :n]) <= set(allowed)


def test_equal_scores_are_ordered_by_frequency():
    factors = ItemFactors(np.ones((6, 1), np.float32))
    seen = sparse.csr_array(np.array([[0, 1, 0, 0, 0, 0]], np.float32))
    assert factors.top(seen, 3)[0].tolist() == [[0, 2, 3]]


def test_a_method_must_say_how_it_learns():
    with pytest.raises(TypeError, match="a method must define fit"):
        FactorizationMethod().fit(None, 0)


def test_methods_have_names():
    assert METHODS.resolve({"name": "linear_autoencoder", "dim": 3}).get_params() == {"dim": 3, "penalty": "auto"}
