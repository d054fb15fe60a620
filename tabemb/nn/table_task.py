"""The base class of tasks whose targets are the cells of the table itself."""

import hashlib
from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from keras import ops

from tabemb.nn.tasks import Task

__all__ = ["TableTask", "digest_of", "entropy"]

# Rows of a batch of a validation loss. Even, since pairs of rows stay together.
VALIDATION_ROWS = 512
# Smallest entropy by which a loss is divided, in nats.
LEAST_ENTROPY = 1e-3


class TableTask(Task):
    """A task without a target: its loss is 1 if nothing is known about the cells of a row.

    The loss of a row may depend on the other rows of its batch.
    """

    metric: ClassVar[str] = "explained"

    def loss(self, targets, logits):
        """Return the loss of each row, in batches of 512 rows."""
        starts = range(0, len(targets), VALIDATION_ROWS)
        parts = [
            self.training_loss(
                ops.convert_to_tensor(targets[start : start + VALIDATION_ROWS]),
                ops.convert_to_tensor(logits[start : start + VALIDATION_ROWS]),
            )
            for start in starts
        ]
        return np.concatenate([ops.convert_to_numpy(part) for part in parts])

    def activate(self, logits):
        """Return the logits; there is nothing to predict."""
        return logits

    def score(self, targets, activated, sample_weight=None):
        """Return the share of the loss of an ignorant model that is explained, at most 1."""
        return 1.0 - float(self.loss(targets, activated).mean())


def entropy(shares: npt.NDArray[np.floating[Any]]) -> float:
    """Return the entropy of a distribution in nats, at least 0.001.

    Examples
    --------
    >>> round(entropy(np.array([0.5, 0.5])), 3)
    0.693
    """
    present = shares[shares > 0]
    return max(float(-(present * np.log(present)).sum()), LEAST_ENTROPY)


def digest_of(arrays: Iterable[npt.ArrayLike]) -> str:
    """Return a digest of numbers that are compiled into a loss."""
    digest = hashlib.sha256()
    for each in arrays:
        digest.update(np.ascontiguousarray(each, np.float64).tobytes())
    return digest.hexdigest()
