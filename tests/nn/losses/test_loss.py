"""The contract of every loss."""

import json
import re

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.base import clone

from tabemb.exceptions import UnknownNameError
from tabemb.nn.losses import (
    LOSSES,
    AbsoluteError,
    ClassLoss,
    FocalLoss,
    GammaDeviance,
    HuberLoss,
    NumberLoss,
    QuantileLoss,
    TweedieDeviance,
    loss_from_state,
    loss_of,
)

FOR_CLASSES = sorted(name for name, each in LOSSES.items() if issubclass(each, ClassLoss))
FOR_NUMBERS = sorted(name for name, each in LOSSES.items() if issubclass(each, NumberLoss))
EXTREMES = np.array([-1e6, -300.0, -40.0, -1e-3, 0.0, 1e-3, 40.0, 300.0, 1e6], "float32")


def gradient_of(loss, logits):
    logits = tf.constant(logits)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        value = loss(logits)
    return value.numpy(), tape.gradient(value, logits).numpy()


@pytest.mark.parametrize("target", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("name", FOR_CLASSES)
@pytest.mark.parametrize("params", [{}, {"gamma": 0.5}, {"gamma": 0.0}])
def test_extreme_labels_have_finite_gradients(name, params, target):
    loss = LOSSES[name](**{k: v for k, v in params.items() if k in LOSSES[name]().get_params()})
    targets = np.full((len(EXTREMES), 1), target, "float32")
    values, gradients = gradient_of(lambda logits: loss.of_labels(targets, logits), EXTREMES[:, None])
    assert np.isfinite(values).all()
    assert np.isfinite(gradients).all()
    assert (values >= 0).all()


@pytest.mark.parametrize("name", FOR_CLASSES)
@pytest.mark.parametrize("params", [{}, {"gamma": 0.5}, {"gamma": 0.0}])
def test_extreme_classes_have_finite_gradients(name, params):
    loss = LOSSES[name](**{k: v for k, v in params.items() if k in LOSSES[name]().get_params()})
    logits = np.stack([EXTREMES, EXTREMES[::-1], np.zeros_like(EXTREMES)], axis=1)
    for each in (lambda x: loss.of_classes(np.arange(len(EXTREMES)) % 3, x), loss.of_each_class):
        values, gradients = gradient_of(each, logits)
        assert np.isfinite(values).all()
        assert np.isfinite(gradients).all()


@pytest.mark.parametrize("name", FOR_CLASSES)
def test_the_loss_of_a_row_is_that_of_its_class(name):
    loss, logits = LOSSES[name](), np.random.default_rng(0).normal(size=(30, 4)).astype("float32")
    targets = np.arange(30) % 4
    of_each = np.asarray(loss.of_each_class(logits))
    np.testing.assert_allclose(np.asarray(loss.of_classes(targets, logits)), of_each[range(30), targets], rtol=1e-5)


@pytest.mark.parametrize("name", FOR_CLASSES)
def test_two_classes_have_the_same_loss_as_one_label(name):
    loss, logits = LOSSES[name](), np.linspace(-4, 4, 17, dtype="float32")
    both = np.stack([np.zeros_like(logits), logits], axis=1)
    for answer in (0, 1):
        of_labels = np.asarray(loss.of_labels(np.full(17, answer, "float32"), logits))
        np.testing.assert_allclose(np.asarray(loss.of_classes(np.full(17, answer), both)), of_labels, rtol=1e-4)


@pytest.mark.parametrize("name", FOR_NUMBERS)
def test_extreme_numbers_have_finite_gradients(name):
    loss = LOSSES[name]()
    logits = np.stack([EXTREMES] * loss.n_values, axis=1) if loss.n_values > 1 else EXTREMES
    for target in (1e-3, 1.0, 50.0):
        targets = np.full(len(EXTREMES), target, "float32")
        values, gradients = gradient_of(lambda x, t=targets: loss.of(t, x), logits)
        assert np.isfinite(values).all()
        assert np.isfinite(gradients).all()


@pytest.mark.parametrize("name", FOR_NUMBERS)
def test_the_gradient_is_zero_at_the_best_constant(name):
    """With logits of 0, the initial predictions are near the best constant."""
    loss = LOSSES[name]()
    y = np.random.default_rng(0).gamma(2.0, 50.0, 2000)
    center, scale = loss.center_and_scale(y)
    targets = ((y - center) / scale).astype("float32")
    shape = (2000, loss.n_values) if loss.n_values > 1 else (2000,)
    _, gradients = gradient_of(lambda x: tf.reduce_mean(loss.of(targets, x)), np.zeros(shape, "float32"))
    assert np.abs(gradients.sum(axis=0)).max() < 0.12
    start = loss.values(np.zeros(shape, "float32")) * scale + center
    assert (y.min() < start).all()
    assert (start < y.max()).all()


@pytest.mark.parametrize("name", FOR_NUMBERS)
def test_scaled_targets_give_scaled_predictions(name):
    loss, y = LOSSES[name](), np.random.default_rng(0).gamma(2.0, 50.0, 200)
    center, scale = loss.center_and_scale(y)
    again = loss.center_and_scale(1000 * y)
    np.testing.assert_allclose(again, (1000 * center, 1000 * scale), rtol=1e-9)


def _other(value):
    return value + "s" if isinstance(value, str) else np.multiply(value, 0.9).tolist()


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_a_loss_survives_json_and_clone(name):
    loss = LOSSES[name]()
    loss.check()
    again = loss_from_state(json.loads(json.dumps(loss.to_state())))
    assert type(again) is type(loss)
    assert again.key() == loss.key() == clone(loss).key()
    assert hash(loss.key()) == hash(again.key())
    for param, value in loss.get_params().items():
        assert clone(loss).set_params(**{param: _other(value)}).key() != loss.key()


def test_keys_are_of_values_not_of_their_types():
    assert QuantileLoss([0.1, 0.9]).key() == QuantileLoss((0.1, 0.9)).key() == QuantileLoss(np.array([0.1, 0.9])).key()
    assert HuberLoss(np.float32(2)).key() == HuberLoss(2.0).key()
    assert (
        len({each.key() for each in (QuantileLoss(0.5), AbsoluteError(), HuberLoss(), GammaDeviance(), FocalLoss())})
        == 5
    )


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (FocalLoss(gamma=-1), "gamma of the focal loss must be a number of 0 or more, got -1."),
        (FocalLoss(gamma="2"), "gamma of the focal loss must be a number of 0 or more, got '2'."),
        (FocalLoss(gamma=np.nan), "gamma of the focal loss must be a number of 0 or more, got nan."),
        (HuberLoss(delta=0), "delta of the huber loss must be a positive number, got 0."),
        (HuberLoss(delta=True), "delta of the huber loss must be a positive number, got True."),
        (
            TweedieDeviance(power=2),
            "power of the tweedie loss must be in (1, 2), got 2. For 1 use the loss 'poisson', for 2",
        ),
        (TweedieDeviance(power=1.0), "power of the tweedie loss must be in (1, 2), got 1.0."),
        (
            QuantileLoss(quantiles=()),
            "quantiles must be a number in (0, 1), or several in increasing order, got ",
        ),
        (QuantileLoss(quantiles=(0.5, 0.5)), "or several in increasing order, got (0.5, 0.5)."),
        (QuantileLoss(quantiles=(0.9, 0.1)), "or several in increasing order, got (0.9, 0.1)."),
        (QuantileLoss(quantiles=1.0), "or several in increasing order, got 1.0."),
        (QuantileLoss(quantiles="half"), "or several in increasing order, got 'half'."),
    ],
)
def test_parameters_out_of_range_are_refused(loss, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        loss_of(loss, ClassLoss if isinstance(loss, ClassLoss) else NumberLoss)


@pytest.mark.parametrize(
    ("spec", "family", "message"),
    [
        (
            "huber",
            ClassLoss,
            "The loss 'huber' is for numbers, but the target holds classes. Losses for classes: cr",
        ),
        (
            "focal",
            NumberLoss,
            "The loss 'focal' is for classes, but the target holds numbers. Losses for numbers: a",
        ),
        ("focl", ClassLoss, "No loss named 'focl'."),
        ({"name": "huber", "dleta": 1}, NumberLoss, "The loss 'huber' does not take these parameters: "),
        (keras.losses.Huber, NumberLoss, "A loss is given as a name, a mapping with a 'name', or an instance; got "),
    ],
)
def test_unknown_losses_and_those_of_the_other_family_are_refused(spec, family, message):
    with pytest.raises(UnknownNameError, match=re.escape(message)):
        loss_of(spec, family)


def test_names_mappings_and_instances_are_resolved():
    assert loss_of({"name": "huber", "delta": 2.0}, NumberLoss).delta == 2.0
    given = FocalLoss(gamma=1.0)
    assert loss_of(given, ClassLoss) is given


@pytest.mark.parametrize("base", [ClassLoss, NumberLoss])
def test_a_custom_loss_must_define_its_function(base):
    methods = {ClassLoss: ["of_labels", "of_each_class"], NumberLoss: ["of"]}[base]
    for method in methods:
        with pytest.raises(TypeError, match=f"must define {method}"):
            getattr(base(), method)(*([None] * (1 if method == "of_each_class" else 2)))
