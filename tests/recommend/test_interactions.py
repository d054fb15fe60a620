"""InteractionMatrix as a sparse matrix."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from tabemb.exceptions import ColumnError, DataError
from tabemb.recommend.interactions import InteractionMatrix, last_rows, places_in_time
from tabemb.table.frames import read_frame
from tabemb.table.vocabulary import Vocabulary

SEEN = pd.DataFrame(
    {"user": [1, 1, 2, 3, 3, 3], "film": ["x", "y", "x", "x", "z", "z"], "stars": [1.0, 2.0, 3.0, 4.0, 5.0, 2.5]}
)


@pytest.mark.parametrize("read", [pd.DataFrame, pl.from_pandas], ids=["pandas", "polars"])
def test_rows_are_users_and_columns_items_by_frequency(read):
    found = InteractionMatrix.read(read(SEEN), user="user", item="film", weight="stars")
    assert (found.users.keys, found.items.keys) == ((3, 1, 2), ("x", "z", "y"))
    assert found.matrix.toarray().tolist() == [[4, 5, 0], [1, 0, 2], [3, 0, 0]]
    assert found.users_per_item.tolist() == [3, 1, 1]
    assert found.matrix.dtype == np.float32
    alike = InteractionMatrix.read(read(SEEN), user="user", item="film")
    assert alike.matrix.toarray().tolist() == [[1, 1, 0], [1, 0, 1], [1, 0, 0]]


@pytest.mark.parametrize("dtype", ["category", object, "Float64", "str"])
def test_weights_may_have_any_type_of_numbers(dtype):
    found = InteractionMatrix.read(SEEN.astype({"stars": dtype}), user="user", item="film", weight="stars")
    assert found.matrix.toarray().tolist() == [[4, 5, 0], [1, 0, 2], [3, 0, 0]]


def test_other_users_of_the_same_items():
    known = InteractionMatrix.read(SEEN, user="user", item="film")
    others = known.of(pd.DataFrame({"user": ["new", "new", 1], "film": ["y", "?", "x"]}), user="user", item="film")
    assert others.items is known.items
    assert others.matrix.toarray().tolist() == [[0, 0, 1], [1, 0, 0]]
    assert others.users.keys == ("new", 1)


def test_items_of_another_type():
    known = InteractionMatrix.read(SEEN, user="user", item="film")
    with pytest.raises(
        DataError, match=r"items in 'film' are of type number, but the known ones of type text. Convert"
    ):
        known.of(pd.DataFrame({"user": [1], "film": [3]}), user="user", item="film")


@pytest.mark.parametrize("as_time", [np.asarray, lambda days: pd.Timestamp("2020-01-01") + pd.to_timedelta(days, "D")])
def test_the_last_row_of_each_key(as_time):
    table = pd.DataFrame({"user": list("abab"), "day": as_time([3, 1, 2, 1])})
    keys, codes = Vocabulary.fit_encode(table["user"])
    assert keys.keys == ("a", "b")
    for read in (pd.DataFrame, pl.from_pandas):
        assert last_rows(codes, keys).tolist() == [2, 3]
        # Of the same time, the last in the table.
        assert last_rows(codes, keys, places_in_time(read_frame(read(table)), "day")).tolist() == [0, 3]


@pytest.mark.parametrize(
    ("times", "told"),
    [
        (["x", "y"], "Times are numbers or dates; those of 'day' are of type text. Convert them"),
        ([1, "y"], "of type number and text"),
        ([None, 1], "1 of 2 interactions have no time"),
        (pd.period_range("2020-01-01", periods=2, freq="D"), "of type Period"),
    ],
)
def test_wrong_times(times, told):
    table = pd.DataFrame({"user": ["a", "a"], "day": times})
    with pytest.raises(DataError, match=told):
        places_in_time(read_frame(table), "day")


@pytest.mark.parametrize(
    ("table", "error", "told"),
    [
        (SEEN.head(0), DataError, "minimum of 1 is required"),
        (SEEN.rename(columns={"film": "flim"}), ColumnError, "film"),
        (SEEN.assign(film=["x", None, "x", None, "z", "z"]), DataError, "2 of 6 interactions have no item"),
        (SEEN.assign(user=[None, *"abcde"]), DataError, "1 of 6 interactions have no user"),
        (SEEN.assign(stars=0.0), DataError, "'stars' has 0.0 in row 0, and 5 more"),
        (SEEN.assign(stars=[1, 2, np.inf, 1, 1, 1]), DataError, "infinit"),
        (SEEN.assign(stars="good"), DataError, "the column 'stars' has others .*'good'.* Name a column of numbers"),
        (
            SEEN.assign(stars=pd.Categorical(list("aabbcc"))),
            DataError,
            "must be numbers; the column 'stars' has others",
        ),
        (SEEN.assign(stars=pd.Categorical([2, None] * 3)), DataError, "'stars' has nan in row 1, and 2 more"),
        (SEEN.assign(stars=pd.Timestamp("2026-01-02")), DataError, "has others \\(it holds datetimes\\)"),
        (SEEN.assign(stars=pd.Timedelta(days=1)), DataError, "has others \\(it holds durations\\)"),
    ],
)
def test_wrong_input(table, error, told):
    with pytest.raises(error, match=told):
        InteractionMatrix.read(table, user="user", item="film", weight="stars")


def test_the_types_of_keys_are_known_where_there_is_one():
    seen = pd.DataFrame({"u": ["a", "b"], "i": [1, 2]})
    assert InteractionMatrix.read(seen, user="u", item="i").types("u", "i") == {"u": "text", "i": "number"}
    mixed = seen.assign(u=["a", 7])
    assert InteractionMatrix.read(mixed, user="u", item="i").types("u", "i") == {"i": "number"}
