"""Deviances against scikit-learn's."""

import re

import numpy as np
import pytest
from sklearn.metrics import d2_tweedie_score, mean_tweedie_deviance

from tabemb.exceptions import DataError
from tabemb.nn.losses import GammaDeviance, PoissonDeviance, TweedieDeviance
from tabemb.nn.losses.deviance import LARGEST_EXPONENT

rng = np.random.default_rng(0)
CASES = [
    (PoissonDeviance(), 1),
    (TweedieDeviance(), 1.5),
    (TweedieDeviance(power=1.1), 1.1),
    (TweedieDeviance(power=1.9), 1.9),
    (GammaDeviance(), 2),
]


@pytest.mark.parametrize(("loss", "power"), CASES)
def test_the_loss_and_the_score_are_scikit_learns(loss, power):
    y = rng.gamma(0.7, 30.0, 80)
    if power < 2:
        y[::5] = 0
    center, scale = loss.center_and_scale(y)
    assert (center, scale) == (0, y.mean())
    logits = rng.normal(0, 1.5, 80).astype("float32")
    targets = (y / scale).astype("float32")
    means = loss.values(logits)
    np.testing.assert_allclose(means, np.exp(logits), rtol=1e-5)
    expected = mean_tweedie_deviance(y / scale, means, power=power)
    assert np.asarray(loss.of(targets, logits)).mean() == pytest.approx(expected, rel=1e-4)
    weights = rng.random(80)
    expected = d2_tweedie_score(y, means * scale, sample_weight=weights, power=power)
    assert loss.score(y, means * scale, weights) == pytest.approx(expected)


@pytest.mark.parametrize(("loss", "power"), CASES)
def test_the_loss_of_the_truth_is_zero(loss, power):
    targets = np.array([0.01, 1.0, 7.0], "float32")
    np.testing.assert_allclose(np.asarray(loss.of(targets, np.log(targets))), 0, atol=1e-4)


def test_several_targets_have_the_mean_of_their_scores():
    y, predicted = rng.gamma(2.0, 3.0, (30, 2)), rng.gamma(2.0, 3.0, (30, 2))
    of_each = [d2_tweedie_score(y[:, k], predicted[:, k], power=1) for k in range(2)]
    assert PoissonDeviance().score(y, predicted, None) == pytest.approx(np.mean(of_each))


@pytest.mark.parametrize("value", [0.0, 3.0])
def test_constant_targets_have_a_score_of_zero(value):
    assert PoissonDeviance().score(np.full(5, value), np.arange(1.0, 6.0), None) == 0.0


@pytest.mark.parametrize(("loss", "power"), CASES)
def test_beyond_the_largest_exponent_the_loss_is_linear(loss, power):
    far = np.array([100.0, 200.0, 300.0], "float32") * LARGEST_EXPONENT
    for logits in (far, -far):
        first, second = np.diff(np.asarray(loss.of(np.ones(3, "float32"), logits)))
        assert second == pytest.approx(first, rel=1e-3)
        assert first > 0


@pytest.mark.parametrize(
    ("loss", "bad", "message"),
    [
        (
            PoissonDeviance(),
            -1.0,
            "The loss 'poisson' requires targets of 0 or more; one is -1. Use another loss, such as",
        ),
        (TweedieDeviance(), -0.5, "The loss 'tweedie' requires targets of 0 or more; one is -0.5."),
        (GammaDeviance(), 0.0, "The loss 'gamma' requires targets of more than 0; one is 0."),
    ],
)
def test_targets_that_it_is_not_defined_for_are_refused(loss, bad, message):
    with pytest.raises(DataError, match=re.escape(message)):
        loss.check_targets(np.array([3.0, bad, 4.0]))
    loss.check_targets(np.array([3.0, 4.0]))
