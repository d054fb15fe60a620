"""Running an experiment from its YAML to its folder."""

import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tabemb
from tabemb import EmbeddingRanker
from tabemb.exceptions import ColumnError, ConfigError, DataError, OutputError
from tabemb.experiments.comparison.downstream import evaluate
from tabemb.experiments.config import ExperimentConfig, config_of
from tabemb.experiments.runs import runner
from tabemb.experiments.runs.folder import PARTS, open_run
from tabemb.experiments.runs.provenance import data_hash
from tabemb.experiments.runs.runner import check_names, compare_only, run


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return an empty folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def without_page(monkeypatch):
    """Spare the charts of a page that a test does not look at."""
    monkeypatch.setattr(runner, "render_report", lambda *_, **__: "")


def test_the_folder_has_every_part(finished):
    result, _ = finished
    assert {each.name for each in result.path.iterdir()} == PARTS
    assert result.path.name == "small"
    assert sorted(each.name for each in (result.path / "vectors").iterdir()) == ["from%2Fto.parquet", "shape.parquet"]
    assert [each.name for each in result.path.parent.iterdir()] == ["small"]


def test_progress_is_reported(finished):
    _, calls = finished
    assert calls == [(model, fold, 2) for fold in (0, 1) for model in ("embeddings", "one_hot_mlp", "majority")] + [
        ("all rows", 2, 2)
    ]


def test_the_report_says_where_everything_is_from(finished, small_table):
    report = open_run(finished[0].path).report
    assert report["data"]["sha256"] == data_hash(
        small_table.drop(columns="good").assign(**{"target: good": small_table["good"]})
    )
    assert report["data"]["rows_used"] == 240
    assert report["data"]["columns"] == ["shape", "from/to", "size", "same"]
    assert report["versions"]["keras"]
    assert report["seconds"]["total"] >= report["seconds"]["compare"] > 0
    assert report["model"]["dropped"] == [{"column": "same", "reason": "constant"}]
    assert [each["name"] for each in report["comparison"]["models"]] == ["embeddings", "one_hot_mlp", "majority"]
    assert len(report["comparison"]["models"][0]["scores"]["roc_auc"]) == 2


def test_the_saved_model_is_fitted_to_all_rows(finished):
    model = tabemb.load(finished[0].path / "model")
    assert sum(model.vectors_["shape"].counts) > 200


@pytest.mark.usefixtures("without_page")
def test_the_saved_configuration_reproduces_the_scores(finished, folder):
    again = run(finished[0].path / "config.yaml", output=folder / "again")
    np.testing.assert_array_equal(
        again.comparison["embeddings"].scores["roc_auc"], finished[0].comparison["embeddings"].scores["roc_auc"]
    )


@pytest.mark.usefixtures("without_page", "without_compiling")
def test_regression_with_groups(folder, write_small, small_table):
    text = "data: {path: rows.csv, target: size}\nmodel: {max_epochs: 1}\nbaselines: [majority]\n"
    path = write_small(folder, text + "validation: {kind: group, by: from/to, folds: 2}\n")
    result = run(path)
    assert result.path == Path("runs/small")
    assert result.comparison.task == "regression"
    answers = open_run("runs/small").predict(small_table)
    assert list(answers) == ["prediction"]
    assert answers["prediction"].dtype.kind == "f"


