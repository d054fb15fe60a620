"""init and schema: the file that is written runs, and nothing is lost."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tabemb.cli import main
from tabemb.experiments.config import json_schema, read_config


def test_the_file_that_init_writes_runs_as_it_is(empty, write, capsys):
    write(empty)
    assert main(["init", "rows.csv", "--target", "good", "--categorical", "code"]) == 0
    captured = capsys.readouterr()
    assert captured.out.endswith("Wrote rows.yaml. Look at its columns, then: tabemb run rows.yaml\n")
    assert "categorical" in captured.out
    assert captured.err == ""
    text = Path("rows.yaml").read_text(encoding="utf-8")
    Path("rows.yaml").write_text(text.replace("max_epochs: 100", "max_epochs: 1").replace("folds: 5", "folds: 2"))
    assert main(["run", "rows.yaml", "--quiet"]) == 0
    assert "roc_auc" in capsys.readouterr().out
    assert Path("runs/rows/report.html").is_file()


def test_the_file_of_a_ranking_runs_as_it_is(empty, capsys):
    rng = np.random.default_rng(0)
    results = pd.DataFrame({"query": np.repeat(np.arange(12), 4), "site": rng.choice(["wiki", "forum", "shop"], 48)})
    results.assign(relevance=(results["site"] == "wiki") * 2).to_csv("results.csv", index=False)
    assert main(["init", "results.csv", "--target", "relevance", "--group", "query"]) == 0
    captured = capsys.readouterr()
    assert captured.out.endswith("Wrote results.yaml. Look at its columns, then: tabemb run results.yaml\n")
    assert captured.err == ""
    text = Path("results.yaml").read_text(encoding="utf-8")
    quick = {"max_epochs: 100": "max_epochs: 2", "folds: 5": "folds: 2", "body: ensemble": "body: mlp"}
    for setting, other in quick.items():
        assert setting in text
        text = text.replace(setting, other)
    Path("results.yaml").write_text(text, encoding="utf-8")
    assert main(["run", "results.yaml", "--quiet"]) == 0
    assert "ndcg@10" in capsys.readouterr().out
    assert main(["predict", "runs/results", "results.csv", "--output", "predicted.csv"]) == 0
    assert {"prediction", "rank"} <= set(pd.read_csv("predicted.csv"))


def test_init_replaces_no_file(empty, write, capsys):
    write(empty)
    Path("rows.yaml").write_text("mine")
    assert main(["init", "rows.csv", "--target", "good"]) == 1
    assert capsys.readouterr().err == (
        "Error: The file rows.yaml already exists. Replace it with --force, or choose another with --output.\n"
    )
    assert Path("rows.yaml").read_text() == "mine"
    assert main(["init", "rows.csv", "--target", "good", "--output", "other.yaml", "--quiet"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["init", "rows.csv", "--target", "good", "--force"]) == 0
    assert read_config("rows.yaml").data.columns == ["shape", "code"]
    assert sorted(each.name for each in empty.iterdir()) == ["other.yaml", "rows.csv", "rows.yaml", "small.yaml"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["--target", "godo"],
            "data.target: the table has no column 'godo'. Did you mean 'good'? It has: shape, code, good.",
        ),
        (["--target", "good", "--drop", "cod"], "data.drop: the table has no column 'cod'. Did you mean 'code'?"),
        (["--target", "good", "--sep", "::"], "data.sep: A separator is one character, such as ';' or '|'"),
        (
            ["--target", "good", "--encoding", "latim-1"],
            "data.encoding: There is no encoding 'latim-1'. Did you mean 'latin-1'?",
        ),
        (["--target", "good", "--numeric", "code", "--categorical", "code"], "data has 'code' both in categorical and"),
        (
            ["--target", "good", "--output", "nowhere/x.yaml"],
            "Cannot write nowhere/x.yaml: there is no folder nowhere.",
        ),
        (["--target", "shape", "--numeric", "good"], "data.numeric: the column 'good' has the cell "),
    ],
)
def test_init_says_what_is_wrong_and_writes_nothing(empty, write, capsys, arguments, told):
    write(empty)
    assert main(["init", "rows.csv", *arguments]) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith(f"Error: {told}")
    assert captured.err.count("\n") == 1
    assert captured.out == ""
    assert not Path("rows.yaml").exists()


def test_init_of_a_text_of_another_kind(empty, capsys):
    Path("städte.txt").write_bytes(
        "stadt;wert;ziel\n".encode("cp1252") + "Köln;1,5;ja\nÖls;2,5;nein\n".encode("cp1252") * 9
    )
    assert main(["init", "städte.txt", "--target", "ziel"]) == 1
    assert "line 2 has the byte 0xf6" in capsys.readouterr().err
    assert main(["init", "städte.txt", "--target", "ziel", "--encoding", "cp1252", "--output", "x.yaml"]) == 0
    config = read_config("x.yaml")
    assert (config.data.encoding, config.data.sep, config.data.path) == ("cp1252", None, "städte.txt")
    assert "# ! decimal commas, read as numbers" in Path("x.yaml").read_text(encoding="utf-8")


def test_the_schema_is_printed_and_written(empty, capsys):
    assert main(["schema"]) == 0
    assert capsys.readouterr().out == json_schema()
    assert main(["schema", "--output", "schema.json"]) == 0
    assert capsys.readouterr().out == ""
    settings = json.loads(Path("schema.json").read_text(encoding="utf-8"))
    assert {"sep", "encoding"} <= set(settings["$defs"]["DataSection"]["properties"])
    assert main(["schema", "--output", "nowhere/schema.json"]) == 1
    assert capsys.readouterr().err == "Error: Cannot write nowhere/schema.json: there is no folder nowhere.\n"
