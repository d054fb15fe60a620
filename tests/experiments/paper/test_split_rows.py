"""Training and test rows of a study."""

import numpy as np
import pandas as pd
import pytest

from tabemb.exceptions import DataError
from tabemb.experiments.paper.split_rows import SPLITS, split_rows

X = pd.DataFrame({"shop": [3, 1, 2] * 40, "year": np.tile(np.arange(2012, 2016), 30), "month": np.repeat([2, 1], 60)})
AMOUNTS = np.arange(120.0) + 10
WAY = {"categorical": ["shop"], "time": ["year", "month"], "test_share": 0.1, "rows": 1000, "seed": 0}


def split(kind="time", **changed):
    return split_rows(X, changed.pop("amounts", AMOUNTS), SPLITS[kind](), **WAY | changed)


def test_in_time_the_last_rows_are_judged_by():
    parts = split()
    assert len(parts.test) == 12
    # The last year, and of it the last month: the first named column counts first.
    assert set(parts.test["year"]) == {2015}
    assert set(parts.test["month"]) == {2}


@pytest.mark.parametrize("kind", sorted(SPLITS))
def test_no_row_is_on_both_sides_or_twice_on_one(kind):
    parts = split(kind)
    assert sorted([*parts.amounts, *parts.truth]) == AMOUNTS.tolist()


def test_shuffled_rows_are_from_all_times_and_follow_the_seed():
    assert set(split("shuffled").test["year"]) > {2015}
    assert split("shuffled").truth.tolist() == split("shuffled").truth.tolist()
    assert split("shuffled").truth.tolist() != split("shuffled", seed=1).truth.tolist()


def test_so_many_rows_and_such_a_share():
    assert len(split(rows=50).train) == 50
    assert len(split(test_share=0.5).test) == 60


def test_targets_and_the_way_back():
    parts = split()
    assert parts.targets.max() == 1
    np.testing.assert_allclose(parts.in_amounts(parts.targets), parts.amounts)
    assert parts.error(parts.truth * 1.1) == pytest.approx(0.1)


def test_codes_are_places_among_the_values_learned_from():
    parts = split()
    train, test = parts.codes
    assert np.unique(train[:, 0]).tolist() == [0, 1, 2]
    assert (train[:, 0] == parts.train["shop"] - 1).all()
    fresh = split_rows(X.assign(shop=[*[1] * 60, *[2] * 60]).sort_values("shop"), AMOUNTS, SPLITS["time"](), **WAY)
    assert set(fresh.codes[0][:, 0]) <= {0, 1}
    only = split(test_share=0.3).codes[1][:, 1]
    assert set(only) <= {-1, 0, 1, 2, 3}
    assert test.shape == (12, 3)


def test_a_value_that_is_only_judged_by_has_the_code_minus_one():
    new = X.assign(shop=np.where(X["year"] == 2015, 9, X["shop"]))
    parts = split_rows(new, AMOUNTS, SPLITS["time"](), **WAY | {"test_share": 0.25})
    assert set(parts.codes[1][:, 0]) == {-1}


def test_networks_get_plain_numbers_as_floats():
    train, test = split().tables
    assert train["shop"].dtype == "int64"
    assert train["year"].dtype == test["month"].dtype == "float64"


@pytest.mark.parametrize("share", [0, 1, 1.5])
def test_a_share_that_is_none(share):
    with pytest.raises(DataError, match=r"test_share must be a number in \(0, 1\), got"):
        split(test_share=share)


def test_too_few_rows():
    with pytest.raises(DataError, match="120 rows cannot be split into training rows and 100% test rows"):
        split_rows(X, AMOUNTS, SPLITS["time"](), **WAY | {"test_share": 0.9999})


def test_amounts_whose_logarithm_is_not_above_zero():
    with pytest.raises(DataError, match="The largest training amount must be above 1"):
        split(amounts=np.full(120, 0.5))
