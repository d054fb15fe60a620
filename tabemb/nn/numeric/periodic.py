"""Periodic embeddings of numbers: waves with learned frequencies, then a dense layer per column."""

import math

import keras
from keras import ops

from tabemb.nn.numeric.numeric_encoder import NUMERIC_ENCODERS, ColumnDense, ColumnwiseEncoder
from tabemb.nn.parameters import ACTIVATIONS, check_among, check_count, check_flag, check_positive

__all__ = ["PBLD", "Periodic", "ShiftedWaves", "Waves"]


@NUMERIC_ENCODERS.register("periodic")
class Periodic(ColumnwiseEncoder):
    """Sine and cosine of each number times learned frequencies, a dense layer per column, and an activation.

    PLR (Gorishniy et al. 2022, arXiv:2203.05556, eq. 2 and 3). Small initial frequencies make the vector a smooth
    function of the number. ``sigma`` is the parameter worth tuning, from 0.01 (the default of the authors' package) to
    1.

    Parameters
    ----------
    n_frequencies : int, default=48
        Number of frequencies per column.
    sigma : float, default=0.1
        Standard deviation of the initial frequencies.
    embedding_dim : int, default=24
        Dimension of the vector of a number.
    activation : str, default="relu"
        Activation after the dense layer: the name of a Keras activation.
    lite : bool, default=False
        Whether all columns share one dense layer.
    scaling : str or mapping, default="quantile"
        How numbers are scaled: a name in :data:`tabemb.table.scaling.SCALINGS`.

    Examples
    --------
    >>> Periodic(sigma=0.01, lite=True)
    Periodic(lite=True, sigma=0.01)
    """

    def __init__(
        self, n_frequencies=48, sigma=0.1, embedding_dim=24, activation="relu", lite=False, scaling="quantile"
    ):
        self.n_frequencies = n_frequencies
        self.sigma = sigma
        self.embedding_dim = embedding_dim
        self.activation = activation
        self.lite = lite
        self.scaling = scaling

    def check(self):
        """Raise ValueError or UnknownNameError if a parameter is invalid."""
        check_count("n_frequencies", self.n_frequencies)
        check_positive("sigma", self.sigma)
        check_count("embedding_dim", self.embedding_dim)
        check_among("activation", self.activation, ACTIVATIONS)
        check_flag("lite", self.lite)

    def vectors(self, columns, seeds):
        """Return a vector for each number, a Keras tensor of shape (batch, n_columns, embedding_dim)."""
        waves = Waves(int(self.n_frequencies), self.sigma, seed=seeds["waves"], name="waves")(columns)
        layer = ColumnDense(int(self.embedding_dim), shared=self.lite, seed=seeds["waves_dense"], name="waves_dense")
        return keras.layers.Activation(self.activation, name="waves_activation")(layer(waves))


@NUMERIC_ENCODERS.register("pbld")
class PBLD(ColumnwiseEncoder):
    """The number itself, concatenated with a dense layer per column over cosines with learned frequencies and phases.

    Periodic bias linear DenseNet, the embedding of RealMLP (Holzmüller et al. 2024, arXiv:2407.04491): short vectors
    that are initially close to the plain number.

    Parameters
    ----------
    n_frequencies : int, default=16
        Number of frequencies per column.
    sigma : float, default=0.1
        Standard deviation of the initial frequencies.
    embedding_dim : int, default=4
        Dimension of the vector of a number, including the number itself; 2 or more.
    scaling : str or mapping, default="robust"
        How numbers are scaled: a name in :data:`tabemb.table.scaling.SCALINGS`.

    Examples
    --------
    >>> PBLD(embedding_dim=8)
    PBLD(embedding_dim=8)
    """

    def __init__(self, n_frequencies=16, sigma=0.1, embedding_dim=4, scaling="robust"):
        self.n_frequencies = n_frequencies
        self.sigma = sigma
        self.embedding_dim = embedding_dim
        self.scaling = scaling

    def check(self):
        """Raise ValueError if a parameter is invalid."""
        check_count("n_frequencies", self.n_frequencies)
        check_positive("sigma", self.sigma)
        check_count("embedding_dim", self.embedding_dim)
        if self.embedding_dim < 2:
            raise ValueError(
                f"embedding_dim must be 2 or more, since one dimension is the number itself; "
                f"got {self.embedding_dim!r}."
            )

    def vectors(self, columns, seeds):
        """Return a vector for each number, a Keras tensor of shape (batch, n_columns, embedding_dim)."""
        waves = ShiftedWaves(int(self.n_frequencies), self.sigma, seed=seeds["waves"], name="waves")(columns)
        dense = ColumnDense(int(self.embedding_dim) - 1, seed=seeds["waves_dense"], name="waves_dense")(waves)
        themselves = keras.layers.Reshape((columns.shape[-1], 1), name="number_as_vector")(columns)
        return keras.layers.Concatenate(name="waves_and_number")([dense, themselves])


@keras.saving.register_keras_serializable(package="tabemb")
class Waves(keras.layers.Layer):
    """Sine and cosine of each number times learned frequencies (Gorishniy et al. 2022, arXiv:2203.05556, eq. 2).

    Parameters
    ----------
    n_frequencies : int
        Number of frequencies per column.
    sigma : float
        Standard deviation of the initial frequencies.
    seed : int, default=0
        Seed of the initializers.
    """

    def __init__(self, n_frequencies, sigma, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.n_frequencies, self.sigma, self.seed = int(n_frequencies), float(sigma), seed

    def build(self, input_shape):
        """Create the frequencies of all columns in one axis, which exempts them from weight decay."""
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
        Number of frequencies per column.
    sigma : float
        Standard deviation of the initial frequencies.
    seed : int, default=0
        Seed of the initializers.
    """

    def build(self, input_shape):
        """Create the frequencies and the phases."""
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
