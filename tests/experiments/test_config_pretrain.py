"""The section on learning without a target."""

import re
from pathlib import Path

import pytest

from tabemb.exceptions import ConfigError
from tabemb.experiments.config import config_of, dump_config, make_config, read_config
from tabemb.experiments.config_pretrain import PretrainSection

DATA = {"path": "a.csv", "target": "y"}


def test_the_settings_in_the_file_are_those_of_the_pretrainer():
    section = PretrainSection(objective={"name": "masked", "hidden_units": [16]}, min_frequency=3, rows="all")
    assert section.params() == {"objective": {"name": "masked", "hidden_units": (16,)}, "min_frequency": 3}
    assert PretrainSection().params() == {}


def test_the_other_table_is_a_path_or_a_mapping():
    assert PretrainSection().table() is None
    assert PretrainSection(data="b.csv").table().path == "b.csv"
    table = PretrainSection(data={"dataset": "nycflights13", "rows": 50}).table()
    assert (table.dataset, table.rows) == ("nycflights13", 50)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "pretrain:\n  objctive: masked",
            "line 3: pretrain.objctive is not a known setting. Did you mean 'objective'?",
        ),
        ("pretrain:\n  rows: most", "line 3: pretrain.rows: input should be 'train' or 'all', got 'most'"),
        ("pretrain:\n  data: 3", "line 3: pretrain.data must be text, got 3"),
        (
            "pretrain:\n  data:\n    pth: b.csv",
            "line 4: pretrain.data.pth is not a known setting. Did you mean 'path'?",
        ),
        ("pretrain:\n  data: {}", "line 3: pretrain.data needs either dataset (a registered name) or path"),
        ("pretrain: masked", "line 2: pretrain must be a mapping, got 'masked'"),
        ("pretrain: {}\nmodel: {pretrained: {a: b}}", "line 1: the experiment takes pretrain or model.pretrained"),
        ("pretrain: {}\nstudy: entity_embeddings", "line 1: the experiment with a study takes no pretrain"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text, told):
    with pytest.raises(ConfigError, match=re.escape(f"x.yaml, {told}")):
        config_of(Path("x.yaml"), f"data: {{path: a.csv, target: y}}\n{text}\n")


@pytest.mark.parametrize("setting", ["task", "model", "baselines", "downstream", "validation", "metrics"])
def test_without_a_target_nothing_of_a_comparison_is_taken(setting):
    values = {"task": "regression", "model": {}, "baselines": [], "downstream": [], "validation": {}, "metrics": ["r2"]}
    given = {"data": {"path": "a.csv"}, "pretrain": {}}
    assert make_config(given).data.target is None
    with pytest.raises(ConfigError, match=f"without data.target takes no {setting}: nothing is predicted"):
        make_config(given | {setting: values[setting]})


def test_without_pretrain_a_target_is_needed_and_other_mistakes_are_told():
    with pytest.raises(ConfigError, match=r"data\.target is missing\. Column to predict"):
        make_config({"data": {"path": "a.csv", "target": None}})
    with pytest.raises(ConfigError, match=r"line 1: data\.target is missing\. .*\n.*line 2: validation\.folds"):
        config_of(Path("x.yaml"), "data: {path: a.csv}\nvalidation: {folds: 1}")


def test_paths_are_relative_to_the_file_and_whole_in_the_run(tmp_path, monkeypatch):
    monkeypatch.setenv("FLIGHTS", str(tmp_path / "far"))
    for written, found in (("b.csv", tmp_path / "b.csv"), ("${FLIGHTS}/b.csv", tmp_path / "far" / "b.csv")):
        for data in (f"'{written}'", f"{{path: '{written}', rows: 5}}"):
            path = tmp_path / "x.yaml"
            path.write_text(f"data: {{path: a.csv, target: y}}\npretrain: {{data: {data}}}\n", encoding="utf-8")
            config = read_config(path)
            assert config.pretrain_path(config.pretrain.table()) == found
            again = config_of(Path("elsewhere/x.yaml"), dump_config(config))
            assert again.pretrain_path(again.pretrain.table()) == found
            assert again.pretrain.table().rows == config.pretrain.table().rows
    path.write_text("data: {path: a.csv, target: y}\npretrain:\n  data: ${NOT_SET}/b.csv\n", encoding="utf-8")
    config = read_config(path)
    with pytest.raises(ConfigError, match=r"line 3: pretrain\.data names the environment variable NOT_SET"):
        config.pretrain_path(config.pretrain.table())
