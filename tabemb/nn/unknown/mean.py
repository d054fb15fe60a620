"""The mean of all known categories for unknown ones."""

import numpy as np

from tabemb.nn.unknown.strategy import UNKNOWN_STRATEGIES, UnknownStrategy
from tabemb.table.vocabulary import Vocabulary

__all__ = ["Mean"]


@UNKNOWN_STRATEGIES.register("mean")
class Mean(UnknownStrategy):
    """The mean of the vectors of the known categories, each by the number of its rows.

    It is the vector that the rows of training have on average. Where no row had a known category, the learned vector
    stays.

    Examples
    --------
    >>> Mean().row(np.array([[9.0], [9.0], [1.0], [5.0]]), np.array([7, 7, 3, 1]))
    array([2.])
    """

    def row(self, rows, counts):
        """Return the mean, of the dtype of the rows; None where no category counts."""
        weights = np.asarray(counts[Vocabulary.FIRST :], np.float64)
        if not weights.any():
            return None
        return (weights @ rows[Vocabulary.FIRST :] / weights.sum()).astype(rows.dtype)
