"""What a run leaves in its folder."""

import pytest

import tabemb
from tabemb.exceptions import OutputError
from tabemb.experiments.runs.artifacts import describe, write_artefacts, write_json, write_text
from tabemb.experiments.config import read_config
from tabemb.experiments.runs.provenance import data_hash
from tabemb.experiments.problem import load_problem
from tabemb.experiments.runs.folder import vectors_file


@pytest.fixture
def parts(finished, tmp_path, write_small):
    """Return the configuration, the problem and the model of the small run."""
    config = read_config(write_small(tmp_path))
    return config, load_problem(config), tabemb.load(finished[0].path / "model")


def test_the_record_says_where_everything_is_from(parts, small_table):
    config, problem, model = parts
    record = describe(config, problem, model, {"total": 1.23456}, title="Which?", verdict="These.")
    assert (record["title"], record["verdict"], record["name"]) == ("Which?", "These.", "small")
    assert record["seconds"] == {"total": 1.235}
    assert record["data"]["rows_used"] == record["data"]["rows_read"] == len(small_table)
    assert record["data"]["sha256"] == data_hash(problem.X.assign(**{"target: good": problem.y}))
    assert record["model"]["class"] == "EmbeddingClassifier"
    assert record["model"]["embeddings"][0] == {"column": "shape", "categories": 3, "dimensions": 2}
    assert record["model"]["numeric"] == ["size"]
    assert record["model"]["dropped"] == [{"column": "same", "reason": "constant"}]
    assert record["config"]["model"] == {"embedding_dim": 2, "one_hot_max_categories": 0, "max_epochs": 2}


def test_vectors_model_and_configuration_are_read_back(parts, tmp_path):
    _, problem, model = parts
    write_artefacts(tmp_path, model, "seed: 0\n")
    assert (tmp_path / "config.yaml").read_text() == "# The experiment as it was run.\nseed: 0\n"
    stored = tabemb.CategoryVectors.load(tmp_path / vectors_file("shape"))
    assert stored.index_to_key == model.vectors_["shape"].index_to_key
    again = tabemb.load(tmp_path / "model")
    assert (again.predict(problem.X) == model.predict(problem.X)).all()


def test_numbers_that_json_does_not_have(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "report.json", {"error": float("nan")})


def test_a_file_that_cannot_be_written(tmp_path):
    with pytest.raises(OutputError, match=r"Cannot write report\.html: No such file or directory\."):
        write_text(tmp_path / "gone" / "report.html", "")
