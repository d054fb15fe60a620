"""The cross-entropy and the focal loss against scikit-learn and their formulas."""

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.metrics import log_loss

from tabemb.nn.losses import CrossEntropy, FocalLoss

rng = np.random.default_rng(0)


def test_cross_entropy_of_labels_is_the_log_loss():
    targets, logits = rng.integers(0, 2, 50).astype("float32"), rng.normal(size=50).astype("float32")
    loss = np.asarray(CrossEntropy().of_labels(targets, logits)).mean()
    assert loss == pytest.approx(log_loss(targets, expit(logits.astype("float64"))), rel=1e-5)


def test_a_label_between_0_and_1_is_a_weighted_mean():
    logits = rng.normal(size=20).astype("float32")
    no, some, yes = (np.asarray(CrossEntropy().of_labels(np.full(20, t, "float32"), logits)) for t in (0, 0.25, 1))
    np.testing.assert_allclose(some, 0.75 * no + 0.25 * yes, rtol=1e-5)


def test_cross_entropy_of_classes_is_the_log_loss():
    targets, logits = np.arange(50) % 3, rng.normal(size=(50, 3)).astype("float32")
    loss = np.asarray(CrossEntropy().of_classes(targets, logits)).mean()
    assert loss == pytest.approx(log_loss(targets, softmax(logits.astype("float64"), axis=1)), rel=1e-5)


@pytest.mark.parametrize("gamma", [0.5, 1, 2.0, 5.0])
def test_focal_loss_follows_its_formula(gamma):
    logits = rng.normal(0, 2, (40, 3)).astype("float32")
    p = expit(logits.astype("float64"))
    yes, no = -((1 - p) ** gamma) * np.log(p), -(p**gamma) * np.log(1 - p)
    focal = FocalLoss(gamma=gamma)
    np.testing.assert_allclose(np.asarray(focal.of_labels(np.ones_like(logits), logits)), yes, rtol=1e-4)
    np.testing.assert_allclose(np.asarray(focal.of_labels(np.zeros_like(logits), logits)), no, rtol=1e-4)
    p = softmax(logits.astype("float64"), axis=1)
    np.testing.assert_allclose(
        np.asarray(focal.of_each_class(logits)), -((1 - p) ** gamma) * np.log(p), rtol=1e-4, atol=1e-6
    )


def test_without_gamma_it_is_the_cross_entropy():
    logits, targets = rng.normal(size=(40, 3)).astype("float32"), np.arange(40) % 3
    focal, plain = FocalLoss(gamma=0), CrossEntropy()
    answers = (logits > 0).astype("float32")
    np.testing.assert_allclose(
        np.asarray(focal.of_labels(answers, logits)), np.asarray(plain.of_labels(answers, logits)), rtol=1e-5
    )
    np.testing.assert_allclose(
        np.asarray(focal.of_classes(targets, logits)), np.asarray(plain.of_classes(targets, logits)), rtol=1e-5
    )


def test_well_classified_rows_have_less_weight():
    logits = np.array([-3.0, 0.0, 3.0], "float32")
    ratio = np.asarray(FocalLoss().of_labels(np.ones(3, "float32"), logits)) / np.asarray(
        CrossEntropy().of_labels(np.ones(3, "float32"), logits)
    )
    np.testing.assert_allclose(ratio, (1 - expit(logits)) ** 2, rtol=1e-4)
