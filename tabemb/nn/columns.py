"""Layers that take columns out of a matrix, or read rows of a kernel for columns of categories."""

from itertools import accumulate

import keras
from keras import ops

__all__ = ["Column", "OneHotDense", "OneHotRows", "OneHotVectors"]

# Columns of no more categories than this, in the mean, are multiplied as zeros and ones: adding up the gradients of
# their few kernel rows from all the rows of a batch takes longer than the products do.
MOST_MULTIPLIED = 32


@keras.saving.register_keras_serializable(package="tabemb")
class Column(keras.layers.Layer):
    """One column of the matrix of indices, or the vectors of one column of many.

    Parameters
    ----------
    position : int
        Which one.
    """

    def __init__(self, position, **kwargs):
        super().__init__(**kwargs)
        self.position = position

    def call(self, columns):
        """Return the column, of shape (batch,), or (batch, width) where its cells are vectors."""
        return columns[:, self.position]

    def compute_output_shape(self, input_shape):
        """Return the input's shape without its second axis."""
        return (input_shape[0], *input_shape[2:])

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "position": self.position}


class OneHotRows(keras.layers.Layer):
    """A layer over one-hot columns, with a row of its kernel for each category.

    Parameters
    ----------
    units : int
        Width of a row.
    positions : list of int
        Which columns of the matrix of indices are read.
    sizes : list of int
        Number of rows that each of them takes in the kernel.
    seed : int
        Seed of the kernel's start.

    Attributes
    ----------
    offsets : list of int
        Where the rows of each column start.
    is_narrow : bool
        Whether the columns have so few categories that the one-hot matrix is small beside the kernel's rows.
    """

    def __init__(self, units, positions, sizes, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.units, self.positions, self.sizes = int(units), list(positions), list(sizes)
        self.seed = seed
        self.offsets = list(accumulate(self.sizes, initial=0))[:-1]
        self.is_narrow = sum(self.sizes) <= MOST_MULTIPLIED * len(self.sizes)

    def start(self):
        """Return the initializer of the kernel."""
        raise TypeError("a layer over one-hot rows defines start()")

    def build(self, input_shape):
        """Make the kernel of shape ``(sum(sizes), units)``."""
        self.kernel = self.add_weight(shape=(sum(self.sizes), self.units), initializer=self.start(), name="kernel")

    def rows(self, indices):
        """Return the kernel rows of the categories, of shape (batch, n_columns, units)."""
        cells = ops.take(indices, self.positions, axis=1) + ops.convert_to_tensor([self.offsets], dtype="int32")
        return ops.take(self.kernel, cells, axis=0)

    def one_hot(self, indices):
        """Return the columns one-hot and side by side, of shape (batch, sum of sizes)."""
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

    The output equals ``one_hot(indices) @ kernel``; of columns of many categories the one-hot matrix is never made.

    Parameters
    ----------
    units : int
        Width of the output.
    positions : list of int
        Which columns of the matrix of indices are read.
    sizes : list of int
        Number of rows that each of them takes in the kernel.
    fan_in : int, optional
        Number of inputs by which the start is scaled; all inputs of the body's first layer, so that the start is that
        of one dense layer over everything.
    seed : int
        Seed of the kernel's start.
    """

    def __init__(self, units, positions, sizes, fan_in=None, seed=0, **kwargs):
        super().__init__(units, positions, sizes, seed=seed, **kwargs)
        self.fan_in = fan_in

    def start(self):
        """Return Glorot's start for ``fan_in`` inputs."""
        limit = (6 / ((self.fan_in or sum(self.sizes)) + self.units)) ** 0.5
        return keras.initializers.RandomUniform(-limit, limit, seed=self.seed)

    def call(self, indices):
        """Sum the kernel rows of the categories of each row of the batch."""
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
    """For each one-hot column, the kernel row of its category: a vector a column.

    Parameters
    ----------
    units : int
        Width of the vectors.
    positions : list of int
        Which columns of the matrix of indices are read.
    sizes : list of int
        Number of rows that each of them takes in the kernel.
    seed : int
        Seed of the kernel's start.
    """

    def start(self):
        """Return a normal start by which rows have a length of about 1, as one-hot rows have."""
        return keras.initializers.RandomNormal(stddev=self.units**-0.5, seed=self.seed)

    def call(self, indices):
        """Return the kernel rows of the categories of each row of the batch."""
        return self.rows(indices)

    def compute_output_shape(self, input_shape):
        """Return ``(batch, n_columns, units)``."""
        return (input_shape[0], len(self.positions), self.units)
