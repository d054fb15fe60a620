"""The Huber loss."""

from numbers import Real

import numpy as np
from keras import ops
from sklearn import metrics

from tabemb.nn.losses.loss import LOSSES, NumberLoss

__all__ = ["Huber"]


@LOSSES.register("huber")
class Huber(NumberLoss):
    """Squared for small errors and straight for large ones (Huber 1964, doi:10.1214/aoms/1177703732).

    ``error ** 2 / 2`` up to delta, ``delta * (abs(error) - delta / 2)`` beyond.

    Parameters
    ----------
    delta : float, default=1.0
        From which error on it is straight, in standard deviations of the target; positive.

    Examples
    --------
    >>> import numpy as np
    >>> np.asarray(Huber(delta=1.0).of(np.array([0.0, 0.0], "float32"), np.array([0.5, 3.0], "float32")))
    array([0.125, 2.5  ], dtype=float32)
    """

    metric = "d2_absolute_error"

    def __init__(self, delta=1.0):
        self.delta = delta

    def check(self):
        """Raise where delta is no positive number."""
        if isinstance(self.delta, bool) or not isinstance(self.delta, Real) or not 0 < self.delta < np.inf:
            raise ValueError(f"delta of the huber loss must be a positive number, got {self.delta!r}.")

    def of(self, targets, logits):
        """Return the Huber loss of each target."""
        error = ops.abs(logits - targets)
        near = ops.minimum(error, self.delta)
        return near * (error - 0.5 * near)

    def score(self, truth, predicted, weights):
        """Return the share of the absolute error around the median that is explained (D2)."""
        return float(metrics.d2_absolute_error_score(truth, predicted, sample_weight=weights))
