"""What the command line shows: tables and a progress bar, made with rich. Nothing is printed here."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

import numpy as np
from rich.console import Console, Group
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from tabemb.experiments.comparison.result import Comparison, ModelResult
from tabemb.experiments.report import numbers as units
from tabemb.experiments.report.comparison_page import headline
from tabemb.experiments.runs.folder import RunFolder
from tabemb.vectors.databases import PushSummary

__all__ = [
    "comparison_progress",
    "neighbours_table",
    "push_progress",
    "push_table",
    "show_comparison",
    "vectors_table",
]

# Columns of characters that a metric takes in the table, and everything else.
METRIC_WIDTH, OTHER_WIDTH = 19, 78


@contextmanager
def comparison_progress(
    n_models: int, file: TextIO | None = None, *, part: str = "fold"
) -> Iterator[Callable[[str, int, int], None]]:
    """Show how far a comparison is.

    Parameters
    ----------
    n_models : int
        How many models there are in a fold.
    file : text stream, optional
        Where; standard error by default.
    part : str, default="fold"
        What is counted: a study has steps, of one model each.

    Yields
    ------
    callable
        ``advance(model, fold, n_folds)``, as `tabemb.compare` calls its ``progress``.
    """
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24), TimeElapsedColumn())
    with Progress(*columns, console=Console(file=file, stderr=file is None), transient=True) as bar:
        task = bar.add_task("getting ready", total=None)
        begun = 0

        def advance(model: str, fold: int, n_folds: int) -> None:
            nonlocal begun
            kept = fold == n_folds
            words = "fitting the model to keep" if kept else f"{part} {fold + 1} of {n_folds}: {model}"
            # A baseline that failed is not tried in later folds: what is done is counted from the fold.
            begun = max(begun + 1, fold * n_models + 1)
            bar.update(task, description=words, completed=begun - 1, total=n_folds * n_models + 1)

        yield advance


def show_comparison(comparison: Comparison, *, width: int = 140) -> Group:
    """Return the headline, the table of scores and the verdict.

    Parameters
    ----------
    comparison : Comparison
        The scores.
    width : int, default=140
        Characters of a line; as many metrics are shown as there is room for, the primary one in any case.
    """
    metrics = comparison.metrics[: max(1, (width - OTHER_WIDTH) // METRIC_WIDTH)]
    table = _table("model")
    for words in (*metrics, "difference", "p", "parameters", "fit"):
        table.add_column(words, justify="right", no_wrap=True)
    for model in comparison.models:
        table.add_row(*_row(comparison, metrics, model), style="bold" if model is comparison.subject else "")
    parts = [Text(headline(comparison)[1], style="bold"), Text(""), table, Text("")]
    parts.append(Text(f"{comparison.verdict()}"))
    told = f"{comparison.n_rows:,} rows; {comparison.folds}; difference: by how much embeddings are better on"
    parts.append(Text(f"{told} {comparison.primary}.", style="dim"))
    parts += [Text(f"{each.model} was left out: {each.message}", style="yellow") for each in comparison.failures]
    return Group(*parts)


def vectors_table(run: RunFolder) -> Table:
    """Return the columns of a run that have vectors, and how many of what size."""
    table = _table("column")
    for words in ("categories", "dimensions", "most frequent"):
        table.add_column(words, justify="left" if words == "most frequent" else "right")
    for column, vectors in run.vectors.items():
        first = ", ".join(str(key) for key in vectors.index_to_key[:5])
        table.add_row(Text(column), f"{len(vectors):,}", str(vectors.dim), Text(first))
    return table


def neighbours_table(column: str, found: list[tuple]) -> Table:
    """Return categories and their cosines, the nearest first.

    Parameters
    ----------
    column : str
        The column.
    found : list of (key, cosine)
        As `CategoryVectors.most_similar` gives them.
    """
    table = _table(column)
    table.add_column("cosine", justify="right")
    for key, cosine in found:
        table.add_row(Text(str(key)), f"{cosine:.3f}")
    return table


@contextmanager
def push_progress(file: TextIO | None = None) -> Iterator[Callable[[str, int, int], None]]:
    """Show how far a push to a database is.

    Parameters
    ----------
    file : text stream, optional
        Where; standard error by default.

    Yields
    ------
    callable
        ``advance(column, done, total)``, as `tabemb.vectors.databases.push` calls its ``progress``.
    """
    words = TextColumn("{task.description}", markup=False)
    columns = (SpinnerColumn(), words, BarColumn(bar_width=24), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(file=file, stderr=file is None)
    # Elsewhere it would leave an empty line before what is told next.
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("looking at what is there", total=None)

        def advance(column: str, done: int, total: int) -> None:
            bar.update(task, description=column, completed=done, total=total)

        yield advance


def push_table(summary: PushSummary) -> Table:
    """Return what became of each column that was pushed."""
    table = _table("column")
    table.add_column("collection", no_wrap=True)
    for words in ("dimensions", "written", "unchanged", "removed"):
        table.add_column(words, justify="right")
    for each in summary.columns:
        numbers = (each.dim, each.written, each.unchanged, each.removed)
        table.add_row(Text(each.column), Text(each.collection), *(f"{number:,}" for number in numbers))
    return table


def _table(first: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column(Text(first), no_wrap=True)
    return table


def _row(comparison: Comparison, metrics: Sequence[str], model: ModelResult) -> list[str]:
    cells = [model.name]
    for metric in metrics:
        spread = f" ± {units.score(model.spread(metric))}" if comparison.n_folds > 1 else ""
        cells.append(f"{units.score(model.mean(metric))}{spread}")
    test = model.versus.get(comparison.primary)
    p_value = "" if test is None else units.p_value(test.p_value).removeprefix("p").removeprefix(" = ").strip()
    cells += ["" if test is None else units.signed(test.difference), p_value]
    cells.append(units.count(model.n_parameters))
    cells.append(units.duration(float(np.mean(model.fit_seconds))))
    return cells
