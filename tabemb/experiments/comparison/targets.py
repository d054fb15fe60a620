"""Kinds of targets: read and infer them, and get predictions of a fitted model in the form that metrics need."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from sklearn.base import is_classifier, is_regressor
from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor
from sklearn.utils.multiclass import type_of_target

from tabemb.estimators.target_types import looks_like_classes
from tabemb.estimators.target_values import plain_column, plain_targets
from tabemb.exceptions import DataError, UnknownNameError
from tabemb.metrics import MOST_RELEVANT
from tabemb.registry import Registry

__all__ = [
    "TARGETS",
    "BinaryTarget",
    "MultiRegressionTarget",
    "MulticlassTarget",
    "MultilabelTarget",
    "Prediction",
    "RankingTarget",
    "RegressionTarget",
    "Target",
    "read_targets",
    "reads_groups",
    "target_of",
]

TARGETS: Registry["Target"] = Registry("task")


@dataclass(frozen=True, slots=True)
class Prediction:
    """The prediction of a model for the rows of a test set.

    Parameters
    ----------
    values : array of shape (n_rows,) or (n_rows, n_outputs)
        Numbers, scores, label indicators, or indices into the sorted classes.
    probabilities : array of shape (n_rows, n_classes) or (n_rows, n_labels), or None
        Probability of each class or label. None for regression and for models without ``predict_proba``.
    """

    values: np.ndarray
    probabilities: np.ndarray | None = None


class Target:
    """A kind of target, created from all targets of a comparison.

    Attributes
    ----------
    is_classifier : bool
        Whether the target consists of classes or labels.
    stratified : bool
        Whether folds preserve the shares of its classes by default.
    default_metrics : tuple of str
        The default metrics, the primary one first.
    """

    is_classifier: ClassVar[bool] = True
    stratified: ClassVar[bool] = False
    default_metrics: ClassVar[tuple[str, ...]] = ()

    def __init__(self, values: np.ndarray) -> None:
        self.check(values)

    @property
    def name(self) -> str:
        """Registered name of the task."""
        return TARGETS.name_of(self)

    def check(self, values: np.ndarray) -> None:
        """Raise a DataError if the values are not targets of this kind."""

    def encode(self, values: np.ndarray) -> np.ndarray:
        """Return the targets in the form that metrics need."""
        return values

    def fitted(self, values: np.ndarray) -> np.ndarray:
        """Return the targets in the form that models are fitted to."""
        return values

    def pick(self, *, classifier: Any, regressor: Any) -> Any:
        """Return the classifier or the regressor, wrapped if there are several outputs."""
        raise TypeError("a target must define pick(classifier=, regressor=)")

    def predict(self, fitted: Any, X: Any) -> np.ndarray:
        """Return `Prediction.values` of a fitted model."""
        return self.encode(np.asarray(fitted.predict(X)))

    def predict_proba(self, fitted: Any, X: Any) -> np.ndarray:
        """Return `Prediction.probabilities` of a fitted model."""
        raise TypeError(f"a {self.name} target has no probabilities")


class _Classes(Target):
    stratified = True

    def __init__(self, values):
        super().__init__(values)
        self.classes = _sorted_classes(values)

    def encode(self, values):
        """Return indices into the sorted classes."""
        return np.searchsorted(self.classes, values)

    def pick(self, *, classifier, regressor):
        """Return the classifier."""
        return classifier

    def predict_proba(self, fitted, X):
        """Return one column per class, 0 for classes that the model was not trained on."""
        given = np.asarray(fitted.predict_proba(X), dtype=np.float64)
        if given.shape[1] == len(self.classes):
            return given
        aligned = np.zeros((len(given), len(self.classes)))
        aligned[:, self.encode(np.asarray(fitted.classes_))] = given
        return aligned


@TARGETS.register("binary")
class BinaryTarget(_Classes):
    """Two classes; the second in sorted order is the positive class."""

    default_metrics = ("roc_auc", "average_precision", "log_loss", "accuracy")

    def check(self, values):
        """Raise a DataError unless there is one column with two classes."""
        n_classes = _number_of_classes(values)
        if n_classes != 2:
            raise DataError(f"A binary target has two classes, this one has {n_classes}. Use task='multiclass'.")


@TARGETS.register("multiclass")
class MulticlassTarget(_Classes):
    """One column of classes."""

    default_metrics = ("accuracy", "log_loss", "balanced_accuracy", "f1_macro")

    def check(self, values):
        """Raise a DataError unless there is one column of classes."""
        _number_of_classes(values)


@TARGETS.register("multilabel")
class MultilabelTarget(Target):
    """Several labels per row: a matrix of 0 and 1."""

    default_metrics = ("roc_auc", "average_precision", "log_loss", "f1_macro")

    def check(self, values):
        """Raise a DataError unless the values are a matrix of 0 and 1."""
        if values.ndim != 2 or not np.isin(values, (0, 1)).all():
            raise DataError("A multilabel target must be a matrix of 0 and 1 with one column per label.")

    def encode(self, values):
        """Return the indicators as integers."""
        return np.asarray(values).astype(int)

    def pick(self, *, classifier, regressor):
        """Return one classifier per label."""
        return MultiOutputClassifier(classifier)

    def predict_proba(self, fitted, X):
        """Return the probability of each label, one column per label."""
        given = fitted.predict_proba(X)
        if not isinstance(given, list):
            return np.asarray(given, dtype=np.float64)
        return np.column_stack([_positive_column(*each) for each in zip(given, fitted.classes_, strict=True)])


@TARGETS.register("regression")
class RegressionTarget(Target):
    """One number per row."""

    is_classifier = False
    default_metrics = ("rmse", "mae", "r2")

    def check(self, values):
        """Raise a DataError unless there is one column of numbers."""
        if values.ndim != 1 or values.dtype.kind not in "biuf":
            raise DataError(
                f"A regression target must be one column of numbers, got {values.dtype} of shape {values.shape}."
            )

    def encode(self, values):
        """Return the numbers as float64."""
        values = np.asarray(values, dtype=np.float64)
        if values.size != len(values):
            raise DataError(
                f"A regression model must predict one number per row, got {values.size // len(values)}. Compare a "
                "model of several quantiles with only one of them."
            )
        return values.reshape(len(values))

    def pick(self, *, classifier, regressor):
        """Return the regressor."""
        return regressor


@TARGETS.register("ranking")
class RankingTarget(Target):
    """One relevance per row, by which the rows of each group are ranked.

    The targets of a comparison have a second column, the number of the group of each row: :meth:`in_groups`. Models are
    fitted to the relevances.
    """

    is_classifier = False
    default_metrics = ("ndcg@10", "ndcg@5")

    def check(self, values):
        """Raise a DataError unless there is one column of numbers from 0 to 30."""
        if values.ndim != 1 or values.dtype.kind not in "biuf":
            raise DataError(
                "A ranking target must be one column of relevances, numbers from 0, not relevant, such as 0, 1, 2, 3; "
                f"got {values.dtype} of shape {values.shape}."
            )
        strange = values[(values < 0) | (values > MOST_RELEVANT)]
        if len(strange):
            raise DataError(
                f"Relevances must be numbers from 0, not relevant, to {MOST_RELEVANT}; {len(strange):,} of "
                f"{len(values):,} rows have others, such as {strange[0]:g}. Use grades such as 0, 1, 2, 3."
            )

    def in_groups(self, values: np.ndarray, groups: np.ndarray, column: str) -> np.ndarray:
        """Return the relevances and the groups as two columns.

        Parameters
        ----------
        values : array of shape (n_rows,)
            Relevances.
        groups : array of int of shape (n_rows,)
            Number of the group of each row.
        column : str
            What has the groups, for error messages.

        Raises
        ------
        DataError
            If no group has rows of different relevance.
        """
        order = np.lexsort((values, groups))
        same = np.diff(groups[order]) == 0
        if not same.any():
            raise DataError(
                f"There is nothing to rank: each of the {len(values):,} groups in {column!r} has a single row. Name "
                "the column whose groups are ranked, such as that of queries or users."
            )
        if not (same & (np.diff(values[order].astype(np.float64)) > 0)).any():
            raise DataError(
                f"There is nothing to rank: in each group of {column!r}, all rows have the same relevance. Ranking "
                "needs groups with more and less relevant rows."
            )
        return np.column_stack([values.astype(np.float64), groups])

    def fitted(self, values):
        """Return the relevances."""
        return values[:, 0]

    def pick(self, *, classifier, regressor):
        """Return the regressor, whose predictions are scores."""
        return regressor

    def predict(self, fitted, X):
        """Return the scores."""
        return np.asarray(fitted.predict(X), dtype=np.float64)


@TARGETS.register("multi_regression")
class MultiRegressionTarget(Target):
    """Several numbers per row."""

    is_classifier = False
    default_metrics = ("rmse", "mae", "r2")

    def check(self, values):
        """Raise a DataError unless there are several columns of numbers."""
        if values.ndim != 2 or values.dtype.kind not in "biuf":
            raise DataError(
                "A multi_regression target must be several columns of numbers, "
                f"got {values.dtype} of shape {values.shape}."
            )

    def encode(self, values):
        """Return the numbers as float64."""
        return np.asarray(values, dtype=np.float64)

    def pick(self, *, classifier, regressor):
        """Return one regressor per column."""
        return MultiOutputRegressor(regressor)


def read_targets(y: Any) -> tuple[np.ndarray, np.ndarray]:
    """Read targets from pandas, polars, Arrow, NumPy or a list.

    Parameters
    ----------
    y : array-like of shape (n_rows,) or (n_rows, n_outputs)
        Classes or numbers.

    Returns
    -------
    values : array of shape (n_present,) or (n_present, n_outputs)
        Targets of the rows without missing values.
    present : bool array of shape (n_rows,)
        Mask of those rows.

    Raises
    ------
    DataError
        If all targets are missing, one is infinite, or they are dates or durations.

    Examples
    --------
    >>> read_targets(["late", None, "on time"])
    (array(['late', 'on time'], dtype=object), array([ True, False,  True]))
    """
    if not isinstance(y, pd.Series | pd.DataFrame):
        y = plain_targets(y) if isinstance(y, np.ndarray | str) else y
        y = y.to_pandas() if hasattr(y, "to_pandas") else y
        # pandas has the better error message for ragged lists.
        y = pd.Series(y) if np.ndim(y) == 1 else pd.DataFrame(y)
    if isinstance(y, pd.DataFrame) and y.shape[1] == 1:
        y = y.iloc[:, 0]
    if isinstance(y, pd.DataFrame):
        present = y.notna().all(axis=1).to_numpy()
        columns = [_values(y.iloc[:, position][present]) for position in range(y.shape[1])]
        values = np.column_stack(columns) if columns else np.empty((len(y), 0))
    else:
        present = y.notna().to_numpy()
        values = _values(y[present])
    if len(values) == 0:
        raise DataError(f"No rows are left: the target is missing in all {len(present)} rows.")
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise DataError(
            f"The target is infinite in {int((~np.isfinite(values)).sum())} of {len(values)} rows; "
            "replace those values, or drop those rows."
        )
    return values, present


def target_of(values: np.ndarray, task: str | None = None, estimator: Any = None) -> Target:
    """Infer the kind of target.

    Parameters
    ----------
    values : array of shape (n_rows,) or (n_rows, n_outputs)
        Targets returned by `read_targets`.
    task : str, optional
        A registered name, or ``"classification"``. By default, the estimator decides, and one with ``rank`` means
        ``"ranking"``; without one, the values do, by
        :func:`tabemb.estimators.target_types.looks_like_classes`: text, booleans and whole numbers with at most 20
        distinct values are classes, and other numbers are a regression target.
    estimator : scikit-learn estimator, optional
        The model under test.

    Raises
    ------
    DataError
        If the targets do not fit the task or the estimator, or there is only one class.
    UnknownNameError
        If there is no such task.

    Examples
    --------
    >>> target_of(np.array([0, 1, 1])).name, target_of(np.array([0.5, 1.2])).name
    ('binary', 'regression')
    >>> target_of(np.array([1, 2, 5]), "regression").name
    'regression'
    """
    if task not in (None, "classification", *TARGETS):
        raise UnknownNameError.among("task", task, ["classification", *TARGETS])
    ranker = estimator is not None and reads_groups(estimator)
    classifier = estimator is not None and is_classifier(estimator)
    regressor = estimator is not None and is_regressor(estimator)
    if task is None and ranker:
        task = "ranking"
    if task is None:
        task = "classification" if classifier or (not regressor and looks_like_classes(values)) else "regression"
    if task == "classification":
        task = _kind_of_classes(values)
    if task == "regression" and values.ndim == 2:
        task = "multi_regression"
    target = TARGETS[task](values)
    if (regressor if target.is_classifier else classifier) or (ranker and task != "ranking"):
        kind = "ranker" if ranker else "regressor" if target.is_classifier else "classifier"
        raise DataError(
            f"The task is {task}, and {type(estimator).__name__} is a {kind}. Pass an estimator or a task that fits."
        )
    return target


def reads_groups(model: Any) -> bool:
    """Return whether a model ranks, and reads the column of groups together with the features.

    Parameters
    ----------
    model : estimator
        Fitted or not; also one with a pretrainer.
    """
    return hasattr(getattr(model, "estimator", model), "rank")


def _values(column: pd.Series) -> np.ndarray:
    column = column.infer_objects()
    kind = column.dtype.kind if not isinstance(column.dtype, pd.CategoricalDtype) else "O"
    if kind in "mM":
        raise DataError("The target holds dates or durations; convert it to numbers or classes first.")
    if kind == "b":
        return column.to_numpy(dtype=bool)
    if kind in "iu":
        return column.to_numpy(dtype=np.int64)
    if kind == "f":
        return column.to_numpy(dtype=np.float64)
    # The values of a categorical column stay objects, which says that they are classes.
    return column.astype(object).to_numpy() if kind == "O" and not _holds_decimals(column) else plain_column(column)


def _holds_decimals(column: pd.Series) -> bool:
    return not isinstance(column.dtype, pd.CategoricalDtype) and pd.api.types.infer_dtype(column) == "decimal"


def _kind_of_classes(values: np.ndarray) -> str:
    kind = type_of_target(values) if values.dtype != object else ("binary" if values.ndim == 1 else "unknown")
    if kind == "multilabel-indicator":
        return "multilabel"
    if kind not in ("binary", "multiclass"):
        raise DataError(
            f"The targets are not classes (their scikit-learn type is {kind!r}). A classifier needs a column of "
            "classes, or a matrix of 0 and 1 with one column per label; for numbers, use task='regression'."
        )
    return "binary" if _number_of_classes(values) == 2 else "multiclass"


def _number_of_classes(values: np.ndarray) -> int:
    if values.ndim != 1:
        raise DataError(f"Classes must be a single column, got targets of shape {values.shape}.")
    classes = _sorted_classes(values)
    if len(classes) == 1:
        raise DataError(
            f"The target has only one class, {classes.tolist()[0]!r}. Check that the target is the right column, and "
            "that the other classes were not filtered out."
        )
    return len(classes)


def _sorted_classes(values: np.ndarray) -> np.ndarray:
    try:
        return np.unique(values)
    except TypeError as error:
        kinds = sorted({type(value).__name__ for value in values})
        raise DataError(
            f"The target mixes classes of different types ({', '.join(kinds)}); convert them to one type."
        ) from error


def _positive_column(probabilities: np.ndarray, classes: np.ndarray) -> np.ndarray:
    column = np.flatnonzero(np.asarray(classes) == 1)
    return probabilities[:, column[0]] if len(column) else np.zeros(len(probabilities))
