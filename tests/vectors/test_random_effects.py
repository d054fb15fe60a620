"""Vectors as random effects: what is estimated, and by how much is shrunk."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabemb.vectors.random_effects import RandomEffects, count_weighted_mean, shrunk

COUNTS = np.tile([1, 3, 10, 40, 200], 300)


def drawn(k, variance=2.0, dim=5):
    """Return true vectors, and what their rows say of them: each row is noise of ``k`` times their variance."""
    rng = np.random.default_rng(0)
    true = 3 + rng.normal(scale=variance**0.5, size=(len(COUNTS), dim))
    return true, true + rng.normal(scale=(variance * k) ** 0.5, size=true.shape) / np.sqrt(COUNTS)[:, None]


@pytest.mark.parametrize("k", [2.0, 6.0, 60.0])
def test_what_the_prior_is_worth_is_found(k):
    _, seen = drawn(k)
    found = RandomEffects.of(seen, COUNTS)
    assert found.k == pytest.approx(k, rel=0.2)
    assert found.variance == pytest.approx(2.0, rel=0.1)
    assert not found.already


@pytest.mark.parametrize("k", [6.0, 60.0])
def test_shrinking_by_it_comes_nearest_to_the_truth(k):
    true, seen = drawn(k)
    found = RandomEffects.of(seen, COUNTS).k
    errors = {factor: ((shrunk(seen, COUNTS, factor * found) - true) ** 2).mean() for factor in (0, 0.3, 1, 3)}
    assert min(errors, key=errors.get) == 1


def test_vectors_that_were_shrunk_are_known_with_the_same_prior():
    _, seen = drawn(6.0)
    found = RandomEffects.of(shrunk(seen, COUNTS, 6.0), COUNTS)
    assert found.already
    assert found.k == pytest.approx(6.0, rel=0.2)
    assert found.variance == pytest.approx(2.0, rel=0.1)


def test_the_uncertainty_is_the_error_that_is_left():
    true, seen = drawn(6.0)
    found = RandomEffects.of(seen, COUNTS)
    left = shrunk(seen, COUNTS, found.k) - true
    for count in np.unique(COUNTS):
        error = np.sqrt((left[count == COUNTS] ** 2).mean())
        assert found.uncertainty(np.array([count])) == pytest.approx(error, rel=0.1)


def test_a_prior_that_is_given_is_taken():
    _, seen = drawn(6.0)
    found = RandomEffects.of(seen, COUNTS, 20.0)
    assert found.k == 20.0
    squares = ((seen - count_weighted_mean(seen, COUNTS)) ** 2).mean(axis=1)
    assert found.variance == pytest.approx((squares * COUNTS / (COUNTS + 20)).mean())


@pytest.mark.parametrize("counts", [[5, 5, 5], [0, 0, 7], [0, 0, 0]])
def test_where_counts_say_nothing_the_prior_is_worth_nothing(counts):
    found = RandomEffects.of(np.array([[1.0], [2.0], [4.0]]), np.array(counts))
    assert (found.k, found.already) == (0.0, False)
    assert np.isfinite(found.uncertainty(np.array(counts))).all()


def test_equal_vectors_are_certain():
    found = RandomEffects.of(np.ones((3, 2)), np.array([1, 2, 3]))
    assert found.uncertainty(np.array([0, 1, 9])).tolist() == [0, 0, 0]


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 10**6), min_size=2, max_size=6),
    st.floats(0, 1e6),
    st.integers(0, 99),
)
def test_shrinking_keeps_the_mean_and_the_order_of_what_is_left(counts, k, seed):
    counts = np.array(counts)
    vectors = np.random.default_rng(seed).normal(size=(len(counts), 2))
    made, mean = shrunk(vectors, counts, k), count_weighted_mean(vectors, counts)
    kept = counts / (counts + k) if k else np.ones(len(counts))
    np.testing.assert_allclose(made - mean, kept[:, None] * (vectors - mean), atol=1e-9)
    deviation = RandomEffects(k, 1.0, False).uncertainty(np.sort(counts))
    assert (np.diff(deviation) <= 0).all()
    assert (deviation <= 1).all()
