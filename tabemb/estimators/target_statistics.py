"""The mean target of each category, shrunk towards that of all rows: a number beside the vector."""

from collections.abc import Sequence

import numpy as np

from tabemb.nn.tasks import Task

__all__ = ["shrunk_means", "target_columns", "target_suffixes"]


def target_columns(task: Task, targets: np.ndarray) -> np.ndarray:
    """Return the numbers whose means are taken.

    Parameters
    ----------
    task : Task
        What is predicted.
    targets : ndarray of shape (n,) or (n, n_outputs)
        As they came.

    Returns
    -------
    ndarray of float64 of shape (n, n_columns)
        Of two classes whether it is the second, of more whether it is each; labels and numbers as they are.

    Examples
    --------
    >>> from tabemb.nn.tasks import Multiclass
    >>> target_columns(Multiclass.from_targets(np.array([3, 1, 2])), np.array([3, 1]))
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """
    if task.is_classifier and targets.ndim == 1:
        return (targets[:, None] == _shown_classes(task)).astype("float64")
    return targets.reshape(len(targets), -1).astype("float64")


def target_suffixes(task: Task) -> list[str]:
    """Return what tells the columns of :func:`target_columns` apart, in names: nothing where there is one."""
    classes = _shown_classes(task) if task.is_classifier else ()
    if len(classes) > 1:
        return [f"_{name}" for name in classes]
    return [""] if task.n_outputs == 1 else [f"_{place}" for place in range(task.n_outputs)]


def _shown_classes(task) -> Sequence:
    return task.classes[1:] if len(task.classes) == 2 else task.classes


def shrunk_means(indices: np.ndarray, columns: np.ndarray, size: int, weights: np.ndarray | None = None) -> np.ndarray:
    """Return the mean of each category, mixed with the mean of all rows by an empirical Bayes estimate.

    A category of n rows has ``share * its mean + (1 - share) * mean of all`` with
    ``share = n * variance of all / (n * variance of all + variance within it)``: Micci-Barreca (2001), "A preprocessing
    scheme for high-cardinality categorical attributes", equations 5 and 6, as scikit-learn's ``TargetEncoder`` has it.

    Parameters
    ----------
    indices : ndarray of int of shape (n,)
        The category of each row.
    columns : ndarray of float64 of shape (n, n_columns)
        From :func:`target_columns`.
    size : int
        How many categories there are.
    weights : ndarray of shape (n,), optional
        Weight of each row; a weight of 2 is the row twice.

    Returns
    -------
    ndarray of float64 of shape (size, n_columns)
        A category without rows has the mean of all.

    Examples
    --------
    >>> shrunk_means(np.array([0, 0, 1, 1]), np.array([[0.0], [0.0], [1.0], [0.0]]), 3).round(3)
    array([[0.  ],
           [0.4 ],
           [0.25]])
    """
    weights = np.ones(len(indices)) if weights is None else weights
    counts = np.bincount(indices, weights, minlength=size)
    return np.column_stack([_shrunk_mean(indices, column, counts, weights) for column in columns.T])


def _shrunk_mean(indices, values, counts, weights):
    overall = np.average(values, weights=weights)
    variance = np.average((values - overall) ** 2, weights=weights)
    # Without rows 0 / 0, and so where neither all values differ nor those of the category: NaN, the mean of all.
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.bincount(indices, weights * values, minlength=len(counts)) / counts
        within = np.bincount(indices, weights * (values - means[indices]) ** 2, minlength=len(counts)) / counts
        shares = variance * counts / (variance * counts + within)
        return np.where(np.isnan(shares), overall, shares * means + (1 - shares) * overall)
