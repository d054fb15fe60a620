"""The base class and registry of studies, and their results."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sklearn.base import BaseEstimator

from tabemb.experiments.data import Problem
from tabemb.registry import Registry

__all__ = ["STUDIES", "TOLERANCE", "Study", "StudyOutput", "StudyResult", "StudyScore"]

Progress = Callable[[str, int, int], object]
# An error counts as reproduced if it is at most this fraction above the published one.
TOLERANCE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyScore:
    """The error of one method on one form of the rows.

    Parameters
    ----------
    split, form, line, method : str
        Names; a line stands for the sizes of the vectors. A form that is the same for all lines is in the first.
    error : float
        Mean absolute percentage error on the test rows, as a fraction: 0.1 is 10 %.
    seconds, form_seconds : float
        Wall time of fitting and predicting, and of computing the form, which all methods share.
    published : float or None
        The published error.
    """

    split: str
    form: str
    line: str
    method: str
    error: float
    seconds: float
    form_seconds: float
    published: float | None = None

    @property
    def quotient(self) -> float | None:
        """The error divided by the published one; lower is better."""
        return None if self.published is None else self.error / self.published

    @property
    def is_worse(self) -> bool:
        """Whether the error is above the published one by more than `TOLERANCE`."""
        return self.published is not None and self.error > (1 + TOLERANCE) * self.published


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyResult:
    """All errors of a study, next to the published ones.

    Parameters
    ----------
    scores : tuple of StudyScore
        The errors, in the order in which they were computed.
    titles : mapping of str to mapping
        For ``"split"``, ``"form"`` and ``"method"``: the title of each name, in the order of the tables.
    lines : tuple of str
        The sizes of the vectors; each is a line of the tables.
    """

    scores: tuple[StudyScore, ...]
    titles: Mapping[str, Mapping[str, str]]
    lines: tuple[str, ...]

    def find(self, split: str, form: str, line: str, method: str) -> StudyScore | None:
        """Return the score with these names, or None if there is none."""
        names = (split, form, line, method)
        return next((each for each in self.scores if (each.split, each.form, each.line, each.method) == names), None)

    def compared(self) -> list[StudyScore]:
        """Return the scores that have a published error."""
        return [each for each in self.scores if each.published is not None]

    def headline(self) -> tuple[str, str]:
        """Summarize in a sentence how many published errors were reproduced.

        Returns
        -------
        kind : {"won", "lost", "level"}
            ``"level"`` if no error was published.
        sentence : str
            The summary.
        """
        compared = self.compared()
        if not compared:
            return (
                "level",
                f"Errors computed: {len(self.scores)}. There are no published errors to compare with.",
            )
        n_reached = sum(not each.is_worse for each in compared)
        kind = "won" if n_reached == len(compared) else "lost"
        return kind, f"{n_reached} of {len(compared)} published errors were reproduced within {TOLERANCE:.0%}."

    def verdict(self) -> str:
        """Name the errors that are farthest above the published ones, at most three."""
        missed = sorted((each for each in self.compared() if each.is_worse), key=lambda each: -each.quotient)
        if not missed:
            return f"Each error is at most {TOLERANCE:.0%} above the published one." if self.compared() else ""
        worst = (
            f"{self.titles['method'][each.method]} {self.titles['form'][each.form]} ({each.split}, {each.line}) "
            f"{each.error:.3f} (published: {each.published:.3f})"
            for each in missed[:3]
        )
        return f"Farthest above the published errors: {'; '.join(worst)}."

    def to_json(self) -> dict[str, Any]:
        """Return all scores as JSON values."""
        names = ("split", "form", "line", "method", "error", "published", "quotient", "seconds", "form_seconds")
        return {
            "metric": "mean absolute percentage error",
            "titles": {kind: dict(titles) for kind, titles in self.titles.items()},
            "lines": list(self.lines),
            "figures": [{name: getattr(each, name) for name in names} for each in self.scores],
        }


@dataclass(frozen=True, kw_only=True, eq=False)
class StudyOutput:
    """What a study returns.

    Parameters
    ----------
    result : StudyResult
        The errors.
    model : fitted EmbeddingClassifier or EmbeddingRegressor
        The model to save. The report shows its vectors.
    target : str
        What the model predicts, in words.
    notes : tuple of str
        Notes on the rows for the report, one sentence each.
    """

    result: StudyResult
    model: Any
    target: str
    notes: tuple[str, ...] = ()


class Study(BaseEstimator):
    """An experiment other than a comparison on folds. Its parameters are the settings under ``study`` in YAML."""

    def run(
        self, problem: Problem, *, categorical: Sequence[str], seed: int, progress: Progress | None = None
    ) -> StudyOutput:
        """Run the study.

        Parameters
        ----------
        problem : Problem
            The table.
        categorical : sequence of str
            Numeric columns to treat as categorical.
        seed : int
            Random seed.
        progress : callable, optional
            Called with ``(name, step, n_steps)`` before each step; steps are counted from 0.

        Returns
        -------
        StudyOutput
        """
        raise TypeError("a study must define run(problem, categorical=, seed=, progress=)")


STUDIES: Registry[Study] = Registry("study")
