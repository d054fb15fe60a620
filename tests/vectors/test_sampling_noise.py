"""The noise of vectors: scales, errors, JSON, equality."""

import copy
import json
import pickle
import re

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from tabemb.exceptions import DataError
from tabemb.vectors.sampling_noise import SamplingNoise

NOISE = SamplingNoise(np.diag([4.0, 1.0, 1.0]), rows=100.0, exponent=-1.0, n_refits=5)


@st.composite
def noises(draw):
    dim = draw(st.integers(1, 5))
    numbers = st.floats(width=32, allow_nan=False, allow_infinity=False)
    covariance = draw(hnp.arrays(np.float64, (dim, dim), elements=numbers))
    np.fill_diagonal(covariance, np.abs(np.diag(covariance)))
    return SamplingNoise(
        covariance,
        rows=draw(st.floats(min_value=0, exclude_min=True, allow_infinity=False)),
        exponent=draw(st.floats(allow_nan=False, allow_infinity=False)),
        n_refits=draw(st.integers(1, 1000)),
    )


@pytest.mark.parametrize(
    ("exponent", "expected"), [(-1.0, [100, 4, 1, 0.25]), (0.0, [1, 1, 1, 1]), (0.5, [0.1, 0.5, 1, 2])]
)
def test_scales_are_a_power_of_the_number_of_rows(exponent, expected):
    noise = SamplingNoise(np.eye(2), rows=100.0, exponent=exponent, n_refits=5)
    np.testing.assert_allclose(noise.scales([1, 25, 100, 400]), expected, rtol=1e-12)


def test_no_rows_count_as_one():
    assert NOISE.scales([0, 1]).tolist() == [100, 100]
    assert NOISE.scales(25) == 4


def test_errors_are_the_root_mean_square_over_the_entries():
    np.testing.assert_allclose(NOISE.errors([100, 25]), [np.sqrt(2), np.sqrt(8)], rtol=1e-12)


@given(noise=noises())
def test_json_restores_every_noise_exactly(noise):
    again = SamplingNoise.from_json(json.loads(json.dumps(noise.to_json(), allow_nan=False)))
    assert again == noise
    assert again.covariance.tobytes() == noise.covariance.tobytes()
    assert (again.rows, again.exponent, again.n_refits) == (noise.rows, noise.exponent, noise.n_refits)


def test_whole_numbers_in_json_are_numbers():
    again = SamplingNoise.from_json({"covariance": [[4, 0], [0, 1]], "rows": 100, "exponent": -1, "n_refits": 5})
    assert again == SamplingNoise(np.diag([4.0, 1.0]), 100.0, -1.0, 5)
    assert again.covariance.dtype == np.float64
    assert [type(each) for each in (again.rows, again.exponent, again.n_refits)] == [float, float, int]


@pytest.mark.parametrize(
    "changes",
    [
        {"covariance": [[1.0, 0.0, 0.0]]},
        {"covariance": [1.0]},
        {"covariance": 1.0},
        {"covariance": [[1.0, 0.0], [0.0]]},
        {"covariance": [["1", "0"], ["0", "1"]]},
        {"covariance": [["a"]]},
        {"covariance": [[None]]},
        {"covariance": [[float("nan")]]},
        {"covariance": [[float("inf")]]},
        {"covariance": [[10**400]]},
        {"covariance": [[-1.0]]},
        {"rows": 0},
        {"rows": -3.0},
        {"rows": "100"},
        {"rows": float("nan")},
        {"rows": 10**400},
        {"rows": None},
        {"exponent": float("inf")},
        {"exponent": "-1"},
        {"n_refits": None},
        {"n_refits": 0},
        {"n_refits": float("nan")},
        {"n_refits": "5"},
        {"n_refits": True},
    ],
    ids=lambda changes: str(changes)[:40],
)
def test_other_json_is_refused_with_what_was_expected(changes):
    data = NOISE.to_json() | changes
    with pytest.raises(DataError, match=r"must have a square covariance .*all finite; got ") as caught:
        SamplingNoise.from_json(data)
    ((name, value),) = changes.items()
    assert name == "covariance" or re.search(rf"'{name}': {re.escape(repr(value)[:50])}", str(caught.value))
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "arguments",
    [
        (np.eye(2), 0.0, -1.0, 5),
        (np.eye(2), -1.0, -1.0, 5),
        (np.eye(2), np.inf, -1.0, 5),
        (np.eye(2), 9.0, np.nan, 5),
        (np.eye(2), 9.0, -1.0, 0),
        (-np.eye(2), 9.0, -1.0, 5),
        (np.full((2, 2), np.nan), 9.0, -1.0, 5),
        (np.ones(2), 9.0, -1.0, 5),
        (np.ones((2, 3)), 9.0, -1.0, 5),
    ],
    ids=range(9),
)
def test_a_noise_is_valid_when_made(arguments):
    with pytest.raises(DataError, match="The noise of vectors must have a square covariance with variances of at leas"):
        SamplingNoise(*arguments)


@pytest.mark.parametrize("data", [None, [], "noise", 3, {}, {"covariance": [[1.0]], "rows": 3.0, "exponent": -1.0}])
def test_json_without_the_values_is_refused(data):
    with pytest.raises(DataError, match="must have a square covariance"):
        SamplingNoise.from_json(data)


def test_equality_compares_every_value():
    assert SamplingNoise(np.diag([4.0, 1.0, 1.0]), 100.0, -1.0, 5) == NOISE
    assert SamplingNoise(np.diag([4.0, 1.0, 2.0]), 100.0, -1.0, 5) != NOISE
    assert SamplingNoise(np.diag([4.0, 1.0, 1.0]), 101.0, -1.0, 5) != NOISE
    assert SamplingNoise(np.diag([4.0, 1.0, 1.0]), 100.0, -0.9, 5) != NOISE
    assert SamplingNoise(np.diag([4.0, 1.0, 1.0]), 100.0, -1.0, 4) != NOISE
    assert NOISE != "noise"
    with pytest.raises(TypeError, match="unhashable"):
        hash(NOISE)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, copy.copy, lambda noise: pickle.loads(pickle.dumps(noise))])
def test_copies_are_equal(duplicate):
    assert duplicate(NOISE) == NOISE
