"""Hashes of keys: the same everywhere, and equal exactly for equal categories."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabemb.table.cells import factorize, read_cells
from tabemb.table.hashes import hash_keys, hash_text, hash_texts, hash_values, mixed, ngram_hashes
from tabemb.table.keys import as_key, identity

KEYS = [
    "SFO",
    "",
    "Łódź ✈",
    "\ud800",
    1,
    0,
    -7,
    2**63,
    10**30,
    0.5,
    1e300,
    Decimal("0.1"),
    True,
    False,
    b"SFO",
    date(2013, 1, 31),
    datetime(2013, 1, 31, 12),
    time(12, 30),
    timedelta(days=1),
    UUID(int=5),
    pd.Interval(0, 1),
    pd.Period("2013-01", "M"),
]
# These must never change: saved models find their vectors by them.
EXPECTED = [
    8258869626836309504,
    14550454351299327585,
    3123598891307021762,
    18009275076330555976,
    17507338875219832550,
    14425894696563252069,
    8591712546103953731,
    4599804923454866732,
    14696246714997719195,
    16740308597663743741,
    9703792382245349914,
    7911962876742517441,
    7020690801227084021,
    15877034379280786683,
    7961125016417884964,
    2591180307671538760,
    1956051208497918168,
    15945882576159826567,
    13976549998478694307,
    508367620260650974,
    3214141100476928275,
    13089083107007554743,
]


def python_mixed(number):
    """The finalizer of SplitMix64, in integers of any size."""
    bits = 2**64 - 1
    number = (number + 0x9E3779B97F4A7C15) & bits
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & bits
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & bits
    return number ^ (number >> 31)


def python_hash(text):
    content, tag = text.encode(), 1 << 56
    total = sum(python_mixed((place << 8) | byte | tag) for place, byte in enumerate(content)) % 2**64
    return python_mixed(total ^ (len(content) | tag))


def test_hashes_never_change():
    assert hash_keys(KEYS).tolist() == EXPECTED
    assert len(set(EXPECTED)) == len(KEYS)


def test_hashes_are_the_same_in_another_process():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from test_hashes import KEYS\nfrom tabemb.table.hashes import hash_keys\nprint(*hash_keys(KEYS))"
    )
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code, os.path.dirname(__file__)],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        assert [int(each) for each in done.stdout.split()] == EXPECTED


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_the_hash_of_a_text_is_the_published_one(text):
    assert hash_text(text) == python_hash(text)
    assert hash_texts(pa.array(["x", text, "yz"], pa.large_string()).slice(1))[0] == hash_text(text)


keys = st.one_of(
    st.text(max_size=3),
    st.integers(-5, 5),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.0, -0.0, 1.0, 0.5, 2.0**63, -(2.0**63), 2.0**64]),
    st.decimals(allow_nan=False, allow_infinity=False, places=2),
    st.booleans(),
    st.binary(max_size=2),
    st.dates(),
    st.datetimes(timezones=st.sampled_from([None, UTC, timezone(timedelta(hours=2))])),
    st.timedeltas(),
)


@given(keys, keys)
def test_hashes_are_equal_exactly_for_the_same_category(one, two):
    one, two = as_key(one), as_key(two)
    assert (hash_keys([one])[0] == hash_keys([two])[0]) == (identity(one) == identity(two))


@given(st.lists(keys, min_size=1, max_size=20))
def test_cells_have_the_hashes_of_their_keys_whatever_the_storage(values):
    coded = factorize(read_cells(values))
    assert hash_values(coded).tolist() == hash_keys(coded.keys).tolist()


@pytest.mark.parametrize(
    "cells",
    [
        pa.array([1, 2], pa.int8()),
        pa.array([1, 2], pa.uint64()),
        pa.array([2**64 - 1, 2], pa.uint64()),
        pa.array([1.0, 2.5], pa.float32()),
        pa.array([Decimal("1.0"), Decimal("2.5")]),
        pa.array([True, False]),
        pa.array([date(2013, 1, 31), date(1, 1, 1)]),
        pa.array([datetime(2013, 1, 31), None], pa.timestamp("ns", "Europe/Berlin")),
        pa.array(["a", "b"]).dictionary_encode(),
        np.array(["2013-01-31", "2013-02-01"], "datetime64[D]"),
        np.array([2**63, 1], object),
    ],
    ids=str,
)
def test_each_type_of_column(cells):
    coded = factorize(read_cells(cells))
    assert hash_values(coded).tolist() == hash_keys(coded.keys).tolist()


def test_numbers_of_one_value_and_times_of_one_moment_have_one_hash():
    for same in (
        [1, 1.0, Decimal(1), Decimal("1.00")],
        [0.5, Decimal("0.5")],
        [2**63, 2.0**63, Decimal(2**63)],
        [0.0, -0.0, 0],
        [datetime(2013, 1, 31, 12, tzinfo=UTC), datetime(2013, 1, 31, 14, tzinfo=timezone(timedelta(hours=2)))],
        [pd.Interval(0, 1), pd.Interval(0.0, 1.0)],
        [pd.Interval(-np.inf, 1), pd.Interval(-np.inf, 1.0)],
    ):
        assert len(set(hash_keys(same).tolist())) == 1, same
    different = [1, "1", True, b"1", 1.5, "True", datetime(2013, 1, 31), date(2013, 1, 31)]
    assert len(set(hash_keys(different).tolist())) == len(different)


def test_long_columns_are_hashed_in_parts(monkeypatch):
    texts = pa.array([f"user {place}" for place in range(1000)], pa.large_string())
    whole = hash_texts(texts)
    monkeypatch.setattr("tabemb.table.hashes.CHUNK", 7)
    assert np.array_equal(hash_texts(texts), whole)
    assert len(hash_texts(texts.slice(0, 0))) == 0


def test_buckets_are_filled_evenly():
    hashes = hash_texts(pa.array([f"user {place}" for place in range(100_000)], pa.large_string()))
    for n_buckets in (97, 100, 128):
        counts = np.bincount((hashes % np.uint64(n_buckets)).astype(int), minlength=n_buckets)
        expected = len(hashes) / n_buckets
        # Chi-squared of n_buckets - 1 degrees of freedom: within 5 standard deviations of its mean.
        chi = ((counts - expected) ** 2 / expected).sum()
        assert abs(chi - n_buckets + 1) < 5 * np.sqrt(2 * n_buckets)


def test_mixing_is_a_permutation():
    numbers = np.arange(10_000, dtype=np.uint64)
    assert len(np.unique(mixed(numbers))) == len(numbers)
    assert [python_mixed(each) for each in range(5)] == mixed(numbers[:5]).tolist()


def ngrams(word, shortest, longest):
    parts = [word[i : i + n] for n in range(shortest, longest + 1) for i in range(len(word) - n + 1)]
    return [*parts, *([] if shortest <= len(word) <= longest else [word])]


@given(st.lists(st.text(st.characters(), min_size=1, max_size=12), max_size=8), st.integers(1, 4), st.integers(0, 3))
def test_ngrams_are_those_of_a_loop(words, shortest, more):
    hashes, sizes = ngram_hashes(words, shortest, shortest + more)
    expected = [ngrams(word, shortest, shortest + more) for word in words]
    assert sizes.tolist() == [len(parts) for parts in expected]
    of_part = {}
    for part, found in zip([part for parts in expected for part in parts], hashes.tolist(), strict=True):
        assert of_part.setdefault(part, found) == found
    assert len(set(of_part.values())) == len(of_part)
