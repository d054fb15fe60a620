"""The cross-entropy."""

from keras import ops

from tabemb.nn.losses.loss import LOSSES, ClassLoss

__all__ = ["CrossEntropy"]


@LOSSES.register("cross_entropy")
class CrossEntropy(ClassLoss):
    """The log loss: minus the logarithm of the probability of the true class.

    Examples
    --------
    >>> import numpy as np
    >>> np.asarray(CrossEntropy().of_classes(np.array([1]), np.array([[0.0, 0.0]], "float32"))).round(4)
    array([0.6931], dtype=float32)
    """

    def of_labels(self, targets, logits):
        """Return the binary cross-entropy of each answer."""
        return ops.binary_crossentropy(targets, logits, from_logits=True)

    def of_each_class(self, logits):
        """Return minus the logarithm of each probability."""
        return -ops.log_softmax(logits, axis=1)

    def of_classes(self, targets, logits):
        """Return the cross-entropy of each row."""
        return ops.sparse_categorical_crossentropy(targets, logits, from_logits=True)
