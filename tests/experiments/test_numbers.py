# ruff: noqa: RUF001  (typographic minus and dash)
"""Format numbers for people."""

import math

import pytest

from tabemb.experiments import numbers as units

NAN, INFINITE = math.nan, math.inf
NONE = "–"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0000"),
        (-0.12345, "-0.1235"),
        (99.5, "99.5000"),
        (100.0, "100.0"),
        (-1234.56, "-1,234.6"),
        (NAN, NONE),
        (-INFINITE, NONE),
    ],
)
def test_score(value, text):
    assert units.score(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "+0.0000"), (0.5, "+0.5000"), (-1234.5, "−1,234.5"), (NAN, NONE), (INFINITE, NONE)]
)
def test_a_difference_always_has_a_sign(value, text):
    assert units.signed(value) == text


def test_an_interval_of_nan():
    assert units.interval(-0.5, 2.0) == "−0.5000 to +2.0000"
    assert units.interval(NAN, NAN) == "– to –"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "p < 0.001"), (0.000999, "p < 0.001"), (0.001, "p = 0.001"), (1.0, "p = 1.000"), (NAN, "–")],
)
def test_p_value(value, text):
    assert units.p_value(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (999, "999"),
        (5400.0, "5,400"),
        (999_999, "999,999"),
        (1_000_000, "1 million"),
        (25_600_000, "25.6 million"),
        (None, NONE),
        (NAN, NONE),
    ],
)
def test_count(value, text):
    assert units.count(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7.4, "7"),
        (87.6, "88"),
        (876.0, "880"),
        (999_999.0, "1,000,000"),
        (1e6, "1 million"),
        (42e6, "42 million"),
        (1.234e9, "1,234 million"),
        (0.0, NONE),
        (-1.0, NONE),
        (INFINITE, NONE),
        (NAN, NONE),
    ],
)
def test_rate(value, text):
    assert units.rate(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (12_345, "12 kB"),
        (1e6, "1.0 MB"),
        (2.5e9, "2.5 GB"),
        (64e9, "64 GB"),
        (NAN, NONE),
    ],
)
def test_memory(value, text):
    assert units.memory(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "under 0.1 s"),
        (0.1, "0.1 s"),
        (59.9, "59.9 s"),
        (60.0, "1 min 0 s"),
        (3599.4, "59 min 59 s"),
        (3599.6, "1 h 0 min"),
        (90_000.0, "25 h 0 min"),
        (NAN, NONE),
    ],
)
def test_duration(seconds, text):
    assert units.duration(seconds) == text


def test_large_and_tiny_numbers_have_no_exponent_and_no_negative_zero():
    assert units.count(1e9) == "1,000 million"
    assert units.count(999_999.9) == "1 million"
    assert units.rate(99.6e6) == "100 million"
    assert units.signed(-0.00001) == "+0.0000"
    assert units.signed(-0.0001) == "−0.0001"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.00132, "1.3 ms"),
        (0.0001, "0.10 ms"),
        (0.107, "110 ms"),
        (0.0099, "9.9 ms"),
        (0.99, "990 ms"),
        (0.9996, "1.0 s"),
        (61.0, "1 min 1 s"),
        (0.0, "0 ms"),
        (NAN, NONE),
    ],
)
def test_a_short_time_has_two_digits(seconds, text):
    assert units.latency(seconds) == text
