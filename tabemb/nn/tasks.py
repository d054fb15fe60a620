"""What is predicted: how targets become numbers, the loss, and how logits become answers."""

import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from keras import ops
from scipy.special import expit, softmax
from sklearn import metrics
from sklearn.utils.multiclass import type_of_target

from tabemb.exceptions import DataError
from tabemb.registry import Registry
from tabemb.table.keys import key_from_json, key_to_json

__all__ = ["TASKS", "Task", "task_from_state", "task_of"]


class Task:
    """One kind of target, fitted to the targets at hand.

    Attributes
    ----------
    is_classifier : bool
        Whether it has classes.
    metric : str
        Name of the figure shown beside the loss.
    """

    is_classifier: ClassVar[bool] = False
    metric: ClassVar[str] = ""

    @classmethod
    def from_targets(cls, y: np.ndarray) -> "Task":
        """Learn classes or scale from the targets of the training rows."""
        raise TypeError("a task defines from_targets(y)")

    @property
    def n_outputs(self) -> int:
        """Number of logits."""
        return 1

    def encode(self, y: np.ndarray) -> np.ndarray:
        """Return the targets as the loss wants them, shape (n,) or (n, n_outputs)."""
        raise TypeError("a task defines encode(y)")

    def loss(self, targets: Any, logits: Any) -> Any:
        """Return the loss of each row, a tensor of shape (batch,)."""
        raise TypeError("a task defines loss(targets, logits)")

    def loss_key(self) -> Hashable:
        """Return what two tasks have in common exactly when their losses are the same function.

        All that was learned from the targets, unless a task says that its loss does not look at it.
        """
        return type(self), json.dumps(self.to_state(), sort_keys=True)

    def activate(self, logits: np.ndarray) -> np.ndarray:
        """Return probabilities or values from logits of shape (n, n_outputs)."""
        raise TypeError("a task defines activate(logits)")

    def decide(self, activated: np.ndarray) -> np.ndarray:
        """Return labels (or the values themselves) from what ``activate`` gave."""
        return activated

    def score(self, targets: np.ndarray, activated: np.ndarray, sample_weight: np.ndarray | None = None) -> float:
        """Return the figure named by ``metric``, from encoded targets."""
        raise TypeError("a task defines score(targets, activated)")

    def to_state(self) -> dict[str, Any]:
        """Return what ``from_state`` needs, ready for JSON."""
        raise TypeError("a task defines to_state()")

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "Task":
        """Rebuild the task."""
        raise TypeError("a task defines from_state(state)")


TASKS: Registry[Task] = Registry("task")


@dataclass(frozen=True)
class _Classes(Task):
    """A task with classes."""

    classes: np.ndarray

    is_classifier: ClassVar[bool] = True
    metric: ClassVar[str] = "accuracy"

    @classmethod
    def from_targets(cls, y):
        return cls(np.unique(y))

    def encode(self, y):
        index = np.searchsorted(self.classes, y).clip(0, len(self.classes) - 1)
        strange = self.classes[index] != y
        if strange.any():
            raise DataError(
                f"The target has a class that was not there at the first fit: {np.unique(y[strange]).tolist()[0]!r}. "
                f"Known classes: {self.classes.tolist()}. Fit anew to learn it."
            )
        return index.astype("int32")

    def loss_key(self):
        return type(self), self.n_outputs

    def decide(self, activated):
        return self.classes[activated.argmax(axis=1)]

    def score(self, targets, activated, sample_weight=None):
        return float(metrics.accuracy_score(targets, activated.argmax(axis=1), sample_weight=sample_weight))

    def to_state(self):
        return {"classes": [key_to_json(key) for key in self.classes.tolist()], "dtype": self.classes.dtype.str}

    @classmethod
    def from_state(cls, state):
        keys = [key_from_json(key) for key in state["classes"]]
        if state["dtype"] == "|O":
            classes = np.empty(len(keys), dtype=object)
            classes[:] = keys
            return cls(classes)
        return cls(np.array(keys, dtype=np.dtype(state["dtype"])))


