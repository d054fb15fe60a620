"""The figures of a study as tables: a split each, a line for each method and size of the vectors."""

from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from tabemb.experiments.paper.figures import Figure, Figures

__all__ = ["show_figures"]


def show_figures(figures: Figures, width: int = 140) -> Group:
    """Return the headline, the tables and the verdict, as the command line prints them.

    Parameters
    ----------
    figures : Figures
        What was found.
    width : int, default=140
        Characters of a line.
    """
    compared = {each.form for each in figures.compared()}
    parts: list[Any] = [Text(figures.headline()[1], style="bold")]
    for split, title in figures.titles["split"].items():
        # So that a narrow console breaks heads, and not figures.
        table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 1, 0, 0), width=width)
        table.add_column("method", no_wrap=True)
        table.add_column("", no_wrap=True)
        for form, words in figures.titles["form"].items():
            table.add_column(f"{words} (published)" if form in compared else words, justify="right")
        for method, words in figures.titles["method"].items():
            for number, line in enumerate(figures.lines):
                found = [figures.find(split, form, line, method) for form in figures.titles["form"]]
                name, size = "" if number else words, line if len(figures.lines) > 1 else ""
                table.add_row(name, size, *map(_cell, found))
        parts += [Text(""), Text(title, style="bold"), table]
    parts += [Text(""), Text("Mean absolute percentage error, as a share; less is better.", style="dim")]
    if verdict := figures.verdict():
        parts.append(Text(verdict))
    return Group(*parts)


def _cell(figure: Figure | None) -> str:
    if figure is None:
        return ""
    return f"{figure.error:.3f}" + ("" if figure.published is None else f" ({figure.published:.3f})")
