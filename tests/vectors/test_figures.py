"""The figures of a diagnosis and their verdicts."""

import numpy as np
import pandas as pd
import pytest

from tabemb import CategoryVectors
from tabemb.exceptions import DataError
from tabemb.vectors.figures import kappa

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
    line, noise = vectors(LINE, noise=0.1).diagnose(), random().diagnose()
    assert line["effective rank"].value < 2
    assert line["effective rank"].verdict == "Categories differ along about 1 direction."
    assert line["dimensions"].value == 1
    assert line["dimensions"].verdict == (
        "1 of 8 dimensions carry 95 % of the variance; fewer may do (embedding_dim='auto' tries it)."
    )
    assert line["information abundance"].verdict.endswith(" % of what equally strong directions would have.")
    assert not line["effective rank"].concern
    assert noise["effective rank"].value == pytest.approx(noise["effective rank"].beside, rel=0.1)
    assert noise["effective rank"].concern
    assert noise["effective rank"].verdict.startswith("As even as random vectors")
    assert "fewer may do" not in noise["dimensions"].verdict


def test_one_dimension_is_no_concern():
    assert not CategoryVectors(range(9), RNG.normal(size=(9, 1))).diagnose()["effective rank"].concern


@pytest.mark.parametrize(
    ("scale", "told", "concern"),
    [
        (COUNTS, "Rare categories have short vectors", True),
        (1 / COUNTS, "Rare categories have the longer vectors: they ran ahead", True),
        (np.ones(N), "Length hangs little on", False),
    ],
)
def test_length_by_count(scale, told, concern):
    rows = RNG.normal(size=(N, 8)) * scale[:, None]
    found = CategoryVectors(range(N), rows, COUNTS).diagnose()["length by count"]
    assert found.verdict.startswith(told)
    assert found.concern is concern


def test_without_counts_or_with_equal_ones_lengths_say_nothing():
    assert "length by count" not in vectors(counts=None).diagnose()
    assert "length by count" not in vectors(counts=[7] * N).diagnose()


def test_rows_that_were_never_updated_are_counted_and_left_out_of_the_rest():
    rows, counts = LINE.copy(), COUNTS.copy()
    rows[:10], counts[10:12] = 50, 0
    given = vectors(rows, counts, noise=0, unknown=np.full(8, 50.0))
    found = given.diagnose()
    assert (found["never updated"].value, found["never updated"].beside) == (12, 60)
    assert found["never updated"].verdict == "12 of 60 categories were never trained; they stand for nothing."
    assert found["never updated"].concern
    assert (found.n_categories, found.n_diagnosed) == (60, 48)
    assert not vectors(unknown=np.zeros(8)).diagnose()["never updated"].concern
    assert "never updated" not in vectors(counts=None).diagnose()


def test_rows_of_zeros_and_double_rows():
    rows = LINE.copy()
    rows[5] = rows[30]
    rows[7:9] = 0
    found = vectors(rows, noise=0).diagnose()["zero or double"]
    assert (found.value, found.concern) == (3, True)
    assert found.verdict == "2 trained categories have a vector of zeros; 1 have the same vector as another."
    assert vectors().diagnose()["zero or double"].verdict == "All trained vectors differ."


def test_the_way_from_the_start():
    start = random()
    assert "way from the start" not in vectors().diagnose()
    far = CategoryVectors(range(N), start.vectors + 100, COUNTS).diagnose(untrained=start)["way from the start"]
    assert far.value > 30
    assert not far.concern
    near = CategoryVectors(range(N), start.vectors + 0.1, COUNTS).diagnose(untrained=start)["way from the start"]
    assert near.value == pytest.approx(0.1, rel=0.2)
    assert near.verdict.startswith("Vectors are more their random start")
    assert near.concern
    with pytest.raises(
        DataError, match="untrained has vectors of 3 numbers, and Column 'stop' of 8; give the start of"
    ):
        vectors().diagnose(untrained=CategoryVectors(range(N), RNG.normal(size=(N, 3))))


def test_fits_that_agree_and_fits_that_do_not():
    turned = CategoryVectors(range(N), vectors(noise=0.1, seed=2).vectors[:, ::-1], COUNTS)
    same = vectors(noise=0.1).diagnose([turned, vectors(noise=0.1, seed=3)])
    assert same["stability"].verdict == "Fits agree well on the 10 nearest."
    assert same["stability"].value > 0.4 > same["stability"].beside
    assert (same["geometry"].p_value, same["geometry"].concern) == (0.05, False)
    assert same["geometry"].value > 0.9
    other = vectors().diagnose([random(4), random(5)])
    assert other["stability"].verdict == "Another fit has other neighbours: do not read the 10 nearest."
    assert other["stability"].concern
    assert other["geometry"].verdict.startswith("As a whole, fits have no more in common than chance has it")
    assert other["geometry"].concern
    assert "stability" not in vectors().diagnose()


def test_frequent_categories_count_more_for_stability():
    counts = np.where(PLACES < 30, 1000, 1)
    rows, other = (ARC + np.where(PLACES < 30, 0, 1)[:, None] * 40 * RNG.normal(size=(N, 8)) for _ in range(2))
    values = [vectors(rows, c).diagnose(vectors(other, c, seed=1))["stability"].value for c in (counts, 1001 - counts)]
    assert values[0] > values[1] + 0.1


def test_kappa_is_cohens():
    sklearn = pytest.importorskip("sklearn.metrics")
    one, two = np.zeros(100, int), np.zeros(100, int)
    one[:10], two[6:16] = 1, 1
    assert kappa(4 / 16, 100, 10) == pytest.approx(sklearn.cohen_kappa_score(one, two))


def test_near_categories_are_alike_in_what_is_known_from_elsewhere():
    side = pd.DataFrame({"zone": np.where(PLACES < 30, "east", "west"), "km": PLACES**3}, index=range(N))
    found = vectors().diagnose(side=side)
    assert found["zone purity"].value > 0.9 > 0.6 > found["zone purity"].beside
    assert found["zone purity"].verdict == (
        "Near categories are alike in zone beyond chance (60 of 60 categories known, 10 nearest)."
    )
    assert found["km correlation"].value > 0.95
    assert [found[name].p_value for name in ("zone purity", "km correlation")] == [0.001, 0.001]
    nothing = random().diagnose(side=side["km"], n_permutations=99)["km correlation"]
    assert (nothing.concern, nothing.p_value > 0.05) == (True, True)
    assert nothing.verdict.startswith("Near categories are no more alike in km than chance has it (60 of 60")


def test_the_neighbours_of_a_side_column_are_among_those_that_it_knows():
    side = {place: place for place in range(0, N, 6)}
    found = vectors().diagnose(side=side)["side correlation"]
    assert found.verdict.endswith("(10 of 60 categories known, 2 nearest).")


def test_the_control_is_measured_against_the_side_column_too():
    found = vectors().diagnose(side=dict(enumerate(PLACES)), control=[random(3), random(4)])
    control = found["side correlation, permuted"]
    assert abs(control.value) < 0.5 < control.beside == found["side correlation"].value
