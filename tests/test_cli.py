"""The command line: exit codes, what goes where, and plain sentences."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tabemb import __version__
from tabemb.cli import main
from tabemb.experiments import runner

TEXT = """\
data:
  path: rows.csv
  target: good
  categorical: [code]
model: {max_epochs: 2, one_hot_max_categories: 0}
baselines: [majority]
validation: {folds: 2}
"""


def write(folder, text=TEXT):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"shape": rng.choice(["round", "flat", "New York"], 200), "code": rng.integers(1, 4, 200)})
    table["good"] = np.where(table["shape"] == "round", "yes", "no")
    table.to_csv(folder / "rows.csv", index=False)
    (folder / "small.yaml").write_text(text, encoding="utf-8")
    return table


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Return a folder with a finished run in it."""
    folder = tmp_path_factory.mktemp("home")
    write(folder)
    assert main(["run", str(folder / "small.yaml"), "--output", str(folder / "runs"), "--quiet"]) == 0
    return folder


@pytest.fixture
def here(home, monkeypatch):
    monkeypatch.chdir(home)
    return home


@pytest.fixture
def empty(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_tabemb(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "tabemb.cli", *arguments], capture_output=True, text=True, timeout=300, **options
    )


@pytest.mark.skipif(sys.platform == "win32", reason="nobody counts the processor time of children there")
def test_help_takes_half_a_second_of_a_processor():
    seconds = []
    for _ in range(3):
        begin = os.times()
        result = run_tabemb("--help")
        end = os.times()
        seconds.append(end.children_user - begin.children_user + end.children_system - begin.children_system)
        assert result.returncode == 0
    for command in ("run", "compare", "vectors", "neighbors", "explore", "predict"):
        assert command in result.stdout
    assert min(seconds) < 0.5


def test_nothing_heavy_is_imported_for_help():
    heavy = {"tensorflow", "keras", "pandas", "sklearn", "numpy"}
    code = f"import sys, tabemb.cli; print(sorted({heavy} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert result.stdout.strip() == "[]"


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
            "Error: The run runs/small exists already. Replace it with --force (force=True in Python), or choose "
            "another name or output folder.\n",
        ),
        (
            ["run", "small.yaml", "--output", "rows.csv"],
            "Error: Cannot write rows.csv/small: Not a directory. Choose another output folder.\n",
        ),
        (["vectors", "runs/smal"], "Error: There is no run in runs/smal. Runs in runs: small. Did you mean 'small'?\n"),
        (
            ["neighbors", "runs/small", "shap", "round"],
            "Error: The run runs/small has no vectors of a column 'shap'. Columns: shape, code. Did you mean "
            "'shape'?\n",
        ),
        (["explore", "runs/smal"], "Error: There is no run in runs/smal. Runs in runs: small. Did you mean 'small'?\n"),
        (
            ["explore", "runs"],
            "Error: runs is not the folder of a run: it has none of config.yaml, model, report.html, report.json, "
            "vectors.\n",
        ),
        (
            ["explore", "runs/small", "--output", "nowhere/x.html"],
            "Error: Cannot write nowhere/x.html: there is no folder nowhere.\n",
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
            "Error: baselines[0]: No baseline named 'one_hot_mpl'. Known: majority, one_hot_linear, one_hot_mlp, "
            "ordinal_trees, target_encoder_trees. Did you mean 'one_hot_mlp' or 'one_hot_linear'?\n",
        ),
    ],
)
def test_work_that_fails_is_1_and_one_plain_sentence(here, capsys, arguments, told):
    assert main([*arguments, "--quiet"] if arguments[0] in ("run", "compare") else arguments) == 1
    captured = capsys.readouterr()
    assert captured.err == told
    assert captured.out == ""


