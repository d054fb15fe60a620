"""The plain forms of Keras' own layers."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from tabemb.nn.plain import operations as plain
from tabemb.nn.plain.activations import ACTIVATIONS, linear
from tabemb.nn.plain.forms import Form, NoPlainFormError, covered, plain_form
from tabemb.nn.plain.look_ups import LookUp

__all__ = ["plain_activation"]


def plain_activation(layer: Any) -> Callable[[np.ndarray], np.ndarray]:
    """Return the NumPy function of a layer's activation."""
    for name, function in ACTIVATIONS.items():
        if layer.activation is getattr(keras.activations, name, None):
            return function
    name = getattr(layer.activation, "__name__", type(layer.activation).__name__)
    raise NoPlainFormError(f"the activation of the layer {layer.name!r} is {name}")


def _activation(layer) -> Form:
    function = plain_activation(layer)
    return [] if function is linear else [(plain.Activate(function), ())]


plain_form(keras.layers.Activation)(_activation)


@plain_form(
    keras.layers.AlphaDropout,
    keras.layers.Dropout,
    keras.layers.GaussianDropout,
    keras.layers.GaussianNoise,
    keras.layers.Identity,
)
def _nothing(layer) -> Form:
    return []


@plain_form(keras.layers.Dense)
def _dense(layer) -> Form:
    covered(layer, layer.quantization_mode is None)
    weights = ("kernel", "bias") if layer.use_bias else ("kernel",)
    return [(plain.Dense(), weights), *_activation(layer)]


@plain_form(keras.layers.Embedding)
def _embedding(layer) -> Form:
    covered(layer, layer.quantization_mode is None and not layer.mask_zero)
    return [(LookUp(), ("embeddings",))]


@plain_form(keras.layers.BatchNormalization)
def _batch_normalization(layer) -> Form:
    covered(layer, _is_last(layer.axis, layer) and not getattr(layer, "renorm", False))
    names = ("moving_mean", "moving_variance", *_scale_and_center(layer))
    return [(plain.BatchNormalize(layer.epsilon, layer.scale, layer.center), names)]


@plain_form(keras.layers.LayerNormalization)
def _layer_normalization(layer) -> Form:
    covered(layer, _is_last(layer.axis, layer) and not layer.rms_scaling)
    return [(plain.LayerNormalize(layer.epsilon, layer.scale, layer.center), _scale_and_center(layer))]


def _scale_and_center(layer):
    return ("gamma",) * bool(layer.scale) + ("beta",) * bool(layer.center)


def _is_last(axis, layer):
    axes = [axis] if isinstance(axis, int) else list(axis)
    return axes in ([-1], [len(layer.input.shape) - 1])


@plain_form(keras.layers.Concatenate)
def _concatenate(layer) -> Form:
    return [(plain.Concatenate(layer.axis), ())]


@plain_form(keras.layers.Add)
def _add(layer) -> Form:
    return [(plain.Add(), ())]


@plain_form(keras.layers.Subtract)
def _subtract(layer) -> Form:
    return [(plain.Subtract(), ())]


@plain_form(keras.layers.Multiply)
def _multiply(layer) -> Form:
    return [(plain.Multiply(), ())]


@plain_form(keras.layers.Reshape, keras.layers.Flatten)
def _reshape(layer) -> Form:
    covered(layer, None not in layer.output.shape[1:] and getattr(layer, "data_format", None) != "channels_first")
    return [(plain.Reshape(tuple(layer.output.shape[1:])), ())]
