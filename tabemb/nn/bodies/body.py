"""The base classes of bodies, the specifications of the layers between the features and the logits."""

from collections.abc import Callable, Sequence
from typing import Any

from sklearn.base import BaseEstimator

from tabemb.nn.bodies import blocks
from tabemb.nn.embedding import FeatureSpec
from tabemb.nn.features import Features
from tabemb.nn.parameters import ACTIVATIONS, NORMALIZATIONS, check_among, check_units
from tabemb.nn.seeds import Seeds
from tabemb.ranges import check_share
from tabemb.registry import Registry

__all__ = ["BODIES", "Body", "DeepBody"]


class Body(BaseEstimator):
    """A specification of the layers between the features and the logits.

    A body holds no weights: it can be built many times, cloned, tuned (``body__dropout``) and written in YAML.
    """

    def build(self, features: Features, n_outputs: int, seeds: Seeds) -> Any:
        """Return the logits, a Keras tensor of shape (batch, n_outputs).

        A body with several members, each trained to predict by itself, returns the logits of all members, of shape
        (batch, n_members, n_outputs).

        Parameters
        ----------
        features : Features
            Vectors, numbers and one-hot columns.
        n_outputs : int
            Number of logits.
        seeds : Seeds
            Source of the seeds of the initializers.
        """
        raise TypeError("a body must define build(features, n_outputs, seeds)")

    def check(self) -> None:
        """Raise ValueError or UnknownNameError if a parameter is invalid."""

    @property
    def first_layer(self) -> str | None:
        """Name of the layer that is the only one to read the concatenated vectors of all columns; None if none is."""
        return None

    def n_separate(self, features: tuple[FeatureSpec, ...]) -> int:
        """Return the number of members that share no weights through which information about a row could leak.

        Each member can then be validated on rows that it alone leaves out. The inputs of the members come from layers
        that support :func:`~tabemb.nn.members.portions_of_members`.

        Parameters
        ----------
        features : tuple of FeatureSpec
            The embedded columns.
        """
        return 1

    def slices(self, dims: Sequence[int]) -> list[int | None]:
        """Return the number of dimensions of each vector that one member sees, None if it sees the whole vector.

        Parameters
        ----------
        dims : sequence of int
            Dimension of the vector of each embedded column.
        """
        return [None] * len(dims)

    def n_slices(self, dim: int) -> int:
        """Return the number of slices in which a vector of ``dim`` dimensions is read, each by another member."""
        return dim // (self.slices([dim])[0] or dim)


BODIES: Registry[Body] = Registry("body")


class DeepBody(Body):
    """A body with hidden layers of a perceptron, each: dense, normalization, activation, dropout.

    Parameters
    ----------
    hidden_units : tuple of int, default=(256, 128)
        Width of each hidden layer; may be empty.
    dropout : float, default=0.2
        Dropout rate of the hidden units, in [0, 1).
    activation : str, default="relu"
        Any activation that Keras knows by name.
    normalization : {None, "batch", "layer"}, default=None
        Normalization between a dense layer and its activation.
    """

    def __init__(self, hidden_units=(256, 128), dropout=0.2, activation="relu", normalization=None):
        self.hidden_units = hidden_units
        self.dropout = dropout
        self.activation = activation
        self.normalization = normalization

    @property
    def first_layer(self) -> str | None:
        """Name of the layer that reads the vectors: the first hidden layer, or the logits layer."""
        return "hidden_0" if self.hidden_units else "logits"

    def check(self) -> None:
        """Raise ValueError or UnknownNameError if a parameter is invalid."""
        check_units("hidden_units", self.hidden_units)
        check_share("dropout", self.dropout, zero=True)
        check_among("normalization", self.normalization, NORMALIZATIONS)
        check_among("activation", self.activation, ACTIVATIONS)

    def hidden(self, first: Callable[..., Any], seeds: Seeds) -> Any:
        """Return the output of the last hidden layer, of shape (batch, units); None if there are no hidden layers.

        Parameters
        ----------
        first : callable
            Function of ``(units, seeds, name=)`` that returns the output of the first dense layer:
            ``features.dense``, or :func:`~tabemb.nn.bodies.blocks.dense` applied to other inputs.
        seeds : Seeds
            Source of the seeds of the initializers.
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
