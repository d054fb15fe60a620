"""Calibration of probabilities by temperature scaling."""

from dataclasses import replace

import numpy as np
from scipy.optimize import minimize_scalar

from tabemb.nn.losses import CrossEntropy
from tabemb.nn.tasks import ClassTask

__all__ = ["best_temperature"]

# Beyond these, all probabilities are equal, or 0 and 1, to the last digit.
BOUNDS = (0.01, 100.0)


def best_temperature(
    task: ClassTask, targets: np.ndarray, logits: np.ndarray, weights: np.ndarray | None = None
) -> float:
    """Return the divisor of the logits that minimizes the log loss (Guo et al. 2017, arXiv:1706.04599).

    Parameters
    ----------
    task : ClassTask
        The task of the logits. Its own loss is not used.
    targets : ndarray of shape (n,) or (n, n_labels)
        Encoded targets of held-out rows.
    logits : ndarray of shape (n, n_outputs)
        Logits of these rows.
    weights : ndarray of shape (n,), optional
        Weight of each row.

    Examples
    --------
    One of four predictions with odds of 81:1 is wrong, so that the odds should be 3:1.

    >>> from tabemb.nn.tasks import Binary
    >>> task = Binary(np.array(["no", "yes"]))
    >>> logits = np.log([[81.0], [81.0], [81.0], [81.0]])
    >>> round(best_temperature(task, np.array([1, 1, 1, 0], np.float32), logits), 3)
    4.0
    """
    likelihood = replace(task, loss_spec=CrossEntropy())

    def log_loss(log_temperature):
        losses = likelihood.loss(targets, (logits / np.exp(log_temperature)).astype("float32"))
        return np.average(np.asarray(losses, "float64"), weights=weights)

    found = minimize_scalar(log_loss, bounds=np.log(BOUNDS), method="bounded", options={"xatol": 1e-4})
    return float(np.exp(found.x))
