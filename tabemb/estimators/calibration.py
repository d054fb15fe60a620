"""Calibration: probabilities that are as sure as they are right."""

from dataclasses import replace

import numpy as np
from scipy.optimize import minimize_scalar

from tabemb.nn.losses import CrossEntropy
from tabemb.nn.network import Network
from tabemb.nn.tasks import ClassTask
from tabemb.training.batches import Rows
from tabemb.training.forward import forward_of

__all__ = ["best_temperature", "held_out_logits"]

# Beyond these, probabilities are all alike or all certain to the last digit.
BOUNDS = (0.01, 100.0)
# Rows that go through the members of a network at once.
PORTION = 8192


def best_temperature(
    task: ClassTask, targets: np.ndarray, logits: np.ndarray, weights: np.ndarray | None = None
) -> float:
    """Return what the logits are to be divided by, so that the log loss is least (Guo et al. 2017, arXiv:1706.04599).

    Parameters
    ----------
    task : ClassTask
        What the logits are of; its loss does not matter.
    targets : ndarray of shape (n,) or (n, n_labels)
        Encoded targets of rows that were not trained on.
    logits : ndarray of shape (n, n_outputs)
        Of these rows.
    weights : ndarray of shape (n,), optional
        Weight of each row.

    Examples
    --------
    Of four answers with the odds 81:1, one is wrong. The odds should be 3:1.

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


def held_out_logits(network: Network, rows: Rows) -> np.ndarray:
    """Return the logits of rows by what was not trained on them, of shape (n, n_outputs).

    Parameters
    ----------
    network : Network
        Trained.
    rows : Rows
        A validation part. Where its rows have folds, each is answered by the member that left it out, and by no other.
    """
    if rows.folds is None:
        return forward_of(network).logits(rows.table)
    parts = []
    for start in range(0, len(rows), PORTION):
        part = rows.take(np.arange(start, min(start + PORTION, len(rows))))
        vectors = [network.vectors(each)[part.table.indices[:, each.position]] for each in network.spec.embedded]
        given = {"indices": part.table.indices, "numbers": part.table.numbers}
        if vectors:
            given["vectors"] = np.concatenate(vectors, axis=1)
        logits = network.trunk({name: given[name] for name in network.trunk.input}, training=False)
        parts.append(np.asarray(logits)[np.arange(len(part)), part.folds])
    return np.concatenate(parts)
