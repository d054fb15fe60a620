"""Training rows whose groups stay together in a batch, for tasks that compare the rows of a group."""

from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import tensorflow as tf

from tabemb.training.batches import Chunk, Rows

__all__ = ["GroupedRows", "pack"]

# Group of the rows that fill up a batch.
NO_GROUP = -1


@dataclass(frozen=True)
class _Layout:
    """Where the pieces of groups are in the batches of an epoch.

    Parameters
    ----------
    starts, sizes : ndarray of int of shape (n_pieces,)
        First row of each piece in the rows by group, and its number of rows; in increasing order of size.
    batches, offsets : ndarray of int of shape (n_pieces,)
        The batch of each place for a piece, and the place in it; in the order of the sizes.
    n_batches : int
        Number of batches.
    """

    starts: np.ndarray
    sizes: np.ndarray
    batches: np.ndarray
    offsets: np.ndarray
    n_batches: int


@dataclass(frozen=True, kw_only=True)
class GroupedRows:
    """Rows in memory with whole groups in each batch; a :class:`~tabemb.training.batches.RowSource`.

    Batches are filled up by rows of weight 0. Each epoch combines other groups, of the same sizes. Of a group with more
    rows than a batch, each epoch deals random rows to as few batches as possible.

    Parameters
    ----------
    rows : Rows
        The rows, with their groups in the last column of the targets, as numbers of at least 0.
    batch_size : int
        Maximum number of rows of a batch.
    seed : int
        Seed of the combinations of sizes.

    Examples
    --------
    >>> from tabemb.table.encoded_table import EncodedTable
    >>> table = EncodedTable(np.zeros((4, 1), np.int32), np.empty((4, 0), np.float32))
    >>> rows = Rows(table=table, targets=np.array([[1, 0], [0, 1], [0, 0], [1, 1]]))
    >>> (chunk,) = GroupedRows(rows=rows, batch_size=3, seed=0).epoch(np.random.default_rng(0), 3, 2)
    >>> chunk.order.tolist(), chunk.tensors["weights"].numpy().tolist()
    ([0, 2, 4, 1, 3, 4], [1.5, 1.5, 1.5, 1.5, 0.0])
    """

    rows: Rows
    batch_size: int
    seed: int = 0

    @property
    def n_columns(self) -> int:
        """Number of columns, categorical and numeric."""
        return self.rows.n_columns

    def __len__(self) -> int:
        """Return the number of rows of an epoch, including those that fill up the batches."""
        return len(self.rows) if self._layout.n_batches == 1 else self._layout.n_batches * self.batch_size

    @cached_property
    def _kept(self) -> np.ndarray:
        """Row numbers by group."""
        kept = np.arange(len(self.rows)) if self.rows.kept is None else self.rows.kept
        return kept[np.argsort(self.rows.targets[kept, -1], kind="stable")]

    @cached_property
    def _bounds(self) -> np.ndarray:
        """The first row of each group among the rows by group, and their number at the end."""
        groups = self.rows.targets[self._kept, -1]
        return np.append(np.flatnonzero(np.append(True, groups[1:] != groups[:-1])), len(groups))

    @cached_property
    def _layout(self) -> _Layout:
        sizes = np.diff(self._bounds)
        n_pieces = -(-sizes // self.batch_size)
        group = np.repeat(np.arange(len(sizes)), n_pieces)
        piece = np.arange(len(group)) - np.repeat(np.cumsum(n_pieces) - n_pieces, n_pieces)
        lows = sizes[group] * piece // n_pieces[group]
        found = sizes[group] * (piece + 1) // n_pieces[group] - lows
        by_size = np.argsort(found, kind="stable")
        starts, found = (self._bounds[:-1][group] + lows)[by_size], found[by_size]
        batches, offsets = pack(found, self.batch_size, np.random.default_rng(self.seed))
        return _Layout(starts, found, batches, offsets, int(batches.max()) + 1)

    @cached_property
    def tensors(self) -> dict[str, tf.Tensor]:
        """The rows as tensors, and a last one of weight 0; the mean weight of an epoch is 1."""
        # A copy of the rows, since they would keep their own tensors.
        tensors, filler = dict(replace(self.rows).tensors), {}
        for name in ("indices", "numbers", "folds"):
            if name in tensors:
                filler[name] = tensors[name][:1]
        last = np.zeros_like(self.rows.targets[:1])
        last[:, -1] = NO_GROUP
        filler |= {"targets": tf.constant(last), "weights": tf.zeros([1])}
        tensors["weights"] = tensors["weights"] * (len(self) / len(self.rows))
        return {name: tf.concat([each, filler[name]], 0) if name in filler else each for name, each in tensors.items()}

    def epoch(self, generator: np.random.Generator, batch_size: int, n_steps: int) -> Iterator[Chunk]:
        """Yield each row once, batches of whole groups; see :class:`~tabemb.training.batches.RowSource`."""
        if batch_size != self.batch_size:
            raise ValueError(f"the rows are packed in batches of {self.batch_size}, not of {batch_size}")
        order = self._order(generator)
        for start in range(0, len(order), batch_size * n_steps):
            yield Chunk(tensors=self.tensors, order=order[start : start + batch_size * n_steps])

    def _order(self, generator: np.random.Generator) -> np.ndarray:
        layout, rows = self._layout, self._kept
        large = np.flatnonzero(np.diff(self._bounds) > self.batch_size)
        if len(large):
            rows = rows.copy()
            for low, high in zip(self._bounds[large], self._bounds[large + 1], strict=True):
                rows[low:high] = generator.permutation(rows[low:high])
        # Pieces change places with others of their size, and batches with each other.
        pieces = np.lexsort((generator.random(len(layout.sizes)), layout.sizes))
        places = generator.permutation(layout.n_batches)[layout.batches] * self.batch_size + layout.offsets
        within = np.arange(len(rows)) - np.repeat(np.cumsum(layout.sizes) - layout.sizes, layout.sizes)
        order = np.full(layout.n_batches * self.batch_size, len(self.rows.table), np.int32)
        order[np.repeat(places, layout.sizes) + within] = rows[np.repeat(layout.starts[pieces], layout.sizes) + within]
        return order[: len(self)]


def pack(sizes: np.ndarray, capacity: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the batch of each piece and its first place there: in random order, each goes where the least is left.

    Parameters
    ----------
    sizes : ndarray of int of shape (n,)
        Number of rows of each piece, at most the capacity.
    capacity : int
        Number of rows of a batch.
    generator : numpy.random.Generator
        Draws the order.

    Returns
    -------
    batches, offsets : ndarray of int of shape (n,)

    Examples
    --------
    >>> pack(np.array([2, 3, 1]), 3, np.random.default_rng(0))
    (array([0, 1, 0]), array([1, 0, 0]))
    """
    batches, offsets = np.empty(len(sizes), np.intp), np.empty(len(sizes), np.intp)
    # Batches by how many rows still fit; of these numbers, those that some batch has.
    waiting: list[list[int]] = [[] for _ in range(capacity + 1)]
    left: list[int] = []
    n_batches = 0
    for piece in generator.permutation(len(sizes)).tolist():
        size = int(sizes[piece])
        place = bisect_left(left, size)
        if place == len(left):
            free, batch = capacity, n_batches
            n_batches += 1
        else:
            free = left[place]
            batch = waiting[free].pop()
            if not waiting[free]:
                left.pop(place)
        batches[piece], offsets[piece] = batch, capacity - free
        if rest := free - size:
            if not waiting[rest]:
                insort(left, rest)
            waiting[rest].append(batch)
    return batches, offsets
