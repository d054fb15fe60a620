"""Runs, comparisons and predictions from the command line."""

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd

from tabemb.cli import main


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


def test_a_study_shows_its_table_and_leaves_a_run_like_any_other(empty, capsys, write):
    write(empty).assign(size=np.arange(1, 201)).to_csv("rows.csv", index=False)
    Path("study.yaml").write_text(STUDY, encoding="utf-8")
    assert main(["run", "study.yaml"]) == 0
    shown = capsys.readouterr().out
    assert "KNN" in shown
    assert "neural network" in shown
    assert "published errors were reproduced" in shown
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
        "Error: The run runs/small needs the column 'shape', which the table lacks. Did you mean 'shapes'?\n"
    )
