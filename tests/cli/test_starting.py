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


def write_ratings(**columns):
    """Write a table of who has rated which film; two rows have no user."""
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"userId": np.repeat(np.arange(30), 6), "movieId": rng.integers(100, 120, 180)})
    rows["genres"] = np.where(rows["movieId"] % 2, "Crime|Drama", "Comedy|Drama")
    rows["rating"] = rng.integers(1, 6, 180)
    rows["timestamp"] = 1_260_000_000 + rng.permutation(180)
    rows = rows.assign(**columns).astype({"userId": "Int64"})
    rows.loc[[3, 50], "userId"] = pd.NA
    rows.to_csv("ratings.csv", index=False)


@pytest.mark.parametrize(
    ("arguments", "kept", "told"),
    [
        (["--item", "movieId"], {"item": "movieId", "time": "timestamp"}, "The column timestamp holds times: the last"),
        (["--item", "movieId, genres"], {"item": ["movieId", "genres"], "time": "timestamp"}, "timestamp holds times"),
        (["--item", "movieId,genres", "--time", "timestamp"], {"time": "timestamp"}, "Wrote ratings.yaml."),
        (["--item", "movieId", "--rating", "rating"], {"rating": "rating", "method": "mf"}, "Ratings are predicted."),
    ],
)
def test_the_file_of_a_recommender_runs_as_it_is(empty, capsys, arguments, kept, told):
    write_ratings()
    assert main(["init", "ratings.csv", "--user", "userId", *arguments]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert "2 of 180 rows have no userId and were left out." in captured.out
    assert told in captured.out
    assert ("holds times" in captured.out) == ("--time" not in arguments)
    assert captured.out.endswith("Wrote ratings.yaml. Look at its columns, then: tabemb run ratings.yaml\n")
    section = read_config("ratings.yaml").recommend
    assert section.user == "userId"
    assert {name: getattr(section, name) for name in kept} == kept
    assert main(["run", "ratings.yaml", "--quiet"]) == 0
    assert "nDCG of 10 items" in capsys.readouterr().out
    assert main(["recommend", "runs/ratings", "--user", "7", "--k", "3"]) == 0


def test_times_that_are_not_clear_are_offered(empty, capsys):
    write_ratings(timestamp=range(180))
    assert main(["init", "ratings.csv", "--user", "userId", "--item", "movieId"]) == 0
    assert "No column of times is used. These may hold times: timestamp. Name one by --time" in capsys.readouterr().out
    assert read_config("ratings.yaml").recommend.how == "random"
    assert main(["init", "ratings.csv", "--user", "userId", "--item", "movieId", "--force", "--quiet"]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "--target: name the column to predict, or recommend by --user and --item."),
        (["--drop", "rating"], "--target: name the column to predict, or recommend by --user and --item."),
        (["--group", "userId"], "--target: name the column to predict, which --group ranks by."),
        (
            ["--target", "rating", "--user", "userId"],
            "--target and --user: an experiment predicts a target or recommends",
        ),
        (["--target", "rating", "--time", "timestamp"], "--target and --time: an experiment predicts a target or"),
        (["--user", "userId"], "--item: name the column of items too; recommendations need --user and --item."),
        (["--item", "movieId"], "--user: name the column of users too; recommendations need --user and --item."),
        (["--rating", "rating"], "--user: name the column of users too; recommendations need --user and --item."),
        (["--user", " , ", "--item", "movieId"], "--user: name the column of users too;"),
        (["--user", "userId", "--item", "movieId", "--group", "genres"], "--group: it is for predictions;"),
        (["--user", "userId", "--item", "movieId", "--drop", "genres"], "--drop: it is for predictions;"),
        (["--user", "userId", "--item", "movieId", "--categorical", "rating"], "--categorical: it is for predictions;"),
    ],
)
def test_init_takes_the_options_of_one_kind_of_experiment(empty, capsys, arguments, told):
    write_ratings()
    assert main(["init", "ratings.csv", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith(f"Error: Invalid value for {told}")
    assert captured.err.count("\n") == 1
    assert not Path("ratings.yaml").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["--user", "userid", "--item", "movieId"],
            "recommend.user: the table has no column 'userid'. Did you mean 'userId'? It has: userId, movieId,",
        ),
        (
            ["--user", "userId", "--item", "movieId,gerne"],
            "recommend.item: the table has no column 'gerne'. Did you mean",
        ),
        (["--user", "userId", "--item", "movieId", "--time", "timestmp"], "recommend.time: the table has no column"),
        (["--user", "userId", "--item", "movieId", "--rating", "ratng"], "recommend.rating: the table has no column"),
        (["--user", "userId", "--item", "userId"], "recommend names the column 'userId' twice;"),
        (
            ["--user", "userId", "--item", "movieId", "--rating", "genres"],
            "The ratings of interactions must be numbers;",
        ),
        (
            ["--target", "rating", "--group", "user"],
            "data.group: the table has no column 'user'. Did you mean 'userId'?",
        ),
        (
            ["--target", "rating", "--group", "userId"],
            "data.group: 'userId' is missing in 2 of 180 rows. Drop those rows, or give each of them a group.",
        ),
        (["--target", "rating", "--group", "rating"], "data has 'rating' both as target and as group"),
    ],
)
def test_init_says_what_is_wrong_with_rankings_and_recommendations(empty, capsys, arguments, told):
    write_ratings()
    assert main(["init", "ratings.csv", *arguments]) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith(f"Error: {told}")
    assert captured.err.count("\n") == 1
    assert captured.out == ""
    assert not Path("ratings.yaml").exists()


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
