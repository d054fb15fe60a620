"""The type of a target: classes, labels or numbers."""

from typing import TYPE_CHECKING

import numpy as np
from sklearn.utils.multiclass import type_of_target

from tabemb.exceptions import DataError, UnknownNameError

if TYPE_CHECKING:
    from tabemb.nn.tasks import Task

__all__ = ["MAX_WHOLE_CLASSES", "check_target_type", "looks_like_classes", "task_of_type", "type_of_task"]

# For each type, the registered names of the tasks that it allows. Two classes are also allowed as multiclass.
TASKS_OF_TYPE = {
    "binary": ("binary",),
    "multiclass": ("binary", "multiclass"),
    "multilabel": ("multilabel",),
    "continuous": ("regression", "multi_regression"),
}
TARGET_TYPES = ("auto", *TASKS_OF_TYPE)
# Whole numbers with more distinct values than this are numbers unless the caller says otherwise.
MAX_WHOLE_CLASSES = 20


def looks_like_classes(targets: np.ndarray, *, categorical: bool = False) -> bool:
    """Return whether targets look like classes or labels, and not like numbers.

    Text, booleans and values of a categorical dtype are classes. Whole numbers (integers, or floats without a
    fraction) are classes if they have at most 20 distinct values. A numeric matrix of two distinct whole values holds
    labels. All other targets are numbers.

    Parameters
    ----------
    targets : ndarray of shape (n_rows,) or (n_rows, n_outputs)
        Targets without missing values.
    categorical : bool, default=False
        Whether the targets had a categorical dtype.

    Examples
    --------
    >>> looks_like_classes(np.array(["late", "on time"])), looks_like_classes(np.array([0.5, 1.5]))
    (True, False)
    >>> looks_like_classes(np.arange(100) % 20), looks_like_classes(np.arange(100) % 21)
    (True, False)
    """
    if categorical or targets.dtype.kind not in "iuf":
        return True
    if targets.ndim > 1:
        return type_of_target(targets) == "multilabel-indicator"
    distinct = np.unique(targets)
    # Above 2**53, all floats are whole numbers.
    whole = targets.dtype.kind != "f" or bool(((distinct == np.floor(distinct)) & (np.abs(distinct) < 2**53)).all())
    return len(distinct) <= MAX_WHOLE_CLASSES and whole


def check_target_type(target_type: str) -> None:
    """Raise an ``UnknownNameError`` if there is no such type of target."""
    if target_type not in TARGET_TYPES:
        raise UnknownNameError.among("target_type", target_type, TARGET_TYPES)


def type_of_task(task: "Task") -> str:
    """Return the type of the targets of a task.

    Examples
    --------
    >>> type_of_task(task_of_type(np.array([0.5, 1.5]), "auto"))
    'continuous'
    """
    from tabemb.nn.tasks import TASKS, NoTarget

    if isinstance(task, NoTarget):
        return "none"
    name = TASKS.name_of(task)
    return name if name in TASKS_OF_TYPE else "continuous"


def task_of_type(targets: np.ndarray, target_type: str, *, categorical: bool = False) -> "Task":
    """Return the task for targets of a given type, or of the type that they look like.

    Parameters
    ----------
    targets : ndarray of shape (n_rows,) or (n_rows, n_outputs)
        Targets without missing values.
    target_type : {"auto", "binary", "multiclass", "multilabel", "continuous"}
        Type of the targets. "auto" infers it by :func:`looks_like_classes`.
    categorical : bool, default=False
        Whether the targets had a categorical dtype.

    Raises
    ------
    DataError
        If the targets are of another type, or fit no task.

    Examples
    --------
    >>> type(task_of_type(np.array([0.5, 1.5]), "auto")).__name__
    'Regression'
    """
    # Imported here: Keras takes seconds to load, and looks_like_classes does not need it.
    from tabemb.nn.tasks import TASKS, task_of

    if target_type == "auto":
        classes = looks_like_classes(targets, categorical=categorical)
        try:
            return task_of(targets if classes else targets.astype("float64"), classifier=classes)
        except DataError as error:
            if classes and targets.dtype.kind in "iuf":
                raise DataError(
                    f"{error} The target was inferred to be classes; set target_type='continuous' if it holds numbers."
                ) from error
            raise
    task = task_of(targets, classifier=target_type != "continuous")
    if TASKS.name_of(task) not in TASKS_OF_TYPE[target_type]:
        raise DataError(
            f"target_type is {target_type!r}, but the target looks {type_of_target(targets)!r}. "
            "Set the type that fits, or target_type='auto'."
        )
    return task
