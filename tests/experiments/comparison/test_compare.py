import json
import re
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import BaseEstimator
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import tabemb
from tabemb.estimators.classifier import EmbeddingClassifier
from tabemb.estimators.ranker import EmbeddingRanker
from tabemb.exceptions import ColumnError, DataError, UnknownNameError
from tabemb.experiments.comparison.baselines import BASELINES, OrdinalTrees
from tabemb.experiments.comparison.compare import compare
from tabemb.experiments.comparison.result import Comparison
from tabemb.table.schema import DroppedColumnWarning

pytestmark = pytest.mark.usefixtures("without_compiling")

N = 90
RNG = np.random.default_rng(0)
CITY = RNG.choice(["Rome", "Oslo", "Bern"], N)
X = pd.DataFrame({"city": CITY, "size": RNG.normal(size=N)})
Y = np.where((CITY == "Rome") ^ (RNG.random(N) < 0.1), "late", "on time")
LINEAR = make_pipeline(
    make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["city"]), remainder="passthrough"),
    LogisticRegression(),
)
MOST = DummyClassifier()
FED_BY_SCIKIT_LEARN = sorted(set(BASELINES) - {"network_regressor", "one_hot_mlp", "without_pretraining"})
# Within each group of five rows, Rome is relevant.
RANKED = X.assign(query=np.repeat(np.arange(N // 5), 5))
RELEVANCE = np.where(CITY == "Rome", 2, 0)
SCORER = make_pipeline(*LINEAR[:-1], Ridge())


def scores(comparison):
    return {model.name: {k: v.tolist() for k, v in model.scores.items()} for model in comparison.models}


def test_every_model_has_scores_and_costs_on_the_same_folds():
    comparison = compare(X, Y, estimator=LINEAR, baselines=["one_hot_linear", "majority"], cv=3)
    assert (comparison.task, comparison.n_rows, comparison.n_dropped, comparison.n_folds) == ("binary", N, 0, 3)
    assert comparison.metrics == ("roc_auc", "average_precision", "log_loss", "accuracy")
    assert comparison.greater_is_better["log_loss"] is False
    assert comparison.fold_sizes == ((60, 30),) * 3
    assert comparison.folds == "3 stratified folds, shuffled"
    assert [model.name for model in comparison.models] == ["embeddings", "one_hot_linear", "majority"]
    for model in comparison.models:
        assert {len(values) for values in model.scores.values()} == {3}
        assert (model.fit_seconds > 0).all()
        assert (model.predict_rows_per_second > 0).all()
        assert model.peak_memory_bytes is None or model.peak_memory_bytes >= 0
    assert comparison["majority"].scores["roc_auc"].tolist() == [0.5] * 3
    assert comparison["majority"].input_bytes_per_row == 0
    # A city and a number: an index of 4 bytes and a value of 8 each, and 4 for the row, one more for the end.
    assert comparison["one_hot_linear"].input_bytes_per_row == pytest.approx(2 * 12 + 4 + 4 / 30)
    assert comparison["one_hot_linear"].dense_bytes_per_row == 4 * (3 + 2 + 1)
    assert comparison.failures == ()
    json.dumps(comparison.to_json(), allow_nan=False)
    assert Comparison.from_json(comparison.to_json()).to_json() == comparison.to_json()


def test_the_paired_test_takes_the_difference_towards_the_model_under_test():
    comparison = compare(X, Y, estimator=LINEAR, baselines=["majority"], cv=3)
    versus = comparison["majority"].versus
    for metric, sign in {"roc_auc": 1, "log_loss": -1}.items():
        means = [model.mean(metric) for model in comparison.models]
        assert versus[metric].difference == pytest.approx(sign * (means[0] - means[1]))
        assert versus[metric].difference > 0
        assert versus[metric].low < versus[metric].difference < versus[metric].high
    assert comparison.subject.versus == {}


def test_the_same_seed_gives_the_same_scores_and_another_one_others():
    def run(seed):
        return scores(compare(X, Y, estimator=LINEAR, baselines=["target_encoder_trees"], cv=2, random_state=seed))

    assert run(0) == run(0)
    assert run(0) != run(1)


@pytest.mark.parametrize(
    "table",
    [
        pl.from_pandas(X),
        pa.Table.from_pandas(X),
        X.to_numpy(dtype=object),
        X.to_numpy(dtype=object).tolist(),
        X.set_index(np.arange(N)[::-1]),
    ],
    ids=["polars", "arrow", "numpy", "rows", "another index"],
)
def test_any_kind_of_table_gives_the_same(table):
    def run(table):
        return scores(compare(table, Y, estimator=MOST, baselines=["one_hot_linear"], cv=3))

    assert run(table)["one_hot_linear"]["roc_auc"] == pytest.approx(run(X)["one_hot_linear"]["roc_auc"])


def test_rows_without_a_target_are_left_out_and_counted():
    holes = pd.Series(Y, dtype=object).where(np.arange(N) % 10 != 0)
    kept = holes.notna().to_numpy()
    comparison = compare(X, holes, estimator=MOST, baselines=["one_hot_linear"], cv=3)
    assert (comparison.n_rows, comparison.n_dropped) == (81, 9)
    same = compare(X[kept], holes[kept], estimator=MOST, baselines=["one_hot_linear"], cv=3)
    assert scores(comparison) == scores(same)


def test_regression_is_compared_too():
    y = (X["city"] == "Rome") * 3 + X["size"]
    comparison = compare(X, y, estimator=make_pipeline(*LINEAR[:-1], Ridge()), baselines=["one_hot_linear", "majority"])
    assert comparison.task == "regression"
    assert comparison.metrics == ("rmse", "mae", "r2")
    assert comparison.folds == "5 folds, shuffled"
    assert comparison.best("rmse").name != "majority"
    assert comparison["one_hot_linear"].mean("r2") > 0.9


@pytest.mark.parametrize("task", ["multilabel", "multi_regression"])
def test_several_outputs_are_compared_too(task):
    y = np.column_stack([CITY == "Rome", CITY == "Oslo"]).astype(int)
    y = y if task == "multilabel" else y + X[["size"]].to_numpy()
    estimator = MOST if task == "multilabel" else make_pipeline(*LINEAR[:-1], Ridge())
    comparison = compare(X, y, estimator=estimator, baselines=FED_BY_SCIKIT_LEARN, cv=2)
    assert comparison.task == task
    assert comparison.failures == ()
    assert len(comparison.models) == 5


def test_a_class_missing_from_a_training_part_is_no_error():
    y = np.array(["a", "b"] * 44 + ["c", "c"])
    folds = [(np.arange(60), np.arange(60, 90)), (np.arange(30, 90), np.arange(30))]
    comparison = compare(X, y, estimator=LINEAR, baselines=["majority", "one_hot_linear", "ordinal_trees"], cv=folds)
    assert comparison.task == "multiclass"
    assert comparison.failures == ()
    for model in comparison.models:
        assert np.isfinite(model.scores["log_loss"]).all()


def test_progress_is_called_before_each_fit():
    told = []
    compare(X, Y, estimator=MOST, baselines=["majority"], cv=2, progress=lambda *each: told.append(each))
    assert told == [("embeddings", 0, 2), ("majority", 0, 2), ("embeddings", 1, 2), ("majority", 1, 2)]


def test_a_failing_baseline_does_not_stop_the_others(monkeypatch):
    built, whole = [], OrdinalTrees.build

    def build(self, target, estimator, random_state):
        built.append(1)
        if len(built) == 2:
            raise RuntimeError("out of trees")
        return whole(self, target, estimator, random_state)

    monkeypatch.setattr(OrdinalTrees, "build", build)
    message = "The comparison leaves out ordinal_trees, which failed in fold 2 with a RuntimeError: out of trees."
    with pytest.warns(FitFailedWarning, match=re.escape(message)):
        comparison = compare(X, Y, estimator=MOST, baselines=["ordinal_trees", "majority"], cv=3)
    assert [model.name for model in comparison.models] == ["embeddings", "majority"]
    [failure] = comparison.failures
    assert (failure.model, failure.fold, failure.error) == ("ordinal_trees", 1, "RuntimeError")
    assert failure.message == "out of trees"
    assert len(built) == 2


def test_dimensions_of_a_column_do_not_remove_the_one_hot_baseline():
    model = EmbeddingClassifier(embedding_dim={"city": 4}, body="mlp", max_epochs=1)
    comparison = compare(X, Y, estimator=model, baselines=["one_hot_mlp"], cv=2)
    assert [each.name for each in comparison.models] == ["embeddings", "one_hot_mlp"]
    assert comparison.failures == ()
    assert comparison.fold_vectors[0]["city"].vectors.shape[1] == 4


def test_two_folds_never_call_a_difference_significant():
    comparison = compare(X, Y, estimator=MOST, baselines=["ordinal_trees"], cv=2)
    for test in comparison["ordinal_trees"].versus.values():
        assert np.isnan(test.p_value)
    assert "beats" not in comparison.verdict()
    assert "not tested for significance, which takes at least 5 folds" in comparison.verdict()


@pytest.mark.filterwarnings("ignore::tabemb.table.schema.SchemaHint")
def test_a_fold_may_lack_all_but_one_category_of_the_only_column():
    table = pd.DataFrame({"city": ["a"] * 30 + ["b"]})
    y = np.array([0, 1] * 15 + [0])
    folds = [(np.arange(20), np.arange(20, 31)), (np.arange(10, 31), np.arange(10))]
    model = EmbeddingClassifier(embedding_dim={"city": 2}, body="mlp", max_epochs=1, early_stopping=False)
    comparison = compare(table, y, estimator=model, cv=folds, metrics="accuracy")
    assert comparison.failures == ()
    assert len(comparison.models) == 6


def test_a_baseline_that_does_not_apply_is_skipped_with_a_reason():
    comparison = compare(X, Y, estimator=MOST, baselines=["one_hot_mlp", "majority"], cv=2)
    [failure] = comparison.failures
    assert (failure.model, failure.fold, failure.error) == ("one_hot_mlp", None, "skipped")
    assert failure.message.startswith("DummyClassifier is not an estimator of this library")


class Broken(BaseEstimator):
    def fit(self, X, y):
        raise RuntimeError("it cannot learn")

    def predict(self, X):
        return X


def test_the_model_under_test_may_not_fail():
    with pytest.raises(RuntimeError, match="it cannot learn"):
        compare(X, Y, estimator=Broken(), baselines=["majority"], cv=2)


def test_groups_and_times_are_columns_or_values():
    table = X.assign(shop=np.repeat(np.arange(9), 10), day=np.arange(N))
    by_group = compare(table, Y, estimator=MOST, baselines=[], cv={"name": "group", "n_splits": 3}, groups="shop")
    assert by_group.folds == "3 folds by group"
    by_time = compare(table, Y, estimator=MOST, baselines=[], cv={"name": "time", "n_splits": 2}, time="day")
    assert by_time.fold_sizes == ((30, 30), (60, 30))
    given = compare(pa.Table.from_pandas(X), Y, estimator=MOST, baselines=[], cv="group", groups=table["shop"])
    assert given.n_folds == 5


def test_groups_of_rows_without_a_target_are_left_out_with_them():
    holes = pd.Series(Y, dtype=object).where(np.arange(N) >= 10)
    shops = np.repeat(np.arange(9), 10)
    with pytest.raises(DataError, match="There are 8 groups; 9 folds need at least 9"):
        compare(X, holes, estimator=MOST, baselines=[], cv={"name": "group", "n_splits": 9}, groups=shops)


def test_scikit_learn_splitters_and_holdout():
    splitter = StratifiedKFold(4)
    assert compare(X, Y, estimator=MOST, baselines=[], cv=splitter).folds == "4 folds from StratifiedKFold"
    once = compare(X, Y, estimator=LINEAR, baselines=["majority"], cv="holdout")
    assert once.fold_sizes == ((72, 18),)
    assert np.isnan(once["majority"].versus["roc_auc"].p_value)
    assert "the variation between folds cannot be estimated from one fold" in once.verdict()


def test_the_model_under_test_is_named_and_not_changed():
    comparison = compare(X, Y, estimator=LINEAR, baselines=[], cv=2, name="mine")
    assert comparison.subject.name == "mine"
    assert not hasattr(LINEAR[-1], "coef_")


def test_a_model_without_probabilities_is_compared_by_its_labels():
    estimator = make_pipeline(*LINEAR[:-1], RidgeClassifier())
    comparison = compare(X, Y, estimator=estimator, baselines=["majority"], cv=2)
    assert comparison.metrics == ("accuracy",)


def test_a_constant_column_is_warned_about_once():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        comparison = compare(X.assign(same=1), Y, estimator=MOST, baselines=["one_hot_linear", "ordinal_trees"], cv=2)
    assert [each.category for each in caught] == [DroppedColumnWarning]
    assert comparison.failures == ()


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"X": X.iloc[:0]}, DataError, r"0 sample\(s\)"),
        ({"y": Y[:10]}, DataError, r"X has 90 rows and y has 10; they must have the same number\."),
        ({"y": [None] * N}, DataError, r"No rows are left: the target is missing in all 90 rows\."),
        ({"y": ["late"] * N}, DataError, r"The target has only one class, 'late'"),
        ({"metrics": "roc_acu"}, UnknownNameError, r"Did you mean 'roc_auc'\?"),
        ({"metrics": "rmse"}, UnknownNameError, r"'rmse' is not defined for the task binary"),
        ({"baselines": ["majorty"]}, UnknownNameError, r"No baseline named 'majorty'.*Did you mean 'majority'\?"),
        ({"baselines": ["majority"] * 2}, DataError, r"Two models of the comparison are named 'majority'"),
        (
            {"baselines": "majority", "name": "majority"},
            DataError,
            r"Two models of the comparison are named 'majority'",
        ),
        ({"cv": "group"}, DataError, r"These folds need groups: pass groups="),
        ({"cv": "group", "groups": "sizes"}, ColumnError, r"no column 'sizes'\. Did you mean 'size'\?"),
        ({"cv": "time", "time": [1, 2]}, DataError, r"time has 2 values for 90 rows"),
        ({"cv": 91}, DataError, r"There are 90 rows; 91 folds need at least 91"),
        ({"task": "regression"}, DataError, r"A regression target must be one column of numbers"),
        (
            {"cv": [(np.flatnonzero(Y == "late"), np.flatnonzero(Y != "late"))]},
            DataError,
            r"The training set of fold 1 has only one class, 'late'",
        ),
        (
            {"cv": [(np.arange(40, 90), np.flatnonzero(Y[:40] == "late"))]},
            DataError,
            r"roc_auc is not defined for a test set of a single class",
        ),
    ],
)
def test_invalid_arguments_are_errors(changes, error, message):
    given = {"X": X, "y": Y, "estimator": MOST, "baselines": ["majority"], "cv": 2, **changes}
    with pytest.raises(error, match=message):
        compare(given.pop("X"), given.pop("y"), **given)


