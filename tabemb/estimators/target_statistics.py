"""Fit the target statistics of an encoding: which numbers are averaged, of which crosses, on which scale."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tabemb.estimators.cross_choice import choose_crosses
from tabemb.inference.answers import LogLink
from tabemb.nn.tasks import Task
from tabemb.table.encoder import TableEncoder
from tabemb.table.target_statistics import TargetStatistics
from tabemb.training.batches import Rows
from tabemb.vectors.threads import ONE_THREAD

__all__ = ["fit_statistics", "target_columns", "target_suffixes"]

# Most numbers of all rows, for the choice of crosses.
MOST_CELLS = 20_000_000


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


def fit_statistics(
    rows: Rows,
    encoder: TableEncoder,
    task: Task,
    targets: np.ndarray,
    folds: np.ndarray,
    trains: Sequence[np.ndarray] | None,
    crosses: Any,
    *,
    most_crosses: int | None = None,
    most_numbers: int | None = None,
    indicators: bool = True,
) -> tuple[TargetStatistics, np.ndarray]:
    """Return the fitted statistics of an encoding, and the numbers of the rows, each from the rows of other folds.

    Parameters
    ----------
    rows : Rows
        Training rows, encoded without statistics.
    encoder : TableEncoder
        The fitted encoding.
    task : Task
        The fitted task.
    targets : ndarray of shape (n,) or (n, n_outputs)
        Targets before encoding.
    folds : ndarray of int of shape (n,)
        Fold of each row.
    trains : sequence of ndarray of int or None
        The rows of which each fold gets its statistics; None for all rows of the other folds.
    crosses : "auto", sequence of sequences of str, or None
        Which combinations of columns have statistics besides the single columns.
    most_crosses, most_numbers : int, optional
        Most crosses that "auto" chooses, and most numbers of a row.
    indicators : bool, default=True
        Whether there are indicators of combinations without rows.

    Returns
    -------
    statistics : TargetStatistics
    numbers : ndarray of float32 of shape (n, n_numbers)

    Raises
    ------
    ColumnError
        If a cross names a column that is not categorical.
    """
    sizes = [vocabulary.size for vocabulary in encoder.vocabularies.values()]
    columns = target_columns(task, targets)
    singles = [(place,) for place in range(len(sizes))]
    if isinstance(crosses, str):
        with ONE_THREAD:
            plain = [place for place in range(len(sizes)) if place not in rows.table.bags]
            found = choose_crosses(
                rows.table.indices[:, plain],
                rows.table.numbers,
                columns,
                folds,
                [sizes[place] for place in plain],
                rows.weights,
            )
        chosen = [tuple(plain[place] for place in cross) for cross in found]
        most = MOST_CELLS // len(rows) if most_numbers is None else min(most_numbers, MOST_CELLS // len(rows))
        chosen = chosen[: max(0, most // columns.shape[1] - len(singles))][:most_crosses]
    else:
        chosen = [encoder.positions_of(each) for each in crosses or ()]
    statistics = TargetStatistics([*singles, *chosen], sizes, _scale_of(task), indicators=indicators)
    with ONE_THREAD:
        numbers = statistics.fit_encode(rows.table.indices, columns, folds, rows.weights, trains, rows.table.bags)
    return statistics, numbers


def _scale_of(task):
    """Return the scale of the statistics: that of the logits."""
    if task.is_classifier:
        return "logit"
    return "log" if isinstance(getattr(task.answer, "link", None), LogLink) else "identity"
