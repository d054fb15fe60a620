"""The figures of a study as tables: a split each, a line for each method and size of the vectors."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from rich.console import Group
from rich.table import Table
from rich.text import Text

from tabemb.experiments.studies.figures import Figure, Figures

__all__ = ["Line", "columns_of", "lines_of", "show_figures"]


class Line(NamedTuple):
    """A line of a table.

    Parameters
    ----------
    method : str
        Title of the method; empty where the line above has it.
    line : str
        The sizes of the vectors; empty where there is one size only.
    cells : list of str
        A text for each of `columns_of`.
    figures : list of Figure or None
        The figure behind each cell that is an error of ours.
    """

    method: str
    line: str
    cells: list[str]
    figures: list[Figure | None]


def columns_of(figures: Figures) -> list[str]:
    """Return the heads of the columns: each form, and behind it the published figures and the quotients, if any."""
    heads: list[str] = []
    for form, title in figures.titles["form"].items():
        heads += [title, "published", "quotient"] if _is_published(figures, form) else [title]
    return heads


def lines_of(figures: Figures, split: str) -> Iterator[Line]:
    """Return the lines of a split's table."""
    for method, title in figures.titles["method"].items():
        for number, line in enumerate(figures.lines):
            cells, behind = [], []
            for form in figures.titles["form"]:
                figure = figures.find(split, form, line, method)
                told = [_error(figure)]
                if _is_published(figures, form):
                    told += ["", ""] if figure is None or figure.published is None else _beside(figure)
                cells += told
                behind += [figure] + [None] * (len(told) - 1)
            yield Line("" if number else title, line if len(figures.lines) > 1 else "", cells, behind)


def show_figures(figures: Figures, width: int = 140) -> Group:
    """Return the headline, the tables and the verdict, as the command line prints them.

    Parameters
    ----------
    figures : Figures
        What was found.
    width : int, default=140
        Characters of a line.
    """
    parts: list[Any] = [Text(figures.headline()[1], style="bold")]
    for split, title in figures.titles["split"].items():
        # So that a narrow console breaks heads, and not figures.
        table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 1, 0, 0), width=width)
        table.add_column("method", no_wrap=True)
        table.add_column("", no_wrap=True)
        for head in columns_of(figures):
            table.add_column(head, justify="right")
        for line in lines_of(figures, split):
            table.add_row(line.method, line.line, *line.cells)
        parts += [Text(""), Text(title, style="bold"), table]
    parts += [Text(""), Text("Mean absolute percentage error, as a share; less is better.", style="dim")]
    if verdict := figures.verdict():
        parts.append(Text(verdict))
    return Group(*parts)


def _is_published(figures: Figures, form: str) -> bool:
    return any(each.published is not None for each in figures.all if each.form == form)


def _error(figure: Figure | None) -> str:
    return "" if figure is None else f"{figure.error:.3f}"


def _beside(figure: Figure) -> list[str]:
    return [f"{figure.published:.3f}", f"{figure.quotient:.2f}"]
