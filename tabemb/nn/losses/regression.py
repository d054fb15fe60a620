"""Regression losses that depend on the error alone: squared, absolute, Huber."""

from numbers import Real

import numpy as np
from keras import ops
from sklearn import metrics

from tabemb.nn.losses.loss import LOSSES, NumberLoss

__all__ = ["AbsoluteError", "HuberLoss", "SquaredError", "deviation_from"]


@LOSSES.register("squared_error")
class SquaredError(NumberLoss):
    """The squared error of the standardized target; predicts the mean.

    Examples
    --------
    >>> import numpy as np
    >>> np.asarray(SquaredError().of(np.array([1.0]), np.array([3.0])))
    array([4.])
    """

    def of(self, targets, logits):
        """Return the squared error of each target."""
        return ops.square(logits - targets)


def deviation_from(y: np.ndarray, center: np.ndarray) -> np.ndarray:
    """Return the mean absolute deviation of each column of targets from its center, which is robust to outliers."""
    return np.abs(y - center).mean(axis=0)


@LOSSES.register("absolute_error")
class AbsoluteError(NumberLoss):
    """The absolute error; predicts the median, which is robust to outliers.

    Targets are centered by the median and scaled by the mean absolute deviation from it.

    Examples
    --------
    >>> import numpy as np
    >>> AbsoluteError().center_and_scale(np.array([0.0, 1.0, 8.0]))
    (np.float64(1.0), np.float64(2.6666666666666665))
    """

    metric = "d2_absolute_error"

    def center_and_scale(self, y):
        """Return the median, and the mean absolute deviation from it."""
        center = np.median(y, axis=0)
        return center, deviation_from(y, center)

    def of(self, targets, logits):
        """Return the absolute error of each target."""
        return ops.abs(logits - targets)

    def score(self, truth, predicted, weights):
        """Return the share of the absolute error explained, compared to predicting the median (D2)."""
        return float(metrics.d2_absolute_error_score(truth, predicted, sample_weight=weights))


@LOSSES.register("huber")
class HuberLoss(NumberLoss):
    """Quadratic for small errors and linear for large ones (Huber 1964, doi:10.1214/aoms/1177703732).

    ``error ** 2 / 2`` up to delta, ``delta * (abs(error) - delta / 2)`` beyond.

    Parameters
    ----------
    delta : float, default=1.0
        Error above which the loss is linear, in standard deviations of the target; positive.

    Examples
    --------
    >>> import numpy as np
    >>> np.asarray(HuberLoss(delta=1.0).of(np.array([0.0, 0.0], "float32"), np.array([0.5, 3.0], "float32")))
    array([0.125, 2.5  ], dtype=float32)
    """

    metric = "d2_absolute_error"

    def __init__(self, delta=1.0):
        self.delta = delta

    def check(self):
        """Raise ValueError if delta is not a positive number."""
        if isinstance(self.delta, bool) or not isinstance(self.delta, Real) or not 0 < self.delta < np.inf:
            raise ValueError(f"delta of the huber loss must be a positive number, got {self.delta!r}.")

    def of(self, targets, logits):
        """Return the Huber loss of each target."""
        error = ops.abs(logits - targets)
        near = ops.minimum(error, self.delta)
        return near * (error - 0.5 * near)

    def score(self, truth, predicted, weights):
        """Return the share of the absolute error explained, compared to predicting the median (D2)."""
        return float(metrics.d2_absolute_error_score(truth, predicted, sample_weight=weights))
