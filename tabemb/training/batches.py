"""Sources of training batches: rows in memory, in chunks of several steps for one compiled call."""

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
    """Rows for several steps, and their order.

    Parameters
    ----------
    tensors : dict of str to tensor
        Indices, numbers, targets and weights of rows; and the bags of cells with several values, see
        :meth:`~tabemb.table.encoded_table.EncodedTable.inputs`.
    order : ndarray of int32
        Row numbers, batch after batch.
    """

    tensors: dict[str, tf.Tensor]
    order: np.ndarray


class RowSource(Protocol):
    """Interface of the training rows; another implementation can serve rows that do not fit into memory."""

    @property
    def n_columns(self) -> int:
        """Number of columns, categorical and numeric."""

    def __len__(self) -> int:
        """Return the number of rows of an epoch."""

    def epoch(self, generator: np.random.Generator, batch_size: int, n_steps: int) -> Iterator[Chunk]:
        """Yield each row once, in random order, ``n_steps`` batches at a time.

        All batches are full, except that the last batch of the last chunk may be smaller.
        """


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Encoded rows in memory, with targets and weights.

    Parameters
    ----------
    table : EncodedTable
        Indices (n, n_categorical) and numbers (n, n_numbers).
    targets : ndarray of shape (n,) or (n, n_outputs)
        Targets as encoded by the task.
    weights : ndarray of shape (n,), optional
        Weight of each row in the loss.
    kept : ndarray of int, optional
        Row numbers to use; the other rows are ignored. This avoids a copy.
    folds : ndarray of int of shape (n,), optional
        The member of the network that leaves out each row; a number that is not a member means none.
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
        """Return a copy of the given rows."""
        if self.kept is not None:
            rows = self.kept[rows]
        return Rows(
            table=self.table.take(rows),
            targets=self.targets[rows],
            weights=None if self.weights is None else self.weights[rows],
            folds=None if self.folds is None else self.folds[rows],
        )

    def only(self, rows: np.ndarray) -> "Rows":
        """Return the given rows as a view of the same arrays."""
        kept = rows if self.kept is None else self.kept[rows]
        return Rows(table=self.table, targets=self.targets, weights=self.weights, kept=kept, folds=self.folds)

    def counts(self, position: int, size: int) -> np.ndarray:
        """Return how often each of the values 0 to ``size - 1`` occurs in a categorical column."""
        return self.table.counts(position, size, self.kept)

    def seen(self, position: int, size: int) -> np.ndarray:
        """Return a mask of which of the indices 0 to ``size - 1`` occur in a categorical column."""
        return self.counts(position, size) > 0

    @cached_property
    def tensors(self) -> dict[str, tf.Tensor]:
        """The rows as tensors; the weights of the rows used are scaled to a mean of 1."""
        if self.weights is None:
            weights = np.ones(len(self.table), np.float32)
        else:
            counting = self.weights if self.kept is None else self.weights[self.kept]
            weights = self.weights / counting.mean()
        return {
            **{name: tf.constant(each) for name, each in self.table.inputs().items()},
            "targets": tf.constant(self.targets),
            "weights": tf.constant(weights.astype("float32")),
            **({} if self.folds is None else {"folds": tf.constant(self.folds.astype("int32"))}),
        }

    def epoch(self, generator: np.random.Generator, batch_size: int, n_steps: int) -> Iterator[Chunk]:
        """Yield each row once; see :class:`RowSource`."""
        order = generator.permutation(len(self) if self.kept is None else self.kept).astype("int32")
        for chunk in range(math.ceil(len(order) / (batch_size * n_steps))):
            start = chunk * batch_size * n_steps
            yield Chunk(tensors=self.tensors, order=order[start : start + batch_size * n_steps])
