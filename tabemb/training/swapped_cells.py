"""Training rows in which some cells are those of other rows: to be found, or as another view of the row."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tabemb.table.encoded_table import EncodedTable
from tabemb.training.batches import Rows
from tabemb.training.redrawn_rows import RedrawnRows

__all__ = ["RowViews", "SwappedCells"]


@dataclass(frozen=True, kw_only=True)
class SwappedCells(RedrawnRows):
    """Rows of a table, a share of whose cells is swapped with the cell of another row in the same column.

    The targets are 1 for cells with another value than before, first those of the categorical columns.

    Parameters
    ----------
    table : EncodedTable
        The rows.
    share : float
        Share of the cells that are swapped, in (0, 1]. Some get the value that they had.
    indicated : tuple of int, optional
        Positions of the numbers that have a missing indicator, in the order of the indicators, which come after the
        numbers. A number and its indicator are one cell.

    Examples
    --------
    >>> table = EncodedTable(np.arange(2, 6, dtype=np.int32)[:, None], np.empty((4, 0), np.float32))
    >>> swapped = SwappedCells(table=table, share=0.5).drawn(np.random.default_rng(3))
    >>> swapped.table.indices.tolist(), swapped.targets.tolist()
    ([[2], [5], [5], [4]], [[0.0], [1.0], [1.0], [1.0]])
    """

    share: float
    indicated: tuple[int, ...] = ()

    @property
    def n_columns(self) -> int:
        """Number of columns, categorical and numeric, and of their targets."""
        return 2 * (self.table.indices.shape[1] + self.table.numbers.shape[1])

    @property
    def _columns_of_numbers(self) -> np.ndarray:
        """The column of each number and indicator, counted after the categorical ones."""
        n_numbers = self.table.numbers.shape[1] - len(self.indicated)
        return self.table.indices.shape[1] + np.array([*range(n_numbers), *self.indicated], np.intp)

    def swapped(self, rows: np.ndarray, generator: np.random.Generator) -> EncodedTable:
        """Return the given rows with some cells of other rows."""
        cells, numbers = self.table.indices[rows], self.table.numbers[rows]
        shape = len(rows), cells.shape[1] + numbers.shape[1] - len(self.indicated)
        chosen = generator.random(shape, np.float32) < self.share
        donors = generator.integers(len(self.table), size=shape, dtype=np.int32)
        for column in range(cells.shape[1]):
            where = np.flatnonzero(chosen[:, column])
            cells[where, column] = self.table.indices[donors[where, column], column]
        for place, column in enumerate(self._columns_of_numbers):
            where = np.flatnonzero(chosen[:, column])
            numbers[where, place] = self.table.numbers[donors[where, column], place]
        return EncodedTable(np.ascontiguousarray(cells), numbers)

    def draw(self, rows: np.ndarray, generator: np.random.Generator) -> Rows:
        """Return the given rows with some cells of other rows, and which cells have another value."""
        table, n = self.swapped(rows, generator), self.table.indices.shape[1]
        targets = np.zeros((len(rows), n + self.table.numbers.shape[1] - len(self.indicated)), np.float32)
        targets[:, :n] = table.indices != self.table.indices[rows]
        changed = table.numbers != self.table.numbers[rows]
        for place, column in enumerate(self._columns_of_numbers):
            targets[:, column] = np.maximum(targets[:, column], changed[:, place])
        return Rows(table=table, targets=targets)


class RowViews(SwappedCells):
    """Each row, and next to it another view of it, in which a share of the cells is from other rows.

    The targets are the number of the row among those drawn together, and 1 for the other view.

    Parameters
    ----------
    table, share, indicated
        As for :class:`SwappedCells`.

    Examples
    --------
    >>> table = EncodedTable(np.arange(2, 5, dtype=np.int32)[:, None], np.empty((3, 0), np.float32))
    >>> views = RowViews(table=table, share=0.5).drawn(np.random.default_rng(1))
    >>> views.table.indices.ravel().tolist(), views.targets.tolist()
    ([2, 4, 3, 3, 4, 4], [[0, 0], [0, 1], [1, 0], [1, 1], [2, 0], [2, 1]])
    """

    n_views: ClassVar[int] = 2

    @property
    def n_columns(self) -> int:
        """Number of columns, categorical and numeric, and of targets."""
        return self.table.indices.shape[1] + self.table.numbers.shape[1] + 2

    def draw(self, rows: np.ndarray, generator: np.random.Generator) -> Rows:
        """Return each row and its other view, and their targets."""
        own, other = self.table.take(rows), self.swapped(rows, generator)
        indices, numbers = (
            np.ascontiguousarray(np.stack(pair, axis=1).reshape(2 * len(rows), pair[0].shape[1]))
            for pair in ((own.indices, other.indices), (own.numbers, other.numbers))
        )
        targets = np.column_stack([np.repeat(np.arange(len(rows)), 2), np.tile([0, 1], len(rows))])
        return Rows(table=EncodedTable(indices, numbers), targets=targets.astype(np.int32))
