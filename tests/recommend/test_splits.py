"""Splits of interactions."""

import datetime as dt
import re

import numpy as np
import pandas as pd
import pytest

from tabemb.exceptions import ColumnError, DataError
from tabemb.recommend.splits import InteractionSplit, leave_last_out, split_by_time, split_by_user

SEEN = pd.DataFrame(
    {
        "user": ["a"] * 5 + ["b"] * 2 + ["c"],
        "item": list("vwxyzvwv"),
        "day": [5, 4, 3, 2, 1, 9, 9, 0],
    },
    index=range(10, 18),
)


def test_the_last_of_all():
    split = split_by_time(SEEN, "day", share=0.25)
    assert split.test.index.tolist() == [15, 16]
    assert split.train.index.tolist() == [10, 11, 12, 13, 14, 17]


def test_what_is_known_of_users_is_the_training_table_itself():
    assert (split := split_by_time(SEEN, "day", share=0.5)).known is split.train
    assert (split := leave_last_out(SEEN, "user", "day").only_known(item="item")).known is split.train


def test_from_a_time_on():
    assert split_by_time(SEEN, "day", at=4).test.index.tolist() == [10, 11, 15, 16]
    dates = SEEN.assign(day=pd.to_datetime("2020-01-01") + pd.to_timedelta(SEEN["day"], unit="D"))
    assert split_by_time(dates, "day", at="2020-01-05").test.index.tolist() == [10, 11, 15, 16]


@pytest.mark.parametrize("date", [dt.date, dt.datetime])
def test_dates_that_are_objects_are_times(date):
    days = pd.Series([date(2020, 1, 1 + day) for day in SEEN["day"]], SEEN.index, dtype=object)
    assert split_by_time(SEEN.assign(day=days), "day", share=0.25).test.index.tolist() == [15, 16]
    assert split_by_time(SEEN.assign(day=days), "day", at="2020-01-05").test.index.tolist() == [10, 11, 15, 16]
    assert leave_last_out(SEEN.assign(day=days), "user", "day").test.index.tolist() == [10, 16]


def test_the_last_of_each_user_keeps_one_and_orders_ties_by_row():
    split = split_by_time(SEEN, "day", share=0.4, by="user")
    assert split.test.index.tolist() == [10, 11, 16]
    assert set(split.train["user"]) == {"a", "b", "c"}


@pytest.mark.parametrize(("n", "held"), [(1, [10, 16]), (2, [10, 11, 16]), (9, [10, 11, 12, 13, 16])])
def test_the_last_are_left_out(n, held):
    assert leave_last_out(SEEN, "user", "day", n=n).test.index.tolist() == held


@pytest.mark.parametrize("time", [None, "day"])
def test_held_out_users_are_new_and_partly_known(time):
    rng = np.random.default_rng(0)
    seen = pd.DataFrame({"user": rng.integers(0, 30, 600), "item": rng.integers(0, 9, 600), "day": rng.random(600)})
    split = split_by_user(seen, "user", share=0.3, held_out=0.5, time=time, seed=1)
    assert sorted([*split.train.index, *split.known.index, *split.test.index]) == list(range(600))
    assert not set(split.train["user"]) & set(split.test["user"])
    assert set(split.known["user"]) == set(split.test["user"])
    assert split.test["user"].nunique() == 9
    for user, its in split.test.groupby("user"):
        known = split.known[split.known["user"] == user]
        assert len(its) == -(-(len(its) + len(known)) // 2)
        assert time is None or its["day"].min() > known["day"].max()
    again = split_by_user(seen, "user", share=0.3, held_out=0.5, time=time, seed=1)
    assert again.test.equals(split.test)
    assert not split_by_user(seen, "user", share=0.3, held_out=0.5, time=time, seed=2).test.equals(split.test)


def test_only_what_is_known():
    split = split_by_time(SEEN, "day", at=9)
    assert split.only_known(item="item").test.index.tolist() == [15, 16]
    with pytest.raises(DataError, match="None of the 2 test rows has a known user and item"):
        split.only_known(user="user")
    with pytest.raises(ColumnError, match="no column 'usr'"):
        split.only_known(user="usr")


def test_the_rows_left_out_are_counted():
    split = split_by_time(SEEN, "day", at=3)
    assert (split.left_out, repr(split)) == (0, "InteractionSplit(3 train, 5 test)")
    less = split.only_known(item="item")
    assert (less.left_out, repr(less)) == (3, "InteractionSplit(3 train, 2 test, 3 left out)")
    assert less.only_known(item="item").left_out == 3
    assert less.only_known(user="user").left_out == 4
    assert split.only_known().left_out == 0
    many = pd.DataFrame({"item": np.r_[np.zeros(80_000, int), np.arange(20_000) // 19_500]})
    both = InteractionSplit(many[:80_000], many[80_000:], many[:80_000]).only_known(item="item")
    assert repr(both) == "InteractionSplit(80,000 train, 19,500 test, 500 left out)"
    assert repr(split_by_user(SEEN, "user", share=0.5)) == "InteractionSplit(3 train, 4 known, 1 test)"


@pytest.mark.parametrize("share", [0, 1, -0.5, "half", True, np.nan])
def test_shares_are_between_0_and_1(share):
    for make, name in (
        (lambda: split_by_time(SEEN, "day", share=share), "share"),
        (lambda: split_by_user(SEEN, "user", share=share), "share"),
        (lambda: split_by_user(SEEN, "user", held_out=share), "held_out"),
    ):
        with pytest.raises(ValueError, match=re.escape(f"{name} must be a number in (0, 1), got {share!r}.")):
            make()


@pytest.mark.parametrize(
    ("make", "error", "told"),
    [
        (lambda: split_by_time(SEEN, "day"), ValueError, "either share or at"),
        (lambda: split_by_time(SEEN, "day", share=0.1, at=3), ValueError, "either share or at"),
        (lambda: split_by_time(SEEN, "day", at=3, by="user"), ValueError, "by with share only"),
        (lambda: split_by_time(SEEN, "day", at=99), DataError, "no test rows"),
        (lambda: split_by_time(SEEN, "day", at=-1), DataError, "no train rows"),
        (lambda: split_by_time(SEEN, "day", at="soon"), DataError, "cannot be compared with at='soon'"),
        (lambda: split_by_time(SEEN, "dy", share=0.5), ColumnError, "Did you mean 'day'"),
        (lambda: split_by_time(SEEN, "item", share=0.5), DataError, "Times are numbers or dates"),
        (lambda: split_by_time(SEEN.assign(day=np.nan), "day", share=0.5), DataError, "8 of 8 interactions"),
        (lambda: leave_last_out(SEEN, "user", "day", n=0), ValueError, "n must be a positive integer"),
        (lambda: leave_last_out(SEEN[SEEN["user"] == "c"], "user", "day"), DataError, "no test rows"),
        (lambda: split_by_user(SEEN[SEEN["user"] == "c"], "user"), DataError, "no test rows"),
        (lambda: split_by_user(SEEN.to_numpy(), "user"), DataError, "must be a pandas DataFrame"),
        (
            lambda: split_by_time(SEEN.head(0), "day", share=0.5),
            DataError,
            "^The table of interactions has no rows, only",
        ),
        (lambda: split_by_user(SEEN.head(0), "user"), DataError, "^The table of interactions has no rows"),
        (
            lambda: leave_last_out(SEEN.head(0), "user", "day"),
            DataError,
            "^The table of interactions has no rows, only",
        ),
    ],
)
def test_wrong_input(make, error, told):
    with pytest.raises(error, match=told):
        make()
