"""Building blocks of bodies; each layer is initialized from a seed derived from its name."""

from typing import Any

import keras

from tabemb.nn.dropout import ByteDropout
from tabemb.nn.parameters import NORMALIZATIONS
from tabemb.nn.seeds import Seeds

__all__ = ["activated", "added", "dense", "dropped", "logits_layer", "normalized"]


def dense(inputs: Any, units: int, seeds: Seeds, *, name: str, use_bias: bool = True) -> Any:
    """Return the output of a dense layer, before any activation.

    Parameters
    ----------
    inputs : KerasTensor of shape (..., width)
        Input of the layer.
    units : int
        Width of the output.
    seeds : Seeds
        Source of the seed of the kernel initializer.
    name : str
        Name of the layer and of the seed.
    use_bias : bool, default=True
        Whether the layer has a bias.
    """
    start = keras.initializers.GlorotUniform(seed=seeds[name])
    return keras.layers.Dense(units, use_bias=use_bias, kernel_initializer=start, name=name)(inputs)


def logits_layer(hidden: Any, n_outputs: int, seeds: Seeds) -> Any:
    """Return the logits: the output of the last dense layer, in float32 whatever the dtype of the layers before."""
    start = keras.initializers.GlorotUniform(seed=seeds["logits"])
    return keras.layers.Dense(n_outputs, kernel_initializer=start, dtype="float32", name="logits")(hidden)


def normalized(hidden: Any, normalization: str | None, *, name: str) -> Any:
    """Return the output of a normalization layer, or the input if ``normalization`` is None."""
    layer = NORMALIZATIONS[normalization]
    return hidden if layer is None else layer(name=f"{name}_normalization")(hidden)


def activated(hidden: Any, activation: str, *, name: str) -> Any:
    """Return the output of an activation."""
    return keras.layers.Activation(activation, name=f"{name}_activation")(hidden)


def dropped(hidden: Any, share: float, seeds: Seeds, *, name: str) -> Any:
    """Return the output of a dropout layer, or the input if the rate is 0."""
    if not share:
        return hidden
    return ByteDropout(share, seed=seeds[f"{name}/dropout"], name=f"{name}_dropout")(hidden)


def added(parts: list[Any], *, name: str) -> Any:
    """Return the sum of tensors of the same shape."""
    return keras.layers.Add(name=name)(parts) if len(parts) > 1 else parts[0]
