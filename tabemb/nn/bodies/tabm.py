"""TabM: an ensemble of perceptrons that share their kernels."""

from typing import Any

from tabemb.nn.bodies import blocks
from tabemb.nn.bodies.body import BODIES, Body
from tabemb.nn.features import concatenated
from tabemb.nn.members import MemberDense, MemberLogits, MemberSlices
from tabemb.nn.parameters import ACTIVATIONS, check_among, check_count, check_units
from tabemb.ranges import check_share

__all__ = ["TabM"]

ADAPTERS = ("all", "first")


@BODIES.register("tabm")
class TabM(Body):
    """A parameter-efficient ensemble of perceptrons (TabM, Gorishniy et al. 2024, arXiv:2410.24210).

    The members share the hidden kernels. Each scales the inputs, or inputs and outputs, of the layers by its own
    factors, and has its own logits layer. Training minimizes the mean of the members' losses, so that each learns to
    predict by itself; predictions are the mean of their logits.

    Parameters
    ----------
    n_members : int, default=16
        Number of members.
    hidden_units : tuple of int, default=(128, 64)
        Width of each hidden layer of a member; may be empty.
    adapters : {"first", "all"}, default="first"
        Whether members have separate scales at the input only (TabM-mini, sec. 3.4), or separate scales and biases in
        every hidden layer, which takes a fourth more time.
    own_vectors : bool, default=False
        Whether each member sees only its own slice of each vector, so that the vectors are an ensemble, too. The
        embedding dimensions must be multiples of ``n_members``. Numbers and one-hot columns are seen by all members.
    dropout : float, default=0.1
        Dropout rate of the hidden units, in [0, 1).
    activation : str, default="relu"
        Any activation that Keras knows by name.

    Examples
    --------
    >>> TabM(n_members=8, adapters="all")
    TabM(adapters='all', n_members=8)
    """

    def __init__(
        self,
        n_members=16,
        hidden_units=(128, 64),
        adapters="first",
        own_vectors=False,
        dropout=0.1,
        activation="relu",
    ):
        self.n_members = n_members
        self.hidden_units = hidden_units
        self.adapters = adapters
        self.own_vectors = own_vectors
        self.dropout = dropout
        self.activation = activation

    def build(self, features, n_outputs, seeds):
        """Return the logits of all members, a Keras tensor of shape (batch, n_members, n_outputs)."""
        self.check()
        self._check_slices(features)
        k, hidden = int(self.n_members), self._inputs(features, seeds)
        for depth, units in enumerate(map(int, self.hidden_units)):
            name = f"hidden_{depth}"
            if depth == 0 or self.adapters == "all":
                # Random signs, which make the members differ at initialization, in the first layer only, as in the
                # paper.
                layer = MemberDense(
                    units,
                    k,
                    signs=depth == 0,
                    own_outputs=self.adapters == "all",
                    seed=seeds[name],
                    name=name,
                )
                hidden = layer(hidden)
            else:
                hidden = blocks.dense(hidden, units, seeds, name=name)
            hidden = blocks.activated(hidden, self.activation, name=name)
            hidden = blocks.dropped(hidden, self.dropout, seeds, name=name)
        return MemberLogits(n_outputs, k, seed=seeds["logits"], dtype="float32", name="logits")(hidden)

    @property
    def first_layer(self) -> str | None:
        """Name of the layer that reads the vectors; None without hidden layers."""
        return "hidden_0" if self.hidden_units else None

    def _inputs(self, features, seeds) -> Any:
        """Return the inputs of the members: (batch, width), or (n_members, batch, width) if they differ."""
        if not (self.own_vectors and features.dims):
            return features.flat(seeds)
        for_all = concatenated([features.numbers, features.one_hot_flat(seeds)], name="for_all_members")
        slices = MemberSlices(features.dims, int(self.n_members), name="own_vectors")
        return slices([each for each in (features.embedded, for_all) if each is not None])

    def check(self):
        """Raise ValueError or UnknownNameError if a parameter is invalid."""
        check_count("n_members", self.n_members)
        check_units("hidden_units", self.hidden_units)
        check_among("adapters", self.adapters, ADAPTERS)
        check_share("dropout", self.dropout, zero=True)
        check_among("activation", self.activation, ACTIVATIONS)
        if not isinstance(self.own_vectors, bool):
            raise ValueError(f"own_vectors must be True or False, got {self.own_vectors!r}.")

    def _check_slices(self, features):
        if self.own_vectors and (wrong := sorted({dim for dim in features.dims if dim % self.n_members})):
            k = int(self.n_members)
            fitting = sorted({k * max(1, round(dim / k)) for dim in wrong})
            raise ValueError(
                f"own_vectors splits each vector into n_members={k} slices, so the embedding dimensions must be "
                f"multiples of {k}; got {', '.join(map(str, wrong))}. Set embedding_dim to "
                f"{' or '.join(map(str, fitting))}, or change n_members."
            )
