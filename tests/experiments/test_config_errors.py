"""What a file with wrong settings is told: the line, the key, and what would be right."""

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from tabemb.exceptions import ConfigError
from tabemb.experiments.config import read_config
from tabemb.experiments.config_errors import dotted, explain, line_of, shown

GOOD = """\
title: A test
data:
  path: rows.csv
  target: y
model:
  embedding_dim: 4
  body: {name: mlp, hidden_units: [16, 8]}
validation: {kind: kfold, folds: 3}
"""


@pytest.fixture
def told(tmp_path, monkeypatch):
    """Return a function from the text of ``x.yaml`` to what its reader is told."""
    monkeypatch.chdir(tmp_path)

    def told(text):
        Path("x.yaml").write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError) as caught:
            read_config("x.yaml")
        return str(caught.value)

    return told


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            GOOD.replace("body:", "bdy:"),
            "x.yaml, line 7: model.bdy is not a known setting. Did you mean 'body'?",
        ),
        (
            GOOD.replace("title: A test", "titel: A test"),
            "x.yaml, line 1: titel is not a known setting. Did you mean 'title'?",
        ),
        (
            GOOD.replace("embedding_dim: 4", "shared: {airport: [origin]}"),
            "x.yaml, line 6: model.shared cannot be used: shared['airport'] must name at least two columns, which then "
            "share their vectors. Got ['origin'].",
        ),
        (
            GOOD.replace("embedding_dim: 4", "shared: [origin, dest]"),
            "x.yaml, line 6: model.shared must be a mapping, got a list.",
        ),
        (
            GOOD + "folds: 4\n",
            "x.yaml, line 9: folds is not a known setting. It belongs under 'validation'.",
        ),
        (
            GOOD.replace("embedding_dim: 4", "random_state: 4"),
            "x.yaml, line 6: model.random_state is not a known setting. The random seed of an experiment is the "
            "top-level setting 'seed'.",
        ),
        (
            GOOD.replace("folds: 3", "zzz: 3"),
            "x.yaml, line 8: validation.zzz is not a known setting. Settings of validation: kind, folds, by, share.",
        ),
        (
            GOOD.replace("folds: 3", "folds: three"),
            "x.yaml, line 8: validation.folds must be an integer, got 'three'.",
        ),
        (
            GOOD.replace("folds: 3", "folds: 1"),
            "x.yaml, line 8: validation.folds: input should be greater than or equal to 2, got 1.",
        ),
        (
            GOOD.replace("embedding_dim: 4", "learning_rate: fast"),
            "x.yaml, line 6: model.learning_rate must be a number, got 'fast'.",
        ),
        (
            GOOD.replace("embedding_dim: 4", "embedding_dim: [4]"),
            "x.yaml, line 6: model.embedding_dim must be an integer or text or a mapping, got a list.",
        ),
        (
            GOOD.replace("embedding_dim: 4", "start: [random]"),
            "x.yaml, line 6: model.start must be text or a mapping, got a list.",
        ),
        (
            GOOD.replace("embedding_dim: 4", "strat: random"),
            "x.yaml, line 6: model.strat is not a known setting. Did you mean 'start'?",
        ),
        (
            GOOD.replace("embedding_dim: 4", "seed: 4"),
            "x.yaml, line 6: model.seed is not a known setting. It is a top-level setting: do not indent it.",
        ),
        (
            GOOD.replace("embedding_dim: 4", "fodls: 4"),
            "x.yaml, line 6: model.fodls is not a known setting. Did you mean 'folds'? It belongs under 'validation'.",
        ),
        (
            GOOD.replace("embedding_dim: 4", "kind: mlp"),
            "x.yaml, line 6: model.kind is not a known setting. It belongs under 'validation'.",
        ),
        (
            GOOD.replace("embedding_dim: 4", "numeric:"),
            "x.yaml, line 6: model.numeric must be text or a mapping, got nothing. Give it a value, or remove the "
            "line.",
        ),
        (
            GOOD + "downstream:\nseed:\n",
            "x.yaml, line 9: downstream must be a list, got nothing. Give it a value, or remove the line.\n"
            "x.yaml, line 10: seed must be an integer, got nothing. Give it a value, or remove the line.",
        ),
        (
            GOOD[GOOD.index("model:") :] + "data:\n",
            "x.yaml, line 5: data.target is missing. Column to predict, or a yes/no target derived from a column. Not "
            "needed with pretrain; none with recommend.\n"
            "x.yaml, line 5: data needs either dataset (a registered name) or path (a file or a folder), not both.",
        ),
        (
            GOOD + "baselines: one_hot_mlp\n",
            "x.yaml, line 9: baselines must be a list, got 'one_hot_mlp'.",
        ),
        (
            GOOD.replace("target: y", "target: 2013-01-01"),
            "x.yaml, line 4: data.target must be text, got datetime.date(2013, 1, 1). Put it in quotes.",
        ),
        (
            GOOD.replace("kind: kfold", "kind: kfolds"),
            "x.yaml, line 8: validation.kind: input should be 'auto', 'kfold', 'stratified', 'group', 'time', "
            "'holdout' or 'group_holdout', got 'kfolds'.",
        ),
        (
            GOOD.replace("  target: y\n", ""),
            "x.yaml, line 2: data.target is missing. Column to predict, or a yes/no target derived from a column. "
            "Not needed with pretrain; none with recommend.",
        ),
        ("title: nothing else\n", "x.yaml, line 1: data is missing. Every experiment needs it."),
        (
            GOOD.replace("target: y", "target: {column: y, abov: 3}"),
            "x.yaml, line 4: data.target.abov is not a known setting. Did you mean 'above'?",
        ),
        (
            GOOD + "name: a/b\n",
            "x.yaml, line 9: name may contain letters, digits, '.', '_' and '-', got 'a/b'.",
        ),
        (
            GOOD.replace("embedding_dim: 4", "embeding_dim: 4") + "sed: 1\nmetric: a\n",
            "x.yaml, line 6: model.embeding_dim is not a known setting. Did you mean 'embedding_dim'?\n"
            "x.yaml, line 9: sed is not a known setting. Did you mean 'seed'?\n"
            "x.yaml, line 10: metric is not a known setting. Did you mean 'metrics'?",
        ),
    ],
)
def test_each_invalid_setting_is_reported(told, text, sentence):
    assert told(text) == sentence


