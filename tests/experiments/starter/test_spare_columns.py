"""What columns may be that a recommendation does not name."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from tabemb.experiments.starter.spare_columns import SpareColumns, find_spare_columns


def seen(n_users=10, n_items=30, n=200, **columns):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"user": rng.integers(n_users, size=n), "film": rng.integers(n_items, size=n)})
    return table.assign(**columns)


def found(table, **named):
    return find_spare_columns(table, user="user", item="film", named=["user", "film"], **named)


SECONDS = np.random.default_rng(1).integers(1_200_000_000, 1_300_000_000, 200)
TIMES = {
    "seconds": ("timestamp", SECONDS),
    "milliseconds": ("event_time", SECONDS * 1000),
    "nanoseconds": ("ts", SECONDS * 10**9),
    "floats": ("eventTime", SECONDS + 0.5),
    "days": ("date", 20_240_101 + SECONDS % 28),
    "dates": ("when", pd.to_datetime(SECONDS, unit="s")),
    "objects": ("when", [dt.date(2020, 1, 1 + int(day) % 28) for day in SECONDS]),
    "zone": ("when", pd.to_datetime(SECONDS, unit="s", utc=True)),
}


@pytest.mark.parametrize(("name", "values"), TIMES.values(), ids=TIMES)
def test_dates_and_numbers_that_are_times_by_name_and_size_are_times(name, values):
    assert found(seen(**{name: values})) == SpareColumns(times=(name,))


NOT_CLEAR = {
    "small numbers": ("day", SECONDS % 400),
    "a missing time": ("timestamp", np.where(np.arange(200) == 7, np.nan, SECONDS)),
    "a missing date": ("when", pd.to_datetime(SECONDS, unit="s").where(np.arange(200) != 7)),
    "of two units": ("timestamp", np.where(np.arange(200) == 7, SECONDS * 1000, SECONDS)),
    "negative": ("date", -SECONDS),
}


@pytest.mark.parametrize(("name", "values"), NOT_CLEAR.values(), ids=NOT_CLEAR)
def test_others_with_the_name_of_a_time_are_perhaps_times(name, values):
    assert found(seen(**{name: values})) == SpareColumns(perhaps_times=(name,))


def test_numbers_without_such_a_name_are_no_times():
    assert found(seen(price=SECONDS, rating=SECONDS % 5, facts=SECONDS)) == SpareColumns(
        numbers=("price", "rating", "facts")
    )


def test_columns_with_one_value_for_each_user_or_item_describe_them():
    table = seen()
    table["year"] = 1900 + table["film"] % 7
    table["price"] = table["film"] * 1.5
    table["title"] = "The " + table["film"].astype(str)
    table["imdb"] = table["film"] + 100
    table["since"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(table["user"], "D")
    table["timestamp"] = 1_200_000_000 + table["film"] % 5
    table["same"] = 1
    table["empty"] = None
    table["tags"] = [[str(film % 3)] for film in table["film"]]
    table["is_new"] = SECONDS % 2 == 0
    table["word"] = (SECONDS % 3).astype(str)
    assert found(table) == SpareColumns(user=("since",), item=("year", "price", "timestamp", "tags"), titles=("title",))


def test_a_column_that_describes_neither_is_not_said_to_do_so_if_nothing_repeats():
    table = pd.DataFrame({"user": range(9), "film": range(9), "year": range(9)})
    assert found(table) == SpareColumns(numbers=("year",))


def test_rows_without_a_user_or_item_are_ignored():
    table = seen(timestamp=SECONDS * 1.0).astype({"user": float})
    table.loc[[3, 4], "user"] = np.nan
    table.loc[[3, 4], "timestamp"] = np.nan
    assert found(table) == SpareColumns(times=("timestamp",))
    assert found(table.assign(user=np.nan)) == SpareColumns()


def test_named_columns_are_not_asked_about():
    table = seen(timestamp=SECONDS, rating=SECONDS % 5)
    named = ["user", "film", "timestamp"]
    assert find_spare_columns(table, user="user", item="film", named=named) == SpareColumns(numbers=("rating",))