def test_downstream_models_of_an_experiment_are_in_its_report_and_its_page(
    folder, write_small, small_text, monkeypatch
):
    made = evaluate.vector_encoder
    monkeypatch.setattr(evaluate, "vector_encoder", lambda *given: made(*given).set_params(cv=2))
    text = small_text.replace("metrics:", "downstream: [linear, {name: knn, n_neighbors: 3}]\nmetrics:")
    told = []
    result = run(
        write_small(folder, text.replace("[one_hot_mlp, majority]", "[majority]")),
        progress=lambda *each: told.append(each),
    )
    opened = open_run(result.path).comparison.downstream
    assert [each.name for each in opened] == ["linear", "knn"]
    pd.testing.assert_frame_equal(opened.to_frame(), result.comparison.downstream.to_frame())
    assert [name for name, fold, _ in told if fold == 1] == ["embeddings", "majority", "linear", "knn"]
    assert "Vectors in other models" in (result.path / "report.html").read_text(encoding="utf-8")
    assert opened.sentence() in open_run(result.path).report["verdict"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "  max_epochs: 2",
            "  body: mpl",
            "small.yaml, line 9: model.body: No body named 'mpl'. Known: cross, ",
        ),
        (
            "  max_epochs: 2",
            "  body: {name: mlp, dorpout: 0.1}",
            "small.yaml, line 9: model.body: The body 'mlp' does not take these parameters: ",
        ),
        ("one_hot_mlp,", "one_hot_mpl,", "small.yaml, line 10: baselines[0]: No baseline named 'one_hot_mpl'. Known: "),
        (
            "validation: {folds: 2}",
            "downstream: [knn, forrest]",
            "small.yaml, line 11: downstream[1]: No downstream model named 'forrest'. Known: forest, knn, linear, "
            "trees. Did you mean 'forest'?",
        ),
        ("log_loss", "logloss", "small.yaml, line 12: metrics[1]: No metric named 'logloss'. Known: "),
        (
            "embedding_dim: 2",
            "embedding_dim: fastia",
            "small.yaml, line 7: model.embedding_dim: No size rule named 'fastia'. Known: ",
        ),
        (
            "  max_epochs: 2",
            "  loss: focl",
            "small.yaml, line 9: model.loss: No loss named 'focl'. Known: absolute_err",
        ),
        ("  max_epochs: 2", "  schedule: cos", "small.yaml, line 9: model.schedule: No schedule named 'cos'. Known: "),
        ("  max_epochs: 2", "  numeric: stand", "small.yaml, line 9: model.numeric: No numeric encoder named 'stand'."),
        (
            "  max_epochs: 2",
            "  start: coocurrence",
            "small.yaml, line 9: model.start: No start named 'coocurrence'. Known: cooccurrence, random. Did you mean "
            "'cooccurrence'?",
        ),
        (
            "  max_epochs: 2",
            "  start: {name: cooccurrence, spraed: 0.1}",
            "small.yaml, line 9: model.start: The start 'cooccurrence' does not take these parameters: ",
        ),
        (
            "  max_epochs: 2",
            "  handle_unknown: nearst",
            "small.yaml, line 9: model.handle_unknown: No strategy for unknown categories named 'nearst'. Known: "
            "error, learned, mean, nearest, pretrained, zero. Did you mean 'nearest'?",
        ),
        (
            "  max_epochs: 2",
            "  handle_unknown: {name: nearest, min_similarty: 0.5}",
            "small.yaml, line 9: model.handle_unknown: The strategy for unknown categories 'nearest' does not take "
            "these parameters: ",
        ),
    ],
)
def test_an_unknown_name_fails_early_with_its_line(folder, monkeypatch, old, new, told, write_small, small_text):
    monkeypatch.setattr(runner, "load_problem", lambda config: pytest.fail("the work began"))
    path = write_small(folder, small_text.replace(old, new))
    with pytest.raises(ConfigError) as caught:
        run(path.relative_to(folder))
    assert str(caught.value).startswith(told)
    assert not Path("runs").exists()


STUDY = """\
data: {path: rows.csv, target: size, columns: [shape, from/to]}
study:
  name: entity_embeddings
  dims: {shape: 2, from/to: 2}
  time: [from/to]
  hidden_units: [4]
  epochs: 1
  n_networks: 1
  splits: [time]
  forms: [raw, embeddings]
  methods: [knn]
  published: {time: {knn: [0.5, 0.4]}}
report: {maps: [shape], places: {shape: {round: [1, 2], flat: [2, 1]}}}
"""


def test_a_study_leaves_the_same_folder_with_its_own_figures(folder, write_small):
    calls = []
    result = run(write_small(folder, STUDY), progress=lambda *call: calls.append(call))
    assert {each.name for each in result.path.iterdir()} == PARTS
    assert result.comparison is None
    assert [each.form for each in result.study.scores] == ["raw", "embeddings"]
    opened = open_run(result.path)
    assert opened.report["study"] == result.study.to_json()
    assert opened.report["verdict"] == result.study.verdict()
    assert opened.report["title"] == "size: entity_embeddings"
    assert opened.report["data"]["target"].startswith("log(size) / log(")
    assert opened.report["seconds"]["total"] >= opened.report["seconds"]["study"] > 0
    assert set(opened.vectors) == {"shape", "from/to"}
    assert "Locations" in (result.path / "report.html").read_text(encoding="utf-8")
    assert [step for _, step, _ in calls] == [0, 1, 2, 3]


