"""The checks of a diagnosis and their verdicts."""

import numpy as np
import pandas as pd
import pytest

from tabemb import CategoryVectors, diagnose
from tabemb.exceptions import DataError

RNG = np.random.default_rng(0)
N = 60
PLACES = np.arange(float(N))
# Categories on a line, which differ in length, and on an arc, which differ in direction.
LINE = np.outer(PLACES - 29.5, np.r_[1, np.zeros(7)])
ARC = 10 * np.c_[np.cos(PLACES / 30), np.sin(PLACES / 30), np.zeros((N, 6))]
COUNTS = np.random.default_rng(1).integers(5, 50, N)


def vectors(rows=ARC, counts=COUNTS, noise=1.0, seed=0, keys=None, **more):
    noisy = rows + noise * np.random.default_rng(seed).normal(size=np.shape(rows))
    return CategoryVectors(range(N) if keys is None else keys, noisy, counts, name="stop", **more)


def random(seed=9, **more):
    return vectors(np.zeros((N, 8)), seed=seed, **more)


def test_directions_of_a_line_and_of_noise():
    line, noise = diagnose(vectors(LINE, noise=0.1)), diagnose(random())
    assert line["effective rank"].value < 2
    assert line["effective rank"].verdict == "Categories differ along about 1 direction."
    assert line["dimensions"].value == 1
    assert line["dimensions"].verdict == (
        "1 of 8 dimensions carry 95 % of the variance; fewer may do (embedding_dim='auto' tries it)."
    )
    assert line["information abundance"].verdict.endswith(" % of the value for equally strong directions.")
    assert not line["effective rank"].concern
    assert noise["effective rank"].value == pytest.approx(noise["effective rank"].reference, rel=0.1)
    assert noise["effective rank"].concern
    assert noise["effective rank"].verdict.startswith("As even as random vectors")
    assert "fewer may do" not in noise["dimensions"].verdict


def test_one_dimension_is_no_concern():
    assert not diagnose(CategoryVectors(range(9), RNG.normal(size=(9, 1))))["effective rank"].concern


@pytest.mark.parametrize(
    ("scale", "expected", "concern"),
    [
        (COUNTS, "Rare categories have short vectors", True),
        (1 / COUNTS, "Rare categories have longer vectors: they overfit", True),
        (np.ones(N), "Length depends little on", False),
    ],
)
def test_length_by_count(scale, expected, concern):
    rows = RNG.normal(size=(N, 8)) * scale[:, None]
    found = diagnose(CategoryVectors(range(N), rows, COUNTS))["length by count"]
    assert found.verdict.startswith(expected)
    assert found.concern is concern


def test_lengths_are_not_checked_without_counts_or_with_equal_counts():
    assert "length by count" not in diagnose(vectors(counts=None))
    assert "length by count" not in diagnose(vectors(counts=[7] * N))


def test_rows_never_updated_are_counted_and_excluded_from_the_other_checks():
    rows, counts = LINE.copy(), COUNTS.copy()
    rows[:10], counts[10:12] = 50, 0
    given = vectors(rows, counts, noise=0, unknown=np.full(8, 50.0))
    found = diagnose(given)
    assert (found["never updated"].value, found["never updated"].reference) == (12, 60)
    assert found["never updated"].verdict == "12 of 60 categories were never trained; their vectors mean nothing."
    assert found["never updated"].concern
    assert (found.n_categories, found.n_diagnosed) == (60, 48)
    assert not diagnose(vectors(unknown=np.zeros(8)))["never updated"].concern
    assert "never updated" not in diagnose(vectors(counts=None))


def test_zero_and_duplicate_rows():
    rows = LINE.copy()
    rows[5] = rows[30]
    rows[7:9] = 0
    found = diagnose(vectors(rows, noise=0))["zero or duplicate"]
    assert (found.value, found.concern) == (3, True)
    assert found.verdict == "2 trained categories have a vector of zeros; 1 have the same vector as another."
    assert diagnose(vectors())["zero or duplicate"].verdict == "All trained vectors differ."


def test_distance_from_start():
    start = random()
    assert "distance from start" not in diagnose(vectors())
    far = diagnose(CategoryVectors(range(N), start.vectors + 100, COUNTS), untrained=start)["distance from start"]
    assert far.value > 30
    assert not far.concern
    near = diagnose(CategoryVectors(range(N), start.vectors + 0.1, COUNTS), untrained=start)["distance from start"]
    assert near.value == pytest.approx(0.1, rel=0.2)
    assert near.verdict.startswith("Vectors are mostly their random start")
    assert near.concern
    with pytest.raises(DataError, match="untrained has 3 dimensions, and Column 'stop' has 8; give the start of"):
        diagnose(vectors(), untrained=CategoryVectors(range(N), RNG.normal(size=(N, 3))))


def test_stability_of_similar_and_of_different_fits():
    turned = CategoryVectors(range(N), vectors(noise=0.1, seed=2).vectors[:, ::-1], COUNTS)
    same = diagnose(vectors(noise=0.1), [turned, vectors(noise=0.1, seed=3)])
    assert same["stability"].verdict == "Fits agree well on the 10 nearest."
    assert same["stability"].value > 0.4 > same["stability"].reference
    assert (same["geometry"].p_value, same["geometry"].concern) == (0.05, False)
    assert same["geometry"].value > 0.9
    other = diagnose(vectors(), [random(4), random(5)])
    assert other["stability"].verdict == "Other fits have different neighbors: do not interpret the 10 nearest."
    assert other["stability"].concern
    assert other["geometry"].verdict.startswith("As a whole, refits agree no better than chance")
    assert other["geometry"].concern
    assert "stability" not in diagnose(vectors())


