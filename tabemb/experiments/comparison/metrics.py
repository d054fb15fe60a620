"""The registry of metrics: their tasks, their direction, and what they need from a prediction.

A class that is missing from the training set has probability 0, clipped to the same floor for every model.
"""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from tabemb.exceptions import DataError, UnknownNameError
from tabemb.experiments.comparison.targets import Prediction, Target
from tabemb.metrics import grouped_ndcg
from tabemb.registry import Registry

__all__ = [
    "F1",
    "METRICS",
    "R2",
    "Accuracy",
    "AveragePrecision",
    "BalancedAccuracy",
    "Brier",
    "F1Macro",
    "HammingLoss",
    "LogLoss",
    "Mae",
    "Mape",
    "Metric",
    "Ndcg1",
    "Ndcg3",
    "Ndcg5",
    "Ndcg10",
    "Ndcg20",
    "Rmse",
    "RocAuc",
    "resolve_metrics",
]

# The same floor for all models, so that predictions in float64 and float32 lose the same for the same mistake.
PROBABILITY_FLOOR = float(np.finfo(np.float32).eps)

CLASSES = ("binary", "multiclass")
LABELS = ("binary", "multiclass", "multilabel")
NUMBERS = ("regression", "multi_regression")

METRICS: Registry["Metric"] = Registry("metric")


class Metric:
    """A metric.

    Attributes
    ----------
    tasks : tuple of str
        Tasks for which it is defined.
    greater_is_better : bool
        Whether a greater value is better.
    needs : {"proba", "label", "value"}
        The part of a prediction that it uses.
    """

    tasks: ClassVar[tuple[str, ...]] = ()
    greater_is_better: ClassVar[bool] = True
    needs: ClassVar[str] = "label"

    def __call__(self, truth: np.ndarray, prediction: Prediction) -> float:
        """Return the metric for encoded targets and the prediction of the same rows."""
        raise TypeError("a metric must define __call__(truth, prediction)")


class _Ranking(Metric):
    """A ranking of one class against the rest, averaged over classes or labels."""

    tasks = LABELS
    needs = "proba"

    def ranking(self, truth: np.ndarray, scores: np.ndarray) -> float:
        raise TypeError("a ranking metric must define ranking(truth, scores)")

    def __call__(self, truth, prediction):
        """Return the mean over the classes for which the test set has both positive and negative rows."""
        scores = prediction.probabilities
        if truth.ndim == 2:
            pairs = [(truth[:, label], scores[:, label]) for label in range(truth.shape[1])]
        elif scores.shape[1] == 2:
            pairs = [(truth == 1, scores[:, 1])]
        else:
            pairs = [(truth == label, scores[:, label]) for label in range(scores.shape[1])]
        values = [self.ranking(yes, score) for yes, score in pairs if 0 < yes.sum() < len(yes)]
        if not values:
            raise DataError(
                f"{METRICS.name_of(self)} is not defined for a test set of a single class ({len(truth)} rows). "
                "Use fewer folds, stratified folds, or a metric such as log_loss or accuracy."
            )
        return float(np.mean(values))


@METRICS.register("roc_auc")
class RocAuc(_Ranking):
    """Area under the ROC curve; for several classes or labels, the mean of one-vs-rest.

    Examples
    --------
    >>> proba = np.array([[0.9, 0.1], [0.6, 0.4], [0.65, 0.35], [0.2, 0.8]])
    >>> RocAuc()(np.array([0, 0, 1, 1]), Prediction(np.array([0, 0, 0, 1]), proba))
    0.75
    """

    def ranking(self, truth, scores):
        """Return the area for one class."""
        return roc_auc_score(truth, scores)


@METRICS.register("average_precision")
class AveragePrecision(_Ranking):
    """Average precision, the area under the precision-recall step function; for several classes or labels, the mean."""

    def ranking(self, truth, scores):
        """Return the area for one class."""
        return average_precision_score(truth, scores)


