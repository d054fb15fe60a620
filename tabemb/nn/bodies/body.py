"""What a body is: a specification of the layers between the features and the logits."""

from collections.abc import Callable, Sequence
from typing import Any

from sklearn.base import BaseEstimator

from tabemb.nn.bodies import blocks
from tabemb.nn.embedding import FeatureSpec
from tabemb.nn.features import Features
from tabemb.nn.parameters import ACTIVATIONS, NORMALIZATIONS, check_among, check_share, check_units
from tabemb.nn.seeds import Seeds
from tabemb.registry import Registry

__all__ = ["BODIES", "Body", "DeepBody"]


class Body(BaseEstimator):
    """A specification of the layers between the features and the logits.

    A body holds no weights: the same one can be built many times, cloned, searched over (``body__dropout``) and written
    in YAML.
    """

    def build(self, features: Features, n_outputs: int, seeds: Seeds) -> Any:
        """Return the logits, a Keras tensor of shape (batch, n_outputs).

        A body of several members, each of which is trained to answer by itself, returns the logits of all of them, of
        shape (batch, n_members, n_outputs).

        Parameters
        ----------
        features : Features
            Vectors, numbers and one-hot blocks.
        n_outputs : int
            Number of logits.
        seeds : Seeds
            Where random starts come from.
        """
        raise TypeError("a body defines build(features, n_outputs, seeds)")

    @property
    def first_layer(self) -> str | None:
        """The name of the layer that alone reads the vectors of all columns side by side; None where there is none."""
        return None

    def n_separate(self, features: tuple[FeatureSpec, ...]) -> int:
        """Return how many members share nothing by which one could learn of a row that another has trained on.

        Each of them can then be judged by rows that it alone has left out; what it sees comes out of layers that heed
        :func:`~tabemb.nn.members.portions_of_members`.

        Parameters
        ----------
        features : tuple of FeatureSpec
            The embedded columns.
        """
        return 1

    def slices(self, dims: Sequence[int]) -> list[int | None]:
        """Return how many numbers of each vector one member sees, None where all see the whole vector.

        Parameters
        ----------
        dims : sequence of int
            How wide the vector of each embedded column is.
        """
        return [None] * len(dims)


BODIES: Registry[Body] = Registry("body")


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