def test_a_comparison_has_no_study(finished):
    assert finished[0].study is None


@pytest.mark.parametrize(
    ("old", "new", "error", "told"),
    [
        ("entity_embeddings", "entity", ConfigError, r"line 2: study: No study named 'entity'\. Known: entity_emb"),
        ("time: [from/to]", "tiem: 1", ConfigError, r"line 2: study: The study 'entity_embeddings' does not take"),
        ("methods: [knn]", "methods: [knm]", ConfigError, r"line 2: study: No method named 'knm'\. Known: boosted_tr"),
        ("dims: {shape: 2,", "dims: {shpe: 2,", ColumnError, r"line 2: study: dims names 'shpe', which is not one of"),
        ("places: {shape", "places: {size", ConfigError, r"line 13: report\.places: 'size' is not one of data\.col"),
    ],
)
def test_an_invalid_study_names_the_line(folder, write_small, old, new, error, told):
    with pytest.raises(error, match=told):
        run(write_small(folder, STUDY.replace(old, new)))
    assert not Path("runs/small").exists()


def test_a_map_of_a_column_that_is_not_learned_from(folder, write_small, small_text):
    path = write_small(
        folder, small_text.replace("  target: good", "  target: good\n  columns: [shape]") + "report: {maps: [size]}\n"
    )
    with pytest.raises(ConfigError, match=r"line 14: report\.maps: 'size' is not one of data\.columns\."):
        run(path)


@pytest.mark.parametrize(
    ("old", "new", "error", "told"),
    [
        (
            "target: good",
            "target: godo",
            ColumnError,
            r"line 4: data\.target: the table has no column 'godo'\. Did you me",
        ),
        ("metrics: [roc_auc, log_loss]", "metrics: [rmse]", ValueError, r"rmse"),
        ("path: rows.csv", "path: row.csv", DataError, r"There is no file .*row\.csv\. Did you mean 'rows\.csv'\?"),
        ("folds: 2}", "folds: 200}", DataError, r"small\.yaml: .*200"),
        (
            "  max_epochs: 2",
            "  class_weight: balanced\nseed: 1",
            ConfigError,
            r"line 9: model\.class_weight is for classification, but the target is numeric\.",
        ),
        (
            "  max_epochs: 2",
            "  calibration: temperature\nseed: 1",
            ConfigError,
            r"line 9: model\.calibration is for classification, but the target is numeric\.",
        ),
        (
            "  max_epochs: 2",
            "  negative_share: 0.1\nseed: 1",
            ConfigError,
            r"line 9: model\.negative_share is for classification, but the target is numeric\.",
        ),
        (
            "  max_epochs: 2",
            "  loss: {name: quantile, quantiles: [0.1, 0.9]}\nseed: 1",
            ConfigError,
            r"line 9: model\.loss predicts 2 quantiles per row, but an experiment scores one number\. Set one",
        ),
        (
            "  max_epochs: 2",
            "  loss: huber",
            ConfigError,
            r"line 9: model\.loss: The loss 'huber' is for numbers, but the target holds classes\.",
        ),
        (
            "  max_epochs: 2",
            "  loss: {name: focal, gamma: -1}",
            ConfigError,
            r"line 9: model\.loss\.gamma: gamma of the focal loss must be a number of 0 or more, got -1\.",
        ),
    ],
)
def test_bad_data_leave_nothing(folder, old, new, error, told, write_small, small_text):
    text = small_text.replace(old, new)
    if "seed: 1" in new:
        text = text.replace("target: good", "target: size").replace("metrics: [roc_auc, log_loss]\n", "")
    with pytest.raises(error, match=told):
        run(write_small(folder, text))
    assert not Path("runs").exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_an_interruption_leaves_nothing(folder, monkeypatch, error, write_small):
    def interrupted(*_, **__):
        raise error

    monkeypatch.setattr(runner, "compare", interrupted)
    with pytest.raises(error):
        run(write_small(folder))
    assert sorted(each.name for each in folder.iterdir()) == ["rows.csv", "small.yaml"]


