"""``CategoryVectors.diagnose``: what it takes, and what it gives."""

import re

import numpy as np
import pytest

from tabemb import CategoryVectors
from tabemb.exceptions import DataError
from tabemb.vectors.subject import TooFewCategoriesError

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(30, 4))
COUNTS = np.arange(30, 0, -1)


def vectors(rows=ROWS, counts=COUNTS, keys=range(30), **more):
    return CategoryVectors(keys, rows, counts, name="dest", **more)


def test_alone_there_are_directions_lengths_and_rows():
    found = vectors().diagnose()
    assert list(found) == [
        "effective rank",
        "information abundance",
        "dimensions",
        "length by count",
        "never updated",
        "zero or double",
    ]
    assert (found.name, found.n_categories, found.n_diagnosed, found.dim, found.k) == ("dest", 30, 30, 4, 7)


def test_with_all_that_can_stand_beside_it():
    others = [vectors(RNG.normal(size=(30, 4))) for _ in range(5)]
    found = vectors().diagnose(
        others[:2], side=dict(enumerate("xyz" * 10)), control=iter(others[2:4]), untrained=others[4], n_permutations=19
    )
    assert list(found)[6:] == [
        "way from the start",
        "stability",
        "geometry",
        "effective rank, permuted",
        "stability, permuted",
        "geometry, permuted",
        "beyond permuted targets",
        "side purity",
        "side purity, permuted",
    ]


def test_one_fit_may_be_given_as_it_is():
    other = vectors(RNG.normal(size=(30, 4)))
    assert vectors().diagnose(other) == vectors().diagnose([other])


def test_rare_categories_can_be_left_out():
    found = vectors().diagnose(min_count=11)
    assert found.n_diagnosed == 20
    alone = vectors(ROWS[:20], COUNTS[:20], range(20)).diagnose()
    assert found["effective rank"].value == pytest.approx(alone["effective rank"].value)
    with pytest.raises(
        TooFewCategoriesError, match=r"2 with a vector of its own and 29 rows or more; .*Lower min_count"
    ):
        vectors().diagnose(min_count=29)


def test_it_repeats_and_the_seed_decides():
    side = dict(enumerate(RNG.normal(size=30)))
    one, again, other = (vectors().diagnose(side=side, random_state=seed) for seed in (0, 0, 1))
    assert one == again
    assert one["side correlation"].value == other["side correlation"].value
    assert one["side correlation"].beside != other["side correlation"].beside


def test_fits_may_have_other_dimensions_and_lack_categories():
    other = CategoryVectors(range(5, 40), RNG.normal(size=(35, 9)))
    found = vectors().diagnose(other, k=3)
    assert 0 <= found["stability"].value < 0.5


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"k": 29}, "expected a whole number from 1 to 28, got 29. Column 'dest' has 30 categories to compare"),
        ({"k": 0}, "expected a whole number from 1 to 28, got 0."),
        ({"min_count": 0}, "min_count is a whole number from 1, got 0."),
        ({"n_permutations": 0}, "n_permutations is a whole number from 1, got 0."),
        ({"random_state": None}, "random_state is a whole number from 0, got None."),
        ({"fits": 3}, "fits is CategoryVectors of the same column, or several; got int."),
        ({"fits": {"dest": 3}}, "fits is CategoryVectors of the same column, or several; got str."),
        ({"control": [None]}, "control is CategoryVectors of the same column, or several; got NoneType."),
        ({"side": {99: 1}}, "The side column 'side' knows none of the categories of Column 'dest' that are diagnosed"),
        ({"side": dict(enumerate("xyxy")), "k": 5}, "The side column 'side' has 4 categories to compare"),
        ({"fits": CategoryVectors("abc", np.eye(3))}, "fits[0] has vectors of its own for none of the 30 categories"),
        (
            {"fits": CategoryVectors(range(5), RNG.normal(size=(5, 2))), "k": 5},
            "What the fits share has 5 categories to compare",
        ),
    ],
)
def test_what_cannot_be_used_is_told(settings, told):
    with pytest.raises(DataError, match=re.escape(told)):
        vectors().diagnose(**settings)


def test_min_count_without_counts_is_told():
    with pytest.raises(DataError, match="Column 'dest' came without counts, and min_count goes by them"):
        vectors(counts=None).diagnose(min_count=2)


@pytest.mark.parametrize(
    ("keys", "rows"), [([], np.empty((0, 2))), (["a"], [[1.0, 2.0]]), (["a", "b", "c"], np.zeros((3, 2)))]
)
def test_too_few_categories_are_told(keys, rows):
    with pytest.raises(TooFewCategoriesError, match="with a vector of its own; a diagnosis takes 3"):
        CategoryVectors(keys, rows, name="dest").diagnose()
