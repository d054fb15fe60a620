"""The squared error."""

import numpy as np
import pytest
from sklearn.metrics import mean_squared_error, r2_score

from tabemb.nn.losses import SquaredError


def test_numbers():
    rng = np.random.default_rng(0)
    targets, logits = rng.normal(size=(2, 50)).astype("float32")
    loss = SquaredError()
    assert np.asarray(loss.of(targets, logits)).mean() == pytest.approx(mean_squared_error(targets, logits), rel=1e-5)
    assert loss.center_and_scale(np.array([1.0, 3.0])) == (2.0, 1.0)
    assert loss.score(targets, logits, None) == r2_score(targets, logits)
    assert loss.values(logits) is logits
