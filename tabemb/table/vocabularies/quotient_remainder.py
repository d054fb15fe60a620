"""Quotient and remainder: each category has one row of each of two small tables."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tabemb.table.cells import Coded
from tabemb.table.hashes import hash_values
from tabemb.table.vocabularies.kind import VOCABULARIES, ValueRows, VocabularyKind, check_count

__all__ = ["QuotientRemainder"]


@VOCABULARIES.register("quotient_remainder")
@dataclass(frozen=True)
class QuotientRemainder(VocabularyKind):
    """Each category has a row of a table of quotients and one of a table of remainders (Shi et al. 2020).

    The source, "Compositional embeddings using complementary partitions for memory-efficient recommendation systems"
    (arXiv:1909.02107), divides the positions of listed categories. Here no categories are listed: a hash stands for the
    position, in a range of as many numbers as there are pairs of rows. So ``n`` categories share a pair of rows about
    ``n**2 / (n_buckets**2 / 2)`` times. The two vectors are combined by their mean, half of the sum of the source's
    operation "add".

    Parameters
    ----------
    n_buckets : int, default=10000
        Number of rows of both tables together; the first half, rounded down, are quotients.

    Examples
    --------
    >>> from tabemb.table.cells import factorize, read_cells
    >>> kind = QuotientRemainder(n_buckets=100)
    >>> pairs = kind.rows(factorize(read_cells(["SFO", "LAX"])), "dest").buckets.reshape(-1, 2)
    >>> bool((pairs[:, 0] < 50).all() and (pairs[:, 1] >= 50).all())
    True
    """

    n_buckets: int = 10_000
    has_one_bucket: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_count(self, "n_buckets", 2)

    def rows(self, coded: Coded, column: str) -> ValueRows:
        """Return the buckets of the distinct values of a column."""
        n_quotients = self.n_buckets // 2
        n_remainders = self.n_buckets - n_quotients
        positions = hash_values(coded) % np.uint64(n_quotients * n_remainders)
        quotients, remainders = np.divmod(positions, np.uint64(n_remainders))
        return ValueRows.of_width(quotients, remainders + np.uint64(n_quotients))
