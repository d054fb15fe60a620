"""Training rows of interactions: the columns of the user, those of the item, and those of an item drawn at random."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from tabemb.nn.towers import code_parts
from tabemb.table.encoded_table import EncodedTable
from tabemb.training.batches import Chunk, Rows
from tabemb.training.seen_items import SeenItems

__all__ = ["InteractionRows"]


@dataclass(frozen=True, kw_only=True, eq=False)
class InteractionRows:
    """Interactions, joined with the columns of users and items batch by batch; a row source of the trainer.

    The indices hold the columns of the user, those of the item, and with ``draws`` those of an item drawn uniformly.
    With ``seen``, the columns of the items that the user has seen besides that of the row come first.
    The targets are the ratings if there are any, else the share and the number of the item, and of the one drawn.

    Parameters
    ----------
    users, items : EncodedTable
        A row for each user, and for each item; no numbers.
    user_rows, item_rows : ndarray of int of shape (n,)
        User and item of each interaction.
    shares : ndarray of float32 of shape (n_items,)
        Share of each item among the interactions.
    draws : bool
        Whether an item is drawn for each row, anew in each epoch.
    ratings, weights : ndarray of float32 of shape (n,), optional
        Rating and weight of each interaction.
    seen : SeenItems, optional
        What users have seen; drawn anew in each epoch.
    places : ndarray of int of shape (n,), optional
        With ``seen``, the place of each interaction in it.

    Examples
    --------
    >>> def of(n):
    ...     return EncodedTable(np.arange(2, 2 + n, dtype=np.int32)[:, None], np.empty((n, 0), np.float32))
    >>> rows = InteractionRows(
    ...     users=of(2), items=of(3), user_rows=np.array([0, 1]), item_rows=np.array([2, 0]),
    ...     shares=np.array([0.5, 0.0, 0.5], np.float32), draws=False,
    ... )
    >>> rows.drawn(np.random.default_rng(0)).table.indices.tolist()
    [[2, 4], [3, 2]]
    """

    users: EncodedTable
    items: EncodedTable
    user_rows: np.ndarray
    item_rows: np.ndarray
    shares: np.ndarray
    draws: bool
    ratings: np.ndarray | None = None
    weights: np.ndarray | None = None
    seen: SeenItems | None = None
    places: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.user_rows)

    @property
    def n_columns(self) -> int:
        """Number of columns of the indices and of the targets; each item that a user has seen is one, too."""
        n_items = (2 if self.draws else 1) + (0 if self.seen is None else self.seen.most)
        return self.users.indices.shape[1] + self.items.indices.shape[1] * n_items + (6 if self.draws else 3)

    def take(self, rows: np.ndarray) -> "InteractionRows":
        """Return the given interactions."""
        parts = {
            name: array[rows]
            for name in ("user_rows", "item_rows", "ratings", "weights", "places")
            if (array := getattr(self, name)) is not None
        }
        return replace(self, **parts)

    def drawn(self, generator: np.random.Generator) -> Rows:
        """Return all rows, for validation."""
        return self._shuffled(generator)._draw(np.arange(len(self)), generator)

    def epoch(self, generator: np.random.Generator, batch_size: int, n_steps: int) -> Iterator[Chunk]:
        """Yield each row once; see :class:`~tabemb.training.batches.RowSource`."""
        order, size, drawn = generator.permutation(len(self)), batch_size * n_steps, self._shuffled(generator)
        for start in range(0, len(order), size):
            rows = drawn._draw(order[start : start + size], generator)
            yield Chunk(tensors=rows.tensors, order=np.arange(len(rows), dtype=np.int32))

    def _shuffled(self, generator: np.random.Generator) -> "InteractionRows":
        return self if self.seen is None else replace(self, seen=self.seen.shuffled(generator))

    def _draw(self, rows: np.ndarray, generator: np.random.Generator) -> Rows:
        items = [self.item_rows[rows]]
        if self.draws:
            items.append(generator.integers(0, len(self.items), len(rows)))
        parts = [self.users.take(self.user_rows[rows]), *(self.items.take(each) for each in items)]
        if self.seen is not None and self.places is not None:
            parts.insert(0, self.seen.cells(self.user_rows[rows], self.places[rows], self.items))
        bags, first = {}, 0
        for part in parts:
            bags |= {first + position: each for position, each in part.bags.items()}
            first += part.indices.shape[1]
        table = EncodedTable(
            np.hstack([part.indices for part in parts]).astype(np.int32), np.empty((len(rows), 0), np.float32), bags
        )
        if self.ratings is not None:
            targets = self.ratings[rows, None]
        else:
            targets = np.hstack([np.column_stack([self.shares[each], code_parts(each)]) for each in items])
        weights = None if self.weights is None else self.weights[rows]
        return Rows(table=table, targets=targets.astype(np.float32), weights=weights)
