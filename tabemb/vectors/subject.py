"""What a diagnosis looks at: the categories that have a vector of their own, and what they are held against."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError
from tabemb.vectors.neighbors import FEWEST, heaviest, neighborhood_size

if TYPE_CHECKING:
    from tabemb.vectors.category_vectors import CategoryVectors

__all__ = ["Subject", "TooFewCategoriesError", "own_vectors", "touched"]


class TooFewCategoriesError(DataError):
    """A column has too few categories with vectors of their own to say anything about it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Subject:
    """The vectors that are diagnosed, and those that stand beside them.

    Parameters
    ----------
    vectors : CategoryVectors
        The column's.
    fits, control : tuple of CategoryVectors
        Of other fits, and of fits to permuted targets.
    untrained : CategoryVectors or None
        As they were before training.
    min_count : int
        How many rows a category must have to be diagnosed.
    k : int or None
        How many neighbours were asked for.
    n_permutations, seed : int
        Of permutation tests.
    """

    vectors: "CategoryVectors"
    fits: "tuple[CategoryVectors, ...]"
    control: "tuple[CategoryVectors, ...]"
    untrained: "CategoryVectors | None"
    min_count: int
    k: int | None
    n_permutations: int
    seed: int

    def rows(self) -> npt.NDArray[np.intp]:
        """Return the rows that are diagnosed.

        Raises
        ------
        TooFewCategoriesError
            When there are fewer than three.
        """
        rows = np.flatnonzero(own_vectors(self.vectors, self.untrained, self.min_count))
        if len(rows) < FEWEST:
            raise TooFewCategoriesError(self._too_few(len(rows)))
        return rows

    def weights(self, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
        """Return how much each row counts: by the rows of data, or all the same."""
        counts = self.vectors.counts
        return np.ones(len(rows)) if counts is None else counts[rows].astype(np.float64)

    def compared(self, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
        """Return the rows whose neighbours are looked at: all, or the most frequent."""
        return rows[heaviest(self.weights(rows))]

    def size(self, n: int, of: str | None = None) -> int:
        """Return how many neighbours are looked at among n categories."""
        return neighborhood_size(n, self.k, of=of or self.vectors.owner)

    def named(self, what: str) -> "dict[str, CategoryVectors]":
        """Return the vectors of ``fits``, or of ``control``, under the names by which messages call them."""
        return {f"{what}[{place}]": each for place, each in enumerate(getattr(self, what))}

    def shared(self, others: "Mapping[str, CategoryVectors]") -> npt.NDArray[np.intp]:
        """Return the rows, of those that are compared, whose categories have vectors of their own in other fits, too.

        Raises
        ------
        DataError
            When there are fewer than three; the message says which fit lacks them.
        """
        rows = self.rows()
        keys = self.vectors.index_to_key
        for what, other in others.items():
            theirs, own = other.key_to_index, own_vectors(other)
            kept = [row for row in rows if keys[row] in theirs and own[theirs[keys[row]]]]
            if len(kept) < FEWEST:
                raise DataError(
                    f"{what} has vectors of its own for {len(kept) or 'none'} of the {len(rows):,} categories "
                    f"of {self.vectors.owner} that are compared; it takes {FEWEST}. It has {_examples(other)}, the "
                    f"column {_examples(self.vectors)}. Give fits of the same column."
                )
            rows = np.array(kept, dtype=np.intp)
        return self.compared(rows)

    def tables(self, vectors: "Iterable[CategoryVectors]", rows: npt.NDArray[np.intp]) -> list[npt.NDArray[np.float32]]:
        """Return the vectors of some of the column's categories in each of several fits."""
        keys = self.vectors.index_to_key
        wanted = [keys[row] for row in rows]
        return [each[wanted] for each in vectors]

    def _too_few(self, n: int) -> str:
        counted = "" if self.min_count <= 1 else f" and {self.min_count} rows or more"
        total = len(self.vectors)
        advice = "Lower min_count." if self.min_count > 1 else "There is nothing to compare."
        if total >= FEWEST and self.min_count <= 1:
            advice = "The others were never updated, or are all zeros: was the column trained?"
        return (
            f"{self.vectors.owner} has {total:,} categor{'y' if total == 1 else 'ies'}, and {n:,} with a vector of "
            f"its own{counted}; a diagnosis takes {FEWEST}. {advice}"
        )


def own_vectors(
    vectors: "CategoryVectors", untrained: "CategoryVectors | None" = None, min_count: int = 1
) -> npt.NDArray[np.bool_]:
    """Tell which rows have a vector of their own: trained by some row of data, and not zero.

    A row that no training row has touched has no count, serves the vector for unknown categories, or lies where it
    began.

    Parameters
    ----------
    vectors : CategoryVectors
    untrained : CategoryVectors, optional
        As they were before training.
    min_count : int, default=1
        How many rows a category must have, where counts are known.

    Returns
    -------
    array of bool of shape (n,)

    Examples
    --------
    >>> from tabemb import CategoryVectors
    >>> own_vectors(CategoryVectors(["a", "b", "c"], [[1.0], [3.0], [0.0]], [9, 2, 2], unknown=[3.0]))
    array([ True, False, False])
    """
    return (
        touched(vectors, untrained)
        & vectors.vectors.any(axis=1)
        & (True if vectors.counts is None else vectors.counts >= min_count)
    )


def touched(vectors: "CategoryVectors", untrained: "CategoryVectors | None" = None) -> npt.NDArray[np.bool_]:
    """Tell which rows some row of data has trained, as far as can be seen."""
    signs: list[Any] = [np.zeros(len(vectors), dtype=bool)]
    if vectors.counts is not None:
        signs.append(vectors.counts == 0)
    if vectors.unknown is not None:
        signs.append((vectors.vectors == vectors.unknown).all(axis=1))
    if untrained is not None:
        theirs = untrained.key_to_index
        began = [(row, theirs[key]) for row, key in enumerate(vectors) if key in theirs]
        if began and untrained.dim == vectors.dim:
            own, start = np.array(began, dtype=np.intp).T
            still = np.zeros(len(vectors), dtype=bool)
            still[own] = (vectors.vectors[own] == untrained.vectors[start]).all(axis=1)
            signs.append(still)
    never: npt.NDArray[np.bool_] = reduce(np.logical_or, signs)
    return ~never


def _examples(vectors: "CategoryVectors") -> str:
    if not len(vectors):
        return "no category"
    key = vectors.index_to_key[0]
    return f"{key!r} ({type(key).__name__})"
