"""Commands that train and predict: run, learn, compare, predict, transform."""

import io
import json as encoder
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tabemb.cli.app import (
    DataPath,
    Encoding,
    Na,
    Quiet,
    RunPath,
    Separator,
    app,
    console,
    examples,
    load_keras,
    names_of,
    progress_of,
    put,
)
from tabemb.cli.column_options import MultiValued, Shared, Vocabulary, column_settings
from tabemb.cli.printable import printable
from tabemb.cli.read import load_checked
from tabemb.experiments.config_names import BASELINE_NAMES, METRIC_NAMES, OBJECTIVE

if TYPE_CHECKING:
    import pandas as pd

    from tabemb.experiments.comparison.result import Comparison
    from tabemb.experiments.config import ExperimentConfig

__all__ = ["compare", "learn", "predict", "run", "transform"]

TASKS = ("auto", "classification", "regression", "ranking")
METRICS = [name for names in METRIC_NAMES.values() for name in names]
METRICS_HELP = (
    f"Metric; the first one ranks; can be repeated. For classes: {', '.join(METRIC_NAMES['classes'])}. For numbers: "
    f"{', '.join(METRIC_NAMES['numbers'])}. For rankings: {', '.join(METRIC_NAMES['rankings'])}."
)


def _beginning_with(names: list[str], start: str) -> list[str]:
    return [name for name in names if name.startswith(start)]


@app.command(
    epilog=examples(
        "tabemb run configs/flights.yaml",
        "tabemb run flights.yaml --force --quiet",
        "tabemb run flights.yaml --output results",
    )
)
def run(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="YAML file of the experiment (see tabemb init).")],
    force: Annotated[bool, typer.Option("--force", help="Replace an existing run of the same name.")] = False,
    output: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder for runs (default: from CONFIG).")] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print only the verdict, what failed, warnings and errors.")
    ] = False,
) -> None:
    """Run an experiment and save its report, vectors and model."""
    from tabemb.experiments.config import read_config

    _run_and_show(read_config(config), force, output, quiet)


def _run_and_show(experiment: "ExperimentConfig", force: bool, output: Path | None, quiet: bool) -> None:
    """Run an experiment and print its results."""
    from tabemb.experiments.runs.folder import EXISTS, WRITTEN
    from tabemb.files import check_free

    # Checked before loading Keras, which takes seconds.
    check_free(Path(output or experiment.output) / experiment.name, WRITTEN, replace=force, exists=EXISTS)
    problem = load_checked(experiment, quiet)
    with progress_of(experiment, quiet) as progress:
        # A recommender loads it only if its method trains a network.
        if experiment.recommend is None:
            load_keras()
        from tabemb.experiments.runs.runner import run as run_experiment

        result = run_experiment(experiment, force=force, output=output, problem=problem, progress=progress)
    scored = result.comparison or result.study or result.ranking
    if quiet:
        # It also says what failed.
        put(result.known.answer if scored is None else scored.verdict())
        return
    from tabemb.cli.screen import answers, comparison_table, known_answer, study_table, vectors_table
    from tabemb.experiments.numbers import duration
    from tabemb.experiments.runs.folder import open_run

    screen = console()
    if result.comparison is not None:
        screen.print(comparison_table(result.comparison, width=screen.width, headline=False))
        put("")
        screen.print(answers(result.comparison, result.known))
    elif result.ranking is not None:
        from tabemb.cli.recommend_screen import ranking_table

        screen.print(ranking_table(result.ranking))
    elif result.study is not None:
        screen.print(study_table(result.study, width=screen.width))
    else:
        screen.print(vectors_table(open_run(result.path)))
        put("")
        screen.print(known_answer(result.known))
    put(f"\nFinished in {duration(result.seconds)}. Report: {result.path / 'report.html'}")


