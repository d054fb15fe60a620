"""Singular values, the similarity of tables as a whole, and the agreement of neighbors."""

import numpy as np
import pytest
from scipy.stats import ortho_group

from tabemb.diagnosis.measures import Spectrum, kappa, linear_cka, pairwise_cka, permuted_cka
from tabemb.vectors.neighbors import agreement

RNG = np.random.default_rng(0)
ROWS = np.random.default_rng(0).normal(size=(60, 5))


def test_measures_match_their_published_definitions():
    table = RNG.normal(size=(40, 6)) * [5, 3, 1, 1, 0.5, 0.1] + 2
    values = np.linalg.svd(table, compute_uv=False)
    spectrum = Spectrum.of(table, center=False)
    np.testing.assert_allclose(spectrum.singular_values * np.sqrt(40), values)
    shares = values / values.sum()
    assert spectrum.effective_rank == pytest.approx(np.exp(-(shares * np.log(shares)).sum()))
    assert spectrum.information_abundance == pytest.approx(values.sum() / values[0])


def test_the_mean_is_subtracted():
    table = RNG.normal(size=(40, 6))
    moved = Spectrum.of(table + 100)
    np.testing.assert_allclose(moved.singular_values, Spectrum.of(table).singular_values)
    assert Spectrum.of(table + 100, center=False).effective_rank < 1.5


def test_weights_are_rows_given_more_often():
    table, counts = RNG.normal(size=(10, 3)), RNG.integers(0, 5, 10)
    weighted, repeated = Spectrum.of(table, counts), Spectrum.of(np.repeat(table, counts, axis=0))
    np.testing.assert_allclose(weighted.singular_values, repeated.singular_values)


def test_rank_of_equal_directions_and_of_a_line():
    cross = np.vstack([np.eye(4), -np.eye(4)])
    spectrum = Spectrum.of(cross)
    assert spectrum.effective_rank == pytest.approx(4)
    assert spectrum.information_abundance == pytest.approx(4)
    assert [spectrum.dimensions(share) for share in (0.2, 0.25, 0.5, 0.76, 1.0)] == [1, 1, 2, 4, 4]
    line = Spectrum.of(np.outer(np.arange(5.0), [1, 2, 3]).astype("float32"))
    assert line.effective_rank == pytest.approx(1, abs=1e-5)
    assert line.dimensions(0.95) == 1


def test_equal_vectors_have_rank_0():
    spectrum = Spectrum.of(np.ones((5, 3)))
    assert (spectrum.effective_rank, spectrum.information_abundance, spectrum.dimensions(0.95)) == (0, 0, 0)


ONES = np.ones(60)


def test_cka_is_the_cosine_of_the_centered_inner_products():
    one, two = ROWS, RNG.normal(size=(60, 3))
    centered = np.eye(60) - 1 / 60
    first, second = (centered @ each @ each.T @ centered for each in (one, two))
    wanted = (first * second).sum() / np.sqrt((first**2).sum() * (second**2).sum())
    assert linear_cka(one, two, ONES) == pytest.approx(wanted)


def test_cka_is_invariant_to_rotation_offset_and_scale():
    turned = 7 * ROWS @ ortho_group.rvs(5, random_state=1) + 3
    assert linear_cka(turned, ROWS, RNG.integers(1, 9, 60)) == pytest.approx(1)


def test_weights_of_cka_equal_repeated_rows():
    other, counts = RNG.normal(size=(60, 3)), RNG.integers(0, 4, 60)
    repeated = [np.repeat(each, counts, axis=0) for each in (ROWS, other)]
    assert linear_cka(ROWS, other, counts) == pytest.approx(linear_cka(*repeated, np.ones(counts.sum())))


def test_cka_of_equal_rows_is_0():
    assert linear_cka(np.ones((60, 2)), ROWS, ONES) == 0


def test_cka_finds_a_common_signal_where_neighbors_are_noise():
    signal = 2 * RNG.normal(size=(1000, 1))
    fits = [np.hstack([signal, np.zeros((1000, 31))]) + RNG.normal(size=(1000, 32)) for _ in range(2)]
    dealt = permuted_cka(*fits, np.ones(1000), 9, 0)
    assert linear_cka(*fits, np.ones(1000)) > 2 * dealt.max()
    assert agreement(fits, 10).mean() < 0.05


def test_all_pairs_and_all_permutations():
    tables = [ROWS, RNG.normal(size=(60, 2)), 2 * ROWS]
    pairs = pairwise_cka(tables, ONES)
    assert pairs.tolist() == [linear_cka(tables[a], tables[b], ONES) for a, b in ((0, 1), (0, 2), (1, 2))]
    dealt = permuted_cka(ROWS, ROWS, ONES, 20, 3)
    assert dealt.shape == (20,)
    assert dealt.max() < 0.4
    assert np.array_equal(dealt, permuted_cka(ROWS, ROWS, ONES, 20, 3))
    assert not np.array_equal(dealt, permuted_cka(ROWS, ROWS, ONES, 20, 4))


def test_kappa_is_cohens():
    sklearn = pytest.importorskip("sklearn.metrics")
    one, two = np.zeros(100, int), np.zeros(100, int)
    one[:10], two[6:16] = 1, 1
    assert kappa(4 / 16, 100, 10) == pytest.approx(sklearn.cohen_kappa_score(one, two))
