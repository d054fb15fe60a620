"""The Huber loss against Keras and SciPy."""

import keras
import numpy as np
import pytest
import scipy.special
from sklearn.metrics import d2_absolute_error_score

from tabemb.nn.losses import Huber


@pytest.mark.parametrize("delta", [0.3, 1.0, 2])
def test_numbers(delta):
    rng = np.random.default_rng(0)
    targets, logits = rng.normal(0, 2, size=(2, 50)).astype("float32")
    ours = np.asarray(Huber(delta=delta).of(targets, logits))
    np.testing.assert_allclose(ours, scipy.special.huber(delta, logits - targets), rtol=1e-5)
    assert ours.mean() == pytest.approx(float(keras.losses.huber(targets, logits, delta=delta)), rel=1e-5)


def test_delta_is_in_standard_deviations_and_the_figure_is_of_absolute_errors():
    y = np.array([0.0, 10.0, 20.0])
    assert Huber().center_and_scale(y) == (10.0, y.std())
    predicted = np.array([1.0, 10.0, 15.0])
    assert Huber().score(y, predicted, None) == d2_absolute_error_score(y, predicted)
