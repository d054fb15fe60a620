"""Draws of vectors: their mean is shrunk, their spread is that of two fits, and their axes are those of the vectors."""

import numpy as np
import pytest

from tabemb.vectors.sampling_noise import SamplingNoise
from tabemb.vectors.vector_draws import VectorDraws

N, DIM = 4000, 3
SPREAD = np.array([3.0, 1.0, 0.5])


def noise_of(variance, exponent=-1.0, rows=100.0):
    return SamplingNoise(np.diag(np.broadcast_to(np.asarray(variance, float), DIM)), rows, exponent, 5)


@pytest.fixture(scope="module")
def counts():
    return np.random.default_rng(7).integers(50, 200, N)


@pytest.fixture(scope="module")
def true():
    return 5.0 + SPREAD * np.random.default_rng(8).normal(size=(N, DIM))


@pytest.fixture(scope="module")
def estimated(true, counts):
    return true + np.sqrt(100 / counts)[:, None] * np.random.default_rng(9).normal(size=(N, DIM))


def test_draws_are_those_of_a_fresh_fit(true, counts, estimated):
    """The difference of a draw and an estimate is distributed as that of two estimates from different rows."""
    fresh = true + np.sqrt(100 / counts)[:, None] * np.random.default_rng(10).normal(size=(N, DIM))
    draws = VectorDraws(estimated, counts, noise_of(1.0), seed=0)
    drawn, own = draws(), draws.along_axes(estimated)
    of_draws = np.square(drawn - own).mean(axis=0)
    of_fits = np.square(draws.along_axes(fresh) - own).mean(axis=0)
    np.testing.assert_allclose(of_draws, of_fits, rtol=0.1)
    # Their variance around the mean is that of the estimates, too.
    np.testing.assert_allclose(drawn.var(axis=0), own.var(axis=0), rtol=0.1)


def test_expected_vectors_are_nearer_to_the_truth_than_the_estimates(true, counts, estimated):
    draws = VectorDraws(estimated, counts, noise_of(1.0), seed=0)
    expected = np.mean([draws() for _ in range(200)], axis=0)
    of_estimates = np.square(estimated - true).mean()
    assert np.square(expected - draws.along_axes(true)).mean() < 0.85 * of_estimates


def test_distances_along_the_axes_are_those_of_the_vectors(counts, estimated):
    draws = VectorDraws(estimated, counts, noise_of(1.0), seed=0)
    own = draws.along_axes(estimated)
    assert own.dtype == np.float32
    np.testing.assert_allclose(
        np.linalg.norm(own[1:] - own[:-1], axis=1), np.linalg.norm(estimated[1:] - estimated[:-1], axis=1), rtol=1e-4
    )
    np.testing.assert_allclose(own @ own[0], estimated @ estimated[0], rtol=1e-4)


def test_without_noise_draws_are_the_vectors(counts, estimated):
    draws = VectorDraws(estimated, counts, noise_of(0.0), seed=0)
    np.testing.assert_allclose(draws(), draws.along_axes(estimated), rtol=1e-5, atol=1e-5)


def test_pure_noise_is_drawn_around_the_mean(counts):
    vectors = np.sqrt(100 / counts)[:, None] * np.random.default_rng(0).normal(size=(N, DIM))
    draws = VectorDraws(vectors, counts, noise_of(1.0), seed=0)
    expected = np.mean([draws() for _ in range(300)], axis=0)
    own = draws.along_axes(vectors)
    assert expected.var() < 0.03 * own.var()
    assert np.linalg.norm(expected.mean(axis=0)) < 0.1


def test_rare_categories_are_shrunk_more_and_drawn_wider(estimated):
    counts = np.where(np.arange(N) < N // 2, 1000, 10)
    draws = VectorDraws(estimated, counts, noise_of(1.0), seed=0)
    drawn = np.array([draws() for _ in range(100)])
    own = draws.along_axes(estimated)
    center = drawn.mean(axis=(0, 1))
    rare, frequent = slice(N // 2, N), slice(0, N // 2)
    kept = [np.square(drawn.mean(axis=0)[part] - center).mean() / own[part].var() for part in (frequent, rare)]
    assert kept[1] < 0.8 * kept[0]
    assert drawn.std(axis=0)[rare].mean() > 3 * drawn.std(axis=0)[frequent].mean()


def test_the_exponent_decides_how_the_spread_depends_on_the_rows(estimated):
    counts = np.where(np.arange(N) < N // 2, 1000, 10)
    draws = VectorDraws(estimated, counts, noise_of(0.01, exponent=0.0), seed=0)
    spread = np.array([draws() for _ in range(50)]).std(axis=0)
    assert spread[: N // 2].mean() == pytest.approx(spread[N // 2 :].mean(), rel=0.05)


def test_noise_between_the_axes_of_the_vectors_is_seen(counts, estimated):
    """Noise with correlated entries has its variance along each principal axis."""
    axis = np.array([1.0, 1.0, 0.0]) / np.sqrt(2)
    noise = SamplingNoise(np.outer(axis, axis), 100.0, -1.0, 5)
    draws = VectorDraws(estimated, counts, noise, seed=0)
    away = draws() - draws.along_axes(estimated)
    along = np.abs(draws.along_axes(axis[None])[0])
    assert np.argsort(away.std(axis=0)).tolist() == np.argsort(along).tolist()


def test_the_seed_determines_the_draws(counts, estimated):
    one, two, other = (VectorDraws(estimated, counts, noise_of(1.0), seed) for seed in (0, 0, 1))
    first = one()
    assert np.array_equal(first, two())
    assert not np.array_equal(first, other())
    assert not np.array_equal(first, one())
    assert first.dtype == np.float32
    assert first.shape == (N, DIM)


def test_some_rows_are_drawn_as_among_all(estimated):
    """The mean and the variance of the true vectors are those of the column, however few and similar the rows are."""
    counts = np.full(N, 100)
    near = np.argsort(np.linalg.norm(estimated - estimated[0], axis=1))[:20]
    whole, part = (VectorDraws(estimated, counts, noise_of(1.0), 0, rows) for rows in (None, near))
    assert part().shape == (20, DIM)
    one, two = (np.array([draws() for _ in range(400)]) for draws in (whole, part))
    np.testing.assert_allclose(two.mean(axis=0), one[:, near].mean(axis=0), atol=0.35)
    np.testing.assert_allclose(two.std(axis=0).mean(axis=0), one[:, near].std(axis=0).mean(axis=0), rtol=0.05)
    np.testing.assert_array_equal(whole.along_axes(estimated), part.along_axes(estimated))


def test_few_and_untrained_categories_are_drawn_as_well():
    for vectors, counts in ((np.ones((1, DIM)), [0]), (np.zeros((2, DIM)), [0, 0]), (np.eye(DIM), [0, 1, 2])):
        assert np.isfinite(VectorDraws(vectors, np.array(counts), noise_of(1.0), seed=0)()).all()
