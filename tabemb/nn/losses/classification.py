"""The losses of classification: cross-entropy and focal loss."""

from numbers import Real

import numpy as np
from keras import ops

from tabemb.nn.losses.loss import LOSSES, ClassLoss

__all__ = ["CrossEntropy", "FocalLoss"]

# The gradient of a power is not finite near 0.
SMALLEST_SHARE = 1e-7


@LOSSES.register("cross_entropy")
class CrossEntropy(ClassLoss):
    """The log loss: the negative logarithm of the probability of the true class.

    Examples
    --------
    >>> import numpy as np
    >>> np.asarray(CrossEntropy().of_classes(np.array([1]), np.array([[0.0, 0.0]], "float32"))).round(4)
    array([0.6931], dtype=float32)
    """

    def of_labels(self, targets, logits):
        """Return the binary cross-entropy of each label."""
        return ops.binary_crossentropy(targets, logits, from_logits=True)

    def of_each_class(self, logits):
        """Return the negative logarithm of each probability."""
        return -ops.log_softmax(logits, axis=1)

    def of_classes(self, targets, logits):
        """Return the cross-entropy of each row."""
        return ops.sparse_categorical_crossentropy(targets, logits, from_logits=True)


@LOSSES.register("focal")
class FocalLoss(ClassLoss):
    """A cross-entropy that down-weights well-classified rows (Lin et al. 2017, arXiv:1708.02002, eq. 4).

    ``-(1 - p) ** gamma * log(p)``, where p is the probability of the true class. The class weights (alpha in the paper)
    are the classifier's ``class_weight``. Predicted probabilities are underconfident; see the classifier's
    ``calibration``.

    Parameters
    ----------
    gamma : float, default=2.0
        Strength of the down-weighting, 0 or more; 0 is the cross-entropy.

    Examples
    --------
    >>> import numpy as np
    >>> np.asarray(FocalLoss(gamma=1.0).of_classes(np.array([1]), np.array([[0.0, 0.0]], "float32"))).round(4)
    array([0.3466], dtype=float32)
    """

    def __init__(self, gamma=2.0):
        self.gamma = gamma

    def check(self):
        """Raise ValueError if gamma is not a number of 0 or more."""
        if isinstance(self.gamma, bool) or not isinstance(self.gamma, Real) or not 0 <= self.gamma < np.inf:
            raise ValueError(f"gamma of the focal loss must be a number of 0 or more, got {self.gamma!r}.")

    def of_labels(self, targets, logits):
        """Return the focal loss of each label."""
        cost_of_no, cost_of_yes = ops.softplus(logits), ops.softplus(-logits)
        # exp(-cost of "no") is 1 - p, without rounding p first; likewise for "yes".
        yes = ops.exp(-self.gamma * cost_of_no) * cost_of_yes
        no = ops.exp(-self.gamma * cost_of_yes) * cost_of_no
        return targets * yes + (1 - targets) * no

    def of_each_class(self, logits):
        """Return the focal loss of each class."""
        log_shares = ops.log_softmax(logits, axis=1)
        others = ops.maximum(1 - ops.exp(log_shares), SMALLEST_SHARE)
        return -ops.power(others, self.gamma) * log_shares
