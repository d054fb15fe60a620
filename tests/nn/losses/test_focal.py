"""The focal loss against its formula."""

import numpy as np
import pytest
from scipy.special import expit, softmax

from tabemb.nn.losses import CrossEntropy, Focal

rng = np.random.default_rng(0)


@pytest.mark.parametrize("gamma", [0.5, 1, 2.0, 5.0])
def test_answers_and_classes_are_those_of_the_formula(gamma):
    logits = rng.normal(0, 2, (40, 3)).astype("float32")
    p = expit(logits.astype("float64"))
    yes, no = -((1 - p) ** gamma) * np.log(p), -(p**gamma) * np.log(1 - p)
    focal = Focal(gamma=gamma)
    np.testing.assert_allclose(np.asarray(focal.of_labels(np.ones_like(logits), logits)), yes, rtol=1e-4)
    np.testing.assert_allclose(np.asarray(focal.of_labels(np.zeros_like(logits), logits)), no, rtol=1e-4)
    p = softmax(logits.astype("float64"), axis=1)
    np.testing.assert_allclose(
        np.asarray(focal.of_each_class(logits)), -((1 - p) ** gamma) * np.log(p), rtol=1e-4, atol=1e-6
    )


def test_without_gamma_it_is_the_cross_entropy():
    logits, targets = rng.normal(size=(40, 3)).astype("float32"), np.arange(40) % 3
    focal, plain = Focal(gamma=0), CrossEntropy()
    answers = (logits > 0).astype("float32")
    np.testing.assert_allclose(
        np.asarray(focal.of_labels(answers, logits)), np.asarray(plain.of_labels(answers, logits)), rtol=1e-5
    )
    np.testing.assert_allclose(
        np.asarray(focal.of_classes(targets, logits)), np.asarray(plain.of_classes(targets, logits)), rtol=1e-5
    )


def test_rows_that_are_right_for_sure_count_less():
    logits = np.array([-3.0, 0.0, 3.0], "float32")
    ratio = np.asarray(Focal().of_labels(np.ones(3, "float32"), logits)) / np.asarray(
        CrossEntropy().of_labels(np.ones(3, "float32"), logits)
    )
    np.testing.assert_allclose(ratio, (1 - expit(logits)) ** 2, rtol=1e-4)
