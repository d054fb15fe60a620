"""Find the cells of a row that are swapped: the task of the objective "corrupted"."""

from dataclasses import dataclass

import numpy as np
from keras import ops

from tabemb.nn.table_task import TableTask, digest_of, entropy

__all__ = ["SwapTask"]


@dataclass(frozen=True, eq=False)
class SwapTask(TableTask):
    """Whether each cell of a row has another value than the row of the table, from one logit per column.

    The loss of a column is divided by its entropy: it is 1 if nothing is known about a cell.

    Parameters
    ----------
    shares : tuple of float
        Share of the cells of each column that have another value. The logits are relative to it.

    Examples
    --------
    >>> task = SwapTask((0.2, 0.3))
    >>> loss = task.training_loss(np.array([[0.0, 1.0]], np.float32), np.zeros((1, 2), np.float32))
    >>> task.n_outputs, round(float(loss[0]), 3)
    (2, 1.208)
    """

    shares: tuple[float, ...]

    @property
    def n_outputs(self):
        """Number of columns."""
        return len(self.shares)

    def loss_key(self):
        """Return a digest of the shares, which are compiled in."""
        return type(self), digest_of(self.shares)

    def training_loss(self, targets, logits):
        """Return the loss of each row, 1 on average if nothing is known about its cells.

        Parameters
        ----------
        targets : tensor of float of shape (batch, n_columns)
            1 for the cells with another value.
        logits : tensor of shape (batch, n_columns)
        """
        shares = np.clip(np.array(self.shares), 1e-6, 1 - 1e-6)
        scores = logits + np.log(shares / (1 - shares)).astype(np.float32)
        weights = 1 / np.array([entropy(np.array([share, 1 - share])) for share in shares])
        losses = ops.softplus(scores) - targets * scores
        return ops.matmul(losses, (weights / len(shares)).astype(np.float32)[:, None])[:, 0]
