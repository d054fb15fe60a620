"""Where batches come from: rows in memory, in chunks of as many steps as one compiled call makes."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import tensorflow as tf

from tabemb.table.encoded_table import EncodedTable

__all__ = ["Chunk", "RowSource", "Rows"]


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """Rows for some steps, and the order in which they are taken.

    Parameters
    ----------
    tensors : dict of str to tensor
        Indices, numbers, targets and weights of rows.
    order : ndarray of int32
        Which of these rows, batch after batch.
    """

    tensors: dict[str, tf.Tensor]
    order: np.ndarray


class RowSource(Protocol):
    """What the trainer asks of its training rows; rows that do not fit into memory can come by another one."""

    @property
    def n_columns(self) -> int:
        """Number of columns, categorical and numeric."""

    def __len__(self) -> int:
        """Return the number of rows of an epoch."""

    def epoch(self, generator: np.random.Generator, batch_size: int, n_steps: int) -> Iterator[Chunk]:
        """Yield each row once, in an order that the generator draws, ``n_steps`` batches at a time.

        Every chunk has full batches, except that the last batch of the last one may be smaller.
        """


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Encoded rows in memory with their targets and weights.

    Parameters
    ----------
    table : EncodedTable
        Indices (n, n_categorical) and numbers (n, n_numbers).
    targets : ndarray of shape (n,) or (n, n_outputs)
        What the task made of the targets.
    weights : ndarray of shape (n,), optional
        Weight of each row in the loss.
    kept : ndarray of int, optional
        The rows that count, by number; the others are as if they were not there, and need not be copied away.
    folds : ndarray of int of shape (n,), optional
        Which member of a network leaves each row out; none where it is a number that no member has.
    """

    table: EncodedTable
    targets: np.ndarray
    weights: np.ndarray | None = None
    kept: np.ndarray | None = None
    folds: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.table) if self.kept is None else len(self.kept)

    @property
    def n_columns(self) -> int:
        """Number of columns, categorical and numeric."""
        return self.table.indices.shape[1] + self.table.numbers.shape[1]

    def take(self, rows: np.ndarray) -> "Rows":
        """Return a copy of some of the rows."""
        if self.kept is not None:
            rows = self.kept[rows]
        return Rows(
            table=self.table.take(rows),
            targets=self.targets[rows],
            weights=None if self.weights is None else self.weights[rows],
            folds=None if self.folds is None else self.folds[rows],
        )

    def only(self, rows: np.ndarray) -> "Rows":
        """Return some of the rows, over the same arrays."""
        kept = rows if self.kept is None else self.kept[rows]
        return Rows(table=self.table, targets=self.targets, weights=self.weights, kept=kept, folds=self.folds)

    def counts(self, position: int, size: int) -> np.ndarray:
        """Return in how many rows a categorical column has each of the indices 0 to ``size - 1``."""
        column = self.table.indices[:, position]
        return np.bincount(column if self.kept is None else column[self.kept], minlength=size)

    def seen(self, position: int, size: int) -> np.ndarray:
        """Return which of the indices 0 to ``size - 1`` a categorical column has, as truth values."""
        return self.counts(position, size) > 0

    @cached_property
    def tensors(self) -> dict[str, tf.Tensor]:
        """The rows as tensors; the weights of those that count have a mean of 1."""
        if self.weights is None:
            weights = np.ones(len(self.table), np.float32)
        else:
            counting = self.weights if self.kept is None else self.weights[self.kept]
            weights = self.weights / counting.mean()
        return {
            "indices": tf.constant(self.table.indices),
            "numbers": tf.constant(self.table.numbers),
            "targets": tf.constant(self.targets),
            "weights": tf.constant(weights.astype("float32")),
            **({} if self.folds is None else {"folds": tf.constant(self.folds.astype("int32"))}),
        }

    def epoch(self, generator: np.random.Generator, batch_size: int, n_steps: int) -> Iterator[Chunk]:
        """Yield each row once, as :class:`RowSource` says."""
        order = generator.permutation(len(self) if self.kept is None else self.kept).astype("int32")
        for chunk in range(math.ceil(len(order) / (batch_size * n_steps))):
            start = chunk * batch_size * n_steps
            yield Chunk(tensors=self.tensors, order=order[start : start + batch_size * n_steps])
