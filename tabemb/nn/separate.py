"""Layers of separate members, which share no weights; members are the first axis."""

import keras
from keras import ops

from tabemb.nn.columns import OneHotRows
from tabemb.nn.members import for_members

__all__ = ["SeparateDense", "SeparateOneHotDense"]


@keras.saving.register_keras_serializable(package="tabemb")
class SeparateDense(keras.layers.Layer):
    """A separate dense layer for each member.

    Parameters
    ----------
    units : int
        Width of the output of a member.
    n_members : int
        Number of members.
    fan_in : int, optional
        Number of inputs for the scale of the initializer; by default that of this layer.
    seed : int
        Seed of the initializer.
    """

    def __init__(self, units, n_members, fan_in=None, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.units, self.n_members, self.fan_in, self.seed = int(units), int(n_members), fan_in, seed

    def build(self, input_shape):
        """Create a kernel for each member by Glorot's initializer, and the concatenated biases (without decay)."""
        width = input_shape[-1]
        limit = (6 / ((self.fan_in or width) + self.units)) ** 0.5
        self.kernel = self.add_weight(
            shape=(self.n_members, width, self.units),
            initializer=keras.initializers.RandomUniform(-limit, limit, seed=self.seed),
            name="kernel",
        )
        self.bias = self.add_weight(shape=(self.n_members * self.units,), initializer="zeros", name="bias")

    def call(self, inputs):
        """Return (n_members, batch, units), from (n_members, batch, width)."""
        return ops.matmul(inputs, self.kernel) + ops.reshape(self.bias, (self.n_members, 1, self.units))

    def compute_output_shape(self, input_shape):
        """Return ``(n_members, batch, units)``."""
        return (self.n_members, input_shape[1], self.units)

    def get_config(self):
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "units": self.units,
            "n_members": self.n_members,
            "fan_in": self.fan_in,
            "seed": self.seed,
        }


@keras.saving.register_keras_serializable(package="tabemb")
class SeparateOneHotDense(OneHotRows):
    """A separate dense layer over one-hot columns for each member.

    The one-hot matrix is not created if there are many categories.

    Parameters
    ----------
    units : int
        Total width of the outputs of all members; a multiple of ``n_members``.
    positions : list of int
        Positions of the columns in the matrix of indices.
    sizes : list of int
        Number of kernel rows of each column.
    n_members : int
        Number of members.
    fan_in : int, optional
        Number of inputs for the scale of the initializer; by default that of this layer.
    seed : int
        Seed of the kernel initializer.
    """

    def __init__(self, units, positions, sizes, n_members, fan_in=None, seed=0, **kwargs):
        super().__init__(units, positions, sizes, seed=seed, **kwargs)
        self.n_members, self.fan_in = int(n_members), fan_in

    def start(self):
        """Return Glorot's initializer of one member for ``fan_in`` inputs."""
        limit = (6 / ((self.fan_in or sum(self.sizes)) + self.units // self.n_members)) ** 0.5
        return keras.initializers.RandomUniform(-limit, limit, seed=self.seed)

    def call(self, indices):
        """Return (n_members, batch, units / n_members), from (batch, n_categorical)."""
        if self.is_narrow:
            return ops.matmul(for_members(self.one_hot(indices), self.n_members), self._by_member(self.kernel))
        seen = for_members(ops.sum(self.rows(indices), axis=1), self.n_members)
        if seen.shape[0] == 1:
            return self._by_member(seen)
        units = self.units // self.n_members
        return ops.stack([seen[k, :, k * units : (k + 1) * units] for k in range(self.n_members)])

    def _by_member(self, concatenated):
        """Return (n_members, n, units / n_members), from (..., n, units)."""
        return ops.transpose(ops.reshape(concatenated, (-1, self.n_members, self.units // self.n_members)), (1, 0, 2))

    def compute_output_shape(self, input_shape):
        """Return ``(n_members, batch, units / n_members)``."""
        return (self.n_members, input_shape[0], self.units // self.n_members)

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "n_members": self.n_members, "fan_in": self.fan_in}
