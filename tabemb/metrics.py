"""Metrics of rankings: how many of the held-out items of a user are among those recommended, and how high.

All are computed over the whole catalog, without sampled items, which would order models differently (Krichene & Rendle
2020, "On sampled metrics for item recommendation").
"""

from collections.abc import Iterable
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tabemb.exceptions import ColumnError, DataError, did_you_mean

__all__ = [
    "coverage_at_k",
    "hit_rate_at_k",
    "map_at_k",
    "mrr_at_k",
    "ndcg_at_k",
    "novelty_at_k",
    "precision_at_k",
    "ranking_metrics",
    "recall_at_k",
]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def ranking_metrics(
    recommended: pd.DataFrame,
    held_out: pd.DataFrame,
    k: int | Iterable[int] = 10,
    *,
    user: str = "user",
    item: str = "item",
    train: pd.DataFrame | None = None,
    per_user: bool = False,
) -> pd.DataFrame:
    r"""Return all metrics of recommendations.

    For user :math:`u` with :math:`n_u` held-out items, of which :math:`h_{ui} \in \{0, 1\}` says whether one is at rank
    :math:`i`:

    - ``recall``: :math:`\sum_{i \le k} h_{ui} / n_u`.
    - ``precision``: :math:`\sum_{i \le k} h_{ui} / k`.
    - ``hit_rate``: whether any :math:`h_{ui}` is 1.
    - ``ndcg``: :math:`\sum_{i \le k} h_{ui} / \log_2(i + 1)`, divided by what :math:`\min(k, n_u)` hits at the first
      ranks would have (Järvelin & Kekäläinen 2002).
    - ``mrr``: :math:`1 / i` of the first hit, 0 without one.
    - ``map``: :math:`\sum_{i \le k} h_{ui} \, \mathrm{precision}_i / n_u`.

    Users without held-out items are left out; those without recommendations count 0. Of all users together:

    - ``coverage``: share of the items of ``train`` that are recommended to anyone.
    - ``novelty``: mean of :math:`-\log_2` of the share of the users of ``train`` who have the item, in bits
      (Castells et al. 2015); an item that nobody has counts as one of a single user.

    Parameters
    ----------
    recommended : DataFrame
        A row per recommendation; those of a user in the order of their ranks.
    held_out : DataFrame
        A row per held-out interaction; repeated ones count once.
    k : int or iterable of int, default=10
        Numbers of recommendations that count.
    user, item : str
        The columns of the keys.
    train : DataFrame, optional
        The interactions that the model knows. Coverage and novelty are NaN without.
    per_user : bool, default=False
        Whether to return the metrics of each user, without ``coverage`` and ``novelty``.

    Returns
    -------
    DataFrame
        A row per ``k``, or per ``k`` and user, and a column per metric.

    Raises
    ------
    ColumnError
        If a table lacks a column.
    DataError
        If nothing is held out, a key is missing, or an item is recommended to a user twice.
    ValueError
        If ``k`` is not a positive integer.

    Examples
    --------
    >>> best = pd.DataFrame({"user": ["ann", "ann", "bob"], "item": ["Heat", "Alien", "Heat"]})
    >>> seen = pd.DataFrame({"user": ["ann", "bob"], "item": ["Alien", "Fargo"]})
    >>> ranking_metrics(best, seen, k=2)[["recall", "ndcg", "mrr"]].round(3)
       recall   ndcg   mrr
    k
    2     0.5  0.315  0.25
    """
    numbers = _numbers_of(k)
    ranking = _Ranking(recommended, held_out, max(numbers), user, item)
    frames = {number: pd.DataFrame(ranking.of_users(number), index=ranking.users) for number in numbers}
    if per_user:
        return pd.concat(frames, names=["k", user])
    found = pd.DataFrame({number: frame.mean() for number, frame in frames.items()}).T.rename_axis("k")
    beyond = [_beyond(recommended, train, number, user, item) for number in numbers]
    return found.assign(coverage=[each[0] for each in beyond], novelty=[each[1] for each in beyond])


def recall_at_k(recommended: pd.DataFrame, held_out: pd.DataFrame, k: int = 10, **columns: str) -> float:
    """Return the share of the held-out items of a user among the first ``k``; see :func:`ranking_metrics`.

    Examples
    --------
    >>> best = pd.DataFrame({"user": [1, 1], "item": ["a", "b"]})
    >>> recall_at_k(best, pd.DataFrame({"user": [1, 1], "item": ["b", "c"]}), k=2)
    0.5
    """
    return _mean("recall", recommended, held_out, k, columns)


