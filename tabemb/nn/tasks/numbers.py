"""Tasks with numeric targets: one, several, or several quantiles of one."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from keras import ops

from tabemb.exceptions import DataError
from tabemb.inference.answers import NumberAnswer
from tabemb.nn.losses import NumberLoss, QuantileLoss, SquaredError, loss_from_state
from tabemb.nn.tasks.task import TASKS, Task, as_columns

__all__ = ["MultiRegression", "Quantiles", "Regression"]


@TASKS.register("regression")
@dataclass(frozen=True)
class Regression(Task):
    """One number per row, scaled as the loss requires.

    Parameters
    ----------
    center, scale : ndarray of shape () or (n_targets,)
        Subtracted from a target, and what it is then divided by.
    loss_spec : NumberLoss
        The loss.

    Examples
    --------
    >>> task = Regression.from_targets(np.array([10.0, 30.0]))
    >>> task.encode(np.array([30.0])), task.activate(np.array([[1.0]]))
    (array([1.], dtype=float32), array([30.]))
    """

    center: np.ndarray
    scale: np.ndarray
    loss_spec: NumberLoss = field(default_factory=SquaredError)

    several: ClassVar[bool] = False

    @classmethod
    def from_targets(cls, y, loss=None):
        """Learn center and scale from the targets (the scale of a constant target is 1)."""
        y, loss = y.astype("float64"), loss or cls.usual_loss()
        loss.check_targets(y)
        center, scale = loss.center_and_scale(y)
        return cls(np.asarray(center), np.where(scale > 0, scale, 1.0), loss)

    @staticmethod
    def usual_loss() -> NumberLoss:
        """Return the default loss."""
        return SquaredError()

    @property
    def metric(self):
        """Name of the metric that belongs to the loss."""
        return self.loss_spec.metric

    def encode(self, y):
        """Return the scaled targets as float32."""
        self.loss_spec.check_targets(y)
        return ((y - self.center) / self.scale).astype("float32")

    def loss(self, targets, logits):
        """Return the loss of each row."""
        return self.loss_spec.of(targets, logits[:, 0])

    def loss_key(self):
        """Return the loss and the number of logits; center and scale do not affect the loss."""
        return type(self), self.n_outputs, self.loss_spec.key()

    @property
    def answer(self):
        """Values in the units of the target: one per row, or one per row and output."""
        return NumberAnswer(self.center, self.scale, self.loss_spec.link, several=self.several)

    def score(self, targets, activated, sample_weight=None):
        """Return the metric that belongs to the loss: 1 at best, 0 for a constant prediction (and for a single row)."""
        if len(targets) < 2:
            return 0.0
        return self.loss_spec.score(targets * self.scale + self.center, activated, sample_weight)

    def to_state(self):
        """Return center, scale and loss."""
        state = {"center": self.center.tolist(), "scale": self.scale.tolist()}
        return {**state, "loss": self.loss_spec.to_state()}

    @classmethod
    def from_state(cls, state):
        """Return the task from the output of :meth:`to_state`."""
        return cls(np.asarray(state["center"]), np.asarray(state["scale"]), loss_from_state(state["loss"]))


@TASKS.register("multi_regression")
class MultiRegression(Regression):
    """Several numbers per row, each scaled separately; the loss is their mean.

    Examples
    --------
    >>> task = MultiRegression.from_targets(np.array([[0.0, 10.0], [2.0, 30.0]]))
    >>> task.activate(np.array([[1.0, -1.0]]))
    array([[ 2., 10.]])
    """

    several = True

    @classmethod
    def from_targets(cls, y, loss=None):
        """Learn center and scale of each column; raise DataError if the loss predicts several values per target."""
        if loss is not None and loss.n_values > 1:
            raise DataError(
                f"Several quantiles can be predicted for one target only; got {y.shape[1]} targets and "
                f"{loss.n_values} quantiles. "
                "Ask for one quantile, or fit a regressor for each target."
            )
        return super().from_targets(y, loss)

    @property
    def n_outputs(self):
        """Number of targets."""
        return len(self.center)

    def encode(self, y):
        """Return the scaled targets as float32, shape (n, n_outputs)."""
        return super().encode(as_columns(y, self.n_outputs))

    def loss(self, targets, logits):
        """Return the mean loss of each row's targets."""
        return ops.mean(self.loss_spec.of(targets, logits), axis=1)


@TASKS.register("quantiles")
class Quantiles(Regression):
    """Several quantiles of one number per row, which never cross.

    Examples
    --------
    >>> task = Quantiles.from_targets(np.arange(11.0), QuantileLoss((0.1, 0.9)))
    >>> task.activate(np.array([[0.0, 0.0], [0.0, -99.0]])).round(2)
    array([[1.  , 9.78], [1.  , 1.  ]])
    """

    several = True

    @staticmethod
    def usual_loss():
        """Return the loss of the default quantiles."""
        return QuantileLoss()

    @property
    def n_outputs(self):
        """Number of quantiles."""
        return self.loss_spec.n_values

    def loss(self, targets, logits):
        """Return the loss of each row, averaged over its quantiles."""
        return self.loss_spec.of(targets, logits)
