"""Files written before the packages were redrawn (2026-11) still load, with the same answers.

``saved/first_format.zip`` holds estimators of several bodies, vectors in every format, a store, an index and a run.
"""

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tabemb

ARCHIVE = Path(__file__).with_name("saved") / "first_format.zip"
KEYS = ["JFK", 7, True, 2.5, "a b\tc"]
ROWS = [[1, 0.5], [0.25, -1], [3, 4], [0, 0], [-1, 2]]
# What each format keeps besides keys, rows, and the vectors for unknown and missing.
WITH_COUNTS = {"parquet", "npz", "safetensors", "jsonl", "csv", "projector"}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved")
    with zipfile.ZipFile(ARCHIVE) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def answers(saved):
    with np.load(saved / "answers.npz") as arrays:
        return dict(arrays)


@pytest.fixture(scope="module")
def flights(saved):
    rows = pd.read_parquet(saved / "flights.parquet")
    rows.loc[3, "dest"] = "never seen"
    return rows


@pytest.mark.parametrize("name", ["classifier", "ensembles", "multilabel", "regressor", "transformer", "encoder"])
def test_an_estimator_answers_as_when_it_was_saved(name, saved, answers, flights):
    model = tabemb.load(saved / name)
    answer = getattr(model, "predict_proba", getattr(model, "transform", getattr(model, "predict", None)))
    np.testing.assert_allclose(np.asarray(answer(flights)), answers[name], rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(model.vectors_["dest"].vectors, answers[f"{name}.dest"])


@pytest.mark.parametrize("name", ["classifier", "regressor"])
def test_an_estimator_can_be_saved_again(name, saved, answers, flights, tmp_path):
    tabemb.load(saved / name).save(tmp_path / name)
    again = tabemb.load(tmp_path / name)
    answer = getattr(again, "predict_proba", again.predict)
    np.testing.assert_allclose(answer(flights), answers[name], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    "suffix", ["parquet", "npz", "safetensors", "jsonl", "csv", "txt", "bin", "glove", "projector"]
)
def test_vectors_load_from_every_format(suffix, saved):
    vectors = tabemb.CategoryVectors.load(saved / f"dest.{suffix}")
    assert [(type(key), key) for key in vectors] == [(type(key), key) for key in KEYS]
    assert vectors.vectors.tolist() == ROWS
    assert (vectors.unknown.tolist(), vectors.missing.tolist()) == ([0.5, 0.5], [-0.5, 0.125])
    if suffix in WITH_COUNTS:
        assert vectors.counts.tolist() == [9, 8, 7, 1, 0]


def test_a_store_loads(saved):
    store = tabemb.EmbeddingStore.load(saved / "store")
    assert list(store) == ["dest", "k"]
    assert store["dest"] == tabemb.CategoryVectors.load(saved / "dest.npz")


def test_an_index_loads(saved):
    pytest.importorskip("usearch", reason="needs usearch, the extra index")
    vectors = tabemb.CategoryVectors.load(saved / "k.npz")
    found = vectors.load_index(saved / "k.hnsw").search(vectors["k3"], topn=3)
    assert list(found.keys) == [key for key, _ in vectors.most_similar(vectors["k3"], topn=3)]


def test_a_run_opens(saved):
    run = tabemb.open_run(saved / "runs" / "late")
    assert sorted(run.vectors) == ["carrier", "dest", "hour"]
    assert run.comparison["majority"].mean("roc_auc") == 0.5
    rows = pd.DataFrame({"carrier": ["AA"], "dest": ["D01"], "hour": [6], "distance": [900.0]})
    assert run.model().predict_proba(rows).shape == (1, 2)
