"""Estimates of the noise from refits: known noise is recovered, whatever the axes of the refits."""

import numpy as np
import pytest

from tabemb.vectors import CategoryVectors
from tabemb.vectors.neighbors import MOST_COMPARED
from tabemb.vectors.refits import EXPONENTS, most_frequent, noise_from_refits, noise_of_tables, with_noise

SPREAD = np.array([1.0, 0.5, 2.0, 1.0])
SHARE = 0.8


def counts_between(low, high, n, rng):
    return np.sort(np.exp(rng.uniform(np.log(low), np.log(high), n)).astype(int))[::-1]


def turned(matrix, seed):
    """Return vectors in other axes, as each fit has its own."""
    axes = np.linalg.qr(np.random.default_rng(seed).normal(size=(matrix.dim, matrix.dim)))[0]
    return matrix.replace(matrix.vectors @ axes)


@pytest.fixture(scope="module")
def fitted(fit_to_rows):
    """Return a fit of 120 categories and its refits, each in axes of its own."""
    rng = np.random.default_rng(0)
    whole, refits = fit_to_rows(rng.normal(size=(120, 4)), counts_between(20, 400, 120, rng), SPREAD, seed=1)
    return whole, [turned(each, seed) for seed, each in enumerate(refits)]


@pytest.mark.parametrize(("low", "high"), [(20, 400), (5, 3000)])
@pytest.mark.parametrize("seed", range(3))
def test_the_noise_of_means_is_recovered(fit_to_rows, low, high, seed):
    rng = np.random.default_rng(seed)
    counts = counts_between(low, high, 120, rng)
    whole, refits = fit_to_rows(rng.normal(size=(120, 4)), counts, SPREAD, seed)
    noise = noise_from_refits(whole, [turned(each, place) for place, each in enumerate(refits)], SHARE)
    expected = SPREAD**2 / noise.rows
    assert np.trace(noise.covariance) == pytest.approx(expected.sum(), rel=0.25)
    np.testing.assert_allclose(np.diag(noise.covariance), expected, rtol=0.4)
    off = noise.covariance - np.diag(np.diag(noise.covariance))
    assert np.abs(off).max() < 0.15 * expected.max()
    assert noise.exponent == pytest.approx(-1, rel=0.25)
    assert low < noise.rows < high
    assert noise.n_refits == 5


def test_errors_are_those_of_the_vectors(fit_to_rows):
    rng = np.random.default_rng(3)
    counts, true = counts_between(20, 400, 150, rng), rng.normal(size=(150, 4))
    whole, refits = fit_to_rows(true, counts, SPREAD, seed=4)
    errors = noise_from_refits(whole, refits, SHARE).errors(counts)
    found = np.square(whole.vectors - true).mean(axis=1)
    for part in (slice(0, 50), slice(50, 100), slice(100, 150)):
        assert np.sqrt(found[part].mean()) == pytest.approx(np.sqrt(np.square(errors[part]).mean()), rel=0.25)


@pytest.mark.parametrize("n_refits", [3, 10])
def test_any_number_of_refits_estimates_the_same_noise(fit_to_rows, n_refits):
    rng = np.random.default_rng(5)
    whole, refits = fit_to_rows(rng.normal(size=(150, 4)), [200] * 150, SPREAD, seed=6, n_refits=n_refits)
    noise = noise_from_refits(whole, refits, 1 - 1 / n_refits)
    assert np.trace(noise.covariance) == pytest.approx((SPREAD**2).sum() / 200, rel=0.25)


def test_the_axes_of_the_refits_do_not_matter(fitted):
    whole, refits = fitted
    noise = noise_from_refits(whole, refits, SHARE)
    again = noise_from_refits(whole, [turned(each, 99 + seed) for seed, each in enumerate(refits)], SHARE)
    np.testing.assert_allclose(again.covariance, noise.covariance, rtol=1e-3, atol=1e-6)
    assert again.exponent == pytest.approx(noise.exponent, rel=1e-3)


def test_the_noise_follows_the_scale_of_the_vectors(fitted):
    whole, refits = fitted
    noise = noise_from_refits(whole, refits, SHARE)
    larger = noise_from_refits(
        whole.replace(whole.vectors * 3), [each.replace(each.vectors * 3) for each in refits], SHARE
    )
    np.testing.assert_allclose(larger.covariance, noise.covariance * 9, rtol=1e-3)
    assert larger.exponent == pytest.approx(noise.exponent, rel=1e-3)


def test_refits_with_more_rows_in_common_differ_less_for_the_same_noise(fitted):
    whole, refits = fitted
    one, other = (noise_from_refits(whole, refits, share) for share in (0.8, 0.9))
    np.testing.assert_allclose(other.covariance, one.covariance * (0.9 / 0.1) / (0.8 / 0.2), rtol=1e-5)


def test_the_order_of_the_keys_and_further_categories_do_not_matter(fitted):
    whole, refits = fitted
    others = []
    for each in refits:
        keys = [*each.index_to_key[::-1], "only here"]
        rows = np.vstack([each.vectors[::-1], np.full((1, 4), 100.0)])
        others.append(CategoryVectors(keys, rows, [*each.counts[::-1].tolist(), 7]))
    assert noise_from_refits(whole, others, SHARE) == noise_from_refits(whole, refits, SHARE)


def test_categories_that_a_refit_has_not_trained_are_left_out(fitted):
    whole, refits = fitted
    keys = whole.index_to_key
    without = [CategoryVectors(keys[:-1], each.vectors[:-1], each.counts[:-1]) for each in refits]
    counts = refits[0].counts.copy()
    counts[-1] = 0
    rows = refits[0].vectors.copy()
    rows[-1] = 50.0
    untrained = CategoryVectors(keys, rows, counts)
    expected = noise_from_refits(whole, without, SHARE)
    assert noise_from_refits(whole, [without[0], *refits[1:]], SHARE) == expected
    assert noise_from_refits(whole, [untrained, *refits[1:]], SHARE) == expected
    assert noise_from_refits(whole, refits, SHARE) != expected


