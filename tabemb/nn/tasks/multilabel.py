"""The task of several binary labels per row."""

from dataclasses import dataclass

import numpy as np
from keras import ops

from tabemb.exceptions import DataError
from tabemb.inference.answers import MultilabelAnswer
from tabemb.nn.tasks.task import TASKS, ClassTask, as_columns, relative

__all__ = ["Multilabel"]


@TASKS.register("multilabel")
@dataclass(frozen=True)
class Multilabel(ClassTask):
    """Several binary labels per row (an indicator matrix), one logit each, sigmoid.

    Examples
    --------
    >>> task = Multilabel.from_targets(np.array([[0, 1], [1, 1]]))
    >>> task.decide(task.activate(np.array([[-1.0, 3.0]])))
    array([[0, 1]])
    """

    n_labels: int

    @classmethod
    def from_targets(cls, y, loss=None, **params):
        """Learn the number of labels from an indicator matrix of shape (n, n_labels)."""
        return cls(y.shape[1], **({} if loss is None else {"loss_spec": loss}), **params)

    @property
    def classes(self):
        """The two values of every label."""
        return np.array([0, 1])

    @property
    def n_outputs(self):
        """Number of labels."""
        return self.n_labels

    def encode(self, y):
        """Return the indicators as float32; raise DataError if a cell is neither 0 nor 1."""
        indicators = as_columns(y, self.n_labels)
        if wrong := sorted(set(np.unique(indicators).tolist()) - {0.0, 1.0}):
            raise DataError(
                f"A multilabel target is a matrix of 0 and 1 with one column per label; a cell holds {wrong[0]:g}. "
                "Use EmbeddingRegressor for several numbers per row, and one classifier per column of classes."
            )
        return indicators

    def start(self, targets, sample_weight=None):
        """Return the log-odds of each label."""
        weights = relative(sample_weight, len(targets))
        return np.log(weights @ targets + 0.5) - np.log(weights @ (1 - targets) + 0.5)

    def loss(self, targets, logits):
        """Return the mean loss of each row's labels."""
        return ops.mean(self.loss_spec.of_labels(targets, logits), axis=1)

    def training_loss(self, targets, logits):
        """Return the mean loss of each row's labels, with smoothed targets."""
        return self.loss(self.smoothed(targets), logits)

    @property
    def answer(self):
        """Probabilities of the labels, shape (n, n_labels)."""
        return MultilabelAnswer(self.classes, self.temperature)

    def score(self, targets, activated, sample_weight=None):
        """Return the fraction of correct labels."""
        return float(np.average((targets == (activated > 0.5)).mean(axis=1), weights=sample_weight))

    def to_state(self):
        """Return the number of labels and the state of all tasks with classes."""
        return {"n_labels": self.n_labels, **super().to_state()}

    @classmethod
    def from_state(cls, state):
        """Return the task from the output of :meth:`to_state`."""
        return cls(state["n_labels"], **cls._from_state(state))
