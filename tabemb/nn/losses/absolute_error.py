"""The absolute error."""

import numpy as np
from keras import ops
from sklearn import metrics

from tabemb.nn.losses.loss import LOSSES, NumberLoss

__all__ = ["AbsoluteError", "deviation_from"]


def deviation_from(y: np.ndarray, center: np.ndarray) -> np.ndarray:
    """Return the mean distance of each column of targets from its center: an outlier counts once, not squared."""
    return np.abs(y - center).mean(axis=0)


@LOSSES.register("absolute_error")
class AbsoluteError(NumberLoss):
    """The absolute error; what is predicted is a median, which outliers do not pull.

    A target is taken from the median, in units of the mean distance from it.

    Examples
    --------
    >>> import numpy as np
    >>> AbsoluteError().center_and_scale(np.array([0.0, 1.0, 8.0]))
    (np.float64(1.0), np.float64(2.6666666666666665))
    """

    metric = "d2_absolute_error"

    def center_and_scale(self, y):
        """Return the median, and the mean distance from it."""
        center = np.median(y, axis=0)
        return center, deviation_from(y, center)

    def of(self, targets, logits):
        """Return the absolute error of each target."""
        return ops.abs(logits - targets)

    def score(self, truth, predicted, weights):
        """Return the share of the absolute error around the median that is explained (D2)."""
        return float(metrics.d2_absolute_error_score(truth, predicted, sample_weight=weights))
