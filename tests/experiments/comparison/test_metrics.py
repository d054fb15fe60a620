from functools import partial

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from tabemb.exceptions import DataError, UnknownNameError
from tabemb.experiments.comparison.metrics import METRICS, resolve_metrics
from tabemb.experiments.comparison.targets import TARGETS, Prediction, target_of

RNG = np.random.default_rng(0)
TRUTH = {
    "binary": RNG.integers(0, 2, 50),
    "multiclass": np.concatenate([np.arange(3), RNG.integers(0, 3, 47)]),
    "multilabel": RNG.integers(0, 2, (50, 3)),
    "regression": RNG.normal(5, 1, 50),
    "multi_regression": RNG.normal(5, 1, (50, 2)),
    # The relevance, and the group.
    "ranking": np.column_stack([np.tile([0.0, 1.0, 2.0, 0.0, 3.0], 10), np.repeat(np.arange(2.0), 25)]),
}


def rows_of_one(n_classes):
    scores = RNG.random((50, n_classes))
    return scores / scores.sum(axis=1, keepdims=True)


PROBA = {"binary": rows_of_one(2), "multiclass": rows_of_one(3), "multilabel": RNG.random((50, 3))}
PREDICTION = {
    "binary": Prediction(PROBA["binary"].argmax(axis=1), PROBA["binary"]),
    "multiclass": Prediction(PROBA["multiclass"].argmax(axis=1), PROBA["multiclass"]),
    "multilabel": Prediction((PROBA["multilabel"] > 0.5).astype(int), PROBA["multilabel"]),
    "regression": Prediction(TRUTH["regression"] + RNG.normal(size=50)),
    "multi_regression": Prediction(TRUTH["multi_regression"] + RNG.normal(size=(50, 2))),
    "ranking": Prediction(TRUTH["ranking"][:, 0] + RNG.normal(size=50)),
}


def ndcg(y, p, k):
    groups = [y[:, 1] == group for group in np.unique(y[:, 1])]
    gains = 2 ** y[:, 0] - 1
    return np.mean([sklearn_metrics.ndcg_score([gains[rows]], [p.values[rows]], k=k) for rows in groups])


EXPECTED = {
    ("roc_auc", "binary"): lambda y, p: sklearn_metrics.roc_auc_score(y, p.probabilities[:, 1]),
    ("roc_auc", "multiclass"): lambda y, p: sklearn_metrics.roc_auc_score(y, p.probabilities, multi_class="ovr"),
    ("roc_auc", "multilabel"): lambda y, p: sklearn_metrics.roc_auc_score(y, p.probabilities),
    ("average_precision", "binary"): lambda y, p: sklearn_metrics.average_precision_score(y, p.probabilities[:, 1]),
    ("average_precision", "multiclass"): lambda y, p: sklearn_metrics.average_precision_score(y, p.probabilities),
    ("average_precision", "multilabel"): lambda y, p: sklearn_metrics.average_precision_score(y, p.probabilities),
    ("log_loss", "binary"): lambda y, p: sklearn_metrics.log_loss(y, p.probabilities),
    ("log_loss", "multiclass"): lambda y, p: sklearn_metrics.log_loss(y, p.probabilities),
    ("log_loss", "multilabel"): lambda y, p: np.mean(
        [sklearn_metrics.log_loss(y[:, i], p.probabilities[:, i]) for i in range(3)]
    ),
    ("brier", "binary"): lambda y, p: sklearn_metrics.brier_score_loss(y, p.probabilities[:, 1]),
    ("brier", "multilabel"): lambda y, p: ((y - p.probabilities) ** 2).mean(),
    ("accuracy", "binary"): lambda y, p: sklearn_metrics.accuracy_score(y, p.values),
    ("accuracy", "multiclass"): lambda y, p: sklearn_metrics.accuracy_score(y, p.values),
    ("accuracy", "multilabel"): lambda y, p: sklearn_metrics.accuracy_score(y, p.values),
    ("balanced_accuracy", "binary"): lambda y, p: sklearn_metrics.balanced_accuracy_score(y, p.values),
    ("balanced_accuracy", "multiclass"): lambda y, p: sklearn_metrics.balanced_accuracy_score(y, p.values),
    ("f1", "binary"): lambda y, p: sklearn_metrics.f1_score(y, p.values),
    ("f1_macro", "binary"): lambda y, p: sklearn_metrics.f1_score(y, p.values, average="macro"),
    ("f1_macro", "multiclass"): lambda y, p: sklearn_metrics.f1_score(y, p.values, average="macro"),
    ("f1_macro", "multilabel"): lambda y, p: sklearn_metrics.f1_score(y, p.values, average="macro"),
    ("hamming_loss", "multilabel"): lambda y, p: sklearn_metrics.hamming_loss(y, p.values),
    ("rmse", "regression"): lambda y, p: sklearn_metrics.root_mean_squared_error(y, p.values),
    ("rmse", "multi_regression"): lambda y, p: sklearn_metrics.root_mean_squared_error(y, p.values),
    ("mae", "regression"): lambda y, p: sklearn_metrics.mean_absolute_error(y, p.values),
    ("mae", "multi_regression"): lambda y, p: sklearn_metrics.mean_absolute_error(y, p.values),
    ("mape", "regression"): lambda y, p: sklearn_metrics.mean_absolute_percentage_error(y, p.values),
    ("mape", "multi_regression"): lambda y, p: sklearn_metrics.mean_absolute_percentage_error(y, p.values),
    ("r2", "regression"): lambda y, p: sklearn_metrics.r2_score(y, p.values),
    ("r2", "multi_regression"): lambda y, p: sklearn_metrics.r2_score(y, p.values),
} | {(f"ndcg@{k}", "ranking"): partial(ndcg, k=k) for k in (1, 3, 5, 10, 20)}


