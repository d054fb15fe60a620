"""The first YAML file of an experiment that predicts classes or numbers."""

from pathlib import Path
from typing import Any

from tabemb.experiments.comparison.targets import Target, read_targets, target_of
from tabemb.experiments.config_names import BASELINE_NAMES, METRIC_NAMES
from tabemb.experiments.config_yaml import inline_yaml
from tabemb.experiments.starter.features import feature_lines, model_lines, most_folds
from tabemb.experiments.starter.sections import LAST_LINES, comment, file_options, first_lines
from tabemb.experiments.starter.starter import Starter

__all__ = ["PredictionStarter"]

TEMPLATE = """\
{first_lines}
# The table. Rows without a target are left out.
data:
{file_options}
  # The column to predict. To ask yes or no about a number: target: {{column: {target}, above: 15}}
  target: {target}
{features}  # For a first try on a large table: a random sample of this many rows.
  # rows: 10000

# What the target is: {task_comment}
task: {task}

{model}
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

{last_lines}"""


class PredictionStarter(Starter):
    """Writes the first YAML file of an experiment that predicts a target of classes or numbers."""

    def lines(self, path: Path) -> str:
        """Return the YAML."""
        config, problem = self.config, self.problem
        values, _ = read_targets(problem.y)
        target = target_of(values)
        folds = most_folds(config, problem)
        return TEMPLATE.format(
            first_lines=first_lines("An experiment", problem, path, f"What predicts {problem.target}"),
            file_options=file_options(config, path),
            target=inline_yaml(config.data.target),
            features=feature_lines(config, problem),
            task="classification" if target.is_classifier else "regression",
            task_comment=comment(_task(target)),
            model=model_lines(problem),
            baselines=", ".join(BASELINE_NAMES),
            folds=folds,
            class_metrics=", ".join(METRIC_NAMES["classes"]),
            number_metrics=", ".join(METRIC_NAMES["numbers"]),
            metrics=inline_yaml(list(target.default_metrics)),
            last_lines=LAST_LINES,
        )


def _task(target: Target) -> str:
    classes: Any = getattr(target, "classes", None)
    if classes is None:
        return "numbers. For whole numbers that name classes: classification."
    shown = ", ".join(map(str, classes[:5])) + (", ..." if len(classes) > 5 else "")
    return f"{len(classes):,} classes ({shown}). For numbers: regression."