def test_at_most_ten_problems_are_told(told):
    lines = told(GOOD + "".join(f"wrong{place}: 1\n" for place in range(13))).splitlines()
    assert [line.partition(": ")[0] for line in lines[:10]] == [f"x.yaml, line {place}" for place in range(9, 19)]
    assert lines[10:] == ["(3 more in this file.)"]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")
    size: int = 1
    on: bool = True


class Whole(BaseModel):
    model_config = ConfigDict(extra="forbid")
    part: Part = Part()
    parts: list[int] = []
    text: str = ""
    settings: dict[str, int] = {}


def explained(values, lines):
    with pytest.raises(ValidationError) as caught:
        Whole.model_validate(values)
    return explain(Path("x.yaml"), lines, caught.value.errors(), Whole)


@pytest.mark.parametrize(
    ("values", "lines", "sentence"),
    [
        (
            {"part": {"on": "maybe"}},
            {("part",): 2, ("part", "on"): 3},
            "line 3: part.on must be true or false, got 'maybe'.",
        ),
        (
            {"part": {"size": 1.5}},
            {("part",): 2, ("part", "size"): 3},
            "line 3: part.size must be an integer, got 1.5.",
        ),
        (
            {"part": {"size": None}},
            {("part",): 2, ("part", "size"): 3},
            "line 3: part.size must be an integer, got nothing. Give it a value, or remove the line.",
        ),
        (
            {"parts": [1, {}]},
            {("parts",): 2, ("parts", 1): 4},
            "line 4: parts[1] must be an integer, got a mapping.",
        ),
        ({"part": 3}, {("part",): 2}, "line 2: part must be a mapping, got 3."),
        ({"settings": []}, {("settings",): 2}, "line 2: settings must be a mapping, got a list."),
        ({"text": True}, {("text",): 5}, "line 5: text must be text, got True. Put it in quotes."),
        ({"text": ["a"]}, {("text",): 5}, "line 5: text must be text, got a list."),
        (
            {"part": {"zzz": 1}},
            {("part",): 2, ("part", "zzz"): 3},
            "line 3: part.zzz is not a known setting. Settings of part: size, on.",
        ),
        (
            {"zzz": 1},
            {("zzz",): 1},
            "line 1: zzz is not a known setting. Settings of an experiment: part, parts, text, settings.",
        ),
        ({"on": False}, {("on",): 7}, "line 7: on is not a known setting. It belongs under 'part'."),
    ],
)
def test_an_error_becomes_a_sentence(values, lines, sentence):
    assert explained(values, lines) == f"x.yaml, {sentence}"


def test_the_first_problem_of_the_file_is_reported():
    lines = {("text",): 9, ("part",): 2, ("part", "size"): 3}
    assert explained({"text": 1, "part": {"size": "x"}}, lines).startswith("x.yaml, line 3: part.size must")


def test_a_missing_setting_has_the_line_of_its_section():
    lines = {(): 1, ("model",): 5, ("model", "body"): 7}
    assert line_of(lines, ("model", "body")) == 7
    assert line_of(lines, ("model", "body", "name", 0)) == 7
    assert line_of(lines, ("data",)) == 1
    assert line_of({}, ("data",)) == 1


def test_a_place_is_written_with_points_and_brackets():
    assert dotted(()) == ""
    assert dotted(("model",)) == "model"
    assert dotted(("a", 0, 1, "b")) == "a[0][1].b"


def test_an_unknown_setting_that_came_by_a_merge_key_is_named(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("report: &b {mapps: []}\n<<: *b\ndata: {path: t.csv, target: y}\n")
    with pytest.raises(ConfigError, match="mapps is not a known setting"):
        read_config(path)


def test_names_of_settings_are_text(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("1: 2\ndata: {path: t.csv, target: y}\n")
    with pytest.raises(ConfigError, match="must be text, got 1"):
        read_config(path)


def test_values_are_shown_on_one_short_line():
    assert [shown(value) for value in (None, [1], (1,), {"a": 1}, "x\n", 5)] == [
        "nothing",
        "a list",
        "a list",
        "a mapping",
        "'x\\n'",
        "5",
    ]
    assert shown("x" * 1000) == "'" + "x" * 76 + "..."
    assert shown(10**5000) == "a whole number of many digits"
