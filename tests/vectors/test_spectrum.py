"""Singular values, and what they say about directions."""

import numpy as np
import pytest

from tabemb.vectors.spectrum import Spectrum

RNG = np.random.default_rng(0)


def test_the_published_figures_are_those_of_the_singular_values_of_the_table():
    table = RNG.normal(size=(40, 6)) * [5, 3, 1, 1, 0.5, 0.1] + 2
    values = np.linalg.svd(table, compute_uv=False)
    spectrum = Spectrum.of(table, center=False)
    np.testing.assert_allclose(spectrum.singular_values * np.sqrt(40), values)
    shares = values / values.sum()
    assert spectrum.effective_rank == pytest.approx(np.exp(-(shares * np.log(shares)).sum()))
    assert spectrum.information_abundance == pytest.approx(values.sum() / values[0])


def test_what_all_vectors_have_in_common_is_taken_away():
    table = RNG.normal(size=(40, 6))
    moved = Spectrum.of(table + 100)
    np.testing.assert_allclose(moved.singular_values, Spectrum.of(table).singular_values)
    assert Spectrum.of(table + 100, center=False).effective_rank < 1.5


def test_weights_are_rows_given_more_often():
    table, counts = RNG.normal(size=(10, 3)), RNG.integers(0, 5, 10)
    weighted, repeated = Spectrum.of(table, counts), Spectrum.of(np.repeat(table, counts, axis=0))
    np.testing.assert_allclose(weighted.singular_values, repeated.singular_values)


def test_equal_directions_have_full_rank_and_a_line_has_1():
    cross = np.vstack([np.eye(4), -np.eye(4)])
    spectrum = Spectrum.of(cross)
    assert spectrum.effective_rank == pytest.approx(4)
    assert spectrum.information_abundance == pytest.approx(4)
    assert [spectrum.dimensions(share) for share in (0.2, 0.25, 0.5, 0.76, 1.0)] == [1, 1, 2, 4, 4]
    line = Spectrum.of(np.outer(np.arange(5.0), [1, 2, 3]).astype("float32"))
    assert line.effective_rank == pytest.approx(1, abs=1e-5)
    assert line.dimensions(0.95) == 1


def test_vectors_that_do_not_differ_have_none():
    spectrum = Spectrum.of(np.ones((5, 3)))
    assert (spectrum.effective_rank, spectrum.information_abundance, spectrum.dimensions(0.95)) == (0, 0, 0)
