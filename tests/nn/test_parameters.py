"""Checks of the parameters of bodies and numeric encoders."""

import re

import numpy as np
import pytest

from tabemb.exceptions import UnknownNameError
from tabemb.nn.parameters import (
    ACTIVATIONS,
    NORMALIZATIONS,
    check_among,
    check_count,
    check_flag,
    check_positive,
    check_units,
)


def test_what_is_in_range_passes():
    check_units("hidden_units", ())
    check_units("hidden_units", [np.int64(4), 8])
    check_count("width", np.int32(1))
    for normalization in NORMALIZATIONS:
        check_among("normalization", normalization, NORMALIZATIONS)


@pytest.mark.parametrize("units", ["88", {8}, (8, -1), ([8],), np.array([8])])
def test_units_are_a_tuple_or_a_list_of_positive_integers(units):
    message = f"hidden_units must be a tuple of positive integers, got {units!r}."
    with pytest.raises(ValueError, match=re.escape(message)):
        check_units("hidden_units", units)


def test_units_may_be_required():
    with pytest.raises(ValueError, match=re.escape("hidden_units must have at least one width, got ().")):
        check_units("hidden_units", (), empty=False)


@pytest.mark.parametrize("value", [0, -1, 1.0, True, None, "3"])
def test_counts_are_positive_integers(value):
    with pytest.raises(ValueError, match=re.escape(f"width must be a positive integer, got {value!r}.")):
        check_count("width", value)


@pytest.mark.parametrize("value", [["layer"], 3, "", "Layer"])
def test_names_are_among_the_known_ones(value):
    with pytest.raises(UnknownNameError, match=re.escape(f"No normalization named {value!r}. Known: None, batch, ")):
        check_among("normalization", value, NORMALIZATIONS)


def test_activations_are_those_of_keras():
    assert {"relu", "gelu", "swish", "softmax"} <= ACTIVATIONS
    assert not {"get", "serialize", "deserialize", "ops"} & ACTIVATIONS


def test_an_activation_that_halves_the_width_is_excluded():
    assert "glu" not in ACTIVATIONS


@pytest.mark.parametrize("value", [1, 0.01, np.float32(2)])
def test_a_positive_number_passes(value):
    check_positive("sigma", value)


@pytest.mark.parametrize("value", [0, -1.0, np.inf, np.nan, True, "1", None])
def test_anything_else_is_refused(value):
    with pytest.raises(ValueError, match=f"sigma must be a positive number, got {value!r}"):
        check_positive("sigma", value)


@pytest.mark.parametrize("value", [True, False, np.True_])
def test_a_boolean_passes(value):
    check_flag("lite", value)


@pytest.mark.parametrize("value", [0, 1, "yes", None])
def test_other_values_than_booleans_are_refused(value):
    with pytest.raises(ValueError, match=f"lite must be True or False, got {value!r}"):
        check_flag("lite", value)