def test_a_run_is_replaced_only_with_force_and_only_by_a_complete_one(
    folder, finished, monkeypatch, write_small, small_text
):
    shutil.copytree(finished[0].path, "runs/small")
    path = write_small(folder)
    before = Path("runs/small/report.json").read_text()
    with pytest.raises(OutputError, match=r"The run runs/small already exists\. Replace it with --force"):
        run(path)
    monkeypatch.setattr(runner, "compare", lambda *_, **__: pytest.fail("as if it failed"))
    with pytest.raises(BaseException, match="as if it failed"):
        run(path, force=True)
    assert Path("runs/small/report.json").read_text() == before
    monkeypatch.undo()
    monkeypatch.chdir(folder)
    path = write_small(folder, small_text.replace("one_hot_mlp, ", ""))
    monkeypatch.setattr(runner, "render_report", lambda *_, **__: "")
    run(path, force=True)
    assert Path("runs/small/report.json").read_text() != before
    assert [each.name for each in Path("runs").iterdir()] == ["small"]


def test_an_unwritable_output_is_found_out_before_any_work(folder, monkeypatch, write_small):
    monkeypatch.setattr(runner, "load_problem", lambda config: pytest.fail("the work began"))
    Path("runs").write_text("a file where the folder should be")
    with pytest.raises(OutputError, match=r"Cannot write runs.*: Not a directory\. Choose a folder that you may"):
        run(write_small(folder))


def test_a_name_that_is_too_long_is_found_out_before_any_work(folder, monkeypatch, write_small):
    monkeypatch.setattr(runner, "load_problem", lambda config: pytest.fail("the work began"))
    path = write_small(folder)
    config = ExperimentConfig(name="r" * 256, data={"path": str(folder / "rows.csv"), "target": "late"})
    with pytest.raises(OutputError, match=r"Cannot write runs/r+: its name is too long for the file system"):
        run(config)
    assert [each for each in folder.iterdir() if each.name not in (path.name, "rows.csv")] == []


def test_names_of_files_are_tried_before_any_work(folder, monkeypatch, write_small):
    def refuse(draft, columns):
        assert "from/to" in columns
        raise OutputError("too long")

    monkeypatch.setattr(runner, "try_names", refuse)
    monkeypatch.setattr(runner, "compare", lambda *_, **__: pytest.fail("the work began"))
    with pytest.raises(OutputError, match="too long"):
        run(write_small(folder))


# The labels of the charts are long.
@pytest.mark.filterwarnings("ignore:constrained_layout not applied")
@pytest.mark.usefixtures("without_compiling")
def test_columns_with_long_names_are_run(folder):
    question = "Which of the following options describes your current occupation best? (One answer only; " * 3
    russian = "Какой из следующих вариантов лучше всего описывает вашу работу?"
    generator = np.random.default_rng(0)
    table = pd.DataFrame({name: generator.choice(list("abcdefghij"), 80) for name in (question, russian)})
    table.assign(y=generator.choice(["yes", "no"], 80)).to_csv("rows.csv", index=False)
    config = ExperimentConfig(
        name="survey",
        data={"path": "rows.csv", "target": "y"},
        model={"max_epochs": 1, "body": "mlp", "one_hot_max_categories": 0},
        baselines=["majority"],
        validation={"kind": "holdout"},
    )
    opened = open_run(run(config).path)
    assert list(opened.vectors) == [question, russian]
    assert all(len(opened.vectors[name]) for name in (question, russian))
    assert all(len(each.name) <= 255 for each in (opened.path / "vectors").iterdir())


def test_a_run_in_progress_marks_its_draft_as_in_use(tmp_path):
    calls = []
    os.utime(tmp_path, (0, 0))
    runner._touching(tmp_path, lambda *call: calls.append(call))("mlp", 0, 5)
    assert calls == [("mlp", 0, 5)]
    assert tmp_path.stat().st_mtime > 0
    os.utime(tmp_path, (0, 0))
    runner._touching(tmp_path, None)("mlp", 1, 5)
    assert tmp_path.stat().st_mtime > 0


