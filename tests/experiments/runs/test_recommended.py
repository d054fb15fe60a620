"""Runs that recommend items."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from tabemb import open_run
from tabemb.diagnosis.diagnose import diagnose_columns
from tabemb.exceptions import ConfigError, DataError, FormatError
from tabemb.experiments.config import make_config, read_config
from tabemb.experiments.data import load_problem
from tabemb.experiments.explorer import write_explorer
from tabemb.experiments.recommendation import make_recommender
from tabemb.experiments.runs.recommended import example_recommendations
from tabemb.experiments.runs.runner import run
from tabemb.recommend.recommender import TwoTowerRecommender


def test_the_run_has_the_recommender_its_vectors_and_its_metrics(recommended):
    assert (recommended.comparison, recommended.study, recommended.known) == (None, None, None)
    opened = open_run(recommended.path)
    assert (opened.is_recommender, opened.is_label_free, opened.has_folds) == (True, False, False)
    assert list(opened.vectors) == ["film", "user", "genre"]
    assert set(opened.vectors["genre"]) == {"drama", "crime"}
    recommender = opened.recommender()
    assert type(opened.model()) is TwoTowerRecommender
    assert np.array_equal(opened.vectors["film"].vectors, recommender.item_vectors_.vectors)
    assert np.array_equal(opened.vectors["user"].vectors, recommender.user_vectors_.vectors)
    assert {key for key, _ in opened.vectors["film"].most_similar(10, topn=3)} < {11, 12, 13, 14, 15}
    metrics = json.loads((recommended.path / "metrics.json").read_text(encoding="utf-8"))
    assert metrics == recommended.ranking.to_json()
    assert opened.report["recommend"] == metrics | {"fitted_to": "all interactions"}
    assert opened.report["verdict"] == recommended.ranking.verdict()
    assert opened.report["model"]["class"] == "TwoTowerRecommender"
    assert set(opened.report["seconds"]) == {"load", "fit", "evaluate", "refit", "total"}
    assert opened.names("film")[10] == "The drama 0"
    assert opened.names("user") == {}
    reading = {each["name"]: each["kind"] for each in opened.report["data"]["reading"]}
    assert reading == {"user": "user", "film": "item", "genre": "categorical", "day": "time", "name": "title"}


def test_it_is_fitted_to_all_interactions_unless_told_otherwise(recommended, tmp_path, write_films, watched):
    assert open_run(recommended.path).recommender().interactions_.matrix.nnz == len(watched)
    path = write_films(tmp_path)
    path.write_text(path.read_text(encoding="utf-8") + "  refit: false\n", encoding="utf-8")
    steps = []
    opened = open_run(run(path, output=tmp_path / "runs", progress=lambda *each: steps.append(each)).path)
    assert opened.recommender().interactions_.matrix.nnz == 160
    assert opened.report["recommend"]["fitted_to"] == "the interactions that are not held out"
    assert "refit" not in opened.report["seconds"]
    assert steps == [("linear_autoencoder", 0, 1)]


def test_the_saved_configuration_gives_the_same_run(recommended, tmp_path):
    steps = []
    path = recommended.path / "config.yaml"
    again = run(path, output=tmp_path / "again", progress=lambda *each: steps.append(each))
    assert steps == [("linear_autoencoder", 0, 1), ("all interactions", 1, 1)]
    assert again.ranking.to_json() == recommended.ranking.to_json()
    ours, theirs = open_run(recommended.path), open_run(again.path)
    assert ours.report["data"]["sha256"] == theirs.report["data"]["sha256"]
    assert np.array_equal(ours.vectors["film"].vectors, theirs.vectors["film"].vectors)


def test_what_a_recommender_has_not_is_told(recommended, watched):
    opened = open_run(recommended.path)
    with pytest.raises(FormatError, match=r"recommends items, so it has no comparison.*metrics\.json"):
        _ = opened.comparison
    with pytest.raises(FormatError, match=r"no target to predict: it recommends items.*tabemb recommend"):
        opened.predict(watched)
    for wanted in ("predictor", "encoder"):
        with pytest.raises(FormatError, match=f"recommends items and has no {wanted}"):
            getattr(opened, wanted)()


def test_a_changed_file_of_metrics_is_not_part_of_what_is_read(recommended):
    files = open_run(recommended.path).report["files"]
    assert {"metrics.json", "model/tabemb.json", "vectors/film.parquet", "vectors/user.parquet"} <= set(files)


def test_the_explorer_and_the_diagnosis_take_the_run(recommended):
    page = write_explorer(open_run(recommended.path)).read_text(encoding="utf-8")
    assert "The drama 0" in page
    assert {"film", "user"} <= set(diagnose_columns(open_run(recommended.path).vectors))


def test_the_report_shows_metrics_examples_and_sizes(recommended):
    report = (recommended.path / "report.html").read_text(encoding="utf-8")
    for text in (
        "Which films will &lt;they&gt; watch?",
        "most popular",
        "novelty",
        "the last 20 % of the interactions of each user",
        "Because of",
        "The crime",
        "<span>tabemb</span> <span>recommend</span>",
    ):
        assert text in report
    assert "What do the vectors know?" not in report


FRESH = """
import json, sys
from tabemb.experiments.runs.runner import run
import tabemb
run(sys.argv[1], output=sys.argv[2])
found = tabemb.open_run(sys.argv[2] + "/films").recommender().recommend(3, k=1)
print(json.dumps([len(found), [name for name in ("tensorflow", "keras") if name in sys.modules]]))
"""


def test_a_closed_form_needs_neither_keras_nor_tensorflow(tmp_path, write_films):
    command = [sys.executable, "-c", FRESH, write_films(tmp_path), str(tmp_path / "runs")]
    assert json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout) == [1, []]


def test_rows_that_lack_a_cell_are_left_out_and_noted(tmp_path, write_films, watched):
    path = write_films(tmp_path)
    changed = watched.astype({"user": "Int64", "day": "Int64"})
    changed.loc[:2, "user"], changed.loc[2:3, "day"] = pd.NA, pd.NA
    changed.to_csv(tmp_path / "watched.csv", index=False)
    problem = load_problem(read_config(path))
    assert problem.notes == (
        "3 of 200 rows have no user and were left out.",
        "1 of 200 rows have no day and were left out.",
    )
    assert (problem.y, len(problem.X), list(problem.X)) == (None, 196, ["user", "film", "genre", "day", "name"])
    changed.assign(user=pd.NA).to_csv(tmp_path / "watched.csv", index=False)
    with pytest.raises(DataError, match=r"line 3: recommend: no row is left. 200 of 200 rows have no user"):
        load_problem(read_config(path))


def test_ratings_are_evaluated_beside_their_mean(tmp_path, write_films):
    text = """\
