"""What a body is."""

from collections.abc import Sequence
from typing import Any

from sklearn.base import BaseEstimator

from tabemb.nn.embedding import FeatureSpec
from tabemb.nn.features import Features
from tabemb.nn.seeds import Seeds
from tabemb.registry import Registry

__all__ = ["BODIES", "Body"]


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
