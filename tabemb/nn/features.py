"""The inputs of a body: the vectors, the numbers and the one-hot columns of a batch."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras

from tabemb.nn.columns import OneHotDense, OneHotVectors
from tabemb.nn.embedding import OneHotSpec
from tabemb.nn.seeds import Seeds
from tabemb.nn.tokens import ColumnTokens

__all__ = ["Features", "concatenated"]

# Number of learned numbers per one-hot column in bodies that multiply their inputs.
ONE_HOT_UNITS = 8


@dataclass(frozen=True, kw_only=True)
class Features:
    """The inputs of a body, as Keras tensors.

    Parameters
    ----------
    embedded : KerasTensor of shape (batch, sum(dims)) or None
        The concatenated vectors of all embedded columns.
    dims : tuple of int
        Dimension of the vector of each embedded column, in the order of ``embedded``.
    numbers : KerasTensor of shape (batch, sum(number_dims)) or None
        Output of the numeric encoder.
    number_dims : tuple of int, default=()
        Width of the output for each number, in the order of ``numbers``.
    indices : KerasTensor of shape (batch, n_categorical) or None
        Category indices, for the one-hot columns.
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
        """The concatenated vectors and numbers, of shape (batch, sum of all dims); None if there are none."""
        return concatenated([self.embedded, self.numbers], name="vectors_and_numbers")

    @property
    def width(self) -> int:
        """Number of inputs of a dense layer over all features."""
        numbers = 0 if self.numbers is None else self.numbers.shape[-1]
        return sum(self.dims) + numbers + sum(each.vocabulary_size for each in self.one_hot)

    def dense(self, units: int, seeds: Seeds, *, name: str) -> Any:
        """Return the output of a dense layer over all features, before any activation.

        Parameters
        ----------
        units : int
            Width of the output.
        seeds : Seeds
            Source of the seeds of the initializers.
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
        """Return vectors, numbers, and eight learned numbers per one-hot column, concatenated: (batch, width).

        For bodies that multiply their inputs with each other or with weights of each member: the width does not depend
        on the number of categories.

        Parameters
        ----------
        seeds : Seeds
            Source of the seeds of the initializers.
        """
        return concatenated([self.joined, self.one_hot_flat(seeds)], name="inputs")

    def one_hot_flat(self, seeds: Seeds) -> Any:
        """Return the part of :meth:`flat` for the one-hot columns; None if there are none."""
        if not self.one_hot:
            return None
        return keras.layers.Flatten(name="inputs_one_hot_flat")(self._one_hot_vectors(ONE_HOT_UNITS, seeds, "inputs"))

    def tokens(self, units: int, seeds: Seeds, *, name: str) -> list[Any]:
        """Return a token per column: groups of tokens, each of shape (batch, n, units).

        The first group has the embedded columns and the numbers, the second the one-hot columns.

        Parameters
        ----------
        units : int
            Width of a token.
        seeds : Seeds
            Source of the seeds of the initializers.
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


def concatenated(parts: list[Any], *, name: str) -> Any:
    """Return the concatenation of those matrices that are not None; None if all are."""
    parts = [part for part in parts if part is not None]
    if len(parts) > 1:
        return keras.layers.Concatenate(name=name)(parts)
    return parts[0] if parts else None
