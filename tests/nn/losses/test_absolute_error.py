"""The absolute error."""

import numpy as np
import pytest
from sklearn.metrics import d2_absolute_error_score, mean_absolute_error

from tabemb.nn.losses import AbsoluteError


def test_numbers():
    rng = np.random.default_rng(0)
    targets, logits = rng.normal(size=(2, 50)).astype("float32")
    weights = rng.random(50)
    loss = AbsoluteError()
    assert np.asarray(loss.of(targets, logits)).mean() == pytest.approx(mean_absolute_error(targets, logits), rel=1e-5)
    expected = d2_absolute_error_score(targets, logits, sample_weight=weights)
    assert loss.score(targets, logits, weights) == expected


def test_an_outlier_neither_moves_the_center_nor_swells_the_scale():
    y = np.r_[np.linspace(-1, 1, 999), 1e3]
    center, scale = AbsoluteError().center_and_scale(y)
    assert center == pytest.approx(0, abs=0.01)
    assert 0.5 < scale < 2
    assert y.std() > 30


def test_columns_are_scaled_each_for_itself():
    center, scale = AbsoluteError().center_and_scale(np.array([[0.0, 10.0], [1.0, 20.0], [5.0, 90.0]]))
    assert center.tolist() == [1.0, 20.0]
    np.testing.assert_allclose(scale, [5 / 3, 80 / 3])
