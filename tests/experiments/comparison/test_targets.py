from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from tabemb.exceptions import DataError, UnknownNameError
from tabemb.experiments.comparison.targets import (
    TARGETS,
    MulticlassTarget,
    MultilabelTarget,
    read_targets,
    reads_groups,
    target_of,
)


class Ranker(Ridge):
    """An estimator that ranks, as `EmbeddingRanker` does."""

    def rank(self, X):
        raise NotImplementedError


@pytest.mark.parametrize(
    "make",
    [
        list,
        pd.Series,
        lambda y: pd.Series(y, dtype=object),
        lambda y: pd.Series(y, dtype="category"),
        lambda y: pd.DataFrame({"y": y}),
        lambda y: pl.Series("y", y),
        pa.array,
        lambda y: pa.chunked_array([y[:1], y[1:]]),
    ],
)
def test_targets_are_read_from_any_kind_of_column(make):
    values, present = read_targets(make(["late", None, "on time"]))
    assert values.tolist() == ["late", "on time"]
    assert present.tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("y", "dtype"),
    [
        ([1, 2], "int64"),
        (np.array([1, 2], "uint8"), "int64"),
        ([True, False], "bool"),
        ([0.5, 1], "float64"),
        (pd.array([1, None, 2], dtype="Int64"), "int64"),
        (pd.array([True, None], dtype="boolean"), "bool"),
        (pd.Series([1, None, 2], dtype=object), "int64"),
        (np.array(["a", "b"]), "object"),
        (np.array([[1], [2]]), "int64"),
        (pd.Series(["a", "b"], dtype="category"), "object"),
    ],
)
def test_dtypes_of_targets(y, dtype):
    assert read_targets(y)[0].dtype == dtype
    assert read_targets(y)[0].ndim == 1


def test_rows_with_any_missing_output_are_dropped():
    values, present = read_targets(pd.DataFrame({"a": [1.0, None, 3.0], "b": [1, 2, 3]}))
    assert values.tolist() == [[1.0, 1.0], [3.0, 3.0]]
    assert present.tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([None, None], r"No rows are left: the target is missing in all 2 rows\."),
        ([], r"No rows are left: the target is missing in all 0 rows\."),
        ([1.0, np.inf], r"The target is infinite in 1 of 2 rows"),
        (pd.to_datetime(["2020-01-01", "2020-01-02"]), r"The target holds dates or durations"),
    ],
)
def test_targets_that_cannot_be_used_are_refused(y, message):
    with pytest.raises(DataError, match=message):
        read_targets(y)


@pytest.mark.parametrize(
    ("y", "name"),
    [
        (["a", "b"], "binary"),
        ([0, 1], "binary"),
        ([True, False], "binary"),
        ([0.0, 1.0], "binary"),
        (["a", "b", "c"], "multiclass"),
        ([1, 2, 5], "multiclass"),
        (list(range(20)), "multiclass"),
        (list(range(21)), "regression"),
        ([f"city {i}" for i in range(50)], "multiclass"),
        ([0.5, 1.0], "regression"),
        ([[0, 1], [1, 1]], "multilabel"),
        ([[0.5, 1], [1, 1]], "multi_regression"),
        ([[5, 1], [1, 2]], "multi_regression"),
    ],
)
def test_the_kind_is_inferred_from_the_values(y, name):
    assert target_of(read_targets(y)[0]).name == name


def test_the_estimator_or_the_task_override_the_values():
    few = np.array([1, 2, 5])
    assert target_of(few, estimator=Ridge()).name == "regression"
    assert target_of(np.arange(50), estimator=LogisticRegression()).name == "multiclass"
    assert target_of(few, "regression").name == "regression"
    assert target_of(np.arange(50), "classification").name == "multiclass"
    assert target_of(np.array([[1, 0], [0, 1]]), "regression").name == "multi_regression"


