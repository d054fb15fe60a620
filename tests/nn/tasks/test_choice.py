"""Which task targets are."""

import re

import numpy as np
import pytest

from tabemb.exceptions import DataError, UnknownNameError
from tabemb.nn.losses import FocalLoss, QuantileLoss
from tabemb.nn.tasks import TASKS, task_from_state, task_of

TARGETS = {
    "binary": [np.array(["late", "on time"] * 10), np.array([0, 1]), np.array([False, True])],
    "multiclass": [np.array(["a", "b", "ç"], dtype=object), np.array([1.0, 2.0, 3.0])],
    "multilabel": [np.array([[0, 1], [1, 1]])],
    "regression": [np.array([0.5, 1.7, 2.2]), np.arange(9)],
    "multi_regression": [np.array([[0.5, 1.7], [1, 2]])],
}


@pytest.mark.parametrize(("name", "y"), [(name, y) for name, values in TARGETS.items() for y in values])
def test_task_of_finds_the_task(name, y):
    assert type(task_of(y, classifier=TASKS[name].is_classifier)) is TASKS[name]


def test_loss_and_smoothing_are_handed_on():
    for y in TARGETS["binary"][:1] + TARGETS["multiclass"] + TARGETS["multilabel"]:
        task = task_of(y, classifier=True, loss=FocalLoss(gamma=3.0), label_smoothing=0.1)
        assert (task.loss_spec.gamma, task.label_smoothing, task.temperature) == (3.0, 0.1, 1.0)
    assert task_of(np.arange(9.0), classifier=False, loss=QuantileLoss()).n_outputs == 3


def test_a_state_of_no_task_is_refused():
    with pytest.raises(UnknownNameError, match="No task named 'binry'"):
        task_from_state({"name": "binry"})


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.array(["a", "a"]), "The target has only one class: 'a'. A classifier needs rows of at least two classes."),
        (np.array([1, 1]), "The target has only one class: 1."),
        (np.array([0.5, 1.7, 2.2]), "Unknown label type: continuous. A classifier needs a column of classes"),
        (np.array([[1, 2], [3, 4]]), "Unknown label type: multiclass-multioutput."),
        (np.array(["a", 1], dtype=object), "The classes have types that cannot be sorted together: int, str ('<'"),
        (np.array([b"a", b"b"]), "Support for labels represented as bytes is not supported."),
    ],
)
def test_targets_that_fit_no_task_are_refused(y, message):
    with pytest.raises(DataError, match=re.escape(message)):
        task_of(y, classifier=True)
