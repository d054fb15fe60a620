"""The deep & cross network: explicit feature products, parallel to or followed by a perceptron."""

from functools import partial

import keras

from tabemb.nn.bodies import blocks
from tabemb.nn.bodies.body import BODIES, DeepBody
from tabemb.nn.features import concatenated
from tabemb.nn.parameters import check_among, check_count

__all__ = ["Cross"]

STRUCTURES = ("parallel", "stacked")


@BODIES.register("cross")
class Cross(DeepBody):
    """A deep & cross network (DCN-v2, Wang et al. 2021, arXiv:2008.13535).

    Each cross layer computes ``x0 * (W x + b) + x`` from the output x of the previous layer (eq. 1), where x0 is the
    concatenation of vectors and numbers: l layers contain all products of up to l + 1 inputs. A one-hot column enters
    x0 as eight learned numbers, so that the size of W does not depend on its number of categories.

    Parameters
    ----------
    n_layers : int, default=2
        Number of cross layers.
    rank : int or None, default=32
        Rank of W (eq. 2), used if two factors of that rank are smaller than W; None always uses a full matrix.
    structure : {"parallel", "stacked"}, default="parallel"
        Whether the perceptron is parallel to the cross layers or follows them (fig. 1).
    hidden_units : tuple of int, default=(256, 128)
        Width of each hidden layer of the perceptron; empty for cross layers alone.
    dropout : float, default=0.2
        Dropout rate of the hidden units, in [0, 1).
    activation : str, default="relu"
        Activation of the perceptron: the name of a Keras activation.
    normalization : {None, "batch", "layer"}, default=None
        Normalization between a dense layer of the perceptron and its activation.

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
            deep = self.hidden(partial(blocks.dense, crossed), seeds)
            return blocks.logits_layer(crossed if deep is None else deep, n_outputs, seeds)
        deep = self.hidden(partial(blocks.dense, inputs), seeds)
        return blocks.logits_layer(concatenated([crossed, deep], name="cross_and_deep"), n_outputs, seeds)

    @property
    def first_layer(self) -> str | None:
        """None: the cross layers read the vectors, too."""
        return None

    def check(self):
        """Raise ValueError or UnknownNameError if a parameter is invalid."""
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
