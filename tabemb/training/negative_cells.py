"""Training rows with negative samples: for each cell, a value of the same column drawn at random."""

from dataclasses import dataclass, replace

import numpy as np

from tabemb.table.encoded_table import EncodedTable
from tabemb.training.batches import Rows
from tabemb.training.redrawn_rows import RedrawnRows

__all__ = ["NegativeCells", "Noise"]


@dataclass(frozen=True, eq=False)
class Noise:
    """The distribution of the negative samples of a column: counts to a power (Mikolov et al. 2013, arXiv:1310.4546).

    Parameters
    ----------
    counts : ndarray of shape (size,)
        Number of rows of each value.
    power : float, default=0.75
        Exponent of the counts.

    Examples
    --------
    >>> noise = Noise(np.array([0, 16, 1]), power=0.5)
    >>> noise.shares.tolist(), noise.draw(5, np.random.default_rng(0)).tolist()
    ([0.0, 0.8, 0.2], [1, 1, 1, 1, 2])
    """

    counts: np.ndarray
    power: float = 0.75

    @property
    def shares(self) -> np.ndarray:
        """Probability of each value; 0 for those without rows."""
        powers = np.where(self.counts > 0, np.power(np.maximum(self.counts, 1), float(self.power)), 0.0)
        return powers / powers.sum()

    def draw(self, n: int, generator: np.random.Generator) -> np.ndarray:
        """Return n values."""
        ends = np.cumsum(self.shares)
        return np.searchsorted(ends, generator.random(n) * ends[-1], side="right").astype(np.int32)

    def log_odds(self, n_negatives: int) -> np.ndarray:
        """Return the logarithm of how much more often a value is that of a row than one of ``n_negatives`` negatives.

        0 for values without rows.
        """
        present, found = self.counts > 0, np.zeros(len(self.counts))
        shares = self.counts[present] / self.counts.sum()
        found[present] = np.log(shares / (n_negatives * self.shares[present]))
        return found


@dataclass(frozen=True, kw_only=True)
class NegativeCells(RedrawnRows):
    """Rows of a table, each with its values as contexts and one negative sample per context.

    The indices hold the categories, the contexts, and the negatives. The targets are the log odds of the contexts and
    of the negatives; see :meth:`Noise.log_odds`.

    Parameters
    ----------
    table : EncodedTable
        The categories of the rows; numbers are not used.
    contexts : ndarray of int32 of shape (n_rows, n_contexts)
        The values of the rows.
    noises : tuple of Noise
        Distribution of the negatives of each context.
    n_negatives : int
        Number of negatives per context in the loss.

    Examples
    --------
    >>> table = EncodedTable(np.array([[2], [3]], np.int32), np.empty((2, 0), np.float32))
    >>> noise = Noise(np.array([0, 0, 1, 1]))
    >>> rows = NegativeCells(table=table, contexts=table.indices, noises=(noise,), n_negatives=5)
    >>> rows.drawn(np.random.default_rng(0)).table.indices.tolist()
    [[2, 2, 3], [3, 3, 2]]
    """

    contexts: np.ndarray
    noises: tuple[Noise, ...]
    n_negatives: int

    @property
    def n_columns(self) -> int:
        """Number of indices and of targets."""
        return self.table.indices.shape[1] + 4 * self.contexts.shape[1]

    def take(self, rows: np.ndarray) -> "NegativeCells":
        """Return a copy of the given rows."""
        return replace(self, table=self.table.take(rows), contexts=self.contexts[rows])

    def with_one_value(self, generator: np.random.Generator) -> "NegativeCells":
        """Return the rows with one value per cell, which is also the context."""
        if not self.table.bags:
            return self
        table = self.table.with_one_value(generator)
        contexts = np.hstack([table.indices, self.contexts[:, table.indices.shape[1] :]])
        return replace(self, table=table, contexts=contexts)

    def draw(self, rows: np.ndarray, generator: np.random.Generator) -> Rows:
        """Return the given rows with new negatives."""
        contexts = self.contexts[rows]
        negatives = np.column_stack([noise.draw(len(rows), generator) for noise in self.noises])
        odds = [noise.log_odds(self.n_negatives) for noise in self.noises]
        targets = [each[cells[:, place]] for cells in (contexts, negatives) for place, each in enumerate(odds)]
        indices = np.hstack([self.table.indices[rows], contexts, negatives]).astype(np.int32)
        table = EncodedTable(np.ascontiguousarray(indices), np.empty((len(rows), 0), np.float32))
        return Rows(table=table, targets=np.column_stack(targets).astype(np.float32))