@pytest.fixture(scope="module")
def real():
    """Return two comparisons of embeddings with the same network with one-hot inputs."""
    from tabemb.estimators.classifier import EmbeddingClassifier

    estimator = EmbeddingClassifier(embedding_dim=3, max_epochs=2, body="mlp", one_hot_max_categories=0, batch_size=N)
    return [compare(X, Y, estimator=estimator, baselines=["one_hot_mlp"], cv=2, random_state=1) for _ in range(2)]


def test_the_one_hot_network_has_the_same_body_and_other_weights(real):
    comparison = real[0]
    assert comparison.failures == ()
    embeddings, one_hot = comparison.models
    assert one_hot.n_parameters != embeddings.n_parameters
    # An index and a number of 4 bytes; one-hot and dense: 3 cities, missing, unknown, and the number.
    assert embeddings.input_bytes_per_row == one_hot.input_bytes_per_row == 8
    assert (embeddings.dense_bytes_per_row, one_hot.dense_bytes_per_row) == (8, 24)
    for model in comparison.models:
        assert len(model.histories) == 2
        assert all(len(history["loss"]) == 2 for history in model.histories)


def test_the_network_gives_the_same_scores_twice(real):
    assert scores(real[0]) == scores(real[1])


@pytest.mark.parametrize(("y", "kind"), [(Y, "EmbeddingClassifier"), (X["size"], "EmbeddingRegressor")])
def test_the_default_estimator_follows_the_task(y, kind, monkeypatch):
    built = []

    def stop(self, X, y, sample_weight=None):
        built.append((type(self).__name__, self.random_state))
        raise RuntimeError("far enough")

    from tabemb.estimators.classifier import EmbeddingClassifier
    from tabemb.estimators.regressor import EmbeddingRegressor

    monkeypatch.setattr(EmbeddingClassifier, "fit", stop)
    monkeypatch.setattr(EmbeddingRegressor, "fit", stop)
    monkeypatch.setattr("tabemb.experiments.comparison.compare._warm_up", lambda estimator: None)
    with pytest.raises(RuntimeError, match="far enough"):
        compare(X, y, baselines=[], cv=2, random_state=9)
    assert built == [(kind, 9)]


