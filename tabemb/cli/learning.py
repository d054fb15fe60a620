"""Commands that train and predict: run, compare, predict."""

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tabemb.cli.app import Quiet, RunPath, app, console, load_keras, names_of, progress_of, put, say
from tabemb.cli.printable import printable

if TYPE_CHECKING:
    from tabemb.experiments.config import ExperimentConfig
    from tabemb.experiments.data import Problem

__all__ = ["compare", "predict", "run"]


@app.command()
def run(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="YAML file of the experiment.")],
    force: Annotated[bool, typer.Option("--force", help="Replace an existing run of the same name.")] = False,
    output: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder for runs (default: from CONFIG).")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only warnings and errors.")] = False,
) -> None:
    """Run an experiment and save its report, vectors and model."""
    from tabemb.experiments.config import read_config
    from tabemb.experiments.runs.folder import EXISTS, WRITTEN
    from tabemb.files import check_free

    experiment = read_config(config)
    # Checked before loading Keras, which takes seconds.
    check_free(Path(output or experiment.output) / experiment.name, WRITTEN, replace=force, exists=EXISTS)
    problem = _load(experiment, quiet)
    with progress_of(experiment, quiet) as progress:
        load_keras()
        from tabemb.experiments.runs.runner import run as run_experiment

        result = run_experiment(experiment, force=force, output=output, problem=problem, progress=progress)
    if quiet:
        # Otherwise the verdict says it.
        for failure in result.comparison.failures if result.comparison else ():
            say(f"Warning: The comparison leaves out {failure.sentence}")
    else:
        from tabemb.cli.screen import comparison_table, study_table
        from tabemb.experiments.numbers import duration

        screen = console()
        if result.study is None:
            screen.print(comparison_table(result.comparison, width=screen.width))
        else:
            screen.print(study_table(result.study, width=screen.width))
        put(f"\nFinished in {duration(result.seconds)}. Report: {result.path / 'report.html'}")


@app.command()
def compare(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="Table to read: a CSV or Parquet file.")],
    target: Annotated[str, typer.Option(metavar="COL", help="Column to predict.")],
    columns: Annotated[str | None, typer.Option(metavar="A,B", help="Columns to learn from (default: all).")] = None,
    drop: Annotated[str, typer.Option(metavar="A,B", help="Columns to leave out.")] = "",
    categorical: Annotated[str, typer.Option(metavar="A,B", help="Numeric columns that hold categories.")] = "",
    numeric: Annotated[str, typer.Option(metavar="A,B", help="Columns to read as numbers.")] = "",
    na: Annotated[str, typer.Option(metavar="A,B", help="Texts that mean a missing cell, such as NA.")] = "",
    task: Annotated[str, typer.Option(help="Task: auto, classification or regression.")] = "auto",
    folds: Annotated[int, typer.Option(min=2, help="Number of cross-validation folds.")] = 5,
    baseline: Annotated[list[str] | None, typer.Option(help="Model to compare with; can be repeated.")] = None,
    downstream: Annotated[
        list[str] | None, typer.Option(help="Model to feed one-hot columns and vectors; can be repeated.")
    ] = None,
    metric: Annotated[list[str] | None, typer.Option(help="Metric; the first one ranks; can be repeated.")] = None,
    rows: Annotated[int | None, typer.Option(min=2, help="Use a random sample of this many rows.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Random seed.")] = 0,
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Save all scores to this JSON file.")] = None,
    quiet: Quiet = False,
) -> None:
    """Compare embeddings with one-hot encoding and other baselines on a table."""
    if task not in ("auto", "classification", "regression"):
        raise typer.BadParameter(f"{task!r} is not auto, classification or regression.", param_hint="--task")
    from tabemb.experiments.config import ExperimentConfig

    lists = {"categorical": categorical, "numeric": numeric, "drop": drop, "na": na}
    source = {"path": str(data), "target": target, "rows": rows} | {key: names_of(each) for key, each in lists.items()}
    experiment = ExperimentConfig(
        name="compare",
        task=task,
        data=source if columns is None else source | {"columns": names_of(columns)},
        baselines=baseline or None,
        downstream=downstream or [],
        metrics=metric or None,
        validation={"folds": folds},
        seed=seed,
    )
    problem = _load(experiment, quiet)
    with progress_of(experiment, quiet) as progress:
        load_keras()
        from tabemb.experiments.runs.runner import compare_only

        comparison = compare_only(experiment, problem=problem, progress=progress)
    if json is not None:
        import json as encoder

        json.write_text(encoder.dumps(comparison.to_json(), indent=1, allow_nan=False), encoding="utf-8")
    from tabemb.cli.screen import comparison_table

    screen = console()
    screen.print(comparison_table(comparison, width=screen.width))


@app.command()
def predict(
    run: RunPath,
    data: Annotated[Path, typer.Argument(metavar="DATA", help="Table to read: a CSV or Parquet file.")],
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A .csv or .parquet file (default: CSV to standard output)."),
    ] = None,
) -> None:
    """Predict the target for each row of a table, read by the types of the run.

    In CSV, texts that a spreadsheet would run as formulas are prefixed with an apostrophe.
    """
    from tabemb.experiments.runs.folder import open_run
    from tabemb.experiments.tables import check_readable, check_writable, write_csv, write_table

    if output is not None:
        check_writable(output)
    finished = open_run(run)
    check_readable(data)
    load_keras()
    predictions = finished.predict(data)
    if output is not None:
        write_table(predictions, output)
    elif sys.stdout.isatty():
        shown = io.StringIO()
        write_csv(predictions, shown)
        sys.stdout.write(printable(shown.getvalue()))
    else:
        write_csv(predictions, sys.stdout)


def _load(experiment: "ExperimentConfig", quiet: bool) -> "Problem":
    """Load the data of an experiment and print how each column was read."""
    from tabemb.experiments.data import load_problem

    problem = load_problem(experiment)
    if not quiet:
        from tabemb.cli.screen import readings_table

        put(readings_table(problem.readings, problem.notes))
        put("")
    return problem
