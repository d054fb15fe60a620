"""Piecewise-linear encoding of numbers by bins."""

import keras
import numpy as np
from keras import ops

from tabemb.nn.numeric.numeric_encoder import NUMERIC_ENCODERS, ColumnDense, ColumnwiseEncoder
from tabemb.nn.parameters import ACTIVATIONS, check_among, check_count

__all__ = ["BinFilling", "PiecewiseLinear"]


@NUMERIC_ENCODERS.register("piecewise_linear")
class PiecewiseLinear(ColumnwiseEncoder):
    """Encodes a number by how full each bin is: 1 for bins below it, a share for its own bin, 0 for those above.

    PLE with bins that end at quantiles, followed by a dense layer per column (PLE-LR; Gorishniy et al. 2022,
    arXiv:2203.05556, eq. 1). :class:`tabemb.table.scaling.PiecewiseLinearScaling` computes the bin edges. Unlike in the
    paper, numbers beyond the range of the training rows are clipped to it: the outermost bins may be narrow, and
    numbers far outside of them would become very large. A column with fewer than ``n_bins`` bins leaves the last ones
    empty.

    Parameters
    ----------
    n_bins : int, default=48
        Maximum number of bins per column.
    embedding_dim : int or None, default=24
        Width of the dense layer; None omits it (PLE).
    activation : str, default="relu"
        Activation after the dense layer: the name of a Keras activation.

    Examples
    --------
    >>> PiecewiseLinear(n_bins=16).scaling
    {'name': 'piecewise_linear', 'n_bins': 16}
    """

    def __init__(self, n_bins=48, embedding_dim=24, activation="relu"):
        self.n_bins = n_bins
        self.embedding_dim = embedding_dim
        self.activation = activation

    @property
    def scaling(self):
        """The scaling that maps a number to its bin plus its share of the bin."""
        check_count("n_bins", self.n_bins)
        return {"name": "piecewise_linear", "n_bins": int(self.n_bins)}

    def check(self):
        """Raise ValueError or UnknownNameError if a parameter is invalid."""
        check_count("n_bins", self.n_bins)
        if self.embedding_dim is not None:
            check_count("embedding_dim", self.embedding_dim)
        check_among("activation", self.activation, ACTIVATIONS)

    def vectors(self, columns, seeds):
        """Return the bins of each number, or the output of the dense layer."""
        filling = BinFilling(int(self.n_bins), name="bins")(columns)
        if self.embedding_dim is None:
            return filling
        dense = ColumnDense(int(self.embedding_dim), seed=seeds["bins_dense"], name="bins_dense")(filling)
        return keras.layers.Activation(self.activation, name="bins_activation")(dense)


@keras.saving.register_keras_serializable(package="tabemb")
class BinFilling(keras.layers.Layer):
    """Converts bin plus share to how full each bin is: 1, ..., 1, share, 0, ..., 0.

    Parameters
    ----------
    n_bins : int
        Number of bins per column.
    """

    def __init__(self, n_bins, **kwargs):
        super().__init__(**kwargs)
        self.n_bins = int(n_bins)

    def call(self, columns):
        """Return the fillings, of shape (batch, n_columns, n_bins)."""
        return ops.clip(columns[:, :, None] - np.arange(self.n_bins, dtype="float32"), 0.0, 1.0)

    def compute_output_shape(self, input_shape):
        """Return ``(batch, n_columns, n_bins)``."""
        return (*input_shape, self.n_bins)

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "n_bins": self.n_bins}
