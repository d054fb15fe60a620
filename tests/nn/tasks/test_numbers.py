"""Tasks of numbers, against scikit-learn's."""

import re

import numpy as np
import pytest
from sklearn import metrics

from tabemb.exceptions import DataError
from tabemb.nn.losses import AbsoluteError, GammaDeviance, PoissonDeviance, QuantileLoss
from tabemb.nn.tasks import MultiRegression, Quantiles, Regression, task_of

rng = np.random.default_rng(0)


@pytest.mark.parametrize("y", [np.array([10.0, 20.0, 60.0]), np.array([[10.0, 1.0], [20.0, 2.0], [60.0, 9.0]])])
def test_regression_numbers(y):
    task = task_of(y, classifier=False)
    standardized = (y - y.mean(axis=0)) / y.std(axis=0)
    np.testing.assert_allclose(task.encode(y), standardized, rtol=1e-6)
    logits = rng.normal(size=(3, task.n_outputs)).astype("float32")
    squares = (logits - standardized.reshape(3, -1)) ** 2
    np.testing.assert_allclose(np.asarray(task.loss(task.encode(y), logits)), squares.mean(axis=1), rtol=1e-5)
    values = task.activate(logits)
    np.testing.assert_allclose(values, logits.reshape(y.shape) * y.std(axis=0) + y.mean(axis=0), rtol=1e-6)
    assert task.score(task.encode(y), values) == pytest.approx(metrics.r2_score(y, values), rel=1e-5)
    assert task.decide(values) is values


def test_a_constant_target_has_scale_one_and_one_row_has_no_r2():
    task = Regression.from_targets(np.array([4.0, 4.0]))
    assert task.encode(np.array([4.0, 6.0])).tolist() == [0.0, 2.0]
    assert task.score(task.encode(np.array([5.0])), np.array([4.0])) == 0.0


def test_the_loss_says_how_targets_are_scaled():
    y = np.array([0.0, 2.0, 10.0])
    task = Regression.from_targets(y, AbsoluteError())
    assert (task.center, task.scale) == (2.0, 10 / 3)
    np.testing.assert_allclose(task.activate(task.encode(y)[:, None]), y, atol=1e-6)
    assert task.metric == "d2_absolute_error"
    counts = Regression.from_targets(y, PoissonDeviance())
    np.testing.assert_allclose(counts.activate(np.zeros((2, 1), "float32")), [4.0, 4.0])
    np.testing.assert_allclose(counts.activate(np.full((1, 1), np.log(2), "float32")), [8.0], rtol=1e-6)


def test_each_of_several_targets_has_its_own_mean():
    y = np.array([[1.0, 100.0], [3.0, 500.0]])
    task = MultiRegression.from_targets(y, GammaDeviance())
    np.testing.assert_allclose(task.activate(np.zeros((1, 2), "float32")), [[2.0, 300.0]])
    losses = np.asarray(task.loss(task.encode(y), np.zeros((2, 2), "float32")))
    expected = np.mean([metrics.mean_gamma_deviance(y[:, k], np.full(2, y[:, k].mean())) for k in range(2)])
    assert losses.mean() == pytest.approx(expected, rel=1e-5)


def test_one_quantile_is_a_number_a_row_and_several_are_columns():
    y = rng.normal(size=50)
    one, several = (task_of(y, classifier=False, loss=QuantileLoss(q)) for q in ((0.3,), (0.3, 0.6)))
    assert type(one) is Regression
    assert one.activate(np.zeros((4, 1), "float32")) == pytest.approx(np.full(4, np.quantile(y, 0.3)))
    assert type(several) is Quantiles
    assert several.activate(np.zeros((4, 2), "float32")).shape == (4, 2)
    assert task_of(np.stack([y, y], axis=1), classifier=False, loss=QuantileLoss(0.3)).n_outputs == 2


def test_several_quantiles_of_several_targets_are_refused():
    message = "Several quantiles can be predicted for one target only; got 2 targets and 3 quantiles. Ask for one"
    with pytest.raises(DataError, match=re.escape(message)):
        task_of(np.zeros((5, 2)), classifier=False, loss=QuantileLoss())


def test_targets_that_the_loss_is_not_defined_for_are_refused_at_once_and_later():
    with pytest.raises(DataError, match="The loss 'poisson' requires targets of 0 or more; one is -2"):
        Regression.from_targets(np.array([1.0, -2.0]), PoissonDeviance())
    for task in (Regression, MultiRegression):
        y = np.array([1.0, 2.0]) if task is Regression else np.array([[1.0], [2.0]])
        with pytest.raises(DataError, match="The loss 'gamma' requires targets of more than 0; one is 0"):
            task.from_targets(y, GammaDeviance()).encode(0 * y)
