"""What all commands share: how they are run, how an error is told, where words go."""

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

__all__ = [
    "INTERRUPTED",
    "Quiet",
    "RunPath",
    "app",
    "console",
    "load_keras",
    "main",
    "names_of",
    "progress_of",
    "put",
    "say",
]

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
        say("Interrupted; nothing was written.")
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        # The reader (head, say) has seen enough; Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    if hasattr(error, "format_message"):
        # Wrong usage. By what it has, not by its class: typer brings its own copy of click, or has brought none.
        command = getattr(getattr(error, "ctx", None), "command_path", None) or "tabemb"
        if message := error.format_message().strip():
            say(f"Error: {message} See: {command} --help")
        return 2
    if isinstance(error, TabembError | OSError):
        say(f"Error: {error}")
        return 1
    say(f"Error: {type(error).__name__}: {error} (Add --debug to see where.)")
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


def names_of(text: str) -> list[str]:
    """Return the names in a list with commas."""
    return [name.strip() for name in text.split(",") if name.strip()]


def console() -> Any:
    """Return the console of standard output, as wide as a table needs where it is a pipe."""
    from rich.console import Console

    # A pipe has no width of its own; rich would take 80 and cut the table.
    return Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=140)


def put(what: Any) -> None:
    """Print to standard output, as it is."""
    console().print(what, markup=False)


def say(sentence: str) -> None:
    """Write a sentence to standard error, in one line."""
    sys.stderr.write(" ".join(sentence.split()) + "\n")


@contextmanager
def progress_of(experiment: Any, quiet: bool) -> Iterator[Any]:
    """Show how far a comparison is, unless it is to be quiet; give what advances it, or None."""
    if quiet:
        yield None
        return
    from tabemb.cli.screen import comparison_progress

    n_models = 1 + (5 if experiment.baselines is None else len(experiment.baselines))
    # A study counts its steps itself.
    counted = {"n_models": n_models} if experiment.study is None else {"n_models": 1, "unit": "step"}
    # Its own way to the screen, since descriptor 2 is turned away while Keras loads.
    with os.fdopen(os.dup(2), "w") as stream, comparison_progress(file=stream, **counted) as advance:
        yield advance


def load_keras() -> None:
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
