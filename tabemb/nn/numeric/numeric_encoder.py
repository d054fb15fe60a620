"""What a numeric encoder is, the encoders that only scale, and the base of those that make vectors."""

from typing import Any

import keras
from keras import ops
from sklearn.base import BaseEstimator

from tabemb.nn.features import side_by_side
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
    """How numbers are scaled by the table layer, and what the network makes of them.

    It holds no weights: the same one can be built many times, cloned, searched over (``numeric__n_bins``) and written
    in YAML.

    Attributes
    ----------
    scaling : str or mapping
        What :class:`tabemb.table.encoder.TableEncoder` does to a numeric column: a name in
        :data:`tabemb.table.scaling.SCALINGS`, or a mapping with a ``name`` and parameters.
    """

    scaling: ScalingSpec = "standard"

    def build(self, numbers: Any, seeds: Seeds, *, n_indicators: int = 0) -> Any:
        """Return what the body sees of the numbers, a Keras tensor of shape (batch, width).

        Every number becomes as many as every other; the missing-indicators are the last ``n_indicators`` of what comes
        out, as they are of what goes in.

        Parameters
        ----------
        numbers : KerasTensor of shape (batch, n_numbers)
            The scaled numbers, then their missing-indicators.
        seeds : Seeds
            Where random starts come from.
        n_indicators : int, default=0
            How many of the numbers are missing-indicators: 0 or 1, of no scale.
        """
        return numbers


NUMERIC_ENCODERS: Registry[NumericEncoder] = Registry("numeric encoder")


@NUMERIC_ENCODERS.register("standardized")
class Standardized(NumericEncoder):
    """Each number minus its mean, over its standard deviation.

    Examples
    --------
    >>> Standardized().scaling
    'standard'
    """


@NUMERIC_ENCODERS.register("quantile")
class Quantile(NumericEncoder):
    """Each number by its rank, mapped to a normal distribution (scikit-learn's ``QuantileTransformer``).

    Examples
    --------
    >>> Quantile().scaling
    'quantile'
    """

    scaling = "quantile"


@NUMERIC_ENCODERS.register("robust")
class Robust(NumericEncoder):
    """Each number minus its median, over the distance of the quartiles, smoothly kept within (-3, 3).

    RealMLP's preparation (Holzmüller et al. 2024, arXiv:2407.04491); see :class:`tabemb.table.scaling.RobustScaling`.

    Examples
    --------
    >>> Robust().scaling
    'robust'
    """

    scaling = "robust"


class ColumnwiseEncoder(NumericEncoder):
    """A numeric encoder by which each number becomes a vector; missing-indicators stay what they are."""

    def build(self, numbers, seeds, *, n_indicators=0):
        """Return the vectors side by side, then the missing-indicators, a Keras tensor of shape (batch, width)."""
        self.check()
        if not n_indicators:
            return _flat(self.vectors(numbers, seeds))
        n_columns = numbers.shape[-1] - n_indicators
        columns = ColumnRange(0, n_columns, name="numbers_themselves")(numbers)
        indicators = ColumnRange(n_columns, n_columns + n_indicators, name="missing_indicators")(numbers)
        return side_by_side([_flat(self.vectors(columns, seeds)), indicators], name="numbers_and_indicators")

    def check(self) -> None:
        """Raise ValueError, or UnknownNameError, where a parameter is out of range."""

    def vectors(self, columns: Any, seeds: Seeds) -> Any:
        """Return a vector for each number, a Keras tensor of shape (batch, n_columns, width).

        Parameters
        ----------
        columns : KerasTensor of shape (batch, n_columns)
            The scaled numbers.
        seeds : Seeds
            Where random starts come from.
        """
        raise TypeError("a numeric encoder of vectors defines vectors(columns, seeds)")


def _flat(vectors):
    return keras.layers.Flatten(name="number_vectors")(vectors)


@keras.saving.register_keras_serializable(package="tabemb")
class ColumnRange(keras.layers.Layer):
    """Neighbouring columns of a matrix.

    Parameters
    ----------
    start, stop : int
        The first, and the one behind the last.
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
    """A dense layer for each column, from its vector to a vector.

    Parameters
    ----------
    units : int
        Width of the output.
    shared : bool, default=False
        Whether all columns have one kernel and one bias.
    seed : int, default=0
        Seed of the start.
    """

    def __init__(self, units, shared=False, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.units, self.shared, self.seed = int(units), bool(shared), seed

    def build(self, input_shape):
        """Make the kernels, one above the other, and the biases, side by side.

        In these shapes weight decay takes the kernels for kernels, and leaves the biases alone.
        """
        _, n_columns, width = input_shape
        n_kernels = 1 if self.shared else n_columns
        # The start that these layers have where they come from (PyTorch's), biases included: a number is then told
        # apart from others whatever its value.
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
        # One product a column; einsum does the same, and takes longer.
        kernels = ops.reshape(self.kernel, (n_columns, width, self.units))
        products = ops.matmul(ops.transpose(vectors, (1, 0, 2)), kernels)
        return ops.transpose(products, (1, 0, 2)) + ops.reshape(self.bias, (n_columns, self.units))

    def compute_output_shape(self, input_shape):
        """Return ``(batch, n_columns, units)``."""
        return (*input_shape[:2], self.units)

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "units": self.units, "shared": self.shared, "seed": self.seed}
