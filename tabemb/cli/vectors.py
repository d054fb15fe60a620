"""Commands that show, check and export the vectors of a run."""

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from tabemb.cli.app import INTERRUPTED, Quiet, RunPath, app, console, examples, names_of, put, say

__all__ = ["analogy", "diagnose", "explore", "export", "neighbors", "push", "vectors"]


@app.command(
    epilog=examples(
        "tabemb vectors runs/flights",
    )
)
def vectors(run: RunPath) -> None:
    """List the columns of a run that have vectors, and how often neighbors come back in fits to other rows."""
    from tabemb.cli.screen import vectors_table
    from tabemb.experiments.runs.folder import open_run

    put(vectors_table(open_run(run)))


@app.command(
    epilog=examples(
        "tabemb neighbors runs/flights dest SFO",
        'tabemb neighbors runs/flights dest "New York" --topn 5',
        'tabemb neighbors runs/movies movie "Toy Story (1995)"',
    )
)
def neighbors(
    run: RunPath,
    column: Annotated[str, typer.Argument(metavar="COLUMN", help="Column with vectors.")],
    key: Annotated[str, typer.Argument(metavar="KEY", help="Category of the column, by key or readable name.")],
    topn: Annotated[int, typer.Option(min=1, help="Number of neighbors.")] = 10,
) -> None:
    """Show the categories most similar to KEY, and how often they come back in fits to other rows."""
    from tabemb.cli.keys import key_from_text
    from tabemb.cli.screen import neighbors_table
    from tabemb.experiments.runs.folder import open_run

    finished = open_run(run)
    column_vectors = finished.vectors[column]
    names = finished.names(column)
    key_found = key_from_text(key, column_vectors, names)
    put(neighbors_table(column, column_vectors, key_found, topn, by_folds=finished.has_folds, names=names))


@app.command(
    epilog=examples(
        "tabemb analogy runs/flights dest JFK LGA SFO",
        'tabemb analogy runs/movies movie Alien Aliens "Die Hard" --topn 5',
    )
)
def analogy(
    run: RunPath,
    column: Annotated[str, typer.Argument(metavar="COLUMN", help="Column with vectors.")],
    a: Annotated[str, typer.Argument(metavar="A", help="Category, by key or readable name.")],
    b: Annotated[str, typer.Argument(metavar="B", help="What it goes with.")],
    c: Annotated[str, typer.Argument(metavar="C", help="Another category.")],
    topn: Annotated[int, typer.Option(min=1, help="Number of answers.")] = 10,
) -> None:
    """Complete "A is to B as C is to ...": show the categories nearest to B - A + C."""
    from tabemb.cli.keys import key_from_text
    from tabemb.cli.screen import similar_table
    from tabemb.experiments.runs.folder import open_run

    finished = open_run(run)
    column_vectors, names = finished.vectors[column], finished.names(column)
    keys = [key_from_text(text, column_vectors, names) for text in (a, b, c)]
    put(similar_table(column, column_vectors.analogy(*keys, topn=topn), names))


@app.command(
    epilog=examples(
        "tabemb diagnose runs/flights",
        "tabemb diagnose runs/flights dest --min-count 20",
    )
)
def diagnose(
    run: RunPath,
    column: Annotated[str | None, typer.Argument(metavar="COLUMN", help="Column to diagnose (default: all).")] = None,
    min_count: Annotated[int, typer.Option(min=1, help="Ignore categories with fewer rows.")] = 1,
) -> None:
    """Check what the vectors of a run have learned, and what to look at before using them."""
    from tabemb.cli.screen import diagnoses_table, diagnosis_table
    from tabemb.diagnosis.diagnose import diagnose as diagnose_column
    from tabemb.diagnosis.diagnose import diagnose_columns
    from tabemb.experiments.runs.folder import open_run

    run_vectors = open_run(run).vectors
    if column is None:
        put(diagnoses_table(diagnose_columns(run_vectors, min_count=min_count)))
    else:
        put(diagnosis_table(diagnose_column(run_vectors[column], min_count=min_count)))


