import re

import pytest

from tabemb.exceptions import ColumnError, DataError, UnknownNameError
from tabemb.table.cells import factorize, read_cells
from tabemb.table.vocabularies import Hashing, check_spec, chosen_kinds, kind_of_spec, spec_of_kind
from tabemb.table.vocabularies.choice import is_of_all

CATEGORICAL, COLUMNS = ["user", "name"], ["user", "name", "x", "empty"]
USERS = factorize(read_cells([f"user {place}" for place in range(50)]))


def kind_of(spec, column="user"):
    return chosen_kinds(spec, CATEGORICAL, COLUMNS, ["empty"])(column, lambda: USERS)


@pytest.mark.parametrize(
    "spec",
    [
        "hashing",
        {"name": "hashing"},
        Hashing(),
        {"user": "hashing"},
        {"user": {"name": "hashing"}},
        {"user": Hashing()},
    ],
)
def test_a_kind_is_given_by_name_mapping_or_instance(spec):
    check_spec(spec)
    if is_of_all(spec):
        assert kind_of(spec) is None  # fewer categories than buckets
    else:
        assert kind_of(spec) == Hashing()


def test_one_kind_is_for_the_columns_that_it_suits():
    assert kind_of({"name": "hashing", "n_buckets": 20}) == Hashing(20)
    assert kind_of("ngrams") is None
    assert kind_of(None) is None


def test_a_column_may_be_named_name():
    assert is_of_all({"name": "hashing"})
    assert kind_of({"name": {"name": "hashing"}}, "name") == Hashing()
    assert kind_of({"name": {"name": "hashing"}}) is None


def test_columns_without_information_and_without_a_kind_are_left_alone():
    assert kind_of({"empty": "hashing", "user": None}) is None


@pytest.mark.parametrize(
    ("spec", "error", "told"),
    [
        (
            {"usr": "hashing"},
            ColumnError,
            "which the table does not have. Did you mean 'user'? Its categorical columns",
        ),
        ({"x": "hashing"}, DataError, "names the column 'x', which is no categorical column. If its values are"),
        ({"user": "hashin"}, UnknownNameError, "Did you mean 'hashing'?"),
        ("hashin", UnknownNameError, "Did you mean 'hashing'?"),
        ({"user": 5}, UnknownNameError, "or an instance; got 5"),
        ({"user": {"name": "hashing", "n_buckets": 0}}, ValueError, "must be an integer of at least 1; got 0."),
        (
            {"user": {"name": "multiplexed", "n_buckets": 5}, "name": {"name": "multiplexed"}},
            ValueError,
            "share one table; n_buckets must be the same for all. Got 5 for 'user', 10000 for 'name'.",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(spec, error, told):
    with pytest.raises(error, match=re.escape(told)):
        kind_of(spec)


def test_a_kind_survives_as_a_mapping():
    for spec in ({"name": "hashing", "n_buckets": 5}, "ngrams", "multiplexed"):
        kind = kind_of_spec(spec)
        assert kind_of_spec(spec_of_kind(kind)) == kind
