"""Held-out rows: their logits and losses, also with other vectors, and whether a loss rises."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from tabemb.nn.members import deal_to_members, portions_of_members
from tabemb.nn.network import Network
from tabemb.nn.tasks import Task
from tabemb.training.batches import Rows
from tabemb.training.forward import forward_of

__all__ = ["held_out_logits", "held_out_losses", "mean_and_error", "sample_of"]

# Rows per forward pass.
PORTION = 8192
# Rows that are kept for importances.
MOST_ROWS = 2000
NO_VECTORS: Mapping[str, np.ndarray] = MappingProxyType({})


def held_out_logits(network: Network, rows: Rows, vectors: Mapping[str, np.ndarray] = NO_VECTORS) -> np.ndarray:
    """Return the logits of a validation set, of shape (n, n_outputs).

    Parameters
    ----------
    network : Network
        A trained network.
    rows : Rows
        The validation set. If its rows have folds, each gets the logits of the member that held it out.
    vectors : mapping of str to ndarray of shape (n, embedding_dim), optional
        For some columns, the vectors of the rows, which replace those of the network.
    """
    if rows.folds is None and not vectors:
        return forward_of(network).logits(rows.table)
    table, logits = rows.table, np.empty((len(rows), network.spec.n_outputs), np.float32)
    looked_up = [
        vectors[each.name] if each.name in vectors else network.looked_up(each, table) for each in network.spec.embedded
    ]
    given = {"indices": table.indices, "numbers": table.numbers}
    if looked_up:
        given["vectors"] = np.concatenate(looked_up, axis=1)

    def answers(chosen):
        inputs = {name: given[name][chosen] for name in network.trunk.input}
        return np.asarray(network.trunk(inputs, training=False))

    if rows.folds is None:
        for start in range(0, len(rows), PORTION):
            chosen = slice(start, start + PORTION)
            its = answers(chosen)
            logits[chosen] = its if its.ndim == 2 else its.mean(axis=1)
        return logits
    with portions_of_members():
        for chosen, real, member in deal_to_members(rows.folds, network.trunk.output.shape[1], PORTION):
            its = answers(chosen)
            logits[chosen[real]] = its[real % len(its), member]
    return logits


def held_out_losses(
    network: Network, task: Task, rows: Rows, vectors: Mapping[str, np.ndarray] = NO_VECTORS
) -> np.ndarray:
    """Return the loss of each row of a validation set, of shape (n,); parameters as of :func:`held_out_logits`."""
    return np.asarray(task.loss(rows.targets, held_out_logits(network, rows, vectors)), np.float64)


def mean_and_error(values: np.ndarray, weights: np.ndarray | None = None) -> tuple[float, float]:
    """Return a weighted mean and its standard error.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Values of independent rows.
    weights : ndarray of shape (n,), optional
        Their weights.

    Examples
    --------
    >>> mean_and_error(np.array([1.0, 3.0, 1.0, 3.0]))
    (2.0, 0.5)
    """
    mean = np.average(values, weights=weights)
    return float(mean), float(np.sqrt(np.average((values - mean) ** 2, weights=weights) / len(values)))


def sample_of(rows: Rows) -> Rows:
    """Return a copy of some of the rows, at most 2,000 of them.

    Parameters
    ----------
    rows : Rows
        Validation rows, or training rows if there are none.
    """
    n = len(rows)
    chosen = np.arange(n) if n <= MOST_ROWS else np.sort(np.random.default_rng(0).choice(n, MOST_ROWS, replace=False))
    return rows.take(chosen)
