"""A small network of any body, for comparison with a computation in NumPy."""

import keras
import numpy as np
import pytest

from tabemb.nn.embedding import OneHotSpec
from tabemb.nn.features import Features
from tabemb.nn.seeds import Seeds

SIZE = 5


class Bench:
    """Builds a body over some columns with random weights, and its input rows.

    Attributes
    ----------
    model : keras.Model
        From "vectors", "numbers" and "indices" to logits.
    rows : dict of str to ndarray
        Twenty rows.
    """

    def __init__(self, body, *, dims=(), n_numbers=0, one_hot=0, n_outputs=2):
        inputs, rng = {}, np.random.default_rng(0)
        if dims:
            inputs["vectors"] = keras.Input((sum(dims),), name="vectors")
        if n_numbers:
            inputs["numbers"] = keras.Input((n_numbers,), name="numbers")
        if one_hot:
            inputs["indices"] = keras.Input((one_hot,), dtype="int32", name="indices")
        features = Features(
            embedded=inputs.get("vectors"),
            dims=tuple(dims),
            numbers=inputs.get("numbers"),
            number_dims=(1,) * n_numbers,
            indices=inputs.get("indices"),
            one_hot=tuple(OneHotSpec(name=f"h{p}", position=p, vocabulary_size=SIZE) for p in range(one_hot)),
        )
        self.model = keras.Model(inputs, body.build(features, n_outputs, Seeds(0)))
        for weight in self.model.weights:
            if "seed" not in weight.name:
                drawn = rng.normal(scale=0.5, size=weight.shape)
                weight.assign(np.abs(drawn) if weight.name == "moving_variance" else drawn)
        self.rows = {
            name: rng.integers(0, SIZE, (20, each.shape[1])).astype("int32")
            if name == "indices"
            else rng.normal(size=(20, each.shape[1])).astype("float32")
            for name, each in inputs.items()
        }

    @property
    def logits(self):
        """The logits of the rows, without dropout."""
        return self.model(self.rows, training=False).numpy()

    @property
    def flat(self):
        """Concatenated vectors and numbers."""
        return np.hstack([self.rows[name] for name in ("vectors", "numbers") if name in self.rows])

    def layer(self, name):
        """Return a layer."""
        return self.model.get_layer(name)

    def has(self, name):
        """Return whether there is a layer of that name."""
        return name in [layer.name for layer in self.model.layers]

    def dense(self, name, x):
        """Return the output of a dense layer for x."""
        kernel, *bias = (weight.numpy() for weight in self.layer(name).weights)
        return x @ kernel + (bias[0] if bias else 0)

    def one_hot_rows(self, name):
        """Return the kernel rows of the one-hot columns, of shape (20, n_columns, units)."""
        offsets = SIZE * np.arange(self.rows["indices"].shape[1])
        return self.layer(name).kernel.numpy()[self.rows["indices"] + offsets]

    def perceptron(self, x, first=None):
        """Return the output of two hidden layers with relu for x."""
        hidden = np.maximum(self.dense("hidden_0", x) if first is None else first, 0)
        return np.maximum(self.dense("hidden_1", hidden), 0)


@pytest.fixture(scope="session")
def bench():
    return Bench