def test_refits_without_counts_are_trained_everywhere(fitted):
    whole, refits = fitted
    plain = [CategoryVectors(each.index_to_key, each.vectors) for each in refits]
    assert noise_from_refits(whole, plain, SHARE) == noise_from_refits(whole, refits, SHARE)


def test_refits_may_have_other_numbers_of_dimensions(fitted):
    whole, refits = fitted
    wider = [each.replace(np.pad(each.vectors, ((0, 0), (0, 2)))) for each in refits]
    noise = noise_from_refits(whole, wider, SHARE)
    assert noise.covariance.shape == (4, 4)
    np.testing.assert_allclose(noise.covariance, noise_from_refits(whole, refits, SHARE).covariance, rtol=1e-3)
    narrow = noise_from_refits(whole, [each.replace(each.vectors[:, :2]) for each in refits], SHARE)
    assert narrow.covariance.shape == (4, 4)
    assert np.isfinite(narrow.covariance).all()


def test_too_little_to_compare_gives_none(fitted):
    whole, refits = fitted
    keys = whole.index_to_key
    assert noise_from_refits(whole, refits[:2], SHARE) is None
    assert noise_from_refits(whole, [], SHARE) is None
    assert noise_from_refits(CategoryVectors(keys, whole.vectors), refits, SHARE) is None
    assert noise_from_refits(CategoryVectors(keys, whole.vectors, [0] * len(keys)), refits, SHARE) is None
    few = CategoryVectors(keys[:2], whole.vectors[:2], whole.counts[:2])
    assert noise_from_refits(few, refits, SHARE) is None
    assert noise_from_refits(whole, [few] * 3, SHARE) is None
    assert noise_from_refits(whole, refits[:3], SHARE).n_refits == 3


def test_equal_refits_have_no_noise():
    vectors = np.random.default_rng(0).normal(size=(10, 3))
    noise = noise_of_tables(vectors, [vectors] * 5, np.arange(10, 20), SHARE)
    assert np.abs(noise.covariance).max() < 1e-12
    zeros = noise_of_tables(np.zeros((10, 3)), [np.zeros((10, 3))] * 5, np.arange(10, 20), SHARE)
    assert not zeros.covariance.any()
    assert zeros.exponent == 0


def test_equal_counts_give_no_exponent(fit_to_rows):
    whole, refits = fit_to_rows(np.eye(4).repeat(5, axis=0), [50] * 20, SPREAD, seed=0)
    noise = noise_from_refits(whole, refits, SHARE)
    assert noise.exponent == 0
    assert noise.rows == pytest.approx(50)


def test_the_exponent_is_bounded():
    rng, counts = np.random.default_rng(0), np.arange(10, 110)
    for power, bound in ((-3.0, EXPONENTS[0]), (3.0, EXPONENTS[1])):
        refits = [np.sqrt(counts**power)[:, None] * rng.normal(size=(100, 3)) * 1e-3 for _ in range(5)]
        assert noise_of_tables(np.zeros((100, 3)), refits, counts, SHARE).exponent == bound


def test_noise_is_as_precise_as_files_restore_it(fitted):
    noise = noise_from_refits(*fitted, SHARE)
    assert noise.covariance.dtype == np.float64
    assert (noise.covariance == noise.covariance.astype(np.float32)).all()
    np.testing.assert_allclose(noise.covariance, noise.covariance.T, rtol=1e-6)
    assert np.linalg.eigvalsh(noise.covariance).min() > 0


def test_each_column_gets_its_own_noise(fitted):
    whole, refits = fitted
    double = whole.replace(whole.vectors * 2)
    columns = {"stop": whole, "dest": double, "hour": whole}
    tables = [{"stop": each, "dest": each.replace(each.vectors * 2)} for each in refits]
    tables[0]["hour"] = refits[0]
    found = with_noise(columns, tables, SHARE)
    assert list(found) == list(columns)
    assert found["stop"].noise == noise_from_refits(whole, refits, SHARE)
    np.testing.assert_allclose(found["dest"].noise.covariance, found["stop"].noise.covariance * 4, rtol=1e-3)
    assert found["hour"].noise is None
    assert found["stop"].with_noise(None) == whole
    assert with_noise(columns, (), SHARE)["stop"].noise is None


def test_the_most_frequent_categories_are_kept_in_their_order():
    n = MOST_COMPARED + 10
    counts = np.arange(n) + 1
    found = most_frequent(CategoryVectors(range(n), np.arange(n)[:, None], counts, name="stop"))
    assert found.index_to_key == list(range(10, n))
    assert found.counts.tolist() == counts[10:].tolist()
    assert found.vectors[:, 0].tolist() == list(range(10, n))
    assert found.name == "stop"
    plain = CategoryVectors(["a"], [[1.0]])
    assert most_frequent(plain) is plain


def test_the_noise_comes_from_the_most_frequent_categories(fit_to_rows, monkeypatch, fitted):
    whole, refits = fitted
    monkeypatch.setattr("tabemb.vectors.neighbors.MOST_COMPARED", 40)
    some = noise_from_refits(whole, refits, SHARE)
    assert some.rows > whole.counts[40]
    thin = [most_frequent(each) for each in refits]
    assert {len(each) for each in thin} == {40}
    assert noise_from_refits(most_frequent(whole), refits, SHARE) == some
