"""What a body sees: the vectors, the numbers and the one-hot blocks of a batch."""

from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any

import keras
from keras import ops

from tabemb.nn.embedding import OneHotSpec
from tabemb.nn.seeds import Seeds

__all__ = ["Features", "OneHotDense", "Slice"]


@keras.saving.register_keras_serializable(package="tabemb")
class OneHotDense(keras.layers.Layer):
    """A dense layer over one-hot columns that reads the rows of its kernel instead of multiplying by zeros.

    The output equals ``one_hot(indices) @ kernel``; the one-hot matrix is never made.

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
        super().__init__(**kwargs)
        self.units, self.positions, self.sizes = int(units), list(positions), list(sizes)
        self.fan_in, self.seed = fan_in, seed

    def build(self, input_shape):
        """Make the kernel of shape ``(sum(sizes), units)``."""
        rows = sum(self.sizes)
        limit = (6 / ((self.fan_in or rows) + self.units)) ** 0.5
        self.kernel = self.add_weight(
            shape=(rows, self.units),
            initializer=keras.initializers.RandomUniform(-limit, limit, seed=self.seed),
            name="kernel",
        )

    def call(self, indices):
        """Sum the kernel rows of the categories of each row of the batch."""
        offsets = [sum(self.sizes[:place]) for place in range(len(self.sizes))]
        rows = ops.take(indices, self.positions, axis=1) + ops.convert_to_tensor([offsets], dtype="int32")
        return ops.sum(ops.take(self.kernel, rows, axis=0), axis=1)

    def compute_output_shape(self, input_shape):
        """Return ``(batch, units)``."""
        return (input_shape[0], self.units)

    def get_config(self):
        """Return the constructor's arguments."""
        config = super().get_config()
        return {
            **config,
            "units": self.units,
            "positions": self.positions,
            "sizes": self.sizes,
            "fan_in": self.fan_in,
            "seed": self.seed,
        }


@keras.saving.register_keras_serializable(package="tabemb")
class Slice(keras.layers.Layer):
    """Some columns of a matrix.

    Parameters
    ----------
    start, stop : int
        The first, and the one after the last.
    """

    def __init__(self, start, stop, **kwargs):
        super().__init__(**kwargs)
        self.start, self.stop = start, stop

    def call(self, matrix):
        """Return the columns, of shape (batch, stop - start)."""
        return matrix[:, self.start : self.stop]

    def compute_output_shape(self, input_shape):
        """Return ``(batch, stop - start)``."""
        return (input_shape[0], self.stop - self.start)

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "start": self.start, "stop": self.stop}


@dataclass(frozen=True, kw_only=True)
class Features:
    """The inputs of a body, as Keras tensors.

    Parameters
    ----------
    embedded : KerasTensor of shape (batch, sum(dims)) or None
        The vectors of all embedded columns side by side.
    dims : tuple of int
        How wide the vector of each embedded column is, in the order of ``embedded``.
    numbers : KerasTensor of shape (batch, n_numbers) or None
        What the numeric encoder made of the numbers.
    indices : KerasTensor of shape (batch, n_categorical) or None
        The indices, for the one-hot columns.
    one_hot : tuple of OneHotSpec
        The one-hot columns.
    """

    embedded: Any
    dims: tuple[int, ...]
    numbers: Any
    indices: Any
    one_hot: tuple[OneHotSpec, ...]

    @cached_property
    def vectors(self) -> tuple[Any, ...]:
        """The vector of each embedded column by itself, KerasTensors of shape (batch, dim)."""
        if len(self.dims) == 1:
            return (self.embedded,)
        bounds = pairwise(accumulate(self.dims, initial=0))
        return tuple(Slice(*bound, name=f"vector_{place}")(self.embedded) for place, bound in enumerate(bounds))

    @property
    def width(self) -> int:
        """Number of inputs if everything stood side by side."""
        numbers = 0 if self.numbers is None else self.numbers.shape[-1]
        return sum(self.dims) + numbers + sum(each.vocabulary_size for each in self.one_hot)

    def dense(self, units: int, seeds: Seeds, *, name: str) -> Any:
        """Return a dense layer's output over all features side by side, before any activation.

        Parameters
        ----------
        units : int
            Width of the output.
        seeds : Seeds
            Where the start of the weights comes from.
        name : str
            Name of the layer.
        """
        parts = []
        beside = [each for each in (self.embedded, self.numbers) if each is not None]
        if beside:
            joined = keras.layers.Concatenate(name=f"{name}_inputs")(beside) if len(beside) > 1 else beside[0]
            limit = (6 / (self.width + units)) ** 0.5
            start = keras.initializers.RandomUniform(-limit, limit, seed=seeds[name])
            parts.append(keras.layers.Dense(units, kernel_initializer=start, name=name)(joined))
        if self.one_hot:
            layer = OneHotDense(
                units,
                [each.position for each in self.one_hot],
                [each.vocabulary_size for each in self.one_hot],
                fan_in=self.width,
                seed=seeds[f"{name}/one_hot"],
                name=f"{name}_one_hot",
            )
            parts.append(layer(self.indices))
        return keras.layers.Add(name=f"{name}_sum")(parts) if len(parts) > 1 else parts[0]
