"""Layers of a transformer that keep the number of operations small."""

import keras
from keras import ops

__all__ = ["Attend", "Gate"]


@keras.saving.register_keras_serializable(package="tabemb")
class Attend(keras.layers.Layer):
    """For each query the mean of the values, weighted by how well their keys fit (Vaswani et al. 2017, eq. 1).

    Parameters
    ----------
    n_heads : int
        Number of heads, each of which looks at its part of the width.
    dropout : float, default=0.0
        Share of the weights that are silenced in a training step.
    seed : int
        Seed of the dropout.
    """

    def __init__(self, n_heads, dropout=0.0, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.n_heads, self.dropout, self.seed = int(n_heads), float(dropout), seed
        if self.dropout:
            self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs, training=False):
        """Return what each query sees, of the queries' shape.

        Parameters
        ----------
        inputs : pair of tensors
            Queries, of shape (batch, n, width) or of one a row (batch, width); keys and values side by side, of shape
            (batch, m, 2 * width).
        training : bool, default=False
            Whether weights are silenced.
        """
        queries, keys_and_values = inputs
        if len(queries.shape) < 3:
            return self.call([queries[:, None], keys_and_values], training=training)[:, 0]
        # Head by head: to put the heads of all rows together, and back, takes longer than to attend.
        asked = ops.split(queries * (queries.shape[-1] // self.n_heads) ** -0.5, self.n_heads, axis=-1)
        given = ops.split(keys_and_values, 2 * self.n_heads, axis=-1)
        seen = []
        for query, key, value in zip(asked, given[: self.n_heads], given[self.n_heads :], strict=True):
            fit = ops.softmax(ops.matmul(query, ops.swapaxes(key, 1, 2)), axis=-1)
            if training and self.dropout:
                fit = keras.random.dropout(fit, self.dropout, seed=self.seed_generator)
            seen.append(ops.matmul(fit, value))
        return ops.concatenate(seen, axis=-1)

    def compute_output_shape(self, input_shape):
        """Return the shape of the queries."""
        return input_shape[0]

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "n_heads": self.n_heads, "dropout": self.dropout, "seed": self.seed}


@keras.saving.register_keras_serializable(package="tabemb")
class Gate(keras.layers.Layer):
    """The first half of the columns times an activation of the second (Shazeer 2020, arXiv:2002.05202).

    Parameters
    ----------
    activation : str
        Any activation that Keras knows by name; "relu" makes it ReGLU.
    """

    def __init__(self, activation="relu", **kwargs):
        super().__init__(**kwargs)
        self.activation = keras.activations.get(activation)

    def call(self, inputs):
        """Return (..., width / 2), from (..., width)."""
        values, gates = ops.split(inputs, 2, axis=-1)
        return values * self.activation(gates)

    def compute_output_shape(self, input_shape):
        """Return ``(..., width / 2)``."""
        return (*input_shape[:-1], input_shape[-1] // 2)

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "activation": keras.activations.serialize(self.activation)}
