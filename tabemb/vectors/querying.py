"""What every question to the vectors of a column needs: keys and vectors read, rows filtered, a search made ready."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError
from tabemb.vectors.filters import allowed_rows
from tabemb.vectors.metrics import METRICS, Metric
from tabemb.vectors.part import Part
from tabemb.vectors.search import Search

__all__ = ["Items", "Querying", "is_several", "is_vector"]

Float64s = npt.NDArray[np.float64]


class Items(NamedTuple):
    """What was asked with.

    Parameters
    ----------
    rows : list of int
        The rows of the keys; a vector has none.
    vectors : float32 array of shape (n, dim)
        Of the keys and the vectors, in their order.
    """

    rows: list[int]
    vectors: npt.NDArray[np.float32]


class Querying(Part):
    """What the parts of :class:`~tabemb.vectors.category_vectors.CategoryVectors` that are asked have in common."""

    __slots__ = ()

    def _items(self, items: Any) -> Items:
        """Return the rows and the vectors of a key, a vector, or a list of such."""
        rows: list[int] = []
        found: list[npt.NDArray[np.float32]] = []
        several = is_several(items) and not is_vector(items)
        for item in items if several else [items]:
            if is_vector(item):
                found.append(self._row(item, "a query vector"))
            else:
                rows.append(self._index[item])
                found.append(self.vectors[rows[-1]])
        return Items(rows, np.array(found, dtype=np.float32).reshape(len(found), self.dim))

    def _question(self, positive: Any, negative: Any, metric: Metric, what: str) -> tuple[list[int], Float64s]:
        """Return the rows that are asked with, which are no answers, and the query of shape (dim,)."""
        added, taken = self._items(positive), self._items(negative)
        if not len(added.vectors) and not len(taken.vectors):
            raise DataError(f"{what} needs at least one key or vector to look for; `positive` is empty.")
        return added.rows + taken.rows, metric.point(added.vectors, taken.vectors)

    def _searched(self, metric: str | Metric) -> Search:
        """Return the rows made ready for a metric; kept, for nothing changes them."""
        kind = METRICS.resolve(metric)
        if type(kind) not in self._searches:
            self._searches[type(kind)] = Search(self.vectors, kind)
        return self._searches[type(kind)]

    def _allowed(self, min_count: int | None, where: Callable[[Any], object] | None) -> npt.NDArray[np.bool_] | None:
        keys = self._index.keys_in_order
        return allowed_rows(keys, self.counts, min_count=min_count, where=where, owner=self._owner())

    def _answers(self, rows: npt.NDArray[np.intp], scores: Float64s) -> list[tuple[Any, float]]:
        keys = self._index.keys_in_order
        return [(keys[row], score) for row, score in zip(rows.tolist(), scores.tolist(), strict=True)]


def is_several(key: Any) -> bool:
    """Tell a list of keys from one key: text, bytes and scalars are keys.

    Examples
    --------
    >>> is_several("JFK"), is_several(["JFK"])
    (False, True)
    """
    if isinstance(key, np.ndarray):
        return key.ndim > 0
    return isinstance(key, Iterable) and not isinstance(key, str | bytes | bytearray)


def is_vector(item: Any) -> bool:
    """Tell a vector, a float array of one dimension, from keys.

    Examples
    --------
    >>> is_vector(np.array([0.5, 1.0])), is_vector(np.array([1, 2]))
    (True, False)
    """
    return isinstance(item, np.ndarray) and item.ndim == 1 and item.dtype.kind == "f"
