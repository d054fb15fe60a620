from datetime import date, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tabemb.exceptions import DataError
from tabemb.table.calendar import PARTS, calendar_part, has_time_of_day
from tabemb.table.cells import Coded, factorize, read_cells

WHEN = datetime(2013, 1, 31, 17, 5)
EXPECTED = {"year": 2013, "month": 1, "day": 31, "weekday": 3, "hour": 17}


def values(cells):
    coded = factorize(cells)
    return [coded.keys[code] if code >= 0 else None for code in coded.codes]


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(
    "cells",
    [
        pa.array([WHEN, None], pa.timestamp("ns")),
        pa.array([WHEN, None], pa.timestamp("s")),
        read_cells(pa.array(pd.to_datetime(pd.Series([WHEN, None])))),
        Coded(np.array([0, -1]), [WHEN]),
        read_cells([WHEN, None]),
        pa.array([WHEN, None]).dictionary_encode(),
    ],
    ids=["ns", "s", "pandas", "coded", "objects", "dictionary"],
)
def test_parts_of_datetimes(cells, part):
    assert values(calendar_part(cells, part)) == [EXPECTED[part], None]


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("cells", [pa.array([WHEN.date(), None]), Coded(np.array([0, -1]), [WHEN.date()])])
def test_parts_of_dates(cells, part):
    assert values(calendar_part(cells, part)) == [{**EXPECTED, "hour": 0}[part], None]


def test_parts_are_in_the_time_zone_of_the_column():
    cells = read_cells(pa.array(pd.Series(pd.to_datetime(["2013-01-31T23:30Z"]).tz_convert("Europe/Paris"))))
    assert [values(calendar_part(cells, part)) for part in PARTS] == [[2013], [2], [1], [4], [0]]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (pa.array([WHEN, None]), True),
        (pa.array([datetime(2013, 1, 1), None]), False),
        (pa.array([WHEN.date()]), False),
        (Coded(np.array([0]), [WHEN]), True),
        (Coded(np.array([0]), [WHEN.date()]), False),
        (pa.array([None], pa.timestamp("s")), False),
    ],
)
def test_has_time_of_day(cells, expected):
    assert has_time_of_day(cells) is expected


@pytest.mark.parametrize("values_now", [["2013-01-31"], [20130131], [date(2013, 1, 31), "soon"]])
def test_other_types_than_dates_are_refused(values_now):
    with pytest.raises(DataError, match=r"Column 'when' held dates at fit, but now holds .*pandas.to_datetime"):
        calendar_part(read_cells(values_now), "month", "when")


def test_all_missing_dates_have_missing_parts():
    assert values(calendar_part(read_cells([None, None]), "month")) == [None, None]
