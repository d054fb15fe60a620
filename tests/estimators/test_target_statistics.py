"""Shrunk mean targets, equal to those of scikit-learn's TargetEncoder."""

import numpy as np
import pytest
from sklearn.preprocessing import TargetEncoder

from tabemb.estimators.target_statistics import shrunk_means, target_columns, target_suffixes
from tabemb.nn.tasks import task_of

rng = np.random.default_rng(0)
N, SIZE = 400, 30
INDICES = np.minimum(rng.geometric(0.15, N) - 1, SIZE - 3)
TARGETS = {
    "binary": rng.choice(["late", "on time"], N),
    "multiclass": rng.choice(["a", "b", "c"], N),
    "continuous": rng.normal(size=N) * 1e3 + 5e4,
}


@pytest.mark.parametrize("kind", TARGETS)
def test_they_are_those_of_scikit_learn(kind):
    y = TARGETS[kind]
    task = task_of(y, classifier=kind != "continuous")
    found = shrunk_means(INDICES, target_columns(task, y), SIZE)
    encoder = TargetEncoder(target_type=kind).fit(INDICES[:, None], y)
    every = encoder.transform(np.arange(SIZE)[:, None])
    np.testing.assert_allclose(found, every, rtol=1e-10)


def test_categories_without_rows_and_targets_that_do_not_vary_have_the_mean():
    columns = np.array([[1.0], [1.0], [3.0]])
    means = shrunk_means(np.array([0, 0, 2]), columns, 4)
    assert means[1] == means[3] == pytest.approx(5 / 3)
    assert shrunk_means(np.array([0, 0, 2]), np.full((3, 1), 7.0), 3).tolist() == [[7.0]] * 3


def test_a_weight_of_two_is_the_row_twice():
    weights = rng.integers(1, 4, N)
    columns = rng.normal(size=(N, 2))
    repeated = shrunk_means(np.repeat(INDICES, weights), np.repeat(columns, weights, axis=0), SIZE)
    np.testing.assert_allclose(shrunk_means(INDICES, columns, SIZE, weights.astype(float)), repeated, rtol=1e-10)


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
