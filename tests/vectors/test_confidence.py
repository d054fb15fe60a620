"""Confidence: calibrated on fits whose truth is known, near chance for pure noise, and near 1 for clear neighbors."""

import numpy as np
import pytest

from tabemb.exceptions import DataError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.confidence import MOST_JUDGED, Reliability, neighbor_confidence, noise_of, reliability
from tabemb.vectors.metrics import METRICS
from tabemb.vectors.queries import read_items
from tabemb.vectors.refits import noise_from_refits
from tabemb.vectors.sampling_noise import SamplingNoise

SPREAD = np.array([2.0, 1.0, 4.0, 2.0])
LITTLE = SamplingNoise(np.eye(2) * 1e-8, rows=10.0, exponent=-1.0, n_refits=5)
MUCH = SamplingNoise(np.eye(2) * 1e4, rows=10.0, exponent=-1.0, n_refits=5)
# Two tight groups of three, and one category far from both.
GROUPS = [[1, 0.0], [1, 0.1], [1, -0.1], [-1, 0.05], [-1, 0.15], [-1, -0.2], [0, 5]]


def known(fit_to_rows, true, counts, spread, seed):
    whole, refits = fit_to_rows(true, counts, spread, seed)
    return whole.with_noise(noise_from_refits(whole, refits, 0.8))


def grouped(noise):
    return CategoryVectors("abcdefg", GROUPS, [10] * 7, name="stop", noise=noise)


@pytest.fixture(scope="module")
def calibration(fit_to_rows):
    """Return confidences of the neighbors in a fit, and whether each neighbor comes back in fits to fresh rows."""
    rng = np.random.default_rng(0)
    counts = np.sort(np.exp(rng.uniform(np.log(30), np.log(600), 200)).astype(int))[::-1]
    true = rng.normal(size=(200, 4))
    whole = known(fit_to_rows, true, counts, SPREAD, seed=1)
    fresh = [fit_to_rows(true, counts, SPREAD, seed=2 + each)[0] for each in range(4)]
    sure, back = [], []
    for key in whole:
        found = whole.most_similar(key, metric="euclidean", confidence=True)
        for fit in fresh:
            again = {other for other, _ in fit.most_similar(key, metric="euclidean")}
            sure += [confidence for *_, confidence in found]
            back += [other in again for other, *_ in found]
    return whole, np.array(sure), np.array(back)


def test_confidence_is_calibrated(calibration):
    _, sure, back = calibration
    assert sure.mean() == pytest.approx(back.mean(), abs=0.05)
    judged = 0
    for low in np.arange(0.05, 0.95, 0.1):
        within = (sure >= low) & (sure < low + 0.1)
        if within.sum() > 400:
            assert back[within].mean() == pytest.approx(sure[within].mean(), abs=0.08)
            judged += 1
    assert judged >= 6
    high = (sure >= 0.85) & (sure <= 0.95)
    assert high.sum() > 200
    assert back[high].mean() == pytest.approx(sure[high].mean(), abs=0.08)


def test_reliability_is_the_share_that_comes_back(calibration):
    whole, _, back = calibration
    found = reliability(whole)
    assert found.k == 10
    assert found.chance == pytest.approx(10 / 199)
    # Reliability goes by cosine, and the shares of both metrics are alike here.
    assert found.share == pytest.approx(back.mean(), abs=0.06)
    assert not found.by_chance


@pytest.mark.parametrize("seed", range(3))
def test_neighbors_in_pure_noise_come_back_by_chance(fit_to_rows, seed):
    counts = np.random.default_rng(seed).integers(50, 400, 120)
    found = reliability(known(fit_to_rows, np.zeros((120, 4)), counts, SPREAD, seed))
    assert found.share == pytest.approx(found.chance, abs=0.04)
    assert found.by_chance


@pytest.mark.parametrize("seed", range(3))
def test_neighbors_in_clear_vectors_come_back(fit_to_rows, seed):
    rng = np.random.default_rng(seed)
    whole = known(fit_to_rows, rng.normal(size=(120, 4)), rng.integers(50, 400, 120), SPREAD / 40, seed)
    found = reliability(whole)
    assert found.share > 0.9
    assert not found.by_chance


