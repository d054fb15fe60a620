"""The command line: exit codes, what goes where, and plain sentences."""

import contextlib
import importlib.util
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

from tabemb import CategoryVectors, __version__, open_run
from tabemb.cli import main
from tabemb.experiments import runner
from tabemb.experiments.run_folder import vectors_file
from tabemb.vectors import databases
from tabemb.vectors.formats.projector import load_projector

if importlib.util.find_spec("pymilvus"):
    # As it is imported it closes the streams of all handlers of logs, those of TensorFlow among them: had a test taken
    # sys.stderr by then, that would be pytest's own.
    importlib.import_module("pymilvus")

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
    commands = "run compare vectors neighbors diagnose export push explore predict"
    for command in commands.split():
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
        (["diagnose"], "Error: Missing argument 'RUN'."),
        (["diagnose", "runs/x", "--min-count", "0"], "Error: Invalid value for '--min-count': "),
        (["export", "runs/x"], "Error: Missing argument '[COLUMN] FILE"),
        (
            ["export", "runs/x", "dest", "a.csv", "b.csv"],
            "Error: Invalid value for [COLUMN] FILE: expected one or two",
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
            "takes 3. Lower min_count.\n",
        ),
        (
            ["export", "runs/small", "shape", "nowhere/x.csv"],
            "Error: Cannot write nowhere/x.csv: No such file or directory. Choose a folder that exists and that you "
            "may write to.\n",
        ),
        (
            ["export", "runs/small", "shape"],
            "Error: shape would be a folder with the vectors of all columns (shape, code). For one of them name it and "
            "the file: tabemb export runs/small shape shape.parquet\n",
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
            "ordinal_trees, target_encoder_trees. Did you mean 'one_hot_mlp'?\n",
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


def test_diagnose_tells_of_all_columns_or_of_one(here, capsys):
    assert main(["diagnose", "runs/small"]) == 0
    told = capsys.readouterr().out
    assert "shape: 3 categories x 3" in told
    assert "code: 3 categories x 3" in told
    assert "side by side" in told
    assert main(["diagnose", "runs/small", "code"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "code: 3 categories x 3"
    assert lines[1].split() == ["figure", "value", "beside", "verdict"]
    assert lines[2][2:].startswith("effective rank")
    assert main(["diagnose", "runs/small", "--min-count", "99"]) == 0
    assert "Lower min_count" in capsys.readouterr().out


def test_export_of_one_column_and_of_all(here, capsys):
    assert main(["export", "runs/small", "shape", "shape.csv"]) == 0
    assert capsys.readouterr().out == "shape.csv: shape, 3 categories x 3\n"
    assert set(pd.read_csv("shape.csv")["key"]) >= {"round", "flat", "New York"}
    assert main(["export", "runs/small", "code", "code.bin", "--format", "npz"]) == 0
    assert CategoryVectors.load("code.bin", format="npz", mmap=True) == open_run("runs/small").vectors["code"]
    assert main(["export", "runs/small", "all.projector"]) == 0
    assert load_projector("all.projector") == dict(open_run("runs/small").vectors)
    capsys.readouterr()
    assert main(["export", "runs/small", "vectors", "--format", "jsonl"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "vectors/shape.jsonl: shape, 3 categories x 3",
        "vectors/code.jsonl: code, 3 categories x 3",
    ]
    assert CategoryVectors.load("vectors/shape.jsonl") == open_run("runs/small").vectors["shape"]


@pytest.fixture
def written(empty):
    """Return a run that was written by hand, ``runs/flights``: two columns with vectors, no model."""
    folder = Path("runs/flights")
    columns = {
        "dest": CategoryVectors(
            ["SFO", "JFK", "New York", 7], [[1, 0.1], [1, 0.2], [-1, 0.3], [-2, 0.7]], [9, 5, 3, 1]
        ),
        "from/to": CategoryVectors([1, 2, 3], np.eye(3)),
    }
    for name, vectors in columns.items():
        path = folder / vectors_file(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        CategoryVectors(vectors.keys, vectors.vectors, vectors.counts, name=name).save(path)
    (folder / "model").mkdir()
    (folder / "config.yaml").write_text("data: {path: rows.csv, target: good}", encoding="utf-8")
    (folder / "report.html").write_text("", encoding="utf-8")
    report = {"format": 1, "model": {"embeddings": [{"column": name} for name in columns]}, "comparison": None}
    (folder / "report.json").write_text(json.dumps(report | {"data": {"columns": []}}), encoding="utf-8")
    return folder


TARGETS = {"lancedb": "lancedb:vectors", "milvus": "milvus:vectors.db"}


@pytest.fixture(params=sorted(TARGETS))
def target(request, short_waits_of_milvus):
    pytest.importorskip({"milvus": "milvus_lite"}.get(request.param, request.param), reason="it is not installed")
    return TARGETS[request.param]


def push_table(text):
    header, *rows = text.splitlines()
    assert header.split() == ["column", "collection", "dimensions", "written", "unchanged", "removed"]
    return [row.split() for row in rows]


def test_push_writes_the_vectors_of_a_run(written, capfd, target):
    assert main(["push", "runs/flights", target]) == 0
    captured = capfd.readouterr()
    assert push_table(captured.out) == [
        ["dest", "tabemb_dest", "2", "4", "0", "0"],
        ["from/to", "tabemb_from_2f_to", "3", "3", "0", "0"],
    ]
    assert captured.err == ""
    run = open_run(written)
    for column, vectors in run.vectors.items():
        assert databases.pull(target, column) == vectors
        assert [type(key) for key in databases.pull(target, column)] == [type(key) for key in vectors]


def test_push_twice_and_after_a_category_has_gone(written, capsys, target):
    arguments = ["push", "runs/flights", target, "--columns", "dest", "--prefix", "mine_", "--metric", "dot", "-q"]
    assert main(arguments) == 0
    assert main(arguments) == 0
    vectors = open_run(written).vectors["dest"]
    fewer = CategoryVectors(vectors.keys[:2], vectors.vectors[:2], vectors.counts[:2], name="dest")
    fewer.save(written / vectors_file("dest"))
    capsys.readouterr()
    assert main(arguments) == 0
    captured = capsys.readouterr()
    assert push_table(captured.out) == [["dest", "mine_dest", "2", "0", "2", "2"]]
    assert captured.err == ""
    assert databases.pull(target, "dest", prefix="mine_") == fewer


def test_push_replaces_another_run_only_when_told(written, capsys, target):
    assert main(["push", "runs/flights", target, "-q"]) == 0
    written.rename("runs/other")
    capsys.readouterr()
    assert main(["push", "runs/other", target, "-q"]) == 1
    assert capsys.readouterr() == (
        "",
        "Error: Column 'dest': the collection 'tabemb_dest' holds the vectors of run 'flights' (4 categories x 2), and "
        "these are of run 'other'. Replace it with --replace (replace=True in Python), or choose another prefix: "
        "--prefix (prefix=...).\n",
    )
    assert main(["push", "runs/other", target, "--replace"]) == 0
    # Every row says which run it is of.
    assert [row[3] for row in push_table(capsys.readouterr().out)] == ["4", "3"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["runs/flight", "lancedb:x"],
            "There is no run in runs/flight. Runs in runs: flights. Did you mean 'flights'?",
        ),
        (
            ["runs/flights", "lancedb:x", "--columns", "dset"],
            "There are no vectors of a column 'dset'. Columns: dest, from/to. Did you mean 'dest'?",
        ),
        (
            ["runs/flights", "lancedb:x", "--metric", "cosin"],
            "No metric named 'cosin'. Known: cosine, dot, l2. Did you",
        ),
        (["runs/flights", "lancedb:x", "--prefix", "a-"], "then letters, digits and underscores; got 'a-'."),
        (
            ["runs/flights", "milvsu:x.db"],
            "No database goes by the scheme 'milvsu' of 'milvsu:x.db'. Known: lancedb (lancedb:FOLDER); milvus "
            "(milvus:FILE.db, milvus://HOST:19530). Did you mean 'milvus'?",
        ),
        (["runs/flights", "x.db"], "A database is named by a scheme, unlike 'x.db'. Known: lancedb"),
    ],
)
def test_what_push_cannot_do_is_told_and_leaves_nothing(written, capsys, arguments, told):
    assert main(["push", *arguments]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert told in captured.err
    assert captured.err.count("\n") == 1
    assert [path.name for path in Path().iterdir()] == ["runs"]


def test_a_run_without_vectors_has_nothing_to_push(written, capsys):
    report = json.loads((written / "report.json").read_text()) | {"model": {"embeddings": []}}
    (written / "report.json").write_text(json.dumps(report))
    assert main(["push", "runs/flights", "lancedb:x", "-q"]) == 1
    assert capsys.readouterr().err == (
        "Error: push needs the vectors of at least one column, and got none. A column of few categories enters one-hot "
        "and has no vectors, unless the model has one_hot_max_categories=0.\n"
    )


def test_a_push_that_is_interrupted_says_what_is_left(written, capsys, target, monkeypatch):
    whole = databases.DATABASES[target.partition(":")[0]]

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(whole, "finish", interrupted)
        assert main(["push", "runs/flights", target, "-q"]) == 130
    told = "Interrupted; the rows that were written are whole. Push the run again, which writes the others.\n"
    assert capsys.readouterr() == ("", told)
    assert main(["push", "runs/flights", target, "-q"]) == 0
    assert databases.pull(target, "dest") == open_run(written).vectors["dest"]


def test_pushing_loads_no_keras_and_leaves_nothing_running(written):
    pytest.importorskip("lancedb", reason="it is not installed")
    pytest.importorskip("milvus_lite", reason="it is not installed")
    code = (
        "import sys; from tabemb.cli import main;"
        f"codes = [main(['push', 'runs/flights', target, '-q']) for target in {list(TARGETS.values())}];"
        "print(codes, sorted({'keras', 'tensorflow'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.splitlines()[-1] == "[0, 0] []"
    assert done.stderr == ""
    # The process has let go of the databases.
    for target in TARGETS.values():
        assert databases.pull(target, "dest") == open_run(written).vectors["dest"]


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
