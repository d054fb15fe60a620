"""The figures that a study found, beside those that were published."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["CLOSE", "Figure", "Figures"]

# What a reproduction may differ by.
CLOSE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """The error of one method on one form of the rows.

    Parameters
    ----------
    split, form, line, method : str
        Names; a line has its sizes of vectors. A form that is the same for all lines stands in the first.
    error : float
        Mean absolute percentage error on the rows to be judged by, as a share: 0.1 is 10 %.
    seconds, form_seconds : float
        Wall time of fitting and predicting; of making the form, which all methods share.
    published : float or None
        The figure that it is to be compared with.
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
        """The error divided by the published one: 1 is the same, less is better."""
        return None if self.published is None else self.error / self.published

    @property
    def off(self) -> bool:
        """Whether the error is more than `CLOSE` above the published one."""
        return self.published is not None and self.error > (1 + CLOSE) * self.published


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """All figures of a study.

    Parameters
    ----------
    all : tuple of Figure
        In the order in which they were found.
    titles : mapping of str to mapping
        For ``"split"``, ``"form"`` and ``"method"``: the words for each name, in the order in which they are shown.
    lines : tuple of str
        The sizes of vectors, as lines of the table.
    """

    all: tuple[Figure, ...]
    titles: Mapping[str, Mapping[str, str]]
    lines: tuple[str, ...]

    def find(self, split: str, form: str, line: str, method: str) -> Figure | None:
        """Return a figure by its names; None where there is none."""
        names = (split, form, line, method)
        return next((each for each in self.all if (each.split, each.form, each.line, each.method) == names), None)

    def compared(self) -> list[Figure]:
        """Return the figures that have a published one."""
        return [each for each in self.all if each.published is not None]

    def headline(self) -> tuple[str, str]:
        """Say in a sentence how many published figures are reached.

        Returns
        -------
        kind : str
            ``"won"``, ``"lost"`` or ``"level"``, where nothing was published.
        sentence : str
        """
        compared = self.compared()
        if not compared:
            return "level", f"{len(self.all)} figures; none was published to be compared with."
        n_reached = sum(not each.off for each in compared)
        kind = "won" if n_reached == len(compared) else "lost"
        return kind, f"{n_reached} of {len(compared)} published figures are reached within {CLOSE:.0%}."

    def verdict(self) -> str:
        """Name the figures that are farthest above the published ones, three at most."""
        missed = sorted((each for each in self.compared() if each.off), key=lambda each: -each.quotient)
        if not missed:
            return f"Each error is at most {CLOSE:.0%} above the published one." if self.compared() else ""
        told = (
            f"{self.titles['method'][each.method]} {self.titles['form'][each.form]} ({each.split}, {each.line}) "
            f"{each.error:.3f} where {each.published:.3f} was published"
            for each in missed[:3]
        )
        return f"Farthest above: {'; '.join(told)}."

    def shown(self, width: int = 140) -> Any:
        """Return what the command line prints, for a console of so many characters."""
        # rich is there to print; who only runs studies need not load it.
        from tabemb.experiments.paper.figures_table import show_figures

        return show_figures(self, width)

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        names = ("split", "form", "line", "method", "error", "published", "quotient", "seconds", "form_seconds")
        return {
            "metric": "mean absolute percentage error",
            "titles": {kind: dict(words) for kind, words in self.titles.items()},
            "lines": list(self.lines),
            "figures": [{name: getattr(each, name) for name in names} for each in self.all],
        }
