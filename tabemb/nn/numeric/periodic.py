"""Periodic embeddings (PLR): waves of learned frequencies, then a dense layer a column."""

import keras

from tabemb.nn.bodies.parameters import ACTIVATIONS, check_among, check_count
from tabemb.nn.numeric.columnwise import ColumnDense, ColumnwiseEncoder
from tabemb.nn.numeric.numeric_encoder import NUMERIC_ENCODERS
from tabemb.nn.numeric.parameters import check_flag, check_positive
from tabemb.nn.numeric.waves import Waves

__all__ = ["Periodic"]


@NUMERIC_ENCODERS.register("periodic")
class Periodic(ColumnwiseEncoder):
    """Sine and cosine of each number times learned frequencies, then a dense layer of the column, then an activation.

    PLR (Gorishniy et al. 2022, arXiv:2203.05556, eq. 2 and 3). Small frequencies at the start make the vector a smooth
    function of the number. ``sigma`` is what is worth searching over, from 0.01, where the authors' package starts, to
    1.

    Parameters
    ----------
    n_frequencies : int, default=48
        How many frequencies each column has.
    sigma : float, default=0.1
        Standard deviation of the frequencies at the start.
    embedding_dim : int, default=24
        Width of a number's vector.
    activation : str, default="relu"
        What follows the dense layer; any activation that Keras knows by name.
    lite : bool, default=False
        Whether all columns share one dense layer, instead of one each.
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
        """Raise ValueError, or UnknownNameError, where a parameter is out of range."""
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
