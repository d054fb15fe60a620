"""Metrics of rankings: how many of the held-out items of a user are among those recommended, and how high.

All are computed over the whole catalog, without sampled items, which would order models differently (Krichene & Rendle
2020, "On sampled metrics for item recommendation").
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tabemb.exceptions import ColumnError, DataError, did_you_mean

__all__ = [
    "MOST_RELEVANT",
    "coverage_at_k",
    "grouped_ndcg",
    "hit_rate_at_k",
    "map_at_k",
    "mrr_at_k",
    "ndcg_at_k",
    "novelty_at_k",
    "precision_at_k",
    "ranking_metrics",
    "recall_at_k",
]

# Largest relevance: gains are 2 ** relevance - 1.
MOST_RELEVANT = 30

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


def ranking_metrics(
    recommended: pd.DataFrame,
    held_out: pd.DataFrame,
    k: int | Iterable[int] = 10,
    *,
    user: str = "user",
    item: str = "item",
    train: pd.DataFrame | None = None,
    per_user: bool = False,
    rank: str | None = None,
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

    Users without held-out items are left out; those without recommendations count 0. Libraries differ: for users with
    more than :math:`k` held-out items, some divide recall or MAP by :math:`k`, which makes them larger, and some do not
    truncate the ideal of nDCG at :math:`k`, which makes it smaller. Of all users together:

    - ``coverage``: share of the items of ``train`` that are recommended to anyone.
    - ``novelty``: mean of :math:`-\log_2` of the share of the users of ``train`` who have the item, in bits
      (Castells et al. 2015); an item that nobody has counts as one of a single user.

    Parameters
    ----------
    recommended : DataFrame
        A row per recommendation; without ``rank``, those of a user in the order of their ranks.
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
    rank : str, optional
        A column of ``recommended`` with numbers, the smallest for the best recommendation, distinct within a user. Only
        their order counts. By default, rows are in the order of their ranks.

    Returns
    -------
    DataFrame
        A row per ``k``, or per ``k`` and user, and a column per metric.

    Raises
    ------
    ColumnError
        If a table lacks a column.
    DataError
        If nothing is held out, a key or a rank is missing, a rank is not a number, or a user has an item or a rank
        twice. If the tables have no user in common, or no item in common and items of different types. (Without any
        recommendation, metrics are 0.)
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
    given = _Pairs.ranked(recommended, user, item, rank)
    ranking = _Ranking(given, _Pairs.of(held_out, user, item, "held_out"), max(numbers))
    frames = {number: pd.DataFrame(ranking.of_users(number), index=ranking.users) for number in numbers}
    if per_user:
        return pd.concat(frames, names=["k", user])
    found = pd.DataFrame({number: frame.mean() for number, frame in frames.items()}).T.rename_axis("k")
    if train is None:
        return found.assign(coverage=np.nan, novelty=np.nan)
    catalog = _Catalog(given, _Pairs.of(train, user, item, "train"))
    return found.assign(
        coverage=[catalog.coverage(number) for number in numbers],
        novelty=[catalog.novelty(number) for number in numbers],
    )


def recall_at_k(recommended: pd.DataFrame, held_out: pd.DataFrame, k: int = 10, **columns: str) -> float:
    """Return the share of the held-out items of a user among the first ``k``; see :func:`ranking_metrics`.

    Hits are divided by the number of held-out items, also if it is more than ``k``, where some libraries divide by
    ``k``.

    Examples
    --------
    >>> best = pd.DataFrame({"user": [1, 1], "item": ["a", "b"]})
    >>> recall_at_k(best, pd.DataFrame({"user": [1, 1], "item": ["b", "c"]}), k=2)
    0.5
    """
    return _mean("recall", recommended, held_out, k, columns)


def precision_at_k(recommended: pd.DataFrame, held_out: pd.DataFrame, k: int = 10, **columns: str) -> float:
    """Return the share of the first ``k`` that are held-out items of the user; see :func:`ranking_metrics`.

    Hits are divided by ``k``, also if the user has fewer recommendations, where some libraries divide by their number.

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

    The ideal is that of at most ``k`` hits, so that every user can reach 1. Libraries that do not truncate it return
    less for users with more held-out items.

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

    The precisions at the hits are divided by the number of held-out items, also if it is more than ``k``, where some
    libraries divide by ``k``.

    Examples
    --------
    >>> best = pd.DataFrame({"user": [1, 1], "item": ["a", "b"]})
    >>> map_at_k(best, pd.DataFrame({"user": [1, 1], "item": ["b", "c"]}))
    0.25
    """
    return _mean("map", recommended, held_out, k, columns)


def coverage_at_k(
    recommended: pd.DataFrame,
    train: pd.DataFrame,
    k: int = 10,
    *,
    user: str = "user",
    item: str = "item",
    rank: str | None = None,
) -> float:
    """Return the share of the items of ``train`` among the first ``k`` of any user; see :func:`ranking_metrics`.

    Examples
    --------
    >>> best = pd.DataFrame({"user": [1, 2], "item": ["a", "a"]})
    >>> coverage_at_k(best, pd.DataFrame({"user": [1, 2], "item": ["a", "b"]}))
    0.5
    """
    number = _number_of(k)
    catalog = _Catalog(_Pairs.ranked(recommended, user, item, rank), _Pairs.of(train, user, item, "train"))
    return catalog.coverage(number)


def novelty_at_k(
    recommended: pd.DataFrame,
    train: pd.DataFrame,
    k: int = 10,
    *,
    user: str = "user",
    item: str = "item",
    rank: str | None = None,
) -> float:
    """Return the mean self-information of the first ``k``, in bits; see :func:`ranking_metrics`.

    Examples
    --------
    >>> best = pd.DataFrame({"user": [1], "item": ["b"]})
    >>> novelty_at_k(best, pd.DataFrame({"user": [1, 2], "item": ["a", "b"]}))
    1.0
    """
    number = _number_of(k)
    catalog = _Catalog(_Pairs.ranked(recommended, user, item, rank), _Pairs.of(train, user, item, "train"))
    return catalog.novelty(number)


@dataclass(frozen=True, eq=False)
class _Pairs:
    """The distinct pairs of a user and an item of a table.

    Parameters
    ----------
    name : str
        Name of the table, for error messages.
    user, item : str
        Names of its columns.
    user_keys, item_keys : Index
        The distinct users and items.
    users, items : ndarray of int of shape (n,)
        Their positions in these, by pair.
    ranks : ndarray of int of shape (n,)
        The rank of each item for its user, from 0; all 0 if pairs have none.
    """

    name: str
    user: str
    item: str
    user_keys: pd.Index
    item_keys: pd.Index
    users: Ints
    items: Ints
    ranks: Ints

    @classmethod
    def of(cls, table: pd.DataFrame, user: str, item: str, name: str) -> "_Pairs":
        (user_keys, users), (item_keys, items) = _read(table, user, item, name)
        pairs = pd.unique(users * len(item_keys) + items)
        users, items = np.divmod(pairs, max(1, len(item_keys)))
        return cls(name, user, item, user_keys, item_keys, users, items, np.zeros(len(pairs), np.int64))

    @classmethod
    def ranked(cls, table: pd.DataFrame, user: str, item: str, rank: str | None) -> "_Pairs":
        """Return the recommendations with their ranks."""
        name = "recommended"
        (user_keys, users), (item_keys, items) = _read(table, user, item, name)
        if (twice := pd.Series(users * len(item_keys) + items).duplicated().to_numpy()).any():
            row = int(np.flatnonzero(twice)[0])
            raise DataError(
                f"{name} has the item {_plain(item_keys[items[row]])!r} twice for the user "
                f"{_plain(user_keys[users[row]])!r}; each item has one rank."
            )
        order = np.argsort(users, kind="stable") if rank is None else _by_rank(table, rank, users, user_keys)
        firsts = np.searchsorted(users[order], np.arange(len(user_keys)))
        ranks = np.empty(len(users), np.int64)
        ranks[order] = np.arange(len(users)) - firsts[users[order]]
        return cls(name, user, item, user_keys, item_keys, users, items, ranks)

    def users_in(self, other: "_Pairs") -> Ints:
        """Return the position of each pair's user among those of another table, or -1."""
        return _positions(self.user_keys, other.user_keys)[self.users]

    def items_in(self, other: "_Pairs") -> Ints:
        """Return the position of each pair's item among those of another table, or -1."""
        return _positions(self.item_keys, other.item_keys)[self.items]


