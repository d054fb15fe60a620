"""What a target is taken for, where it is not said by the class of the estimator."""

import numpy as np
from sklearn.utils.multiclass import type_of_target

from tabemb.exceptions import DataError, UnknownNameError
from tabemb.nn.tasks import Binary, Multiclass, Multilabel, Regression, Task, task_of

__all__ = ["check_target_type", "task_of_type"]

TASKS_OF_TYPE = {
    "binary": Binary,
    "multiclass": (Binary, Multiclass),
    "multilabel": Multilabel,
    "continuous": Regression,
}
TARGET_TYPES = ("auto", *TASKS_OF_TYPE)
MOST_INTEGER_CLASSES = 100


def check_target_type(target_type: str) -> None:
    """Raise an ``UnknownNameError`` where there is no such type of target."""
    if target_type not in TARGET_TYPES:
        raise UnknownNameError.among("target_type", target_type, TARGET_TYPES)


def task_of_type(targets: np.ndarray, target_type: str) -> Task:
    """Return the task for targets, of the type that is expected, or of the one that they look like.

    Parameters
    ----------
    targets : ndarray of shape (n,) or (n, n_outputs)
        Without missing values.
    target_type : {"auto", "binary", "multiclass", "multilabel", "continuous"}
        What they are. For "auto", whole numbers of more than 100 different values are numbers.

    Raises
    ------
    DataError
        When the targets are of another type, or fit no task.

    Examples
    --------
    >>> type(task_of_type(np.array([0.5, 1.5]), "auto")).__name__
    'Regression'
    """
    if target_type != "auto":
        return _expected_task(targets, target_type)
    kind = type_of_target(targets)
    numbers = kind.startswith("continuous") or (
        targets.ndim == 1 and targets.dtype.kind in "iuf" and len(np.unique(targets)) > MOST_INTEGER_CLASSES
    )
    return task_of(targets.astype("float64") if numbers else targets, classifier=not numbers)


def _expected_task(targets, target_type):
    task = task_of(targets, classifier=target_type != "continuous")
    # Two classes are the least case of many.
    if not isinstance(task, TASKS_OF_TYPE[target_type]):
        raise DataError(
            f"target_type is {target_type!r}, but the target looks {type_of_target(targets)!r}. "
            "Say which of the two is right, or leave it to target_type='auto'."
        )
    return task
