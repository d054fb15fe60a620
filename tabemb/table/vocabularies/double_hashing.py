"""Double hashing: each category has two rows, by two hashes."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tabemb.table.cells import Coded
from tabemb.table.hashes import hash_values, mixed
from tabemb.table.vocabularies.kind import VOCABULARIES, ValueRows, VocabularyKind

__all__ = ["DoubleHashing"]


@VOCABULARIES.register("double_hashing")
@dataclass(frozen=True)
class DoubleHashing(VocabularyKind):
    """Each category has the mean of two rows, by two hashes, so that few categories share both.

    As in Zhang et al. 2020, "Model size reduction using frequency based double hashing for recommender systems", but
    for all categories, in one table, and with the mean, which is half of the sum: rows that no training row used hold
    the vector of unknown categories, whose mean with itself is the same vector.

    Parameters
    ----------
    n_buckets : int, default=10000
        Number of rows of the table.

    Examples
    --------
    >>> from tabemb.table.cells import factorize, read_cells
    >>> DoubleHashing(n_buckets=100).rows(factorize(read_cells(["SFO", "LAX"])), "dest").sizes
    array([2, 2])
    """

    n_buckets: int = 10_000
    has_one_bucket: ClassVar[bool] = False

    def rows(self, coded: Coded, column: str) -> ValueRows:
        """Return the buckets of the distinct values of a column."""
        hashes = hash_values(coded)
        return ValueRows.of_width(*(each % np.uint64(self.n_buckets) for each in (hashes, mixed(hashes))))