@TASKS.register("binary")
class Binary(_Classes):
    """Two classes, one logit, sigmoid.

    Examples
    --------
    >>> task = Binary.from_targets(np.array(["late", "on time", "late"]))
    >>> task.encode(np.array(["on time"]))
    array([1.], dtype=float32)
    >>> task.decide(task.activate(np.array([[-2.0]])))
    array(['late'], dtype='<U7')
    """

    def encode(self, y):
        """Return 0.0 for the first class and 1.0 for the second."""
        return super().encode(y).astype("float32")

    def loss(self, targets, logits):
        """Return the binary cross-entropy of each row."""
        return ops.binary_crossentropy(targets[:, None], logits, from_logits=True)[:, 0]

    def activate(self, logits):
        """Return the probabilities of both classes, shape (n, 2)."""
        positive = expit(logits[:, 0])
        return np.column_stack([1 - positive, positive])


@TASKS.register("multiclass")
class Multiclass(_Classes):
    """Three classes or more, a logit each, softmax.

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

    def loss(self, targets, logits):
        """Return the cross-entropy of each row."""
        return ops.sparse_categorical_crossentropy(targets, logits, from_logits=True)

    def activate(self, logits):
        """Return the probabilities, shape (n, n_classes)."""
        return softmax(logits, axis=1)


@TASKS.register("multilabel")
@dataclass(frozen=True)
class Multilabel(Task):
    """Several yes-or-no targets at once (an indicator matrix), a logit each, sigmoid.

    Examples
    --------
    >>> task = Multilabel.from_targets(np.array([[0, 1], [1, 1]]))
    >>> task.decide(task.activate(np.array([[-1.0, 3.0]])))
    array([[0, 1]])
    """

    n_labels: int

    is_classifier: ClassVar[bool] = True
    metric: ClassVar[str] = "accuracy"

    @classmethod
    def from_targets(cls, y):
        """Take the number of labels from an indicator matrix of shape (n, n_labels)."""
        return cls(y.shape[1])

    @property
    def classes(self):
        """The two answers of every label."""
        return np.array([0, 1])

    @property
    def n_outputs(self):
        """Number of labels."""
        return self.n_labels

    def encode(self, y):
        """Return the indicators as float32; DataError where a cell is neither 0 nor 1."""
        indicators = _columns(y, self.n_labels)
        if wrong := sorted(set(np.unique(indicators).tolist()) - {0.0, 1.0}):
            raise DataError(
                f"A multilabel target is a matrix of 0 and 1, a column a label; a cell holds {wrong[0]:g}. "
                "For several numbers a row use EmbeddingRegressor; for several columns of classes, one classifier each."
            )
        return indicators

    def loss(self, targets, logits):
        """Return the mean binary cross-entropy of each row."""
        return ops.mean(ops.binary_crossentropy(targets, logits, from_logits=True), axis=1)

    def activate(self, logits):
        """Return the probability of each label, shape (n, n_labels)."""
        return expit(logits)

    def decide(self, activated):
        """Return the indicator matrix at the threshold 0.5."""
        return (activated > 0.5).astype(int)

    def score(self, targets, activated, sample_weight=None):
        """Return the share of labels that are right."""
        return float(np.average((targets == (activated > 0.5)).mean(axis=1), weights=sample_weight))

    def to_state(self):
        """Return the number of labels."""
        return {"n_labels": self.n_labels}

    @classmethod
    def from_state(cls, state):
        """Rebuild the task."""
        return cls(state["n_labels"])


@TASKS.register("regression")
@dataclass(frozen=True)
class Regression(Task):
    """One number; the network learns it standardised, by squared error.

    Examples
    --------
    >>> task = Regression.from_targets(np.array([10.0, 30.0]))
    >>> task.encode(np.array([30.0])), task.activate(np.array([[1.0]]))
    (array([1.], dtype=float32), array([30.]))
    """

    mean: np.ndarray
    scale: np.ndarray

    metric: ClassVar[str] = "r2"

    @classmethod
    def from_targets(cls, y):
        """Take mean and standard deviation of the targets (a constant target keeps a scale of 1)."""
        y = y.astype("float64")
        scale = y.std(axis=0)
        return cls(np.asarray(y.mean(axis=0)), np.where(scale > 0, scale, 1.0))

    def encode(self, y):
        """Return the standardised targets as float32."""
        return ((y - self.mean) / self.scale).astype("float32")

    def loss(self, targets, logits):
        """Return the squared error of each row."""
        return ops.square(logits[:, 0] - targets)

    def loss_key(self):
        """Return the number of targets: their mean and scale are taken out before."""
        return type(self), self.n_outputs

    def activate(self, logits):
        """Return values in the units of the target, shape (n,)."""
        return logits[:, 0] * self.scale + self.mean

    def score(self, targets, activated, sample_weight=None):
        """Return the coefficient of determination (0 where the targets do not vary)."""
        if len(targets) < 2:
            return 0.0
        truth = targets * self.scale + self.mean
        return float(metrics.r2_score(truth, activated, sample_weight=sample_weight))

    def to_state(self):
        """Return mean and scale."""
        return {"mean": self.mean.tolist(), "scale": self.scale.tolist()}

    @classmethod
    def from_state(cls, state):
        """Rebuild the task."""
        return cls(np.asarray(state["mean"]), np.asarray(state["scale"]))


@TASKS.register("multi_regression")
class MultiRegression(Regression):
    """Several numbers at once, each standardised, by mean squared error.

    Examples
    --------
    >>> task = MultiRegression.from_targets(np.array([[0.0, 10.0], [2.0, 30.0]]))
    >>> task.activate(np.array([[1.0, -1.0]]))
    array([[ 2., 10.]])
    """

    @property
    def n_outputs(self):
        """Number of targets."""
        return len(self.mean)

    def encode(self, y):
        """Return the standardised targets as float32, shape (n, n_outputs)."""
        return super().encode(_columns(y, self.n_outputs))

    def loss(self, targets, logits):
        """Return the mean squared error of each row."""
        return ops.mean(ops.square(logits - targets), axis=1)

    def activate(self, logits):
        """Return values in the units of the targets, shape (n, n_outputs)."""
        return logits * self.scale + self.mean


def _columns(y, expected):
    if y.ndim != 2 or y.shape[1] != expected:
        raise DataError(f"The target had {expected} columns at the first fit; now its shape is {y.shape}.")
    return y.astype("float32")


def task_of(y: np.ndarray, *, classifier: bool) -> Task:
    """Return the fitted task for targets, as scikit-learn's ``type_of_target`` sees them.

    Parameters
    ----------
    y : ndarray of shape (n,) or (n, n_outputs)
        Targets without missing values.
    classifier : bool
        Whether classes are wanted, or numbers.

    Raises
    ------
    DataError
        When the targets fit no task: one class only, classes of mixed types, or several multiclass columns.

    Examples
    --------
    >>> type(task_of(np.array([0, 1, 1]), classifier=True)).__name__
    'Binary'
    """
    if not classifier:
        return (Regression if y.ndim == 1 else MultiRegression).from_targets(y)
    try:
        kind = type_of_target(y)
    except TypeError as error:
        raise DataError(
            f"The classes are of types that cannot be told apart by order: {error}. Give them as text."
        ) from error
    if kind == "multilabel-indicator":
        return Multilabel.from_targets(y)
    if kind not in ("binary", "multiclass"):
        raise DataError(
            f"Unknown label type: {kind}. A classifier wants a column of classes, or an indicator matrix of 0 and 1 "
            "with a column a label; for numbers use EmbeddingRegressor."
        )
    classes = np.unique(y)
    if len(classes) < 2:
        raise DataError(
            f"The target has one class only: {classes.tolist()[0]!r}. A classifier needs rows of at least two classes."
        )
    return (Binary if len(classes) == 2 else Multiclass).from_targets(y)


def task_from_state(state: Mapping[str, Any]) -> Task:
    """Rebuild a task from ``{"name": ..., **task.to_state()}``."""
    return TASKS[state["name"]].from_state(state)
