"""The command line as a whole: exit codes, what goes where, and plain sentences."""

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from typer.main import get_command

from tabemb import __version__
from tabemb.cli import app, main, screen
from tabemb.cli.app import progress_of
from tabemb.experiments.config import ExperimentConfig
from tabemb.experiments.config_names import BASELINE_NAMES, METRIC_NAMES, OBJECTIVE
from tabemb.experiments.runs import runner


@pytest.mark.skipif(sys.platform == "win32", reason="nobody counts the processor time of children there")
def test_help_takes_half_a_second_of_a_processor(run_tabemb):
    seconds = []
    for _ in range(3):
        begin = os.times()
        result = run_tabemb("--help")
        end = os.times()
        seconds.append(end.children_user - begin.children_user + end.children_system - begin.children_system)
        assert result.returncode == 0
    commands = "init schema run compare vectors neighbors diagnose export push explore predict"
    for command in commands.split():
        assert command in result.stdout
    assert min(seconds) < 0.5


def test_nothing_heavy_is_imported_for_help():
    heavy = {"tensorflow", "keras", "pandas", "sklearn", "numpy"}
    code = f"import sys, tabemb.cli; print(sorted({heavy} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert result.stdout.strip() == "[]"


COMMANDS = get_command(app).commands


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_has_examples_that_can_be_typed(name, capsys):
    title, *lines = COMMANDS[name].epilog.split("\n\n")
    assert title == "Examples:"
    assert lines
    for line in lines:
        program, command, *arguments = shlex.split(line)
        assert (program, command) == ("tabemb", name)
        # Parsed as the command line does, but not run.
        COMMANDS[name].make_context(name, arguments)
    assert main([name, "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    for line in lines:
        assert " ".join(line.split()) in shown


def test_the_help_of_compare_lists_baselines_and_metrics(capsys):
    assert main(["compare", "--help"]) == 0
    shown = capsys.readouterr().out
    for name in (*BASELINE_NAMES, *METRIC_NAMES["classes"], *METRIC_NAMES["numbers"]):
        assert name in shown


def test_the_module_is_the_command():
    done = subprocess.run([sys.executable, "-m", "tabemb", "--version"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"tabemb {__version__}\n", "")
    done = subprocess.run([sys.executable, "-m", "tabemb", "rnu"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (
        2,
        "Error: No such command 'rnu'. Did you mean 'run'? See: tabemb --help\n",
    )


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("tabemb co", ["compare"]),
        ("tabemb in", ["init"]),
        ("tabemb compare x.csv --baseline o", ["one_hot_mlp", "one_hot_linear", "ordinal_trees"]),
        ("tabemb compare x.csv --metric rm", ["rmse"]),
        ("tabemb predict runs/x y.csv --enc", ["--encoding"]),
    ],
)
def test_the_shell_completes_commands_options_and_names(words, found):
    typed = words.split()
    variables = {"_TABEMB_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(len(typed) - 1)}
    done = subprocess.run(
        [sys.executable, "-m", "tabemb"], capture_output=True, text=True, timeout=60, env=os.environ | variables
    )
    assert done.stdout.split() == found
    assert done.stderr == ""


def test_the_help_says_how_to_install_the_completion(capsys):
    assert main(["--help"]) == 0
    assert "tabemb --install-completion" in " ".join(capsys.readouterr().out.split())


def test_the_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"tabemb {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["rnu"], "Error: No such command 'rnu'."),
        (["run"], "Error: Missing argument 'CONFIG'."),
        (["run", "x.yaml", "--forse"], "Error: No such option: --forse"),
        (["compare", "x.csv"], "Error: Missing option '--target'."),
        (["compare", "x.csv", "--target", "y", "--folds", "1"], "Error: Invalid value for '--folds': "),
        (
            ["compare", "x.csv", "--target", "y", "--task", "guess"],
            "Error: Invalid value for --task: 'guess' is not auto",
        ),
        (["neighbors", "runs/x", "dest"], "Error: Missing argument 'KEY'."),
        (["diagnose"], "Error: Missing argument 'RUN'."),
        (["diagnose", "runs/x", "--min-count", "0"], "Error: Invalid value for '--min-count': "),
        (["export", "runs/x"], "Error: Missing argument '[COLUMN] FILE"),
        (
            ["export", "runs/x", "dest", "a.csv", "b.csv"],
            "Error: Invalid value for [COLUMN] FILE: expected one or two values",
        ),
        (["push", "runs/x"], "Error: Missing argument 'TARGET'."),
    ],
)
def test_wrong_usage_is_2_and_one_line(capsys, arguments, told):
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(told)
    assert captured.err.count("\n") == 1


def test_no_command_shows_the_help(capsys):
    assert main([]) == 2
    assert "Usage" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["run", "smal.yaml"], "Error: Cannot read smal.yaml: No such file or directory. Did you mean 'small.yaml'?\n"),
        (
            ["run", "small.yaml"],
            "Error: The run runs/small already exists. Replace it with --force (force=True in Python), or choose "
            "another name or output folder.\n",
        ),
        (
            ["run", "small.yaml", "--output", "rows.csv"],
            "Error: Cannot write rows.csv/small: Not a directory. Choose a folder that you may write to.\n",
        ),
        (["vectors", "runs/smal"], "Error: There is no run in runs/smal. Runs in runs: small. Did you mean 'small'?\n"),
        (
            ["neighbors", "runs/small", "shap", "round"],
            "Error: The run runs/small has no vectors of a column 'shap'. Columns: shape, code. Did you mean "
            "'shape'?\n",
        ),
        (
            ["diagnose", "runs/small", "shap"],
            "Error: The run runs/small has no vectors of a column 'shap'. Columns: shape, code. Did you mean "
            "'shape'?\n",
        ),
        (
            ["export", "runs/small", "shap", "x.csv"],
            "Error: The run runs/small has no vectors of a column 'shap'. Columns: shape, code. Did you mean "
            "'shape'?\n",
        ),
        (
            ["diagnose", "runs/small", "shape", "--min-count", "99"],
            "Error: Column 'shape' has 3 categories, and 0 with a vector of its own and 99 rows or more; a diagnosis "
            "requires 3. Lower min_count.\n",
        ),
        (
            ["export", "runs/small", "shape", "nowhere/x.csv"],
            "Error: Cannot write nowhere/x.csv: No such file or directory. Choose a folder that exists and that you "
            "may write to.\n",
        ),
        (
            ["export", "runs/small", "shape"],
            "Error: shape would be a folder with the vectors of all columns (shape, code). To export one column, give "
            "the column and a file: tabemb export runs/small shape shape.parquet\n",
        ),
        (["explore", "runs/smal"], "Error: There is no run in runs/smal. Runs in runs: small. Did you mean 'small'?\n"),
        (
            ["explore", "runs"],
            "Error: runs is not the folder of a run: it contains none of config.yaml, model, report.html, report.json, "
            "vectors.\n",
        ),
        (
            ["explore", "runs/small", "--output", "nowhere/x.html"],
            "Error: Cannot write nowhere/x.html: there is no folder nowhere.\n",
        ),
        (["transform", "runs/small", "row.csv"], "Error: There is no file row.csv. Did you mean 'rows.csv'?\n"),
        (["learn", "row.csv"], "Error: There is no file row.csv. Did you mean 'rows.csv'?\n"),
        (
            ["learn", "rows.csv", "--out", "runs/small"],
            "Error: The run runs/small already exists. Replace it with --force (force=True in Python), or choose "
            "another name or output folder.\n",
        ),
        (
            ["learn", "rows.csv", "--columns", "code"],
            "Error: data: no column holds categories, so there are no vectors to learn. Name numeric columns that are "
            "codes in data.categorical (--categorical).\n",
        ),
        (
            ["learn", "rows.csv", "--columns", "shape"],
            "Error: data: without a target, vectors are learned from the values that occur together in a row, which "
            "takes at least two columns; only 'shape' is used.\n",
        ),
        (
            ["learn", "rows.csv", "--columns", "shape,godo"],
            "Error: data.columns: the table has no column 'godo'. Did you mean 'good'? It has: shape, code, good.\n",
        ),
        (
            ["learn", "rows.csv", "--objective", "maskd"],
            f"Error: pretrain.objective: No objective named 'maskd'. Known: {', '.join(sorted(OBJECTIVE.names))}. Did "
            "you mean 'masked'?\n",
        ),
        (
            ["learn", "rows.csv", "--out", "runs/a b"],
            "Error: name may contain letters, digits, '.', '_' and '-', got 'a b'.\n",
        ),
        (["predict", "runs/small", "row.csv"], "Error: There is no file row.csv. Did you mean 'rows.csv'?\n"),
        (
            ["predict", "runs/small", "rows.csv", "--output", "nowhere/x.csv"],
            "Error: Cannot write nowhere/x.csv: there is no folder nowhere.\n",
        ),
        (
            ["compare", "rows.csv", "--target", "godo"],
            "Error: data.target: the table has no column 'godo'. Did you mean 'good'? It has: shape, code, good.\n",
        ),
        (
            ["compare", "rows.csv", "--target", "good", "--baseline", "one_hot_mpl"],
            "Error: baselines[0]: No baseline named 'one_hot_mpl'. Known: majority, network_regressor, one_hot_linear, "
            "one_hot_mlp, ordinal_trees, target_encoder_trees, without_pretraining. Did you mean 'one_hot_mlp'?\n",
        ),
    ],
)
def test_work_that_fails_is_1_and_one_plain_sentence(here, capsys, arguments, told):
    assert main([*arguments, "--quiet"] if arguments[0] in ("run", "learn", "compare") else arguments) == 1
    captured = capsys.readouterr()
    assert captured.err == told
    assert captured.out == ""