class _Ranking:
    """Which of the recommendations of each user with held-out items are hits.

    Raises
    ------
    DataError
        If nothing is held out, or the tables have other keys.
    """

    def __init__(self, given: _Pairs, wanted: _Pairs, most: int) -> None:
        if not len(wanted.users):
            raise DataError("held_out has no rows, so there is nothing to find.")
        users, items = given.users_in(wanted), given.items_in(wanted)
        if len(users) and (users < 0).all():
            raise DataError(_nothing_in_common("user", given.user, given.user_keys, wanted.user_keys, wanted.name))
        _check_items(given, wanted, items)
        self.users = wanted.user_keys
        self.n_relevant = np.bincount(wanted.users)
        width = max(1, min(most, int(given.ranks.max(initial=0)) + 1))
        found = (users >= 0) & (items >= 0) & (given.ranks < width)
        n_items = len(wanted.item_keys)
        pairs = users[found] * n_items + items[found]
        hit = np.isin(pairs, wanted.users * n_items + wanted.items, assume_unique=True)
        self.hits: Bools = np.zeros((len(self.users), width), bool)
        self.hits[users[found][hit], given.ranks[found][hit]] = True

    def of_users(self, k: int) -> dict[str, Floats]:
        """Return the metrics of each user."""
        hits = self.hits[:, :k]
        ranks = np.arange(1, hits.shape[1] + 1)
        n_hits = hits.sum(axis=1)
        best = np.minimum(self.n_relevant, k)
        ideal = np.cumsum(1 / np.log2(np.arange(2, best.max() + 2)))[best - 1]
        first = np.where(n_hits > 0, hits.argmax(axis=1) + 1, np.inf)
        precisions = np.cumsum(hits, axis=1) / ranks
        return {
            "recall": n_hits / self.n_relevant,
            "precision": n_hits / k,
            "hit_rate": (n_hits > 0).astype(float),
            "ndcg": (hits / np.log2(ranks + 1)).sum(axis=1) / ideal,
            "mrr": 1 / first,
            "map": (hits * precisions).sum(axis=1) / self.n_relevant,
        }


