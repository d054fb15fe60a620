"""The cross-entropy against scikit-learn's log loss."""

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.metrics import log_loss

from tabemb.nn.losses import CrossEntropy

rng = np.random.default_rng(0)


def test_answers():
    targets, logits = rng.integers(0, 2, 50).astype("float32"), rng.normal(size=50).astype("float32")
    loss = np.asarray(CrossEntropy().of_labels(targets, logits)).mean()
    assert loss == pytest.approx(log_loss(targets, expit(logits.astype("float64"))), rel=1e-5)


def test_a_share_between_no_and_yes_is_the_mean_of_both():
    logits = rng.normal(size=20).astype("float32")
    no, some, yes = (np.asarray(CrossEntropy().of_labels(np.full(20, t, "float32"), logits)) for t in (0, 0.25, 1))
    np.testing.assert_allclose(some, 0.75 * no + 0.25 * yes, rtol=1e-5)


def test_classes():
    targets, logits = np.arange(50) % 3, rng.normal(size=(50, 3)).astype("float32")
    loss = np.asarray(CrossEntropy().of_classes(targets, logits)).mean()
    assert loss == pytest.approx(log_loss(targets, softmax(logits.astype("float64"), axis=1)), rel=1e-5)
