"""Tables of recommendations on the command line, built with rich."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Group
from rich.table import Table
from rich.text import Text

from tabemb.cli.printable import printable
from tabemb.experiments import numbers
from tabemb.experiments.recommendation import RankingResult
from tabemb.experiments.runs.recommendations import BECAUSE, SEPARATOR
from tabemb.vectors.plots.labels import shorten

__all__ = ["items_table", "ranking_table", "user_tables"]

# The column of what a user is known by, and its values in words.
SOURCE = "source"
FROM = {"history": "by interactions", "columns": "by columns", "popularity": "unknown: the most popular items"}
# Names, and each of the items that a recommendation is because of.
NAME_WIDTH, REASON_WIDTH = 48, 28


def ranking_table(ranking: RankingResult) -> Group:
    """Return the headline, the metrics and the verdict of a recommender.

    Parameters
    ----------
    ranking : RankingResult
        The result of the evaluation.
    """
    metrics = _table(["items", "model", *ranking.metrics.columns], n_left=2)
    for (k, model), row in ranking.metrics.iterrows():
        style = "bold" if model == ranking.method else ""
        metrics.add_row(str(k), _text(model), *map(numbers.score, row), style=style)
    split = ranking.split
    parts: list[Any] = [_text(ranking.headline()[1], "bold"), Text(""), metrics]
    if ranking.ratings is not None:
        ratings = _table(["ratings", *ranking.ratings.columns], n_left=1)
        for model, row in ranking.ratings.iterrows():
            ratings.add_row(_text(model), *map(numbers.score, row), style="bold" if model == ranking.method else "")
        parts += [Text(""), ratings]
    note = (
        f"{split['train']:,} interactions to learn from; held out: {split['how']}, {split['test']:,} of "
        f"{split['users']:,} users ({split['left_out']:,} of new users or items are left out)."
    )
    rest = ranking.verdict().removeprefix(ranking.headline()[1]).strip()
    return Group(*parts, Text(""), *([_text(rest)] if rest else []), _text(note, "dim"))


def user_tables(found: pd.DataFrame, user: str, users: Sequence[Any]) -> Group:
    """Return a table of recommendations for each user.

    Parameters
    ----------
    found : DataFrame
        From :func:`~tabemb.experiments.runs.recommendations.recommend_to_users`.
    user : str
        The column of users.
    users : sequence of keys
        The users, in their order.
    """
    parts: list[Any] = []
    for key in users:
        rows = found[found[user] == key].drop(columns=user)
        heading = f"{user} {key}"
        if SOURCE in rows:
            heading += "".join(f" ({FROM[each]})" for each in rows[SOURCE][:1])
            rows = rows.drop(columns=SOURCE)
        parts += [Text("")] if parts else []
        parts.append(_text(heading, "bold"))
        parts.append(
            items_table(rows.set_index("rank").reset_index())
            if len(rows)
            else _text("There is no item that this user has not seen. To show seen ones: --include-seen", "dim")
        )
    return Group(*parts)


def items_table(found: pd.DataFrame) -> Table:
    """Return a table of items with their numbers, such as ranks, scores and similarities.

    Parameters
    ----------
    found : DataFrame
        A row per item.
    """
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for name in found.columns:
        table.add_column(_text(shorten(name, NAME_WIDTH)), justify="right" if _is_float(found[name]) else "left")
    if BECAUSE in found:
        found = found.assign(**{BECAUSE: [_shortened(each) for each in found[BECAUSE]]})
    for row in found.itertuples(index=False):
        table.add_row(*(_cell(each, name) for each, name in zip(row, found.columns, strict=True)))
    return table


def _is_float(column: pd.Series) -> bool:
    return pd.api.types.is_float_dtype(column)


def _cell(value: Any, column: str) -> Text:
    if isinstance(value, float | np.floating):
        return Text(f"{value:.3f}")
    return _text(value if column == BECAUSE else shorten(value, NAME_WIDTH))


def _shortened(reasons: str) -> str:
    return SEPARATOR.join(shorten(each, REASON_WIDTH) for each in reasons.split(SEPARATOR))


def _text(content: Any, style: str = "") -> Text:
    return Text(printable(str(content)), style=style)


def _table(names: Sequence[str], *, n_left: int) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for place, name in enumerate(names):
        table.add_column(_text(name), justify="left" if place < n_left else "right", no_wrap=True)
    return table
