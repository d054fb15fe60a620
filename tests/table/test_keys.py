import json
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from itertools import product
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabemb.exceptions import DataError, FormatError
from tabemb.table.keys import CellTypeError, as_key, family, identity, key_from_json, key_to_json, shown_by_name


class Color(StrEnum):
    RED = "red"


class Number(IntEnum):
    ONE = 1


class Plain(Enum):
    A = 1


@pytest.mark.parametrize(
    "value",
    [
        None,
        float("nan"),
        np.nan,
        np.float32("nan"),
        pd.NA,
        pd.NaT,
        np.datetime64("NaT"),
        np.timedelta64("NaT"),
        Decimal("NaN"),
    ],
)
def test_all_missing_values_become_none(value):
    assert as_key(value) is None


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (np.str_("a"), "a"),
        (np.int8(-3), -3),
        (np.uint64(2**64 - 1), 2**64 - 1),
        (np.float32(0.5), 0.5),
        (np.longdouble(0.5), 0.5),
        (np.bool_(True), True),
        (np.bytes_(b"x"), b"x"),
        (np.datetime64("2013-01-31T05:00"), datetime(2013, 1, 31, 5)),
        (np.timedelta64(5, "s"), timedelta(seconds=5)),
        (pd.Timestamp("2013-01-31"), datetime(2013, 1, 31)),
        (pd.Timedelta(seconds=5), timedelta(seconds=5)),
        (Color.RED, "red"),
        (Number.ONE, 1),
    ],
)
def test_scalars_become_plain_python(value, key):
    assert as_key(value) == key
    assert type(as_key(value)) is type(key)


def test_nanoseconds_are_kept():
    assert as_key(pd.Timestamp(5)) == pd.Timestamp(5)
    assert as_key(pd.Timedelta(5)) == pd.Timedelta(5)


@pytest.mark.parametrize("value", [[1], {"a": 1}, {1}, (1, 2), frozenset([1]), np.zeros(2), bytearray(b"a")])
def test_cells_with_several_values_are_refused(value):
    with pytest.raises(
        CellTypeError, match=r"cell in column 'tags' of the argument must be one value.*(Explode it into rows|A dict)"
    ):
        as_key(value, "tags")


def test_cells_of_an_unknown_type_are_refused():
    with pytest.raises(CellTypeError, match=r"got a cell of type Plain: <Plain.A: 1>. A cell can be: text, number"):
        as_key(Plain.A)


def test_the_error_for_a_wrong_cell_is_a_value_and_a_type_error_and_short():
    with pytest.raises(CellTypeError) as caught:
        as_key(list(range(1000)))
    assert isinstance(caught.value, (ValueError, TypeError))
    assert isinstance(caught.value, DataError)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("value", [float("inf"), -np.inf, np.float32("inf"), Decimal("Infinity")])
def test_infinite_numbers_are_refused(value):
    with pytest.raises(DataError, match=r"Input X contains infinity in column 'price'"):
        as_key(value, "price")


@pytest.mark.parametrize("value", [1j, np.complex64(1j), np.clongdouble(1j)])
def test_complex_numbers_are_refused(value):
    with pytest.raises(DataError, match=r"Complex data not supported in column 'x'"):
        as_key(value, "x")


def test_identity_of_keys():
    ones = [1, 1.0, Decimal(1), Decimal("1.00")]
    assert len({identity(one) for one in ones}) == 1
    assert len({identity(other) for other in [1, "1", True, b"1", date(1, 1, 1), datetime(1, 1, 1)]}) == 6
    assert identity(0.0) == identity(-0.0)
    assert identity(2**53 + 1) != identity(float(2**53))


def test_the_same_instant_in_two_zones_is_one_category():
    paris = datetime(2020, 1, 1, 12, tzinfo=ZoneInfo("Europe/Paris"))
    assert identity(paris) == identity(datetime(2020, 1, 1, 11, tzinfo=UTC))
    assert identity(paris) != identity(datetime(2020, 1, 1, 12))