def grouped_ndcg(
    relevance: npt.ArrayLike,
    scores: npt.ArrayLike,
    groups: npt.ArrayLike,
    k: int = 10,
    *,
    sample_weight: npt.ArrayLike | None = None,
) -> float:
    r"""Return the mean NDCG of the rows of each group, ranked by their scores.

    The gain of a row is :math:`2^r - 1` for the relevance :math:`r`, divided by :math:`\log_2(i + 1)` at rank :math:`i`
    (Burges et al. 2005, "Learning to rank using gradient descent"). Of rows with equal scores, the mean over all their
    orders counts. Groups without a relevant row have no NDCG and are left out.

    Parameters
    ----------
    relevance : array-like of shape (n,)
        From 0, not relevant, to 30.
    scores : array-like of shape (n,)
        Predictions; higher is better.
    groups : array-like of shape (n,)
        The group of each row, such as its query.
    k : int, default=10
        Number of ranks that count.
    sample_weight : array-like of shape (n,), optional
        Weight of each row. The weight of a group is the mean of its rows.

    Returns
    -------
    float
        1 is best; NaN if no group has a relevant row.

    Raises
    ------
    DataError
        If the lengths differ, or a relevance is out of range or missing.

    Examples
    --------
    >>> round(grouped_ndcg([1, 0, 1, 0], [0.3, 0.1, 0.2, 0.4], ["a", "a", "b", "b"]), 3)
    0.815
    """
    y, given, k = np.asarray(relevance, float), np.asarray(scores, float), _number_of(k)
    codes = pd.factorize(np.asarray(groups))[0]
    if not y.shape == given.shape == codes.shape or y.ndim != 1:
        raise DataError(
            "relevance, scores and groups must have one value per row; got the shapes "
            f"{y.shape}, {given.shape} and {codes.shape}."
        )
    if not ((y >= 0) & (y <= MOST_RELEVANT)).all() or np.isnan(given).any() or (codes < 0).any():
        raise DataError(
            f"Relevances must be numbers from 0 to {MOST_RELEVANT}, and no score or group may be missing. Drop those "
            "rows, or use grades such as 0, 1, 2, 3."
        )
    order, best = np.lexsort((-given, codes)), np.lexsort((-y, codes))
    bounds = np.concatenate([[0], np.cumsum(np.bincount(codes))])
    ranks = np.arange(len(y)) - np.repeat(bounds[:-1], np.diff(bounds)) + 1
    discounts, gains = np.where(ranks <= k, 1 / np.log2(ranks + 1), 0.0), np.exp2(y) - 1
    starts = np.append(True, (np.diff(given[order]) != 0) | (np.diff(codes[order]) != 0))
    ties = np.cumsum(starts) - 1
    of_ties = np.bincount(ties, discounts) / np.bincount(ties)
    found = np.bincount(codes[order], gains[order] * of_ties[ties])
    ideal = np.bincount(codes[best], gains[best] * discounts)
    weights, some = np.ones(len(ideal)), ideal > 0
    if sample_weight is not None:
        weights = np.bincount(codes, np.asarray(sample_weight, float)) / np.bincount(codes)
    if not weights[some].any():
        return np.nan
    return float(np.average(found[some] / ideal[some], weights=weights[some]))