@app.command(
    epilog=examples(
        "tabemb learn flights.csv",
        "tabemb learn ratings.parquet --columns user,film --categorical user,film --out runs/films",
        "tabemb learn shops.csv --objective masked --drop id --na NA,?",
        "tabemb learn films.csv --multi-valued genres=| --shared airport=origin,dest --vocabulary title=ngrams",
    )
)
def learn(
    data: DataPath,
    objective: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help=f"What the vectors are learned from: {', '.join(OBJECTIVE.names)}.",
            autocompletion=lambda incomplete: _beginning_with(list(OBJECTIVE.names), incomplete),
        ),
    ] = "cooccurrence",
    columns: Annotated[str | None, typer.Option(metavar="A,B", help="Columns to learn from (default: all).")] = None,
    drop: Annotated[str, typer.Option(metavar="A,B", help="Columns to leave out.")] = "",
    categorical: Annotated[str, typer.Option(metavar="A,B", help="Numeric columns that hold categories.")] = "",
    numeric: Annotated[str, typer.Option(metavar="A,B", help="Columns to read as numbers.")] = "",
    multi_valued: MultiValued = None,
    shared: Shared = None,
    vocabulary: Vocabulary = None,
    na: Na = "",
    sep: Separator = None,
    encoding: Encoding = None,
    rows: Annotated[int | None, typer.Option(min=2, help="Use a random sample of this many rows.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Random seed.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="RUN", help="Folder of the run (default: runs/ and the name of DATA)."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing run.")] = False,
    quiet: Quiet = False,
) -> None:
    """Learn vectors from a table alone, without a target, and save a report, the vectors and the model.

    Categories are similar if they occur with the same values of the other columns. The result is a run like that of
    tabemb run, without a comparison, for the other commands: neighbors, explore, export, transform ...
    """
    settings = column_settings(multi_valued, shared, vocabulary)
    from tabemb.experiments.config import make_config
    from tabemb.experiments.starter.sections import starter_name

    place = Path("runs", starter_name(data)) if out is None else out
    source: dict[str, Any] = {"path": str(data), "rows": rows, "sep": sep, "encoding": encoding}
    lists = {"columns": columns, "categorical": categorical, "numeric": numeric, "drop": drop, "na": na}
    source |= {key: names_of(each) for key, each in lists.items() if each is not None}
    experiment = make_config(
        {
            "name": place.resolve().name,
            "data": {key: each for key, each in source.items() if each is not None},
            "pretrain": {"objective": objective, **settings},
            "seed": seed,
            "output": str(place.parent),
        }
    )
    _run_and_show(experiment, force, None, quiet)


@app.command(
    epilog=examples(
        "tabemb compare flights.csv --target late",
        "tabemb compare churn.csv.gz --target churned --drop id --na NA,? --report churn.html",
        "tabemb compare results.csv --target relevance --task ranking --group query",
        "tabemb compare sales.csv --target price --sep ';' --encoding cp1252 --baseline ordinal_trees --metric mae",
    )
)
def compare(
    data: DataPath,
    target: Annotated[str, typer.Option(metavar="COL", help="Column to predict.")],
    columns: Annotated[str | None, typer.Option(metavar="A,B", help="Columns to learn from (default: all).")] = None,
    drop: Annotated[str, typer.Option(metavar="A,B", help="Columns to leave out.")] = "",
    categorical: Annotated[str, typer.Option(metavar="A,B", help="Numeric columns that hold categories.")] = "",
    numeric: Annotated[str, typer.Option(metavar="A,B", help="Columns to read as numbers.")] = "",
    multi_valued: MultiValued = None,
    shared: Shared = None,
    vocabulary: Vocabulary = None,
    na: Na = "",
    sep: Separator = None,
    encoding: Encoding = None,
    task: Annotated[str, typer.Option(help=f"Task: {', '.join(TASKS[:-1])} or {TASKS[-1]}.")] = "auto",
    group: Annotated[
        str | None, typer.Option(metavar="COL", help="With --task ranking, the column whose groups are ranked.")
    ] = None,
    folds: Annotated[int, typer.Option(min=2, help="Number of cross-validation folds.")] = 5,
    baseline: Annotated[
        list[str] | None,
        typer.Option(
            help=f"Model to compare with: {', '.join(BASELINE_NAMES)}; can be repeated (default: all that apply).",
            autocompletion=lambda incomplete: _beginning_with(list(BASELINE_NAMES), incomplete),
        ),
    ] = None,
    downstream: Annotated[
        list[str] | None, typer.Option(help="Model to feed one-hot columns and vectors; can be repeated.")
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(help=METRICS_HELP, autocompletion=lambda incomplete: _beginning_with(METRICS, incomplete)),
    ] = None,
    rows: Annotated[int | None, typer.Option(min=2, help="Use a random sample of this many rows.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Random seed.")] = 0,
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Save all scores to this JSON file.")] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the report of a run to this HTML file; fits once more.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Compare embeddings with one-hot encoding and other baselines on a table."""
    if task not in TASKS:
        raise typer.BadParameter(f"{task!r} is not {', '.join(TASKS[:-1])} or {TASKS[-1]}.", param_hint="--task")
    if (task == "ranking") != (group is not None):
        raise typer.BadParameter("--task ranking needs --group, and --group needs it.", param_hint="--group")
    settings = column_settings(multi_valued, shared, vocabulary)
    from tabemb.experiments.config import make_config
    from tabemb.experiments.tables import check_place

    for place in filter(None, (json, report)):
        check_place(place)
    source: dict[str, Any] = {"path": str(data), "target": target, "group": group, "rows": rows, "sep": sep}
    source["encoding"] = encoding
    lists = {"columns": columns, "categorical": categorical, "numeric": numeric, "drop": drop, "na": na}
    source |= {key: names_of(each) for key, each in lists.items() if each is not None}
    experiment = make_config(
        {
            "name": "compare",
            "task": task,
            "data": {key: each for key, each in source.items() if each is not None},
            "baselines": baseline or None,
            **({"downstream": downstream} if downstream else {}),
            "metrics": metric or None,
            **({"model": settings} if settings else {}),
            "validation": {"folds": folds},
            "seed": seed,
        }
    )
    problem = load_checked(experiment, quiet)
    with progress_of(experiment, quiet) as progress:
        load_keras()
        if report is None:
            from tabemb.experiments.runs.runner import compare_only

            comparison = compare_only(experiment, problem=problem, progress=progress)
        else:
            from tabemb.experiments.runs.compared import compare_and_report

            comparison = compare_and_report(experiment, report, problem=problem, progress=progress)
    if json is not None:
        _write_scores(comparison, json)
    from tabemb.cli.screen import comparison_table

    screen = console()
    screen.print(comparison_table(comparison, width=screen.width))
    if report is not None and not quiet:
        put(f"\nReport: {report}")


@app.command(
    epilog=examples(
        "tabemb predict runs/flights new_flights.csv",
        "tabemb predict runs/flights new_flights.parquet --output predictions.csv",
        "tabemb predict runs/flights new.csv --encoding latin-1",
    )
)
def predict(
    run: RunPath,
    data: DataPath,
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A .csv or .parquet file (default: CSV to standard output)."),
    ] = None,
    sep: Separator = None,
    encoding: Encoding = None,
) -> None:
    """Predict the target for each row of a table, read by the types of the run.

    In CSV, texts that a spreadsheet would run as formulas are prefixed with an apostrophe.
    """
    from tabemb.experiments.runs.folder import open_run
    from tabemb.experiments.tables import check_readable, check_writable

    if output is not None:
        check_writable(output)
    finished = open_run(run)
    finished.check_target()
    check_readable(data, sep=sep, encoding=encoding)
    rows = finished.read_rows(data, sep=sep, encoding=encoding)
    load_keras()
    _write_rows(finished.predict(rows), output)