def test_instants_at_the_edge_of_time_have_an_identity():
    edge = datetime.min.replace(tzinfo=timezone(timedelta(hours=5)))
    assert identity(edge) == identity(edge)


@pytest.mark.parametrize(
    ("key", "name"),
    [("a", "text"), (True, "bool"), (1, "number"), (Decimal(1), "number"), (b"", "bytes"), (date(2020, 1, 1), "date"),
     (datetime(2020, 1, 1), "datetime"), (time(1), "time"), (timedelta(1), "duration"), (UUID(int=1), "UUID")],
)  # fmt: skip
def test_families(key, name):
    assert family(key) == name


@pytest.mark.parametrize(
    ("keys", "names", "expected"),
    [
        ([1, 2, 3], ["a", "b", ""], True),
        ([date(2020, 1, 1), 2], ["a", "b"], True),
        ([1, 2], ["a", ""], False),
        ([1, 2], [], False),
        (["1", 2], ["a", "b"], False),
        ([], [], False),
    ],
)
def test_names_are_shown_if_keys_are_no_texts_and_most_have_a_name(keys, names, expected):
    assert shown_by_name(keys, names) is expected


@pytest.mark.parametrize(
    "key",
    [
        "", "\ud800", "1", 1, -1, 2**53, 2**53 + 1, 10**400, -(10**30), 1.0, 0.1, -0.0, 5e-324, True, False, b"\x00",
        Decimal("1.10"), date(1, 1, 1), datetime(2020, 1, 1, 1, 2, 3, 4), time(1, 2, 3, 4), timedelta(-1, 2, 3),
        datetime(2020, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Paris"), fold=1), datetime(2020, 1, 1, tzinfo=UTC),
        pd.Timestamp(5), pd.Timestamp(5, tz="Europe/Paris"), pd.Timedelta(5), pd.Period("2020-01", "M"), UUID(int=7),
        pd.Interval(0, 1.5), pd.Interval(pd.Timestamp("2020"), pd.Timestamp("2021"), closed="left"),
        pd.Interval(pd.Timedelta(1), pd.Timedelta(2)), pd.Interval(-np.inf, 18), pd.Interval(-np.inf, np.inf),
        pd.Interval(0.5, np.inf, closed="left"),
    ],
)  # fmt: skip
def test_json_round_trip_is_exact(key):
    again = key_from_json(json.loads(json.dumps(key_to_json(key), allow_nan=False)))
    assert again == key
    assert type(again) is type(key)
    assert repr(again) == repr(key)
    assert getattr(again, "fold", 0) == getattr(key, "fold", 0)


def test_surrogates_survive_json():
    # JSON reads the escapes of a pair of surrogates as one character.
    units = ["\ud83d", "\ude00", "\U0001f600", "a", "\\"]
    for parts in product(units, repeat=3):
        key = "".join(parts)
        for ascii_only in (True, False):
            text = json.dumps(key_to_json(key), ensure_ascii=ascii_only).encode("utf-8", "backslashreplace")
            assert key_from_json(json.loads(text)) == key


@settings(max_examples=300)
@given(data=st.data())
def test_any_key_survives_json(data, scalars):
    key = as_key(data.draw(scalars))
    again = key_from_json(json.loads(json.dumps(key_to_json(key), allow_nan=False)))
    assert identity(again) == identity(key)
    assert type(again) is type(key)
    assert str(again) == str(key)


@pytest.mark.parametrize("value", [None, 1.5, {}, {"int": "1", "float": "1"}, {"pickle": "x"}, ["a"]])
def test_invalid_saved_keys_are_refused(value):
    with pytest.raises(FormatError, match="A saved key is text, a boolean, an integer"):
        key_from_json(value)


def test_a_broken_saved_key_is_refused():
    with pytest.raises(FormatError, match=r"A saved key cannot be read: \{'date': 'soon'\}"):
        key_from_json({"date": "soon"})


def test_keys_that_json_cannot_hold_are_refused():
    with pytest.raises(CellTypeError, match="A key of type complex cannot be written as JSON"):
        key_to_json(1j)
