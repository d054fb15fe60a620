"""What a body is."""

from typing import Any

import keras
from sklearn.base import BaseEstimator

from tabemb.nn.features import Features
from tabemb.nn.seeds import Seeds
from tabemb.registry import Registry

__all__ = ["BODIES", "Body", "logits_layer"]


class Body(BaseEstimator):
    """A specification of the layers between the features and the logits.

    A body holds no weights: the same one can be built many times, cloned, searched over (``body__dropout``) and written
    in YAML.
    """

    def build(self, features: Features, n_outputs: int, seeds: Seeds) -> Any:
        """Return the logits, a Keras tensor of shape (batch, n_outputs).

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


BODIES: Registry[Body] = Registry("body")


def logits_layer(hidden: Any, n_outputs: int, seeds: Seeds) -> Any:
    """Return the last dense layer's output, without an activation (float32 whatever the layers before compute in)."""
    start = keras.initializers.GlorotUniform(seed=seeds["logits"])
    return keras.layers.Dense(n_outputs, kernel_initializer=start, dtype="float32", name="logits")(hidden)
