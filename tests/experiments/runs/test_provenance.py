"""The hash of a table, and the versions."""

import datetime as dt
import uuid

import numpy as np
import pandas as pd
import polars as pl
import pytest

from tabemb.experiments.runs.provenance import data_hash, versions

TABLE = pd.DataFrame(
    {"text": ["a", None, "bc"], "whole": [1, 2, 3], "number": [0.5, np.nan, 2.0], "yes": [True, False, True]}
)


def test_the_hash_is_the_same_everywhere():
    # Written down: a run must be recognized on another machine and by a later version.
    assert data_hash(TABLE) == "d260b19d7ee410135c2ea75549d7c22d911aadbd7ee0e1d218916387486f367b"


@pytest.mark.parametrize(
    "same",
    [
        TABLE.astype({"text": "category"}),
        TABLE.astype({"text": object, "whole": "Int32"}),
        TABLE.astype({"text": "string[pyarrow]", "whole": "int64[pyarrow]", "number": "double[pyarrow]"}),
        TABLE.set_index(pd.Index([7, 8, 9])),
        pd.concat([TABLE, TABLE]).iloc[3:],
        pl.from_pandas(TABLE).to_pandas(),
    ],
    ids=["category", "object", "arrow", "index", "slice", "polars"],
)
def test_the_same_cells_have_the_same_hash(same):
    assert data_hash(same) == data_hash(TABLE)


@pytest.mark.parametrize(
    "other",
    [
        TABLE[::-1],
        TABLE[["whole", "text", "number", "yes"]],
        TABLE.rename(columns={"text": "Text"}),
        TABLE.assign(text=["a", "", "bc"]),
        TABLE.assign(text=["ab", None, "c"]),
        TABLE.assign(whole=[1, 2, 4]),
        TABLE.assign(whole=["1", "2", "3"]),
        TABLE.assign(whole=[1.0, 2.0, 3.0]),
        TABLE.assign(number=[0.5, 0.0, 2.0]),
        TABLE.iloc[:2],
    ],
    ids=["order", "columns", "name", "blank", "border", "value", "type", "float", "missing", "rows"],
)
def test_other_cells_have_another_hash(other):
    assert data_hash(other) != data_hash(TABLE)


@pytest.mark.parametrize(
    "cells",
    [
        [1, "x", None],
        [2**70, 1, 2],
        [dt.date(2013, 1, 1)],
        [b"a", b"b"],
        [dt.time(3)],
        [],
        [2**64 - 1],
        [pd.Interval(0, 1), None],
        [uuid.UUID(int=1), uuid.UUID(int=2**127)],
        ["\ud800", "a"],
    ],
)
def test_any_cells_have_a_hash(cells):
    table = pd.DataFrame({"a": pd.Series(cells, dtype=object)})
    assert data_hash(table) == data_hash(table.copy())
    assert len(data_hash(table)) == 64


def test_typed_intervals_have_a_hash():
    table = pd.DataFrame({"a": pd.interval_range(0, 2)})
    assert data_hash(table) != data_hash(table[::-1])


def test_versions_of_everything_that_matters():
    assert {"python", "tabemb", "tensorflow", "keras", "scikit-learn", "pandas"} <= set(versions())
    assert versions()["pandas"] == pd.__version__
