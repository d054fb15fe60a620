"""What a network is trained on, as NumPy arrays and, in memory once, as tensors."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import tensorflow as tf

from tabemb.table.encoded_table import EncodedTable

__all__ = ["Rows"]


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Encoded rows with their targets and weights.

    Parameters
    ----------
    table : EncodedTable
        Indices (n, n_categorical) and numbers (n, n_numbers).
    targets : ndarray of shape (n,) or (n, n_outputs)
        What the task made of the targets.
    weights : ndarray of shape (n,), optional
        Weight of each row in the loss.
    """

    table: EncodedTable
    targets: np.ndarray
    weights: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.table)

    def take(self, rows: np.ndarray) -> "Rows":
        """Return some of the rows."""
        return Rows(
            table=self.table.take(rows),
            targets=self.targets[rows],
            weights=None if self.weights is None else self.weights[rows],
        )

    @cached_property
    def tensors(self) -> dict[str, tf.Tensor]:
        """The rows as tensors; weights are scaled to a mean of 1."""
        weights = np.ones(len(self)) if self.weights is None else self.weights / self.weights.mean()
        return {
            "indices": tf.constant(self.table.indices),
            "numbers": tf.constant(self.table.numbers),
            "targets": tf.constant(self.targets),
            "weights": tf.constant(weights.astype("float32")),
        }
