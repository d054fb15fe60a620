"""The hashing trick: each category has the row of its hash."""

from dataclasses import dataclass

import numpy as np

from tabemb.table.cells import Coded
from tabemb.table.hashes import hash_values
from tabemb.table.vocabularies.kind import VOCABULARIES, ValueRows, VocabularyKind

__all__ = ["Hashing"]


@VOCABULARIES.register("hashing")
@dataclass(frozen=True)
class Hashing(VocabularyKind):
    """Each category has the row of its hash.

    As in Weinberger et al. 2009, "Feature hashing for large scale multitask learning" (arXiv:0902.2206).
    Categories whose hashes agree modulo ``n_buckets`` share a row.

    Parameters
    ----------
    n_buckets : int, default=10000
        Number of rows of the table.

    Examples
    --------
    >>> from tabemb.table.cells import factorize, read_cells
    >>> Hashing(n_buckets=100).rows(factorize(read_cells(["SFO", "LAX", "SFO"])), "dest").buckets
    array([ 4, 92], dtype=int32)
    """

    n_buckets: int = 10_000

    def rows(self, coded: Coded, column: str) -> ValueRows:
        """Return the buckets of the distinct values of a column."""
        return ValueRows.of_width(hash_values(coded) % np.uint64(self.n_buckets))