def precision_at_k(recommended: pd.DataFrame, held_out: pd.DataFrame, k: int = 10, **columns: str) -> float:
    """Return the share of the first ``k`` that are held-out items of the user; see :func:`ranking_metrics`.

    Examples
    --------
    >>> best = pd.DataFrame({"user": [1, 1], "item": ["a", "b"]})
    >>> precision_at_k(best, pd.DataFrame({"user": [1], "item": ["b"]}), k=4)
    0.25
    """
    return _mean("precision", recommended, held_out, k, columns)


def hit_rate_at_k(recommended: pd.DataFrame, held_out: pd.DataFrame, k: int = 10, **columns: str) -> float:
    """Return the share of users with a held-out item among the first ``k``; see :func:`ranking_metrics`.

    Examples
    --------
    >>> best = pd.DataFrame({"user": [1, 2], "item": ["a", "b"]})
    >>> hit_rate_at_k(best, pd.DataFrame({"user": [1, 2], "item": ["a", "c"]}))
    0.5
    """
    return _mean("hit_rate", recommended, held_out, k, columns)


def ndcg_at_k(recommended: pd.DataFrame, held_out: pd.DataFrame, k: int = 10, **columns: str) -> float:
    """Return the normalized discounted cumulative gain of the first ``k``; see :func:`ranking_metrics`.

    Examples
    --------
    >>> best = pd.DataFrame({"user": [1, 1], "item": ["a", "b"]})
    >>> round(ndcg_at_k(best, pd.DataFrame({"user": [1], "item": ["b"]})), 3)
    0.631
    """
    return _mean("ndcg", recommended, held_out, k, columns)


def mrr_at_k(recommended: pd.DataFrame, held_out: pd.DataFrame, k: int = 10, **columns: str) -> float:
    """Return the mean reciprocal rank of the first hit among the first ``k``; see :func:`ranking_metrics`.

    Examples
    --------
    >>> best = pd.DataFrame({"user": [1, 1], "item": ["a", "b"]})
    >>> mrr_at_k(best, pd.DataFrame({"user": [1], "item": ["b"]}))
    0.5
    """
    return _mean("mrr", recommended, held_out, k, columns)


def map_at_k(recommended: pd.DataFrame, held_out: pd.DataFrame, k: int = 10, **columns: str) -> float:
    """Return the mean average precision of the first ``k``; see :func:`ranking_metrics`.

    Examples
    --------
    >>> best = pd.DataFrame({"user": [1, 1], "item": ["a", "b"]})
    >>> map_at_k(best, pd.DataFrame({"user": [1, 1], "item": ["b", "c"]}))
    0.25
    """
    return _mean("map", recommended, held_out, k, columns)


def coverage_at_k(
    recommended: pd.DataFrame, train: pd.DataFrame, k: int = 10, *, user: str = "user", item: str = "item"
) -> float:
    """Return the share of the items of ``train`` among the first ``k`` of any user; see :func:`ranking_metrics`.

    Examples
    --------
    >>> best = pd.DataFrame({"user": [1, 2], "item": ["a", "a"]})
    >>> coverage_at_k(best, pd.DataFrame({"user": [1, 2], "item": ["a", "b"]}))
    0.5
    """
    return _beyond(recommended, train, _numbers_of(k)[0], user, item)[0]


def novelty_at_k(
    recommended: pd.DataFrame, train: pd.DataFrame, k: int = 10, *, user: str = "user", item: str = "item"
) -> float:
    """Return the mean self-information of the first ``k``, in bits; see :func:`ranking_metrics`.

    Examples
    --------
    >>> best = pd.DataFrame({"user": [1], "item": ["b"]})
    >>> novelty_at_k(best, pd.DataFrame({"user": [1, 2], "item": ["a", "b"]}))
    1.0
    """
    return _beyond(recommended, train, _numbers_of(k)[0], user, item)[1]


