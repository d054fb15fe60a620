"""Wide & deep: a linear model in parallel with a perceptron."""

from tabemb.nn.bodies.blocks import added, logits_layer
from tabemb.nn.bodies.body import BODIES, DeepBody

__all__ = ["WideDeep"]


@BODIES.register("wide_deep")
class WideDeep(DeepBody):
    """A linear (wide) part and a deep part, whose logits are added (Cheng et al. 2016, arXiv:1606.07792, eq. 3).

    The wide part of the paper has a weight per category and per chosen pair of categories, so that the cost of a
    training step grows with the vocabulary. Here the wide part is linear in the vectors, the numbers and the one-hot
    columns: the weight of a category is the product of its vector and a kernel, which a single dimension can hold, and
    the cost of a step depends on the batch only. There are no hand-crafted pairs.

    Parameters
    ----------
    hidden_units : tuple of int, default=(256, 128)
        Width of each hidden layer of the deep part; empty for the wide part alone.
    dropout : float, default=0.2
        Dropout rate of the hidden units, in [0, 1).
    activation : str, default="relu"
        Any activation that Keras knows by name.
    normalization : {None, "batch", "layer"}, default=None
        Normalization between a dense layer and its activation.

    Examples
    --------
    >>> WideDeep(hidden_units=(32,))
    WideDeep(hidden_units=(32,))
    """

    @property
    def first_layer(self) -> str | None:
        """Name of the layer that reads the vectors: the first of the deep part, if there is one."""
        return "hidden_0" if self.hidden_units else "wide"

    def build(self, features, n_outputs, seeds):
        """Return the logits, a Keras tensor of shape (batch, n_outputs)."""
        self.check()
        parts = [features.dense(n_outputs, seeds, name="wide")]
        hidden = self.hidden(features.dense, seeds)
        if hidden is not None:
            parts.append(logits_layer(hidden, n_outputs, seeds))
        return added(parts, name="wide_and_deep")
