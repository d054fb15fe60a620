"""The squared, absolute and Huber loss against scikit-learn, Keras and SciPy."""

import keras
import numpy as np
import pytest
import scipy.special
from sklearn.metrics import d2_absolute_error_score, mean_absolute_error, mean_squared_error, r2_score

from tabemb.nn.losses import AbsoluteError, HuberLoss, SquaredError


def test_squared_error_is_scikit_learns():
    rng = np.random.default_rng(0)
    targets, logits = rng.normal(size=(2, 50)).astype("float32")
    loss = SquaredError()
    assert np.asarray(loss.of(targets, logits)).mean() == pytest.approx(mean_squared_error(targets, logits), rel=1e-5)
    assert loss.center_and_scale(np.array([1.0, 3.0])) == (2.0, 1.0)
    assert loss.score(targets, logits, None) == r2_score(targets, logits)
    assert loss.values(logits) is logits


def test_absolute_error_is_scikit_learns():
    rng = np.random.default_rng(0)
    targets, logits = rng.normal(size=(2, 50)).astype("float32")
    weights = rng.random(50)
    loss = AbsoluteError()
    assert np.asarray(loss.of(targets, logits)).mean() == pytest.approx(mean_absolute_error(targets, logits), rel=1e-5)
    expected = d2_absolute_error_score(targets, logits, sample_weight=weights)
    assert loss.score(targets, logits, weights) == expected


def test_center_and_scale_are_robust_to_outliers():
    y = np.r_[np.linspace(-1, 1, 999), 1e3]
    center, scale = AbsoluteError().center_and_scale(y)
    assert center == pytest.approx(0, abs=0.01)
    assert 0.5 < scale < 2
    assert y.std() > 30


def test_columns_are_scaled_separately():
    center, scale = AbsoluteError().center_and_scale(np.array([[0.0, 10.0], [1.0, 20.0], [5.0, 90.0]]))
    assert center.tolist() == [1.0, 20.0]
    np.testing.assert_allclose(scale, [5 / 3, 80 / 3])


@pytest.mark.parametrize("delta", [0.3, 1.0, 2])
def test_huber_is_that_of_keras_and_scipy(delta):
    rng = np.random.default_rng(0)
    targets, logits = rng.normal(0, 2, size=(2, 50)).astype("float32")
    ours = np.asarray(HuberLoss(delta=delta).of(targets, logits))
    np.testing.assert_allclose(ours, scipy.special.huber(delta, logits - targets), rtol=1e-5)
    assert ours.mean() == pytest.approx(float(keras.losses.huber(targets, logits, delta=delta)), rel=1e-5)


def test_delta_is_in_standard_deviations_and_the_score_is_of_absolute_errors():
    y = np.array([0.0, 10.0, 20.0])
    assert HuberLoss().center_and_scale(y) == (10.0, y.std())
    predicted = np.array([1.0, 10.0, 15.0])
    assert HuberLoss().score(y, predicted, None) == d2_absolute_error_score(y, predicted)
