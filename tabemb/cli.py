"""The command line: parse, call one function, print.

Heavy imports stand inside the commands, so that ``tabemb --help`` answers at once.
"""

import importlib
import logging
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["app", "main"]

INTERRUPTED = 130

app = typer.Typer(
    name="tabemb",
    help="Learn vectors for the categories of a table, compare them with one-hot, and reuse them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a finished run, such as runs/flights.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        What stands after ``tabemb``; from ``sys.argv`` by default.

    Returns
    -------
    int
        0: done; 1: the work failed, or the data are bad; 2: wrong usage; 130: interrupted.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    # Wherever it stands: people add it to the end of a command that failed.
    debug = "--debug" in arguments
    arguments = [each for each in arguments if each != "--debug"]
    with _quiet_machinery(debug):
        try:
            code = int(app(arguments, standalone_mode=False) or 0)
            # typer turns Ctrl-C into this code, and says nothing.
            return _report(KeyboardInterrupt()) if code == INTERRUPTED else code
        except BaseException as error:
            if debug and not isinstance(error, SystemExit | typer.Exit):
                raise
            return _report(error)


def _report(error: BaseException) -> int:
    """Say what went wrong in one plain sentence, and return the exit code."""
    from tabemb.exceptions import TabembError

    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else 1
    if isinstance(error, typer.Exit):
        return error.exit_code
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        _say("Interrupted; nothing was written.")
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        # The reader (head, say) has seen enough; Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    if hasattr(error, "format_message"):
        # Wrong usage. By what it has, not by its class: typer brings its own copy of click, or has brought none.
        command = getattr(getattr(error, "ctx", None), "command_path", None) or "tabemb"
        if message := error.format_message().strip():
            _say(f"Error: {message} See: {command} --help")
        return 2
    if isinstance(error, TabembError | OSError):
        _say(f"Error: {error}")
        return 1
    _say(f"Error: {type(error).__name__}: {error} (Add --debug to see where.)")
    return 1


def _show_version(wanted: bool) -> None:
    if wanted:
        from tabemb import __version__

        sys.stdout.write(f"tabemb {__version__}\n")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    # Both are dealt with before typer gets here; they stand here for --help.
    del version, debug


@app.command()
def run(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="The experiment, a YAML file.")],
    force: Annotated[bool, typer.Option("--force", help="Replace a run of the same name.")] = False,
    output: Annotated[Path | None, typer.Option(metavar="DIR", help="The folder for runs (default: runs).")] = None,
    quiet: Quiet = False,
) -> None:
    """Run an experiment and write its report, vectors and model."""
    from tabemb.experiments.config import read_config

    experiment = read_config(config)
    with _progress(experiment, quiet) as progress:
        from tabemb.experiments.run_folder import PARTS
        from tabemb.experiments.staging import check_free

        # Known in a moment; Keras takes seconds to load.
        check_free(Path(output or experiment.output) / experiment.name, PARTS, replace=force)
        _load_keras()
        from tabemb.experiments.runner import run as run_experiment

        result = run_experiment(experiment, force=force, output=output, progress=progress)
    if not quiet:
        from tabemb.experiments.units import duration

        console = _console()
        console.print(result.shown(console.width))
        _print(f"\nReport after {duration(result.seconds)}: {result.path / 'report.html'}")


@app.command()
def compare(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="A CSV or Parquet file.")],
    target: Annotated[str, typer.Option(metavar="COL", help="The column to predict.")],
    columns: Annotated[str | None, typer.Option(metavar="A,B", help="Learn from these columns only.")] = None,
    categorical: Annotated[str, typer.Option(metavar="A,B", help="Numbers that are categories: codes, ids.")] = "",
    task: Annotated[str, typer.Option(help="auto, classification or regression.")] = "auto",
    folds: Annotated[int, typer.Option(min=2, help="Number of folds.")] = 5,
    baseline: Annotated[list[str] | None, typer.Option(help="What to compare with; can be repeated.")] = None,
    metric: Annotated[list[str] | None, typer.Option(help="The first one ranks; can be repeated.")] = None,
    rows: Annotated[int | None, typer.Option(min=2, help="Draw so many rows at random.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Everything random follows from it.")] = 0,
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Write all figures here.")] = None,
    quiet: Quiet = False,
) -> None:
    """Compare embeddings with one-hot and other baselines on a table."""
    if task not in ("auto", "classification", "regression"):
        raise typer.BadParameter(f"{task!r} is not auto, classification or regression.", param_hint="--task")
    from tabemb.experiments.config import ExperimentConfig

    source = {"path": str(data), "target": target, "categorical": _names(categorical), "rows": rows}
    experiment = ExperimentConfig(
        name="compare",
        task=task,
        data=source if columns is None else source | {"columns": _names(columns)},
        baselines=baseline or None,
        metrics=metric or None,
        validation={"folds": folds},
        seed=seed,
    )
    with _progress(experiment, quiet) as progress:
        _load_keras()
        from tabemb.experiments.runner import compare_only

        comparison = compare_only(experiment, progress=progress)
    if json is not None:
        import json as encoder

        json.write_text(encoder.dumps(comparison.to_json(), indent=1, allow_nan=False), encoding="utf-8")
    _print_comparison(comparison)


