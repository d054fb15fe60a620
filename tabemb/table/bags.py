"""Bags: the values of the cells of a column whose cells hold several."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError, UnknownNameError

__all__ = ["POOLINGS", "Bags"]

Indices = npt.NDArray[np.integer[Any]]

POOLINGS = ("mean", "sum", "sqrtn", "attention")


@dataclass(frozen=True, slots=True, eq=False)
class Bags:
    """The values of the distinct cells of a column, without padding.

    The column of the matrix of indices holds numbers of these cells: cell 0 is a missing one and holds the value
    "missing", cell 1 is an unknown one and holds "unknown", and the others are the distinct cells of the table. So rows
    are chosen, shuffled and compared as those of other columns.

    Parameters
    ----------
    values : ndarray of int32 of shape (n_values,)
        The values of all cells, one cell after the other, as positions in the vocabulary of the column.
    offsets : ndarray of int64 of shape (n_cells + 1,)
        Where the values of each cell begin, and the end of the last; no cell is empty.
    weights : ndarray of float32 of shape (n_values,), optional
        Weight of each value in its cell; 1 by default.
    pooling : {"mean", "sum", "sqrtn", "attention"}, default="mean"
        How the vectors of the values of a cell become one: their mean, their sum, their sum divided by the square root
        of their number, or a mean with learned weights.

    Raises
    ------
    DataError
        If the arrays do not fit together, or a cell is empty.
    UnknownNameError
        If there is no such pooling.

    Examples
    --------
    >>> bags = Bags(np.array([0, 1, 2, 3], np.int32), np.array([0, 1, 2, 4]))
    >>> bags.occurrences(np.array([2, 0]))
    (array([0, 0, 1]), array([2, 3, 0], dtype=int32))
    >>> bags.pooled(np.array([[0.0], [0.0], [1.0], [3.0]])).tolist()
    [[0.0], [0.0], [2.0]]
    """

    values: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float32] | None = None
    pooling: str = "mean"

    def __post_init__(self) -> None:
        ends = len(self.offsets) > 0 and self.offsets[0] == 0 and self.offsets[-1] == len(self.values)
        fits = self.weights is None or self.weights.shape == self.values.shape
        if not ends or not fits or (np.diff(self.offsets) < 1).any():
            raise DataError("The offsets of bags must begin at 0, increase by cell, and end at the number of values.")
        if self.pooling not in POOLINGS:
            raise UnknownNameError.among("pooling", self.pooling, POOLINGS)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @classmethod
    def of_single(cls, size: int) -> "Bags":
        """Return bags of a single value each: all indices of a vocabulary."""
        return cls(np.arange(size, dtype=np.int32), np.arange(size + 1))

    @classmethod
    def joined(cls, parts: Sequence["Bags"]) -> "Bags":
        """Return the cells of all parts, one part after the other, with the pooling of the first."""
        ends = np.cumsum([0, *(len(each.values) for each in parts)])
        offsets = [each.offsets[:-1] + end for each, end in zip(parts, ends, strict=False)]
        weighted = any(each.weights is not None for each in parts)
        weights = [np.ones(len(each.values), np.float32) if each.weights is None else each.weights for each in parts]
        return cls(
            np.concatenate([each.values for each in parts]),
            np.concatenate([*offsets, ends[-1:]]),
            np.concatenate(weights) if weighted else None,
            parts[0].pooling,
        )

    @property
    def nbytes(self) -> int:
        """Size of the arrays in bytes."""
        return self.values.nbytes + self.offsets.nbytes + (0 if self.weights is None else self.weights.nbytes)

    @property
    def sizes(self) -> npt.NDArray[np.int64]:
        """Number of values of each cell."""
        return np.diff(self.offsets)

    def places(self, cells: Indices) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int64]]:
        """Return the row and the place in ``values`` of each value of the cells of rows."""
        sizes = self.sizes[cells]
        ends = np.cumsum(sizes)
        rows = np.repeat(np.arange(len(cells)), sizes)
        within = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - sizes, sizes)
        return rows, self.offsets[cells][rows] + within

    def occurrences(self, cells: Indices) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int32]]:
        """Return the row of each value of the cells of rows, and the value.

        Parameters
        ----------
        cells : ndarray of int of shape (n_rows,)
            The column of the matrix of indices.
        """
        rows, places = self.places(cells)
        return rows, self.values[places]

    def drawn(self, cells: Indices, generator: np.random.Generator) -> npt.NDArray[np.int32]:
        """Return a random value of the cell of each row, with probabilities by the weights.

        Parameters
        ----------
        cells : ndarray of int of shape (n_rows,)
            The column of the matrix of indices.
        generator : numpy.random.Generator
            Draws the values.
        """
        draws, starts = generator.random(len(cells)), self.offsets[cells]
        if self.weights is None:
            places = starts + (draws * self.sizes[cells]).astype(np.int64)
        else:
            # A draw within the part of the cell of the cumulative weights of all values.
            ends = np.cumsum(self.weights, dtype=np.float64)
            last = self.offsets[cells + 1] - 1
            low, high = (ends - self.weights)[starts], ends[last]
            places = np.clip(np.searchsorted(ends, low + draws * (high - low), side="right"), starts, last)
        return self.values[places]

    def compact(self, cells: Indices) -> tuple["Bags", npt.NDArray[np.int32]]:
        """Return the bags of those cells only that occur, and the numbers of the cells among these.

        Cells 0 and 1 are kept.
        """
        used, numbers = np.unique(np.concatenate([[0, 1], cells]), return_inverse=True)
        if len(used) == len(self):
            return self, np.asarray(cells, np.int32)
        _, places = self.places(used)
        offsets = np.concatenate([[0], np.cumsum(self.sizes[used])])
        weights = None if self.weights is None else self.weights[places]
        return Bags(self.values[places], offsets, weights, self.pooling), numbers[2:].astype(np.int32)

    def with_values(self, values: npt.NDArray[np.integer[Any]]) -> "Bags":
        """Return the same cells with other values, of the same number per cell."""
        return Bags(values.astype(np.int32), self.offsets, self.weights, self.pooling)

    def normalized(self) -> npt.NDArray[np.float32]:
        """Return the factor of each value in the pooled vector of its cell, of shape (n_values,).

        For "attention", it is the factor of the exponential of its score.
        """
        weights = np.ones(len(self.values), np.float32) if self.weights is None else self.weights
        if self.pooling in ("sum", "attention"):
            return weights
        by_cell = weights if self.pooling == "mean" else weights**2
        totals = np.add.reduceat(by_cell, self.offsets[:-1])
        totals = np.maximum(totals if self.pooling == "mean" else np.sqrt(totals), np.finfo(np.float32).tiny)
        normalized: npt.NDArray[np.float32] = (weights / np.repeat(totals, self.sizes)).astype(np.float32)
        return normalized

    def attention(self, vectors: npt.NDArray[Any], query: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Return the factor of each value by the softmax, in its cell, of the products of vectors with a query.

        Parameters
        ----------
        vectors : ndarray of shape (vocabulary_size, dim)
            The vectors of the values.
        query : ndarray of shape (dim,)
            The query.
        """
        scores, starts = (vectors @ query)[self.values], self.offsets[:-1]
        shares = self.normalized() * np.exp(scores - np.repeat(np.maximum.reduceat(scores, starts), self.sizes))
        found: npt.NDArray[np.float32] = (shares / np.repeat(np.add.reduceat(shares, starts), self.sizes)).astype(
            np.float32
        )
        return found

    def pooled(self, vectors: npt.NDArray[Any], query: npt.NDArray[Any] | None = None) -> npt.NDArray[Any]:
        """Return the pooled vector of each cell, of shape (n_cells, dim).

        Parameters
        ----------
        vectors : ndarray of shape (vocabulary_size, dim)
            The vectors of the values.
        query : ndarray of shape (dim,), optional
            The query of the pooling "attention".
        """
        from scipy import sparse

        factors = self.normalized() if query is None else self.attention(vectors, query)
        # A product with a sparse matrix needs no memory for the vectors of the values.
        found: npt.NDArray[Any] = (
            sparse.csr_matrix((factors, self.values, self.offsets), (len(self), len(vectors))) @ vectors
        )
        return found
