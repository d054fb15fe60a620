"""Whether vectors know more than those of permuted targets."""

import numpy as np
import pytest

from tabemb import CategoryVectors
from tabemb.exceptions import DataError

N = 80
COUNTS = np.random.default_rng(1).integers(5, 50, N)
SIGNAL, HEART = (np.random.default_rng(seed).normal(size=(N, 2)) for seed in (2, 3))
FIGURE = "beyond permuted targets"


def fit(signal, seed, strength=1.0):
    """Return a fit of 8 dimensions in which a signal of two is turned about, under noise."""
    rng = np.random.default_rng(seed)
    axes = np.linalg.qr(rng.normal(size=(8, 8)))[0][:2]
    return CategoryVectors(range(N), strength * signal @ axes + 0.2 * rng.normal(size=(N, 8)), COUNTS, name="stop")


def diagnosed(strength, control):
    fits = [fit(SIGNAL, seed, strength) for seed in range(3)]
    return fits[0].diagnose(fits[1:], control=[fit(HEART, 10 + seed, control) for seed in range(3)])


def test_more_than_what_was_learned_by_heart():
    found = diagnosed(1.0, 0.3)
    assert found[FIGURE].verdict == "The vectors know more than those of permuted targets."
    assert not found[FIGURE].concern
    assert found[FIGURE].p_value == 0.001
    assert found[FIGURE].value == pytest.approx(found["stability"].value - found["stability, permuted"].value, abs=1e-9)
    assert found["geometry, permuted"].beside > found["geometry, permuted"].value
    assert found["effective rank, permuted"].value > found["effective rank, permuted"].beside


@pytest.mark.parametrize(("strength", "control"), [(0.3, 1.0), (0.0, 0.0), (0.0, 1.0)])
def test_no_more_where_noise_is_as_stable(strength, control):
    found = diagnosed(strength, control)[FIGURE]
    assert found.concern
    assert found.verdict.startswith("No sign that the vectors know more than those of permuted targets: ")


def test_both_neighbours_and_the_whole_have_to_say_so():
    fits = [fit(SIGNAL, seed) for seed in range(3)]
    rng = np.random.default_rng(0)
    # Four categories far away, where all fits have them, and nothing by which neighbours of the others agree.
    far = np.where(np.arange(N) < 4, 100, 0)
    long = [CategoryVectors(range(N), np.c_[far, rng.normal(size=(N, 7))], COUNTS) for _ in range(3)]
    found = fits[0].diagnose(fits[1:], control=long)[FIGURE]
    assert found.p_value == 0.001
    assert found.verdict.endswith(": as a whole, fits are no more alike.")
    found = long[0].diagnose(long[1:], control=fits)[FIGURE]
    assert found.verdict.endswith(": neighbours agree no better.")


@pytest.mark.parametrize(("n_fits", "n_control"), [(0, 3), (2, 1)])
def test_with_too_few_fits_there_is_no_verdict_but_the_way_to_it(n_fits, n_control):
    fits, control = [fit(SIGNAL, seed) for seed in range(3)], [fit(HEART, 10 + seed) for seed in range(3)]
    found = fits[0].diagnose(fits[1 : 1 + n_fits], control=control[:n_control])
    assert FIGURE not in found
    assert found["effective rank, permuted"].verdict == (
        "The same for vectors of permuted targets. Whether these know less takes other fits, and two controls or more."
    )


def test_a_control_of_another_column_is_told():
    with pytest.raises(DataError, match=r"control\[0\] has vectors of its own for none of the 80 categories of Column"):
        fit(SIGNAL, 0).diagnose(control=CategoryVectors("abc", np.eye(3)))
