"""What of a Keras layer is covered; that its numbers are right is tested in test_translation."""

import keras
import pytest

from tabemb.nn.plain.activations import tanh_shrink
from tabemb.nn.plain.forms import FORMS, NoPlainFormError
from tabemb.nn.plain.keras_layers import plain_activation


def form_of(layer):
    layer(keras.Input((3,)))
    return [(type(operation).__name__, names) for operation, names in FORMS[type(layer)](layer)]


def test_an_activation_is_a_step_of_its_own_and_none_is_no_step():
    assert form_of(keras.layers.Dense(2, activation="relu")) == [("Dense", ("kernel", "bias")), ("Activate", ())]
    assert form_of(keras.layers.Dense(2, use_bias=False)) == [("Dense", ("kernel",))]
    assert form_of(keras.layers.Dropout(0.5)) == form_of(keras.layers.Activation("linear")) == []


def test_an_activation_by_layer():
    assert plain_activation(keras.layers.Activation("tanh_shrink")) is tanh_shrink
    with pytest.raises(NoPlainFormError, match="the activation of the layer 'odd' is sparsemax"):
        plain_activation(keras.layers.Activation("sparsemax", name="odd"))


@pytest.mark.parametrize("layer", [keras.layers.BatchNormalization(axis=1), keras.layers.LayerNormalization(axis=1)])
def test_a_normalisation_of_other_columns_than_the_last_is_not_covered(layer):
    keras.Model(inputs := keras.Input((3, 4)), layer(inputs))
    with pytest.raises(NoPlainFormError, match="has an option that is not covered"):
        FORMS[type(layer)](layer)