def test_a_typo_in_the_yaml(empty, capsys):
    write(empty, TEXT.replace("max_epochs", "max_epoch"))
    assert main(["run", "small.yaml"]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == (
        "Error: small.yaml, line 5: model.max_epoch is not a known setting. Did you mean 'max_epochs'?"
    )
    assert not Path("runs").exists()


def test_debug_shows_the_traceback_wherever_it_stands(empty):
    for arguments in (["--debug", "run", "x.yaml"], ["run", "x.yaml", "--debug"]):
        result = run_tabemb(*arguments)
        assert result.returncode == 1
        assert "Traceback" in result.stderr
        assert "ConfigError" in result.stderr
    assert "Traceback" not in run_tabemb("run", "x.yaml").stderr


def test_an_unexpected_error_is_told_with_its_kind(empty, monkeypatch, capsys):
    write(empty)
    monkeypatch.setattr(runner, "compare", lambda *_, **__: 1 / 0)
    assert main(["run", "small.yaml", "--quiet"]) == 1
    assert capsys.readouterr().err == "Error: ZeroDivisionError: division by zero (Add --debug to see where.)\n"
    assert not Path("runs").exists()


def test_an_interruption_is_130_and_leaves_nothing(empty, monkeypatch, capsys):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    write(empty)
    monkeypatch.setattr(runner, "compare", interrupted)
    assert main(["run", "small.yaml", "--quiet"]) == 130
    assert capsys.readouterr().err == "Interrupted; nothing was written.\n"
    assert not Path("runs").exists()


@pytest.mark.skipif(os.name != "posix", reason="signals of a POSIX system")
def test_a_term_signal_leaves_nothing(empty):
    write(empty, TEXT.replace("max_epochs: 2", "max_epochs: 100000, n_iter_no_change: 100000"))
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


def test_a_run_shows_the_scores_and_where_the_report_is(here, capfd):
    assert main(["run", "small.yaml", "--force"]) == 0
    captured = capfd.readouterr()
    assert "embeddings" in captured.out
    assert "majority" in captured.out
    assert captured.out.rstrip().endswith("runs/small/report.html")
    # What TensorFlow says as it starts is no news to anyone.
    assert "oneDNN" not in captured.err
    assert "Warning" not in captured.err


STUDY = """\
data: {path: rows.csv, target: size, columns: [shape, code], categorical: [code]}
study:
  name: entity_embeddings
  dims: {shape: 2, code: 2}
  time: [code]
  hidden_units: [4]
  epochs: 1
  n_networks: 1
  splits: [shuffled]
  forms: [raw, embeddings]
  methods: [knn, network]
  published: {shuffled: {knn: [0.5, 0.4]}}
"""


def test_a_study_shows_its_table_and_leaves_a_run_like_any_other(empty, capsys):
    write(empty).assign(size=np.arange(1, 201)).to_csv("rows.csv", index=False)
    Path("study.yaml").write_text(STUDY, encoding="utf-8")
    assert main(["run", "study.yaml"]) == 0
    shown = capsys.readouterr().out
    assert "KNN" in shown
    assert "neural network" in shown
    assert "published figures are reached" in shown
    assert shown.rstrip().endswith("runs/study/report.html")
    assert main(["neighbors", "runs/study", "shape", "round"]) == 0
    assert "New York" in capsys.readouterr().out
    assert main(["run", "study.yaml"]) != 0
    assert "--force" in capsys.readouterr().err
    Path("study.yaml").write_text(STUDY.replace("knn, network", "knm"), encoding="utf-8")
    assert main(["run", "study.yaml", "--force"]) != 0
    assert "No method named 'knm'" in capsys.readouterr().err
    assert Path("runs/study/report.html").is_file()


def test_compare_without_yaml(here, capsys):
    arguments = [
        "compare",
        "rows.csv",
        "--target",
        "good",
        "--folds",
        "2",
        "--categorical",
        "code",
        "--columns",
        "code, shape",
    ]
    arguments += ["--baseline", "majority", "--metric", "accuracy", "--rows", "100", "--json", "figures.json", "-q"]
    assert main(arguments) == 0
    assert "majority" in capsys.readouterr().out
    figures = json.loads(Path("figures.json").read_text())
    assert (figures["n_rows"], figures["n_folds"], figures["metrics"]) == (100, 2, ["accuracy"])


def test_vectors_lists_columns_and_sizes(here, capsys):
    assert main(["vectors", "runs/small"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["column", "categories", "dimensions", "most", "frequent"]
    assert [line[:2] for line in lines[1:]] == [["shape", "3"], ["code", "3"]]


@pytest.mark.parametrize(
    ("column", "key", "others"), [("shape", "new york", {"round", "flat"}), ("code", "2", {"1", "3"})]
)
def test_neighbors_of_text_and_of_numbers(here, capsys, column, key, others):
    assert main(["neighbors", "runs/small", column, key, "--topn", "5"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == [column, "cosine"]
    assert {line.split()[0] for line in lines[1:]} == others


def test_explore_writes_a_page_and_opens_it(here, capsys, monkeypatch):
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    assert main(["explore", "runs/small", "--output", "look.html"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("look.html: ")
    assert "kB. It opens in any browser and needs no network." in told
    assert "New York" in Path("look.html").read_text(encoding="utf-8")
    assert opened == []
    assert main(["explore", "runs/small", "--open"]) == 0
    assert opened == [Path("runs/small/explore.html").resolve().as_uri()]
    assert "runs/small/explore.html: " in capsys.readouterr().out


def test_a_run_that_has_been_explored_can_be_replaced(home, monkeypatch, capsys):
    monkeypatch.chdir(home)
    assert main(["explore", "runs/small"]) == 0
    assert main(["run", "small.yaml", "--force", "--quiet"]) == 0
    assert not Path("runs/small/explore.html").exists()


def test_predict_to_standard_output_and_to_a_file(here, capsys):
    assert main(["predict", "runs/small", "rows.csv"]) == 0
    answers = pd.read_csv(io.StringIO(capsys.readouterr().out))
    assert list(answers) == ["prediction", "probability_no", "probability_yes"]
    assert len(answers) == 200
    assert main(["predict", "runs/small", "rows.csv", "--output", "answers.parquet"]) == 0
    assert capsys.readouterr().out == ""
    stored = pd.read_parquet("answers.parquet")
    assert stored["prediction"].tolist() == answers["prediction"].tolist()


def test_a_table_without_a_column_of_the_run(here, capsys):
    pd.read_csv("rows.csv").rename(columns={"shape": "shapes"}).to_csv("other.csv", index=False)
    assert main(["predict", "runs/small", "other.csv"]) == 1
    assert capsys.readouterr().err == (
        "Error: The run runs/small learned from a column 'shape', which the table lacks. Did you mean 'shapes'?\n"
    )


@pytest.fixture
def gone():
    """Return what a reader has left that has seen enough: a pipe to write to whose other end is closed."""
    read, write = os.pipe()
    os.close(read)
    # What could not be written is thrown away with it.
    with contextlib.suppress(BrokenPipeError), os.fdopen(write, "w") as pipe:
        yield pipe


def test_a_reader_that_has_seen_enough_is_told_nothing(here, gone):
    command = [sys.executable, "-m", "tabemb.cli", "vectors", "runs/small"]
    assert subprocess.run(command, stdout=gone, stderr=subprocess.PIPE, text=True, timeout=300).stderr == ""


def test_a_reader_that_has_seen_enough_of_predictions_is_told_nothing(here, gone, monkeypatch, capfd):
    monkeypatch.setattr(sys, "stdout", gone)
    main(["predict", "runs/small", "rows.csv"])
    assert capfd.readouterr().err == ""
