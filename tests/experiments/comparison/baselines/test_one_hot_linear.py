import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier

from tabemb.experiments.comparison.baselines import OneHotLinear
from tabemb.experiments.comparison.baselines.one_hot_linear import one_hot_rows
from tabemb.experiments.comparison.targets import TARGETS
from tabemb.table.encoded_table import EncodedTable


def test_rows_have_a_one_for_each_category_and_the_numbers_behind():
    indices = np.array([[2, 0], [1, 3]], dtype="int32")
    table = EncodedTable(indices, np.array([[0.5], [2.0]], dtype="float32"))
    assert one_hot_rows(table, (3, 4)).toarray().tolist() == [
        [0, 0, 1, 1, 0, 0, 0, 0.5],
        [0, 1, 0, 0, 0, 0, 1, 2.0],
    ]


def test_only_what_is_not_zero_is_stored():
    table = EncodedTable(np.zeros((10, 2), "int32"), np.zeros((10, 1), "float32"))
    rows = one_hot_rows(table, (5000, 5000))
    assert rows.shape == (10, 10_001)
    assert len(rows.data) == 30


def test_bytes_are_those_of_the_sparse_rows_beside_the_dense_ones():
    X, y = pd.DataFrame({"city": ["a", "b", "c", "a"]}), np.array([0, 1, 0, 1])
    model = OneHotLinear().build(TARGETS["binary"](y), DummyClassifier(), 0).fit(X, y)
    # A value of 8 bytes and a column of 4 for each row, and 4 for where each row begins, one more than rows.
    assert OneHotLinear().input_bytes(model, X) == (4 * 12 + 5 * 4, 4 * 5 * 4)
    # Three cities, missing, unknown, and the intercept.
    assert OneHotLinear().n_parameters(model) == 6


@pytest.mark.parametrize(("C", "larger"), [(100.0, True), (0.001, False)])
def test_the_penalty_is_what_it_says(C, larger, table, targets):
    y = targets["regression"]
    strict = OneHotLinear(C=1.0).build(TARGETS["regression"](y), DummyClassifier(), 0).fit(table, y)
    other = OneHotLinear(C=C).build(TARGETS["regression"](y), DummyClassifier(), 0).fit(table, y)
    assert (np.abs(other.model_.coef_).sum() > np.abs(strict.model_.coef_).sum()) is np.bool_(larger)


def test_reaching_the_limit_of_steps_is_quiet(table, targets):
    y = targets["multiclass"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = OneHotLinear(max_iter=1).build(TARGETS["multiclass"](y), DummyClassifier(), 0).fit(table, y)
    assert model.model_.n_iter_[0] == 1