def test_a_transformer_is_not_compared():
    X = pd.DataFrame({"dest": ["a", "b"] * 20})
    with pytest.raises(DataError, match=r"needs an estimator with predict.*got EmbeddingEncoder"):
        compare(X, [0, 1] * 20, estimator=tabemb.EmbeddingEncoder())


def test_the_vectors_of_each_fold_are_kept():
    options = {"embedding_dim": 2, "body": "mlp", "one_hot_max_categories": 0, "max_epochs": 1, "batch_size": 128}
    model = tabemb.EmbeddingClassifier(**options, random_state=0)
    comparison = compare(X, Y, estimator=model, baselines=[], cv=5)
    assert [list(fold) for fold in comparison.fold_vectors] == [["city"]] * 5
    assert [int(fold["city"].counts.sum()) for fold in comparison.fold_vectors] == [72] * 5
    vectors = comparison.with_noise(model.fit(X, Y).vectors_)
    assert vectors["city"].noise.n_refits == 5
    table, folds = X.assign(day=range(N)), {"name": "time", "n_splits": 4}
    in_time = compare(table, Y, estimator=model, baselines=[], cv=folds, time="day")
    assert len(in_time.fold_vectors) == 4
    assert in_time.with_noise(model.vectors_)["city"].noise is None


def test_models_without_vectors_have_none_in_their_folds():
    assert compare(X, Y, estimator=LINEAR, baselines=["majority"], cv=3).fold_vectors == ()