@METRICS.register("log_loss")
class LogLoss(Metric):
    """Mean negative log-likelihood of the true class (natural logarithm); for labels, the mean over them."""

    tasks = LABELS
    greater_is_better = False
    needs = "proba"

    def __call__(self, truth, prediction):
        """Return the loss, with probabilities clipped to the epsilon of float32."""
        scores = prediction.probabilities
        given = np.where(truth == 1, scores, 1 - scores) if truth.ndim == 2 else scores[np.arange(len(truth)), truth]
        return float(-np.log(np.clip(given, PROBABILITY_FLOOR, 1)).mean())


@METRICS.register("brier")
class Brier(Metric):
    """Mean squared difference between the predicted probability of the positive class, or of each label, and 0 or 1."""

    tasks = ("binary", "multilabel")
    greater_is_better = False
    needs = "proba"

    def __call__(self, truth, prediction):
        """Return the mean squared difference."""
        scores = prediction.probabilities
        return float(np.mean((truth - (scores if truth.ndim == 2 else scores[:, 1])) ** 2))


@METRICS.register("accuracy")
class Accuracy(Metric):
    """Share of correct rows; for labels, of rows whose labels are all correct."""

    tasks = LABELS

    def __call__(self, truth, prediction):
        """Return the share."""
        right = prediction.values == truth
        return float(np.mean(right if truth.ndim == 1 else right.all(axis=1)))


@METRICS.register("balanced_accuracy")
class BalancedAccuracy(Metric):
    """Mean recall of the classes in the test set."""

    tasks = CLASSES

    def __call__(self, truth, prediction):
        """Return the mean recall."""
        right = np.bincount(truth, weights=prediction.values == truth)
        rows = np.bincount(truth)
        return float(np.mean(right[rows > 0] / rows[rows > 0]))


@METRICS.register("f1")
class F1(Metric):
    """F1 score of the positive class: the harmonic mean of precision and recall."""

    tasks = ("binary",)

    def __call__(self, truth, prediction):
        """Return the score; 0 if there are no true positives."""
        return float(f1_score(truth, prediction.values, zero_division=0))


@METRICS.register("f1_macro")
class F1Macro(Metric):
    """Mean F1 score of the classes or labels."""

    tasks = LABELS

    def __call__(self, truth, prediction):
        """Return the mean; a class without true positives counts as 0."""
        return float(f1_score(truth, prediction.values, average="macro", zero_division=0))


@METRICS.register("hamming_loss")
class HammingLoss(Metric):
    """Share of incorrect labels."""

    tasks = ("multilabel",)
    greater_is_better = False

    def __call__(self, truth, prediction):
        """Return the share."""
        return float(np.mean(prediction.values != truth))


@METRICS.register("rmse")
class Rmse(Metric):
    """Root mean squared error, in units of the target; for several outputs, the mean."""

    tasks = NUMBERS
    greater_is_better = False
    needs = "value"

    def __call__(self, truth, prediction):
        """Return the root."""
        return float(np.mean(np.sqrt(np.mean((truth - prediction.values) ** 2, axis=0))))


@METRICS.register("mae")
class Mae(Metric):
    """Mean absolute error, in units of the target."""

    tasks = NUMBERS
    greater_is_better = False
    needs = "value"

    def __call__(self, truth, prediction):
        """Return the mean."""
        return float(np.mean(np.abs(truth - prediction.values)))


@METRICS.register("mape")
class Mape(Metric):
    """Mean absolute percentage error, as a fraction (0.1 is 10 %)."""

    tasks = NUMBERS
    greater_is_better = False
    needs = "value"

    def __call__(self, truth, prediction):
        """Return the mean fraction."""
        if (truth == 0).any():
            raise DataError(
                f"mape divides by the target, which is 0 in {int((truth == 0).sum())} rows of a test set. "
                "Use mae or rmse, or drop those rows."
            )
        return float(np.mean(np.abs((truth - prediction.values) / truth)))