class _Catalog:
    """The items that training interactions have, and which of them are recommended.

    Raises
    ------
    DataError
        If the tables have items of different types, none in common.
    """

    def __init__(self, given: _Pairs, known: _Pairs) -> None:
        self._given, self._n_users, self._n_items = given, len(known.user_keys), len(known.item_keys)
        self._items = given.items_in(known)
        _check_items(given, known, self._items)
        self._n_users_of = np.bincount(known.items, minlength=self._n_items)

    def coverage(self, k: int) -> float:
        """Return the share of the items that are recommended, NaN without training interactions."""
        if not self._n_items:
            return np.nan
        shown = self._items[self._given.ranks < k]
        return int(np.bincount(shown[shown >= 0], minlength=1).astype(bool).sum()) / self._n_items

    def novelty(self, k: int) -> float:
        """Return the mean information of the recommended items, NaN without any or without training interactions."""
        is_shown = self._given.ranks < k
        if not self._n_items or not is_shown.any():
            return np.nan
        # Each user has a recommendation at rank 0.
        return float((self._information[is_shown] / self._n_shown(is_shown)).sum() / len(self._given.user_keys))

    @cached_property
    def _information(self) -> Floats:
        counts = np.where(self._items < 0, 1, self._n_users_of[self._items])
        return -np.log2(counts / self._n_users)

    def _n_shown(self, is_shown: Bools) -> Ints:
        """Return how many recommendations the user of each shown one has."""
        users = self._given.users[is_shown]
        return np.bincount(users)[users]


def _mean(name: str, recommended: pd.DataFrame, held_out: pd.DataFrame, k: int, columns: dict[str, str]) -> float:
    number = _number_of(k)
    if unknown := sorted(set(columns) - {"user", "item", "rank"}):
        raise TypeError(f"got an unexpected keyword argument {unknown[0]!r}; user, item and rank name the columns")
    user, item = columns.get("user", "user"), columns.get("item", "item")
    given = _Pairs.ranked(recommended, user, item, columns.get("rank"))
    ranking = _Ranking(given, _Pairs.of(held_out, user, item, "held_out"), number)
    return float(ranking.of_users(number)[name].mean())


