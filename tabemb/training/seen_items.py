"""What users have seen besides the item of a training row: the cells of a tower whose users are pools of items."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from tabemb.table.bags import Bags
from tabemb.table.encoded_table import EncodedTable
from tabemb.table.vocabulary import Vocabulary

__all__ = ["SeenItems"]

FIRST, MISSING = Vocabulary.FIRST, Vocabulary.MISSING


@dataclass(frozen=True, eq=False)
class SeenItems:
    """The items of each user in a random circular order.

    A row of a user and an item gets the items that follow this one in the order, at most ``most`` of them: a random
    part of what the user has seen, without the item itself, which is to be found.

    Parameters
    ----------
    matrix : csr_array of shape (n_users, n_items)
        The weight of each interaction; sorted indices.
    most : int
        Maximum number of items of a row.
    order, ranks : ndarray of int of shape (n_interactions,), optional
        The interactions of the matrix in the order, user by user, and the place of each in it; by default as in the
        matrix.

    Examples
    --------
    >>> seen = SeenItems(sparse.csr_array(np.array([[1.0, 0.5, 1.0], [0.0, 1.0, 0.0]])), most=2)
    >>> users = np.array([0, 1])
    >>> rows, items, weights = seen.others(users, seen.places(users, np.array([1, 1])))
    >>> rows.tolist(), items.tolist(), weights.tolist()
    ([0, 0], [2, 0], [1.0, 1.0])
    """

    matrix: sparse.csr_array
    most: int
    order: np.ndarray | None = None
    ranks: np.ndarray | None = None

    def shuffled(self, generator: np.random.Generator) -> "SeenItems":
        """Return the same items in another order."""
        n = self.matrix.nnz
        users = np.repeat(np.arange(self.matrix.shape[0]), np.diff(self.matrix.indptr))
        order = np.lexsort((generator.random(n), users))
        ranks = np.empty(n, np.intp)
        ranks[order] = np.arange(n)
        return replace(self, order=order, ranks=ranks)

    def places(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Return the place in the matrix of each pair of a user and an item of theirs, of shape (n_rows,)."""
        n_users, n_items = self.matrix.shape
        keys = np.repeat(np.arange(n_users, dtype=np.int64), np.diff(self.matrix.indptr)) * n_items
        return np.searchsorted(keys + self.matrix.indices, users.astype(np.int64) * n_items + items)

    def others(self, users: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return what users have seen besides an item.

        Parameters
        ----------
        users, places : ndarray of int of shape (n_rows,)
            Users, and for each the place of an item of theirs; see :meth:`places`.

        Returns
        -------
        rows : ndarray of int of shape (n,)
            The rows of the items, in ascending order; a row whose user has seen no other item has none.
        items : ndarray of int of shape (n,)
            The items.
        weights : ndarray of float32 of shape (n,)
            Their weights.
        """
        matrix, starts = self.matrix, self.matrix.indptr.astype(np.int64)[users]
        n_theirs = self.matrix.indptr.astype(np.int64)[users + 1] - starts
        own = places if self.ranks is None else self.ranks[places]
        sizes = np.minimum(n_theirs - 1, self.most)
        rows = np.repeat(np.arange(len(users)), sizes)
        within = np.arange(len(rows)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        found = starts[rows] + ((own - starts)[rows] + 1 + within) % n_theirs[rows]
        if self.order is not None:
            found = self.order[found]
        return rows, matrix.indices[found].astype(np.intp), matrix.data[found].astype(np.float32)

    def cells(self, users: np.ndarray, places: np.ndarray, table: EncodedTable) -> EncodedTable:
        """Return the columns of what users have seen besides an item, as cells whose vectors are means over the items.

        Parameters
        ----------
        users, places : ndarray of int of shape (n_rows,)
            As of :meth:`others`.
        table : EncodedTable
            The columns of the items; the first are the keys.

        Returns
        -------
        EncodedTable
            Of users who have seen nothing else, and in the unknown cell, the key is "missing", and the other columns
            have no values that count.
        """
        rows, seen, weights = self.others(users, places)
        totals = np.bincount(rows, weights, len(users))
        shares = (weights / totals[rows]).astype(np.float32)
        has_any, bags = totals > 0, {}
        for position in range(table.indices.shape[1]):
            of_seen, values = _occurrences(table, position, seen)
            # Rows without items have a value of their own, after those of the special cells.
            empty = np.flatnonzero(~has_any)
            owners = np.concatenate([np.arange(FIRST), FIRST + empty, FIRST + rows[of_seen]])
            n_empty = FIRST + len(empty)
            every = np.concatenate([np.full(n_empty, MISSING), values])
            counts = np.concatenate([np.full(n_empty, float(position == 0)), shares[of_seen]])
            order = np.argsort(owners, kind="stable")
            sizes = np.bincount(owners, minlength=FIRST + len(users))
            bags[position] = Bags(
                every[order].astype(np.int32),
                np.concatenate([[0], np.cumsum(sizes)]),
                counts[order].astype(np.float32),
                pooling="sum",
            )
        numbers = np.arange(FIRST, FIRST + len(users), dtype=np.int32)
        indices = np.repeat(numbers[:, None], table.indices.shape[1], axis=1)
        return EncodedTable(indices, np.empty((len(users), 0), np.float32), bags)


def _occurrences(table: EncodedTable, position: int, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the place in ``rows`` of each value of a column, and the value."""
    column = table.indices[rows, position]
    bags = table.bags.get(position)
    return (np.arange(len(rows)), column) if bags is None else bags.occurrences(column)
