"""What methods that learn vectors of items from interactions have in common."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.base import BaseEstimator

from tabemb.recommend.interactions import InteractionMatrix
from tabemb.registry import Registry

__all__ = ["METHODS", "FactorizationMethod", "ItemFactors", "best_items"]

# Numbers in a block of scores; bounds the memory.
BLOCK = 20_000_000


@dataclass(frozen=True, eq=False)
class ItemFactors:
    """Vectors of items; the vector of a user is the sum of those of the items that the user has interacted with.

    Parameters
    ----------
    vectors : ndarray of float32 of shape (n_items, dim)
        The score of an item is the product of its vector with that of the user.

    Examples
    --------
    >>> factors = ItemFactors(np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]], np.float32))
    >>> seen = sparse.csr_array(np.array([[1.0, 0.0, 0.0]], np.float32))
    >>> factors.top(seen, 2)[0]
    array([[1, 2]])
    """

    vectors: npt.NDArray[np.float32]

    def users(self, seen: sparse.csr_array) -> npt.NDArray[np.float32]:
        """Return the vectors of users, of shape (n_users, dim), from their interactions."""
        return np.asarray(seen @ self.vectors, np.float32)

    @cached_property
    def _columns(self) -> npt.NDArray[np.float32]:
        return np.ascontiguousarray(self.vectors.T)

    def top(
        self, seen: sparse.csr_array, k: int, *, exclude_seen: bool = True
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float32]]:
        """Return the items with the highest scores of each user.

        Parameters
        ----------
        seen : csr_array of shape (n_users, n_items)
            The interactions of the users.
        k : int
            Number of items.
        exclude_seen : bool, default=True
            Whether items that a user has interacted with are left out.

        Returns
        -------
        items : ndarray of int of shape (n_users, k)
            Highest score first, ties by frequency; -1 where no item is left.
        scores : ndarray of float32 of shape (n_users, k)
            The scores; ``-inf`` where no item is left.
        """
        n_users, n_items = seen.shape
        k = min(k, n_items)
        items, best = np.empty((n_users, k), np.intp), np.empty((n_users, k), np.float32)
        n_rows = max(1, BLOCK // max(1, n_items))
        for start in range(0, n_users, n_rows):
            block = seen[start : start + n_rows]
            scores = self.users(block) @ self._columns
            part = slice(start, start + n_rows)
            items[part], best[part] = best_items(scores, k, block if exclude_seen else None)
        return items, best


def best_items(
    scores: npt.NDArray[np.float32], k: int, seen: sparse.csr_array | None = None
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float32]]:
    """Return the items with the highest scores of each user, and their scores.

    Parameters
    ----------
    scores : ndarray of float32 of shape (n_users, n_items)
        The scores; those of seen items are overwritten.
    k : int
        Number of items.
    seen : csr_array of shape (n_users, n_items), optional
        Items to leave out.

    Returns
    -------
    items : ndarray of int of shape (n_users, k)
        As of :meth:`ItemFactors.top`.
    scores : ndarray of float32 of shape (n_users, k)

    Examples
    --------
    >>> best_items(np.array([[0.1, 0.3, 0.2]], np.float32), 2)[0]
    array([[1, 2]])
    """
    if seen is not None:
        scores[np.repeat(np.arange(seen.shape[0]), np.diff(seen.indptr)), seen.indices] = -np.inf
    places = _largest(scores, min(k, scores.shape[1]))
    found = np.take_along_axis(scores, places, axis=1)
    places[np.isneginf(found)] = -1
    return places, found


def _largest(scores: npt.NDArray[np.float32], k: int) -> npt.NDArray[np.intp]:
    """Return the places of the k largest numbers of each row, largest first, equal ones by place."""
    if k < scores.shape[1]:
        # What equals the k-th number may be anywhere in the row; the first places win.
        border = -np.partition(-scores, k - 1, axis=1)[:, k - 1 : k]
        above = scores > border
        room = k - above.sum(axis=1, keepdims=True)
        equal = scores == border
        chosen = above | (equal & (np.cumsum(equal, axis=1) <= room))
        places = np.nonzero(chosen)[1].reshape(len(scores), k)
    else:
        places = np.tile(np.arange(k), (len(scores), 1))
    order = np.argsort(-np.take_along_axis(scores, places, axis=1), axis=1, kind="stable")
    return np.take_along_axis(places, order, axis=1)


class FactorizationMethod(BaseEstimator):
    """A way to learn vectors of items from interactions."""

    def fit(self, interactions: InteractionMatrix, seed: int) -> ItemFactors:
        """Return the vectors of the items.

        Parameters
        ----------
        interactions : InteractionMatrix
            Who has interacted with what.
        seed : int
            Seed of what is random.
        """
        raise TypeError("a method must define fit(interactions, seed)")


METHODS: Registry[FactorizationMethod] = Registry("method")
