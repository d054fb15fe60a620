"""The multilayer perceptron: dense layers, each with normalisation, activation and dropout."""

import inspect
from numbers import Integral

import keras

from tabemb.exceptions import UnknownNameError
from tabemb.nn.bodies.body import BODIES, Body, logits_layer

__all__ = ["Mlp"]

NORMALIZATIONS = {
    None: None,
    "batch": keras.layers.BatchNormalization,
    "layer": keras.layers.LayerNormalization,
}
ACTIVATIONS = frozenset(name for name, each in vars(keras.activations).items() if inspect.isfunction(each)) - {
    "deserialize",
    "get",
    "serialize",
}


@BODIES.register("mlp")
class Mlp(Body):
    """A multilayer perceptron over vectors and numbers side by side (Guo & Berkhahn 2016, arXiv:1604.06737, fig. 1).

    Parameters
    ----------
    hidden_units : tuple of int, default=(256, 128)
        Width of each hidden layer; empty for a linear model on the vectors.
    dropout : float, default=0.2
        Share of hidden units that are silenced in a training step, in [0, 1).
    activation : str, default="relu"
        Any activation that Keras knows by name.
    normalization : {None, "batch", "layer"}, default=None
        What stands between a dense layer and its activation.

    Examples
    --------
    >>> Mlp(hidden_units=(32,), dropout=0.0)
    Mlp(dropout=0.0, hidden_units=(32,))
    """

    def __init__(self, hidden_units=(256, 128), dropout=0.2, activation="relu", normalization=None):
        self.hidden_units = hidden_units
        self.dropout = dropout
        self.activation = activation
        self.normalization = normalization

    def build(self, features, n_outputs, seeds):
        """Return the logits, a Keras tensor of shape (batch, n_outputs)."""
        self._check()
        hidden = None
        for depth, units in enumerate(map(int, self.hidden_units)):
            name = f"hidden_{depth}"
            if hidden is None:
                hidden = features.dense(units, seeds, name=name)
            else:
                start = keras.initializers.GlorotUniform(seed=seeds[name])
                hidden = keras.layers.Dense(units, kernel_initializer=start, name=name)(hidden)
            if NORMALIZATIONS[self.normalization]:
                hidden = NORMALIZATIONS[self.normalization](name=f"{name}_normalization")(hidden)
            hidden = keras.layers.Activation(self.activation, name=f"{name}_activation")(hidden)
            if self.dropout:
                drop = keras.layers.Dropout(self.dropout, seed=seeds[f"{name}/dropout"], name=f"{name}_dropout")
                hidden = drop(hidden)
        if hidden is None:
            return features.dense(n_outputs, seeds, name="logits")
        return logits_layer(hidden, n_outputs, seeds)

    def _check(self):
        if not isinstance(self.hidden_units, (list, tuple)) or any(
            isinstance(u, bool) or not isinstance(u, Integral) or u < 1 for u in self.hidden_units
        ):
            raise ValueError(f"hidden_units must be a tuple of positive integers, got {self.hidden_units!r}.")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must be in [0, 1), got {self.dropout!r}.")
        if self.normalization not in NORMALIZATIONS:
            raise UnknownNameError.among("normalization", self.normalization, map(str, NORMALIZATIONS))
        if self.activation not in ACTIVATIONS:
            raise UnknownNameError.among("activation", self.activation, ACTIVATIONS)
