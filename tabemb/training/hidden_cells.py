"""Training rows in which some cells are hidden, others in each epoch."""

from dataclasses import dataclass, replace

import numpy as np

from tabemb.table.encoded_table import EncodedTable
from tabemb.table.vocabulary import Vocabulary
from tabemb.training.batches import Rows
from tabemb.training.redrawn_rows import RedrawnRows

__all__ = ["HiddenCells"]


@dataclass(frozen=True, kw_only=True)
class HiddenCells(RedrawnRows):
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

    intervals: np.ndarray
    share: float

    @property
    def n_columns(self) -> int:
        """Number of columns, categorical and numeric."""
        return 2 * (self.table.indices.shape[1] + self.intervals.shape[1]) + self.table.numbers.shape[1]

    def take(self, rows: np.ndarray) -> "HiddenCells":
        """Return a copy of the given rows."""
        return replace(self, table=self.table.take(rows), intervals=self.intervals[rows])

    def draw(self, rows: np.ndarray, generator: np.random.Generator) -> Rows:
        """Return the given rows, with hidden cells and targets."""
        cells, numbers = self.table.indices[rows], self.table.numbers[rows]
        intervals, n = self.intervals[rows], cells.shape[1]
        hidden = generator.random((len(rows), n + intervals.shape[1]), np.float32) < self.share
        visible = np.where(hidden[:, :n], Vocabulary.UNKNOWN, cells)
        numbers[:, : intervals.shape[1]][hidden[:, n:]] = 0
        targets = np.hstack([cells, intervals, hidden]).astype(np.int32)
        indices = np.ascontiguousarray(np.hstack([visible, cells]), dtype=np.int32)
        return Rows(table=EncodedTable(indices, numbers), targets=targets)