@pytest.mark.parametrize(
    ("name", "task"), [(name, task) for name, metric in METRICS.items() for task in metric.tasks], ids=str
)
def test_every_metric_equals_scikit_learn(name, task):
    found = METRICS[name]()(TRUTH[task], PREDICTION[task])
    assert isinstance(found, float)
    assert found == pytest.approx(EXPECTED[name, task](TRUTH[task], PREDICTION[task]), rel=1e-12)


@pytest.mark.parametrize("name", sorted(METRICS))
def test_the_direction_is_right(name):
    task = METRICS[name].tasks[0]
    truth = TRUTH[task]
    if task == "binary":
        perfect = Prediction(truth, np.eye(2)[truth])
    elif task == "multilabel":
        perfect = Prediction(truth, truth.astype(float))
    elif task == "ranking":
        perfect = Prediction(truth[:, 0])
    else:
        perfect = Prediction(truth)
    metric = METRICS[name]()
    better, worse = metric(truth, perfect), metric(truth, PREDICTION[task])
    assert (better > worse) is metric.greater_is_better
    assert metric.needs in ("proba", "label", "value")


@pytest.mark.parametrize("task", sorted(TARGETS))
def test_the_default_metrics_of_a_task_are_defined_for_it(task):
    for name in TARGETS[task].default_metrics:
        assert task in METRICS[name].tasks


def test_log_loss_of_an_unseen_class_is_finite():
    prediction = Prediction(np.array([0]), np.array([[1.0, 0.0, 0.0]]))
    assert METRICS["log_loss"]()(np.array([2]), prediction) == pytest.approx(-np.log(2.0**-23))
    single = Prediction(np.array([0]), np.array([[1.0, 0.0, 0.0]], dtype="float32"))
    assert METRICS["log_loss"]()(np.array([2]), single) == pytest.approx(-np.log(2.0**-23))


def test_classes_absent_from_the_test_part_are_left_out_of_rankings():
    proba = np.array([[0.7, 0.2, 0.1], [0.3, 0.6, 0.1], [0.6, 0.3, 0.1]])
    assert METRICS["roc_auc"]()(np.array([0, 1, 0]), Prediction(proba.argmax(axis=1), proba)) == 1.0


def test_a_ranking_metric_of_a_single_class_is_an_error():
    message = r"roc_auc is not defined for a test set of a single class \(2 rows\)\. Use fewer folds"
    with pytest.raises(DataError, match=message):
        METRICS["roc_auc"]()(np.array([1, 1]), Prediction(np.array([0, 1]), rows_of_one(2)[:2]))


def test_mape_refuses_a_target_of_zero():
    with pytest.raises(DataError, match=r"mape divides by the target, which is 0 in 1 rows"):
        METRICS["mape"]()(np.array([0.0, 1.0]), Prediction(np.array([1.0, 1.0])))


def test_groups_without_a_relevant_row_have_no_ndcg():
    truth = np.array([[0.0, 0], [0.0, 0], [0.0, 1], [1.0, 1]])
    assert METRICS["ndcg@10"]()(truth, Prediction(np.array([1.0, 2.0, 3.0, 4.0]))) == 1.0
    assert np.isnan(METRICS["ndcg@10"]()(truth[:2], Prediction(np.array([1.0, 2.0]))))


def test_r2_of_a_constant_test_part_is_not_a_number():
    assert np.isnan(METRICS["r2"]()(np.array([2.0, 2.0]), Prediction(np.array([1.0, 2.0]))))


@pytest.mark.parametrize(
    ("names", "task", "error", "message"),
    [
        ("roc_acu", "binary", UnknownNameError, r"No metric named 'roc_acu'.*Did you mean 'roc_auc'\?"),
        (["accuracy", "rmse"], "binary", UnknownNameError, r"'rmse' is not defined for the task binary, only for reg"),
        ("f1", "multiclass", UnknownNameError, r"Metrics for multiclass: accuracy, .*roc_auc\."),
        (
            [],
            "regression",
            DataError,
            r"No metric is given\. Metrics for the task regression: mae, mape, r2, rmse\.",
        ),
    ],
)
def test_metrics_that_do_not_fit_are_refused(names, task, error, message):
    with pytest.raises(error, match=message):
        resolve_metrics(names, target_of(TRUTH[task]))


def test_a_model_without_probabilities_is_scored_by_its_labels():
    target = target_of(TRUTH["binary"])
    assert list(resolve_metrics(None, target, probabilities=False)) == ["accuracy"]
    with pytest.raises(
        DataError, match=r"'log_loss' needs probabilities, and the model under test has no predict_proba"
    ):
        resolve_metrics(["log_loss"], target, probabilities=False)


def test_the_order_of_metrics_is_kept():
    assert list(resolve_metrics(["log_loss", "accuracy"], target_of(TRUTH["binary"]))) == ["log_loss", "accuracy"]
