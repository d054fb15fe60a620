"""The cross network: products of the inputs with what was made of them, beside or before a perceptron."""

from functools import partial

import keras

from tabemb.nn.bodies import blocks
from tabemb.nn.bodies.body import BODIES, DeepBody
from tabemb.nn.features import side_by_side
from tabemb.nn.parameters import check_among, check_count

__all__ = ["Cross"]

STRUCTURES = ("parallel", "stacked")


@BODIES.register("cross")
class Cross(DeepBody):
    """A deep & cross network (DCN-v2, Wang et al. 2021, arXiv:2008.13535).

    Cross layer l makes ``x0 * (W x + b) + x`` of the output x of the layer before (eq. 1), where x0 are the vectors and
    numbers side by side: after l layers all products of up to l + 1 inputs are there. A one-hot column enters x0 by
    eight learned numbers, so that W does not grow with its categories.

    Parameters
    ----------
    n_layers : int, default=2
        Number of cross layers.
    rank : int or None, default=32
        Rank of W (eq. 2), where two factors of that rank are smaller than W; None for a full matrix always.
    structure : {"parallel", "stacked"}, default="parallel"
        Whether the perceptron is beside the cross layers, or behind them (fig. 1).
    hidden_units : tuple of int, default=(256, 128)
        Width of each hidden layer of the perceptron; empty for cross layers alone.
    dropout : float, default=0.2
        Share of hidden units that are silenced in a training step, in [0, 1).
    activation : str, default="relu"
        Any activation that Keras knows by name; of the perceptron only.
    normalization : {None, "batch", "layer"}, default=None
        What stands between a dense layer of the perceptron and its activation.

    Examples
    --------
    >>> Cross(n_layers=3, structure="stacked")
    Cross(n_layers=3, structure='stacked')
    """

    def __init__(
        self,
        n_layers=2,
        rank=32,
        structure="parallel",
        hidden_units=(256, 128),
        dropout=0.2,
        activation="relu",
        normalization=None,
    ):
        super().__init__(hidden_units, dropout, activation, normalization)
        self.n_layers = n_layers
        self.rank = rank
        self.structure = structure

    def build(self, features, n_outputs, seeds):
        """Return the logits, a Keras tensor of shape (batch, n_outputs)."""
        self.check()
        inputs = features.flat(seeds)
        crossed = inputs
        for depth in range(self.n_layers):
            crossed = self._crossed(inputs, crossed, seeds, f"cross_{depth}")
        if self.structure == "stacked":
            behind = self.hidden(partial(blocks.dense, crossed), seeds)
            return blocks.logits_layer(crossed if behind is None else behind, n_outputs, seeds)
        beside = self.hidden(partial(blocks.dense, inputs), seeds)
        return blocks.logits_layer(side_by_side([crossed, beside], name="cross_and_deep"), n_outputs, seeds)

    @property
    def first_layer(self) -> str | None:
        """None: beside the perceptron, cross layers read the vectors."""
        return None

    def check(self):
        """Raise ValueError, or UnknownNameError, where a parameter is out of range."""
        super().check()
        check_count("n_layers", self.n_layers)
        if self.rank is not None:
            check_count("rank", self.rank)
        check_among("structure", self.structure, STRUCTURES)

    def _crossed(self, inputs, crossed, seeds, name):
        width, weighted = inputs.shape[-1], crossed
        if self.rank is not None and 2 * self.rank < width:
            weighted = blocks.dense(weighted, int(self.rank), seeds, name=f"{name}_narrow", use_bias=False)
        weighted = blocks.dense(weighted, width, seeds, name=name)
        product = keras.layers.Multiply(name=f"{name}_product")([inputs, weighted])
        return blocks.added([product, crossed], name=f"{name}_sum")
