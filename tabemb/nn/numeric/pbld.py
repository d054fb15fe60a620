"""RealMLP's periodic embeddings (PBLD): shifted waves, a small dense layer a column, and the number itself."""

import keras

from tabemb.nn.bodies.parameters import check_count
from tabemb.nn.numeric.columnwise import ColumnDense, ColumnwiseEncoder
from tabemb.nn.numeric.numeric_encoder import NUMERIC_ENCODERS
from tabemb.nn.numeric.parameters import check_positive
from tabemb.nn.numeric.waves import ShiftedWaves

__all__ = ["PBLD"]


@NUMERIC_ENCODERS.register("pbld")
class PBLD(ColumnwiseEncoder):
    """The number itself, beside a dense layer of its column on cosines with learned frequencies and phases.

    Periodic, bias, linear, dense-net (Holzmüller et al. 2024, arXiv:2407.04491): few and narrow vectors, that start
    close to the plain number.

    Parameters
    ----------
    n_frequencies : int, default=16
        How many frequencies each column has.
    sigma : float, default=0.1
        Standard deviation of the frequencies at the start.
    embedding_dim : int, default=4
        Width of a number's vector, the number itself included; 2 or more.
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
        """Raise ValueError where a parameter is out of range."""
        check_count("n_frequencies", self.n_frequencies)
        check_positive("sigma", self.sigma)
        check_count("embedding_dim", self.embedding_dim)
        if self.embedding_dim < 2:
            raise ValueError(
                f"embedding_dim must be 2 or more, since one is the number itself; got {self.embedding_dim!r}."
            )

    def vectors(self, columns, seeds):
        """Return a vector for each number, a Keras tensor of shape (batch, n_columns, embedding_dim)."""
        waves = ShiftedWaves(int(self.n_frequencies), self.sigma, seed=seeds["waves"], name="waves")(columns)
        dense = ColumnDense(int(self.embedding_dim) - 1, seed=seeds["waves_dense"], name="waves_dense")(waves)
        themselves = keras.layers.Reshape((columns.shape[-1], 1), name="number_as_vector")(columns)
        return keras.layers.Concatenate(name="waves_and_number")([dense, themselves])