def test_an_experiment_made_in_python_needs_a_name(folder, write_small):
    write_small(folder)
    config = ExperimentConfig.model_validate({"data": {"path": "rows.csv", "target": "good"}})
    with pytest.raises(ConfigError, match=r"needs a name: ExperimentConfig\(name=\.\.\.\)\."):
        run(config)
    check_names(config)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("model:\n  body: {name: mlp, dropout: seven}", "line 3: model.body.dropout: dropout must be a number"),
        ("model:\n  body:\n    name: resnet\n    width: 0", "line 5: model.body.width: width must be a positive"),
        ("model:\n  body: {name: tabm, adapters: x}", "line 3: model.body.adapters: No adapters named 'x'."),
        ("model:\n  body: {name: mlp, dropot: 1}", "line 3: model.body: The body 'mlp' does not take these"),
        ("model:\n  numeric: {name: pbld, sigma: x}", "line 3: model.numeric.sigma: sigma must be a positive"),
        ("model:\n  schedule: {name: cosine, warmup: 1}", "line 3: model.schedule.warmup: warmup must be"),
        ("model:\n  embedding_dim: {name: capped, cap: 0}", "line 3: model.embedding_dim.cap: cap must be"),
        ("model:\n  embedding_dim:\n    a: {name: mixed, share: 2}", "line 4: model.embedding_dim.a.share: share"),
        ("model:\n  loss: {name: focal, gamma: x}", "line 3: model.loss.gamma: gamma of the focal loss must be"),
        ("model:\n  start: {name: cooccurrence, spread: 0}", "line 3: model.start.spread: spread must be"),
        (
            "model:\n  handle_unknown: {name: nearest, min_similarity: 2}",
            "line 3: model.handle_unknown.min_similarity: min_similarity must be a number in (0, 1], got 2.",
        ),
        ("pretrain:\n  objective: {name: masked, share: 1}", "line 3: pretrain.objective.share: share must be"),
    ],
)
def test_wrong_parameters_of_parts_are_told_with_their_line(settings, told):
    config = config_of(Path("x.yaml"), f"data: {{path: rows.csv, target: good}}\n{settings}\n")
    with pytest.raises(ConfigError) as caught:
        check_names(config)
    assert str(caught.value).startswith(f"x.yaml, {told}")


def test_all_wrong_parameters_are_told():
    model = {"body": {"name": "mlp", "dropout": 1}, "schedule": {"name": "cosine", "warmup": 1}}
    config = ExperimentConfig.model_validate({"data": {"path": "rows.csv", "target": "good"}, "model": model})
    with pytest.raises(ConfigError) as caught:
        check_names(config)
    assert [line.partition(":")[0] for line in str(caught.value).splitlines()] == [
        "model.body.dropout",
        "model.schedule.warmup",
    ]


@pytest.mark.usefixtures("without_compiling")
def test_comparing_only_writes_nothing(folder, write_small):
    write_small(folder)
    config = ExperimentConfig.model_validate(
        {
            "data": {"path": "rows.csv", "target": "good"},
            "model": {"max_epochs": 1},
            "baselines": ["majority"],
            "validation": {"kind": "holdout", "share": 0.5},
        }
    )
    comparison = compare_only(config)
    assert comparison.fold_sizes == ((120, 120),)
    assert sorted(each.name for each in folder.iterdir()) == ["rows.csv", "small.yaml"]


def noise_of(name, **validation):
    """Return the noise of the vectors in the files of a run, and those of its model."""
    config = {
        "name": name,
        "data": {"path": "rows.csv", "target": "good", "categorical": ["from/to"]},
        "model": {"embedding_dim": 2, "one_hot_max_categories": 0, "max_epochs": 2},
        "baselines": ["majority"],
        "validation": validation,
    }
    done = open_run(run(ExperimentConfig.model_validate(config)).path)
    model = tabemb.load(done.path / "model")
    assert {column: vectors.with_noise(None) for column, vectors in done.vectors.items()} == dict(model.vectors_)
    return [done.vectors[column].noise for column in ("shape", "from/to")]


