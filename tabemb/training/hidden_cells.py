"""Training rows in which some cells are hidden, others in each epoch."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from tabemb.table.encoded_table import EncodedTable
from tabemb.table.vocabulary import Vocabulary
from tabemb.training.batches import Chunk, Rows

__all__ = ["HiddenCells"]


@dataclass(frozen=True, kw_only=True)
class HiddenCells:
    """Rows of a table, a share of whose cells is hidden from the network and to be predicted.

    The indices have each column twice: as the network sees it, with "unknown" for hidden cells, and as it is. Hidden
    numbers are 0, the mean of scaled numbers.

    Parameters
    ----------
    table : EncodedTable
        The rows.
    intervals : ndarray of int of shape (n_rows, n_intervals)
        Interval of the first numbers of each row, those that are predicted.
    share : float
        Share of the hidden cells, in (0, 1).

    Examples
    --------
    >>> table = EncodedTable(np.full((4, 1), 2, np.int32), np.empty((4, 0), np.float32))
    >>> rows = HiddenCells(table=table, intervals=np.empty((4, 0), np.int32), share=0.5)
    >>> hidden = rows.drawn(np.random.default_rng(1))
    >>> hidden.table.indices.tolist(), hidden.targets.tolist()
    ([[1, 2], [2, 2], [2, 2], [2, 2]], [[2, 1], [2, 0], [2, 0], [2, 0]])
    """

    table: EncodedTable
    intervals: np.ndarray
    share: float

    @property
    def n_columns(self) -> int:
        """Number of columns, categorical and numeric."""
        return 2 * (self.table.indices.shape[1] + self.intervals.shape[1]) + self.table.numbers.shape[1]

    def __len__(self) -> int:
        return len(self.table)

    def epoch(self, generator: np.random.Generator, batch_size: int, n_steps: int) -> Iterator[Chunk]:
        """Yield each row once, with newly hidden cells; see :class:`~tabemb.training.batches.RowSource`."""
        order, size = generator.permutation(len(self)), batch_size * n_steps
        for start in range(0, len(order), size):
            rows = self._drawn(order[start : start + size], generator)
            tensors = {
                "indices": tf.constant(rows.table.indices),
                "numbers": tf.constant(rows.table.numbers),
                "targets": tf.constant(rows.targets),
                "weights": tf.ones(len(rows)),
            }
            yield Chunk(tensors=tensors, order=np.arange(len(rows), dtype=np.int32))

    def drawn(self, generator: np.random.Generator) -> Rows:
        """Return all rows, with hidden cells and targets, for validation."""
        return self._drawn(np.arange(len(self)), generator)

    def _drawn(self, rows: np.ndarray, generator: np.random.Generator) -> Rows:
        cells, numbers = self.table.indices[rows], self.table.numbers[rows]
        intervals, n = self.intervals[rows], cells.shape[1]
        hidden = generator.random((len(rows), n + intervals.shape[1]), np.float32) < self.share
        visible = np.where(hidden[:, :n], Vocabulary.UNKNOWN, cells)
        numbers[:, : intervals.shape[1]][hidden[:, n:]] = 0
        targets = np.hstack([cells, intervals, hidden]).astype(np.int32)
        indices = np.ascontiguousarray(np.hstack([visible, cells]), dtype=np.int32)
        return Rows(table=EncodedTable(indices, numbers), targets=targets)
