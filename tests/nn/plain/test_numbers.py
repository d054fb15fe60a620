"""The numeric encoders' operations give what their layers give."""

import keras
import numpy as np
import pytest

from tabemb.nn.numeric import NUMERIC_ENCODERS, PBLD, Periodic, PiecewiseLinear
from tabemb.nn.plain.program import PlainNetwork
from tabemb.nn.plain.translation import translate
from tabemb.nn.seeds import Seeds

SPECS = [
    *map(NUMERIC_ENCODERS.resolve, sorted(NUMERIC_ENCODERS)),
    PBLD(n_frequencies=3, embedding_dim=2, sigma=1.0),
    Periodic(n_frequencies=3, embedding_dim=2, sigma=1.0, activation="softmax"),
    Periodic(lite=True, activation="linear"),
    PiecewiseLinear(n_bins=3, embedding_dim=4),
    PiecewiseLinear(embedding_dim=None),
]
ROWS = np.random.default_rng(0).uniform(-1, 4, (40, 5)).astype("float32")


def model_of(spec, n_indicators):
    inputs = keras.Input((5,), name="numbers")
    encoded = spec.build(inputs, Seeds(0), n_indicators=n_indicators)
    return keras.Model({"numbers": inputs}, keras.layers.Dense(2)(encoded))


@pytest.mark.parametrize("n_indicators", [0, 2])
@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_every_encoder_gives_keras_numbers(spec, n_indicators):
    model = model_of(spec, n_indicators)
    translation = translate(model)
    weights = [source.variable.numpy() for source in translation.sources]
    copied = PlainNetwork.copied(translation.program, weights)
    for n in (40, 1, 0):
        for answer in (translation.program.run(weights, {"numbers": ROWS[:n]}), copied({"numbers": ROWS[:n]})):
            assert answer.dtype == "float32"
            np.testing.assert_allclose(answer, model({"numbers": ROWS[:n]}), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_a_copy_keeps_its_weights_and_what_it_is_given(spec):
    model, given = model_of(spec, 2), ROWS.copy()
    translation = translate(model)
    weights = [source.variable.numpy().copy() for source in translation.sources]
    copied = PlainNetwork.copied(translation.program, weights)
    before = copied({"numbers": given})
    for weight in weights:
        weight[:] = 7
    np.testing.assert_array_equal(copied({"numbers": given}), before)
    np.testing.assert_array_equal(given, ROWS)
