"""Exact nearest neighbors (L1) for rows whose columns have few distinct vectors.

The L1 distances from 84,000 rows of vectors to 200,000 others take 7e11 differences, and search trees do not help in 40
dimensions. But an L1 distance is a sum over columns, and a categorical column has few distinct vectors. Each column
becomes a small table of distances between categories, and a distance is a sum of look-ups. Two steps make the search
fast, and keep it exact. On two busy cores it was about 7 times as fast as ``KNeighborsRegressor`` with
``algorithm="brute"``, and over 30 times as fast as with ``"kd_tree"``.

- Related columns (a shop and its state; weekday, day, month and year) have few distinct combinations. Their tables are
  added into one table of combinations, until no two columns can be joined.
- Rows are visited in the order of their distance in one of the tables. No table has negative entries, so the distance
  of a row is at least its entry in that table. The search ends when this exceeds the distance of the k-th row found.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

__all__ = ["ColumnDistances", "nearest", "vector_distances", "weighted_means"]

# Maximum number of entries of a joined table; 64 MB.
MAX_ENTRIES = 2**24
# Number of rows visited before the first check whether the search can end. It doubles up to the maximum.
FIRST_ROWS, MAX_ROWS = 1000, 16_000
QUERY_BATCH = 256


@dataclass(frozen=True, eq=False)
class ColumnDistances:
    """The contribution of one or several columns to the distance between a query and a row.

    Parameters
    ----------
    rows : ndarray of int of shape (n_rows,)
        Index of the value of each row.
    queries : ndarray of int of shape (n_queries,)
        Index of the value of each query.
    table : ndarray of float32 of shape (n_query_values, n_row_values)
        The nonnegative distance from each value of the queries to each value of the rows.
    """

    rows: np.ndarray
    queries: np.ndarray
    table: np.ndarray


def vector_distances(rows: np.ndarray, queries: np.ndarray) -> ColumnDistances:
    """Return the L1 distances of the vectors of a column.

    Parameters
    ----------
    rows, queries : ndarray of float32 of shape (n, width)
        A vector for each cell, with few distinct ones.

    Examples
    --------
    >>> vector_distances(np.array([[0.0, 1.0], [0.0, 1.0]]), np.array([[2.0, 0.0]])).table
    array([[3.]], dtype=float32)
    """
    row_values, rows = np.unique(rows, axis=0, return_inverse=True)
    query_values, queries = np.unique(queries, axis=0, return_inverse=True)
    table = np.zeros((len(query_values), len(row_values)), "float32")
    for place in range(row_values.shape[1]):
        table += np.abs(query_values[:, place, None] - row_values[:, place])
    return ColumnDistances(rows.ravel(), queries.ravel(), table)


def nearest(columns: Sequence[ColumnDistances], k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the k nearest rows of each query. Ties are resolved in favor of the first row.

    Parameters
    ----------
    columns : sequence of ColumnDistances
        The distances of each column.
    k : int
        Number of rows to return, at most the number of rows.

    Returns
    -------
    distances : ndarray of float32 of shape (n_queries, k)
        In ascending order.
    rows : ndarray of int of shape (n_queries, k)
        The row numbers.

    Examples
    --------
    >>> shop, day = np.array([[1.0], [1.0], [4.0]]), np.array([[6.0], [7.0], [7.0]])
    >>> columns = [vector_distances(shop, np.array([[1.0]])), vector_distances(day, np.array([[7.0]]))]
    >>> nearest(columns, 2)
    (array([[0., 1.]], dtype=float32), array([[1, 0]]))
    """
    # The table with the most values distinguishes the most rows.
    leader, *others = _joined(columns)
    ordered = _OrderedSearch(leader, others, k)
    distances = np.empty((len(leader.queries), k), "float32")
    rows = np.empty((len(leader.queries), k), np.intp)
    by_value = np.argsort(leader.queries, kind="stable")
    ends = np.cumsum(np.bincount(leader.queries, minlength=len(leader.table)))
    for value, same in enumerate(np.split(by_value, ends[:-1])):
        for start in range(0, len(same), QUERY_BATCH):
            queries = same[start : start + QUERY_BATCH]
            distances[queries], rows[queries] = ordered.search(value, queries)
    return distances, rows


