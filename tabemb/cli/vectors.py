"""Commands that look at the vectors of a run, and hand them over."""

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from tabemb.cli.app import INTERRUPTED, Quiet, RunPath, app, console, names_of, put, say

__all__ = ["diagnose", "explore", "export", "neighbors", "push", "vectors"]


@app.command()
def vectors(run: RunPath) -> None:
    """List the columns of a run that have vectors."""
    from tabemb.cli.screen import vectors_table
    from tabemb.experiments.runs.folder import open_run

    put(vectors_table(open_run(run)))


@app.command()
def neighbors(
    run: RunPath,
    column: Annotated[str, typer.Argument(metavar="COLUMN", help="A column that has vectors.")],
    key: Annotated[str, typer.Argument(metavar="KEY", help="One of its categories.")],
    topn: Annotated[int, typer.Option(min=1, help="How many.")] = 10,
) -> None:
    """Show the categories whose vectors are most like that of KEY."""
    from tabemb.cli.keys import key_from_text
    from tabemb.cli.screen import neighbors_table
    from tabemb.experiments.runs.folder import open_run

    mine = open_run(run).vectors[column]
    put(neighbors_table(column, mine.most_similar(key_from_text(key, mine), topn=topn)))


@app.command()
def diagnose(
    run: RunPath,
    column: Annotated[str | None, typer.Argument(metavar="COLUMN", help="A column; all of them by default.")] = None,
    min_count: Annotated[int, typer.Option(min=1, help="Leave out categories of fewer rows.")] = 1,
) -> None:
    """Say what the vectors of a run have learned, and what to look into before they are used."""
    from tabemb.cli.screen import diagnoses_table, diagnosis_table
    from tabemb.experiments.runs.folder import open_run
    from tabemb.vectors.table_diagnosis import TableDiagnosis

    mine = open_run(run).vectors
    if column is None:
        put(diagnoses_table(TableDiagnosis.of(mine, min_count=min_count)))
    else:
        put(diagnosis_table(mine[column].diagnose(min_count=min_count)))


@app.command()
def export(
    run: RunPath,
    what: Annotated[
        list[str],
        typer.Argument(metavar="[COLUMN] FILE", help="A column and a file for it, or a folder for all columns."),
    ],
    format: Annotated[  # noqa: A002
        str | None, typer.Option(metavar="NAME", help="The format, where the suffix does not tell it.")
    ] = None,
) -> None:
    """Write the vectors of a run to files: Parquet, npz, CSV, word2vec, TensorBoard's projector, ...

    The suffix of FILE tells the format. Without COLUMN all columns are written: into one folder of TensorBoard's
    projector (FILE ends in .projector), or into a folder with a file for each column (Parquet, or --format).
    """
    from tabemb.experiments.runs.export import export_all, export_column
    from tabemb.experiments.runs.folder import open_run

    if len(what) > 2:
        raise typer.BadParameter(f"expected one or two, got {len(what)}.", param_hint="[COLUMN] FILE")
    *column, path = what
    finished = open_run(run)
    written = export_column(finished, *column, path, format) if column else export_all(finished, path, format)
    for line in written:
        put(line)


@app.command()
def push(
    run: RunPath,
    target: Annotated[
        str, typer.Argument(metavar="TARGET", help="milvus:FILE.db, milvus://HOST:19530 or lancedb:FOLDER.")
    ],
    columns: Annotated[str | None, typer.Option(metavar="A,B", help="Push these columns only.")] = None,
    metric: Annotated[str, typer.Option(help="Similarity metric of searches: cosine, dot or euclidean.")] = "cosine",
    prefix: Annotated[str, typer.Option(help="What the names of the collections begin with.")] = "tabemb_",
    replace: Annotated[bool, typer.Option("--replace", help="Replace the vectors of another run.")] = False,
    quiet: Quiet = False,
) -> None:
    """Write a run's vectors to a vector database, one collection a column."""
    from tabemb.cli.screen import push_progress, push_table
    from tabemb.experiments.runs.folder import open_run
    from tabemb.vectors.databases import push as push_vectors

    finished = open_run(run)
    try:
        with nullcontext() if quiet else push_progress() as progress:
            summary = push_vectors(
                finished.vectors,
                target,
                run=finished.path.resolve().name,
                columns=None if columns is None else names_of(columns),
                metric=metric,
                prefix=prefix,
                replace=replace,
                progress=progress,
            )
    except KeyboardInterrupt:
        say("Interrupted; the rows that were written are whole. Push the run again, which writes the others.")
        # Not by typer.Exit: its 130 stands for an interruption of which nothing has been said.
        sys.exit(INTERRUPTED)
    put(push_table(summary))


@app.command()
def explore(
    run: RunPath,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The page (default: explore.html in the run's folder).")
    ] = None,
    show: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Write a page to look around in the vectors: a map, search, neighbours, a - b + c."""
    from tabemb.experiments.explorer import write_explorer
    from tabemb.experiments.report.numbers import memory
    from tabemb.experiments.runs.folder import open_run

    finished = open_run(run)
    # Columns of thousands of categories take t-SNE half a minute each.
    with console().status("Laying out the vectors ..."):
        page = write_explorer(finished, output)
    put(f"{page}: {memory(page.stat().st_size)}. It opens in any browser and needs no network.")
    if show:
        import webbrowser

        webbrowser.open(page.resolve().as_uri())
