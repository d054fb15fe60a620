"""Tokens: a vector of one width for each column, whatever the column is."""

import keras
import numpy as np
from keras import ops

__all__ = ["ColumnTokens", "Interactions", "WithClassToken"]


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