@app.command()
def vectors(run: RunPath) -> None:
    """List the columns of a run that have vectors."""
    from tabemb.experiments.console import vectors_table
    from tabemb.experiments.run_folder import open_run

    _print(vectors_table(open_run(run)))


@app.command()
def neighbors(
    run: RunPath,
    column: Annotated[str, typer.Argument(metavar="COLUMN", help="A column that has vectors.")],
    key: Annotated[str, typer.Argument(metavar="KEY", help="One of its categories.")],
    topn: Annotated[int, typer.Option(min=1, help="How many.")] = 10,
) -> None:
    """Show the categories whose vectors are most like that of KEY."""
    from tabemb.experiments.console import neighbours_table
    from tabemb.experiments.key_text import key_from_text
    from tabemb.experiments.run_folder import open_run

    mine = open_run(run).vectors[column]
    _print(neighbours_table(column, mine.most_similar(key_from_text(key, mine), topn=topn)))


@app.command()
def diagnose(
    run: RunPath,
    column: Annotated[str | None, typer.Argument(metavar="COLUMN", help="A column; all of them by default.")] = None,
    min_count: Annotated[int, typer.Option(min=1, help="Leave out categories of fewer rows.")] = 1,
) -> None:
    """Say what the vectors of a run have learned, and what to look into before they are used."""
    from tabemb.experiments.diagnosis_console import show_diagnoses, show_diagnosis
    from tabemb.experiments.run_folder import open_run
    from tabemb.vectors.table_diagnosis import TableDiagnosis

    mine = open_run(run).vectors
    if column is None:
        _print(show_diagnoses(TableDiagnosis.of(mine, min_count=min_count)))
    else:
        _print(show_diagnosis(mine[column].diagnose(min_count=min_count)))


@app.command()
def predict(
    run: RunPath,
    data: Annotated[Path, typer.Argument(metavar="DATA", help="A CSV or Parquet file.")],
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A .csv or .parquet file; CSV to standard output by default.")
    ] = None,
) -> None:
    """Predict the target for each row of a table."""
    from tabemb.experiments.prediction import predict_table
    from tabemb.experiments.run_folder import open_run
    from tabemb.experiments.tables import check_writable, read_table, write_table

    if output is not None:
        check_writable(output)
    finished, rows = open_run(run), read_table(data)
    _load_keras()
    answers = predict_table(finished, rows)
    if output is None:
        answers.to_csv(sys.stdout, index=False)
    else:
        write_table(answers, output)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _console() -> Any:
    from rich.console import Console

    # A pipe has no width of its own; rich would take 80 and cut the table.
    return Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=140)


def _print(what: Any) -> None:
    _console().print(what, markup=False)


def _print_comparison(comparison: Any) -> None:
    from tabemb.experiments.console import show_comparison

    console = _console()
    console.print(show_comparison(comparison, width=console.width))


def _say(sentence: str) -> None:
    sys.stderr.write(" ".join(sentence.split()) + "\n")


@contextmanager
def _progress(experiment: Any, quiet: bool) -> Iterator[Any]:
    if quiet:
        yield None
        return
    from tabemb.experiments.console import comparison_progress

    n_models = 1 + (5 if experiment.baselines is None else len(experiment.baselines))
    # A study counts its steps itself.
    counted = {"n_models": n_models} if experiment.study is None else {"n_models": 1, "part": "step"}
    # Its own way to the screen, since descriptor 2 is turned away while Keras loads.
    with os.fdopen(os.dup(2), "w") as stream, comparison_progress(file=stream, **counted) as advance:
        yield advance


def _load_keras() -> None:
    """Import Keras without the notes that TensorFlow's C++ libraries write to descriptor 2 as they start."""
    screen, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        importlib.import_module("tabemb.estimators.classifier")
    finally:
        os.dup2(screen, 2)
        os.close(screen)
        os.close(nowhere)


@contextmanager
def _quiet_machinery(debug: bool) -> Iterator[None]:
    """Keep TensorFlow's notes and Python's warnings off the screen, and let a TERM signal clean up."""
    import warnings

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # OpenMP's threads spin while they wait; beside TensorFlow's own that makes the trees many times slower.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    notes = logging.getLogger("tensorflow")
    before, level = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143)), notes.level
    notes.setLevel(level if debug else logging.ERROR)
    try:
        with warnings.catch_warnings():
            if not debug:
                warnings.simplefilter("ignore")
            yield
    finally:
        signal.signal(signal.SIGTERM, before)
        notes.setLevel(level)


if __name__ == "__main__":
    sys.exit(main())