class _Ranking:
    """Which of the recommendations of each user with held-out items are hits."""

    def __init__(self, recommended: pd.DataFrame, held_out: pd.DataFrame, most: int, user: str, item: str) -> None:
        wanted = _pairs(held_out, user, item, "held_out").drop_duplicates()
        if not len(wanted):
            raise DataError("held_out has no rows, so there is nothing to find.")
        given = _ranked(recommended, user, item)
        relevant = wanted.groupby(user, sort=False, observed=True).size()
        self.users, self.n_relevant = relevant.index, relevant.to_numpy()
        found = given[given["rank"] < most].merge(wanted, on=[user, item])
        self.hits: Bools = np.zeros((len(self.users), most), bool)
        self.hits[self.users.get_indexer(found[user]), found["rank"].to_numpy()] = True

    def of_users(self, k: int) -> dict[str, Floats]:
        """Return the metrics of each user."""
        hits, ranks = self.hits[:, :k], np.arange(1, k + 1)
        n_hits = hits.sum(axis=1)
        discounts = 1 / np.log2(ranks + 1)
        ideal = np.cumsum(discounts)[np.minimum(self.n_relevant, k) - 1]
        first = np.where(n_hits > 0, hits.argmax(axis=1) + 1, np.inf)
        precisions = np.cumsum(hits, axis=1) / ranks
        return {
            "recall": n_hits / self.n_relevant,
            "precision": n_hits / k,
            "hit_rate": (n_hits > 0).astype(float),
            "ndcg": (hits * discounts).sum(axis=1) / ideal,
            "mrr": 1 / first,
            "map": (hits * precisions).sum(axis=1) / self.n_relevant,
        }


def _mean(name: str, recommended: pd.DataFrame, held_out: pd.DataFrame, k: int, columns: dict[str, str]) -> float:
    (number,) = _numbers_of(k)
    names = {"user": "user", "item": "item", **columns}
    if unknown := sorted(set(names) - {"user", "item"}):
        raise TypeError(f"got an unexpected keyword argument {unknown[0]!r}; user and item name the columns")
    ranking = _Ranking(recommended, held_out, number, names["user"], names["item"])
    return float(ranking.of_users(number)[name].mean())


def _beyond(recommended: pd.DataFrame, train: pd.DataFrame | None, k: int, user: str, item: str) -> tuple[float, float]:
    """Return the coverage and the novelty, NaN without training interactions or recommendations."""
    if train is None:
        return np.nan, np.nan
    known, given = _pairs(train, user, item, "train").drop_duplicates(), _ranked(recommended, user, item)
    shown = given[given["rank"] < k]
    if not len(known) or not len(shown):
        return (np.nan if not len(known) else 0.0), np.nan
    of_items = known.groupby(item, observed=True).size()
    counts = shown[item].map(of_items).fillna(1).to_numpy(float)
    novelty = -np.log2(counts / known[user].nunique())
    of_users = novelty if not len(shown) else pd.Series(novelty).groupby(shown[user].to_numpy()).mean()
    return float(shown[item].drop_duplicates().isin(of_items.index).sum() / len(of_items)), float(np.mean(of_users))


def _ranked(recommended: pd.DataFrame, user: str, item: str) -> pd.DataFrame:
    """Return the recommendations with their rank, from 0."""
    given = _pairs(recommended, user, item, "recommended")
    if (twice := given.duplicated()).any():
        row = given[twice].iloc[0]
        raise DataError(
            f"recommended has the item {row[item]!r} twice for the user {row[user]!r}; each item has one rank."
        )
    return given.assign(rank=given.groupby(user, sort=False, observed=True).cumcount())


def _pairs(table: pd.DataFrame, user: str, item: str, name: str) -> pd.DataFrame:
    if not isinstance(table, pd.DataFrame):
        raise DataError(f"{name} must be a pandas DataFrame with a column of users and one of items; got {table!r}.")
    for column in (user, item):
        if column not in table:
            known = [str(each) for each in table.columns]
            raise ColumnError(f"{name} has no column {column!r}. Its columns: {known}.{did_you_mean(column, known)}")
        if n_missing := int(table[column].isna().sum()):
            raise DataError(f"{n_missing:,} of the {len(table):,} rows of {name} have no {column!r}.")
    return table[[user, item]].reset_index(drop=True)


def _numbers_of(k: Any) -> list[int]:
    numbers = [k] if isinstance(k, Integral) or not isinstance(k, Iterable) or isinstance(k, str) else list(k)
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, Integral) or number < 1:
            raise ValueError(f"k must be a positive integer, or several; got {number!r}.")
    if not numbers:
        raise ValueError("k must be a positive integer, or several; got none.")
    return [int(number) for number in numbers]
