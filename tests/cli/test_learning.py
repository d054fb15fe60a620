"""Runs, comparisons and predictions from the command line."""

import io
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tabemb import EmbeddingPretrainer
from tabemb.cli import main
from tabemb.experiments.comparison.baselines.majority import Majority
from tabemb.experiments.runs.folder import RunFolder, open_run


def test_a_run_shows_the_scores_and_where_the_report_is(here, capfd):
    assert main(["run", "small.yaml", "--force"]) == 0
    captured = capfd.readouterr()
    assert "embeddings" in captured.out
    assert "majority" in captured.out
    assert captured.out.rstrip().endswith("runs/small/report.html")
    # The two answers come last, once.
    end = captured.out.partition("rows; ")[2]
    assert (
        end.index("Is it worth it for the score?") < end.index("What do the vectors know?") < end.index("Finished in")
    )
    assert captured.out.count("Too few folds for a verdict") == 1
    page = Path("runs/small/report.html").read_text(encoding="utf-8")
    assert "tabemb explore runs/small" in page
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


def test_a_baseline_that_was_left_out_is_named_once(here, capsys, monkeypatch):
    monkeypatch.setattr(Majority, "build", lambda *_: 1 / 0)
    sentence = "majority, which failed in fold 1 with a ZeroDivisionError: division by zero."
    for arguments in (
        ["run", "small.yaml", "--output", "broken"],
        ["compare", "rows.csv", "--target", "good", "--folds", "2", "--baseline", "majority", "-q"],
    ):
        assert main(arguments) == 0
        captured = capsys.readouterr()
        assert f"Left out: {sentence}" in " ".join(captured.out.split())
        assert (captured.out + captured.err).count("ZeroDivisionError") == 1
    # The verdict is all that a quiet run prints.
    assert main(["run", "small.yaml", "--output", "broken", "--force", "--quiet"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert "embeddings" in captured.out
    assert f"Left out: {sentence}" in " ".join(captured.out.split())
    assert "Report" not in captured.out


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


def test_compare_feeds_other_models_with_vectors(here, capsys):
    arguments = [
        "compare",
        "rows.csv",
        "--target",
        "good",
        "--folds",
        "2",
        "--rows",
        "100",
        "--json",
        "other.json",
        "-q",
    ]
    assert main([*arguments, "--baseline", "majority", "--downstream", "linear", "--downstream", "knn"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "model on one-hot on vectors difference 95 % interval" in told
    assert "vectors and one-hot are not tested as inputs of linear (" in told
    assert [each["name"] for each in json.loads(Path("other.json").read_text())["downstream"]] == ["linear", "knn"]
    assert main([*arguments, "--downstream", "liner"]) == 1
    assert "No downstream model named 'liner'" in (err := capsys.readouterr().err)
    assert "Did you mean 'linear'?" in err


def test_compare_leaves_a_report(here, tmp_path, capsys):
    arguments = ["compare", "rows.csv", "--target", "good", "--folds", "2", "--baseline", "majority", "--rows", "100"]
    before = sorted(each.name for each in here.iterdir())
    assert main([*arguments, "--report", str(tmp_path / "out.html")]) == 0
    assert capsys.readouterr().out.rstrip().endswith(f"Report: {tmp_path / 'out.html'}")
    page = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert page.lower().startswith("<!doctype html>")
    assert "majority" in page
    assert "What do the vectors know?" in page
    # There is no folder to explore.
    assert "Explore:" not in page
    assert sorted(each.name for each in here.iterdir()) == before


def test_tables_of_other_kinds_are_compared_and_predicted(here, tmp_path, capsys):
    table = pd.read_csv("rows.csv")
    semicolons = tmp_path / "rows.csv"
    semicolons.write_bytes(table.replace("flat", "Köln").to_csv(index=False, sep=";").encode("cp1252"))
    table.to_json(tmp_path / "rows.jsonl", orient="records", lines=True)
    table.to_feather(tmp_path / "rows.feather")
    (tmp_path / "folder").mkdir()
    table[:90].to_parquet(tmp_path / "folder" / "a.parquet")
    table[90:].to_parquet(tmp_path / "folder" / "b.parquet")
    assert main(["predict", "runs/small", "rows.csv"]) == 0
    expected = capsys.readouterr().out
    for name in ("rows.jsonl", "rows.feather", "folder"):
        assert main(["predict", "runs/small", str(tmp_path / name)]) == 0
        captured = capsys.readouterr()
        assert (captured.out, captured.err) == (expected, "")
    assert main(["predict", "runs/small", str(semicolons), "--encoding", "cp1252", "--sep", ";"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 201
    options = ["--encoding", "cp1252", "--sep", ";", "--folds", "2", "--baseline", "majority"]
    assert main(["compare", str(semicolons), "--target", "good", *options]) == 0
    # Another text than the first cell would be read as another class.
    assert re.search(r"^shape +categorical +text +3 ", capsys.readouterr().out, flags=re.MULTILINE)


def test_a_run_reads_new_files_as_it_read_its_own(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    content = "stadt#gut\n" + "Köln#ja\nÖls#nein\n" * 30
    Path("rows.csv").write_bytes(content.encode("cp1252"))
    Path("x.yaml").write_text(
        "data: {path: rows.csv, target: gut, sep: '#', encoding: cp1252}\n"
        "model: {body: mlp, max_epochs: 1, one_hot_max_categories: 0}\nbaselines: [majority]\nvalidation: {folds: 2}\n"
    )
    assert main(["run", "x.yaml", "-q"]) == 0
    capsys.readouterr()
    assert main(["predict", "runs/x", "rows.csv"]) == 0
    captured = capsys.readouterr()
    assert len(captured.out.splitlines()) == 61
    # No warning of unknown categories: they were decoded alike.
    assert captured.err == ""


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


@pytest.fixture(scope="module")
def codes(tmp_path_factory):
    """Return a folder with a run on codes that are texts, some of them digits only, and classes that are formulas."""
    folder = tmp_path_factory.mktemp("codes")
    rng = np.random.default_rng(0)
    code = rng.choice(["12", "07", "A1", "33"], 300)
    table = pd.DataFrame({"code": code, "country": rng.choice(["NA", "DE"], 300), "id": rng.permutation(300)})
    table["joined"] = pd.date_range("2020-01-01", periods=300).astype(str)
    table.assign(late=np.where(code == "12", "=1+1", "no")).to_csv(folder / "rows.csv", index=False)
    (folder / "codes.yaml").write_text(
        "data: {path: rows.csv, target: late, drop: [id], na: [NA]}\n"
        "model: {max_epochs: 15, body: mlp, one_hot_max_categories: 0, learning_rate: 0.02}\n"
        "baselines: [majority]\nvalidation: {folds: 2}\n"
    )
    assert main(["run", str(folder / "codes.yaml"), "--output", str(folder), "--quiet"]) == 0
    return folder


def test_a_new_file_is_read_by_the_types_of_the_run(codes, monkeypatch, capsys):
    monkeypatch.chdir(codes)
    Path("new.csv").write_text(
        "code,country,joined\n12,NA,2020-02-01\n12,,2020-02-01\n07,DE,2020-02-02\n", encoding="utf-8"
    )
    assert main(["predict", "codes", "new.csv"]) == 0
    captured = capsys.readouterr()
    answers = pd.read_csv(io.StringIO(captured.out))
    assert answers["prediction"].tolist() == ["'=1+1", "'=1+1", "no"]
    # "NA" is missing, as in the run.
    assert answers.iloc[0].tolist() == answers.iloc[1].tolist()
    assert list(answers) == ["prediction", "probability_=1+1", "probability_no"]
    assert captured.err == ""


@pytest.mark.parametrize("kind", ["int64", "float64", "Int64", "category"])
def test_codes_of_numbers_are_read_as_the_texts_of_the_run(codes, kind, monkeypatch, capsys):
    monkeypatch.chdir(codes)
    table = pd.DataFrame({"code": [12, 33], "country": ["DE", "DE"], "joined": pd.to_datetime(["2020-02-01"] * 2)})
    table.astype({"code": kind}).to_parquet("numbers.parquet")
    assert main(["predict", "codes", "numbers.parquet"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert pd.read_csv(io.StringIO(captured.out))["prediction"].tolist() == ["'=1+1", "no"]
    table.astype({"code": str}).to_csv("numbers.csv", index=False)
    assert main(["predict", "codes", "numbers.csv"]) == 0
    assert capsys.readouterr().out == captured.out


def test_a_warning_is_one_plain_line(codes, monkeypatch, capsys):
    monkeypatch.chdir(codes)
    dates = pd.to_datetime(["2020-02-01"] * 2)
    table = pd.DataFrame({"code": [b"12", b"33"], "country": ["DE", "DE"], "joined": dates})
    table.to_parquet("bytes.parquet")
    assert main(["predict", "codes", "bytes.parquet"]) == 0
    assert capsys.readouterr().err == (
        "Warning: 2 of 2 rows have a category in column 'code' that the run does not know, such as b'12'. They get the "
        "vector for unknown categories.\n"
        "Warning: No cell of column 'code' is known: it held text at fit, but now bytes. The text '1' and the number "
        "1 are different categories; convert the column to the type at fit.\n"
    )


def test_a_prediction_in_a_terminal_has_no_control_characters(codes, monkeypatch, capsys):
    monkeypatch.chdir(codes)
    monkeypatch.setattr(RunFolder, "predict", lambda self, path: pd.DataFrame({"prediction": ["a\x1b[2J", "b"]}))
    assert main(["predict", "codes", "rows.csv"]) == 0
    assert capsys.readouterr().out == "prediction\na\x1b[2J\nb\n"
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert main(["predict", "codes", "rows.csv"]) == 0
    assert capsys.readouterr().out == "prediction\na\\x1b[2J\nb\n"


def test_compare_shows_how_each_column_was_read_and_takes_corrections(codes, monkeypatch, capsys):
    monkeypatch.chdir(codes)
    arguments = ["compare", "rows.csv", "--target", "late", "--folds", "2", "--baseline", "majority", "--rows", "100"]
    assert main(arguments) == 0
    shown = capsys.readouterr().out
    lines = {line.split()[0]: line for line in shown.splitlines() if line.strip()}
    assert re.search(r"numeric +integer +\d+ *$", lines["id"])
    assert "! id: a different number in every row" in shown
    assert re.search(r"categorical +text +4 +", lines["code"])
    assert re.search(r"! country: 'NA' in \d+ of \d+ rows read as a category", shown)
    assert "calendar parts" in lines["joined"]
    assert "--categorical, --numeric, --drop or --na" in shown
    assert shown.index("calendar parts") < shown.index("embeddings")
    assert (
        main([*arguments, "--drop", "id,joined", "--numeric", "code", "--na", "NA,A1", "--categorical", "country"]) == 0
    )
    shown = capsys.readouterr().out
    lines = {line.split()[0]: line for line in shown.splitlines() if line.strip()}
    assert re.search(r"code +numeric +float +\d+ +\d+\.0 *$", lines["code"])
    assert "id" not in lines
    assert "To correct" not in shown
    assert main([*arguments, "--quiet"]) == 0
    assert "calendar parts" not in capsys.readouterr().out


def test_vectors_are_learned_from_a_table_alone(here, capfd):
    assert main(["learn", "rows.csv", "--columns", "shape,good", "--seed", "3", "--out", "other/shapes"]) == 0
    captured = capfd.readouterr()
    said = " ".join(captured.out.split())
    assert "What do the vectors know?" in said
    assert "Is it worth it" not in said
    assert captured.out.rstrip().endswith("Report: other/shapes/report.html")
    assert captured.err == ""
    assert open_run("other/shapes").config.seed == 3
    for name, *others in (["vectors"], ["neighbors", "shape", "round"], ["explore"], ["export", "shape", "a.npz"]):
        assert main([name, "other/shapes", *others]) == 0
    assert Path("other/shapes/explore.html").is_file()
    capfd.readouterr()
    assert main(["predict", "other/shapes", "rows.csv"]) == 1
    assert "has no target to predict" in capfd.readouterr().err
    assert main(["learn", "rows.csv", "--columns", "shape,good", "--out", "other/shapes", "--force", "-q"]) == 0
    assert capfd.readouterr().out.count("\n") <= 3


def test_the_run_of_a_table_has_its_name(empty, capsys, write):
    write(empty)
    assert main(["learn", "rows.csv", "--columns", "shape,good", "--objective", "masked", "-q"]) == 0
    assert "not known for this objective" in " ".join(capsys.readouterr().out.split())
    assert main(["neighbors", "runs/rows", "shape", "round"]) == 0
    shown = capsys.readouterr().out
    assert "not known for this objective" in shown
    assert "three folds" not in shown


def test_rows_are_transformed_by_any_run(here, capfd):
    assert main(["transform", "runs/small", "rows.csv", "--output", "out.parquet"]) == 0
    table, rows = pd.read_parquet("out.parquet"), pd.read_csv("rows.csv")
    vectors = open_run("runs/small").vectors
    names = [name for name in table if name.startswith("shape_emb")]
    np.testing.assert_array_equal(table[names], vectors["shape"][rows["shape"].tolist()])
    assert main(["learn", "rows.csv", "--columns", "shape,good", "--out", "other/t", "--force", "-q"]) == 0
    capfd.readouterr()
    assert main(["transform", "other/t", "rows.csv"]) == 0
    shown = pd.read_csv(io.StringIO(capfd.readouterr().out))
    np.testing.assert_allclose(shown, open_run("other/t").transform(rows), rtol=1e-6)


def test_rows_are_transformed_by_a_saved_encoder(here, capsys):
    rows = pd.read_csv("rows.csv")[["shape", "good"]]
    pretrainer = EmbeddingPretrainer(embedding_dim=2, random_state=0).fit(rows)
    pretrainer.save("encoder")
    assert main(["transform", "encoder", "rows.csv", "--output", "out.parquet"]) == 0
    assert np.array_equal(pd.read_parquet("out.parquet"), pretrainer.transform(rows))
    assert main(["transform", "runs/small", "rows.csv", "--na", "NA"]) == 2
    assert "a run has its own" in capsys.readouterr().err


def test_learn_and_compare_take_how_columns_are_read(empty, capsys):
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(
        {
            "tags": ["/".join(rng.choice(list("abcd"), 2, replace=False)) for _ in range(120)],
            "origin": rng.choice(list("uvwxy"), 120),
            "dest": rng.choice(list("uvwxy"), 120),
            "user": [f"u{each}" for each in rng.integers(0, 60, 120)],
            "late": rng.choice(["no", "yes"], 120),
        }
    )
    rows.to_csv("rows.csv", index=False)
    given = ["--multi-valued", "tags=/", "--shared", "place=origin,dest", "--vocabulary", "user=hashing"]
    assert main(["learn", "rows.csv", "--drop", "late", *given, "--out", "runs/rows", "--quiet"]) == 0
    vectors = open_run("runs/rows").vectors
    assert sorted(vectors) == ["place", "tags"]
    assert sorted(vectors["tags"].index_to_key) == list("abcd")
    assert main(["compare", "rows.csv", "--target", "late", *given, "--folds", "2", "--baseline", "majority"]) == 0
    assert main(["learn", "rows.csv", "--shared", "place=origin", "--out", "runs/two", "--quiet"]) != 0
    assert main(["learn", "rows.csv", "--vocabulary", "user=hash", "--out", "runs/three", "--quiet"]) != 0
    assert "Did you mean 'hashing'" in capsys.readouterr().err
    assert not Path("runs/two").exists()


def test_rankings_are_compared_and_run_and_predicted(empty, capsys):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"query": np.repeat(np.arange(30), 5), "site": rng.choice(["wiki", "blog", "shop"], 150)})
    table["grade"] = 2 * (table["site"] == "wiki")
    table.to_csv("results.csv", index=False)
    ranked = ["compare", "results.csv", "--target", "grade", "--task", "ranking"]
    scored = ["--baseline", "one_hot_linear", "--metric", "ndcg@3", "--folds", "2", "--json", "scores.json"]
    assert main([*ranked, "--group", "query", *scored, "--quiet"]) == 0
    assert "ndcg@3" in capsys.readouterr().out
    scores = json.loads(Path("scores.json").read_text(encoding="utf-8"))
    assert (scores["task"], scores["folds"]) == ("ranking", "2 folds by group")
    assert main(ranked) == 2
    assert "--task ranking needs --group, and --group needs it." in capsys.readouterr().err
    assert main(["compare", "results.csv", "--target", "grade", "--group", "query"]) == 2
    assert "--task ranking needs --group" in capsys.readouterr().err
    assert main(["compare", "results.csv", "--target", "grade", "--task", "rank"]) == 2
    assert "'rank' is not auto, classification, regression or ranking." in capsys.readouterr().err
    assert main([*ranked, "--group", "qury"]) == 1
    assert "data.group: the table has no column 'qury'. Did you mean 'query'?" in capsys.readouterr().err
    Path("ranked.yaml").write_text(
        "task: ranking\ndata: {path: results.csv, target: grade, group: query}\nbaselines: [majority]\n"
        "model: {body: mlp, max_epochs: 2}\nvalidation: {folds: 2}\n",
        encoding="utf-8",
    )
    assert main(["run", "ranked.yaml", "--quiet"]) == 0
    capsys.readouterr()
    assert main(["predict", "runs/ranked", "results.csv"]) == 0
    found = pd.read_csv(io.StringIO(capsys.readouterr().out))
    assert list(found) == ["prediction", "rank"]
    assert found["rank"].tolist() == open_run("runs/ranked").predict(table)["rank"].tolist()
    assert main(["predict", "runs/ranked", "results.csv", "--output", "best.csv"]) == 0
    assert len(pd.read_csv("best.csv")) == 150