@pytest.mark.parametrize("seed", range(3))
def test_more_rows_make_neighbors_more_reliable(fit_to_rows, seed):
    true = np.random.default_rng(seed).normal(size=(100, 4))
    shares = [reliability(known(fit_to_rows, true, [n] * 100, SPREAD, seed)).share for n in (10, 100, 1000)]
    assert shares[0] + 0.1 < shares[1] < shares[2] - 0.1


@pytest.mark.parametrize(("share", "by_chance"), [(0.05, True), (0.1, True), (0.13, True), (0.25, False), (0.9, False)])
def test_by_chance_is_a_margin_above_chance(share, by_chance):
    assert Reliability(share, 0.1, 10).by_chance is by_chance


def test_few_refits_need_a_larger_margin():
    assert [Reliability(0.16, 0.1, 10, n_refits).by_chance for n_refits in (3, 5, 10)] == [True, False, False]
    assert [Reliability(0.14, 0.1, 10, n_refits).by_chance for n_refits in (3, 5, 10)] == [True, True, False]
    noise = SamplingNoise(np.eye(2), rows=10.0, exponent=-1.0, n_refits=3)
    assert (reliability(grouped(noise)).n_refits, reliability(grouped(LITTLE)).n_refits) == (3, 5)


def test_reliability_takes_the_number_of_neighbors():
    found = reliability(grouped(LITTLE), k=2)
    assert (found.k, found.chance) == (2, 2 / 6)
    assert found.share > 0.99
    assert reliability(grouped(LITTLE)).k == 1
    with pytest.raises(DataError, match="k, the number of neighbors to compare, must be an integer from 1 to 5; got 6"):
        reliability(grouped(LITTLE), k=6)


def test_reliability_depends_on_its_seed_alone():
    much = grouped(MUCH)
    assert reliability(much) == reliability(much, seed=0)
    assert reliability(much) != reliability(much, seed=1)


def test_the_most_frequent_categories_are_judged():
    n = MOST_JUDGED + 50
    rng = np.random.default_rng(0)
    vectors, counts = rng.normal(size=(n, 2)), np.r_[np.ones(50, int), np.full(MOST_JUDGED, 10)]
    noise = SamplingNoise(np.eye(2) * 1e-8, 10.0, -1.0, 5)
    found = reliability(CategoryVectors(range(n), vectors, counts, noise=noise))
    alone = reliability(CategoryVectors(range(MOST_JUDGED), vectors[50:], counts[50:], noise=noise))
    assert found == alone
    assert found.chance == 10 / (MOST_JUDGED - 1)


def test_reliability_needs_three_categories_with_rows():
    few = CategoryVectors("abcd", GROUPS[:4], [5, 3, 0, 0], name="stop", noise=LITTLE)
    with pytest.raises(DataError, match="Column 'stop' has 2 categories with rows, and neighbors need at least 3"):
        reliability(few)


def test_vectors_without_noise_or_counts_have_no_confidence():
    for vectors in (
        CategoryVectors("abcdefg", GROUPS, [10] * 7, name="stop"),
        CategoryVectors("abcdefg", GROUPS, name="stop", noise=LITTLE),
    ):
        for ask in (noise_of, reliability):
            message = (
                "Column 'stop' has vectors of a single fit, .* EmbeddingEncoder with cv=5, of a run, and of tabemb"
            )
            with pytest.raises(DataError, match=message):
                ask(vectors)
    assert noise_of(grouped(LITTLE)) is LITTLE


def asked(matrix, positive, found, k, negative=(), metric="cosine", **options):
    items = (read_items(matrix, positive), read_items(matrix, negative))
    rows = np.array([matrix.key_to_index[key] for key in found])
    return neighbor_confidence(matrix, *items, rows, k, METRICS.resolve(metric), **options)


@pytest.mark.parametrize("metric", sorted(METRICS))
def test_without_noise_the_nearest_are_sure_and_others_are_not(metric):
    vectors = grouped(LITTLE)
    near = [key for key, _ in vectors.most_similar("a", topn=3, metric=metric)]
    far = [key for key in "bcdefg" if key not in near]
    assert asked(vectors, "a", near, 3, metric=metric).tolist() == [1, 1, 1]
    assert asked(vectors, "a", far, 3, metric=metric).tolist() == [0, 0, 0]


