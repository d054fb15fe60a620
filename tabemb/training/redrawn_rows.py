"""The base class of training rows that differ in each epoch: some cells are hidden, swapped, or drawn at random."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from tabemb.table.encoded_table import EncodedTable
from tabemb.training.batches import Chunk, Rows

__all__ = ["RedrawnRows"]


@dataclass(frozen=True, kw_only=True)
class RedrawnRows:
    """Rows of a table from which each epoch makes other training rows; a :class:`~tabemb.training.batches.RowSource`.

    Subclasses define ``n_columns`` and :meth:`draw`.

    Parameters
    ----------
    table : EncodedTable
        The rows. Of cells with several values, each epoch reads another random one.
    """

    table: EncodedTable

    # Number of training rows that are made of each row; they stay next to each other.
    n_views: ClassVar[int] = 1

    @property
    def n_columns(self) -> int:
        """Number of columns, categorical and numeric, of the training rows."""
        raise TypeError("redrawn rows must define n_columns")

    def __len__(self) -> int:
        return self.n_views * len(self.table)

    def take(self, rows: np.ndarray) -> "RedrawnRows":
        """Return a copy of the given rows."""
        return replace(self, table=self.table.take(rows))

    def with_one_value(self, generator: np.random.Generator) -> "RedrawnRows":
        """Return the rows with one value per cell: a random one, where a cell holds several."""
        return replace(self, table=self.table.with_one_value(generator)) if self.table.bags else self

    def draw(self, rows: np.ndarray, generator: np.random.Generator) -> Rows:
        """Return training rows made of the given rows of the table, which has one value per cell."""
        raise TypeError("redrawn rows must define draw(rows, generator)")

    def drawn(self, generator: np.random.Generator) -> Rows:
        """Return training rows made of all rows, for validation."""
        return self.with_one_value(generator).draw(np.arange(len(self.table)), generator)

    def epoch(self, generator: np.random.Generator, batch_size: int, n_steps: int) -> Iterator[Chunk]:
        """Yield each row once, newly drawn; see :class:`~tabemb.training.batches.RowSource`."""
        now = self.with_one_value(generator)
        order, size = generator.permutation(len(self.table)), max(1, batch_size * n_steps // self.n_views)
        for start in range(0, len(order), size):
            rows = now.draw(order[start : start + size], generator)
            yield Chunk(tensors=rows.tensors, order=np.arange(len(rows), dtype=np.int32))
