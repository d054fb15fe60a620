"""The pinball loss, and quantiles that cannot cross."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import d2_pinball_score, mean_pinball_loss

from tabemb.nn.losses import QuantileLoss
from tabemb.nn.tasks import Quantiles

rng = np.random.default_rng(0)


@pytest.mark.parametrize("quantiles", [0.3, (0.3,), [0.1, 0.5, 0.9], (0.05, 0.06, 0.5, 0.99)])
def test_the_loss_and_the_score_are_scikit_learns(quantiles):
    loss = QuantileLoss(quantiles)
    each = np.atleast_1d(quantiles)
    targets = rng.normal(size=60).astype("float32")
    logits = rng.normal(size=(60, len(each))).astype("float32")
    logits = logits[:, 0] if len(each) == 1 else logits
    values = loss.values(logits)
    columns = values.reshape(60, -1)
    expected = np.mean([mean_pinball_loss(targets, columns[:, i], alpha=q) for i, q in enumerate(each)])
    losses = np.asarray(loss.of(targets, logits))
    assert losses.shape == (60,)
    assert losses.mean() == pytest.approx(expected, rel=1e-5)
    weights = rng.random(60)
    figures = [d2_pinball_score(targets, columns[:, i], alpha=q, sample_weight=weights) for i, q in enumerate(each)]
    assert loss.score(targets, values, weights) == pytest.approx(np.mean(figures))


@settings(deadline=None, max_examples=60)
@given(
    logits=arrays("float32", (5, 4), elements=st.floats(-1e4, 1e4, width=32)),
    center=st.floats(-1e6, 1e6),
    scale=st.floats(1e-6, 1e6),
)
def test_quantiles_never_cross(logits, center, scale):
    task = Quantiles(np.asarray(center), np.asarray(scale), QuantileLoss((0.01, 0.3, 0.31, 0.99)))
    assert (np.diff(task.activate(logits), axis=1) >= 0).all()


def test_initial_quantiles_are_those_of_a_laplace_distribution():
    start = QuantileLoss((0.1, 0.5, 0.9, 0.95)).values(np.zeros((1, 4), "float32"))[0]
    np.testing.assert_allclose(np.diff(start), [np.log(5), np.log(5), np.log(2)], rtol=1e-6)


def test_the_center_is_the_first_quantile():
    y = np.arange(101.0)
    assert QuantileLoss((0.2, 0.7)).center_and_scale(y)[0] == pytest.approx(20)
    assert QuantileLoss(0.5).center_and_scale(y)[1] == pytest.approx(np.abs(y - 50).mean())