@pytest.mark.parametrize(
    ("y", "task", "estimator", "message"),
    [
        (["a", "a"], None, None, r"The target has only one class, 'a'\. Check that the target is the right column"),
        (
            [0.5, 1.5],
            "classification",
            None,
            r"The targets are not classes \(their scikit-learn type is 'cont",
        ),
        ([0.5, 1.5], None, LogisticRegression(), r"The targets are not classes"),
        (["a", "b"], None, Ridge(), r"A regression target must be one column of numbers, got object of shape \(2,\)"),
        ([0, 1], "binary", Ridge(), r"The task is binary, and Ridge is a regressor"),
        ([0, 1], "regression", LogisticRegression(), r"The task is regression, and LogisticRegression is a classifier"),
        ([1, 2, 3], "binary", None, r"A binary target has two classes, this one has 3"),
        ([1, "a"], None, None, r"The target mixes classes of different types \(int, str\)"),
        ([[1, 2], [3, 4]], "multiclass", None, r"Classes must be a single column, got targets of shape \(2, 2\)"),
        ([[1, 2], [3, 4]], "multilabel", None, r"A multilabel target must be a matrix of 0 and 1"),
        ([1.0, 2.0], "multi_regression", None, r"A multi_regression target must be several columns of numbers"),
        (["a", "b"], "ranking", None, r"A ranking target must be one column of relevances, .*; got object of shape"),
        ([[1, 2], [3, 4]], "ranking", None, r"A ranking target must be one column of relevances, .*\(2, 2\)\.$"),
        (
            [0, -1, 2],
            "ranking",
            None,
            r"Relevances must be numbers from 0, .* to 30; 1 of 3 rows have others, such as -1",
        ),
        ([0.5, 31], "ranking", None, r"1 of 2 rows have others, such as 31\. Use grades such as 0, 1, 2, 3\.$"),
        ([0, 1], "ranking", LogisticRegression(), r"The task is ranking, and LogisticRegression is a classifier"),
        ([0, 1], "regression", Ranker(), r"The task is regression, and Ranker is a ranker"),
    ],
)
def test_targets_that_do_not_fit_are_refused(y, task, estimator, message):
    with pytest.raises(DataError, match=message):
        target_of(read_targets(y)[0], task, estimator)


def test_an_estimator_that_ranks_reads_the_groups():
    assert target_of(np.array([0, 1, 2]), estimator=Ranker()).name == "ranking"
    assert reads_groups(Ranker())
    assert reads_groups(SimpleNamespace(estimator=Ranker()))
    assert not reads_groups(Ridge())
    assert not reads_groups(SimpleNamespace(estimator=Ridge()))


def test_relevances_are_ranked_within_groups():
    target = target_of(relevance := np.array([0, 2, 1, 1]), "ranking")
    values = target.in_groups(relevance, np.array([0, 0, 1, 1]), "query")
    assert values.tolist() == [[0, 0], [2, 0], [1, 1], [1, 1]]
    assert target.fitted(values).tolist() == [0, 2, 1, 1]
    assert target.encode(values) is values
    assert target.predict(SimpleNamespace(predict=lambda X: [1, 2]), None).tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("relevance", "groups", "message"),
    [
        (
            [0, 1, 2],
            [0, 1, 2],
            r"There is nothing to rank: each of the 3 groups in 'query' has a single row\. Name the",
        ),
        ([1, 1, 2], [0, 0, 1], r"There is nothing to rank: in each group of 'query', all rows have the same relevance"),
    ],
)
def test_groups_without_an_order_are_refused(relevance, groups, message):
    target = target_of(relevance := np.array(relevance), "ranking")
    with pytest.raises(DataError, match=message):
        target.in_groups(relevance, np.array(groups), "query")


def test_other_targets_are_fitted_unchanged():
    values = np.array([0.5, 1.5])
    assert target_of(values).fitted(values) is values


def test_an_unknown_task_suggests_a_similar_name():
    with pytest.raises(UnknownNameError, match=r"No task named 'regresion'.*Did you mean 'regression'\?"):
        target_of(np.array([1.0, 2.0]), "regresion")


def test_every_kind_has_a_name_and_metrics():
    for name, kind in TARGETS.items():
        assert kind.default_metrics, name


class Fitted:
    """A fitted model with given probabilities."""

    def __init__(self, classes, probabilities):
        self.classes_ = classes
        self.probabilities = probabilities

    def predict_proba(self, X):
        return self.probabilities


def test_classes_missing_from_the_training_part_get_probability_zero():
    target = MulticlassTarget(np.array(["a", "b", "c"], dtype=object))
    fitted = Fitted(np.array(["a", "c"], dtype=object), np.array([[0.25, 0.75]]))
    assert target.predict_proba(fitted, None).tolist() == [[0.25, 0.0, 0.75]]


def test_label_probabilities_are_read_from_a_list_or_a_matrix():
    target = MultilabelTarget(np.array([[0, 1], [1, 0]]))
    matrix = np.array([[0.2, 0.9]])
    assert target.predict_proba(Fitted(None, matrix), None).tolist() == [[0.2, 0.9]]
    listed = [np.array([[0.8, 0.2]]), np.array([[1.0]])]
    only_no = Fitted([np.array([0, 1]), np.array([0])], listed)
    assert target.predict_proba(only_no, None).tolist() == [[0.2, 0.0]]


def test_several_numbers_for_a_row_of_one_target_are_refused():
    target = target_of(np.array([1.0, 2.0]), "regression")
    assert target.encode(np.array([[1.0], [2.0]])).tolist() == [1.0, 2.0]
    with pytest.raises(DataError, match="A regression model must predict one number per row, got 3"):
        target.encode(np.ones((2, 3)))
