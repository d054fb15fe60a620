"""Tasks with one class per row: two classes, or many."""

from dataclasses import dataclass, replace

import numpy as np
from keras import ops
from sklearn import metrics

from tabemb.exceptions import DataError
from tabemb.inference.answers import BinaryAnswer, MulticlassAnswer, classes_from_state, classes_to_state
from tabemb.nn.tasks.task import TASKS, ClassTask, relative

__all__ = ["Binary", "Multiclass"]


@dataclass(frozen=True)
class _Classes(ClassTask):
    """One class per row."""

    classes: np.ndarray

    @classmethod
    def from_targets(cls, y, loss=None, **params):
        """Learn the classes from the targets."""
        return cls(np.unique(y), **({} if loss is None else {"loss_spec": loss}), **params)

    def encode(self, y):
        index = np.searchsorted(self.classes, y).clip(0, len(self.classes) - 1)
        strange = self.classes[index] != y
        if strange.any():
            raise DataError(
                f"The target has a class that was not in the first fit: {np.unique(y[strange]).tolist()[0]!r}. "
                f"Known classes: {self.classes.tolist()}. Call fit to learn it."
            )
        return index.astype("int32")

    def _log_shares(self, targets, sample_weight):
        weights = relative(sample_weight, len(targets))
        # Half a row is added to each class, so that a class without rows has a finite logarithm.
        return np.log(np.bincount(targets.astype("int64"), weights, minlength=len(self.classes)) + 0.5)

    def score(self, targets, activated, sample_weight=None):
        return float(metrics.accuracy_score(targets, activated.argmax(axis=1), sample_weight=sample_weight))

    def to_state(self):
        return {**classes_to_state(self.classes), **super().to_state()}

    @classmethod
    def from_state(cls, state):
        return cls(classes_from_state(state), **cls._from_state(state))


@TASKS.register("binary")
@dataclass(frozen=True)
class Binary(_Classes):
    """Two classes, one logit, sigmoid.

    Parameters
    ----------
    classes : ndarray of shape (2,)
        The classes, sorted.
    offset : float, default=0.0
        Added to the logit, after the temperature, before it becomes a probability. The loss does not read it.

    Examples
    --------
    >>> task = Binary.from_targets(np.array(["late", "on time", "late"]))
    >>> task.encode(np.array(["on time"]))
    array([1.], dtype=float32)
    >>> task.decide(task.activate(np.array([[-2.0]])))
    array(['late'], dtype='<U7')
    """

    offset: float = 0.0

    def encode(self, y):
        """Return 0.0 for the first class and 1.0 for the second."""
        return super().encode(y).astype("float32")

    def start(self, targets, sample_weight=None):
        """Return the log-odds of the second class."""
        first, second = self._log_shares(targets, sample_weight)
        return np.array([second - first])

    def loss(self, targets, logits):
        """Return the loss of each row."""
        return self.loss_spec.of_labels(targets[:, None], logits)[:, 0]

    def training_loss(self, targets, logits):
        """Return the loss of each row, with smoothed targets."""
        return self.loss(self.smoothed(targets), logits)

    @property
    def answer(self):
        """Probabilities of both classes, shape (n, 2)."""
        return BinaryAnswer(self.classes, self.temperature, self.offset)

    def to_state(self):
        """Return the classes, the offset and the state of all tasks with classes."""
        return {**super().to_state(), "offset": float(self.offset)}

    @classmethod
    def from_state(cls, state):
        """Return the task from the output of :meth:`to_state`; without an offset, it is 0."""
        return replace(super().from_state(state), offset=state.get("offset", 0.0))


@TASKS.register("multiclass")
class Multiclass(_Classes):
    """Three or more classes, one logit each, softmax.

    Examples
    --------
    >>> task = Multiclass.from_targets(np.array([3, 1, 2]))
    >>> task.decide(task.activate(np.array([[0.0, 0.1, 2.0]])))
    array([3])
    """

    @property
    def n_outputs(self):
        """Number of classes."""
        return len(self.classes)

    def start(self, targets, sample_weight=None):
        """Return the logarithms of the class frequencies, centered at 0."""
        log_shares = self._log_shares(targets, sample_weight)
        return log_shares - log_shares.mean()

    def loss(self, targets, logits):
        """Return the loss of each row."""
        return self.loss_spec.of_classes(targets, logits)

    def training_loss(self, targets, logits):
        """Return the loss of each row, with label smoothing over all classes."""
        if not self.label_smoothing:
            return self.loss(targets, logits)
        of_any = ops.mean(self.loss_spec.of_each_class(logits), axis=1)
        return (1 - self.label_smoothing) * self.loss(targets, logits) + self.label_smoothing * of_any

    @property
    def answer(self):
        """Probabilities of all classes, shape (n, n_classes)."""
        return MulticlassAnswer(self.classes, self.temperature)
