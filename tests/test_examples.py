"""Each example runs on fewer rows."""

import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


def run(name, **smaller):
    return runpy.run_path(str(EXAMPLES / name))["main"](**smaller)


def test_embeddings_before_trees(capsys):
    scores = run("01_embeddings_before_trees.py", rows=4000)
    assert set(scores) == {"vectors", "vectors that leak", "one-hot"}
    assert min(scores.values()) > 0.5
    assert "carrier_emb0" in capsys.readouterr().out


@pytest.mark.slow
def test_grid_search():
    search = run("02_grid_search.py", rows=300, folds=2)
    assert set(search.best_params_) == {"embedding_dim", "body__dropout"}
    assert len(set(search.cv_results_["mean_test_score"])) > 1


def test_vectors_for_another_model():
    assert run("03_vectors_for_another_model.py", rows=5000) > 0.3


@pytest.mark.slow
def test_read_a_run(capsys):
    assert run("04_read_a_run.py", rows=1200) == ["dest", "hour", "month", "origin", "weekday"]
    assert "nearest to LAX" in capsys.readouterr().out


def test_airports_on_the_globe(capsys):
    assert run("05_airports_on_the_globe.py", rows=4000) > 0.4
    assert "nearest to MIA" in capsys.readouterr().out


@pytest.mark.slow
def test_pictures_of_vectors(tmp_path):
    names = run("06_pictures_of_vectors.py", rows=1500, folder=tmp_path / "pictures")
    assert names == ["explore.html", "heatmap.png", "map.png", "neighbors.png", "tree.png"]


def test_target_statistics(capsys):
    models = run("07_target_statistics.py", rows=4200, max_epochs=2)
    assert models[False].statistics_share_ == 0
    out = capsys.readouterr().out
    assert "ROC AUC" in out
    assert "the same vectors: True" in out


@pytest.mark.slow
def test_lists_in_cells(capsys):
    model, scores = run("08_lists_in_cells.py", rows=1500, max_epochs=20)
    assert scores["a vector per airport"] > scores["a vector per list"] + 0.1
    assert len(model.vectors_["dests"]) > 80
    assert "LAX is near" in capsys.readouterr().out


def test_a_new_month(capsys):
    january, model, scores = run("09_a_new_month.py", rows=400, months=(2,), max_epochs=2)
    assert len(scores) == 1
    assert len(model.vectors_["tailnum"]) > len(january.vectors_["tailnum"])
    assert "month 2: " in capsys.readouterr().out


def test_without_a_target(capsys):
    pretrainer, scores = run("10_without_a_target.py", rows=2000, labelled=200, max_epochs=5)
    assert {"SFO", "LAX"} <= set(pretrainer.vectors_["dest"].index_to_key)
    assert list(scores) == ["no pretraining", "vectors of all rows"]
    assert "LAX is near" in capsys.readouterr().out


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.name)
def test_an_example_is_under_80_lines_and_has_a_test(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) < 80
    assert path.name in Path(__file__).read_text(encoding="utf-8")


def test_recommend(capsys):
    ours, busiest = run("11_recommend.py", rows=60_000)
    assert ours > 2 * busiest
    assert "of an aircraft that only the airline is known of" in capsys.readouterr().out
