"""The mean of several categories, and the one that does not belong among them."""

from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError
from tabemb.vectors.querying import Querying, is_several, is_vector
from tabemb.vectors.similarity import cosines, unit_rows

__all__ = ["Averaging"]


class Averaging(Querying):
    """The part of :class:`~tabemb.vectors.category_vectors.CategoryVectors` that takes means."""

    __slots__ = ()

    def mean_vector(
        self,
        keys: Any,
        weights: npt.ArrayLike | None = None,
        *,
        pre_normalize: bool = True,
        post_normalize: bool = False,
    ) -> npt.NDArray[np.float32]:
        """Return the weighted mean of categories, as gensim's ``get_mean_vector`` does.

        Parameters
        ----------
        keys : list of keys and vectors
            A vector is a float array of shape (dim,).
        weights : array-like of shape (n_keys,), optional
            How much each counts, 1 by default; a negative one takes away. The sum is divided by that of their absolute
            values.
        pre_normalize : bool, default=True
            Whether each vector is first scaled to length one.
        post_normalize : bool, default=False
            Whether the mean is scaled to length one.

        Returns
        -------
        float32 array of shape (dim,)
            A query vector for the other questions.

        Raises
        ------
        UnknownKeyError
            When a key is not in the column; near keys are named.
        DataError
            When there are no keys, weights do not fit, or all are 0.

        Examples
        --------
        >>> from tabemb import CategoryVectors
        >>> vectors = CategoryVectors(["mon", "tue", "sat"], [[2.0, 0.0], [0.0, 2.0], [-1.0, 0.0]])
        >>> vectors.mean_vector(["mon", "tue"])
        array([0.5, 0.5], dtype=float32)
        >>> vectors.mean_vector(["mon", "tue"], weights=[3, 1], pre_normalize=False)
        array([1.5, 0.5], dtype=float32)
        """
        rows = self._several(keys, "mean_vector", least=1).astype(np.float64)
        shares = _shares(weights, len(rows))
        mean = shares @ (unit_rows(rows) if pre_normalize else rows)
        return np.asarray(unit_rows(mean) if post_normalize else mean, np.float32)

    def doesnt_match(self, keys: Any) -> Any:
        """Return the category that is least like the others: whose cosine with their mean direction is lowest.

        Parameters
        ----------
        keys : list of at least three keys

        Returns
        -------
        key
            As the column has it; among equals the first of the list.

        Raises
        ------
        UnknownKeyError
            When a key is not in the column; near keys are named.
        DataError
            When there are fewer than three.

        Examples
        --------
        >>> from tabemb import CategoryVectors
        >>> vectors = CategoryVectors(["mon", "tue", "sat"], [[1.0, 0.0], [0.8, 0.6], [-0.6, 0.8]])
        >>> vectors.doesnt_match(["mon", "sat", "tue"])
        'sat'
        """
        rows = self._several(keys, "doesnt_match", least=3).astype(np.float64)
        places = self._items(keys).rows
        if len(places) < len(rows):
            raise DataError("doesnt_match is asked with keys only, so that it can name one; got a vector among them.")
        mean = unit_rows(rows).sum(axis=0)
        return self._index.keys_in_order[places[int(cosines(rows, mean).argmin())]]

    def _several(self, keys: Any, what: str, *, least: int) -> npt.NDArray[np.float32]:
        if not is_several(keys) or is_vector(keys):
            raise DataError(f"{what} takes a list of keys; got {keys!r}.")
        vectors = self._items(keys).vectors
        if len(vectors) < least:
            wanted = "one key" if least == 1 else f"{least} keys"
            raise DataError(f"{what} needs at least {wanted}; got {len(vectors)}.")
        return vectors


def _shares(weights: npt.ArrayLike | None, n: int) -> npt.NDArray[np.float64]:
    try:
        given = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"weights are numbers, one for each key; got {weights!r}.") from error
    if given.shape != (n,):
        raise DataError(f"Expected {n} weights, one for each key; got an array of shape {given.shape}.")
    total = np.abs(given).sum()
    if not np.isfinite(total) or total == 0:
        raise DataError(f"Expected finite weights that are not all 0; got {given.tolist()}.")
    shares: npt.NDArray[np.float64] = given / total
    return shares