def test_a_ranking_is_scored_within_groups():
    comparison = compare(
        RANKED,
        RELEVANCE,
        estimator=SCORER,
        task="ranking",
        groups="query",
        baselines=["one_hot_linear", "majority"],
        cv=3,
    )
    assert (comparison.task, comparison.metrics) == ("ranking", ("ndcg@10", "ndcg@5"))
    assert comparison.folds == "3 folds by group"
    assert comparison.subject.scores["ndcg@10"].tolist() == [1.0, 1.0, 1.0]
    # The column of groups is no input: the linear model has an intercept, three cities and their missing ones, a size.
    assert comparison["one_hot_linear"].n_parameters == 7
    # The mean over all orders of a group.
    assert 0.4 < comparison["majority"].mean("ndcg@10") < 0.8
    by_values = compare(
        X, RELEVANCE, estimator=SCORER, task="ranking", groups=RANKED["query"].to_numpy(), baselines=["majority"], cv=3
    )
    assert by_values["majority"].scores["ndcg@10"].tolist() == comparison["majority"].scores["ndcg@10"].tolist()


@pytest.mark.parametrize(
    ("options", "folds"),
    [
        ({"cv": "group_holdout"}, "one holdout of 20% of the rows, by group"),
        ({"cv": {"name": "time", "n_splits": 2}, "time": np.arange(N)}, "2 folds in time, "),
        ({"cv": {"name": "group", "n_splits": 2}}, "2 folds by group"),
    ],
)
def test_folds_of_a_ranking_keep_groups_whole(options, folds):
    comparison = compare(
        RANKED, RELEVANCE, estimator=SCORER, task="ranking", groups="query", baselines=[], metrics="ndcg@1", **options
    )
    assert comparison.folds.startswith(folds)
    assert all(train % 5 == 0 and test % 5 == 0 for train, test in comparison.fold_sizes)


