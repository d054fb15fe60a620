"""Tokens, one vector of a common width per column, and the layers that work on them."""

import keras
import numpy as np
from keras import ops

__all__ = ["Attend", "ColumnTokens", "Gate", "Interactions", "WithClassToken"]


@keras.saving.register_keras_serializable(package="tabemb")
class ColumnTokens(keras.layers.Layer):
    """A dense layer for each of several groups of inputs that stand side by side.

    The kernels stand one above the other, as the groups of inputs stand side by side; one product with all of them,
    zeros where an input is no business of a token, is faster than many small ones.

    Parameters
    ----------
    units : int
        Width of a token.
    dims : list of int
        How many inputs each token has, in order.
    seed : int
        Seed of the start.
    """

    def __init__(self, units, dims, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.units, self.dims, self.seed = int(units), [int(dim) for dim in dims], seed

    def build(self, input_shape):
        """Make the kernel, of shape ``(sum(dims), units)``, and the biases, side by side."""
        # Glorot's start of each group.
        limits = np.sqrt(6 / (np.repeat(self.dims, self.dims) + self.units))[:, None].astype("float32")
        uniform = keras.initializers.RandomUniform(-1.0, 1.0, seed=self.seed)
        self.kernel = self.add_weight(
            shape=(sum(self.dims), self.units),
            initializer=lambda shape, dtype=None: uniform(shape, dtype) * limits,
            name="kernel",
        )
        # Random, so that a column is told apart from the others whatever it holds. All in one axis: weight decay is for
        # weights of two axes.
        limit = self.units**-0.5
        self.bias = self.add_weight(
            shape=(len(self.dims) * self.units,),
            initializer=keras.initializers.RandomUniform(-limit, limit, seed=self.seed + 1),
            name="bias",
        )
        owner = np.repeat(np.arange(len(self.dims)), self.dims)
        self._mine = (owner[:, None] == np.arange(len(self.dims)))[:, :, None].astype("float32")

    def call(self, inputs):
        """Return the tokens of inputs (batch, sum of dims)."""
        kernel = ops.reshape(self.kernel[:, None, :] * self._mine, (sum(self.dims), -1))
        return ops.reshape(ops.matmul(inputs, kernel) + self.bias, (-1, len(self.dims), self.units))

    def compute_output_shape(self, input_shape):
        """Return ``(batch, n_tokens, units)``."""
        return (input_shape[0], len(self.dims), self.units)

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "units": self.units, "dims": self.dims, "seed": self.seed}


@keras.saving.register_keras_serializable(package="tabemb")
class WithClassToken(keras.layers.Layer):
    """Groups of tokens side by side, behind a learned token that is the same for every row (CLS).

    Parameters
    ----------
    seed : int
        Seed of the start.
    """

    def __init__(self, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed

    def build(self, input_shape):
        """Make the token."""
        width = input_shape[0][-1]
        start = keras.initializers.RandomUniform(-(width**-0.5), width**-0.5, seed=self.seed)
        self.token = self.add_weight(shape=(width,), initializer=start, name="token")

    def call(self, groups):
        """Return the token and those of the groups, of shape (batch, 1 + n_tokens, width)."""
        return ops.concatenate([ops.zeros_like(groups[0][:, :1]) + self.token, *groups], axis=1)

    def compute_output_shape(self, input_shape):
        """Return ``(batch, 1 + n_tokens, width)``."""
        return (input_shape[0][0], 1 + sum(shape[1] for shape in input_shape), input_shape[0][2])

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "seed": self.seed}


@keras.saving.register_keras_serializable(package="tabemb")
class Interactions(keras.layers.Layer):
    """The sum of the products of every two tokens, number by number (Rendle 2010, lemma 3.1).

    It is half of the square of the sum less the sum of the squares, and so its cost grows with the number of tokens,
    not of pairs.
    """

    def call(self, groups):
        """Return, from groups of tokens (batch, n, width), what they sum up to: (batch, width)."""
        total = sum(ops.sum(group, axis=1) for group in groups)
        squares = sum(ops.sum(ops.square(group), axis=1) for group in groups)
        return 0.5 * (ops.square(total) - squares)

    def compute_output_shape(self, input_shape):
        """Return ``(batch, width)``."""
        return (input_shape[0][0], input_shape[0][2])


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