@app.command(
    epilog=examples(
        "tabemb transform runs/flights new_flights.csv",
        "tabemb transform runs/flights new_flights.parquet --output vectors.parquet",
        "tabemb transform flight_encoder new_flights.csv --na NA",
    )
)
def transform(
    run: Annotated[
        Path,
        typer.Argument(
            metavar="RUN", help="Folder of a finished run, or of a saved EmbeddingEncoder or EmbeddingPretrainer."
        ),
    ],
    data: DataPath,
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A .csv or .parquet file (default: CSV to standard output)."),
    ] = None,
    na: Na = "",
    sep: Separator = None,
    encoding: Encoding = None,
) -> None:
    """Replace the categories of each row of a table by their vectors; this loads no TensorFlow.

    Categories that the fit has not seen get the vector for unknown categories. Numbers stay as they are. In CSV, texts
    that a spreadsheet would run as formulas are prefixed with an apostrophe.
    """
    from tabemb.experiments.runs.folder import open_run
    from tabemb.experiments.runs.saved_vectors import is_saved_estimator, transform_by_saved
    from tabemb.experiments.tables import check_readable, check_writable

    if output is not None:
        check_writable(output)
    if is_saved_estimator(run):
        _write_rows(transform_by_saved(run, data, na=names_of(na), sep=sep, encoding=encoding), output)
        return
    if na:
        raise typer.BadParameter("a run has its own, those of data.na.", param_hint="--na")
    finished = open_run(run)
    check_readable(data, sep=sep, encoding=encoding)
    _write_rows(finished.transform(finished.read_rows(data, sep=sep, encoding=encoding)), output)


def _write_rows(table: "pd.DataFrame", output: Path | None) -> None:
    """Write a table to a file, or as CSV to standard output."""
    from tabemb.experiments.tables import write_csv, write_table

    if output is not None:
        write_table(table, output)
    elif sys.stdout.isatty():
        shown = io.StringIO()
        write_csv(table, shown)
        sys.stdout.write(printable(shown.getvalue()))
    else:
        write_csv(table, sys.stdout)


def _write_scores(comparison: "Comparison", path: Path) -> None:
    from tabemb.files import replacing_file

    with replacing_file(path) as draft:
        draft.write_text(encoder.dumps(comparison.to_json(), indent=1, allow_nan=False), encoding="utf-8")
