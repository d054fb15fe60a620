"""Checks of an experiment before a network is built: names, files, the target, metrics and folds."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tabemb.exceptions import ConfigError, DataError, TabembError
from tabemb.experiments.config import make_config
from tabemb.experiments.config_checks import check_config, check_problem, folds_of
from tabemb.experiments.data import Problem, load_problem
from tabemb.experiments.runs.runner import compare_only, make_estimator


def config_of(**settings):
    data = {"path": "rows.csv", "target": "y"} | settings.pop("data", {})
    return make_config({"data": data} | settings)


def problem_of(y, **fields):
    X = pd.DataFrame({"a": ["u", "v"] * (len(y) // 2) + ["u"] * (len(y) % 2)})
    return Problem(X=X, y=pd.Series(y), target="y", **fields)


def ranking(relevance=(0, 1) * 10, groups=tuple(range(10)) + tuple(range(9, -1, -1)), **settings):
    """Return a problem of a ranking, and its experiment."""
    problem = problem_of(list(relevance), group=pd.Series(list(groups), name="q"))
    return problem, {"task": "ranking", "data": {"group": "q"}} | settings


CLASSES = problem_of(["yes", "no"] * 10)
NUMBERS = problem_of(np.linspace(0, 1, 20))


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"baselines": ["one_hot_mpl"]}, "baselines[0]: No baseline named 'one_hot_mpl'. Known: majority, "),
        ({"baselines": ["majority", {"name": "majority"}]}, "baselines[1]: 'majority' is listed twice"),
        ({"metrics": ["rmse", "maee"]}, "metrics[1]: No metric named 'maee'. Known: accuracy, "),
        ({"model": {"body": "mpl"}}, "model.body: No body named 'mpl'. Known: cross, "),
        ({"model": {"loss": {"nam": "huber"}}}, "model.loss: A loss given as a mapping must have a 'name'"),
        ({"model": {"embedding_dim": "fastia"}}, "model.embedding_dim: No size rule named 'fastia'."),
        ({"model": {"schedule": "x"}}, "model.schedule: No schedule named 'x'."),
        ({"model": {"pretrained": {"a": "none.txt"}}}, "model.pretrained.a: there is no file none.txt."),
        ({"pretrain": {"objective": "maskd"}}, "pretrain.objective: No objective named 'maskd'."),
        ({"pretrain": {"numeric": "x"}}, "pretrain.numeric: No numeric encoder named 'x'."),
        ({"pretrain": {"embedding_dim": "fastia"}}, "pretrain.embedding_dim: No size rule named 'fastia'."),
        ({"pretrain": {"embedding_dim": "auto"}}, "pretrain.embedding_dim: auto finds the number of dimensions by the"),
        ({"model": {"vocabulary": {"a": "hashin"}}}, "model.vocabulary: No kind of vocabulary named 'hashin'."),
        ({"model": {"vocabulary": {"a": {"name": "hashing", "n_buckets": 0}}}}, "model.vocabulary: n_buckets of the"),
        (
            {"data": {"target": None}, "recommend": {"user": "u", "item": "i", "method": "fm"}},
            "recommend.method: No method named 'fm'. Known: ",
        ),
        (
            {"data": {"target": None}, "recommend": {"user": "u", "item": "i", "search": "hnws"}},
            "recommend.search: ",
        ),
        ({"study": "entity_embedding"}, "study: No study named 'entity_embedding'."),
        ({"data": {"dataset": "nycflights", "path": None}}, "data.dataset: No data set named 'nycflights'."),
    ],
)
def test_names_and_files_are_checked(settings, told):
    with pytest.raises(ConfigError) as caught:
        check_config(config_of(**settings))
    assert str(caught.value).startswith(told)


@pytest.mark.parametrize("dim", ["capped", "auto", 4, {"a": 3}])
def test_what_is_right_passes(dim):
    check_config(
        config_of(
            model={"embedding_dim": dim, "body": {"name": "mlp", "dropout": 0.1}},
            baselines=["majority", "one_hot_mlp"],
            metrics=["roc_auc"],
        )
    )


@pytest.mark.parametrize(
    ("problem", "settings", "told"),
    [
        (problem_of(["a"] * 20), {}, "the experiment: The target has only one class, 'a'."),
        (problem_of(["a"] * 18 + ["b"] * 2), {}, "the experiment: "),
        (CLASSES, {"task": "regression"}, "the experiment: A regression target must be one column of numbers"),
        (NUMBERS, {"task": "classification"}, "the experiment: The targets are not classes"),
        (CLASSES, {"metrics": ["roc_auc", "rmse"]}, "metrics[1]: The metric 'rmse' is not defined for the task binary"),
        (NUMBERS, {"metrics": ["f1"]}, "metrics[0]: The metric 'f1' is not defined for the task regression"),
        (NUMBERS, {"model": {"label_smoothing": 0.1}}, "model.label_smoothing is for classification, but"),
        (NUMBERS, {"model": {"loss": "focal"}}, "model.loss: 'focal' is a loss for classes, but the target is numeric"),
        (
            NUMBERS,
            {"model": {"loss": "listnet"}},
            "model.loss: 'listnet' is a loss for rankings. Set task: ranking, and data.group to the column",
        ),
        (CLASSES, {"model": {"loss": {"name": "huber"}}}, "model.loss: 'huber' is a loss for numbers, but"),
        (NUMBERS, {"validation": {"folds": 21}}, "the experiment: "),
        (NUMBERS, {"validation": {"kind": "stratified"}}, "the experiment: "),
        (
            problem_of(np.arange(20.0), by=pd.Series(["g"] * 20)),
            {"validation": {"kind": "group", "by": "b"}},
            "the experiment: ",
        ),
        (*ranking(metrics=["rmse"]), "metrics[0]: The metric 'rmse' is not defined for the task ranking, only for"),
        (
            *ranking(model={"calibration": "temperature"}),
            "model.calibration is for classification, but the task is rank",
        ),
        (*ranking(model={"target_statistics": False}), "model.target_statistics: a ranking has no target statistics. "),
        (*ranking(model={"crosses": None}), "model.crosses: a ranking has no target statistics. Remove it."),
        (
            *ranking(model={"loss": "huber"}),
            "model.loss: 'huber' is no loss for rankings. Losses for rankings: lambdar",
        ),
        (
            *ranking(validation={"folds": 11}),
            "the experiment: There are 10 groups; 11 folds need at least 11. Use fewer",
        ),
        (
            *ranking(groups=range(20)),
            "the experiment: There is nothing to rank: each of the 20 groups in 'q' has a single",
        ),
        (
            *ranking([1] * 20),
            "the experiment: There is nothing to rank: in each group of 'q', all rows have the same rel",
        ),
        (
            *ranking([0, -2] * 10),
            "the experiment: Relevances must be numbers from 0, not relevant, to 30; 10 of 20 rows",
        ),
        (
            *ranking(["good", "bad"] * 10),
            "the experiment: A ranking target must be one column of relevances, numbers fr",
        ),
    ],
)
def test_what_does_not_fit_the_table_is_said(problem, settings, told):
    config = config_of(**settings)
    with pytest.raises((ConfigError, DataError)) as caught:
        check_problem(config, problem)
    assert str(caught.value).startswith(told)
    # What a run would say later, in the same words or others.
    with pytest.raises(TabembError):
        compare_only(config, problem=problem)


@pytest.mark.parametrize(
    ("problem", "settings"),
    [
        (CLASSES, {"model": {"loss": "focal"}, "metrics": ["brier"]}),
        (NUMBERS, {"model": {"loss": "huber"}, "validation": {"kind": "kfold", "folds": 3}}),
        (NUMBERS, {"validation": {"kind": "holdout", "share": 0.5}}),
        ranking(model={"loss": "lambdarank"}, metrics=["ndcg@3"]),
        ranking(validation={"kind": "holdout", "share": 0.3}),
        (problem_of(["yes", None] * 10, by=pd.Series(range(20))), {"data": {}, "task": "auto", "study": None}),
        (problem_of([1.5, 2.5] * 10, by=pd.Series(range(20))), {"validation": {"kind": "time", "by": "b"}}),
    ],
)
def test_what_fits_passes(problem, settings):
    if problem.y.isna().any():
        problem = problem_of(["yes", "no", None, None] * 5, by=pd.Series(range(20)))
    config = config_of(**settings)
    check_problem(config, problem)
    make_estimator(config, problem)


def test_a_study_has_checks_of_its_own():
    check_problem(config_of(study="entity_embeddings"), problem_of(["a"] * 20))


def test_the_checks_are_of_the_table_as_it_is_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text("a,y\n" + "u,1\nv,0\n" * 10)
    config = config_of()
    check_problem(config, load_problem(config))


def test_all_wrong_names_are_told():
    config = config_of(
        model={"body": "mpl", "loss": "focl", "vocabulary": "hash"}, metrics=["brir"], baselines=["majrity"] * 2
    )
    with pytest.raises(ConfigError) as caught:
        check_config(config)
    lines = str(caught.value).splitlines()
    keys = ["model.body", "model.loss", "baselines", "baselines", "metrics", "model.vocabulary", "baselines"]
    assert len(lines) == len(keys)
    assert all(line.startswith(key) for line, key in zip(lines, keys, strict=True))
    with pytest.raises(ConfigError, match=r"^pretrain\.vocabulary: "):
        check_config(config_of(data={"target": None}, pretrain={"vocabulary": "hash"}))


def test_folds_of_a_ranking_keep_groups_whole():
    problem, settings = ranking()
    assert folds_of(config_of(**settings)) == {"name": "group", "n_splits": 5}
    holdout = config_of(**settings, validation={"kind": "holdout", "share": 0.3})
    assert folds_of(holdout) == {"name": "group_holdout", "test_fraction": 0.3}
    # Rows of a group have several days; the group has the last.
    by_day = config_of(**settings, validation={"kind": "time", "by": "day", "folds": 2})
    check_problem(by_day, replace(problem, by=pd.Series(range(20))))
    by_shop = config_of(**settings, validation={"kind": "group", "by": "shop", "folds": 2})
    check_problem(by_shop, replace(problem, by=pd.Series([*"abaabbabab", *reversed("abaabbabab")])))
    with pytest.raises(DataError, match=r"^the experiment: Fold 1 has rows of \d+ groups both in the training and in"):
        check_problem(by_shop, replace(problem, by=pd.Series([*"ab"] * 10)))