def _read(table: pd.DataFrame, user: str, item: str, name: str) -> list[tuple[pd.Index, Ints]]:
    """Return the distinct keys of both columns, and the position of each row's key among them."""
    if not isinstance(table, pd.DataFrame):
        raise DataError(f"{name} must be a pandas DataFrame with a column of users and one of items; got {table!r}.")
    read = []
    for column in (user, item):
        _check_column(table, column, name)
        codes, keys = pd.factorize(table[column])
        if isinstance(keys, pd.CategoricalIndex):
            keys = keys.astype(keys.categories.dtype)
        read.append((keys, codes.astype(np.int64)))
    return read


def _check_column(table: pd.DataFrame, column: str, name: str) -> None:
    if column not in table:
        known = [str(each) for each in table.columns]
        raise ColumnError(f"{name} has no column {column!r}. Its columns: {known}.{did_you_mean(column, known)}")
    if n_missing := int(table[column].isna().sum()):
        raise DataError(f"{n_missing:,} of the {len(table):,} rows of {name} have no {column!r}.")


def _by_rank(table: pd.DataFrame, rank: str, users: Ints, user_keys: pd.Index) -> npt.NDArray[np.intp]:
    """Return the order of rows by user and rank."""
    _check_column(table, rank, "recommended")
    column = table[rank]
    if not (pd.api.types.is_integer_dtype(column) or pd.api.types.is_float_dtype(column)):
        raise DataError(f"Ranks must be numbers; {rank!r} of recommended is {column.dtype}. Convert it: pd.to_numeric.")
    ranks = pd.factorize(column, sort=True)[0]
    order = np.lexsort((ranks, users))
    tied = (np.diff(users[order]) == 0) & (np.diff(ranks[order]) == 0)
    if tied.any():
        row = order[int(np.flatnonzero(tied)[0])]
        raise DataError(
            f"Ranks must be distinct within a user; recommended has the rank {_plain(column.iloc[row])!r} more than "
            f"once for the user {_plain(user_keys[users[row]])!r}."
        )
    return order


def _check_items(given: _Pairs, other: _Pairs, positions: Ints) -> None:
    """Raise an error if the tables have no item in common because their types differ."""
    one, two = given.item_keys, other.item_keys
    if len(one) and len(two) and (positions < 0).all() and _kind(one[0]) is not _kind(two[0]):
        raise DataError(_nothing_in_common("item", given.item, one, two, other.name))


def _nothing_in_common(what: str, column: str, given: pd.Index, others: pd.Index, name: str) -> str:
    one, two = (f"{_plain(each[0])!r} ({type(_plain(each[0])).__name__})" for each in (given, others))
    advice = (
        f"Their types differ: convert the column {column!r} of one of the tables, such as with astype(str)."
        if _kind(given[0]) is not _kind(others[0])
        else f"Do both tables have the same ids in {column!r}?"
    )
    return f"recommended and {name} have no {what} in common: {one} is one of recommended, {two} of {name}. {advice}"


def _kind(key: Any) -> type:
    key = _plain(key)
    return float if isinstance(key, int) and not isinstance(key, bool) else type(key)


def _plain(key: Any) -> Any:
    return key.item() if isinstance(key, np.generic) else key


def _positions(keys: pd.Index, others: pd.Index) -> Ints:
    return others.get_indexer(keys).astype(np.int64)


def _number_of(k: Any) -> int:
    """Return ``k`` of a metric that takes one number only."""
    if not _is_number(k):
        raise ValueError(f"k must be one positive integer; got {k!r}. For several k, use ranking_metrics.")
    return int(k)


def _numbers_of(k: Any) -> list[int]:
    numbers = [k] if isinstance(k, Integral) or not isinstance(k, Iterable) or isinstance(k, str) else list(k)
    for number in numbers:
        if not _is_number(number):
            raise ValueError(f"k must be a positive integer, or several; got {number!r}.")
    if not numbers:
        raise ValueError("k must be a positive integer, or several; got none.")
    return [int(number) for number in numbers]


def _is_number(k: Any) -> bool:
    return isinstance(k, Integral) and not isinstance(k, bool) and int(k) >= 1
