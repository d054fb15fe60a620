"""What the first YAML files of all kinds of experiments have in common: how they begin and end, and their columns."""

import os
import re
import shlex
from pathlib import Path

from tabemb.experiments.config import ExperimentConfig
from tabemb.experiments.config_data import DataSection
from tabemb.experiments.config_yaml import inline_yaml
from tabemb.experiments.data import Problem
from tabemb.table.schema import ColumnReading

__all__ = ["LAST_LINES", "column_lines", "comment", "file_options", "first_lines", "how_read", "starter_name"]

WIDTH = 110

FIRST_LINES = """\
# {kind} on {source}. Run it: tabemb run {file}
# Each setting is described by: tabemb schema. An editor completes settings with the schema in a file beside this one
# (tabemb schema --output schema.json) and this line at the top:
#   yaml-language-server: $schema=schema.json
{name}
# The question in plain words, as the heading of the report.
# title: {question}
"""

LAST_LINES = """\
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


def first_lines(kind: str, problem: Problem, path: Path, question: str) -> str:
    """Return the lines that say what the file is, with its name and a heading for the report.

    Parameters
    ----------
    kind : str
        The kind of experiment, such as ``"An experiment"``.
    problem : Problem
        The table.
    path : Path
        The file.
    question : str
        A heading.
    """
    name = starter_name(path)
    return FIRST_LINES.format(
        kind=kind,
        source=comment(problem.source),
        file=comment(shlex.quote(path.name)),
        name="" if name == path.stem else f"\n# The name of the folder of the run.\nname: {inline_yaml(name)}\n",
        question=comment(question),
    )


def file_options(config: ExperimentConfig, path: Path) -> str:
    """Return the settings of where the table is and how its text is read.

    Parameters
    ----------
    config : ExperimentConfig
        The experiment.
    path : Path
        The file that will hold the settings.
    """
    given: DataSection = config.data
    options = {"path": _relative(config.table_path(), path), "sep": given.sep, "encoding": given.encoding}
    lines = [f"  {key}: {inline_yaml(value)}" for key, value in options.items() if value is not None]
    return "\n".join(["  # Relative to the folder of this file.", *lines])


def column_lines(reading: ColumnReading) -> str:
    """Return the lines of a column in a list: its name, and how it was read; one that is not used becomes a comment.

    Parameters
    ----------
    reading : ColumnReading
        How it was read.
    """
    used = "- " if reading.kind != "dropped" else "# - "
    lines = [f"    {used}{inline_yaml(reading.name)}  # {how_read(reading)}"]
    if reading.note:
        lines.insert(0, f"    # ! {comment(reading.note)}")
    return "\n".join(lines)


def how_read(reading: ColumnReading) -> str:
    """Return how a column was read, as a comment.

    Examples
    --------
    >>> how_read(ColumnReading("dest", "categorical", "text", n_categories=105, example="BOS"))
    'categorical, text; 105 categories; such as BOS'
    """
    said = [f"{reading.kind}, {reading.type}" if reading.kind != "dropped" else "not used"]
    if reading.n_categories is not None:
        said.append(f"{reading.n_categories:,} categories")
    if reading.n_missing:
        said.append(f"{reading.n_missing:,} missing")
    if reading.example:
        said.append(f"such as {reading.example}")
    return comment("; ".join(said))


def comment(text: str) -> str:
    r"""Return a text that can stand in a comment: in one line, of characters that YAML allows.

    Examples
    --------
    >>> comment("a\nb")
    'a b'
    """
    line = "".join(each if each.isprintable() else " " for each in text)
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 3]}..."


def _relative(table: Path, path: Path) -> str:
    """Return the path of a table relative to the folder of a file."""
    try:
        return Path(os.path.relpath(table, path.parent)).as_posix()
    except ValueError:
        # Another drive.
        return str(table.absolute())
