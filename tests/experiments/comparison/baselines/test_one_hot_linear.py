import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier

from tabemb.experiments.comparison.baselines import OneHotLinear
from tabemb.experiments.comparison.baselines.one_hot_linear import one_hot_rows
from tabemb.experiments.comparison.targets import TARGETS
from tabemb.table.encoded_table import EncodedTable


def test_one_hot_rows_have_a_one_per_category_followed_by_the_numbers():
    indices = np.array([[2, 0], [1, 3]], dtype="int32")
    table = EncodedTable(indices, np.array([[0.5], [2.0]], dtype="float32"))
    assert one_hot_rows(table, (3, 4)).toarray().tolist() == [
        [0, 0, 1, 1, 0, 0, 0, 0.5],
        [0, 1, 0, 0, 0, 0, 1, 2.0],
    ]


def test_only_nonzero_values_are_stored():
    table = EncodedTable(np.zeros((10, 2), "int32"), np.zeros((10, 1), "float32"))
    rows = one_hot_rows(table, (5000, 5000))
    assert rows.shape == (10, 10_001)
    assert len(rows.data) == 30


def test_input_bytes_of_sparse_and_dense_rows():
    X, y = pd.DataFrame({"city": ["a", "b", "c", "a"]}), np.array([0, 1, 0, 1])
    model = OneHotLinear().build(TARGETS["binary"](y), DummyClassifier(), 0).fit(X, y)
    # A value of 8 bytes and a column of 4 for each row, and 4 for where each row begins, one more than rows.
    assert OneHotLinear().input_bytes(model, X) == (4 * 12 + 5 * 4, 4 * 5 * 4)
    # Three cities, missing, unknown, and the intercept.
    assert OneHotLinear().n_parameters(model) == 6


@pytest.mark.parametrize(("C", "larger"), [(100.0, True), (0.001, False)])
def test_a_larger_C_means_a_weaker_penalty(C, larger, table, targets):
    y = targets["regression"]
    strict = OneHotLinear(C=1.0).build(TARGETS["regression"](y), DummyClassifier(), 0).fit(table, y)
    other = OneHotLinear(C=C).build(TARGETS["regression"](y), DummyClassifier(), 0).fit(table, y)
    assert (np.abs(other.model_.coef_).sum() > np.abs(strict.model_.coef_).sum()) is np.bool_(larger)


def test_reaching_max_iter_raises_no_warning(table, targets):
    y = targets["multiclass"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = OneHotLinear(max_iter=1).build(TARGETS["multiclass"](y), DummyClassifier(), 0).fit(table, y)
    assert model.model_.n_iter_[0] == 1
