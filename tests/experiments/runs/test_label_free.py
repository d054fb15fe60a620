"""Runs without a target, and runs of models that are pretrained."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from tabemb import EmbeddingClassifier, EmbeddingPretrainer, open_run
from tabemb.diagnosis.diagnose import diagnose_columns
from tabemb.exceptions import DataError, FormatError, OutputError
from tabemb.experiments.config import make_config, read_config
from tabemb.experiments.data import load_problem
from tabemb.experiments.explorer import write_explorer
from tabemb.experiments.runs.runner import make_estimator, run
from tabemb.inference.vector_lookup import VectorLookup

TEXT = """\
data: {path: trips.csv, categorical: [gate]}
pretrain: {embedding_dim: 2}
"""


def trips(n=400, seed=0):
    rng = np.random.default_rng(seed)
    coast = rng.integers(0, 2, n)
    return pd.DataFrame(
        {
            "dest": np.where(coast, rng.choice(["LAX", "SFO", "SAN"], n), rng.choice(["BOS", "JFK", "DCA"], n)),
            "carrier": np.where(coast, rng.choice(["AS", "VX"], n), rng.choice(["B6", "DL"], n)),
            "gate": rng.integers(1, 4, n) + 10 * coast,
            "miles": 2000 * coast + rng.integers(1, 90, n),
        }
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    trips().to_csv(folder / "trips.csv", index=False)
    (folder / "trips.yaml").write_text(TEXT, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def result(home):
    steps = []
    done = run(home / "trips.yaml", output=home / "runs", progress=lambda *each: steps.append(each))
    assert steps == [("vectors", 0, 1)]
    return done


def test_the_run_is_like_any_other_without_a_comparison(result, home):
    assert (result.comparison, result.study) == (None, None)
    assert "come back" in result.known.answer
    opened = open_run(result.path)
    assert opened.is_label_free
    assert list(opened.vectors) == ["dest", "carrier", "gate"]
    assert opened.vectors["dest"].noise is not None
    assert {key for key, _ in opened.vectors["dest"].most_similar("LAX", topn=2)} == {"SFO", "SAN"}
    assert type(opened.model()) is EmbeddingPretrainer
    assert opened.config.pretrain.embedding_dim == 2
    report = opened.report
    assert report["pretrain"]["sentence"] == "cooccurrence, from all 400 rows"
    assert (report["comparison"], report["data"]["target"], report["model"]["numeric"]) == (None, None, ["miles"])
    assert [each["name"] for each in report["data"]["reading"]] == ["dest", "carrier", "gate", "miles"]
    assert set(report["seconds"]) == {"load", "learn", "total"}
    with pytest.raises(FormatError, match="has no target, so it has no comparison: only vectors were learned"):
        _ = opened.comparison
    with pytest.raises(FormatError, match=r"has no target to predict.*tabemb transform"):
        opened.predict(home / "trips.csv")


def test_the_saved_configuration_gives_the_same_run(result, home):
    again = run(result.path / "config.yaml", output=home / "again")
    ours, theirs = open_run(result.path), open_run(again.path)
    assert again.path == home / "again" / "trips"
    assert ours.report["data"]["sha256"] == theirs.report["data"]["sha256"]
    for column, vectors in ours.vectors.items():
        assert np.array_equal(vectors.vectors, theirs.vectors[column].vectors)
    with pytest.raises(OutputError, match="already exists"):
        run(home / "trips.yaml", output=home / "runs")


def test_new_rows_get_the_output_of_the_pretrainer(result, home):
    opened, new = open_run(result.path), trips(5, seed=3).assign(dest="OAK")
    out = opened.transform(new.set_axis(range(7, 12)))
    expected = opened.model().transform(new.astype({"miles": float}))
    assert out.columns.tolist()[-2:] == ["gate_emb1", "miles"]
    assert out.index.tolist() == list(range(7, 12))
    assert out.to_numpy().tobytes() == np.ascontiguousarray(expected).tobytes()
    assert type(opened.predictor()) is VectorLookup


FRESH = """
import json, sys
import tabemb
run = tabemb.open_run(sys.argv[1])
shape = run.transform(sys.argv[2]).shape
print(json.dumps([shape, [name for name in ("tensorflow", "keras") if name in sys.modules]]))
"""


def test_a_fresh_process_transforms_a_file_without_keras_and_tensorflow(result, home):
    command = [sys.executable, "-c", FRESH, result.path, home / "trips.csv"]
    assert json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout) == [[400, 7], []]


def test_the_explorer_and_the_report_show_its_vectors(result):
    page = write_explorer(open_run(result.path)).read_text(encoding="utf-8")
    assert "trips: vectors without a target" in page
    report = (result.path / "report.html").read_text(encoding="utf-8")
    for text in ("What do the vectors know?", "Learned without a target: cooccurrence, from all 400 rows", "SFO"):
        assert text in report
    assert "Is it worth it" not in report
    assert set(diagnose_columns(open_run(result.path).vectors)) == {"dest", "carrier", "gate"}


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"columns": ["miles"]}, "no column holds categories"),
        ({"columns": ["dest"]}, "takes at least two columns; only 'dest' is used."),
        ({"columns": ["dest", "same"]}, r"only 'dest' is used \(dropped: same\)"),
        ({"columns": ["letter", "digit"]}, "There is nothing to learn from: no column with categories"),
    ],
)
def test_a_table_that_tells_nothing_is_refused(data, told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    unrelated = {"letter": list("abcd") * 100, "digit": ["u"] * 4 + ["v"] * 4 + ["w"] * 4 + ["x"] * 4}
    unrelated["digit"] *= 25
    trips().assign(same="x", **unrelated).to_csv("trips.csv", index=False)
    config = make_config({"name": "bad", "data": {"path": "trips.csv"} | data, "pretrain": {}})
    with pytest.raises(DataError, match=told):
        run(config)
    assert not (tmp_path / "runs" / "bad").exists()


BOTH = """\
data: {path: late.csv, target: late, categorical: [gate], drop: [miles]}
pretrain: {data: trips.csv, rows: ROWS}
model: {body: mlp, max_epochs: 2, embedding_dim: 2, target_statistics: false, one_hot_max_categories: 0}
baselines: [majority]
validation: {folds: 3}
"""


@pytest.mark.parametrize("rows", ["train", "all"])
def test_one_file_pretrains_and_compares_with_the_model_without(rows, home):
    table = trips(120, seed=5)
    late = np.where(np.random.default_rng(0).random(120) < 0.2 + 0.6 * (table["miles"] > 1000), "yes", "no")
    late[:10] = ""
    table.assign(late=late).to_csv(home / "late.csv", index=False)
    path = home / f"both_{rows}.yaml"
    path.write_text(BOTH.replace("ROWS", rows), encoding="utf-8")
    problem = load_problem(read_config(path))
    assert (len(problem.X), len(problem.unlabelled), len(problem.other)) == (110, 10, 400)
    assert list(problem.other) == list(problem.unlabelled) == ["dest", "carrier", "gate"]
    result = run(path, output=home / "runs", problem=problem)
    assert [model.name for model in result.comparison.models] == ["embeddings", "without_pretraining", "majority"]
    opened = open_run(result.path)
    assert not opened.is_label_free
    model = opened.model()
    assert type(model) is EmbeddingClassifier
    assert model.pretrained_report_["dest"].categories["whole"] == 6
    own = {"train": "the training rows of each fold", "all": "all 110 rows, the features of test rows too"}[rows]
    sentence = f"cooccurrence, from {own}, 10 rows without a target and 400 rows of another table"
    assert opened.report["pretrain"]["sentence"] == sentence
    page = (result.path / "report.html").read_text(encoding="utf-8")
    assert sentence in page
    assert "All fits share the rows that vectors are learned from without a target" in page
    assert opened.report["model"]["class"] == "EmbeddingClassifier"
    assert opened.config.pretrain.table().path == str(home / "trips.csv")
    # The vectors of a supervised run replace the columns.
    assert opened.transform(table.head(2)).columns.tolist()[:2] == ["dest_emb0", "dest_emb1"]


def test_test_rows_are_not_seen_by_default(home):
    path = home / "plain.yaml"
    path.write_text(BOTH.replace("data: trips.csv, rows: ROWS", "rows: train"), encoding="utf-8")
    trips(60).assign(late=["yes", "no"] * 30).to_csv(home / "late.csv", index=False)
    config = read_config(path)
    problem = load_problem(config)
    train = problem.X.head(40).replace({"dest": {"SFO": "LAX", "SAN": "LAX", "JFK": "BOS", "DCA": "BOS"}})
    fitted = make_estimator(config, problem).fit(train, problem.y.head(40))
    assert set(fitted.pretrainer_.vectors_["dest"]) == {"LAX", "BOS"}
