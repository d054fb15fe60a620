"""What a strategy for unknown categories is."""

from typing import Any, ClassVar

import numpy.typing as npt
from sklearn.base import BaseEstimator

from tabemb.registry import Registry

__all__ = ["UNKNOWN_STRATEGIES", "UnknownStrategy"]


class UnknownStrategy(BaseEstimator):
    """What serves for categories that training had in no row: those that come later, and those that are too rare.

    A strategy is applied to each table of vectors, and to the kernels that one-hot columns read, when training ends.
    """

    # The least similarity of names by which an unknown text is taken for a known category; None for never.
    min_similarity: ClassVar[float | None] = None

    def row(self, rows: npt.NDArray[Any], counts: npt.NDArray[Any]) -> npt.NDArray[Any] | None:
        """Return the vector for unknown categories, or None where it is to be the one that was learned.

        Parameters
        ----------
        rows : ndarray of shape (vocabulary_size, dim)
            The vectors of a column by index: that for missing cells, that for unknown categories, those of categories.
        counts : ndarray of shape (vocabulary_size,)
            In how many training rows each index was.
        """
        return None


UNKNOWN_STRATEGIES: Registry[UnknownStrategy] = Registry("strategy for unknown categories")
