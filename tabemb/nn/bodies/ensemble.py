"""An ensemble within one network: parallel perceptrons, each with its own slice of the long vectors."""

import keras

from tabemb.nn.bodies import blocks
from tabemb.nn.bodies.body import BODIES, Body
from tabemb.nn.dropout import MemberDropout
from tabemb.nn.members import MemberLogits, MemberSlices
from tabemb.nn.parameters import ACTIVATIONS, check_among, check_count, check_units
from tabemb.nn.separate import SeparateDense, SeparateOneHotDense
from tabemb.ranges import check_share

__all__ = ["Ensemble"]

# Slices with fewer dimensions carry too little information; such vectors are seen whole by all members.
MIN_SLICE = 4
# Columns with at most this many categories may be seen whole by separate members: with so many rows per category, their
# vectors reveal nothing about the target of a single row.
MAX_SHARED_CATEGORIES = 256


@BODIES.register("ensemble")
class Ensemble(Body):
    """Small perceptrons trained in parallel; predictions are the mean of their logits.

    Each member has its own weights and its own slice of the long vectors: of a vector with 64 dimensions, the first of
    eight members sees the first eight. (Several short vectors per category instead of a long one: multi-embedding, Guo
    et al. 2024, arXiv:2310.04400.) The members thus differ like networks of several fits, but share one table, and the
    vector of a category is the concatenation of their slices. A vector that cannot be split into equal slices of at
    least four dimensions is seen whole by all members, and so are numbers and one-hot columns.

    If the members share no weights through which the target of a row could leak, no rows are held out for validation.
    Instead each member leaves out a different fold for early stopping (out-of-fold, as in bagging), so that all rows
    are used for training.

    Parameters
    ----------
    n_members : int, default=8
        Number of members.
    hidden_units : tuple of int, default=(128, 64)
        Width of each hidden layer of a member.
    dropout : float, default=0.2
        Dropout rate of the hidden units, in [0, 1).
    activation : str, default="relu"
        Any activation that Keras knows by name.

    Examples
    --------
    >>> Ensemble(n_members=4)
    Ensemble(n_members=4)
    """

    def __init__(self, n_members=8, hidden_units=(128, 64), dropout=0.2, activation="relu"):
        self.n_members = n_members
        self.hidden_units = hidden_units
        self.dropout = dropout
        self.activation = activation

    def build(self, features, n_outputs, seeds):
        """Return the logits of all members, a Keras tensor of shape (batch, n_members, n_outputs)."""
        self.check()
        k, hidden = int(self.n_members), None
        for depth, units in enumerate(map(int, self.hidden_units)):
            name = f"hidden_{depth}"
            if hidden is None:
                hidden = self._first(features, units, seeds, name=name)
            else:
                hidden = SeparateDense(units, k, seed=seeds[name], name=name)(hidden)
            hidden = blocks.activated(hidden, self.activation, name=name)
            if self.dropout:
                seed = seeds[f"{name}/dropout"]
                hidden = MemberDropout(self.dropout, seed=seed, name=f"{name}_dropout")(hidden)
        return MemberLogits(n_outputs, k, seed=seeds["logits"], dtype="float32", name="logits")(hidden)

    @property
    def first_layer(self) -> str | None:
        """Name of the layer that reads the concatenated vectors of all columns."""
        return "hidden_0"

    def slices(self, dims):
        """Return the number of dimensions of each vector that one member sees, None if it sees the whole vector."""
        k = int(self.n_members)
        return [dim // k if dim % k == 0 and dim // k >= MIN_SLICE else None for dim in dims]

    def n_separate(self, features):
        """Return the number of members if no column with many categories is seen whole, else 1."""
        slices = self.slices([feature.table.embedding_dim for feature in features])
        shared = [f for f, width in zip(features, slices, strict=True) if width is None]
        few = all(feature.table.vocabulary_size <= MAX_SHARED_CATEGORIES for feature in shared)
        return int(self.n_members) if few else 1

    def _first(self, features, units, seeds, *, name):
        k, cut = int(self.n_members), [width is not None for width in self.slices(features.dims)]
        fan_in = sum(dim // k if is_cut else dim for dim, is_cut in zip(features.dims, cut, strict=True))
        fan_in += features.width - sum(features.dims)
        parts, dense_inputs = [], [each for each in (features.embedded, features.numbers) if each is not None]
        if dense_inputs:
            if features.embedded is None:
                slices = MemberSlices([features.numbers.shape[-1]], k, cut=[False], name="slices")
            else:
                slices = MemberSlices(features.dims, k, cut=cut, name="slices")
            parts.append(SeparateDense(units, k, fan_in=fan_in, seed=seeds[name], name=name)(slices(dense_inputs)))
        if features.one_hot:
            layer = SeparateOneHotDense(
                units * k,
                [each.position for each in features.one_hot],
                [each.vocabulary_size for each in features.one_hot],
                n_members=k,
                fan_in=fan_in,
                seed=seeds[f"{name}/one_hot"],
                name=f"{name}_one_hot",
            )
            parts.append(layer(features.indices))
        return keras.layers.Add(name=f"{name}_sum")(parts) if len(parts) > 1 else parts[0]

    def check(self):
        """Raise ValueError or UnknownNameError if a parameter is invalid."""
        check_count("n_members", self.n_members)
        check_units("hidden_units", self.hidden_units, empty=False)
        check_share("dropout", self.dropout, zero=True)
        check_among("activation", self.activation, ACTIVATIONS)
