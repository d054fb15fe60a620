"""What is wrong with an experiment is said before TensorFlow is loaded, which takes seconds."""

import subprocess
import sys
from pathlib import Path

import pytest

from tabemb.cli.read import load_checked
from tabemb.experiments.config import make_config

LATIN = "shape,good\nK\xf6ln,yes\n".encode("latin-1")


def in_a_process(*commands):
    """Run commands one after another in a fresh process; return what it prints, with the heavy modules at last."""
    code = (
        "import sys\nfrom tabemb.cli import main\n"
        f"for command in {list(commands)!r}:\n"
        "    print('code', main(command), flush=True)\n"
        "print(sorted({'tensorflow', 'keras'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True)
    return done.stdout.splitlines(), done.stderr.splitlines()


@pytest.fixture
def folder(here, tmp_path, monkeypatch, yaml_text):
    """Return a folder with tables and experiments that cannot be run."""
    for name in ("rows.csv", "small.yaml"):
        (tmp_path / name).write_bytes((here / name).read_bytes())
    (tmp_path / "runs").symlink_to(here / "runs")
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "head.csv").write_text("shape,good\n")
    (tmp_path / "latin.csv").write_bytes(LATIN)
    (tmp_path / "broken.parquet").write_bytes(b"PAR1")
    (tmp_path / "one.csv").write_text("shape,code,good\n" + "u,1,yes\nv,2,yes\n" * 9)
    changes = {
        "body": ("max_epochs: 2", "body: mpl"),
        "metric": ("validation", "metrics: [f2]\nvalidation"),
        "baseline": ("majority", "majorty"),
        "target": ("target: good", "target: godo"),
        "sep": ("target: good", "target: good\n  sep: ;;"),
        "loss": ("max_epochs: 2", "loss: huber"),
        "folds": ("folds: 2", "folds: 500"),
    }
    for name, (old, new) in changes.items():
        (tmp_path / f"{name}.yaml").write_text(yaml_text.replace(old, new))
    monkeypatch.chdir(tmp_path)
    return tmp_path


WRONG = [
    (["compare", "empty.csv", "--target", "y"], "empty.csv is empty"),
    (["compare", "head.csv", "--target", "good"], "head.csv has 0 rows and 2 columns"),
    (["compare", "latin.csv", "--target", "good"], "line 2 has the byte 0xf6"),
    (["compare", "broken.parquet", "--target", "good"], "Cannot read broken.parquet as a table"),
    (["compare", "rows.sav", "--target", "good"], "Convert it with pandas: pd.read_spss"),
    (["compare", "rows.csv", "--target", "godo"], "Did you mean 'good'?"),
    (["compare", "one.csv", "--target", "good"], "The target has only one class, 'yes'."),
    (["compare", "rows.csv", "--target", "good", "--baseline", "majorty"], "Did you mean 'majority'?"),
    (["compare", "rows.csv", "--target", "good", "--metric", "f2"], "No metric named 'f2'. Known: accuracy, "),
    (["compare", "rows.csv", "--target", "good", "--metric", "rmse"], "is not defined for the task binary"),
    (["compare", "rows.csv", "--target", "good", "--folds", "500"], "500"),
    (["compare", "rows.csv", "--target", "good", "--json", "nowhere/x.json"], "there is no folder nowhere"),
    (["compare", "rows.csv", "--target", "good", "--report", "nowhere/x.html"], "there is no folder nowhere"),
    (["compare", "rows.csv", "--target", "good", "--sep", "::"], "data.sep: A separator is one character"),
    (["compare", "broken.parquet", "--target", "good", "--sep", "tab"], "has no separator between cells"),
    (["run", "body.yaml"], "body.yaml, line 5: model.body: No body named 'mpl'."),
    (["run", "metric.yaml"], "metric.yaml, line 7: metrics[0]: No metric named 'f2'."),
    (["run", "baseline.yaml"], "baseline.yaml, line 6: baselines[0]: No baseline named 'majorty'."),
    (["run", "target.yaml"], "target.yaml, line 3: data.target: the table has no column 'godo'."),
    (["run", "sep.yaml"], "sep.yaml, line 4: data.sep: A separator is one character"),
    (["run", "loss.yaml"], "loss.yaml, line 5: model.loss: 'huber' is a loss for numbers"),
    (["run", "folds.yaml"], "500"),
    (["run", "small.yaml"], "already exists"),
    (["predict", "runs/small", "empty.csv"], "empty.csv is empty"),
    (["predict", "runs/small", "head.csv"], "head.csv has 0 rows"),
    (["predict", "runs/small", "latin.csv", "--encoding", "latin-1"], "needs the column 'code', which the table lacks"),
    (["predict", "runs/small", "latin.csv"], "line 2 has the byte 0xf6"),
    (["init", "empty.csv", "--target", "y"], "empty.csv is empty"),
    (["init", "one.csv", "--target", "good"], "The target has only one class"),
]


def test_nothing_that_is_wrong_waits_for_tensorflow(folder):
    out, err = in_a_process(*(command for command, _ in WRONG))
    assert out == ["code 1"] * len(WRONG) + ["[]"]
    assert len(err) == len(WRONG)
    for line, (_, told) in zip(err, WRONG, strict=True):
        assert line.startswith("Error: ")
        assert told in line
    assert not Path("one.yaml").exists()


def test_init_and_schema_load_no_tensorflow(folder):
    out, err = in_a_process(["init", "rows.csv", "--target", "good", "--quiet"], ["schema", "--output", "s.json"])
    assert (out, err) == (["code 0", "code 0", "[]"], [])


def test_the_table_is_shown_unless_quiet(folder, capsys):
    experiment = make_config({"data": {"path": "rows.csv", "target": "good"}})
    assert len(load_checked(experiment, quiet=True).X) == 200
    assert capsys.readouterr().out == ""
    load_checked(experiment, quiet=False)
    assert "categorical" in capsys.readouterr().out
