"""Recommendations of a finished run, with readable names and reasons."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from tabemb.experiments.runs.folder import RunFolder

__all__ = ["recommend_to_users", "similar_items"]

N_REASONS = 3
# The column of the reasons, and what stands between them.
BECAUSE, SEPARATOR = "because of", "; "


def recommend_to_users(
    run: RunFolder,
    users: Sequence[Any] | pd.DataFrame | None = None,
    k: int = 10,
    *,
    include_seen: bool = False,
    explain: bool = False,
    interactions: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the best items of some users.

    Parameters
    ----------
    run : RunFolder
        A run with a recommender.
    users : sequence of keys or DataFrame, optional
        Users of the run, or a table of users from :mod:`tabemb.experiments.runs.new_users`. By default, all users of
        ``interactions``, or of the run.
    k : int, default=10
        Number of items.
    include_seen : bool, default=False
        Whether items that a user has interacted with are recommended too.
    explain : bool, default=False
        Whether to add up to three seen items that speak most for each; for users of the run.
    interactions : DataFrame, optional
        What users have interacted with, in place of what the run knows of them.

    Returns
    -------
    DataFrame
        The key of the user, that of the item, its name if the run has names, ``rank``, ``score``, and with ``explain``
        ``because of``: names of seen items, separated by semicolons. For a table of users or of interactions also
        ``source``: "history", "columns" or "popularity".

    Raises
    ------
    FormatError
        If the run has no recommender.
    ValueError
        If k is not a positive integer, or larger than the number of items.
    """
    recommender = run.recommender()
    user, item = recommender.user_vectors_.name, recommender.item_vectors_.name
    is_table = isinstance(users, pd.DataFrame) or interactions is not None
    users = users if users is None or isinstance(users, pd.DataFrame) else list(users)
    found = recommender.recommend(users, k, exclude_seen=not include_seen, interactions=interactions)
    found = found if is_table else found.drop(columns="source")
    names = run.names(item)
    if explain:
        reasons = [
            recommender.explain(*pair, N_REASONS)[item].tolist() for pair in zip(found[user], found[item], strict=True)
        ]
        found[BECAUSE] = [SEPARATOR.join(str(names.get(key, key)) for key in each) for each in reasons]
    return _with_names(run, found, item)


def similar_items(run: RunFolder, item: Any, k: int = 10) -> pd.DataFrame:
    """Return the items nearest to an item: their keys, their names if the run has names, and ``similarity``.

    Parameters
    ----------
    run : RunFolder
        A run with a recommender.
    item : key
        An item of the run.
    k : int, default=10
        Number of items.
    """
    recommender = run.recommender()
    return _with_names(run, recommender.similar_items(item, k), recommender.item_vectors_.name)


def _with_names(run: RunFolder, found: pd.DataFrame, item: str) -> pd.DataFrame:
    """Return a table with a column of the names of items after that of their keys, if there are names."""
    names, title = run.names(item), run.config.recommend.title
    if names and title != item:
        found.insert(found.columns.get_loc(item) + 1, title, [names.get(key, "") for key in found[item]])
    return found