def weighted_means(distances: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return means weighted by 1 / distance. If some distances are 0, only those values are averaged.

    Parameters
    ----------
    distances, values : ndarray of shape (n, k)
        Distances and values of the nearest rows.

    Examples
    --------
    >>> weighted_means(np.array([[1.0, 2.0], [0.0, 3.0]]), np.array([[3.0, 6.0], [5.0, 9.0]]))
    array([4., 5.])
    """
    at_zero = distances == 0
    weights = np.where(at_zero.any(axis=1, keepdims=True), at_zero, 1 / np.where(at_zero, 1, distances))
    return np.average(values, axis=1, weights=weights)


class _OrderedSearch:
    """The search in the order of one table.

    Parameters
    ----------
    leader : ColumnDistances
        The table that gives the order.
    others : list of ColumnDistances
        The other tables.
    k : int
        Number of rows to return.
    """

    def __init__(self, leader: ColumnDistances, others: Sequence[ColumnDistances], k: int) -> None:
        self.leader, self.others, self.k = leader, others, k
        self.order = np.argsort(leader.rows, kind="stable")
        self.starts = np.searchsorted(leader.rows[self.order], np.arange(leader.table.shape[1] + 1))
        least = (each.table.min(axis=1)[each.queries] for each in others)
        # Lower bound of the sum over the other tables.
        self.least = sum(least, np.zeros(len(leader.queries), "float32"))

    def search(self, value: int, queries: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the nearest rows of queries that have the same value in the leading table."""
        far = self.leader.table[value]
        near = np.argsort(far, kind="stable")
        seen = np.cumsum(np.diff(self.starts)[near])
        best = np.full((len(queries), self.k), np.inf, "float32")
        where = np.full((len(queries), self.k), len(self.order), np.intp)
        pending, start, n_rows = np.arange(len(queries)), 0, FIRST_ROWS
        while start < len(near) and len(pending):
            end = np.searchsorted(seen, (seen[start - 1] if start else 0) + n_rows) + 1
            values = near[start:end]
            rows = np.concatenate([self.order[self.starts[each] : self.starts[each + 1]] for each in values])
            # Sorted, so that a stable sort resolves ties in favor of the first row.
            rows.sort()
            found = np.repeat(far[self.leader.rows[rows]][None], len(pending), axis=0)
            for each in self.others:
                found += each.table[each.queries[queries[pending]]][:, each.rows[rows]]
            best[pending], where[pending] = _best((best[pending], where[pending]), (found, rows), self.k)
            start, n_rows = end, min(2 * n_rows, MAX_ROWS)
            if start < len(near):
                pending = pending[far[near[start]] + self.least[queries[pending]] <= best[pending, -1]]
        return best, where


def _best(known, found, k):
    """Return the k nearest of the known and the newly found rows."""
    distances, rows = found
    if distances.shape[1] > k:
        limit = np.partition(distances, k - 1, axis=1)[:, k - 1 : k]
        first = np.argsort(np.where(distances <= limit, distances, np.inf), axis=1, kind="stable")[:, :k]
        distances, rows = np.take_along_axis(distances, first, axis=1), rows[first]
    distances = np.concatenate([known[0], distances], axis=1)
    rows = np.concatenate([known[1], np.broadcast_to(rows, (len(distances), distances.shape[1] - k))], axis=1)
    first = np.lexsort((rows, distances), axis=1)[:, :k]
    return np.take_along_axis(distances, first, axis=1), np.take_along_axis(rows, first, axis=1)


def _joined(columns: Sequence[ColumnDistances]) -> list[ColumnDistances]:
    """Join pairs of columns with few combinations, the most related first; return those with the most values first."""
    left = list(columns)
    while True:
        pairs = [_Pair(*two) for two in combinations(left, 2)]
        pairs = [pair for pair in pairs if pair.n_entries <= MAX_ENTRIES]
        if not pairs:
            return sorted(left, key=lambda each: -each.table.shape[1])
        closest = min(pairs, key=lambda pair: pair.n_more)
        left = [each for each in left if each is not closest.one and each is not closest.two] + [closest.join()]


class _Pair:
    """Two columns that can be joined."""

    def __init__(self, one: ColumnDistances, two: ColumnDistances) -> None:
        self.one, self.two = one, two
        self.rows = _combinations(one.rows, two.rows)
        self.queries = _combinations(one.queries, two.queries)
        self.n_entries = len(self.rows[0]) * len(self.queries[0])
        # Number of values in addition to those of the larger column.
        self.n_more = len(self.rows[0]) - max(one.table.shape[1], two.table.shape[1])

    def join(self) -> ColumnDistances:
        of_one, of_two, rows = self.rows
        by_one, by_two, queries = self.queries
        table = self.one.table[np.ix_(by_one, of_one)] + self.two.table[np.ix_(by_two, of_two)]
        return ColumnDistances(rows, queries, table)


def _combinations(one, two):
    """Return the observed combinations, as values of both columns, and the combination of each row."""
    n_two = two.max(initial=0) + 1
    together, which = np.unique(one.astype(np.int64) * n_two + two, return_inverse=True)
    return together // n_two, together % n_two, which
