"""The tasks: the kinds of targets."""

from tabemb.nn.tasks.choice import task_from_state, task_of, task_to_state
from tabemb.nn.tasks.classes import Binary, Multiclass
from tabemb.nn.tasks.multilabel import Multilabel
from tabemb.nn.tasks.no_target import NoTarget
from tabemb.nn.tasks.numbers import MultiRegression, Quantiles, Regression
from tabemb.nn.tasks.ranking import Ranking
from tabemb.nn.tasks.task import TASKS, ClassTask, Task

__all__ = [
    "TASKS",
    "Binary",
    "ClassTask",
    "MultiRegression",
    "Multiclass",
    "Multilabel",
    "NoTarget",
    "Quantiles",
    "Ranking",
    "Regression",
    "Task",
    "task_from_state",
    "task_of",
    "task_to_state",
]
