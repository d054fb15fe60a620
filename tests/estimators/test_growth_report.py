"""The report of what a table added to the vocabularies."""

import json
import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from tabemb.estimators.growth_report import ColumnGrowth, GrowthReport, growth_to_json, last_growth, take_growth
from tabemb.exceptions import FormatError

DEST = ColumnGrowth(
    n_rows=1200,
    new=("TVC", "MYR", "ANC", 7),
    rows_of_new=(40, 3, 2, 1),
    rows_unknown=5,
    n_unknown=2,
    unknown=("x", "y"),
    drift=0.125,
)
USER = ColumnGrowth(
    n_rows=1200,
    new=(),
    rows_of_new=(),
    rows_unknown=2,
    n_unknown=1,
    unknown=(7,),
    drift=math.nan,
    hashed=True,
    n_hashed_new=4,
    rows_of_hashed_new=6,
)
SAME = ColumnGrowth(n_rows=1200, new=(), rows_of_new=(), rows_unknown=0, n_unknown=0, unknown=(), drift=0.0)


def test_the_report_is_a_mapping_that_reads_well():
    report = GrowthReport({"dest": DEST, "origin": SAME})
    assert (list(report), len(report), report["dest"]) == (["dest", "origin"], 2, DEST)
    assert repr(report).splitlines() == [
        "dest: 4 new categories in 46 of 1,200 rows: 'TVC', 'MYR', 'ANC', ...; 2 remain unknown: 'x', 'y'; drift 0.12",
        "origin: 0 new categories in 0 of 1,200 rows; drift 0.00",
    ]
    assert repr(GrowthReport({})) == "GrowthReport(no categorical columns)"
    assert repr(GrowthReport({"user": USER})) == (
        "user: hashed, nothing to add; at least 4 new categories in 6 of 1,200 rows; 1 remain unknown: 7"
    )


def test_the_frame_has_a_row_per_column():
    frame = GrowthReport({"dest": DEST, "origin": SAME}).to_frame()
    assert frame.index.tolist() == ["dest", "origin"]
    row = frame.loc["dest"]
    assert (row["new_categories"], row["rows_of_new"], row["unknown_categories"], row["rows_unknown"]) == (4, 46, 2, 5)
    assert row["share_of_new"] == pytest.approx(46 / 1200)
    assert row["new"] == ["TVC", "MYR", "ANC", 7]
    assert frame["hashed"].tolist() == [False, False]


def test_the_frame_counts_the_certainly_new_categories_of_hashed_columns():
    row = GrowthReport({"user": USER}).to_frame().loc["user"]
    assert (row["new_categories"], row["rows_of_new"], row["share_of_new"], row["hashed"]) == (4, 6, 0.005, True)
    assert np.isnan(row["drift"])
    assert row["new"] == []


@pytest.mark.parametrize("growth", [DEST, SAME, USER], ids=["grown", "same", "hashed"])
def test_the_growth_of_a_column_is_read_back(growth):
    again = ColumnGrowth.from_json(json.loads(json.dumps(growth.to_json(), allow_nan=False)))
    assert again == growth
    assert [type(key) for key in again.new] == [type(key) for key in growth.new]


def test_keys_keep_their_types():
    days = replace(SAME, new=(date(2024, 1, 31), True, 1.5), rows_of_new=(1, 1, 1))
    assert ColumnGrowth.from_json(json.loads(json.dumps(days.to_json()))).new == (date(2024, 1, 31), True, 1.5)


@pytest.mark.parametrize(
    "changes",
    [
        {"n_rows": -1},
        {"n_unknown": 1.5},
        {"rows_of_new": [1]},
        {"rows_of_new": [40, 3, 2, True]},
        {"drift": 1.5},
        {"drift": "0.5"},
        {"unit": "cells"},
        {"hashed": 1},
        {"new": [[], "MYR", "ANC", 7]},
        {"more": 1},
    ],
)
def test_damaged_growth_is_refused(changes):
    with pytest.raises(FormatError):
        ColumnGrowth.from_json(DEST.to_json() | changes)
    lacking = {name: each for name, each in DEST.to_json().items() if name != "drift"}
    with pytest.raises(FormatError, match="its growth report has a column without the entries"):
        ColumnGrowth.from_json(lacking)


class Fitted(BaseEstimator):
    """What the functions need of a fitted estimator."""

    def __init__(self):
        self.encoder_ = "fitted"

    def fit(self):
        """Satisfy ``check_is_fitted``."""


def test_a_report_is_given_to_a_loaded_estimator():
    model = Fitted()
    assert growth_to_json(model) is None
    with pytest.raises(AttributeError, match="since the fit, neither extend nor partial_fit has read a further table"):
        last_growth(model)
    model._growth = GrowthReport({"dest": DEST, "user": USER})
    again = Fitted()
    take_growth(again, {"growth": growth_to_json(model)})
    assert dict(last_growth(again)) == {"dest": DEST, "user": USER}
    with pytest.raises(FormatError, match=r"its growth report is \[1\]; expected an entry for each column"):
        take_growth(Fitted(), {"growth": [1]})


def test_a_report_that_was_not_saved_is_told_from_none():
    old, none = Fitted(), Fitted()
    take_growth(old, {})
    take_growth(none, {"growth": None})
    with pytest.raises(AttributeError, match="No growth report was saved with this estimator"):
        last_growth(old)
    with pytest.raises(AttributeError, match="There is no growth report"):
        last_growth(none)
