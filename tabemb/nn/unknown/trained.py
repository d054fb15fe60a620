"""What the categories of a column were trained on, and by it the vectors that serve for the untrained."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tabemb.nn.unknown.strategy import UnknownStrategy
from tabemb.table.vocabulary import Vocabulary

__all__ = ["Trained"]

UNKNOWN = Vocabulary.UNKNOWN


@dataclass(frozen=True)
class Trained:
    """The rows that taught a column's vectors, for each member of a network that has its own slice of them.

    Parameters
    ----------
    counts : ndarray of int of shape (n_members, vocabulary_size)
        In how many rows of each member each index was; one member where all learn from the same rows.
    stand_ins : ndarray of int of shape (n_members, vocabulary_size)
        The index whose vector serves for each: its own where it was in any row.
    learns_unknown : bool
        Whether training showed cells as unknown, so that this vector was learned whatever its count is.
    """

    counts: np.ndarray
    stand_ins: np.ndarray
    learns_unknown: bool

    @classmethod
    def together(cls, readers: Sequence["Trained"]) -> "Trained":
        """Return what taught a table that several columns read: a row is trained where one of them was."""
        first, *others = readers
        counts, stand_ins = first.counts, first.stand_ins
        for other in others:
            own = np.arange(other.stand_ins.shape[1])
            counts = counts + other.counts
            stand_ins = np.where(other.stand_ins == own, own, stand_ins)
        return cls(counts, stand_ins, any(each.learns_unknown for each in readers))

    def serve(self, rows: np.ndarray, strategy: UnknownStrategy) -> bool:
        """Put the strategy's vector into the row for unknown categories, and stand-ins into untrained rows, in place.

        Where the vector for unknown categories is as it began, an untrained row gains nothing by it, and stays.

        Parameters
        ----------
        rows : ndarray of shape (vocabulary_size, n_members * width)
            The vectors, in each row the slices of the members side by side.
        strategy : UnknownStrategy
            What serves for unknown categories.

        Returns
        -------
        bool
            Whether anything was put.
        """
        changed = False
        own = np.arange(len(rows))
        slices = np.split(rows, len(self.counts), axis=1)
        for mine, counts, stand_ins in zip(slices, self.counts, self.stand_ins, strict=True):
            vector = strategy.row(mine, counts)
            if vector is not None:
                mine[UNKNOWN] = vector
            elif not self.learns_unknown and not counts[UNKNOWN]:
                stand_ins = np.where(stand_ins == UNKNOWN, own, stand_ins)
            untrained = stand_ins != own
            mine[untrained] = mine[stand_ins[untrained]]
            changed |= vector is not None or bool(untrained.any())
        return changed
