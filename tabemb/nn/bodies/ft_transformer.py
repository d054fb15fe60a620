"""The transformer over columns: every column is a token, and a class token looks at them all."""

from tabemb.nn.bodies import blocks
from tabemb.nn.bodies.body import BODIES, Body
from tabemb.nn.columns import Column
from tabemb.nn.parameters import ACTIVATIONS, check_among, check_count, check_share, check_units
from tabemb.nn.tokens import Attend, Gate, WithClassToken

__all__ = ["FTTransformer"]

GATES = {"reglu": "relu", "geglu": "gelu"}


@BODIES.register("ft_transformer")
class FTTransformer(Body):
    """A transformer over the columns of a row (FT-Transformer, Gorishniy et al. 2021, arXiv:2106.11959, sec. 3.3).

    A column's token is its vector projected to the token size, plus a bias of the column; a number's is the number
    times a vector, plus a bias; a one-hot column has a learned vector a category. Blocks of attention and a
    feed-forward network, each behind a layer normalisation, add to the tokens; what the class token (CLS) has become
    gives the logits. The last block computes for the class token only, since nothing reads the others any more.

    It costs several times what a perceptron does, more with every column.

    Parameters
    ----------
    token_size : int, default=64
        Width of a token; a multiple of ``n_heads``.
    n_heads : int, default=4
        Number of heads of each attention.
    hidden_units : tuple of int, default=(128, 128)
        Width of the feed-forward network of each block; as many blocks, at least one.
    dropout : float, default=0.1
        Share of hidden units of the feed-forward networks that are silenced in a training step, in [0, 1).
    attention_dropout : float, default=0.1
        The same for the weights of the attention.
    residual_dropout : float, default=0.0
        The same for what attention and feed-forward networks add to the tokens.
    activation : str, default="reglu"
        Of the feed-forward networks: "reglu", "geglu", which multiply one half of twice the width by the other, or any
        activation that Keras knows by name.

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
        self._check()
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
        asking = seen
        if only_class:
            tokens, asking = Column(0, name="class_token")(tokens), Column(0, name="class_token_asks")(seen)
        queries = blocks.dense(asking, size, seeds, name=f"{name}_queries")
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

    def _check(self):
        check_count("token_size", self.token_size)
        check_count("n_heads", self.n_heads)
        if self.token_size % self.n_heads:
            raise ValueError(f"token_size must be a multiple of n_heads={self.n_heads}, got {self.token_size!r}.")
        check_units("hidden_units", self.hidden_units, empty=False)
        for name in ("dropout", "attention_dropout", "residual_dropout"):
            check_share(name, getattr(self, name))
        check_among("activation", self.activation, ACTIVATIONS | set(GATES))
