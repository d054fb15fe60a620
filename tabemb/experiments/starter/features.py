"""What the first YAML files of experiments with a target have in common: their columns, the model and the folds."""

from tabemb.exceptions import DataError
from tabemb.experiments.config import ExperimentConfig, ModelSection, ValidationSection
from tabemb.experiments.config_checks import check_problem
from tabemb.experiments.config_names import MODEL_PARTS
from tabemb.experiments.config_yaml import inline_yaml
from tabemb.experiments.data import Problem
from tabemb.experiments.starter.sections import column_lines, comment

__all__ = ["feature_lines", "model_lines", "most_folds"]

FOLDS = (5, 4, 3, 2)

FEATURES = """\
  # The columns to learn from, and how each was read. Remove those that are known only after the target, and those that
  # name a single row. Marked with ! is what to look at.
  columns:
{columns}
  # Numbers that name something, such as codes and months, belong in categorical; texts that count, in numeric.
  categorical: {categorical}
  numeric: {numeric}
  # Texts that mean a missing cell, besides empty cells: [NA, "?"]
  na: {na}
"""

MODEL = """\
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
"""


def feature_lines(config: ExperimentConfig, problem: Problem) -> str:
    """Return the settings of the columns to learn from.

    Parameters
    ----------
    config : ExperimentConfig
        The experiment.
    problem : Problem
        Its table.
    """
    return FEATURES.format(
        columns="\n".join(column_lines(each) for each in problem.readings),
        categorical=inline_yaml(config.data.categorical),
        numeric=inline_yaml(config.data.numeric),
        na=inline_yaml(config.data.na),
    )


def model_lines(problem: Problem) -> str:
    """Return the section of the model.

    Parameters
    ----------
    problem : Problem
        The table.
    """
    named = [each.name for each in problem.readings if each.kind == "categorical"]
    # One that gets vectors, if any does.
    example = (named or [each.name for each in problem.readings])[0]
    return MODEL.format(
        size_rules=", ".join(MODEL_PARTS["embedding_dim"].names),
        first=comment(inline_yaml(example)),
        defaults=ModelSection(),
        bodies=", ".join(MODEL_PARTS["body"].names),
    )


def most_folds(config: ExperimentConfig, problem: Problem) -> int:
    """Return the number of folds, which is lower if a class has few rows.

    Parameters
    ----------
    config : ExperimentConfig
        The experiment, with folds of the default kind.
    problem : Problem
        Its table.

    Raises
    ------
    DataError
        If not even two folds are possible.
    """
    for folds in FOLDS:
        try:
            check_problem(config.model_copy(update={"validation": ValidationSection(folds=folds)}), problem)
        except DataError:
            if folds == FOLDS[-1]:
                raise
        else:
            break
    return folds