def test_a_ranker_is_compared_with_its_network_as_a_regressor():
    ranker = EmbeddingRanker("query", body="mlp", max_epochs=2, one_hot_max_categories=0, embedding_dim=2, batch_size=N)
    comparison = compare(RANKED, RELEVANCE, estimator=ranker, cv=2, downstream=["linear"], random_state=0)
    assert [model.name for model in comparison.models] == [
        "embeddings",
        "network_regressor",
        "one_hot_mlp",
        "one_hot_linear",
        "target_encoder_trees",
        "ordinal_trees",
        "majority",
    ]
    assert comparison.failures == ()
    assert comparison["one_hot_linear"].mean("ndcg@10") == 1.0
    assert "val_ndcg" in comparison.subject.histories[0]
    assert set(comparison.fold_vectors[0]) == {"city"}
    assert [each.name for each in comparison.downstream] == ["linear"]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"estimator": SCORER}, DataError, "Ranking needs the groups whose rows are ranked"),
        ({"groups": RANKED["query"]}, DataError, "EmbeddingRanker reads the groups from a column of X"),
        ({"estimator": SCORER, "groups": "query", "cv": "kfold"}, DataError, "Fold 1 has rows of 15 groups both in"),
        (
            {"estimator": SCORER, "groups": "query", "cv": 19},
            DataError,
            "There are 18 groups; 19 folds need at least 19",
        ),
        (
            {"estimator": SCORER, "groups": "query", "metrics": "rmse"},
            UnknownNameError,
            "not defined for the task rank",
        ),
        ({"estimator": SCORER, "groups": X["size"].to_numpy()}, DataError, "each of the 90 groups in 'groups' has a"),
        ({"estimator": EmbeddingRanker("qury")}, ColumnError, "has no column 'qury' of groups. Did you mean 'query'"),
    ],
)
def test_rankings_that_do_not_fit_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        compare(RANKED, RELEVANCE, task="ranking", **options)
