"""Choose the task for given targets, and restore a saved task."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.utils.multiclass import type_of_target

from tabemb.exceptions import DataError
from tabemb.nn.losses import Loss
from tabemb.nn.tasks.classes import Binary, Multiclass
from tabemb.nn.tasks.multilabel import Multilabel
from tabemb.nn.tasks.no_target import NoTarget
from tabemb.nn.tasks.numbers import MultiRegression, Quantiles, Regression
from tabemb.nn.tasks.task import TASKS, Task
from tabemb.table.keys import as_key, key_to_json

__all__ = ["task_from_state", "task_of", "task_to_state"]

# Name of the task without a target in saved files.
NO_TARGET = "none"


def task_of(y: np.ndarray, *, classifier: bool, loss: Loss | None = None, label_smoothing: float = 0.0) -> Task:
    """Return the fitted task for targets, by scikit-learn's ``type_of_target``.

    Parameters
    ----------
    y : ndarray of shape (n,) or (n, n_outputs)
        Targets without missing values.
    classifier : bool
        Whether the targets are classes rather than numbers.
    loss : ClassLoss or NumberLoss, optional
        The loss, for classes or for numbers; cross-entropy or squared error by default.
    label_smoothing : float, default=0.0
        See :class:`ClassTask`; ignored for numbers.

    Raises
    ------
    DataError
        If the targets fit no task: one class only, classes of mixed types, or several multiclass columns. If they
        do not fit the loss: negative counts, several quantiles of several targets.

    Examples
    --------
    >>> type(task_of(np.array([0, 1, 1]), classifier=True)).__name__
    'Binary'
    """
    if not classifier:
        several = loss is not None and loss.n_values > 1
        one = Quantiles if several else Regression
        return (one if y.ndim == 1 else MultiRegression).from_targets(y, loss)
    kind = _kind_of_classes(y)
    if kind == "multilabel-indicator":
        return Multilabel.from_targets(y, loss, label_smoothing=label_smoothing)
    if kind not in ("binary", "multiclass"):
        raise DataError(
            f"Unknown label type: {kind}. A classifier needs a column of classes, or an indicator matrix of 0 and 1 "
            "with one column per label; for numbers use EmbeddingRegressor."
        )
    classes = _sorted_classes(y)
    if len(classes) < 2:
        raise DataError(
            f"The target has only one class: {classes.tolist()[0]!r}. A classifier needs rows of at least two classes."
        )
    task = Binary if len(classes) == 2 else Multiclass
    return task.from_targets(y, loss, label_smoothing=label_smoothing)


def _kind_of_classes(y: np.ndarray) -> str:
    """Return scikit-learn's type of target, which is "unknown" for any object but text; ours names the classes."""
    if y.dtype == object and y.ndim == 1:
        return "multiclass"
    try:
        kind = type_of_target(y)
    except (TypeError, ValueError) as error:
        if y.dtype != object:
            raise DataError(f"The target cannot be read as classes: {error}. Convert it to text or numbers.") from error
        kind = "unknown"
    if kind == "unknown":
        types = sorted({type(each).__name__ for each in y.ravel().tolist()})
        raise DataError(
            f"A target of several columns must be an indicator matrix of 0 and 1 with one column per label, got values "
            f"of type {', '.join(types)}. Convert it, or fit one classifier per column."
        )
    return kind


def _sorted_classes(y: np.ndarray) -> np.ndarray:
    try:
        classes = np.unique(y)
    except TypeError as error:
        types = sorted({type(each).__name__ for each in y})
        raise DataError(
            f"The classes have types that cannot be sorted together: {', '.join(types)} ({error}). Convert them to one "
            "type, for instance to text by y.astype(str)."
        ) from error
    for each in classes.tolist():
        try:
            key_to_json(as_key(each, "y"))
        except DataError as error:
            raise DataError(f"{each!r} cannot be a class: {error}") from error
    return classes


def task_to_state(task: Task) -> dict[str, Any]:
    """Return the state of a task as JSON values, with its name.

    Examples
    --------
    >>> task_to_state(NoTarget())
    {'name': 'none'}
    """
    return {"name": NO_TARGET} if isinstance(task, NoTarget) else {"name": TASKS.name_of(task), **task.to_state()}


def task_from_state(state: Mapping[str, Any]) -> Task:
    """Return the task of :func:`task_to_state`."""
    return NoTarget() if state["name"] == NO_TARGET else TASKS[state["name"]].from_state(state)
