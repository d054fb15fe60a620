"""Down-sampling of negatives: train on all positives and a share of the negatives, and correct the probabilities.

Clicks are rare, and most rows without one teach little. Of two classes, the first is called negative here, the second
positive. Without a part of the negatives, the odds of a positive are higher by the inverse of the share that remains;
He et al. 2014, "Practical lessons from predicting clicks on ads at Facebook", equation 4, correct the probabilities for
it. On the logit, the correction is the logarithm of the share.
"""

import math
from dataclasses import replace

import numpy as np

from tabemb.estimators.inputs import TrainingData
from tabemb.exceptions import DataError
from tabemb.nn.tasks import Binary, Task
from tabemb.training.batches import Rows

__all__ = ["corrected", "weighted_negatives", "without_negatives"]


def without_negatives(data: TrainingData, share: float, rng: np.random.Generator) -> TrainingData:
    """Return all positives and a random share of the negatives, at least one, in the order of the rows.

    Parameters
    ----------
    data : TrainingData
        The rows of a fit.
    share : float
        Share of the negatives that are kept, in (0, 1].
    rng : numpy.random.Generator
        Source of the choice.

    Raises
    ------
    DataError
        If the targets have more than two classes, or several labels.
    """
    classes = np.unique(data.targets)
    if data.targets.ndim > 1 or len(classes) > 2:
        got = f"{data.targets.shape[1]} labels" if data.targets.ndim > 1 else f"{len(classes)} classes"
        raise DataError(
            f"negative_share={share!r} is for two classes, of which the first is sampled; the target has {got}. Set "
            "negative_share=None."
        )
    negative = np.flatnonzero(data.targets == classes[0])
    n_dropped = len(negative) - max(1, round(share * len(negative)))
    kept = np.delete(np.arange(len(data.targets)), rng.permutation(negative)[:n_dropped])
    return replace(
        data,
        frame=data.frame.take(kept),
        targets=data.targets[kept],
        weights=None if data.weights is None else data.weights[kept],
        kept=data.kept[kept],
    )


def weighted_negatives(rows: Rows, share: float) -> Rows:
    """Return validation rows whose negatives have the weight of the share that training keeps of them.

    Their loss then is, on average, that of rows sampled as the training rows are.

    Parameters
    ----------
    rows : Rows
        Rows with encoded targets: 0 for a negative, 1 for a positive.
    share : float
        Share of the negatives in training.
    """
    weights = np.where(rows.targets == 0, share, 1.0)
    return replace(rows, weights=weights if rows.weights is None else weights * rows.weights)


def corrected(task: Task, share: float) -> Task:
    """Return the task with probabilities of the whole table instead of those of the sampled rows.

    Parameters
    ----------
    task : Task
        The task of two classes. A task of one class is returned unchanged.
    share : float
        Share of the negatives in training.

    Examples
    --------
    The odds of 1:1 among the sampled rows are 1:10 among all rows.

    >>> task = corrected(Binary(np.array(["no", "yes"])), 0.1)
    >>> task.activate(np.array([[0.0]])).round(4)
    array([[0.9091, 0.0909]])
    """
    return replace(task, offset=math.log(share)) if isinstance(task, Binary) else task
