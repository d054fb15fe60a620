"""The folder of a finished run, whole and broken."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor

import tabemb
from tabemb.exceptions import ColumnError, DataError, FormatError, OutputError
from tabemb.experiments.config import read_config
from tabemb.experiments.data import load_problem
from tabemb.experiments.runs.folder import (
    PARTS,
    RunFolder,
    RunVectors,
    describe_run,
    open_run,
    try_names,
    vectors_file,
    write_json,
    write_report,
    write_run,
    write_text,
)
from tabemb.experiments.runs.provenance import data_hash
from tabemb.files import sealed
from tabemb.table.schema import UnknownCategoryWarning
from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.sampling_noise import SamplingNoise


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


def test_a_column_without_vectors_gets_suggestions(finished):
    with pytest.raises(
        ColumnError, match=r"has no vectors of a column 'shap'\. Columns: shape, from/to\. Did you mean 'shape'\?"
    ):
        open_run(finished[0].path).vectors["shap"]


def test_a_run_that_learned_no_vectors_opens(copy):
    report = json.loads((copy / "report.json").read_text())
    report["model"]["embeddings"] = []
    (copy / "report.json").write_text(json.dumps(sealed(report)))
    vectors = open_run(copy).vectors
    assert list(vectors) == []
    message = r"no vectors of a column 'shape'\. Columns: none\. Columns with few categories are one-hot encoded"
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
        f"The run small is incomplete: {part} is missing. Run the experiment again: tabemb run {config} --force"
    )


def test_a_run_without_the_vectors_of_a_column(copy):
    (copy / "vectors" / "shape.parquet").unlink()
    assert message(copy).startswith("The run small is incomplete: vectors/shape.parquet is missing.")


@pytest.mark.parametrize(
    "text",
    [
        "",
        '{"format": 1',
        "[" * 100_000,
        "[]",
        '{"format": 1}',
        '{"format": 1, "model": 3}',
        '{"format": 1, "model": {"embeddings": [3]}, "comparison": null, "data": {"columns": []}}',
        '{"format": 1, "model": {"embeddings": [{"column": 3}]}, "comparison": null, "data": {"columns": []}}',
        '{"format": 2, "model": {"embeddings": []}, "comparison": null, "data": {"columns": []}, "files": []}',
    ],
)
def test_a_damaged_report(copy, text):
    (copy / "report.json").write_text(text)
    assert message(copy).startswith("The run small is incomplete: report.json is damaged.")


def test_a_changed_report(copy):
    report = json.loads((copy / "report.json").read_text())
    (copy / "report.json").write_text(json.dumps(report | {"verdict": "better"}))
    assert message(copy).startswith("small/report.json is damaged: its content does not match its digest.")
    del report["digest"]
    (copy / "report.json").write_text(json.dumps(report))
    assert message(copy).startswith("small/report.json is damaged: its content does not match its digest.")


@pytest.mark.parametrize("comparison", [3, {}, [], {"scores": None}])
def test_a_damaged_comparison(comparison, copy):
    report = json.loads((copy / "report.json").read_text()) | {"comparison": comparison}
    (copy / "report.json").write_text(json.dumps(sealed(report)))
    with pytest.raises(FormatError, match=r"The run small is incomplete: report\.json is damaged"):
        _ = open_run(copy).comparison


def test_a_run_before_there_were_digests_is_read(copy):
    report = json.loads((copy / "report.json").read_text())
    del report["digest"], report["files"]
    (copy / "report.json").write_text(json.dumps(report | {"format": 1}))
    (copy / "config.yaml").write_text((copy / "config.yaml").read_text() + "# A remark.\n")
    opened = open_run(copy)
    assert opened.config.data.categorical == ["from/to"]
    assert len(opened.vectors["shape"])
    assert type(opened.model()) is tabemb.EmbeddingClassifier


READERS = {
    "vectors/shape.parquet": lambda opened: opened.vectors["shape"],
    "config.yaml": lambda opened: opened.config,
    "model/tabemb.json": lambda opened: opened.model(),
}


@pytest.mark.parametrize("name", sorted(READERS))
def test_a_damaged_file_is_noticed_when_it_is_read(name, copy):
    opened = open_run(copy)
    raw = (copy / name).read_bytes()
    (copy / name).write_bytes(raw[:-3] + bytes([raw[-3] ^ 1]) + raw[-2:])
    with pytest.raises(FormatError, match=re.escape(f"small/{name} is damaged or of another save")):
        READERS[name](opened)
    (copy / name).write_bytes(raw)
    assert READERS[name](opened) is not None


@pytest.mark.parametrize("name", sorted(READERS))
def test_a_run_that_was_replaced_since_it_was_opened_is_not_mixed_with_the_old_one(name, copy):
    opened, files = open_run(copy), [*(copy / "vectors").iterdir(), copy / "config.yaml"]
    kept = opened.vectors["from/to"]
    for each in files:
        content = each.read_bytes()
        if each.suffix == ".parquet":
            vectors = CategoryVectors.load(each)
            CategoryVectors(vectors.index_to_key, vectors.vectors + 1, name=vectors.name).save(each)
        else:
            each.write_bytes(content + b"# Changed.\n")
    model = tabemb.load(copy / "model")
    model.history_["loss"].append(0.5)
    model.save(copy / "model")
    report = json.loads((copy / "report.json").read_text())
    write_report(copy, {key: report[key] for key in report if key not in ("digest", "files")})
    with pytest.raises(FormatError, match=r"The run small was replaced by another since it was opened\. Open it again"):
        READERS[name](opened)
    assert opened.vectors["from/to"] is kept
    assert READERS[name](open_run(copy)) is not None


LONG = "Which of the following options describes your current occupation best? " * 4


@pytest.mark.parametrize("columns", [[], ["a", LONG, "列" * 90, "/" * 100, "", "A"]])
def test_the_names_of_files_are_tried_and_nothing_is_left(columns, tmp_path):
    try_names(tmp_path, columns)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_the_file_system_does_not_take_is_an_error(tmp_path, monkeypatch):
    touch = Path.touch

    def refuse(path, *args, **options):
        if len(path.name) > 143:
            raise OSError(36, "File name too long")
        touch(path, *args, **options)

    monkeypatch.setattr(Path, "touch", refuse)
    try_names(tmp_path, ["a"])
    message = (
        r"Cannot write vectors/Which.*parquet: File name too long\. Choose a shorter name or output folder, or rename"
    )
    with pytest.raises(OutputError, match=message):
        try_names(tmp_path, ["a", LONG])


def test_a_report_of_another_format(copy):
    report = json.loads((copy / "report.json").read_text()) | {"format": 99}
    (copy / "report.json").write_text(json.dumps(sealed(report)))
    assert message(copy) == (
        "The run small has format 99, but this version of tabemb reads format 2. Run the experiment again."
    )


def test_a_folder_that_is_no_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("other").mkdir()
    assert message("other") == (
        "other is not the folder of a run: it contains none of config.yaml, model, report.html, report.json, vectors."
    )
    assert message("nowhere/x") == "There is no run in nowhere/x."


def test_a_missing_folder_suggests_its_siblings(copy):
    assert message("smal") == "There is no run in smal. Runs in .: small. Did you mean 'small'?"


def test_the_run_of_a_study_has_no_comparison(copy):
    report = json.loads((copy / "report.json").read_text())
    report |= {"comparison": None, "study": {"figures": []}}
    (copy / "report.json").write_text(json.dumps(sealed(report)))
    with pytest.raises(FormatError, match=r"is a study, not a comparison\. Its result is in report\['study'\]"):
        _ = open_run(copy).comparison


@pytest.fixture
def parts(finished, tmp_path, write_small):
    """Return the configuration, the problem and the model of the small run."""
    config = read_config(write_small(tmp_path))
    return config, load_problem(config), tabemb.load(finished[0].path / "model")


def test_the_record_says_where_everything_is_from(parts, small_table):
    config, problem, model = parts
    shape = CategoryVectors("abc", np.eye(3, 2), [9, 5, 5], noise=SamplingNoise(np.eye(2), 5.0, -1.0, 3))
    record = describe_run(
        config,
        problem,
        model,
        {"shape": shape, "from/to": model.vectors_["from/to"]},
        {"total": 1.23456},
        title="Which?",
        verdict="These.",
    )
    assert (record["title"], record["verdict"], record["name"]) == ("Which?", "These.", "small")
    assert record["seconds"] == {"total": 1.235}
    assert record["data"]["rows_used"] == record["data"]["rows_read"] == len(small_table)
    assert record["data"]["sha256"] == data_hash(problem.X.assign(**{"target: good": problem.y}))
    assert record["model"]["class"] == "EmbeddingClassifier"
    known = shape.reliability()
    assert record["model"]["embeddings"] == [
        {
            "column": "shape",
            "categories": 3,
            "dimensions": 2,
            "reliability": {"share": known.share, "chance": 0.5, "k": 1, "n_refits": 3, "by_chance": known.by_chance},
        },
        {"column": "from/to", "categories": 3, "dimensions": 2, "reliability": None},
    ]
    assert record["model"]["numeric"] == ["size"]
    assert record["model"]["dropped"] == [{"column": "same", "reason": "constant"}]
    assert record["model"]["statistics"] == {"share": 0.0, "crosses": []}
    assert record["config"]["model"] == {"embedding_dim": 2, "one_hot_max_categories": 0, "max_epochs": 2}


def test_vectors_model_and_configuration_are_read_back(parts, tmp_path):
    _, problem, model = parts
    write_run(tmp_path, model, "seed: 0\n", model.vectors_)
    assert (tmp_path / "config.yaml").read_text() == "# The experiment of this run.\nseed: 0\n"
    stored = tabemb.CategoryVectors.load(tmp_path / vectors_file("shape"))
    assert stored.index_to_key == model.vectors_["shape"].index_to_key
    again = tabemb.load(tmp_path / "model")
    assert (again.predict(problem.X) == model.predict(problem.X)).all()


def test_nan_is_not_written_as_json(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "report.json", {"error": float("nan")})


def test_a_file_that_cannot_be_written(tmp_path):
    with pytest.raises(OutputError, match=r"Cannot write report\.html: No such file or directory\."):
        write_text(tmp_path / "gone" / "report.html", "")


COLUMNS = ["size", "shape"]
X = pd.DataFrame({"size": [1.0, 2.0, 3.0, 4.0], "shape": ["flat", "round", "flat", "flat"]})


def run_of(model):
    """Return a run with the given model."""

    class Run(RunFolder):
        def model(self):
            return model

    return Run(Path("runs/small"), {"data": {"columns": COLUMNS}}, RunVectors(Path("runs/small"), []))


def test_classes_have_a_prediction_and_a_probability_each():
    run = run_of(DummyClassifier(strategy="prior").fit(X, ["b", "a", "b", "b"]))
    answers = run.predict(X[:2])
    expected = {"prediction": ["b", "b"], "probability_a": [0.25, 0.25], "probability_b": [0.75, 0.75]}
    pd.testing.assert_frame_equal(answers, pd.DataFrame(expected), check_dtype=False)


def test_classes_that_are_numbers_stay_numbers():
    answers = run_of(DummyClassifier(strategy="prior").fit(X, [7, 7, 3, 7])).predict(X[:1])
    assert list(answers) == ["prediction", "probability_3", "probability_7"]
    assert answers["prediction"].tolist() == [7]


def test_numbers_have_a_prediction():
    answers = run_of(DummyRegressor().fit(X, [1.0, 2.0, 6.0, 3.0])).predict(X)
    pd.testing.assert_frame_equal(answers, pd.DataFrame({"prediction": [3.0] * 4}))


def test_the_model_is_given_the_columns_of_the_run_in_their_order():
    class Model:
        def predict(self, rows):
            assert list(rows) == COLUMNS
            return rows["size"] * 10

    table = X[["shape", "size"]].assign(extra=1).set_index(np.array([9, 8, 7, 6]))
    answers = run_of(Model()).predict(table)
    assert answers["prediction"].tolist() == [10, 20, 30, 40]
    # A row for each row: by position, whatever the table's index.
    assert answers.index.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (X.rename(columns={"shape": "shapes"}), "the column 'shape', which the table lacks. Did you mean 'shapes'?"),
        (X[["shape"]].assign(**{"1": 1}), "the column 'size', which the table lacks."),
        (X[[]], "the column 'size', which the table lacks."),
    ],
)
def test_a_missing_column_is_named(table, told):
    with pytest.raises(ColumnError, match=f"^The run runs/small needs {re.escape(told)}$"):
        run_of(None).predict(table)


def test_the_answers_of_a_true_run_are_those_of_its_model(finished, small_table):
    run, table = open_run(finished[0].path), small_table.drop(columns="good")
    answers = run.predict(table[table.columns[::-1]].assign(extra=1))
    assert list(answers) == ["prediction", "probability_no", "probability_yes"]
    model = tabemb.load(finished[0].path / "model")
    np.testing.assert_array_equal(answers["prediction"], model.predict(table))
    np.testing.assert_allclose(answers["probability_yes"], model.predict_proba(table)[:, 1], rtol=1e-5)


def test_a_file_is_read_by_the_types_of_the_run(finished, small_table, tmp_path):
    run = open_run(finished[0].path)
    expected = run.predict(small_table)
    small_table.to_csv(tmp_path / "new.csv", index=False)
    pd.testing.assert_frame_equal(run.predict(tmp_path / "new.csv"), expected)
    small_table.to_parquet(tmp_path / "new.parquet")
    pd.testing.assert_frame_equal(run.predict(str(tmp_path / "new.parquet")), expected)


def test_a_file_of_unknown_categories_is_said(finished, small_table, tmp_path):
    small_table.assign(shape="cube").to_csv(tmp_path / "new.csv", index=False)
    with pytest.warns(UnknownCategoryWarning) as caught:
        open_run(finished[0].path).predict(tmp_path / "new.csv")
    n = len(small_table)
    assert [str(each.message) for each in caught] == [
        f"{n} of {n} rows have a category in column 'shape' that the run does not know, such as 'cube'. They get the "
        "vector for unknown categories."
    ]


def test_the_record_has_how_columns_were_read(finished):
    reading = open_run(finished[0].path).report["data"]["reading"]
    assert [each["name"] for each in reading] == open_run(finished[0].path).report["data"]["columns"]
    assert reading[0]["kind"] == "categorical"
    assert reading[0]["n_categories"] == len(open_run(finished[0].path).vectors["shape"])


def test_a_ranking_predicts_scores_and_ranks_within_groups(ranked, results, tmp_path):
    run = open_run(ranked.path)
    assert run.group == "query"
    table = results.drop(columns="relevance")
    found = run.predict(table)
    assert list(found) == ["prediction", "rank"]
    by_score = found["prediction"].groupby(table["query"]).rank(ascending=False, method="first").astype(int)
    assert found["rank"].tolist() == by_score.tolist()
    table.to_csv(tmp_path / "new.csv", index=False)
    pd.testing.assert_frame_equal(run.predict(tmp_path / "new.csv"), found)
    # Without groups there are scores.
    pd.testing.assert_frame_equal(run.predict(table.drop(columns="query")), found[["prediction"]])
    assert list(run.transform(table)) == ["site_emb0", "site_emb1", "age"]
    with pytest.raises(DataError, match="The column 'query' of groups has 1 missing cells of 240"):
        run.predict(table.assign(query=[None, *table["query"][1:]]))


def test_other_runs_have_no_groups(finished):
    assert open_run(finished[0].path).group is None
