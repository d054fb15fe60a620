"""Tell the other view of a row from those of other rows: the task of the objective "contrastive"."""

from dataclasses import dataclass

from keras import ops

from tabemb.nn.table_task import TableTask

__all__ = ["ViewTask"]

# Score of a view that is not there.
NEVER = -1e9


@dataclass(frozen=True)
class ViewTask(TableTask):
    """Which view in the batch is that of the same row, by the cosines of projections (InfoNCE).

    The loss is divided by the logarithm of the number of views: it is 1 if nothing is known about a row. Views of rows
    that are not in the same portion of the batch do not count.

    Parameters
    ----------
    n_dims : int
        Number of dimensions of the projections.
    temperature : float
        The cosines are divided by it.

    Examples
    --------
    >>> import numpy as np
    >>> targets = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.int32)
    >>> loss = ViewTask(2, 1.0).training_loss(targets, np.eye(2, dtype=np.float32)[[0, 0, 1, 1]])
    >>> [round(float(each), 3) for each in loss]
    [0.904, 0.0, 0.904, 0.0]
    """

    n_dims: int
    temperature: float

    @property
    def n_outputs(self):
        """Number of dimensions of the projections."""
        return self.n_dims

    def loss_key(self):
        """Return the dimensions and the temperature."""
        return type(self), self.n_dims, self.temperature

    def training_loss(self, targets, logits):
        """Return twice the loss of each row, and 0 for each other view, so that the mean is that over the rows.

        Parameters
        ----------
        targets : tensor of int of shape (batch, 2)
            The number of the row, and 1 for its other view.
        logits : tensor of shape (batch, n_dims)
            Projections.
        """
        rows, views = (ops.nonzero(ops.equal(targets[:, 1], kind))[0] for kind in (0, 1))
        unit = logits / ops.sqrt(ops.maximum(ops.sum(ops.square(logits), axis=1, keepdims=True), 1e-12))
        cosines = ops.matmul(ops.take(unit, rows, axis=0), ops.transpose(ops.take(unit, views, axis=0)))
        scores = cosines / self.temperature
        numbers = targets[:, 0]
        same = ops.cast(ops.take(numbers, rows)[:, None] == ops.take(numbers, views)[None, :], "float32")
        # A row without its other view has no loss, and there may be no view at all.
        none = ops.full((ops.shape(rows)[0], 1), NEVER)
        among = ops.logsumexp(ops.concatenate([scores, none], axis=1), axis=1)
        losses = (among - ops.sum(scores * same, axis=1)) * ops.sum(same, axis=1)
        ignorant = ops.log(ops.cast(ops.maximum(ops.shape(views)[0], 2), "float32"))
        return ops.scatter(rows[:, None], 2 * losses / ignorant, (ops.shape(targets)[0],))
