"""The application that all commands share: entry point, error messages, output and progress."""

import importlib
import logging
import os
import signal
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from tabemb.cli.printable import printable

__all__ = [
    "INTERRUPTED",
    "DataPath",
    "Encoding",
    "Na",
    "Quiet",
    "RunPath",
    "Separator",
    "app",
    "console",
    "examples",
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
    help="Learn vectors for the categories of a table, compare them with one-hot encoding, and reuse them.",
    no_args_is_help=True,
    epilog="Every command has --help with examples. Completion of commands, options and names in your shell: "
    "tabemb --install-completion",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished run, such as runs/flights.")]
DataPath = Annotated[
    Path,
    typer.Argument(
        metavar="DATA",
        help="Table: CSV (also .gz), TSV, Parquet, Feather, Arrow, JSON lines, Excel, or a folder of Parquet files.",
    ),
]
Separator = Annotated[
    str | None,
    typer.Option("--sep", metavar="CHAR", help="Character between cells of a text, or tab (default: found)."),
]
Encoding = Annotated[
    str | None, typer.Option(metavar="NAME", help="Encoding of a text: cp1252, latin-1, ... (default: UTF-8).")
]
Na = Annotated[str, typer.Option(metavar="A,B", help="Texts that mean a missing cell, such as NA.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only results, warnings and errors.")]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        The arguments after ``tabemb``; ``sys.argv[1:]`` by default.

    Returns
    -------
    int
        0: success; 1: the command failed or the data are invalid; 2: wrong usage; 130: interrupted.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    # Accepted in any place: it is often added to the end of a command that failed.
    debug = "--debug" in arguments
    arguments = [each for each in arguments if each != "--debug"]
    with _quiet_libraries(debug):
        try:
            code = int(app(arguments, prog_name="tabemb", standalone_mode=False) or 0)
            # typer turns Ctrl-C into this code without a message.
            return _report(KeyboardInterrupt()) if code == INTERRUPTED else code
        except BaseException as error:
            if debug and not isinstance(error, SystemExit | typer.Exit):
                raise
            return _report(error)


def _report(error: BaseException) -> int:
    """Print the error in one line, or the mistakes of an experiment in a line each, and return the exit code."""
    from tabemb.exceptions import ConfigError, TabembError

    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else 1
    if isinstance(error, typer.Exit):
        return error.exit_code
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        say("Interrupted; nothing was written.")
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        # The reader, such as head, has closed the pipe. Without this Python prints an error at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    if hasattr(error, "format_message"):
        # Wrong usage. Not an isinstance check: some versions of typer use a copy of click.
        command = getattr(getattr(error, "ctx", None), "command_path", None) or "tabemb"
        if message := error.format_message().strip():
            say(f"Error: {message} See: {command} --help")
        return 2
    if isinstance(error, TabembError | OSError):
        for line in str(error).splitlines() if isinstance(error, ConfigError) else [str(error)]:
            say(f"Error: {line}")
        return 1
    say(f"Error: {type(error).__name__}: {error} (Add --debug for the traceback.)")
    return 1


def _show_version(show: bool) -> None:
    if show:
        from tabemb import __version__

        sys.stdout.write(f"tabemb {__version__}\n")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of errors.")] = False,
) -> None:
    # Both are handled earlier and are declared here for --help only.
    del version, debug


def examples(*lines: str) -> str:
    r"""Return the end of the help of a command: examples, one per line.

    Examples
    --------
    >>> examples("tabemb schema")
    'Examples:\n\ntabemb schema'
    """
    # The help joins lines that no empty line separates.
    return "\n\n".join(["Examples:", *lines])


def names_of(text: str) -> list[str]:
    """Return the names in a comma-separated list."""
    return [name.strip() for name in text.split(",") if name.strip()]


def console() -> Any:
    """Return the console of standard output."""
    from rich.console import Console

    # rich assumes a width of 80 for a pipe, which truncates tables.
    return Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=140)


def put(content: Any) -> None:
    """Print to standard output, without markup and without control characters in texts."""
    console().print(printable(content) if isinstance(content, str) else content, markup=False)


def say(sentence: str) -> None:
    """Print a sentence to standard error, in one line and without control characters."""
    sys.stderr.write(printable(" ".join(sentence.split())) + "\n")


@contextmanager
def progress_of(experiment: Any, quiet: bool) -> Iterator[Any]:
    """Show the progress of an experiment unless quiet; yield the callback that advances it, or None."""
    if quiet:
        yield None
        return
    from tabemb.cli.screen import comparison_progress

    usual = 6 if experiment.task == "ranking" else 5
    n_models = 1 + (usual if experiment.baselines is None else len(experiment.baselines)) + len(experiment.downstream)
    if experiment.pretrain is not None and experiment.data.target is not None:
        n_models += 1
    # A study counts steps instead of folds, and a run without a target has one.
    has_folds = experiment.study is None and experiment.data.target is not None
    counted = {"n_models": n_models} if has_folds else {"n_models": 1, "unit": "step"}
    # A copy of descriptor 2, which is redirected while Keras loads.
    with os.fdopen(os.dup(2), "w") as stream, comparison_progress(file=stream, **counted) as advance:
        yield advance


def load_keras() -> None:
    """Import Keras, which takes seconds; see :mod:`tabemb.nn.banner` for what TensorFlow would print."""
    importlib.import_module("tabemb.estimators.classifier")


@contextmanager
def _quiet_libraries(debug: bool) -> Iterator[None]:
    """Hide messages of TensorFlow, print each warning in one line, and exit cleanly on SIGTERM."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # OpenMP threads busy-wait by default, which slows down trees many times next to the threads of TensorFlow.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    logger = logging.getLogger("tensorflow")
    handler, level = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143)), logger.level
    logger.setLevel(level if debug else logging.ERROR)
    try:
        with warnings.catch_warnings():
            if not debug:
                _say_warnings()
            yield
    finally:
        signal.signal(signal.SIGTERM, handler)
        logger.setLevel(level)


def _say_warnings() -> None:
    """Print each warning for users once, in one line; hide those for developers of libraries."""
    said: set[str] = set()

    def show(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        text = " ".join(str(message).split())
        if text not in said:
            said.add(text)
            say(f"Warning: {text}")

    warnings.simplefilter("ignore")
    warnings.simplefilter("always", UserWarning)
    warnings.showwarning = show
