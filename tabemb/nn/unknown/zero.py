"""A vector of zeros for unknown categories."""

import numpy as np

from tabemb.nn.unknown.strategy import UNKNOWN_STRATEGIES, UnknownStrategy

__all__ = ["Zero"]


@UNKNOWN_STRATEGIES.register("zero")
class Zero(UnknownStrategy):
    """A vector of zeros: to a layer behind it, as if the column were not there.

    In a one-hot column it is what ``OneHotEncoder(handle_unknown="ignore")`` does.

    Examples
    --------
    >>> Zero().row(np.ones((4, 2)), np.ones(4))
    array([0., 0.])
    """

    def row(self, rows, counts):
        """Return zeros."""
        return np.zeros_like(rows[0])
