"""An experiment's YAML: what is read, and what bad files are told."""

import inspect
import json
from pathlib import Path

import pytest

from tabemb.exceptions import ConfigError
from tabemb.experiments.config import (
    ExperimentConfig,
    ModelSection,
    dump_config,
    json_schema,
    make_config,
    read_config,
)

CONFIGS = Path(__file__).parents[2] / "configs"
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


def test_the_settings_of_a_file_are_read(write):
    config = read_config(write(GOOD, "late-flights.yaml"))
    assert config.name == "late-flights"
    assert config.data.target == "y"
    assert (config.validation.kind, config.validation.folds) == ("kfold", 3)
    assert config.model.params() == {"body": {"name": "mlp", "hidden_units": (16, 8)}, "embedding_dim": 4}


def test_a_derived_target(write):
    config = read_config(write("data: {path: a.csv, target: {column: delay, above: 15}}"))
    assert (config.data.target.column, config.data.target.above) == ("delay", 15.0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            GOOD.replace("path: rows.csv", "path: rows.csv\n  dataset: nycflights13"),
            "x.yaml, line 2: data needs either dataset (a registered name) or path (a file or a folder), not both.",
        ),
        (
            GOOD.replace("target: y", "target: {column: y}"),
            "x.yaml, line 4: data.target needs exactly one of above, below and equals, got none.",
        ),
        (
            GOOD.replace("kind: kfold", "kind: time"),
            "x.yaml, line 8: validation of kind 'time' needs by: the column with the time.",
        ),
        (
            GOOD.replace("kind: kfold", "by: day"),
            "x.yaml, line 8: validation takes by only for the kinds 'group', 'group_holdout' and 'time'; the "
            "kind is 'auto'.",
        ),
        (GOOD + "title: B\n", "x.yaml, line 9: title is a duplicate key; the first is in line 1."),
        ("", "x.yaml, line 1: an experiment is a mapping with at least the key 'data'; this file is empty."),
        (
            "- a\n",
            ("x.yaml, line 1: an experiment is a mapping with at least the key 'data'; this file contains a list."),
        ),
    ],
)
def test_contradicting_settings_name_the_file_the_line_and_the_key(write, text, told):
    assert message(write(text)) == told


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("data:\n  path: [a\n", "x.yaml, line 3: invalid YAML: "),
        ("data:\n\tpath: a\n", "x.yaml, line 2: invalid YAML: "),
        ("a: b: c\n", "x.yaml, line 1: invalid YAML: mapping values are not allowed here."),
        (
            "x: !!python/object:os.system {}\ndata: 1\n",
            "x.yaml, line 1: invalid YAML: could not determine a constr",
        ),
    ],
)
def test_invalid_yaml_names_the_line(write, text, start):
    assert message(write(text)).startswith(start)


def test_a_missing_file_gets_suggestions(write):
    write(GOOD, "flights.yaml")
    assert message("flihgts.yaml") == (
        "Cannot read flihgts.yaml: No such file or directory. Did you mean 'flights.yaml'?"
    )