@METRICS.register("r2")
class R2(Metric):
    """Coefficient of determination on the test set; for several outputs, the mean."""

    tasks = NUMBERS
    needs = "value"

    def __call__(self, truth, prediction):
        """Return the coefficient; NaN if the target is constant in the test set."""
        total = np.sum((truth - truth.mean(axis=0)) ** 2, axis=0)
        error = np.sum((truth - prediction.values) ** 2, axis=0)
        return float(np.mean(1 - error / np.where(total > 0, total, np.nan)))


class _Ndcg(Metric):
    """The mean NDCG of the groups of the test set; see :func:`tabemb.metrics.grouped_ndcg`."""

    tasks = ("ranking",)
    needs = "value"
    k: ClassVar[int]

    def __call__(self, truth, prediction):
        """Return the mean; NaN if no group has a relevant row."""
        return grouped_ndcg(truth[:, 0], prediction.values, truth[:, 1], self.k)


@METRICS.register("ndcg@1")
class Ndcg1(_Ndcg):
    """Mean NDCG of the first row of each group: its gain as a share of the largest gain of the group."""

    k = 1


@METRICS.register("ndcg@3")
class Ndcg3(_Ndcg):
    """Mean NDCG of the first 3 rows of each group."""

    k = 3


@METRICS.register("ndcg@5")
class Ndcg5(_Ndcg):
    """Mean NDCG of the first 5 rows of each group."""

    k = 5


@METRICS.register("ndcg@10")
class Ndcg10(_Ndcg):
    """Mean NDCG of the first 10 rows of each group, by :func:`tabemb.metrics.grouped_ndcg`.

    Examples
    --------
    >>> truth = np.array([[1.0, 0], [0.0, 0], [1.0, 1], [0.0, 1]])
    >>> round(Ndcg10()(truth, Prediction(np.array([0.3, 0.1, 0.2, 0.4]))), 3)
    0.815
    """

    k = 10


@METRICS.register("ndcg@20")
class Ndcg20(_Ndcg):
    """Mean NDCG of the first 20 rows of each group."""

    k = 20


def resolve_metrics(
    names: Sequence[str] | str | None, target: Target, *, probabilities: bool = True
) -> dict[str, Metric]:
    """Return the metrics of a comparison by name, the primary one first.

    Parameters
    ----------
    names : sequence of str, optional
        Registered names; the default metrics of the target by default.
    target : Target
        The kind of target.
    probabilities : bool
        Whether the model under test predicts probabilities.

    Raises
    ------
    UnknownNameError
        If there is no such metric, or it is not defined for the task.
    DataError
        If no metric is given, or one needs probabilities that the model under test does not predict.

    Examples
    --------
    >>> from tabemb.experiments.comparison.targets import target_of
    >>> list(resolve_metrics(None, target_of(np.array([0.5, 1.5]))))
    ['rmse', 'mae', 'r2']
    """
    if names is None:
        usable = (name for name in target.default_metrics if probabilities or METRICS[name].needs != "proba")
        names = list(usable)
    names = [names] if isinstance(names, str) else list(names)
    if not names:
        raise DataError(f"No metric is given. Metrics for the task {target.name}: {', '.join(_metrics_for(target))}.")
    metrics = {name: METRICS[name]() for name in names}
    for name, metric in metrics.items():
        if target.name not in metric.tasks:
            raise UnknownNameError(
                f"The metric {name!r} is not defined for the task {target.name}, only for {', '.join(metric.tasks)}. "
                f"Metrics for {target.name}: {', '.join(_metrics_for(target))}."
            )
        if metric.needs == "proba" and not probabilities:
            raise DataError(
                f"The metric {name!r} needs probabilities, and the model under test has no predict_proba. "
                "Use metrics of the predicted classes, such as accuracy."
            )
    return metrics


def _metrics_for(target: Target) -> list[str]:
    return sorted(name for name in METRICS if target.name in METRICS[name].tasks)