def test_a_typo_in_the_yaml(empty, capsys, write, yaml_text):
    write(empty, yaml_text.replace("max_epochs", "max_epoch"))
    assert main(["run", "small.yaml"]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == (
        "Error: small.yaml, line 5: model.max_epoch is not a known setting. Did you mean 'max_epochs'?"
    )
    assert not Path("runs").exists()


def test_debug_shows_the_traceback_in_any_position(empty, run_tabemb):
    for arguments in (["--debug", "run", "x.yaml"], ["run", "x.yaml", "--debug"]):
        result = run_tabemb(*arguments)
        assert result.returncode == 1
        assert "Traceback" in result.stderr
        assert "ConfigError" in result.stderr
    assert "Traceback" not in run_tabemb("run", "x.yaml").stderr


def test_an_unexpected_error_is_printed_with_its_class(empty, monkeypatch, capsys, write):
    write(empty)
    monkeypatch.setattr(runner, "compare", lambda *_, **__: 1 / 0)
    assert main(["run", "small.yaml", "--quiet"]) == 1
    assert capsys.readouterr().err == "Error: ZeroDivisionError: division by zero (Add --debug for the traceback.)\n"
    assert not Path("runs").exists()


def test_an_interruption_is_130_and_leaves_nothing(empty, monkeypatch, capsys, write):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    write(empty)
    monkeypatch.setattr(runner, "compare", interrupted)
    assert main(["run", "small.yaml", "--quiet"]) == 130
    assert capsys.readouterr().err == "Interrupted; nothing was written.\n"
    assert not Path("runs").exists()


@pytest.mark.skipif(os.name != "posix", reason="signals of a POSIX system")
def test_a_term_signal_leaves_nothing(empty, write, yaml_text):
    write(empty, yaml_text.replace("max_epochs: 2", "max_epochs: 100000, n_iter_no_change: 100000"))
    seen = []

    def stop_it():
        deadline = time.monotonic() + 120
        while not Path("runs").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        # By then a network is being trained.
        time.sleep(1.5)
        seen.extend(each.name for each in Path("runs").iterdir())
        os.kill(os.getpid(), signal.SIGTERM)

    # Should the run be over before the signal comes, the test fails and not the process of all tests.
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    killer = threading.Thread(target=stop_it)
    try:
        killer.start()
        assert main(["run", "small.yaml", "--quiet"]) == 143
    finally:
        killer.join()
        signal.signal(signal.SIGTERM, before)
    assert [name.startswith(".small.") for name in seen] == [True]
    assert not Path("runs").exists()


@pytest.fixture
def gone():
    """Return what a reader has left that has seen enough: a pipe to write to whose other end is closed."""
    read, write = os.pipe()
    os.close(read)
    # What could not be written is thrown away with it.
    with contextlib.suppress(BrokenPipeError), os.fdopen(write, "w") as pipe:
        yield pipe


def test_a_closed_pipe_is_not_an_error(here, gone):
    command = [sys.executable, "-m", "tabemb.cli", "vectors", "runs/small"]
    assert subprocess.run(command, stdout=gone, stderr=subprocess.PIPE, text=True, timeout=300).stderr == ""


def test_a_closed_pipe_is_not_an_error_for_predictions(here, gone, monkeypatch, capfd):
    monkeypatch.setattr(sys, "stdout", gone)
    main(["predict", "runs/small", "rows.csv"])
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, 6),
        ({"baselines": ["majority"]}, 2),
        ({"baselines": [], "downstream": ["knn", "trees"]}, 3),
        ({"baselines": ["majority"], "pretrain": {}}, 3),
        ({"data": {"path": "x.csv"}, "pretrain": {}}, 1),
    ],
)
def test_the_progress_bar_counts_every_model_that_is_fitted(given, expected, monkeypatch):
    counted = []

    @contextlib.contextmanager
    def bar(n_models, file=None, unit="fold"):
        counted.append(n_models)
        yield None

    monkeypatch.setattr(screen, "comparison_progress", bar)
    with progress_of(ExperimentConfig(**{"data": {"path": "x.csv", "target": "y"}} | given), quiet=False):
        assert counted == [expected]


def test_the_mistakes_of_an_experiment_have_a_line_each(tmp_path, capsys):
    (tmp_path / "e.yaml").write_text("data: {path: a.csv, target: y}\nmodl: {}\nseed: x\n", encoding="utf-8")
    assert main(["run", str(tmp_path / "e.yaml")]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(", ")[2].partition(":")[0] for line in lines] == ["line 2", "line 3"]
    assert all(line.startswith("Error: ") for line in lines)
