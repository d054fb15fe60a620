"""Layers of learned frequencies: a number becomes the heights of waves."""

import math

import keras
from keras import ops

__all__ = ["ShiftedWaves", "Waves"]


@keras.saving.register_keras_serializable(package="tabemb")
class Waves(keras.layers.Layer):
    """Sine and cosine of each number times learned frequencies (Gorishniy et al. 2022, arXiv:2203.05556, eq. 2).

    Parameters
    ----------
    n_frequencies : int
        How many each column has of its own.
    sigma : float
        Standard deviation of the frequencies at the start.
    seed : int, default=0
        Seed of the start.
    """

    def __init__(self, n_frequencies, sigma, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.n_frequencies, self.sigma, self.seed = int(n_frequencies), float(sigma), seed

    def build(self, input_shape):
        """Make the frequencies, those of all columns in one axis: weight decay is for weights of two."""
        self.frequencies = self.add_weight(
            shape=(input_shape[-1] * self.n_frequencies,),
            initializer=keras.initializers.RandomNormal(stddev=self.sigma, seed=self.seed),
            name="frequencies",
        )

    def angles(self, columns):
        """Return each number times its frequencies, in radians, of shape (batch, n_columns, n_frequencies)."""
        frequencies = ops.reshape(self.frequencies, (columns.shape[-1], self.n_frequencies))
        return columns[:, :, None] * (2 * math.pi * frequencies)

    def call(self, columns):
        """Return the cosines and the sines, of shape (batch, n_columns, 2 * n_frequencies)."""
        angles = self.angles(columns)
        return ops.concatenate([ops.cos(angles), ops.sin(angles)], axis=-1)

    def compute_output_shape(self, input_shape):
        """Return ``(batch, n_columns, 2 * n_frequencies)``."""
        return (*input_shape, 2 * self.n_frequencies)

    def get_config(self):
        """Return the constructor's arguments."""
        config = super().get_config()
        return {**config, "n_frequencies": self.n_frequencies, "sigma": self.sigma, "seed": self.seed}


@keras.saving.register_keras_serializable(package="tabemb")
class ShiftedWaves(Waves):
    """Cosines of each number times learned frequencies plus learned phases (Holzmüller et al. 2024, arXiv:2407.04491).

    Parameters
    ----------
    n_frequencies : int
        How many each column has of its own.
    sigma : float
        Standard deviation of the frequencies at the start.
    seed : int, default=0
        Seed of the start.
    """

    def build(self, input_shape):
        """Make the frequencies, and the phases beside them."""
        super().build(input_shape)
        self.phases = self.add_weight(
            shape=self.frequencies.shape,
            initializer=keras.initializers.RandomUniform(-math.pi, math.pi, seed=self.seed + 1),
            name="phases",
        )

    def call(self, columns):
        """Return the cosines, of shape (batch, n_columns, n_frequencies)."""
        return ops.cos(self.angles(columns) + ops.reshape(self.phases, (columns.shape[-1], self.n_frequencies)))

    def compute_output_shape(self, input_shape):
        """Return ``(batch, n_columns, n_frequencies)``."""
        return (*input_shape, self.n_frequencies)
