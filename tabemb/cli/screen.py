"""Tables and progress bars of the command line, built with rich. Nothing is printed here."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, TextIO

import numpy as np
from rich.console import Console, Group
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from tabemb.cli.downstream_screen import downstream_table
from tabemb.cli.printable import printable
from tabemb.diagnosis.report import Diagnosis, TableDiagnosis, p_text, reference_text, value_text
from tabemb.experiments import numbers
from tabemb.experiments.comparison.model_result import ModelResult
from tabemb.experiments.comparison.result import Comparison
from tabemb.experiments.paper.study import StudyResult, StudyScore
from tabemb.experiments.report.certain_neighbors import (
    NO_VECTORS,
    UNKNOWN_CONFIDENCE,
    UNKNOWN_WITHOUT_FOLDS,
    CertainNeighbors,
    NamedCategory,
)
from tabemb.experiments.runs.folder import RunFolder
from tabemb.table.schema import ColumnReading
from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.confidence import known_reliability, nearest_neighbors
from tabemb.vectors.databases import PushSummary
from tabemb.vectors.plots.labels import shorten

__all__ = [
    "answers",
    "comparison_progress",
    "comparison_table",
    "diagnoses_table",
    "diagnosis_table",
    "known_answer",
    "neighbors_table",
    "push_progress",
    "push_table",
    "readings_table",
    "similar_table",
    "study_table",
    "vectors_table",
]

# Width in characters of one metric in the table of a comparison, and of everything else.
METRIC_WIDTH, OTHER_WIDTH = 19, 78
CONCERN = "yellow"
# A terminal has no room for longer names and examples of cells.
NAME_WIDTH, EXAMPLE_WIDTH = 32, 20


@contextmanager
def comparison_progress(
    n_models: int, file: TextIO | None = None, *, unit: str = "fold"
) -> Iterator[Callable[[str, int, int], None]]:
    """Show a progress bar for a comparison or a study.

    Parameters
    ----------
    n_models : int
        Number of models per fold.
    file : text stream, optional
        The stream to write to; standard error by default.
    unit : str, default="fold"
        What is counted. A study counts steps, with one model each.

    Yields
    ------
    callable
        ``advance(model, fold, n_folds)``, to pass as ``progress`` to `tabemb.compare`.
    """
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
    )
    console = Console(file=file, stderr=file is None)
    # Without a terminal the bar would leave an empty line.
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("loading", total=None)
        n_started = 0

        def advance(model: str, fold: int, n_folds: int) -> None:
            nonlocal n_started
            is_final = fold == n_folds
            text = "fitting the final model" if is_final else f"{unit} {fold + 1} of {n_folds}: {model}"
            # A baseline that failed is skipped in later folds, so completed models are counted from the fold.
            n_started = max(n_started + 1, fold * n_models + 1)
            bar.update(task, description=printable(text), completed=n_started - 1, total=n_folds * n_models + 1)

        yield advance


@contextmanager
def push_progress(file: TextIO | None = None) -> Iterator[Callable[[str, int, int], None]]:
    """Show a progress bar for a push to a vector database.

    Parameters
    ----------
    file : text stream, optional
        The stream to write to; standard error by default.

    Yields
    ------
    callable
        ``advance(column, done, total)``, to pass as ``progress`` to `tabemb.push`.
    """
    text = TextColumn("{task.description}", markup=False)
    columns = (SpinnerColumn(), text, BarColumn(bar_width=24), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(file=file, stderr=file is None)
    # Without a terminal the bar would leave an empty line.
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("reading the database", total=None)

        def advance(column: str, done: int, total: int) -> None:
            bar.update(task, description=printable(column), completed=done, total=total)

        yield advance


def readings_table(readings: Sequence[ColumnReading], notes: Sequence[str] = ()) -> Group:
    """Return a table of how each column was read, what to check, and how to correct it.

    Parameters
    ----------
    readings : sequence of ColumnReading
        The columns of the table.
    notes : sequence of str, optional
        Sentences about the rows and the target.
    """
    table = _table("column", "read as", "type", "categories", "missing", "example")
    for each in readings:
        categories = "" if each.n_categories is None else f"{each.n_categories:,}"
        missing = f"{each.n_missing:,}" if each.n_missing else ""
        example = each.example if len(each.example) <= EXAMPLE_WIDTH else each.example[: EXAMPLE_WIDTH - 3] + "..."
        cells = (each.kind, each.type, categories, missing, example)
        table.add_row(_name(each.name), *map(_text, cells), style=CONCERN if each.note else "")
    # Below the table, as a narrow terminal has no room for them beside it.
    checks = [_text(f"! {each.name}: {each.note}", style=CONCERN) for each in readings if each.note]
    how = "To correct a column: --categorical, --numeric, --drop or --na; in YAML: data.categorical, numeric, drop, na."
    parts = [table, *checks, *(_text(note, style="dim") for note in notes)]
    return Group(*parts, *([_text(how, style="dim")] if checks else []))


def answers(comparison: Comparison, known: CertainNeighbors) -> Group:
    """Return the two answers of a run: whether embeddings are worth it for the score, and what their vectors know.

    Parameters
    ----------
    comparison : Comparison
        The result of the comparison.
    known : CertainNeighbors
        What the vectors know.
    """
    return Group(
        _text("Is it worth it for the score?", style="bold"),
        _text(comparison.headline()[1]),
        _text(""),
        known_answer(known),
    )


def known_answer(known: CertainNeighbors) -> Group:
    """Return what the vectors of a run know, with the most certain neighbors.

    Parameters
    ----------
    known : CertainNeighbors
        What the vectors know.
    """
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 1, 0, 0))
    for _ in range(3):
        table.add_column(overflow="fold")
    for each in known.lists:
        near = ", ".join(f"{_named(other)} {other.certainty}" for other in each.nearest)
        table.add_row(_text(each.column, style="dim"), _text(f"{_named(each.category)}:"), _text(near))
    return Group(
        _text("What do the vectors know?", style="bold"),
        _text(known.answer),
        *([table] if known.lists else []),
        *([_text(known.note, style="dim")] if known.note else []),
    )


def _named(category: NamedCategory) -> str:
    return f"{category.key} ({category.label})" if category.label else category.key


def comparison_table(comparison: Comparison, *, width: int = 140, headline: bool = True) -> Group:
    """Return the headline, the table of scores and the verdict of a comparison.

    Parameters
    ----------
    comparison : Comparison
        The result of the comparison.
    width : int, default=140
        Width of the console in characters. Metrics that do not fit are left out, except the primary one.
    headline : bool, default=True
        Whether to begin with the headline. A run ends with it; see `answers`.
    """
    metrics = comparison.metrics[: max(1, (width - OTHER_WIDTH) // METRIC_WIDTH)]
    table = _table("model", *metrics, "difference", "p", "parameters", "fit")
    for model in comparison.models:
        table.add_row(
            *map(_text, _model_cells(comparison, metrics, model)), style="bold" if model is comparison.subject else ""
        )
    note = (
        f"{comparison.n_rows:,} rows; {comparison.folds}; difference: how much better embeddings are on "
        f"{comparison.primary}."
    )
    return Group(
        *([_text(comparison.headline()[1], style="bold"), _text("")] if headline else []),
        table,
        _text(""),
        *([downstream_table(comparison.downstream), _text("")] if comparison.downstream else []),
        _text(comparison.statistics()),
        _text(note, style="dim"),
    )


def study_table(result: StudyResult, *, width: int = 140) -> Group:
    """Return the headline, a table for each split and the verdict of a study.

    Parameters
    ----------
    result : StudyResult
        The result of the study.
    width : int, default=140
        Width of the console in characters.
    """
    compared = {each.form for each in result.compared()}
    parts: list[Any] = [_text(result.headline()[1], style="bold")]
    for split, title in result.titles["split"].items():
        # With a fixed width a narrow console wraps the headers, not the numbers.
        table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 1, 0, 0), width=width)
        table.add_column("method", no_wrap=True)
        table.add_column("", no_wrap=True)
        for form, name in result.titles["form"].items():
            table.add_column(_text(f"{name} (published)" if form in compared else name), justify="right")
        for method, name in result.titles["method"].items():
            for row, line in enumerate(result.lines):
                scores = [result.find(split, form, line, method) for form in result.titles["form"]]
                sizes = line if len(result.lines) > 1 else ""
                table.add_row(*map(_text, ("" if row else name, sizes, *map(_score_cell, scores))))
        parts += [_text(""), _text(title, style="bold"), table]
    parts += [_text(""), _text("Mean absolute percentage error, as a fraction; lower is better.", style="dim")]
    if verdict := result.verdict():
        parts.append(_text(verdict))
    return Group(*parts)


def vectors_table(run: RunFolder) -> Table:
    """Return a table of the columns of a run that have vectors, with their sizes and reliability.

    Columns whose neighbors come back by chance only are marked.
    """
    table = _table("column", "categories", "dimensions", "come back", "by chance", "most frequent")
    for column, vectors in run.vectors.items():
        first = ", ".join(shorten(key, NAME_WIDTH) for key in vectors.index_to_key[:5])
        known = known_reliability(vectors)
        shares = ("–", "–") if known is None else (numbers.percent(known.share), numbers.percent(known.chance))  # noqa: RUF001
        table.add_row(
            _name(column),
            f"{len(vectors):,}",
            str(vectors.dim),
            *shares,
            _text(first),
            style=CONCERN if known is not None and known.by_chance else "",
        )
    return table


def neighbors_table(
    column: str,
    vectors: CategoryVectors,
    key: Any,
    topn: int = 10,
    *,
    by_folds: bool = True,
    names: Mapping[Any, str] = MappingProxyType({}),
) -> Group:
    """Return a table of the categories most similar to one, with their confidence if it is known.

    A warning comes first if the neighbors of the column come back by chance only.

    Parameters
    ----------
    column : str
        Name of the column.
    vectors : CategoryVectors
        Its vectors.
    key : scalar
        The category.
    topn : int, default=10
        Number of neighbors.
    by_folds : bool, default=True
        Whether the folds of a comparison tell how often neighbors come back.
    names : mapping of key to str, optional
        Readable names of the categories, which get a column.
    """
    known = known_reliability(vectors)
    asked = np.array([vectors.key_to_index[key]])
    near = nearest_neighbors(vectors, asked, topn, confidence=known is not None)
    found = [(vectors.index_to_key[row], c) for row, c in zip(near.rows[0].tolist(), near.cosines[0], strict=True)]
    shares = None if near.confidence is None else [numbers.percent(share) for share in near.confidence[0]]
    table = similar_table(column, found, names, shares)
    if known is not None:
        nearest = f"among the {near.k} nearest" if near.k > 1 else "the nearest"
        note = f"comes back: how often it is {nearest} when the model is fitted to other rows."
    else:
        unknown = UNKNOWN_CONFIDENCE if by_folds else UNKNOWN_WITHOUT_FOLDS
        note = unknown if vectors.noise is None and len(vectors) > 2 else ""
    warning = "" if known is None else known.warning(column)
    return Group(
        *([_text(warning, style=CONCERN), _text("")] if warning else []),
        table,
        *([_text(""), _text(note, style="dim")] if note else []),
    )


def similar_table(
    column: str,
    found: Sequence[tuple[Any, float]],
    names: Mapping[Any, str] = MappingProxyType({}),
    shares: Sequence[str] | None = None,
) -> Table:
    """Return a table of similar categories and their cosines.

    Parameters
    ----------
    column : str
        Name of the column.
    found : sequence of (key, float)
        Categories and cosines.
    names : mapping of key to str, optional
        Readable names of the categories, which get a column.
    shares : sequence of str, optional
        How often each comes back in fits to other rows.
    """
    table = _table(column, *(["name"] if names else []), "cosine", *([] if shares is None else ["comes back"]))
    if names:
        table.columns[1].justify = "left"
    for i, (key, cosine) in enumerate(found):
        named = [_name(names.get(key, ""))] if names else []
        table.add_row(_name(key), *named, f"{cosine:.3f}", *([] if shares is None else [shares[i]]))
    return table


def push_table(summary: PushSummary) -> Table:
    """Return a table of the columns that were pushed to a database, with the number of rows written."""
    table = _table("column", "collection", "dimensions", "written", "unchanged", "removed")
    for each in summary.columns:
        cells = (each.dim, each.written, each.unchanged, each.removed)
        table.add_row(_name(each.column), _name(each.collection), *(f"{cell:,}" for cell in cells))
    return table


def diagnosis_table(diagnosis: Diagnosis) -> Group:
    """Return the checks of one column, with their verdicts.

    Parameters
    ----------
    diagnosis : Diagnosis
        The diagnosis of the column.
    """
    head = f"{diagnosis.name}: {diagnosis.n_categories:,} categories x {diagnosis.dim}"
    if diagnosis.n_diagnosed < diagnosis.n_categories:
        head += f", {diagnosis.n_diagnosed:,} of them diagnosed"
    table = _table("  check", "value", "reference", "verdict")
    for each in diagnosis.findings:
        reference = "  ".join(filter(None, [reference_text(each), p_text(each.p_value)]))
        cells = [f"{'!' if each.concern else ' '} {each.check}", value_text(each.value), reference, each.verdict]
        table.add_row(*map(_text, cells), style=CONCERN if each.concern else "")
    return Group(_text(head, style="bold"), table)


def diagnoses_table(diagnoses: TableDiagnosis) -> Group:
    """Return the checks of all columns, one table per column, and the weight of each column among all.

    Parameters
    ----------
    diagnoses : TableDiagnosis
        The diagnoses of the columns.
    """
    if not diagnoses and not diagnoses.left_out:
        return Group(_text(NO_VECTORS))
    parts: list[Any] = []
    for diagnosis in diagnoses.values():
        parts += [diagnosis_table(diagnosis), _text("")]
    shares = diagnoses.shares
    if shares is not None and len(shares.names) > 1:
        table = _table("column", "dimensions", "length", "share of squared distances between rows")
        for name, dim, length, share in zip(shares.names, shares.dims, shares.lengths, shares.shares, strict=True):
            table.add_row(_name(name), str(dim), f"{length:.3g}", f"{100 * share:.0f} %")
        verdict = _text(shares.verdict, style=CONCERN if shares.dominant else "")
        parts += [_text("all columns", style="bold"), table, verdict]
    parts += [_text(reason, style="dim") for reason in diagnoses.left_out.values()]
    return Group(*parts)


# Columns of text; all others hold numbers.
TEXT_COLUMNS = {"collection", "example", "most frequent", "read as", "reference", "type", "verdict"}
WRAPPED_COLUMNS = {"most frequent", "verdict"}


def _text(content: str, style: str = "") -> Text:
    """Return text that is printed as it is: without markup, and with control characters as escapes."""
    return Text(printable(content), style=style)


def _name(name: Any) -> Text:
    """Return a name in one line that leaves room for the other cells of a table."""
    return _text(shorten(printable(str(name)), NAME_WIDTH))


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    # As text: the name of a column may look like markup.
    table.add_column(_name(first), no_wrap=True)
    for name in others:
        justify = "left" if name in TEXT_COLUMNS else "right"
        table.add_column(_text(name), justify=justify, no_wrap=name not in WRAPPED_COLUMNS)
    return table


def _model_cells(comparison: Comparison, metrics: Sequence[str], model: ModelResult) -> list[str]:
    cells = [shorten(model.name, NAME_WIDTH)]
    for metric in metrics:
        spread = f" ± {numbers.score(model.spread(metric))}" if comparison.n_folds > 1 else ""
        cells.append(f"{numbers.score(model.mean(metric))}{spread}")
    test = model.versus.get(comparison.primary)
    p_value = "" if test is None else numbers.p_value(test.p_value).removeprefix("p").removeprefix(" = ").strip()
    cells += ["" if test is None else numbers.signed(test.difference), p_value]
    cells.append(numbers.count(model.n_parameters))
    cells.append(numbers.duration(float(np.mean(model.fit_seconds))))
    return cells


def _score_cell(score: StudyScore | None) -> str:
    if score is None:
        return ""
    return f"{score.error:.3f}" + ("" if score.published is None else f" ({score.published:.3f})")
