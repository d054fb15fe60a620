"""Every body, encoder of numbers, loss, objective, recommender, format and command once, with other library versions.

``make test-lowest`` runs it with the lowest versions that pyproject.toml allows.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tabemb
from tabemb import (
    EmbeddingClassifier,
    EmbeddingEncoder,
    EmbeddingPretrainer,
    EmbeddingRanker,
    EmbeddingRegressor,
    TwoTowerRecommender,
)
from tabemb.estimators.objectives import OBJECTIVES
from tabemb.nn.bodies import BODIES
from tabemb.nn.losses import LOSSES, ClassLoss, RankLoss
from tabemb.nn.numeric import NUMERIC_ENCODERS
from tabemb.recommend.methods import METHODS
from tabemb.vectors.formats import FORMATS

pytestmark = pytest.mark.slow
QUICK = {"max_epochs": 1, "random_state": 0, "one_hot_max_categories": 0}
rng = np.random.default_rng(0)
X = pd.DataFrame(
    {
        "key": rng.choice([f"v{i}" for i in range(12)], 90),
        "kind": pd.Series(rng.choice(["a", "b"], 90)).astype("category"),
        "when": pd.to_datetime("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, 90), "D"),
        "size": np.where(rng.random(90) < 0.1, np.nan, rng.random(90)),
    }
)
Y = rng.integers(1, 3, 90)
VISITS = pd.DataFrame(
    [(user, place) for user in "abcdefghijklmnop" for place in rng.permutation(12)[:6]], columns=["user", "place"]
)


def survives(model, path):
    model.save(path)
    assert np.array_equal(tabemb.load(path).predict(X), model.predict(X))


@pytest.mark.parametrize("body", sorted(BODIES))
def test_body(body, tmp_path):
    model = EmbeddingClassifier(**QUICK, body=body).fit(X, Y)
    survives(model, tmp_path / "model")
    assert np.allclose(model.predictor().predict_proba(X), model.predict_proba(X), atol=1e-5)


@pytest.mark.parametrize("numeric", sorted(NUMERIC_ENCODERS))
def test_numeric_encoder(numeric, tmp_path):
    survives(EmbeddingRegressor(**QUICK, numeric=numeric, body="mlp").fit(X, Y.astype(float)), tmp_path / "model")


@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_loss(loss, tmp_path):
    settings = {**QUICK, "loss": loss, "body": "mlp"}
    if issubclass(LOSSES[loss], RankLoss):
        model = EmbeddingRanker("kind", **settings)
    elif issubclass(LOSSES[loss], ClassLoss):
        model = EmbeddingClassifier(**settings)
    else:
        model = EmbeddingRegressor(**settings)
    survives(model.fit(X, Y), tmp_path / "model")


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_encoder_in_the_data_frames_of_a_library(library):
    pytest.importorskip(library)
    encoder = EmbeddingEncoder(max_epochs=1, random_state=0, target_statistics=True).set_output(transform=library)
    out = encoder.fit_transform(X, Y)
    assert list(out.columns) == encoder.get_feature_names_out().tolist()
    assert type(out).__module__.split(".")[0] == library


@pytest.mark.parametrize("objective", sorted(OBJECTIVES))
def test_objective(objective, tmp_path):
    table = pd.DataFrame({"dest": ["LAX", "SFO", "BOS", "JFK"] * 30, "carrier": ["AS", "AS", "B6", "B6"] * 30})
    model = EmbeddingPretrainer(objective=objective, random_state=0).fit(table)
    model.save(tmp_path / "model")
    assert np.array_equal(tabemb.load(tmp_path / "model").transform(table), model.transform(table))


@pytest.mark.parametrize("method", sorted(METHODS))
def test_recommender(method, tmp_path):
    rated = {"rating": "stars"} if method == "mf" else {}
    model = TwoTowerRecommender("user", "place", method=method, random_state=0, **rated)
    model.fit(VISITS.assign(stars=VISITS["place"] % 5))
    model.save(tmp_path / "model")
    pd.testing.assert_frame_equal(tabemb.load(tmp_path / "model").recommend(["a", "b"]), model.recommend(["a", "b"]))


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_format(name, tmp_path):
    vectors = tabemb.CategoryVectors(["JFK", "LGA", "SFO"], [[1.0, 0.5], [0.5, 2.0], [-1.0, 0.25]], [9, 5, 1])
    path = tmp_path / f"dest{next(iter(FORMATS[name].suffixes), '')}"
    vectors.save(path, format=name)
    again = tabemb.CategoryVectors.load(path, format=name)
    assert again.index_to_key == vectors.index_to_key
    assert np.allclose(again.vectors, vectors.vectors)


def test_plot():
    pytest.importorskip("matplotlib").use("Agg")
    vectors = tabemb.CategoryVectors([f"v{i}" for i in range(9)], rng.normal(size=(9, 4)), name="key")
    assert vectors.plot().get_title() is not None
    assert vectors.plot.heatmap() is not None
    assert vectors.plot.dendrogram() is not None


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("commands")
    X.assign(late=Y).to_csv(folder / "rows.csv", index=False)
    config = {
        "name": "late",
        "data": {"path": "rows.csv", "target": "late"},
        "model": {"body": "mlp", "max_epochs": 2, "one_hot_max_categories": 0},
        "validation": {"folds": 2},
    }
    (folder / "late.yaml").write_text(json.dumps(config))
    tab(folder, "run", "late.yaml", "--quiet")
    VISITS.to_csv(folder / "visits.csv", index=False)
    visits = {"name": "visits", "data": {"path": "visits.csv"}, "recommend": {"user": "user", "item": "place"}}
    (folder / "visits.yaml").write_text(json.dumps(visits))
    tab(folder, "run", "visits.yaml", "--quiet")
    return folder


def tab(folder, *arguments):
    command = [str(Path(sys.executable).with_name("tabemb")), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


# Databases have their own extras, which are not tried here.
COMMANDS = {
    "compare": ["rows.csv", "--target", "late", "--folds", "2", "--baseline", "majority", "--quiet"],
    "init": ["rows.csv", "--target", "late", "--output", "first.yaml"],
    "schema": [],
    "predict": ["runs/late", "rows.csv", "--output", "predicted.parquet"],
    "vectors": ["runs/late"],
    "neighbors": ["runs/late", "key", "v1"],
    "diagnose": ["runs/late", "key"],
    "export": ["runs/late", "key", "key.csv"],
    "explore": ["runs/late"],
    "learn": ["rows.csv", "--out", "learned"],
    "transform": ["learned", "rows.csv", "--output", "transformed.parquet"],
    "analogy": ["runs/late", "key", "v1", "v2", "v3"],
    "recommend": ["runs/visits", "--user", "a"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_command(command, folder):
    tab(folder, command, *COMMANDS[command])


@pytest.mark.parametrize(
    "arguments",
    [["rows.csv", "--target", "late", "--group", "kind"], ["visits.csv", "--user", "user", "--item", "place"]],
)
def test_first_file_of_another_kind(arguments, folder):
    tab(folder, "init", *arguments, "--output", "other.yaml", "--force")


def test_all_commands_are_tried():
    from tabemb.cli.app import app

    known = {command.name or command.callback.__name__ for command in app.registered_commands}
    assert known == {*COMMANDS, "run", "push"}
