"""The first YAML file of an experiment that ranks the rows of groups."""

from pathlib import Path

import pandas as pd

from tabemb.experiments.comparison.targets import RankingTarget
from tabemb.experiments.config_names import BASELINE_NAMES, METRIC_NAMES, NETWORK_REGRESSOR
from tabemb.experiments.config_yaml import inline_yaml
from tabemb.experiments.starter.features import feature_lines, model_lines, most_folds
from tabemb.experiments.starter.sections import LAST_LINES, comment, file_options, first_lines
from tabemb.experiments.starter.starter import Starter
from tabemb.metrics import MOST_RELEVANT

__all__ = ["RankingStarter"]

TEMPLATE = """\
{first_lines}
# The table. Rows without a target are left out.
data:
{file_options}
  # The relevance of a row: a number from 0, not relevant, to {most_relevant}, such as the grades 0, 1, 2, 3.
  target: {target}
  # The column whose groups are ranked, such as queries. Rows of different groups are never compared. It is no feature.
  group: {group}  # {sizes}
{features}  # For a first try on a large table: a random sample of whole groups with about this many rows.
  # rows: 10000

# The rows of each group are ranked by the target.
task: ranking

{model}  # What is compared: listnet, all rows of a group at once; lambdarank, pairs of them, weighted by NDCG.
  loss: listnet

# Models to compare with, on the same folds; {network_regressor} is the same network, as a regression on the target.
# Without this line, all that apply.
# baselines: [{baselines}]

# How groups are held out for scores: auto, in folds; holdout, once. Groups are never cut. With by: the column, group
# holds out all groups of a user or customer together, and time those that come last.
validation:
  kind: auto
  folds: {folds}

# NDCG of the first rows of each group. The first metric ranks the models.
# {rank_metrics}
metrics: {metrics}

{last_lines}"""


class RankingStarter(Starter):
    """Writes the first YAML file of an experiment that ranks the rows of groups by a target, their relevance."""

    def lines(self, path: Path) -> str:
        """Return the YAML."""
        config, problem = self.config, self.problem
        group = str(config.data.group)
        folds = most_folds(config, problem)
        return TEMPLATE.format(
            first_lines=first_lines("A ranking", problem, path, f"Which rows of each {group} come first?"),
            file_options=file_options(config, path),
            most_relevant=MOST_RELEVANT,
            target=inline_yaml(config.data.target),
            group=inline_yaml(group),
            sizes=comment(_sizes(problem.group)),
            features=feature_lines(config, problem),
            model=model_lines(problem),
            network_regressor=NETWORK_REGRESSOR,
            baselines=", ".join((NETWORK_REGRESSOR, *BASELINE_NAMES)),
            folds=folds,
            rank_metrics=", ".join(METRIC_NAMES["rankings"]),
            metrics=inline_yaml(list(RankingTarget.default_metrics)),
            last_lines=LAST_LINES,
        )


def _sizes(groups: pd.Series) -> str:
    """Return the number of groups and of their rows in words."""
    sizes = groups.value_counts()
    least, most = int(sizes.min()), int(sizes.max())
    rows = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    return f"{len(sizes):,} groups of {rows} rows; such as {groups.iloc[0]}"