def test_a_file_that_is_not_text(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("x.yaml").write_bytes(b"\xff\xfe\x00")
    assert message("x.yaml") == "Cannot read x.yaml: it is not UTF-8 text."
    assert message("a\0.yaml").startswith("Cannot read a\0.yaml: its name has a null character.")
    assert message("a" * 5000).startswith(f"Cannot read {'a' * 5000}: File name too long.")
    assert message(tmp_path) == f"Cannot read {tmp_path}: Is a directory."


def test_numbers_without_a_point_before_the_exponent_are_numbers(write):
    # PyYAML reads 1e-3 as text.
    config = read_config(write(GOOD.replace("embedding_dim: 4", "learning_rate: 1e-3")))
    assert config.model.params()["learning_rate"] == 0.001


def test_a_path_is_relative_to_the_file(write, tmp_path):
    (tmp_path / "sub").mkdir()
    assert read_config(write(GOOD, "sub/x.yaml")).table_path() == Path("sub/rows.csv")


def test_an_environment_variable_in_a_path(write, tmp_path, monkeypatch):
    config = read_config(write(GOOD.replace("rows.csv", "${TABLES}/rows.csv")))
    monkeypatch.setenv("TABLES", str(tmp_path))
    assert config.table_path() == tmp_path / "rows.csv"
    monkeypatch.delenv("TABLES")
    with pytest.raises(ConfigError) as caught:
        config.table_path()
    assert str(caught.value) == (
        "x.yaml, line 3: data.path names the environment variable TABLES, which is not set. Set it to the folder that "
        "contains rows.csv: export TABLES=FOLDER"
    )


def test_a_round_trip_changes_nothing(write, tmp_path):
    config = read_config(write(GOOD))
    again = read_config(write(dump_config(config, output="elsewhere"), "again.yaml"))
    assert again.name == "x"
    assert again.output == "elsewhere"
    assert again.table_path() == tmp_path / "rows.csv"
    assert again.model == config.model


def test_where_names_the_line_of_a_setting(write):
    config = read_config(write(GOOD + "baselines:\n  - majority\n  - one_hot_mlp\n"))
    assert config.where("baselines.1") == "x.yaml, line 11: baselines[1]"
    assert config.where("seed") == "x.yaml, line 1: seed"
    assert ExperimentConfig.model_validate({"data": {"path": "a.csv", "target": "y"}}).where("seed") == "seed"


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_configs_of_the_project_can_be_read(path):
    config = read_config(path)
    assert config.name == path.stem
    assert config.title


def test_the_schema_for_editors_is_up_to_date():
    stored = (CONFIGS / "schema.json").read_text(encoding="utf-8")
    assert stored == json_schema(), "run: python -m tabemb.experiments.config > configs/schema.json"
    assert json.loads(stored)["additionalProperties"] is False


def test_the_model_section_is_the_estimators_parameters():
    from tabemb.estimators.classifier import EmbeddingClassifier

    parameters = inspect.signature(EmbeddingClassifier).parameters
    # These stand elsewhere in the file, or cannot be written in YAML.
    elsewhere = {"categorical", "callbacks", "random_state", "verbose"}
    assert set(ModelSection.model_fields) == set(parameters) - elsewhere
    defaults = ModelSection()
    for name in ModelSection.model_fields:
        assert getattr(defaults, name) == parameters[name].default, name


def test_the_kinds_of_validation_are_the_registered_ones():
    from typing import get_args

    from tabemb.experiments.comparison.folds import FOLDS
    from tabemb.experiments.config import ValidationSection

    kinds = get_args(ValidationSection.model_fields["kind"].annotation)
    assert set(kinds) == {"auto", *FOLDS}


@pytest.mark.parametrize("other", ["task", "model", "baselines", "downstream", "validation", "metrics"])
def test_a_study_takes_no_part_of_a_comparison(other):
    values = {"task": "regression", "model": {}, "baselines": [], "downstream": [], "validation": {}, "metrics": ["r2"]}
    sections = {"data": {"path": "a.csv", "target": "y"}, "study": "entity_embeddings"}
    assert ExperimentConfig.model_validate(sections).study == "entity_embeddings"
    with pytest.raises(ValueError, match=f"with a study takes no {other}: a study defines its own models"):
        ExperimentConfig.model_validate(sections | {other: values[other]})


def test_places_are_a_latitude_and_a_longitude_for_a_category():
    sections = {"data": {"path": "a.csv", "target": "y"}}
    config = ExperimentConfig.model_validate(
        sections | {"report": {"places": {"dest": {"BOS": [42.4, -71], 7: [0, 0]}}}}
    )
    assert config.report.places == {"dest": {"BOS": (42.4, -71), 7: (0, 0)}}
    with pytest.raises(ValueError, match="places"):
        ExperimentConfig.model_validate(sections | {"report": {"places": {"dest": {"BOS": [42.4]}}}})


def test_paths_of_pretrained_vectors_are_relative_to_the_file(write, tmp_path, monkeypatch):
    monkeypatch.setenv("WORDS", "words")
    for path in ("sub/a.txt", "words/b.txt"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("nurse 1\n")
    text = GOOD.replace("model:\n", "model:\n  pretrained: {job: a.txt, state: '${WORDS}/b.txt'}\n  freeze: {job: 3}\n")
    config = read_config(write(text, "sub/x.yaml"))
    params = config.model_params()
    assert params["pretrained"] == {"job": str(tmp_path / "sub/a.txt"), "state": str(tmp_path / "words/b.txt")}
    assert params["freeze"] == {"job": 3}
    assert {name: value for name, value in params.items() if name != "pretrained"} == {
        name: value for name, value in config.model.params().items() if name != "pretrained"
    }
    again = read_config(write(dump_config(config), "again.yaml"))
    assert again.model_params()["pretrained"] == params["pretrained"]


def test_vectors_that_are_not_there_are_named_with_their_line(write, tmp_path):
    config = read_config(write(GOOD.replace("model:\n", "model:\n  pretrained:\n    job: a.txt\n")))
    with pytest.raises(ConfigError) as caught:
        config.model_params()
    assert str(caught.value) == "x.yaml, line 7: model.pretrained.job: there is no file a.txt."
    config = read_config(write(GOOD.replace("model:\n", "model:\n  pretrained:\n    job: ${NOWHERE_AT_ALL}/a.txt\n")))
    with pytest.raises(ConfigError, match=r"pretrained\.job names the environment variable NOWHERE_AT_ALL, which"):
        config.model_params()


@pytest.mark.parametrize("value", ["true", "found", "3", "{job: found, state: 2}"])
def test_freeze_keeps_its_type(value, write):
    freeze = read_config(write(GOOD.replace("model:\n", f"model:\n  freeze: {value}\n"))).model.freeze
    wanted = {"true": True, "found": "found", "3": 3, "{job: found, state: 2}": {"job": "found", "state": 2}}[value]
    assert freeze == wanted
    assert type(freeze) is type(wanted)


@pytest.mark.parametrize("value", ["0", "all", "{job: 1.5}"])
def test_invalid_freeze_is_an_error(value, write):
    assert "line 6: model.freeze" in message(write(GOOD.replace("model:\n", f"model:\n  freeze: {value}\n")))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("title: 2024-99-99\n", "line 1: invalid YAML: '2024-99-99' cannot be read as a value of type timestamp."),
        ("title: x\nseed: !!int abc\n", "line 2: invalid YAML: 'abc' cannot be read as a value of type int."),
        ("title: !!bool maybe\n", "line 1: invalid YAML: 'maybe' cannot be read as a value of type bool."),
        ("title: !!timestamp x\n", "line 1: invalid YAML: 'x' cannot be read as a value of type timestamp."),
        ("title: !!float x\n", "line 1: invalid YAML: 'x' cannot be read as a value of type float."),
        ("title: !!binary x\n", "line 1: invalid YAML: failed to decode base64 data"),
        (f"seed: {'9' * 5000}\n", "line 1: invalid YAML: '9999"),
        (f"seed: 0x{'f' * 5000}\n", "line 1: invalid YAML: '0xfff"),
        (f"seed: 1{':59' * 3000}\n", "line 1: invalid YAML: '1:59"),
        ("? [a, b]\n: 1\n", "line 1: a key must be text, got a list."),
        ("data:\n  ? {a: b}\n  : 1\n", "line 2: a key must be text, got a mapping."),
        ("\u0000", "invalid YAML: unacceptable character #x0000"),
        ("title: " + "[" * 2000 + "]" * 2000, "line 1: invalid YAML: lists and mappings are nested more than 40 deep."),
        ("title: " + "[" * 100_000, "line 1: invalid YAML: lists and mappings are nested more than 40 deep."),
        ("title: " + "{a: " * 2000, "line 1: invalid YAML: lists and mappings are nested more than 40 deep."),
        ("data: &a {path: *a, target: y}\n", "an experiment has at most 262,144 values"),
        ("data: &a [*a]\n", "an experiment has at most 262,144 values"),
        (GOOD + "report: {places: {a: {b: [1]}}}\n", "line 9: report.places.a.b[1] is missing."),
        (GOOD + "report: {places: {a: {b: {c: 1}}}}\n", "line 9: report.places.a.b: "),
        (GOOD + "seed: 0xffffffffffffffffffffffffff\n", "line 9: seed: input should be less than 4294967296"),
        (GOOD.replace("target: y", "target: {column: y, above: .nan}"), "line 4: data.target.above: input should be a"),
        (
            GOOD.replace("target: y", "target: {column: y, below: -.inf}"),
            "line 4: data.target.below: input should be a",
        ),
        (GOOD.replace("embedding_dim: 4", f"bdy: {'x' * 10_000}"), "line 6: model.bdy is not a known setting."),
        (
            GOOD.replace("embedding_dim: 4", f"max_epochs: {'x' * 10_000}"),
            "model.max_epochs must be an integer, got 'xxx",
        ),
    ],
    ids=range(24),
)
def test_values_that_cannot_be_read_are_named_with_their_line(write, text, told):
    said = message(write(text))
    assert said.startswith("x.yaml")
    assert told in said
    assert len(said) < 1000


