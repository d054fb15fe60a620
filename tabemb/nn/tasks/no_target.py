"""The task of a fit without a target, which learns from the table alone."""

from dataclasses import dataclass

import numpy as np

from tabemb.nn.tasks.task import Task

__all__ = ["NoTarget"]


@dataclass(frozen=True)
class NoTarget(Task):
    """No target: there are vectors, but no predictions. Not among the tasks of targets, so not registered.

    Examples
    --------
    >>> NoTarget().encode(np.empty(2)), NoTarget().n_outputs
    (array([0., 0.], dtype=float32), 1)
    """

    @classmethod
    def from_targets(cls, y, loss=None):
        """Return the task; there is nothing to learn."""
        return cls()

    def encode(self, y):
        """Return zeros, which nothing reads."""
        return np.zeros(len(y), np.float32)
