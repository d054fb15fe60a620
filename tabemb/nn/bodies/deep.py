"""What the bodies with a perceptron in them share: its parameters and its hidden layers."""

from collections.abc import Callable
from typing import Any

from tabemb.nn.bodies import blocks
from tabemb.nn.bodies.body import Body
from tabemb.nn.bodies.parameters import ACTIVATIONS, NORMALIZATIONS, check_among, check_share, check_units
from tabemb.nn.seeds import Seeds

__all__ = ["DeepBody"]


class DeepBody(Body):
    """A body with dense hidden layers: dense, normalisation, activation, dropout.

    Parameters
    ----------
    hidden_units : tuple of int, default=(256, 128)
        Width of each hidden layer; may be empty.
    dropout : float, default=0.2
        Share of hidden units that are silenced in a training step, in [0, 1).
    activation : str, default="relu"
        Any activation that Keras knows by name.
    normalization : {None, "batch", "layer"}, default=None
        What stands between a dense layer and its activation.
    """

    def __init__(self, hidden_units=(256, 128), dropout=0.2, activation="relu", normalization=None):
        self.hidden_units = hidden_units
        self.dropout = dropout
        self.activation = activation
        self.normalization = normalization

    @property
    def first_layer(self) -> str | None:
        """The name of the layer that reads the vectors: the first hidden one, or the logits."""
        return "hidden_0" if self.hidden_units else "logits"

    def check(self) -> None:
        """Raise ValueError, or UnknownNameError, where a parameter is out of range."""
        check_units("hidden_units", self.hidden_units)
        check_share("dropout", self.dropout)
        check_among("normalization", self.normalization, NORMALIZATIONS)
        check_among("activation", self.activation, ACTIVATIONS)

    def hidden(self, first: Callable[..., Any], seeds: Seeds) -> Any:
        """Return what the last hidden layer gives, of shape (batch, units); None where there is no hidden layer.

        Parameters
        ----------
        first : callable
            From ``(units, seeds, name=)`` to the output of the first dense layer: ``features.dense``, or
            :func:`~tabemb.nn.bodies.blocks.dense` of other inputs.
        seeds : Seeds
            Where random starts come from.
        """
        hidden = None
        for depth, units in enumerate(map(int, self.hidden_units)):
            name = f"hidden_{depth}"
            given = first(units, seeds, name=name) if hidden is None else blocks.dense(hidden, units, seeds, name=name)
            hidden = blocks.activated(
                blocks.normalized(given, self.normalization, name=name), self.activation, name=name
            )
            hidden = blocks.dropped(hidden, self.dropout, seeds, name=name)
        return hidden
