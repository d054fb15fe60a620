"""Layers that select columns of a matrix, and layers over one-hot columns."""

from itertools import accumulate

import keras
from keras import ops

__all__ = ["Column", "OneHotDense", "OneHotRows", "OneHotVectors"]

# Columns with at most this many categories on average are multiplied as one-hot matrices: scattering the gradients of a
# whole batch into few kernel rows takes longer than the products.
MAX_MULTIPLIED = 32


@keras.saving.register_keras_serializable(package="tabemb")
class Column(keras.layers.Layer):
    """Selects one column of the matrix of indices, or the vector of one column.

    Parameters
    ----------
    position : int
        Position of the column.
    """

    def __init__(self, position, **kwargs):
        super().__init__(**kwargs)
        self.position = position

    def call(self, columns):
        """Return the column, of shape (batch,), or (batch, width) if its cells are vectors."""
        return columns[:, self.position]

    def compute_output_shape(self, input_shape):
        """Return the shape of the input without its second axis."""
        return (input_shape[0], *input_shape[2:])

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "position": self.position}


class OneHotRows(keras.layers.Layer):
    """Base class of layers over one-hot columns, with a kernel row per category.

    Parameters
    ----------
    units : int
        Width of a row.
    positions : list of int
        Positions of the columns in the matrix of indices.
    sizes : list of int
        Number of kernel rows of each column.
    seed : int
        Seed of the kernel initializer.

    Attributes
    ----------
    offsets : list of int
        First kernel row of each column.
    is_narrow : bool
        Whether the columns have so few categories that multiplying the one-hot matrix is faster.
    """

    def __init__(self, units, positions, sizes, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.units, self.positions, self.sizes = int(units), list(positions), list(sizes)
        self.seed = seed
        self.offsets = list(accumulate(self.sizes, initial=0))[:-1]
        self.is_narrow = sum(self.sizes) <= MAX_MULTIPLIED * len(self.sizes)

    def start(self):
        """Return the initializer of the kernel."""
        raise TypeError("a layer over one-hot rows must define start()")

    def build(self, input_shape):
        """Create the kernel of shape ``(sum(sizes), units)``."""
        self.kernel = self.add_weight(shape=(sum(self.sizes), self.units), initializer=self.start(), name="kernel")

    def rows(self, indices):
        """Return the kernel rows of the categories, of shape (batch, n_columns, units)."""
        cells = ops.take(indices, self.positions, axis=1) + ops.convert_to_tensor([self.offsets], dtype="int32")
        return ops.take(self.kernel, cells, axis=0)

    def one_hot(self, indices):
        """Return the one-hot matrix of the columns, of shape (batch, sum of sizes)."""
        columns = [place for place, size in zip(self.positions, self.sizes, strict=True) for _ in range(size)]
        categories = [category for size in self.sizes for category in range(size)]
        hits = ops.equal(ops.take(indices, columns, axis=1), ops.convert_to_tensor([categories], dtype="int32"))
        return ops.cast(hits, self.compute_dtype)

    def get_config(self):
        """Return the constructor's arguments."""
        config = super().get_config()
        return {
            **config,
            "units": self.units,
            "positions": self.positions,
            "sizes": self.sizes,
            "seed": self.seed,
        }


@keras.saving.register_keras_serializable(package="tabemb")
class OneHotDense(OneHotRows):
    """A dense layer over one-hot columns.

    The output equals ``one_hot(indices) @ kernel``, but the one-hot matrix is not created if there are many categories.

    Parameters
    ----------
    units : int
        Width of the output.
    positions : list of int
        Positions of the columns in the matrix of indices.
    sizes : list of int
        Number of kernel rows of each column.
    fan_in : int, optional
        Number of inputs for the scale of the initializer: all inputs of the first layer of the body, so that weights
        are initialized as in one dense layer over all inputs.
    seed : int
        Seed of the kernel initializer.
    """

    def __init__(self, units, positions, sizes, fan_in=None, seed=0, **kwargs):
        super().__init__(units, positions, sizes, seed=seed, **kwargs)
        self.fan_in = fan_in

    def start(self):
        """Return Glorot's initializer for ``fan_in`` inputs."""
        limit = (6 / ((self.fan_in or sum(self.sizes)) + self.units)) ** 0.5
        return keras.initializers.RandomUniform(-limit, limit, seed=self.seed)

    def call(self, indices):
        """Return the sum of the kernel rows of the categories of each row."""
        if self.is_narrow:
            return ops.matmul(self.one_hot(indices), self.kernel)
        return ops.sum(self.rows(indices), axis=1)

    def compute_output_shape(self, input_shape):
        """Return ``(batch, units)``."""
        return (input_shape[0], self.units)

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "fan_in": self.fan_in}


@keras.saving.register_keras_serializable(package="tabemb")
class OneHotVectors(OneHotRows):
    """Returns the kernel row of the category of each one-hot column: one vector per column.

    Parameters
    ----------
    units : int
        Width of the vectors.
    positions : list of int
        Positions of the columns in the matrix of indices.
    sizes : list of int
        Number of kernel rows of each column.
    seed : int
        Seed of the kernel initializer.
    """

    def start(self):
        """Return a normal initializer for rows of length about 1, the length of one-hot rows."""
        return keras.initializers.RandomNormal(stddev=self.units**-0.5, seed=self.seed)

    def call(self, indices):
        """Return the kernel rows of the categories of each row."""
        return self.rows(indices)

    def compute_output_shape(self, input_shape):
        """Return ``(batch, n_columns, units)``."""
        return (input_shape[0], len(self.positions), self.units)
