"""Multiplexed: all columns of this kind share one table."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tabemb.table.cells import Coded, n_different
from tabemb.table.hashes import hash_text, hash_values, mixed
from tabemb.table.vocabularies.kind import MANY, VOCABULARIES, ValueRows, VocabularyKind

__all__ = ["Multiplexed"]


@VOCABULARIES.register("multiplexed")
@dataclass(frozen=True)
class Multiplexed(VocabularyKind):
    """Each category has the row of its hash in one table for all columns of this kind (Coleman et al. 2023).

    The hash is salted by the column, so the same category of two columns has different rows: "Unified embedding:
    battle-tested feature representations for web-scale ML systems" (arXiv:2305.12102), with one look-up per cell. The
    columns must have the same ``n_buckets``; they get as many dimensions as the widest of them.

    Parameters
    ----------
    n_buckets : int, default=10000
        Number of rows of the table.

    Examples
    --------
    >>> from tabemb.table.cells import factorize, read_cells
    >>> airport = factorize(read_cells(["SFO"]))
    >>> kind = Multiplexed(n_buckets=1000)
    >>> bool(kind.rows(airport, "origin").buckets == kind.rows(airport, "dest").buckets)
    False
    """

    n_buckets: int = 10_000
    common_table: ClassVar[str | None] = "multiplexed"

    def suits(self, coded: Coded) -> bool:
        """Return whether a column has many categories."""
        return n_different(coded) >= MANY

    def rows(self, coded: Coded, column: str) -> ValueRows:
        """Return the buckets of the distinct values of a column."""
        salted = mixed(hash_values(coded) ^ np.uint64(hash_text(column)))
        return ValueRows.of_width(salted % np.uint64(self.n_buckets))
