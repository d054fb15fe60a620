"""The folder of a finished run, whole and broken."""

import json
import shutil
from pathlib import Path

import pytest

import tabemb
from tabemb.exceptions import ColumnError, FormatError
from tabemb.experiments.runs.folder import PARTS, RunVectors, open_run, vectors_file


@pytest.fixture
def copy(finished, tmp_path, monkeypatch):
    """Return the folder of a copied run, ``small`` in the current folder."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(finished[0].path, "small"))


def message(path):
    with pytest.raises(FormatError) as caught:
        open_run(path)
    return str(caught.value)


def test_a_run_is_read_back(finished):
    result, _ = finished
    opened = open_run(str(result.path))
    assert opened.path == result.path
    assert opened.config.data.categorical == ["from/to"]
    assert opened.comparison.to_json() == result.comparison.to_json()
    assert type(opened.model()) is tabemb.EmbeddingClassifier


def test_vectors_are_a_mapping_that_reads_a_column_once(finished):
    vectors = open_run(finished[0].path).vectors
    assert list(vectors) == ["shape", "from/to"]
    assert len(vectors) == 2
    assert "shape" in vectors
    assert "size" not in vectors
    assert repr(vectors) == "RunVectors(shape, from/to)"
    assert set(vectors["from/to"].index_to_key) == {1, 2, 3}
    assert vectors["shape"].dim == 2
    assert vectors["shape"] is vectors["shape"]
    assert isinstance(vectors, tabemb.EmbeddingStore)
    assert vectors.to_frame().loc["shape"].shape == (len(vectors["shape"]), 1 + max(v.dim for v in vectors.values()))


def test_a_column_without_vectors_is_told_its_neighbours(finished):
    with pytest.raises(
        ColumnError, match=r"has no vectors of a column 'shap'\. Columns: shape, from/to\. Did you mean 'shape'\?"
    ):
        open_run(finished[0].path).vectors["shap"]


def test_a_run_that_learned_no_vectors_opens(copy):
    report = json.loads((copy / "report.json").read_text())
    report["model"]["embeddings"] = []
    (copy / "report.json").write_text(json.dumps(report))
    vectors = open_run(copy).vectors
    assert list(vectors) == []
    message = r"no vectors of a column 'shape'\. Columns: none\. A column of few categories enters one-hot"
    with pytest.raises(ColumnError, match=message):
        vectors["shape"]


@pytest.mark.parametrize(
    ("column", "file"),
    [("dest", "dest"), ("two words", "two words"), ("../up", "..%2Fup"), ("50%", "50%25"), ("à", "%C3%A0")],
)
def test_any_column_name_is_a_file_name(column, file):
    assert vectors_file(column) == f"vectors/{file}.parquet"


def test_the_vectors_of_a_column_without_a_name_are_read_back(tmp_path):
    (tmp_path / "vectors").mkdir()
    tabemb.CategoryVectors(["a"], [[1.0]]).save(tmp_path / vectors_file(""), format="parquet")
    assert RunVectors(tmp_path, [""])[""].index_to_key == ["a"]


@pytest.mark.parametrize("part", sorted(PARTS))
def test_a_half_deleted_run_names_the_missing_part(copy, part):
    gone = copy / part
    if gone.is_dir():
        shutil.rmtree(gone)
    else:
        gone.unlink()
    config = "CONFIG" if part == "config.yaml" else "small/config.yaml"
    assert message("small") == (
        f"The run small is not whole: {part} is missing. Run the experiment again: tabemb run {config} --force"
    )


def test_a_run_without_the_vectors_of_a_column(copy):
    (copy / "vectors" / "shape.parquet").unlink()
    assert message(copy).startswith("The run small is not whole: vectors/shape.parquet is missing.")


@pytest.mark.parametrize("text", ['{"format": 1', "[]", '{"format": 1}', '{"format": 1, "model": 3}'])
def test_a_damaged_report(copy, text):
    (copy / "report.json").write_text(text)
    assert message(copy).startswith("The run small is not whole: report.json is damaged.")


def test_a_report_of_another_format(copy):
    report = json.loads((copy / "report.json").read_text()) | {"format": 99}
    (copy / "report.json").write_text(json.dumps(report))
    assert message(copy) == (
        "The run small is of format 99; this version of tabemb reads format 1. Run the experiment again."
    )


def test_a_folder_that_is_no_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("other").mkdir()
    assert message("other") == (
        "other is not the folder of a run: it has none of config.yaml, model, report.html, report.json, vectors."
    )
    assert message("nowhere/x") == "There is no run in nowhere/x."


def test_a_folder_that_is_not_there_is_told_the_runs_beside(copy):
    assert message("smal") == "There is no run in smal. Runs in .: small. Did you mean 'small'?"


def test_the_run_of_a_study_has_no_comparison(copy):
    report = json.loads((copy / "report.json").read_text())
    report |= {"comparison": None, "study": {"figures": []}}
    (copy / "report.json").write_text(json.dumps(report))
    with pytest.raises(FormatError, match=r"The run small was a study, not a comparison; see report\['study'\]"):
        _ = open_run(copy).comparison
