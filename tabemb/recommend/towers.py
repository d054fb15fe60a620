"""What a recommender has learned: vectors of users and items whose products are the scores."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

__all__ = ["FeatureMap", "Towers", "best_items"]

Float32s = npt.NDArray[np.float32]

# Numbers in a block of scores; bounds the memory.
BLOCK = 20_000_000


@dataclass(frozen=True, eq=False)
class FeatureMap:
    """A linear map from features to vectors and biases, for users or items that are known by their columns only.

    Parameters
    ----------
    weights : ndarray of float32 of shape (n_features, dim)
        The vector of a row is the sum of those of its features, and the intercept.
    intercept : ndarray of float32 of shape (dim,)
        The vector of a row without features.
    bias_weights : ndarray of float32 of shape (n_features,), optional
        The bias of a row is the sum of those of its features, and ``bias_intercept``.
    bias_intercept : float, default=0.0
        The bias of a row without features.

    Examples
    --------
    >>> of_genres = FeatureMap(np.eye(2, dtype=np.float32), np.zeros(2, np.float32))
    >>> of_genres.vectors(sparse.csr_array(np.array([[1.0, 1.0]], np.float32)))
    array([[1., 1.]], dtype=float32)
    """

    weights: Float32s
    intercept: Float32s
    bias_weights: Float32s | None = None
    bias_intercept: float = 0.0

    def vectors(self, features: sparse.csr_array) -> Float32s:
        """Return the vectors of rows, of shape (n_rows, dim)."""
        return np.asarray(features @ self.weights + self.intercept, np.float32)

    def biases(self, features: sparse.csr_array) -> Float32s:
        """Return the biases of rows, of shape (n_rows,)."""
        if self.bias_weights is None:
            return np.full(features.shape[0], self.bias_intercept, np.float32)
        return np.asarray(features @ self.bias_weights + self.bias_intercept, np.float32)


@dataclass(frozen=True, eq=False, kw_only=True)
class Towers:
    """Vectors of users and items in one space; the score of a pair is the product of its vectors, plus the biases.

    Parameters
    ----------
    users : ndarray of float32 of shape (n_users, dim)
        Vectors of the users of the training table.
    items : ndarray of float32 of shape (n_items, dim)
        Vectors of its items.
    user_biases, item_biases : ndarray of float32 of shape (n_users,) and (n_items,), optional
        Added to the scores of a user, and of an item.
    offset : float, default=0.0
        Added to all scores.
    user_map, item_map : FeatureMap, optional
        How users and items that are known by their columns only get a vector.
    history : ndarray of float32 of shape (n_items, dim), optional
        The vector of a user who is known by interactions only is the sum of these; by default of ``items``.
    user_scales : ndarray of float32 of shape (n_users,), optional
        If given, the vectors of users are the means of ``history``, weighted by the interactions, plus the vectors of
        their columns, times these. The columns of new users then count besides their interactions.
    lengths : tuple of float, optional
        Vectors of users and of items have these lengths, so those of new ones are scaled to them.
    is_sum : bool, default=False
        Whether the vector of a user is the sum of those of the items, weighted by the interactions.
    half_life : float, optional
        The half-life of interactions (:func:`tabemb.recommend.interactions.recency`) that the method has found to be
        best. It is not applied yet.

    Examples
    --------
    >>> towers = Towers(
    ...     users=np.array([[1.0, 0.0]], np.float32), items=np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]], np.float32)
    ... )
    >>> seen = sparse.csr_array(np.array([[1.0, 0.0, 0.0]], np.float32))
    >>> towers.top(towers.users, 2, seen)[0]
    array([[1, 2]])
    """

    users: Float32s
    items: Float32s
    user_biases: Float32s | None = None
    item_biases: Float32s | None = None
    offset: float = 0.0
    user_map: FeatureMap | None = None
    item_map: FeatureMap | None = None
    history: Float32s | None = None
    user_scales: Float32s | None = None
    lengths: tuple[float, float] | None = None
    is_sum: bool = False
    half_life: float | None = None

    @property
    def dim(self) -> int:
        """Number of dimensions."""
        return int(self.items.shape[1])

    def users_of(self, seen: sparse.csr_array, features: sparse.csr_array | None = None) -> Float32s:
        """Return vectors of users from their interactions, of shape (n_users, dim).

        Parameters
        ----------
        seen : csr_array of shape (n_users, n_items)
            Weights of the interactions; each user has some.
        features : csr_array of shape (n_users, n_features), optional
            The columns of the users, which count only if ``user_scales`` are given.
        """
        vectors = np.asarray(seen @ (self.items if self.history is None else self.history), np.float32)
        if self.user_scales is not None and self.user_map is not None and features is not None:
            vectors = vectors / np.asarray(seen.sum(axis=1))[:, None] + features @ self.user_map.weights
        return vectors if self.lengths is None else _scaled(vectors, self.lengths[0])

    def with_users_of(self, seen: sparse.csr_array, features: sparse.csr_array | None = None) -> Self:
        """Return the same towers, but with the users of other weights of their interactions; see :meth:`users_of`.

        Raises
        ------
        ValueError
            If the vectors of users are neither sums nor means of those of items.
        """
        if not self.is_sum and self.user_scales is None:
            raise ValueError("the users of these towers are neither sums nor means of items")
        users, scales = self.users_of(seen, features), self.user_scales
        if scales is not None and self.lengths is not None:
            raw = replace(self, lengths=None, user_scales=scales)
            vectors = raw.users_of(seen, features)
            if features is None or self.user_map is None:
                vectors = vectors / np.asarray(seen.sum(axis=1))[:, None]
            scales = (self.lengths[0] / np.maximum(np.linalg.norm(vectors, axis=1), 1e-12)).astype(np.float32)
        return replace(self, users=users, user_scales=scales)

    def contributions(self, user: int, item: int, seen: npt.NDArray[np.intp], weights: Float32s) -> Float32s:
        """Return how much each item that a user has seen speaks for an item.

        Parameters
        ----------
        user, item : int
            Their rows.
        seen : ndarray of int of shape (n,)
            The items that the user has seen.
        weights : ndarray of float32 of shape (n,)
            Weights of the interactions.

        Returns
        -------
        ndarray of float32 of shape (n,)
            If the vector of a user is the sum or the mean of those of the items, the parts of the product of the
            vectors; else cosines.
        """
        if self.is_sum:
            return np.asarray(weights * (self.items[seen] @ self.items[item]), np.float32)
        if self.user_scales is not None and self.history is not None:
            parts = weights / weights.sum() * (self.history[seen] @ self.items[item])
            return np.asarray(parts * self.user_scales[user], np.float32)
        unit = _scaled(self.items, 1.0)
        return np.asarray(unit[seen] @ unit[item], np.float32)

    def new_users(self, features: sparse.csr_array) -> tuple[Float32s, Float32s]:
        """Return vectors and biases of users from their columns."""
        return self._new(self.user_map, features, 0)

    def new_items(self, features: sparse.csr_array) -> tuple[Float32s, Float32s]:
        """Return vectors and biases of items from their columns."""
        return self._new(self.item_map, features, 1)

    def _new(self, of_features: FeatureMap | None, features: sparse.csr_array, side: int) -> tuple[Float32s, Float32s]:
        if of_features is None:
            raise ValueError("these towers have no map of columns")
        vectors = of_features.vectors(features)
        return (
            vectors if self.lengths is None else _scaled(vectors, self.lengths[side]),
            of_features.biases(features),
        )

    def pairs(self, users: npt.NDArray[np.intp], items: npt.NDArray[np.intp]) -> Float32s:
        """Return the scores of pairs of a user and an item, by their rows."""
        scores: Float32s = np.einsum("ij,ij->i", self.users[users], self.items[items]) + np.float32(self.offset)
        for biases, rows in ((self.user_biases, users), (self.item_biases, items)):
            if biases is not None:
                scores += biases[rows]
        return scores

    def top(
        self,
        users: Float32s,
        k: int,
        seen: sparse.csr_array | None = None,
        allowed: npt.NDArray[np.intp] | None = None,
    ) -> tuple[npt.NDArray[np.intp], Float32s]:
        """Return the items with the highest scores for vectors of users, without the biases of users and the offset.

        Parameters
        ----------
        users : ndarray of float32 of shape (n_users, dim)
            Vectors of users.
        k : int
            Number of items.
        seen : csr_array of shape (n_users, n_items), optional
            Items to leave out.
        allowed : ndarray of int, optional
            The items that may be recommended, in ascending order; all by default.

        Returns
        -------
        items : ndarray of int of shape (n_users, k)
            Highest score first, ties by frequency; -1 where no item is left.
        scores : ndarray of float32 of shape (n_users, k)
            The scores; ``-inf`` where no item is left.
        """
        items, biases = self.items, self.item_biases
        if allowed is not None:
            items, biases = items[allowed], None if biases is None else biases[allowed]
            seen = None if seen is None else seen[:, allowed]
        k = min(k, len(items))
        found, best = np.empty((len(users), k), np.intp), np.empty((len(users), k), np.float32)
        n_rows, columns = max(1, BLOCK // max(1, len(items))), np.ascontiguousarray(items.T)
        for start in range(0, len(users), n_rows):
            part = slice(start, start + n_rows)
            scores = users[part] @ columns
            if biases is not None:
                scores += biases
            found[part], best[part] = best_items(scores, k, None if seen is None else seen[part])
        if allowed is not None:
            found = np.where(found < 0, -1, allowed[found])
        return found, best

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return the numbers by name."""
        found: dict[str, npt.NDArray[Any]] = {
            "offset": np.array([self.offset], np.float64),
            "is_sum": np.array([self.is_sum], np.uint8),
        }
        for name in ("lengths", "half_life"):
            if (value := getattr(self, name)) is not None:
                found[name] = np.atleast_1d(np.array(value, np.float64))
        for name in ("users", "items", "user_biases", "item_biases", "history", "user_scales"):
            if (array := getattr(self, name)) is not None:
                found[name] = array
        for name in ("user_map", "item_map"):
            if (of_features := getattr(self, name)) is not None:
                for each in fields(of_features):
                    if (value := getattr(of_features, each.name)) is not None:
                        found[f"{name}.{each.name}"] = np.atleast_1d(np.asarray(value))
        return found

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """Return the towers from the output of :meth:`to_arrays`."""
        parts: dict[str, Any] = {name: array for name, array in arrays.items() if "." not in name}
        parts["offset"], parts["is_sum"] = float(parts["offset"][0]), bool(parts["is_sum"][0])
        if "lengths" in parts:
            parts["lengths"] = tuple(float(each) for each in parts["lengths"])
        if "half_life" in parts:
            parts["half_life"] = float(parts["half_life"][0])
        for name in ("user_map", "item_map"):
            its: dict[str, Any] = {
                key.partition(".")[2]: array for key, array in arrays.items() if key.startswith(f"{name}.")
            }
            if its:
                its["bias_intercept"] = float(its["bias_intercept"][0])
                parts[name] = FeatureMap(**its)
        return cls(**parts)


def best_items(scores: Float32s, k: int, seen: sparse.csr_array | None = None) -> tuple[npt.NDArray[np.intp], Float32s]:
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
        As of :meth:`Towers.top`.
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


def _largest(scores: Float32s, k: int) -> npt.NDArray[np.intp]:
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


def _scaled(vectors: Float32s, length: float) -> Float32s:
    """Return vectors of a length; zero vectors stay zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors * (length / np.maximum(lengths, 1e-12)), np.float32)
