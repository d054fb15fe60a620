"""Layers on tokens, which are vectors of a common width, one per column."""

import keras
import numpy as np
from keras import ops

__all__ = ["Attend", "ColumnTokens", "Gate", "Interactions", "WithClassToken"]


@keras.saving.register_keras_serializable(package="tabemb")
class ColumnTokens(keras.layers.Layer):
    """A separate dense layer for each of several groups of concatenated inputs.

    All kernels are stacked to one matrix. A single product with a block-diagonal matrix is faster than many small
    products.

    Parameters
    ----------
    units : int
        Width of a token.
    dims : list of int
        Number of inputs of each token, in order.
    seed : int
        Seed of the initializers.
    """

    def __init__(self, units, dims, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.units, self.dims, self.seed = int(units), [int(dim) for dim in dims], seed

    def build(self, input_shape):
        """Create the kernel of shape ``(sum(dims), units)`` and the concatenated biases."""
        # Glorot's initializer for each group.
        limits = np.sqrt(6 / (np.repeat(self.dims, self.dims) + self.units))[:, None].astype("float32")
        uniform = keras.initializers.RandomUniform(-1.0, 1.0, seed=self.seed)
        self.kernel = self.add_weight(
            shape=(sum(self.dims), self.units),
            initializer=lambda shape, dtype=None: uniform(shape, dtype) * limits,
            name="kernel",
        )
        # Random, so that columns differ whatever their values. With one axis, which exempts them from weight decay.
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
    """Concatenates groups of tokens, and prepends a learned token that is the same for every row (CLS).

    Parameters
    ----------
    seed : int
        Seed of the initializer.
    """

    def __init__(self, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed

    def build(self, input_shape):
        """Create the token."""
        width = input_shape[0][-1]
        start = keras.initializers.RandomUniform(-(width**-0.5), width**-0.5, seed=self.seed)
        self.token = self.add_weight(shape=(width,), initializer=start, name="token")

    def call(self, groups):
        """Return the class token and the tokens of the groups, of shape (batch, 1 + n_tokens, width)."""
        return ops.concatenate([ops.zeros_like(groups[0][:, :1]) + self.token, *groups], axis=1)

    def compute_output_shape(self, input_shape):
        """Return ``(batch, 1 + n_tokens, width)``."""
        return (input_shape[0][0], 1 + sum(shape[1] for shape in input_shape), input_shape[0][2])

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "seed": self.seed}


@keras.saving.register_keras_serializable(package="tabemb")
class Interactions(keras.layers.Layer):
    """The sum of the elementwise products of all pairs of tokens (Rendle 2010, lemma 3.1).

    Computed as half of the squared sum minus the sum of squares, so that the cost is linear in the number of tokens.
    """

    def call(self, groups):
        """Return the sum of products, (batch, width), from groups of tokens (batch, n, width)."""
        total = sum(ops.sum(group, axis=1) for group in groups)
        squares = sum(ops.sum(ops.square(group), axis=1) for group in groups)
        return 0.5 * (ops.square(total) - squares)

    def compute_output_shape(self, input_shape):
        """Return ``(batch, width)``."""
        return (input_shape[0][0], input_shape[0][2])


@keras.saving.register_keras_serializable(package="tabemb")
class Attend(keras.layers.Layer):
    """Scaled dot-product attention with several heads (Vaswani et al. 2017, eq. 1).

    Parameters
    ----------
    n_heads : int
        Number of heads.
    dropout : float, default=0.0
        Dropout rate of the attention weights.
    seed : int
        Seed of the dropout.
    """

    def __init__(self, n_heads, dropout=0.0, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.n_heads, self.dropout, self.seed = int(n_heads), float(dropout), seed
        if self.dropout:
            self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs, training=False):
        """Return the attention output of each query, of the shape of the queries.

        Parameters
        ----------
        inputs : pair of tensors
            Queries of shape (batch, n, width), or (batch, width) for one query per row; and concatenated keys and
            values of shape (batch, m, 2 * width).
        training : bool, default=False
            Whether to apply dropout.
        """
        queries, keys_and_values = inputs
        if len(queries.shape) < 3:
            return self.call([queries[:, None], keys_and_values], training=training)[:, 0]
        # Head by head: transposing the heads of all rows takes longer than the attention itself.
        query_heads = ops.split(queries * (queries.shape[-1] // self.n_heads) ** -0.5, self.n_heads, axis=-1)
        heads = ops.split(keys_and_values, 2 * self.n_heads, axis=-1)
        outputs = []
        for query, key, value in zip(query_heads, heads[: self.n_heads], heads[self.n_heads :], strict=True):
            weights = ops.softmax(ops.matmul(query, ops.swapaxes(key, 1, 2)), axis=-1)
            if training and self.dropout:
                weights = keras.random.dropout(weights, self.dropout, seed=self.seed_generator)
            outputs.append(ops.matmul(weights, value))
        return ops.concatenate(outputs, axis=-1)

    def compute_output_shape(self, input_shape):
        """Return the shape of the queries."""
        return input_shape[0]

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "n_heads": self.n_heads, "dropout": self.dropout, "seed": self.seed}


@keras.saving.register_keras_serializable(package="tabemb")
class Gate(keras.layers.Layer):
    """A gated linear unit: one half of the inputs times the activated other half (Shazeer 2020, arXiv:2002.05202).

    Parameters
    ----------
    activation : str
        Name of a Keras activation; "relu" gives ReGLU.
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