def test_aliases_count_as_what_they_stand_for(write):
    lines = ["a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert "counting each alias (*) as what it stands for; this file has more" in message(write("\n".join(lines)))
    merged = ["a0: &a0 {b: 1}", *(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 9))]
    assert "counting each alias (*) as what it stands for; this file has more" in message(write("\n".join(merged)))
    chain = ["a0: &a0 [1]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 500))]
    assert "nested at most 40 deep, counting each alias" in message(write("\n".join(chain)))


def test_aliases_and_merge_keys_are_read(write):
    config = read_config(
        write(GOOD + "report:\n  places:\n    a: &a {b: [1, 2]}\n    c: *a\n    d: {<<: *a, e: [3, 4]}\n")
    )
    assert config.report.places["d"] == {"b": (1, 2), "e": (3, 4)}
    assert config.report.places["c"] == config.report.places["a"]


def test_a_file_larger_than_any_experiment_is_refused(write):
    assert message(write("#" * (2**22 + 1))) == "x.yaml: an experiment has at most 4,194,304 bytes, this file has more."


def test_a_byte_order_mark_is_skipped(write):
    assert read_config(write("\ufeff" + GOOD)).data.target == "y"


def test_where_takes_any_key(write):
    assert read_config(write(GOOD)).where("model.pretrained.\u00b2") == "x.yaml, line 5: model.pretrained.\u00b2"


def test_a_text_with_a_separator_and_an_encoding(write, monkeypatch):
    data = "{path: rows.csv, target: y, sep: tab, encoding: latin-1}"
    config = read_config(write(f"data: {data}\n"))
    assert (config.data.sep, config.data.encoding) == ("\t", "iso8859-1")
    (Path("again.yaml")).write_text(dump_config(config), encoding="utf-8")
    assert read_config(Path("again.yaml")).data.sep == "\t"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (
            "{path: rows.csv, target: y,\n sep: ;;}",
            "x.yaml, line 2: data.sep: A separator is one character, such as ';' or '|', or the word tab; got ';;'.",
        ),
        (
            "{path: rows.csv, target: y,\n encoding: latim-1}",
            "x.yaml, line 2: data.encoding: There is no encoding 'latim-1'. Did you mean 'latin-1'? Common ones: "
            "utf-8, cp1252, latin-1, utf-16.",
        ),
        ("{path: rows.csv, target: y,\n sep: 1}", "x.yaml, line 2: data.sep must be text, got 1. Put it in quotes."),
        ("{dataset: nycflights13, target: y, sep: tab}", "x.yaml, line 1: data takes sep only with path."),
        ("{dataset: nycflights13, target: y, encoding: utf-8}", "x.yaml, line 1: data takes encoding only with path."),
    ],
)
def test_what_is_no_separator_or_encoding_names_the_line(write, data, told):
    assert message(write(f"data: {data}\n")) == told


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"data": {"path": "a", "target": "y"}, "validation": {"folds": 1}}, "validation.folds: input should be "),
        ({"data": {"path": "a", "target": "y", "sep": ";;"}}, "data.sep: A separator is one character"),
        ({"data": {"path": "a", "target": "y", "spe": 1}}, "data.spe is not a known setting. Did you mean 'sep'?"),
        ({"data": {"path": "a"}}, "data.target is missing."),
    ],
)
def test_settings_from_elsewhere_name_the_key_only(values, told):
    with pytest.raises(ConfigError) as caught:
        make_config(values)
    assert str(caught.value).startswith(told)


def test_a_section_pretrain_without_settings_is_one_with_defaults(tmp_path):
    path = tmp_path / "e.yaml"
    path.write_text("data: {path: rows.csv}\npretrain:\n", encoding="utf-8")
    assert read_config(path).pretrain == make_config({"data": {"path": "rows.csv"}, "pretrain": {}}).pretrain
    path.write_text("data: {path: rows.csv, target: y}\n", encoding="utf-8")
    assert read_config(path).pretrain is None
