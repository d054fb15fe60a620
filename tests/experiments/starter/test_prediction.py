"""The first YAML of a prediction: it is read as it is, whatever the table holds."""

import numpy as np
import pandas as pd
import pytest

from tabemb.exceptions import DataError
from tabemb.experiments.config import ModelSection
from tabemb.experiments.config_checks import check_config, check_problem
from tabemb.experiments.data import load_problem


@pytest.fixture
def predicted(started):
    """Return a function that writes a table and the YAML of a prediction of y."""
    return lambda table, target="y", file="rows.csv", path="rows.yaml", **data: started(
        table, file=file, path=path, data={"target": target, **data}
    )


def table_of(n=60, **columns):
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "dest": rng.choice(["BOS", "SFO"], n),
            "month": rng.integers(1, 13, n),
            "same": "x",
            "y": ["a", "b"] * (n // 2),
        }
        | columns
    )


def test_the_file_says_how_each_column_was_read_and_what_to_look_at(predicted):
    text, config = predicted(table_of(country=["NA", "DE"] * 30))
    assert "    - dest  # categorical, text; 2 categories; such as " in text
    assert (
        "    # ! only 12 different integers: categorical, if they are codes\n    - month  # numeric, integer; " in text
    )
    assert "    # ! constant\n    # - same  # not used; such as x" in text
    assert "! 'NA' in 30 of 60 rows read as a category; set na" in text
    assert config.data.columns == ["dest", "month", "country"]
    assert (config.data.target, config.task, config.metrics[0], config.validation.folds) == (
        "y",
        "classification",
        "roc_auc",
        5,
    )
    assert config.name == "rows"
    problem = load_problem(config)
    check_config(config)
    check_problem(config, problem)
    assert list(problem.X) == config.data.columns


def test_settings_are_kept_and_others_have_their_defaults(predicted):
    text, config = predicted(
        table_of(code="1.5"), categorical=["month"], numeric=["code"], na=["BOS", "?"], sep=",", encoding="utf-8"
    )
    assert (config.data.categorical, config.data.numeric, config.data.na) == (["month"], ["code"], ["BOS", "?"])
    assert (config.data.sep, config.data.encoding) == (",", "utf-8")
    for name in config.model.model_fields_set:
        assert getattr(config.model, name) == ModelSection.model_fields[name].default
    assert max(map(len, text.splitlines())) <= 130


HOSTILE = [
    "yes",
    "1",
    "a: b",
    "#x",
    "- y",
    "é",
    "\U0001f600",
    "'",
    '"',
    "{a}",
    "line\nbreak",
    "\x1b[2J",
    "\u2028",
    " s ",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_is_kept(predicted, name):
    table = table_of(**{name: ["u", "v", "w"] * 20})
    text, config = predicted(table)
    assert name in config.data.columns
    assert "\x1b" not in text
    _, config = predicted(table.rename(columns={"y": "z", name: "u"}).rename(columns={"z": name}), target=name)
    assert config.data.target == name


@pytest.mark.parametrize("cell", ["a\nb", "# x", "\x00", "{0}", "\x85", "x" * 500])
def test_any_cell_may_be_an_example(predicted, cell):
    _, config = predicted(table_of(dest=[cell, "other"] * 30))
    assert config.data.columns[0] == "dest"


def test_numbers_and_few_rows(predicted):
    text, config = predicted(table_of(y=np.linspace(0, 1, 60)))
    assert (config.task, config.metrics) == ("regression", ["rmse", "mae", "r2"])
    assert "What the target is: numbers." in text
    _, config = predicted(table_of(y=["a"] * 57 + ["b"] * 3))
    assert config.validation.folds == 3
    with pytest.raises(DataError):
        predicted(table_of(y=["a"] * 59 + ["b"]))
    with pytest.raises(DataError, match="only one class"):
        predicted(table_of(y="a"))


@pytest.mark.parametrize(
    ("file", "path", "found"),
    [
        ("data/rows.csv", "rows.yaml", "data/rows.csv"),
        ("rows.csv", "a/b/x.yaml", "../../rows.csv"),
        ("~rows.csv", "x.yaml", "~rows.csv"),
        ("a: b.csv", "x.yaml", "a: b.csv"),
    ],
)
def test_the_path_is_relative_to_the_file(predicted, tmp_path, file, path, found):
    _, config = predicted(table_of(), file=file, path=path)
    assert config.data.path == found
    assert config.table_path().resolve() == (tmp_path / file).resolve()


def test_a_file_whose_name_cannot_be_that_of_a_run(predicted):
    text, config = predicted(table_of(), path="my rows.yaml")
    assert config.name == "my-rows"
    assert text.startswith("# An experiment on rows.csv. Run it: tabemb run 'my rows.yaml'\n")
