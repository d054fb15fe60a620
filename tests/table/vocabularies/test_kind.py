import re

import numpy as np
import pytest

from tabemb.exceptions import UnknownNameError
from tabemb.table.cells import factorize, read_cells
from tabemb.table.vocabularies import VOCABULARIES, ValueRows


def test_the_registered_kinds():
    assert sorted(VOCABULARIES) == ["double_hashing", "hashing", "multiplexed", "ngrams", "quotient_remainder"]


@pytest.mark.parametrize("name", sorted(VOCABULARIES))
@pytest.mark.parametrize("value", [0, -1, 2.0, "100", None, True])
def test_a_number_of_buckets_must_be_a_positive_integer(name, value):
    message = rf"n_buckets of the vocabulary {name!r} must be an integer of at least \d; got {re.escape(repr(value))}\."
    with pytest.raises(ValueError, match=message):
        VOCABULARIES.resolve({"name": name, "n_buckets": value})


@pytest.mark.parametrize("name", sorted(VOCABULARIES))
def test_rows_have_32_bit_numbers(name):
    with pytest.raises(
        ValueError, match=r"n_buckets of the vocabulary .* must be below 2,147,483,646, .*got 2147483648\."
    ):
        VOCABULARIES.resolve({"name": name, "n_buckets": 2**31})


@pytest.mark.parametrize("name", sorted(VOCABULARIES))
def test_numpy_integers_are_numbers_of_buckets(name):
    kind = VOCABULARIES.resolve({"name": name, "n_buckets": np.int64(7)})
    assert type(kind.n_buckets) is int
    assert kind == VOCABULARIES.resolve({"name": name, "n_buckets": 7})
    assert hash(kind) == hash(VOCABULARIES.resolve({"name": name, "n_buckets": 7}))


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("hashin", "Did you mean 'hashing'?"),
        ({"name": "hashing", "buckets": 5}, "The kind of vocabulary 'hashing' does not take these parameters"),
        ({"n_buckets": 5}, "must have a 'name'"),
        (5, "is given as a name, a mapping with a 'name', or an instance; got 5"),
    ],
)
def test_unknown_kinds_and_parameters_are_refused(spec, told):
    with pytest.raises(UnknownNameError, match=re.escape(told)):
        VOCABULARIES.resolve(spec)


@pytest.mark.parametrize("name", sorted(VOCABULARIES))
def test_each_value_has_buckets_within_the_table(name):
    kind = VOCABULARIES.resolve({"name": name, "n_buckets": 13})
    values = factorize(read_cells([f"user {place}" for place in range(200)]))
    rows = kind.rows(values, "user")
    assert len(rows.sizes) == 200
    assert rows.sizes.sum() == len(rows.buckets)
    assert set(rows.buckets.tolist()) == set(range(13))
    assert kind.has_one_bucket == (rows.sizes == 1).all()


@pytest.mark.parametrize("name", sorted(VOCABULARIES))
def test_a_column_without_values_has_no_buckets(name):
    rows = VOCABULARIES.resolve(name).rows(factorize(read_cells([None, None])), "user")
    assert (len(rows.buckets), len(rows.sizes)) == (0, 0)


def test_buckets_of_values_alternate():
    rows = ValueRows.of_width(np.array([1, 2]), np.array([3, 4]))
    assert (rows.buckets.tolist(), rows.sizes.tolist()) == ([1, 3, 2, 4], [2, 2])