@pytest.mark.parametrize("metric", sorted(METRICS))
def test_with_much_noise_all_are_equally_likely(metric):
    sure = asked(grouped(MUCH), "a", "bcdefg", 2, metric=metric)
    # In each draw two of six are nearest; the standard error is 0.033.
    assert sure.mean() == pytest.approx(2 / 6)
    np.testing.assert_allclose(sure, 2 / 6, atol=0.13)


def test_all_others_are_always_among_all_others():
    assert asked(grouped(MUCH), "a", "bcdefg", 6).tolist() == [1] * 6
    assert asked(grouped(MUCH), "a", "bcdefg", 100).tolist() == [1] * 6


def test_only_allowed_categories_compete():
    allowed = np.array([True, False, False, True, True, True, True])
    vectors = grouped(LITTLE)
    assert asked(vectors, "a", "g", 1, allowed=allowed).tolist() == [1]
    assert asked(vectors, "a", "g", 1).tolist() == [0]
    assert allowed.tolist() == [True, False, False, True, True, True, True]


def test_a_vector_that_is_of_no_category_has_no_noise():
    vectors = grouped(LITTLE)
    point = np.array([1.0, 0.09])
    assert asked(vectors, [point], "b", 1).tolist() == [1]
    assert asked(vectors, [vectors["a"]], "a", 1).tolist() == [1]


def test_keys_and_vectors_can_be_mixed():
    vectors = grouped(LITTLE)
    for positive in (["a", vectors["a"]], [vectors["a"], "a"], ["a", np.array([1.0, 0.0])]):
        near = [key for key, _ in vectors.most_similar(positive, topn=2)]
        assert asked(vectors, positive, near, 2).tolist() == [1, 1]
    near = [key for key, _ in vectors.most_similar(["a", "b"], ["d", vectors["e"]], topn=1)]
    assert asked(vectors, ["a", "b"], near, 1, negative=["d", vectors["e"]]).tolist() == [1]


def test_frequent_neighbors_are_surer():
    """Of two neighbors at the same distance, the one with more rows comes back more often."""
    vectors = [[0.0, 0.0], [1.0, 0.0], [-1.0, 0.0], *[[2 * np.cos(t), 2 * np.sin(t)] for t in range(6)]]
    counts = [1000, 1000, 10, *[100] * 6]
    noise = SamplingNoise(np.eye(2) * 0.05, rows=100.0, exponent=-1.0, n_refits=5)
    matrix = CategoryVectors(range(9), vectors, counts, noise=noise)
    often, rarely = asked(matrix, 0, [1, 2], 2, metric="euclidean")
    assert often > rarely + 0.05


def test_confidence_is_repeatable_and_depends_on_its_seed():
    much = grouped(MUCH)
    one, two, other = (asked(much, "a", "bcdefg", 2, seed=seed) for seed in (0, 0, 1))
    assert one.tolist() == two.tolist()
    assert one.tolist() != other.tolist()


def test_of_many_categories_the_nearest_compete(monkeypatch):
    rng = np.random.default_rng(0)
    noise = SamplingNoise(np.eye(2) * 0.01, 10.0, -1.0, 5)
    matrix = CategoryVectors(range(500), rng.normal(size=(500, 2)), [10] * 500, noise=noise)
    for metric in sorted(METRICS):
        near = [key for key, _ in matrix.most_similar(0, metric=metric)]
        whole = asked(matrix, 0, near, 10, metric=metric)
        monkeypatch.setattr("tabemb.vectors.confidence.MOST_RIVALS", 250)
        part = asked(matrix, 0, near, 10, metric=metric)
        monkeypatch.undo()
        np.testing.assert_allclose(part, whole, atol=0.2)
        assert part.mean() == pytest.approx(whole.mean(), abs=0.06)
    monkeypatch.setattr("tabemb.vectors.confidence.MOST_RIVALS", 20)
    # Those that were found are drawn, whether near or not.
    query = int(np.linalg.norm(matrix.vectors, axis=1).argmax())
    farthest = matrix.most_similar(query, topn=499)[-1][0]
    assert asked(matrix, query, [farthest], 3).tolist() == [0]
