"""DeepFM: a linear model, pairwise products of columns, and a perceptron."""

from dataclasses import replace

import keras

from tabemb.nn.bodies import blocks
from tabemb.nn.bodies.body import BODIES, DeepBody
from tabemb.nn.features import concatenated
from tabemb.nn.parameters import check_count
from tabemb.nn.tokens import Interactions

__all__ = ["DeepFM"]


@BODIES.register("deepfm")
class DeepFM(DeepBody):
    """A factorization machine and a perceptron over the same vectors (Guo et al. 2017, arXiv:1703.04247, eq. 1).

    The first order is linear in the vectors, the numbers and the one-hot columns, as in
    :class:`~tabemb.nn.bodies.wide_deep.WideDeep`. The second order sums the elementwise products of the vectors of all
    pairs of columns. The paper adds up the elements of the sum; here each output weights them, so that several outputs
    differ. The vector of a number is the number times a learned vector; a one-hot column has a learned vector per
    category. If the columns have different dimensions, each vector is first projected to a common dimension.

    Parameters
    ----------
    interaction_dim : int, default=16
        The common dimension. Ignored if all embedded columns have the same dimension.
    hidden_units : tuple of int, default=(256, 128)
        Width of each hidden layer of the perceptron; empty for the factorization machine alone.
    dropout : float, default=0.2
        Dropout rate of the hidden units, in [0, 1).
    activation : str, default="relu"
        Any activation that Keras knows by name.
    normalization : {None, "batch", "layer"}, default=None
        Normalization between a dense layer and its activation.

    Examples
    --------
    >>> DeepFM(interaction_dim=8)
    DeepFM(interaction_dim=8)
    """

    def __init__(
        self,
        interaction_dim=16,
        hidden_units=(256, 128),
        dropout=0.2,
        activation="relu",
        normalization=None,
    ):
        super().__init__(hidden_units, dropout, activation, normalization)
        self.interaction_dim = interaction_dim

    def build(self, features, n_outputs, seeds):
        """Return the logits, a Keras tensor of shape (batch, n_outputs)."""
        self.check()
        first_order = features.dense(n_outputs, seeds, name="first_order")
        second_order = Interactions(name="second_order")(self._vectors(features, seeds))
        hidden = self.hidden(features.dense, seeds)
        both = concatenated([second_order, hidden], name="second_order_and_deep")
        return blocks.added([first_order, blocks.logits_layer(both, n_outputs, seeds)], name="all_orders")

    @property
    def first_layer(self) -> str | None:
        """None: the products read the vectors, too."""
        return None

    def check(self):
        """Raise ValueError or UnknownNameError if a parameter is invalid."""
        super().check()
        check_count("interaction_dim", self.interaction_dim)

    def _vectors(self, features, seeds):
        """Return vectors of a common dimension for all columns, in groups of shape (batch, n, dim)."""
        if len(set(features.dims)) != 1:
            return features.tokens(int(self.interaction_dim), seeds, name="interactions")
        shape = (len(features.dims), features.dims[0])
        unchanged = keras.layers.Reshape(shape, name="vectors_apart")(features.embedded)
        others = replace(features, embedded=None, dims=())
        return [unchanged, *others.tokens(features.dims[0], seeds, name="interactions")]
