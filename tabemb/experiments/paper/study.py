"""The registry of studies, and what each must do: find figures, and a model to keep."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sklearn.base import BaseEstimator

from tabemb.experiments.paper.figures import Figures
from tabemb.experiments.problem import Problem
from tabemb.registry import Registry

__all__ = ["STUDIES", "Findings", "Study"]

Progress = Callable[[str, int, int], object]


@dataclass(frozen=True, kw_only=True, eq=False)
class Findings:
    """What a study found.

    Parameters
    ----------
    figures : Figures
        The figures.
    model : fitted EmbeddingClassifier or EmbeddingRegressor
        The model to keep, whose vectors are kept and drawn.
    target : str
        What the model predicts, in words.
    notes : tuple of str
        What the report has to say about the rows, one sentence each.
    """

    figures: Figures
    model: Any
    target: str
    notes: tuple[str, ...] = ()


class Study(BaseEstimator):
    """An experiment of a kind of its own; its parameters are what YAML says under ``study``."""

    def run(
        self, problem: Problem, *, categorical: Sequence[str], seed: int, progress: Progress | None = None
    ) -> Findings:
        """Do all the work.

        Parameters
        ----------
        problem : Problem
            The table.
        categorical : sequence of str
            Which of its columns are categories although they look like numbers.
        seed : int
            Everything random follows from it.
        progress : callable, optional
            Called with ``(what, step, n_steps)`` before each step, steps counted from 0.

        Returns
        -------
        Findings
        """
        raise TypeError("a study defines run(problem, categorical=, seed=, progress=)")


STUDIES: Registry[Study] = Registry("study")
