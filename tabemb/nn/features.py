"""What a body sees: the vectors, the numbers and the one-hot blocks of a batch."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras

from tabemb.nn.columns import OneHotDense, OneHotVectors
from tabemb.nn.embedding import OneHotSpec
from tabemb.nn.seeds import Seeds
from tabemb.nn.tokens import ColumnTokens

__all__ = ["Features", "side_by_side"]

# How many numbers stand for a one-hot column where a body multiplies its inputs by each other.
ONE_HOT_UNITS = 8


@dataclass(frozen=True, kw_only=True)
class Features:
    """The inputs of a body, as Keras tensors.

    Parameters
    ----------
    embedded : KerasTensor of shape (batch, sum(dims)) or None
        The vectors of all embedded columns side by side.
    dims : tuple of int
        How wide the vector of each embedded column is, in the order of ``embedded``.
    numbers : KerasTensor of shape (batch, sum(number_dims)) or None
        What the numeric encoder made of the numbers.
    number_dims : tuple of int, default=()
        How wide what it made of each number is, in the order of ``numbers``.
    indices : KerasTensor of shape (batch, n_categorical) or None
        The indices, for the one-hot columns.
    one_hot : tuple of OneHotSpec
        The one-hot columns.
    """

    embedded: Any
    dims: tuple[int, ...]
    numbers: Any
    number_dims: tuple[int, ...] = ()
    indices: Any
    one_hot: tuple[OneHotSpec, ...]

    @cached_property
    def joined(self) -> Any:
        """The vectors and the numbers side by side, of shape (batch, sum of all dims); None where there are none."""
        return side_by_side([self.embedded, self.numbers], name="vectors_and_numbers")

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
        if self.joined is not None:
            limit = (6 / (self.width + units)) ** 0.5
            start = keras.initializers.RandomUniform(-limit, limit, seed=seeds[name])
            parts.append(keras.layers.Dense(units, kernel_initializer=start, name=name)(self.joined))
        if self.one_hot:
            layer = OneHotDense(
                units, *self._one_hot_rows, fan_in=self.width, seed=seeds[f"{name}/one_hot"], name=f"{name}_one_hot"
            )
            parts.append(layer(self.indices))
        return keras.layers.Add(name=f"{name}_sum")(parts) if len(parts) > 1 else parts[0]

    def flat(self, seeds: Seeds) -> Any:
        """Return vectors, numbers, and eight learned numbers for each one-hot column, side by side: (batch, width).

        For bodies that multiply their inputs by each other, or by something of each member: the width does not grow
        with the number of categories.

        Parameters
        ----------
        seeds : Seeds
            Where the start of the weights comes from.
        """
        return side_by_side([self.joined, self.one_hot_flat(seeds)], name="inputs")

    def one_hot_flat(self, seeds: Seeds) -> Any:
        """Return what :meth:`flat` has for the one-hot columns; None where there are none."""
        if not self.one_hot:
            return None
        return keras.layers.Flatten(name="inputs_one_hot_flat")(self._one_hot_vectors(ONE_HOT_UNITS, seeds, "inputs"))

    def tokens(self, units: int, seeds: Seeds, *, name: str) -> list[Any]:
        """Return a vector of one width for each column: groups of tokens, each of shape (batch, n, units).

        First those of the embedded columns and of the numbers, then those of the one-hot columns.

        Parameters
        ----------
        units : int
            Width of a token.
        seeds : Seeds
            Where the start of the weights comes from.
        name : str
            Name of the layers.
        """
        groups = []
        if self.joined is not None:
            layer = ColumnTokens(units, [*self.dims, *self.number_dims], seed=seeds[name], name=name)
            groups.append(layer(self.joined))
        if self.one_hot:
            groups.append(self._one_hot_vectors(units, seeds, name))
        return groups

    def _one_hot_vectors(self, units, seeds, name):
        layer = OneHotVectors(units, *self._one_hot_rows, seed=seeds[f"{name}/one_hot"], name=f"{name}_one_hot")
        return layer(self.indices)

    @property
    def _one_hot_rows(self):
        return [each.position for each in self.one_hot], [each.vocabulary_size for each in self.one_hot]


def side_by_side(parts: list[Any], *, name: str) -> Any:
    """Return some matrices as one, without those that are None; None where all are."""
    parts = [part for part in parts if part is not None]
    if len(parts) > 1:
        return keras.layers.Concatenate(name=name)(parts)
    return parts[0] if parts else None
