"""A transformer over columns: each column is a token, and a class token attends to all of them."""

from tabemb.nn.bodies import blocks
from tabemb.nn.bodies.body import BODIES, Body
from tabemb.nn.columns import Column
from tabemb.nn.parameters import ACTIVATIONS, check_among, check_count, check_units
from tabemb.nn.tokens import Attend, Gate, WithClassToken
from tabemb.ranges import check_share

__all__ = ["FTTransformer"]

GATES = {"reglu": "relu", "geglu": "gelu"}


@BODIES.register("ft_transformer")
class FTTransformer(Body):
    """A transformer over the columns of a row (FT-Transformer, Gorishniy et al. 2021, arXiv:2106.11959, sec. 3.3).

    The token of an embedded column is its vector projected to the token size plus a bias; that of a number is the
    number times a vector plus a bias; a one-hot column has a learned vector per category. Residual blocks of attention
    and a feed-forward network, each after a layer normalization, transform the tokens, and the logits are computed from
    the class token (CLS). The last block computes the class token only, since the others are not used any more.

    Training takes several times as long as with a perceptron, and longer with each column.

    Parameters
    ----------
    token_size : int, default=64
        Width of a token; a multiple of ``n_heads``.
    n_heads : int, default=4
        Number of attention heads.
    hidden_units : tuple of int, default=(128, 128)
        Width of the feed-forward network of each block; the length is the number of blocks, at least one.
    dropout : float, default=0.1
        Dropout rate of the hidden units of the feed-forward networks, in [0, 1).
    attention_dropout : float, default=0.1
        Dropout rate of the attention weights, in [0, 1).
    residual_dropout : float, default=0.0
        Dropout rate of the outputs of attention and feed-forward networks, in [0, 1).
    activation : str, default="reglu"
        Activation of the feed-forward networks: "reglu" or "geglu", which double the width and multiply one half by the
        activated other, or the name of a Keras activation.

    Examples
    --------
    >>> FTTransformer(hidden_units=(128,) * 3, activation="gelu")
    FTTransformer(activation='gelu', hidden_units=(128, 128, 128))
    """

    def __init__(
        self,
        token_size=64,
        n_heads=4,
        hidden_units=(128, 128),
        dropout=0.1,
        attention_dropout=0.1,
        residual_dropout=0.0,
        activation="reglu",
    ):
        self.token_size = token_size
        self.n_heads = n_heads
        self.hidden_units = hidden_units
        self.dropout = dropout
        self.attention_dropout = attention_dropout
        self.residual_dropout = residual_dropout
        self.activation = activation

    def build(self, features, n_outputs, seeds):
        """Return the logits, a Keras tensor of shape (batch, n_outputs)."""
        self.check()
        groups = features.tokens(int(self.token_size), seeds, name="tokens")
        tokens = WithClassToken(seed=seeds["class_token"], name="with_class_token")(groups)
        last = len(self.hidden_units) - 1
        for depth, units in enumerate(map(int, self.hidden_units)):
            tokens = self._attended(tokens, depth == last, seeds, f"block_{depth}_attention")
            tokens = self._fed_forward(tokens, units, seeds, f"block_{depth}")
        end = blocks.activated(blocks.normalized(tokens, "layer", name="end"), "relu", name="end")
        return blocks.logits_layer(end, n_outputs, seeds)

    def _attended(self, tokens, only_class, seeds, name):
        size = int(self.token_size)
        seen = blocks.normalized(tokens, "layer", name=name)
        query_tokens = seen
        if only_class:
            tokens, query_tokens = Column(0, name="class_token")(tokens), Column(0, name="class_token_asks")(seen)
        queries = blocks.dense(query_tokens, size, seeds, name=f"{name}_queries")
        keys_and_values = blocks.dense(seen, 2 * size, seeds, name=f"{name}_keys_and_values")
        attend = Attend(int(self.n_heads), self.attention_dropout, seed=seeds[f"{name}/weights"], name=name)
        out = blocks.dense(attend([queries, keys_and_values]), size, seeds, name=f"{name}_out")
        return blocks.added([tokens, blocks.dropped(out, self.residual_dropout, seeds, name=name)], name=f"{name}_sum")

    def _fed_forward(self, tokens, units, seeds, name):
        hidden = blocks.normalized(tokens, "layer", name=name)
        if self.activation in GATES:
            hidden = blocks.dense(hidden, 2 * units, seeds, name=f"{name}_hidden")
            hidden = Gate(GATES[self.activation], name=f"{name}_activation")(hidden)
        else:
            hidden = blocks.dense(hidden, units, seeds, name=f"{name}_hidden")
            hidden = blocks.activated(hidden, self.activation, name=name)
        hidden = blocks.dropped(hidden, self.dropout, seeds, name=f"{name}_hidden")
        out = blocks.dense(hidden, int(self.token_size), seeds, name=f"{name}_out")
        return blocks.added([tokens, blocks.dropped(out, self.residual_dropout, seeds, name=name)], name=f"{name}_sum")

    def check(self):
        """Raise ValueError or UnknownNameError if a parameter is invalid."""
        check_count("token_size", self.token_size)
        check_count("n_heads", self.n_heads)
        if self.token_size % self.n_heads:
            raise ValueError(f"token_size must be a multiple of n_heads={self.n_heads}, got {self.token_size!r}.")
        check_units("hidden_units", self.hidden_units, empty=False)
        for name in ("dropout", "attention_dropout", "residual_dropout"):
            check_share(name, getattr(self, name), zero=True)
        check_among("activation", self.activation, ACTIVATIONS | set(GATES))
