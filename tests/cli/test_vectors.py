"""The vectors of a run from the command line."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tabemb import CategoryVectors, open_run
from tabemb.cli import main
from tabemb.experiments.runs.folder import vectors_file
from tabemb.vectors import databases
from tabemb.vectors.formats.projector import load_projector
from tabemb.vectors.sampling_noise import SamplingNoise


def test_vectors_lists_columns_and_sizes(here, capsys):
    assert main(["vectors", "runs/small"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert " ".join(lines[0]) == "column categories dimensions come back by chance most frequent"
    assert [line[:2] for line in lines[1:]] == [["shape", "3"], ["code", "3"]]
    # Two folds are too few.
    assert [line[3:5] for line in lines[1:]] == [["–", "–"]] * 2  # noqa: RUF001


@pytest.mark.parametrize(
    ("column", "key", "others"), [("shape", "new york", {"round", "flat"}), ("code", "2", {"1", "3"})]
)
def test_neighbors_of_text_and_of_numbers(here, capsys, column, key, others):
    assert main(["neighbors", "runs/small", column, key, "--topn", "5"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == [column, "cosine"]
    assert {line.split()[0] for line in lines[1:3]} == others
    assert lines[-1].startswith("How sure these neighbors are is not known")


def test_neighbors_and_columns_of_a_run_with_noise(written, capsys):
    path = written / vectors_file("dest")
    vectors = CategoryVectors.load(path)
    noise = SamplingNoise(np.eye(2) * 1e-4, rows=5.0, exponent=-1.0, n_refits=3)
    vectors.with_noise(noise).save(path)
    assert main(["neighbors", "runs/flights", "dest", "SFO", "--topn", "2"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[:2] == [["dest", "cosine", "comes", "back"], ["JFK", "0.995", "100", "%"]]
    assert main(["vectors", "runs/flights"]) == 0
    known = vectors.with_noise(noise).reliability()
    assert f"{100 * known.share:.0f} %" in capsys.readouterr().out.splitlines()[1]


def test_diagnose_shows_all_columns_or_one(here, capsys):
    assert main(["diagnose", "runs/small"]) == 0
    told = capsys.readouterr().out
    assert "shape: 3 categories x 3" in told
    assert "code: 3 categories x 3" in told
    assert "all columns" in told
    assert main(["diagnose", "runs/small", "code"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "code: 3 categories x 3"
    assert lines[1].split() == ["check", "value", "reference", "verdict"]
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
        CategoryVectors(vectors.index_to_key, vectors.vectors, vectors.counts, name=name).save(path)
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
    fewer = CategoryVectors(vectors.index_to_key[:2], vectors.vectors[:2], vectors.counts[:2], name="dest")
    fewer.save(written / vectors_file("dest"))
    capsys.readouterr()
    assert main(arguments) == 0
    captured = capsys.readouterr()
    assert push_table(captured.out) == [["dest", "mine_dest", "2", "0", "2", "2"]]
    assert captured.err == ""
    assert databases.pull(target, "dest", prefix="mine_") == fewer


def test_push_replaces_another_run_only_with_replace(written, capsys, target):
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
            "No metric named 'cosin'. Known: cosine, dot, euclidean. Did",
        ),
        (["runs/flights", "lancedb:x", "--prefix", "a-"], "then letters, digits and underscores; got 'a-'."),
        (
            ["runs/flights", "milvsu:x.db"],
            "No database has the scheme 'milvsu', got 'milvsu:x.db'. Known: lancedb (lancedb:FOLDER); milvus "
            "(milvus:FILE.db, milvus://HOST:19530). Did you mean 'milvus'?",
        ),
        (["runs/flights", "x.db"], "The URI of a database begins with a scheme, got 'x.db'. Known: lancedb"),
    ],
)
def test_a_failed_push_prints_an_error_and_leaves_nothing(written, capsys, arguments, told):
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
        "Error: push requires the vectors of at least one column, got none. A column with few categories is one-hot "
        "encoded and has no vectors, unless the model has one_hot_max_categories=0.\n"
    )


def test_an_interrupted_push_says_how_to_continue(written, capsys, target, monkeypatch):
    whole = databases.DATABASES[target.partition(":")[0]]

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(whole, "finish", interrupted)
        assert main(["push", "runs/flights", target, "-q"]) == 130
    told = "Interrupted. The rows written so far are complete; push the run again to write the others.\n"
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
    assert "kB. Open it in any browser; it needs no network." in told
    assert "New York" in Path("look.html").read_text(encoding="utf-8")
    assert opened == []
    assert main(["explore", "runs/small", "--open"]) == 0
    assert opened == [Path("runs/small/explore.html").resolve().as_uri()]
    assert "runs/small/explore.html: " in capsys.readouterr().out


def test_explore_takes_a_side_table(here, capsys):
    towns = [str(key) for key in open_run("runs/small").vectors["shape"].index_to_key]
    text = "place,name,side\n" + "".join(f"{town},The {town},{'AB'[i % 2]}\n" for i, town in enumerate(towns))
    Path("towns.csv").write_text(text, encoding="utf-8")
    page = Path("runs/small/explore.html")
    for arguments in (["towns.csv"], ["towns.csv", "--side-key", "place"], ["shape=towns.csv"]):
        assert main(["explore", "runs/small", "--side", *arguments]) == 0
        assert f"The {towns[0]}" in page.read_text(encoding="utf-8")
        told = capsys.readouterr().out.splitlines()
        assert told[0] == "towns.csv: 3 of 3 categories of shape, by its column place."
        assert told[1].startswith("runs/small/explore.html: ")


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--side", "nowhere.csv"], 1, "Error: There is no file nowhere.csv."),
        (["--side", "other.csv"], 1, "Error: The side table other.csv is about no column of the run: none of its"),
        (
            ["--side", "other.csv", "--side-key", "cod"],
            1,
            "has no column 'cod', which should hold the categories. It ha",
        ),
        (["--side", "shpe=other.csv"], 1, "Error: The run has no vectors of a column 'shpe', which the side table oth"),
        (["--side-key", "code"], 2, "it names a column of the table of --side, which is missing."),
        (["--side", "shape=other.csv", "--side", "other.csv"], 2, "give all tables as COLUMN=FILE, or none."),
        (["--side", "shape=other.csv", "--side", "shape=b.csv"], 2, "the column shape has two tables."),
    ],
)
def test_a_wrong_side_table_is_an_error(here, capsys, arguments, code, told):
    Path("other.csv").write_text("code,region\nup,1\ndown,2\n", encoding="utf-8")
    assert main(["explore", "runs/small", "--output", "wrong.html", *arguments]) == code
    assert told in " ".join(capsys.readouterr().err.split())
    assert not Path("wrong.html").exists()


def test_a_run_that_has_been_explored_can_be_replaced(home, monkeypatch, capsys):
    monkeypatch.chdir(home)
    assert main(["explore", "runs/small"]) == 0
    assert main(["run", "small.yaml", "--force", "--quiet"]) == 0
    assert not Path("runs/small/explore.html").exists()
