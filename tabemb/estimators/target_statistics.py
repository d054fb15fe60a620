"""Target statistics: the mean target of each category, shrunk towards the mean of all rows."""

from collections.abc import Sequence

import numpy as np

from tabemb.nn.tasks import Task

__all__ = ["shrunk_means", "target_columns", "target_suffixes"]


def target_columns(task: Task, targets: np.ndarray) -> np.ndarray:
    """Return the numbers to average.

    Parameters
    ----------
    task : Task
        The fitted task.
    targets : ndarray of shape (n,) or (n, n_outputs)
        Targets before encoding.

    Returns
    -------
    ndarray of float64 of shape (n, n_columns)
        For two classes, an indicator of the second; for more classes, one indicator per class; labels and numbers
        unchanged.

    Examples
    --------
    >>> from tabemb.nn.tasks import Multiclass
    >>> target_columns(Multiclass.from_targets(np.array([3, 1, 2])), np.array([3, 1]))
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """
    if task.is_classifier and targets.ndim == 1:
        return (targets[:, None] == _indicator_classes(task)).astype("float64")
    return targets.reshape(len(targets), -1).astype("float64")


def target_suffixes(task: Task) -> list[str]:
    """Return the suffixes of the names of the columns of :func:`target_columns`; empty for a single column."""
    classes = _indicator_classes(task) if task.is_classifier else ()
    if len(classes) > 1:
        return [f"_{name}" for name in classes]
    return [""] if task.n_outputs == 1 else [f"_{position}" for position in range(task.n_outputs)]


def _indicator_classes(task) -> Sequence:
    return task.classes[1:] if len(task.classes) == 2 else task.classes


def shrunk_means(indices: np.ndarray, columns: np.ndarray, size: int, weights: np.ndarray | None = None) -> np.ndarray:
    """Return the mean of each category, shrunk towards the mean of all rows by empirical Bayes.

    The result for a category of n rows is ``share * mean of the category + (1 - share) * mean of all rows`` with
    ``share = n * variance of all rows / (n * variance of all rows + variance within the category)``: Micci-Barreca
    (2001), "A preprocessing scheme for high-cardinality categorical attributes", equations 5 and 6, as in
    scikit-learn's ``TargetEncoder``.

    Parameters
    ----------
    indices : ndarray of int of shape (n,)
        Category of each row.
    columns : ndarray of float64 of shape (n, n_columns)
        Output of :func:`target_columns`.
    size : int
        Number of categories.
    weights : ndarray of shape (n,), optional
        Weight of each row. A weight of 2 counts the row twice.

    Returns
    -------
    ndarray of float64 of shape (size, n_columns)
        Categories without rows have the mean of all rows.

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
    # 0 / 0 without rows, or without any variance: NaN, which becomes the mean of all rows.
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.bincount(indices, weights * values, minlength=len(counts)) / counts
        within = np.bincount(indices, weights * (values - means[indices]) ** 2, minlength=len(counts)) / counts
        shares = variance * counts / (variance * counts + within)
        return np.where(np.isnan(shares), overall, shares * means + (1 - shares) * overall)