@app.command(
    epilog=examples(
        "tabemb export runs/flights dest dest.csv",
        "tabemb export runs/flights vectors --format parquet",
        "tabemb export runs/flights flights.projector",
    )
)
def export(
    run: RunPath,
    what: Annotated[
        list[str],
        typer.Argument(metavar="[COLUMN] FILE", help="A column and a file, or a folder for all columns."),
    ],
    format: Annotated[  # noqa: A002
        str | None, typer.Option(metavar="NAME", help="Format, if the suffix of FILE does not give it.")
    ] = None,
) -> None:
    """Export the vectors of a run: Parquet, npz, CSV, word2vec, TensorBoard projector, ...

    The suffix of FILE gives the format. Without COLUMN all columns are exported: to a folder for the TensorBoard
    projector if FILE ends in .projector, otherwise to a folder with one file per column (Parquet, or --format).
    """
    from tabemb.experiments.runs.export import export_all, export_column
    from tabemb.experiments.runs.folder import open_run

    if len(what) > 2:
        raise typer.BadParameter(f"expected one or two values, got {len(what)}.", param_hint="[COLUMN] FILE")
    *column, path = what
    finished = open_run(run)
    written = export_column(finished, *column, path, format) if column else export_all(finished, path, format)
    for line in written:
        put(line)


@app.command(
    epilog=examples(
        "tabemb push runs/flights milvus:vectors.db",
        "tabemb push runs/flights lancedb:vectors --columns dest,carrier --replace",
    )
)
def push(
    run: RunPath,
    target: Annotated[
        str, typer.Argument(metavar="TARGET", help="milvus:FILE.db, milvus://HOST:19530 or lancedb:FOLDER.")
    ],
    columns: Annotated[str | None, typer.Option(metavar="A,B", help="Columns to push (default: all).")] = None,
    metric: Annotated[str, typer.Option(help="Similarity metric: cosine, dot or euclidean.")] = "cosine",
    prefix: Annotated[str, typer.Option(help="Prefix of the collection names.")] = "tabemb_",
    replace: Annotated[bool, typer.Option("--replace", help="Replace the vectors of another run.")] = False,
    quiet: Quiet = False,
) -> None:
    """Push the vectors of a run to a vector database, one collection per column."""
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
        say("Interrupted. The rows written so far are complete; push the run again to write the others.")
        # Not typer.Exit: main() prints its own message for exit code 130.
        sys.exit(INTERRUPTED)
    put(push_table(summary))


@app.command(
    epilog=examples(
        "tabemb explore runs/flights --open",
        "tabemb explore runs/flights --side airports.csv --open",
        "tabemb explore runs/flights --side airports.csv --side-key faa --output airports.html",
    )
)
def explore(
    run: RunPath,
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="HTML file (default: explore.html in the run folder)."),
    ] = None,
    side: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[COLUMN=]FILE",
            help="Table with one row per category, such as names and regions: colors, filters, details and search. Can "
            "be repeated. COLUMN is the column of the run that it is about (default: found).",
        ),
    ] = None,
    side_key: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Column of the side table that holds the categories (default: found)."),
    ] = None,
    show: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """Write a web page to explore the vectors: a map, search, neighbors, a - b + c.

    With --side, the map is colored and filtered by the columns of your table, such as the region of a store or the time
    zone of an airport, and its names are searched.
    """
    from tabemb.experiments.explorer import write_explorer
    from tabemb.experiments.explorer.side_table import side_data
    from tabemb.experiments.numbers import memory
    from tabemb.experiments.runs.folder import open_run

    if side_key is not None and not side:
        raise typer.BadParameter("it names a column of the table of --side, which is missing.", param_hint="--side-key")
    finished = open_run(run)
    tables, columns = _side_tables(side or []), {name: each for name, each in finished.vectors.items() if len(each)}
    known = side_data(tables, columns, key=side_key) if tables and columns else None
    for column, each in (known or {}).items():
        of = f"{each.n_found:,} of {len(columns[column]):,} categories of {column}"
        put(f"{each.source}: {of}, by its column {each.key}.")
    # t-SNE takes half a minute for a column with thousands of categories.
    with console().status("Computing the maps ..."):
        page = write_explorer(finished, output, side=known)
    put(f"{page}: {memory(page.stat().st_size)}. Open it in any browser; it needs no network.")
    if show:
        import webbrowser

        webbrowser.open(page.resolve().as_uri())


def _side_tables(texts: list[str]) -> dict[str, str] | list[str] | None:
    """Return the files of --side, by column if they are given as COLUMN=FILE."""
    named = {}
    for text in texts:
        column, equals, path = text.partition("=")
        if not equals or Path(text).exists():
            continue
        if column in named:
            raise typer.BadParameter(f"the column {column} has two tables.", param_hint="--side")
        named[column] = path
    if named and len(named) < len(texts):
        raise typer.BadParameter("give all tables as COLUMN=FILE, or none.", param_hint="--side")
    return named or texts or None
