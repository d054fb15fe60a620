"""The plain form of a layer: what it becomes, by its class."""

from collections.abc import Callable
from typing import Any

from tabemb.nn.plain import operations as plain

__all__ = ["FORMS", "Form", "NoPlainFormError", "covered", "plain_form"]

Form = list[tuple[plain.Operation, tuple[str, ...]]]
FORMS: dict[type, Callable[[Any], Form]] = {}


class NoPlainFormError(Exception):
    """A layer is not known here, or does what is not covered; the whole network then answers through TensorFlow."""


def plain_form(*layers: type) -> Callable:
    """Say what the layers of a class become; a subclass has to say so itself, since it may do something else.

    Parameters
    ----------
    *layers : type
        Keras layer classes.

    Returns
    -------
    callable
        A decorator for a function from a layer to its operations, one after the other, each with the names of the
        attributes that are its weights. The function raises :class:`NoPlainFormError` where an option of the layer is
        not covered.

    Examples
    --------
    >>> import keras
    >>> class Ceiling(keras.layers.Layer):
    ...     def call(self, x):
    ...         return keras.ops.ceil(x)
    >>> @plain_form(Ceiling)
    ... def ceiling(layer):
    ...     import numpy as np
    ...     return [(plain.Activate(np.ceil), ())]
    """

    def register(form):
        FORMS.update(dict.fromkeys(layers, form))
        return form

    return register


def covered(layer: Any, condition: bool) -> None:
    """Raise :class:`NoPlainFormError` unless the condition holds: an option of the layer that has no plain form."""
    if not condition:
        raise NoPlainFormError(f"the layer {layer.name!r} has an option that is not covered")
