"""The squared error."""

from keras import ops

from tabemb.nn.losses.loss import LOSSES, NumberLoss

__all__ = ["SquaredError"]


@LOSSES.register("squared_error")
class SquaredError(NumberLoss):
    """The squared error of the standardised target; what is predicted is a mean.

    Examples
    --------
    >>> import numpy as np
    >>> np.asarray(SquaredError().of(np.array([1.0]), np.array([3.0])))
    array([4.])
    """

    def of(self, targets, logits):
        """Return the squared error of each target."""
        return ops.square(logits - targets)
