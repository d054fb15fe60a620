"""Size rules, numbers, mappings, and invalid values."""

import re

import numpy as np
import pytest

from tabemb.exceptions import ColumnError, UnknownNameError
from tabemb.nn.sizes import SIZE_RULES, Fastai, Half, Sqrt, columns_from_data, columns_of, embedding_dims, rate_of_table

NS = [1, 2, 7, 100, 4043, 10_000, 1_000_000]


@pytest.mark.parametrize(
    ("name", "dims"),
    [
        ("fastai", [2, 2, 5, 21, 167, 278, 600]),
        ("capped", [2, 2, 5, 21, 64, 64, 64]),
        ("narrow", [2, 2, 5, 8, 8, 8, 8]),
        ("half", [1, 1, 4, 50, 50, 50, 50]),
        ("google", [1, 1, 2, 3, 8, 10, 32]),
        ("sqrt", [1, 2, 3, 10, 64, 100, 600]),
    ],
)
def test_rule_gives_the_published_number_of_dimensions(name, dims):
    assert [embedding_dims(name, {"dest": n})["dest"] for n in NS] == dims


@pytest.mark.parametrize("name", sorted(SIZE_RULES))
def test_every_rule_gives_positive_integers_that_never_decrease(name):
    rule = SIZE_RULES.resolve(name)
    dims = [rule(n) for n in range(0, 3000, 7)]
    assert all(type(dim) is int for dim in dims)
    assert dims[0] == 1
    assert dims == sorted(dims)


@pytest.mark.parametrize(("rule", "dim"), [(Fastai(cap=30), 30), (Half(cap=8), 8), (Sqrt(cap=20), 20)])
def test_a_cap_is_the_maximum(rule, dim):
    assert rule(10_000) == dim


def test_a_number_is_for_every_column():
    assert embedding_dims(8, {"origin": 3, "dest": 105}) == {"origin": 8, "dest": 8}


def test_an_integer_of_numpy_is_a_number_too():
    dims = embedding_dims(np.int64(8), {"dest": 105})
    assert dims == {"dest": 8}
    assert type(dims["dest"]) is int


def test_a_mapping_is_by_column_with_the_default_for_the_others():
    dims = embedding_dims({"dest": 4, "tailnum": "half"}, {"origin": 3, "dest": 105, "tailnum": 20})
    assert dims == {"origin": 3, "dest": 4, "tailnum": 10}


def test_a_mapping_with_the_name_of_a_rule_is_a_rule_with_parameters():
    assert embedding_dims({"name": "fastai", "cap": 30}, {"dest": 10_000}) == {"dest": 30}


def test_a_column_may_be_called_name():
    assert embedding_dims({"name": 5}, {"name": 105}) == {"name": 5}


@pytest.mark.parametrize(
    ("spec", "error", "message"),
    [
        (0, ValueError, "embedding_dim must be at least 1, got 0."),
        ({"dest": -2}, ValueError, "embedding_dim must be at least 1, got -2."),
        (
            "fastia",
            UnknownNameError,
            "No size rule named 'fastia'. Known: capped, fastai, google, half, mixed, narrow, sqrt. Did you mean "
            "'fastai'? 'auto' (found by training), a positive integer, and a mapping column -> any of these are "
            "accepted too.",
        ),
        (
            2.5,
            UnknownNameError,
            "A size rule is given as a name, a mapping with a 'name', or an instance; got 2.5. "
            "Known names: capped, fastai, google, half, mixed, narrow, sqrt.",
        ),
        (True, UnknownNameError, "got True."),
        (
            {"dset": 3},
            ColumnError,
            "embedding_dim names the column 'dset', which is not among the categorical columns ['dest']. "
            "Did you mean 'dest'?",
        ),
        (
            {"name": "half", "top": 3},
            UnknownNameError,
            "The size rule 'half' does not take these parameters",
        ),
    ],
)
def test_invalid_sizes_are_refused(spec, error, message):
    with pytest.raises(error, match=re.escape(message)):
        embedding_dims(spec, {"dest": 10})


def test_sizes_that_are_found_by_training_are_at_most_those_of_the_default_rule():
    assert embedding_dims("auto", {"dest": 105, "tailnum": 4043}) == {"dest": 22, "tailnum": 64}


@pytest.mark.parametrize(
    ("spec", "columns"),
    [
        ("auto", ["dest", "origin"]),
        ("capped", []),
        (8, []),
        ({"dest": "auto", "origin": 3}, ["dest"]),
        ({"name": "fastai"}, []),
        (Half(), []),
    ],
)
def test_columns_whose_size_is_found_by_training(spec, columns):
    assert columns_from_data(spec, ["dest", "origin"]) == columns


def test_tables_of_the_default_size_have_the_rate_of_the_default_and_others_one_by_their_width():
    assert [rate_of_table(embedding_dims("capped", {"dest": n})["dest"], n) for n in NS] == [1.0] * len(NS)
    assert [rate_of_table(dim, 4043) for dim in (4, 1024)] == [8.0, 0.125]
    assert rate_of_table(16, 4043) == pytest.approx(4**0.75)


def test_a_mapping_may_name_columns_that_a_fold_has_dropped():
    assert embedding_dims({"dest": 3, "shop": 4}, {"dest": 9}, without=["shop"]) == {"dest": 3}
    assert columns_of({"dest": 3, "shop": 4}) == ("dest", "shop")
    assert columns_of(4) == columns_of({"name": "half"}) == ()


@pytest.mark.parametrize("name", sorted(SIZE_RULES))
def test_a_rule_checks_its_parameters(name):
    params = [each for each in ("cap", "share") if each in SIZE_RULES[name]().get_params()]
    SIZE_RULES[name]().check()
    for param in params:
        for value in (0, -1, "many", None, True):
            wanted = "a positive integer" if param == "cap" else "a number in (0, 1]"
            with pytest.raises(ValueError, match=re.escape(f"{param} must be {wanted}, got {value!r}.")):
                embedding_dims({"name": name, param: value}, {"dest": 9})
