"""The base classes of tasks: encoding of targets, loss, and predictions from logits."""

import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from keras import ops

from tabemb.exceptions import DataError
from tabemb.inference.answers import Answer
from tabemb.nn.losses import ClassLoss, CrossEntropy, Loss, loss_from_state
from tabemb.registry import Registry

__all__ = ["TASKS", "ClassTask", "Task", "as_columns", "relative"]


class Task:
    """A kind of target, fitted to the training targets.

    Attributes
    ----------
    is_classifier : bool
        Whether it has classes.
    metric : str
        Name of the metric that is shown with the loss.
    grouped : bool
        Whether the loss compares the rows of a group. The number of the group is then the last column of the targets,
        and rows of a group stay together in batches, in portions of them, and in splits.
    """

    is_classifier: ClassVar[bool] = False
    metric: str = ""
    grouped: ClassVar[bool] = False

    @classmethod
    def from_targets(cls, y: np.ndarray, loss: Loss | None = None) -> "Task":
        """Learn classes or scale from the training targets; the loss has a default."""
        raise TypeError("a task must define from_targets(y)")

    @property
    def n_outputs(self) -> int:
        """Number of logits."""
        return 1

    def encode(self, y: np.ndarray) -> np.ndarray:
        """Return the targets as the loss requires them, shape (n,) or (n, n_outputs)."""
        raise TypeError("a task must define encode(y)")

    def start(self, targets: np.ndarray, sample_weight: np.ndarray | None = None) -> np.ndarray:
        """Return the logits of the best constant prediction, shape (n_outputs,), from encoded targets.

        Starting from it saves the network the first steps.
        """
        return np.zeros(self.n_outputs)

    def loss(self, targets: Any, logits: Any) -> Any:
        """Return the loss of each row, a tensor of shape (batch,); reported for validation rows."""
        raise TypeError("a task must define loss(targets, logits)")

    def training_loss(self, targets: Any, logits: Any) -> Any:
        """Return the loss that training minimizes, a tensor of shape (batch,); by default the loss itself."""
        return self.loss(targets, logits)

    def member_losses(self, targets: Any, logits: Any) -> Any:
        """Return the training loss of each row and member, a tensor of shape (batch, n_members).

        Parameters
        ----------
        targets : tensor
            Encoded targets.
        logits : tensor of shape (batch, n_members, n_outputs)
            Logits of each member of the network.
        """
        n_members = logits.shape[1]
        logits = ops.reshape(logits, (-1, logits.shape[2]))
        return ops.reshape(self.training_loss(ops.repeat(targets, n_members, axis=0), logits), (-1, n_members))

    def loss_key(self) -> Hashable:
        """Return a key that is equal for two tasks if and only if their losses are the same function.

        By default it holds everything learned from the targets.
        """
        return type(self), json.dumps(self.to_state(), sort_keys=True)

    @property
    def answer(self) -> Answer:
        """The part of the task that inference needs; it converts logits to predictions."""
        raise TypeError("a task must define answer")

    def activate(self, logits: np.ndarray) -> np.ndarray:
        """Return probabilities or values from logits of shape (n, n_outputs)."""
        return self.answer.activate(logits)

    def decide(self, activated: np.ndarray) -> np.ndarray:
        """Return labels, or the values themselves, from the result of ``activate``."""
        return self.answer.decide(activated)

    def score(self, targets: np.ndarray, activated: np.ndarray, sample_weight: np.ndarray | None = None) -> float:
        """Return the value of ``metric``, from encoded targets."""
        raise TypeError("a task must define score(targets, activated)")

    def sample(self, targets: np.ndarray, most: int) -> np.ndarray:
        """Return at most this many rows to evaluate, all if there are no more; whole groups, if there are groups."""
        return np.linspace(0, len(targets) - 1, min(len(targets), most)).astype(np.intp)

    def to_state(self) -> dict[str, Any]:
        """Return the state as JSON values."""
        raise TypeError("a task must define to_state()")

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "Task":
        """Return the task from the output of :meth:`to_state`."""
        raise TypeError("a task must define from_state(state)")


TASKS: Registry[Task] = Registry("task")


@dataclass(frozen=True, kw_only=True)
class ClassTask(Task):
    """Base class of the tasks with classes.

    Parameters
    ----------
    loss_spec : ClassLoss
        The loss.
    label_smoothing : float
        Fraction of each training target that is spread evenly over all classes (Szegedy et al. 2016, arXiv:1512.00567,
        section 7); in [0, 1).
    temperature : float
        The logits are divided by it before they become probabilities (Guo et al. 2017, arXiv:1706.04599); positive.
    """

    loss_spec: ClassLoss = field(default_factory=CrossEntropy)
    label_smoothing: float = 0.0
    temperature: float = 1.0

    is_classifier: ClassVar[bool] = True
    metric: ClassVar[str] = "accuracy"

    def loss_key(self):
        """Return the loss, the smoothing and the number of logits; the classes themselves do not affect the loss."""
        return type(self), self.n_outputs, self.loss_spec.key(), self.label_smoothing

    def smoothed(self, targets: Any) -> Any:
        """Return binary targets moved towards one half by label smoothing."""
        if not self.label_smoothing:
            return targets
        return targets * (1 - self.label_smoothing) + 0.5 * self.label_smoothing

    def to_state(self):
        """Return the loss, the smoothing and the temperature."""
        return {
            "loss": self.loss_spec.to_state(),
            "label_smoothing": float(self.label_smoothing),
            "temperature": float(self.temperature),
        }

    @staticmethod
    def _from_state(state):
        return {
            "loss_spec": loss_from_state(state["loss"]),
            "label_smoothing": state["label_smoothing"],
            "temperature": state["temperature"],
        }


def as_columns(y: np.ndarray, expected: int) -> np.ndarray:
    """Return targets with several columns as float32; raise DataError if their number differs from the fit."""
    if y.ndim != 2 or y.shape[1] != expected:
        raise DataError(f"The target had {expected} columns at the first fit; now its shape is {y.shape}.")
    return y.astype("float32")


def relative(weights: np.ndarray | None, n_rows: int) -> np.ndarray:
    """Return weights scaled to a mean of 1; ones if there are none."""
    return np.ones(n_rows) if weights is None else weights / weights.mean()
