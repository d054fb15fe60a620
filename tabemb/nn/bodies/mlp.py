"""The multilayer perceptron: dense layers, each with normalization, activation and dropout."""

from tabemb.nn.bodies.blocks import logits_layer
from tabemb.nn.bodies.body import BODIES, DeepBody

__all__ = ["Mlp"]


@BODIES.register("mlp")
class Mlp(DeepBody):
    """A multilayer perceptron over concatenated vectors and numbers (Guo & Berkhahn 2016, arXiv:1604.06737, fig. 1).

    Parameters
    ----------
    hidden_units : tuple of int, default=(256, 128)
        Width of each hidden layer; empty for a linear model on the vectors.
    dropout : float, default=0.2
        Dropout rate of the hidden units, in [0, 1).
    activation : str, default="relu"
        Any activation that Keras knows by name.
    normalization : {None, "batch", "layer"}, default=None
        Normalization between a dense layer and its activation.

    Examples
    --------
    >>> Mlp(hidden_units=(32,), dropout=0.0)
    Mlp(dropout=0.0, hidden_units=(32,))
    """

    def build(self, features, n_outputs, seeds):
        """Return the logits, a Keras tensor of shape (batch, n_outputs)."""
        self.check()
        hidden = self.hidden(features.dense, seeds)
        if hidden is None:
            return features.dense(n_outputs, seeds, name="logits")
        return logits_layer(hidden, n_outputs, seeds)
