"""The users that are given recommendations, and the items that may be."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse

from tabemb.exceptions import ColumnError, DataError
from tabemb.recommend.queries import allowed_items, keys_of, object_array, read_users, rows_of, type_hint
from tabemb.table.vocabulary import Vocabulary

ITEMS = Vocabulary(["Alien", "Heat", "Casino"])


@pytest.mark.parametrize(
    "users",
    [
        ["ann", "bob"],
        ("ann", "bob"),
        {"ann": 1, "bob": 2}.keys(),
        (each for each in ("ann", "bob")),
        np.array(["ann", "bob"]),
        pd.Series(["ann", "bob"], index=[7, 8]),
        pd.Series(["ann", "bob"], dtype="category"),
        pd.Index(["ann", "bob"]),
        pl.Series(["ann", "bob"]),
        pa.array(["ann", "bob"]),
        pa.chunked_array([["ann"], ["bob"]]),
        pd.DataFrame({"age": [1, 2], "user": ["ann", "bob"]}),
        pl.DataFrame({"user": ["ann", "bob"]}),
        pa.table({"user": ["ann", "bob"]}),
        [{"user": "ann"}, {"user": "bob"}],
    ],
    ids=lambda each: type(each).__module__.split(".")[0] + "." + type(each).__name__,
)
def test_users_of_any_form(users):
    assert keys_of(read_users(users, "user"), "user") == ["ann", "bob"]


@pytest.mark.parametrize(
    ("users", "keys"),
    [
        ("ann", ["ann"]),
        (b"ann", [b"ann"]),
        (7, [7]),
        (np.int64(7), [7]),
        (np.array("ann"), ["ann"]),
        (pd.Timestamp("2020-01-01"), [pd.Timestamp("2020-01-01")]),
        ([7, "ann"], [7, "ann"]),
        (range(2), [0, 1]),
    ],
    ids=repr,
)
def test_single_users_and_keys_of_other_types(users, keys):
    assert keys_of(read_users(users, "user"), "user") == keys


def test_a_frame_stays_as_it_is():
    frame = read_users(["ann"], "user")
    assert read_users(frame, "user") is frame


@pytest.mark.parametrize(
    ("users", "error", "told"),
    [
        ([], DataError, "no user to recommend to"),
        (np.array([]), DataError, "no user to recommend to"),
        (pd.DataFrame({"user": []}), DataError, "minimum of 1 is required"),
        (pd.DataFrame({"usr": ["ann"]}), ColumnError, "no column 'user'.*Did you mean 'usr'"),
        ({"user": "ann"}, DataError, r"One row is a list of one dict: \[X\]"),
    ],
)
def test_wrong_users(users, error, told):
    with pytest.raises(error, match=told):
        read_users(users, "user")


@pytest.mark.parametrize(
    ("given", "places"),
    [
        (["Casino", "Alien", "Casino"], [0, 2]),
        ({"Heat"}, [1]),
        ("Heat", [1]),
        (pd.Series(["Heat"], index=[9]), [1]),
        (lambda key: len(key) == 6, [2]),
        (lambda key: key[0] == "H" and np.True_, [1]),
    ],
)
def test_allowed_items(given, places):
    assert allowed_items(given, ITEMS).tolist() == places


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([], "leaves no item"),
        (lambda key: False, "leaves no item"),
        (["Heat", "Haet", "?"], r"unknown items \(2\), such as 'Haet'. .*Did you mean 'Heat'"),
        ([None], "unknown items"),
        (5, "unknown items"),
        ([["Heat"]], "must be one value"),
    ],
)
def test_wrong_filters(given, told):
    with pytest.raises(DataError, match=told):
        allowed_items(given, ITEMS)


def test_numbers_are_no_texts():
    with pytest.raises(DataError, match=r"such as '1'. .*Did you mean 1"):
        allowed_items(["1"], Vocabulary([1, 2]))


@pytest.mark.parametrize(
    ("keys", "known", "hint"),
    [
        (["1"], [1, 2], " These keys are of type text, but those of the training table of type number: convert them."),
        ([1, "x"], [1, 2], ""),
        (["x"], ["y"], ""),
        ([True], [1, "y"], " These keys are of type bool, but those of the training table of type number and text: "),
    ],
)
def test_keys_of_another_type(keys, known, hint):
    assert type_hint(keys, Vocabulary(known)).startswith(hint)
    assert bool(type_hint(keys, Vocabulary(known))) == bool(hint)


def test_rows_of_a_matrix():
    matrix = sparse.csr_array(np.array([[1, 0, 2], [0, 3, 0]], np.float32))
    found = rows_of(matrix, np.array([1, -1, 0, 1]))
    assert found.toarray().tolist() == [[0, 3, 0], [0, 0, 0], [1, 0, 2], [0, 3, 0]]
    assert np.diff(found.indptr).tolist() == [1, 0, 2, 1]
    assert rows_of(matrix, np.array([-1])).nnz == 0


def test_an_array_of_objects_keeps_them():
    found = object_array(["a", 1, None])
    assert (found.dtype, found.tolist()) == (object, ["a", 1, None])
