"""Which numbers are averaged for target statistics, and their names."""

import numpy as np
import pytest

from tabemb.estimators.target_statistics import target_columns, target_suffixes
from tabemb.nn.tasks import task_of


@pytest.mark.parametrize(
    ("y", "classifier", "suffixes", "columns"),
    [
        ([False, True], True, [""], [[0], [1]]),
        (["b", "a"], True, [""], [[1], [0]]),
        (["a", "b", "c"], True, ["_a", "_b", "_c"], np.eye(3)),
        ([[0, 1], [1, 1]], True, ["_0", "_1"], [[0, 1], [1, 1]]),
        ([[0], [1]], True, [""], [[0], [1]]),
        ([2.5, 1.0], False, [""], [[2.5], [1.0]]),
        ([[2.5, 1.0], [0.0, 3.0]], False, ["_0", "_1"], [[2.5, 1.0], [0.0, 3.0]]),
    ],
)
def test_columns_and_their_names(y, classifier, suffixes, columns):
    y = np.asarray(y)
    y = y[:, 0] if y.shape[1:] == (1,) else y
    task = task_of(y, classifier=classifier)
    assert target_suffixes(task) == suffixes
    made = target_columns(task, y)
    assert made.dtype == "float64"
    np.testing.assert_array_equal(made, columns)
