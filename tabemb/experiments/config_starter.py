"""The first YAML file of an experiment: what was found in a table, and what each setting means, as comments."""

import os
import re
from pathlib import Path
from typing import Any

from tabemb.exceptions import DataError
from tabemb.experiments.comparison.targets import Target, read_targets, target_of
from tabemb.experiments.config import ExperimentConfig, ModelSection, ValidationSection, config_of
from tabemb.experiments.config_checks import check_problem
from tabemb.experiments.config_names import BASELINE_NAMES, METRIC_NAMES, MODEL_PARTS
from tabemb.experiments.config_yaml import inline_yaml
from tabemb.experiments.data import Problem
from tabemb.table.schema import ColumnReading

__all__ = ["starter_name", "starter_yaml"]

WIDTH = 110
FOLDS = (5, 4, 3, 2)

TEMPLATE = """\
# An experiment on {source}. Run it: tabemb run {file}
# Each setting is described by: tabemb schema. An editor completes settings with the schema in a file beside this one
# (tabemb schema --output schema.json) and this line at the top:
#   yaml-language-server: $schema=schema.json
{name}
# The question in plain words, as the heading of the report.
# title: What predicts {target_comment}

# The table. Rows without a target are left out.
data:
  # Relative to the folder of this file.
  path: {path}
{options}  # The column to predict. To ask yes or no about a number: target: {{column: {target}, above: 15}}
  target: {target}
  # The columns to learn from, and how each was read. Remove those that are known only after the target, and those that
  # name a single row. Marked with ! is what to look at.
  columns:
{columns}
  # Numbers that name something, such as codes and months, belong in categorical; texts that count, in numeric.
  categorical: {categorical}
  numeric: {numeric}
  # Texts that mean a missing cell, besides empty cells: [NA, "?"]
  na: {na}
  # For a first try on a large table: a random sample of this many rows.
  # rows: 10000

# What the target is: {task_comment}
task: {task}

# The model. What is left out has its default, which rarely needs a change.
model:
  # Numbers per category: {size_rules}, auto, a number, or by column: {{{first}: 8}}
  embedding_dim: {defaults.embedding_dim}
  # Columns with at most this many categories are one-hot encoded and have no vectors, neighbors or map.
  one_hot_max_categories: {defaults.one_hot_max_categories:g}
  # The layers: {bodies}
  body: {defaults.body}
  # Stops earlier when held-out rows no longer improve.
  max_epochs: {defaults.max_epochs}

# Models to compare with, on the same folds. Without this line, all that apply.
# baselines: [{baselines}]

# How rows are held out for scores: auto, kfold, stratified, holdout; group and time with by: the column. Use group if
# rows of a customer or device repeat, and time if the model will predict what comes later.
validation:
  kind: auto
  folds: {folds}

# The first metric ranks the models.
# For classes: {class_metrics}
# For numbers: {number_metrics}
metrics: {metrics}

# The same seed gives the same result.
seed: 0

# The folder in which the run gets a folder: report.html, report.json, vectors/, model/, config.yaml.
output: runs
"""


def starter_name(table: Path) -> str:
    """Return a name for an experiment on a table, which may be that of a file and of a folder.

    Parameters
    ----------
    table : Path
        The file of the table.

    Examples
    --------
    >>> starter_name(Path("data/My flights (2013).csv.gz"))
    'My-flights-2013'
    """
    stem = table.name.partition(".")[0] if not table.name.startswith(".") else table.name
    return re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-._") or "experiment"


def starter_yaml(config: ExperimentConfig, problem: Problem, path: Path) -> str:
    """Return the YAML of an experiment with comments, which runs as it is.

    Parameters
    ----------
    config : ExperimentConfig
        The settings of the data, of which the other settings are defaults; the path of the table is relative to the
        current folder.
    problem : Problem
        The table.
    path : Path
        The file that will hold the text.

    Returns
    -------
    str

    Raises
    ------
    DataError
        If no experiment can run on the table, as the target has one class.
    """
    data = config.data
    values, _ = read_targets(problem.y)
    target = target_of(values)
    folds = _most_folds(config, problem)
    name = starter_name(path)
    options = "".join(
        f"  {key}: {inline_yaml(value)}\n" for key in ("sep", "encoding") if (value := getattr(data, key)) is not None
    )
    text = TEMPLATE.format(
        source=_comment(problem.source),
        file=_comment(path.name),
        name="" if name == path.stem else f"\n# The name of the folder of the run.\nname: {inline_yaml(name)}\n",
        path=inline_yaml(_relative(config.table_path(), path)),
        options=options,
        target=inline_yaml(data.target),
        target_comment=_comment(problem.target),
        columns="\n".join(_column(each) for each in problem.readings),
        categorical=inline_yaml(data.categorical),
        numeric=inline_yaml(data.numeric),
        na=inline_yaml(data.na),
        task="classification" if target.is_classifier else "regression",
        task_comment=_comment(_task(target)),
        size_rules=", ".join(MODEL_PARTS["embedding_dim"].names),
        first=_comment(inline_yaml(_example(problem))),
        defaults=ModelSection(),
        bodies=", ".join(MODEL_PARTS["body"].names),
        baselines=", ".join(BASELINE_NAMES),
        folds=folds,
        class_metrics=", ".join(METRIC_NAMES["classes"]),
        number_metrics=", ".join(METRIC_NAMES["numbers"]),
        metrics=inline_yaml(list(target.default_metrics)),
    )
    # What this module writes must be an experiment, whatever the names of columns are.
    config_of(path, text)
    return text


def _most_folds(config: ExperimentConfig, problem: Problem) -> int:
    """Return the number of folds, which is lower if a class has few rows."""
    for folds in FOLDS:
        try:
            check_problem(config.model_copy(update={"validation": ValidationSection(folds=folds)}), problem)
        except DataError:
            if folds == FOLDS[-1]:
                raise
        else:
            break
    return folds


def _example(problem: Problem) -> str:
    """Return the first column that gets vectors, if any does."""
    named = [each.name for each in problem.readings if each.kind == "categorical"]
    return (named or [each.name for each in problem.readings])[0]


def _task(target: Target) -> str:
    classes: Any = getattr(target, "classes", None)
    if classes is None:
        return "numbers. For whole numbers that name classes: classification."
    shown = ", ".join(map(str, classes[:5])) + (", ..." if len(classes) > 5 else "")
    return f"{len(classes):,} classes ({shown}). For numbers: regression."


def _column(reading: ColumnReading) -> str:
    """Return the lines of a column: its name, and how it was read; one that is not used becomes a comment."""
    said = [f"{reading.kind}, {reading.type}" if reading.kind != "dropped" else "not used"]
    if reading.n_categories is not None:
        said.append(f"{reading.n_categories:,} categories")
    if reading.n_missing:
        said.append(f"{reading.n_missing:,} missing")
    if reading.example:
        said.append(f"such as {reading.example}")
    used = "- " if reading.kind != "dropped" else "# - "
    lines = [f"    {used}{inline_yaml(reading.name)}  # {_comment('; '.join(said))}"]
    if reading.note:
        lines.insert(0, f"    # ! {_comment(reading.note)}")
    return "\n".join(lines)


def _comment(text: str) -> str:
    """Return a text that can stand in a comment: in one line, of characters that YAML allows."""
    line = "".join(each if each.isprintable() else " " for each in text)
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 3]}..."


def _relative(table: Path, path: Path) -> str:
    """Return the path of a table relative to the folder of a file."""
    try:
        return Path(os.path.relpath(table, path.parent)).as_posix()
    except ValueError:
        # Another drive.
        return str(table.absolute())