def test_stability_is_weighted_by_count():
    counts = np.where(PLACES < 30, 1000, 1)
    rows, other = (ARC + np.where(PLACES < 30, 0, 1)[:, None] * 40 * RNG.normal(size=(N, 8)) for _ in range(2))
    values = [diagnose(vectors(rows, c), vectors(other, c, seed=1))["stability"].value for c in (counts, 1001 - counts)]
    assert values[0] > values[1] + 0.1


def test_neighbors_are_similar_in_side_information():
    side = pd.DataFrame({"zone": np.where(PLACES < 30, "east", "west"), "km": PLACES**3}, index=range(N))
    found = diagnose(vectors(), side=side)
    assert found["zone purity"].value > 0.9 > 0.6 > found["zone purity"].reference
    assert found["zone purity"].verdict == (
        "Neighbors are more similar in zone than by chance (60 of 60 categories known, 10 nearest)."
    )
    assert found["km correlation"].value > 0.95
    assert [found[name].p_value for name in ("zone purity", "km correlation")] == [0.001, 0.001]
    nothing = diagnose(random(), side=side["km"], n_permutations=99)["km correlation"]
    assert (nothing.concern, nothing.p_value > 0.05) == (True, True)
    assert nothing.verdict.startswith("Neighbors are no more similar in km than by chance (60 of 60")


def test_neighbors_are_searched_among_the_categories_of_the_side_column():
    side = {place: place for place in range(0, N, 6)}
    found = diagnose(vectors(), side=side)["side correlation"]
    assert found.verdict.endswith("(10 of 60 categories known, 2 nearest).")


def test_the_side_column_is_also_checked_for_the_control():
    found = diagnose(vectors(), side=dict(enumerate(PLACES)), control=[random(3), random(4)])
    control = found["side correlation, permuted"]
    assert abs(control.value) < 0.5 < control.reference == found["side correlation"].value


N_STOPS = 80
STOP_COUNTS = np.random.default_rng(1).integers(5, 50, N_STOPS)
SIGNAL, NOISE = (np.random.default_rng(seed).normal(size=(N_STOPS, 2)) for seed in (2, 3))
BEYOND = "beyond permuted targets"


def fit(signal, seed, strength=1.0):
    """Return a fit with 8 dimensions: a rotated signal of two dimensions, plus noise."""
    rng = np.random.default_rng(seed)
    axes = np.linalg.qr(rng.normal(size=(8, 8)))[0][:2]
    return CategoryVectors(
        range(N_STOPS), strength * signal @ axes + 0.2 * rng.normal(size=(N_STOPS, 8)), STOP_COUNTS, name="stop"
    )


def diagnosed(strength, control):
    fits = [fit(SIGNAL, seed, strength) for seed in range(3)]
    return diagnose(fits[0], fits[1:], control=[fit(NOISE, 10 + seed, control) for seed in range(3)])


def test_vectors_that_know_more_than_the_control():
    found = diagnosed(1.0, 0.3)
    assert found[BEYOND].verdict == "The vectors know more than those of permuted targets."
    assert not found[BEYOND].concern
    assert found[BEYOND].p_value == 0.001
    assert found[BEYOND].value == pytest.approx(found["stability"].value - found["stability, permuted"].value, abs=1e-9)
    assert found["geometry, permuted"].reference > found["geometry, permuted"].value
    assert found["effective rank, permuted"].value > found["effective rank, permuted"].reference


@pytest.mark.parametrize(("strength", "control"), [(0.3, 1.0), (0.0, 0.0), (0.0, 1.0)])
def test_vectors_as_stable_as_noise_do_not_know_more(strength, control):
    found = diagnosed(strength, control)[BEYOND]
    assert found.concern
    assert found.verdict.startswith("No sign that the vectors know more than those of permuted targets: ")


def test_neighbors_and_geometry_must_both_exceed_the_control():
    fits = [fit(SIGNAL, seed) for seed in range(3)]
    rng = np.random.default_rng(0)
    # Four outliers in all fits; the other categories are noise, so their neighbors do not agree.
    far = np.where(np.arange(N_STOPS) < 4, 100, 0)
    long = [CategoryVectors(range(N_STOPS), np.c_[far, rng.normal(size=(N_STOPS, 7))], STOP_COUNTS) for _ in range(3)]
    found = diagnose(fits[0], fits[1:], control=long)[BEYOND]
    assert found.p_value == 0.001
    assert found.verdict.endswith(": as a whole, fits are no more similar.")
    found = diagnose(long[0], long[1:], control=fits)[BEYOND]
    assert found.verdict.endswith(": neighbors agree no better.")


@pytest.mark.parametrize(("n_fits", "n_control"), [(0, 3), (2, 1)])
def test_too_few_fits_give_advice_instead_of_a_verdict(n_fits, n_control):
    fits, control = [fit(SIGNAL, seed) for seed in range(3)], [fit(NOISE, 10 + seed) for seed in range(3)]
    found = diagnose(fits[0], fits[1 : 1 + n_fits], control=control[:n_control])
    assert BEYOND not in found
    assert found["effective rank, permuted"].verdict == (
        "The same for vectors of permuted targets. A comparison requires other fits, and two controls or more."
    )


def test_a_control_of_another_column_is_an_error():
    with pytest.raises(DataError, match=r"control\[0\] has vectors of its own for none of the 80 categories of Column"):
        diagnose(fit(SIGNAL, 0), control=CategoryVectors("abc", np.eye(3)))