data: {path: watched.csv}
recommend: {user: user, item: film, rating: stars, method: {name: mf, dim: 2, penalty: 2.0}, k: [2]}
"""
    result = run(write_films(tmp_path, text), output=tmp_path / "runs")
    rated = result.ranking.to_json()["ratings"]
    assert [each["model"] for each in rated] == ["mf", "mean", "biases"]
    assert rated[0]["rmse"] < rated[1]["rmse"]
    report = (result.path / "report.html").read_text(encoding="utf-8")
    assert "<h2>Ratings</h2>" in report
    assert f"{rated[0]['rmse']:.4f}" in report


@pytest.mark.parametrize(
    ("section", "error", "told"),
    [
        ({"user": "usr"}, DataError, "recommend.user: the table has no column 'usr'. Did you mean 'user'?"),
        ({"title": "nme"}, DataError, "recommend.title: the table has no column 'nme'. Did you mean 'name'?"),
        (
            {"method": "fm"},
            ConfigError,
            "recommend.method: No method named .fm.. Known: linear_autoencoder, mf, two_towers",
        ),
        ({"search": "hnws"}, ConfigError, "recommend.search: No .* named 'hnws'.*Did you mean 'hnsw'?"),
        ({"method": {"name": "mf", "dm": 3}}, ConfigError, "recommend.method: The method 'mf' does not take these"),
        (
            {"method": {"name": "mf", "dim": 0}, "rating": "stars"},
            ConfigError,
            "recommend.method.dim: dim must be a positive",
        ),
        ({"rating": "stars"}, ConfigError, "recommend.rating: the method 'linear_autoencoder' does not use .*: mf"),
        (
            {"method": "mf"},
            ConfigError,
            "recommend.method: 'mf' predicts ratings. Name their column in recommend.rating",
        ),
        (
            {"method": "mf", "rating": "stars", "split": {"how": "users"}},
            ConfigError,
            "recommend.split.how: 'mf' knows no users that it was not fitted with",
        ),
        ({"weight": "likes"}, DataError, "recommend: The weights of interactions must be positive"),
        ({"multi_valued": {"gnre": "|"}}, DataError, "multi_valued names the column .gnre., which the table does not"),
        ({"time": "genre"}, DataError, "recommend.split: Times are numbers or dates; 'genre' is"),
    ],
)
def test_what_does_not_fit_is_told_with_the_setting(section, error, told, tmp_path, watched):
    watched.assign(likes=watched["stars"] - 10).to_csv(tmp_path / "watched.csv", index=False)
    values = {"user": "user", "item": "film"} | section
    config = make_config({"name": "bad", "data": {"path": str(tmp_path / "watched.csv")}, "recommend": values})
    with pytest.raises(error, match=told):
        run(config, output=tmp_path / "runs")
    assert not (tmp_path / "runs" / "bad").exists()


def test_examples_are_of_active_users_and_say_why(recommended):
    model = open_run(recommended.path).recommender()
    examples = example_recommendations(model, {10: "Ten"}, seed=1)
    assert len(examples) == 3
    assert examples == example_recommendations(model, {10: "Ten"}, seed=1)
    assert [each["user"] for each in examples] != [each["user"] for each in example_recommendations(model, {}, seed=2)]
    for each in examples:
        assert each["n_seen"] == len(each["seen"]) == 5
        found = model.recommend(each["user"], 5)
        assert [item["key"] for item in each["items"]] == found["film"].tolist()
        first = each["items"][0]
        assert first["name"] == ("Ten" if first["key"] == 10 else str(first["key"]))
        because = model.explain(each["user"], first["key"], 2)["film"].tolist()
        assert first["because"] == ["Ten" if key == 10 else str(key) for key in because]


def test_users_who_have_seen_all_are_no_examples():
    seen = pd.DataFrame({"user": [1, 1, 2, 2], "film": ["a", "b", "a", "b"]})
    method = {"name": "linear_autoencoder", "dim": 1, "penalty": 1.0}
    config = make_config({"data": {"path": "a.csv"}, "recommend": {"user": "user", "item": "film", "method": method}})
    assert example_recommendations(make_recommender(config).fit(seen), {}) == []
