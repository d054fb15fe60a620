"""The base class of numeric encoders, the encoders that only scale, and the base class of those that embed numbers."""

from typing import Any, Self

import keras
from keras import ops
from sklearn.base import BaseEstimator, clone

from tabemb.nn.features import concatenated
from tabemb.nn.seeds import Seeds
from tabemb.registry import Registry
from tabemb.table.scaling import ScalingSpec

__all__ = [
    "NUMERIC_ENCODERS",
    "ColumnDense",
    "ColumnRange",
    "ColumnwiseEncoder",
    "NumericEncoder",
    "Quantile",
    "Robust",
    "Standardized",
]


class NumericEncoder(BaseEstimator):
    """A specification of how numbers are scaled and encoded.

    It holds no weights: it can be built many times, cloned, tuned (``numeric__n_bins``) and written in YAML.

    Attributes
    ----------
    scaling : str or mapping
        How :class:`tabemb.table.encoder.TableEncoder` scales numeric columns: a name in
        :data:`tabemb.table.scaling.SCALINGS`, or a mapping with a ``name`` and parameters.
    """

    scaling: ScalingSpec = "standard"

    def build(self, numbers: Any, seeds: Seeds, *, n_indicators: int = 0) -> Any:
        """Return the encoded numbers, a Keras tensor of shape (batch, width).

        All numbers are encoded with the same width. The missing indicators, with values 0 or 1, are the last
        ``n_indicators`` columns of the inputs and of the outputs.

        Parameters
        ----------
        numbers : KerasTensor of shape (batch, n_numbers)
            The scaled numbers, then the missing indicators.
        seeds : Seeds
            Source of the seeds of the initializers.
        n_indicators : int, default=0
            Number of missing indicators.
        """
        return numbers

    def check(self) -> None:
        """Raise ValueError if a parameter is out of range."""

    def narrowed(self) -> Self:
        """Return this encoder with vectors of half the width (``embedding_dim``); itself if it has none.

        Examples
        --------
        >>> NUMERIC_ENCODERS.resolve({"name": "piecewise_linear", "embedding_dim": 24}).narrowed()
        PiecewiseLinear(embedding_dim=12)
        """
        width = getattr(self, "embedding_dim", None)
        return self if width is None else clone(self).set_params(embedding_dim=max(1, width // 2))


NUMERIC_ENCODERS: Registry[NumericEncoder] = Registry("numeric encoder")


@NUMERIC_ENCODERS.register("standardized")
class Standardized(NumericEncoder):
    """Each column minus its mean, divided by its standard deviation.

    Examples
    --------
    >>> Standardized().scaling
    'standard'
    """


@NUMERIC_ENCODERS.register("quantile")
class Quantile(NumericEncoder):
    """Ranks mapped to a normal distribution (scikit-learn's ``QuantileTransformer``).

    Examples
    --------
    >>> Quantile().scaling
    'quantile'
    """

    scaling = "quantile"


@NUMERIC_ENCODERS.register("robust")
class Robust(NumericEncoder):
    """Each column minus its median, divided by its interquartile range, smoothly clipped to (-3, 3).

    The preprocessing of RealMLP (Holzmüller et al. 2024, arXiv:2407.04491); see
    :class:`tabemb.table.scaling.RobustScaling`.

    Examples
    --------
    >>> Robust().scaling
    'robust'
    """

    scaling = "robust"


class ColumnwiseEncoder(NumericEncoder):
    """Base class of numeric encoders that map each number to a vector; missing indicators are unchanged."""

    def build(self, numbers, seeds, *, n_indicators=0):
        """Return the concatenated vectors and missing indicators, a Keras tensor of shape (batch, width)."""
        self.check()
        if not n_indicators:
            return _flat(self.vectors(numbers, seeds))
        n_columns = numbers.shape[-1] - n_indicators
        columns = ColumnRange(0, n_columns, name="numbers_themselves")(numbers)
        indicators = ColumnRange(n_columns, n_columns + n_indicators, name="missing_indicators")(numbers)
        return concatenated([_flat(self.vectors(columns, seeds)), indicators], name="numbers_and_indicators")

    def check(self) -> None:
        """Raise ValueError or UnknownNameError if a parameter is invalid."""

    def vectors(self, columns: Any, seeds: Seeds) -> Any:
        """Return a vector for each number, a Keras tensor of shape (batch, n_columns, width).

        Parameters
        ----------
        columns : KerasTensor of shape (batch, n_columns)
            The scaled numbers.
        seeds : Seeds
            Source of the seeds of the initializers.
        """
        raise TypeError("a numeric encoder of vectors must define vectors(columns, seeds)")


def _flat(vectors):
    return keras.layers.Flatten(name="number_vectors")(vectors)


@keras.saving.register_keras_serializable(package="tabemb")
class ColumnRange(keras.layers.Layer):
    """Selects adjacent columns of a matrix.

    Parameters
    ----------
    start, stop : int
        First column, and the column after the last.
    """

    def __init__(self, start, stop, **kwargs):
        super().__init__(**kwargs)
        self.start, self.stop = int(start), int(stop)

    def call(self, columns):
        """Return the columns, of shape (batch, stop - start)."""
        return columns[:, self.start : self.stop]

    def compute_output_shape(self, input_shape):
        """Return ``(batch, stop - start)``."""
        return (input_shape[0], self.stop - self.start)

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "start": self.start, "stop": self.stop}


@keras.saving.register_keras_serializable(package="tabemb")
class ColumnDense(keras.layers.Layer):
    """A separate dense layer for the vector of each column.

    Parameters
    ----------
    units : int
        Width of the output.
    shared : bool, default=False
        Whether all columns share one kernel and bias.
    seed : int, default=0
        Seed of the initializers.
    """

    def __init__(self, units, shared=False, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.units, self.shared, self.seed = int(units), bool(shared), seed

    def build(self, input_shape):
        """Create the kernels, stacked to a matrix, and the biases, concatenated to a vector.

        Weight decay applies to weights with two axes, thus to the kernels only.
        """
        _, n_columns, width = input_shape
        n_kernels = 1 if self.shared else n_columns
        # PyTorch's initializer, as in the original implementations; with random biases, columns differ whatever their
        # values.
        limit = width**-0.5
        self.kernel = self.add_weight(
            shape=(n_kernels * width, self.units),
            initializer=keras.initializers.RandomUniform(-limit, limit, seed=self.seed),
            name="kernel",
        )
        self.bias = self.add_weight(
            shape=(n_kernels * self.units,),
            initializer=keras.initializers.RandomUniform(-limit, limit, seed=self.seed + 1),
            name="bias",
        )

    def call(self, vectors):
        """Return a vector for each column, of shape (batch, n_columns, units)."""
        _, n_columns, width = vectors.shape
        if self.shared:
            flat = ops.matmul(ops.reshape(vectors, (-1, width)), self.kernel) + self.bias
            return ops.reshape(flat, (-1, n_columns, self.units))
        # One product per column; einsum computes the same, but takes longer.
        kernels = ops.reshape(self.kernel, (n_columns, width, self.units))
        products = ops.matmul(ops.transpose(vectors, (1, 0, 2)), kernels)
        return ops.transpose(products, (1, 0, 2)) + ops.reshape(self.bias, (n_columns, self.units))

    def compute_output_shape(self, input_shape):
        """Return ``(batch, n_columns, units)``."""
        return (*input_shape[:2], self.units)

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "units": self.units, "shared": self.shared, "seed": self.seed}