@pytest.mark.usefixtures("without_page")
def test_vectors_of_a_run_with_folds_have_noise(folder, write_small):
    write_small(folder)
    for noise in noise_of("five", kind="stratified", folds=5):
        assert noise.n_refits == 5
        assert noise.covariance.shape == (2, 2)
        assert np.trace(noise.covariance) > 0
    vectors = tabemb.CategoryVectors.load("runs/five/vectors/shape.parquet")
    assert vectors.reliability().k == 1
    assert len(vectors.most_similar("round", confidence=True)[0]) == 3


@pytest.mark.parametrize(
    "validation",
    [{"kind": "holdout", "share": 0.2}, {"kind": "time", "by": "size", "folds": 3}, {"kind": "kfold", "folds": 2}],
    ids=lambda each: each["kind"],
)
@pytest.mark.usefixtures("without_page")
def test_vectors_of_a_run_without_three_folds_of_all_rows_have_no_noise(folder, write_small, validation):
    write_small(folder)
    assert noise_of("few", **validation) == [None, None]


@pytest.mark.usefixtures("without_page")
@pytest.mark.parametrize("start", ["random", "cooccurrence", {"name": "cooccurrence", "spread": 0.5}])
def test_the_start_of_the_configuration_is_that_of_the_model(folder, write_small, small_text, start):
    text = small_text.replace("  max_epochs: 2", f"  max_epochs: 1\n  start: {start}").replace("one_hot_mlp, ", "")
    path = write_small(folder, text.replace("{folds: 2}", "{kind: holdout}"))
    model = tabemb.load(run(path).path / "model")
    assert model.start == start


def test_a_ranking_is_run_beside_its_baselines(ranked, results):
    comparison, folder = ranked.comparison, open_run(ranked.path)
    assert (comparison.task, comparison.metrics, comparison.folds) == (
        "ranking",
        ("ndcg@10", "ndcg@5"),
        "2 folds by group",
    )
    assert [each.name for each in comparison.models] == [
        "embeddings",
        "network_regressor",
        "one_hot_linear",
        "majority",
    ]
    assert comparison["one_hot_linear"].mean("ndcg@10") == 1.0
    # That of a random order.
    assert 0.5 < comparison["majority"].mean("ndcg@10") < 0.9
    assert list(folder.vectors) == ["site"]
    model = folder.model()
    assert type(model) is EmbeddingRanker
    assert (model.group, model.loss, model.feature_names_in_.tolist()) == ("query", "listnet", ["site", "age"])
    data = folder.report["data"]
    assert (data["target"], data["group"], data["columns"]) == ("relevance", "query", ["site", "age"])
    assert data["sha256"] == data_hash(
        results[["site", "age", "query"]].assign(**{"target: relevance": results["relevance"]})
    )
    assert folder.predictor().predict(results[["age", "site"]]).shape == (240,)


def test_the_report_of_a_ranking_names_its_groups(ranked):
    page = (ranked.path / "report.html").read_text(encoding="utf-8")
    assert "<dt>Ranked within</dt><dd>query</dd>" in page
    assert "ndcg@10" in page
    assert "ROC" not in page
    assert "the same network, as a regression on the relevance" in page


@pytest.mark.usefixtures("without_page", "without_compiling")
def test_a_ranking_has_all_its_baselines_and_takes_pretraining(folder, write_results):
    text = Path(write_results(folder)).read_text(encoding="utf-8").replace("baselines: [network_regressor, ", "#")
    text = (
        text.replace("{body", "{loss: lambdarank, batch_size: 256, body").replace("{folds: 2}", "{kind: holdout}")
        + "pretrain: {}\n"
    )
    result = run(write_results(folder, text))
    assert [each.name for each in result.comparison.models] == [
        "embeddings",
        "without_pretraining",
        "network_regressor",
        "one_hot_mlp",
        "one_hot_linear",
        "target_encoder_trees",
        "ordinal_trees",
        "majority",
    ]
    assert result.comparison.failures == ()
    assert result.comparison.folds == "one holdout of 20% of the rows, by group"
    assert open_run(result.path).model().loss == "lambdarank"


def test_the_loss_of_a_ranking_compares_rows(folder, write_results):
    text = Path(write_results(folder)).read_text(encoding="utf-8").replace("{body", "{loss: huber, body")
    with pytest.raises(
        ConfigError, match=r"line 4: model\.loss: The loss 'huber' is for numbers, but the target holds rel"
    ):
        run(write_results(folder, text))
