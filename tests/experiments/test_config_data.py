"""The section of an experiment on its table."""

from pathlib import Path

import pytest

from tabemb.exceptions import ConfigError
from tabemb.experiments.config import dump_config, read_config
from tabemb.experiments.config_data import DataSection, DerivedTarget


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Return a function that writes a YAML file into the current folder and returns its path."""
    monkeypatch.chdir(tmp_path)

    def write(text, name="x.yaml"):
        Path(name).write_text(text, encoding="utf-8")
        return Path(name)

    return write


def message(path):
    with pytest.raises(ConfigError) as caught:
        read_config(path)
    return str(caught.value)


def test_a_target_is_a_column_or_is_derived_from_one():
    assert DataSection(path="a.csv", target="y").target == "y"
    derived = DataSection(path="a.csv", target={"column": "delay", "above": 15}).target
    assert derived == DerivedTarget(column="delay", above=15)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"path": "a.csv", "columns": ["a"], "drop": ["b"]}, "takes either columns or drop, not both"),
        ({"path": "a.csv", "categorical": ["a"], "numeric": ["a"]}, "has 'a' both in categorical and in numeric"),
        ({"path": "a.csv", "target": {"column": "y"}}, "needs exactly one of above, below and equals, got none"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(settings, told):
    with pytest.raises(ValueError, match=told):
        DataSection(**settings)


def test_a_ranking_names_its_groups(write):
    config = read_config(write("task: ranking\ndata: {path: a.csv, target: y, group: query, drop: [query]}"))
    assert (config.task, config.data.group) == ("ranking", "query")
    assert read_config(write(dump_config(config), "again.yaml")).data.group == "query"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "task: ranking\ndata: {path: a.csv, target: y}",
            "x.yaml, line 1: the experiment with task: ranking needs data.group: the column whose groups are "
            "ranked, such "
            "as that of queries.",
        ),
        (
            "data: {path: a.csv, target: y, group: q}",
            "x.yaml, line 1: the experiment takes data.group only with task: ranking; the task is auto.",
        ),
        (
            "task: regression\ndata: {path: a.csv, target: y, group: q}",
            "x.yaml, line 1: the experiment takes data.group only with task: ranking; the task is regression.",
        ),
        (
            "task: ranking\ndata: {path: a.csv, target: q, group: q}",
            "x.yaml, line 2: data has 'q' both as target and as group.",
        ),
        (
            "task: ranking\ndata: {path: a.csv, target: y, group: q, columns: [a, q]}",
            "x.yaml, line 2: data has 'q' both as group and in columns: the group is no feature. To use it as "
            "one too, add "
            "a copy of the column to the table.",
        ),
        (
            "task: ranking\ndata: {path: a.csv, target: y, group: q, categorical: [q]}",
            "x.yaml, line 2: data has 'q' both as group and in categorical: the group is no feature. To use it "
            "as one too, "
            "add a copy of the column to the table.",
        ),
        (
            "task: ranking\ndata: {path: a.csv, target: {column: y, above: 1}, group: q}",
            "x.yaml, line 2: data takes no derived target with group: the target of a ranking is a column of "
            "relevances.",
        ),
        (
            "task: ranking\ndata: {path: a.csv, target: y, group: q}\nvalidation: {kind: kfold}",
            "x.yaml, line 1: the experiment with task: ranking takes no validation.kind: kfold, which cuts groups; use "
            "auto, group, time, holdout or group_holdout.",
        ),
        (
            "task: rank\ndata: {path: a.csv, target: y, group: q}",
            "x.yaml, line 1: task: input should be 'auto', 'classification', 'regression' or 'ranking', got 'rank'.",
        ),
        (
            "data: {path: a.csv, group: q}\nrecommend: {user: u, item: i}",
            "x.yaml, line 1: the experiment with recommend takes no data.group: recommend names its columns, "
            "method and "
            "split.",
        ),
    ],
)
def test_groups_that_do_not_fit_are_told_with_their_line(write, text, told):
    assert message(write(text)) == told
