"""A residual network for tables."""

from tabemb.nn.bodies import blocks
from tabemb.nn.bodies.body import BODIES, Body
from tabemb.nn.parameters import (
    ACTIVATIONS,
    NORMALIZATIONS,
    check_among,
    check_count,
    check_units,
)
from tabemb.ranges import check_share

__all__ = ["ResNet"]


@BODIES.register("resnet")
class ResNet(Body):
    """A residual network (Gorishniy et al. 2021, arXiv:2106.11959, sec. 3.2).

    A dense layer computes the residual stream x; each block adds
    ``dropout(dense(dropout(activation(dense(normalization(x))))))`` to it. Normalization, activation and a dense layer
    compute the logits.

    Parameters
    ----------
    width : int, default=128
        Width of the residual stream.
    hidden_units : tuple of int, default=(256, 256)
        Width of the hidden layer of each block; the length is the number of blocks.
    dropout : float, default=0.2
        Dropout rate of the hidden units, in [0, 1).
    residual_dropout : float, default=0.0
        Dropout rate of the output of each block, in [0, 1).
    activation : str, default="relu"
        Any activation that Keras knows by name.
    normalization : {None, "batch", "layer"}, default="layer"
        Normalization at the start of each block; the paper uses "batch", with large batches.

    Examples
    --------
    >>> ResNet(hidden_units=(64,) * 4)
    ResNet(hidden_units=(64, 64, 64, 64))
    """

    def __init__(
        self,
        width=128,
        hidden_units=(256, 256),
        dropout=0.2,
        residual_dropout=0.0,
        activation="relu",
        normalization="layer",
    ):
        self.width = width
        self.hidden_units = hidden_units
        self.dropout = dropout
        self.residual_dropout = residual_dropout
        self.activation = activation
        self.normalization = normalization

    def build(self, features, n_outputs, seeds):
        """Return the logits, a Keras tensor of shape (batch, n_outputs)."""
        self.check()
        path = features.dense(int(self.width), seeds, name="path")
        for depth, units in enumerate(map(int, self.hidden_units)):
            path = blocks.added([path, self._block(path, units, seeds, f"block_{depth}")], name=f"block_{depth}_sum")
        path = blocks.normalized(path, self.normalization, name="path")
        return blocks.logits_layer(blocks.activated(path, self.activation, name="path"), n_outputs, seeds)

    @property
    def first_layer(self) -> str | None:
        """Name of the layer that reads the concatenated vectors of all columns."""
        return "path"

    def _block(self, path, units, seeds, name):
        hidden = blocks.normalized(path, self.normalization, name=name)
        hidden = blocks.dense(hidden, units, seeds, name=f"{name}_hidden")
        hidden = blocks.activated(hidden, self.activation, name=name)
        hidden = blocks.dropped(hidden, self.dropout, seeds, name=f"{name}_hidden")
        back = blocks.dense(hidden, int(self.width), seeds, name=f"{name}_back")
        return blocks.dropped(back, self.residual_dropout, seeds, name=f"{name}_back")

    def check(self):
        """Raise ValueError or UnknownNameError if a parameter is invalid."""
        check_count("width", self.width)
        check_units("hidden_units", self.hidden_units)
        check_share("dropout", self.dropout, zero=True)
        check_share("residual_dropout", self.residual_dropout, zero=True)
        check_among("normalization", self.normalization, NORMALIZATIONS)
        check_among("activation", self.activation, ACTIVATIONS)
