"""The vectors of a diagnosis: those of a column, and those they are compared to."""

import numbers
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError
from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.neighbors import FEWEST, heaviest, neighborhood_size

__all__ = ["DiagnosisInputs", "TooFewCategoriesError", "own_vectors", "trained_rows"]


class TooFewCategoriesError(DataError):
    """Too few categories of a column have a vector of their own for a diagnosis."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DiagnosisInputs:
    """The vectors to diagnose, those to compare them to, and the settings.

    Parameters
    ----------
    vectors : CategoryVectors
        Vectors of the column.
    fits, control : tuple of CategoryVectors
        Vectors from other fits, and from fits to permuted targets.
    untrained : CategoryVectors or None
        The vectors before training.
    halves : tuple of CategoryVectors
        Vectors from fits to two halves of the rows; none if they are not compared.
    min_count : int
        Minimum count of a category.
    k : int or None
        Number of neighbors, if given.
    n_permutations, seed : int
        Number of permutations of each test, and the random seed.
    """

    vectors: CategoryVectors
    fits: tuple[CategoryVectors, ...]
    control: tuple[CategoryVectors, ...]
    untrained: CategoryVectors | None
    halves: tuple[CategoryVectors, ...]
    min_count: int
    k: int | None
    n_permutations: int
    seed: int

    @classmethod
    def of(
        cls,
        vectors: CategoryVectors,
        *,
        fits: Any,
        control: Any,
        untrained: Any,
        halves: Any,
        min_count: int,
        k: int | None,
        n_permutations: int,
        seed: int,
    ) -> Self:
        """Validate the arguments of :func:`tabemb.diagnose`.

        Raises
        ------
        DataError
            If the vectors are of another type, a number is out of range, or ``min_count`` is given for vectors without
            counts.
        """
        if not isinstance(vectors, CategoryVectors):
            raise DataError(
                f"Expected the CategoryVectors of one column, got {type(vectors).__name__}. For several columns "
                "use tabemb.diagnosis.diagnose.diagnose_columns, for an estimator "
                "tabemb.diagnosis.model.diagnose_model."
            )
        if untrained is not None and not isinstance(untrained, CategoryVectors):
            raise DataError(f"untrained must be the CategoryVectors of one fit, got {type(untrained).__name__}.")
        inputs = cls(
            vectors=vectors,
            fits=_several(fits, "fits"),
            control=_several(control, "control"),
            untrained=untrained,
            halves=_several(halves, "halves"),
            min_count=_whole_number("min_count", min_count, 1),
            k=k,
            n_permutations=_whole_number("n_permutations", n_permutations, 1),
            seed=_whole_number("random_state", seed, 0),
        )
        if len(inputs.halves) not in (0, 2):
            raise DataError(
                f"halves must be the vectors of two fits, to a half of the rows each; got {len(inputs.halves)}."
            )
        if vectors.counts is None and inputs.min_count > 1:
            raise DataError(f"min_count requires counts, and {vectors.owner} has none. Leave it out.")
        return inputs

    def rows(self) -> npt.NDArray[np.intp]:
        """Return the rows to diagnose: categories with a vector of their own.

        Raises
        ------
        TooFewCategoriesError
            If there are fewer than three.
        """
        rows = np.flatnonzero(own_vectors(self.vectors, self.untrained, self.min_count))
        if len(rows) < FEWEST:
            raise TooFewCategoriesError(self._too_few(len(rows)))
        return rows

    def weights(self, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
        """Return the weight of each row: its count, or 1 without counts."""
        counts = self.vectors.counts
        return np.ones(len(rows)) if counts is None else counts[rows].astype(np.float64)

    def compared(self, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
        """Return the rows whose neighbors are compared: all, or the most frequent."""
        return rows[heaviest(self.weights(rows))]

    def size(self, n: int, of: str | None = None) -> int:
        """Return the number of neighbors to compare among n categories."""
        return neighborhood_size(n, self.k, of=of or self.vectors.owner)

    def named(self, what: str) -> dict[str, CategoryVectors]:
        """Return the vectors of ``"fits"``, ``"control"`` or ``"halves"`` by the names that messages use."""
        return {f"{what}[{place}]": each for place, each in enumerate(getattr(self, what))}

    def shared(self, others: Mapping[str, CategoryVectors]) -> npt.NDArray[np.intp]:
        """Return the rows to compare whose categories also have vectors of their own in all other fits.

        Raises
        ------
        DataError
            If there are fewer than three. The message names the fit that lacks them.
        """
        rows = self.rows()
        keys = self.vectors.index_to_key
        for what, other in others.items():
            theirs, own = other.key_to_index, own_vectors(other)
            kept = [row for row in rows if keys[row] in theirs and own[theirs[keys[row]]]]
            if len(kept) < FEWEST:
                raise DataError(
                    f"{what} has vectors of its own for {len(kept) or 'none'} of the {len(rows):,} categories "
                    f"of {self.vectors.owner} to compare; expected {FEWEST} or more. Its first key "
                    f"is {_first_key(other)}, and that of the column {_first_key(self.vectors)}. Give fits of the same "
                    "column."
                )
            rows = np.array(kept, dtype=np.intp)
        return self.compared(rows)

    def tables(self, vectors: Iterable[CategoryVectors], rows: npt.NDArray[np.intp]) -> list[npt.NDArray[np.float32]]:
        """Return the vectors of some categories of the column in each of several fits."""
        keys = self.vectors.index_to_key
        chosen = [keys[row] for row in rows]
        return [each[chosen] for each in vectors]

    def _too_few(self, n: int) -> str:
        counted = "" if self.min_count <= 1 else f" and {self.min_count} rows or more"
        total = len(self.vectors)
        advice = "Lower min_count." if self.min_count > 1 else "There is nothing to compare."
        if total >= FEWEST and self.min_count <= 1:
            advice = "The others were never updated, or are all zeros: was the column trained?"
        return (
            f"{self.vectors.owner} has {total:,} categor{'y' if total == 1 else 'ies'}, and {n:,} with a vector of "
            f"its own{counted}; a diagnosis requires {FEWEST}. {advice}"
        )


def own_vectors(
    vectors: CategoryVectors, untrained: CategoryVectors | None = None, min_count: int = 1
) -> npt.NDArray[np.bool_]:
    """Return which rows have a vector of their own: trained by at least one row of data, and not zero.

    A row was not trained if its count is 0, if it equals the vector of unknown categories, or if it equals its start.

    Parameters
    ----------
    vectors : CategoryVectors
        The vectors of a column.
    untrained : CategoryVectors, optional
        The vectors before training.
    min_count : int, default=1
        Minimum count of a category, if there are counts.

    Returns
    -------
    array of bool of shape (n,)

    Examples
    --------
    >>> own_vectors(CategoryVectors(["a", "b", "c"], [[1.0], [3.0], [0.0]], [9, 2, 2], unknown=[3.0]))
    array([ True, False, False])
    """
    return (
        trained_rows(vectors, untrained)
        & vectors.vectors.any(axis=1)
        & (True if vectors.counts is None else vectors.counts >= min_count)
    )


def trained_rows(vectors: CategoryVectors, untrained: CategoryVectors | None = None) -> npt.NDArray[np.bool_]:
    """Return which rows were trained by at least one row of data, as far as the vectors show."""
    trained = np.ones(len(vectors), dtype=bool)
    if vectors.counts is not None:
        trained &= vectors.counts != 0
    if vectors.unknown is not None:
        trained &= (vectors.vectors != vectors.unknown).any(axis=1)
    if untrained is not None and untrained.dim == vectors.dim:
        starts = untrained.key_to_index
        pairs = [(row, starts[key]) for row, key in enumerate(vectors) if key in starts]
        if pairs:
            own, start = np.array(pairs, dtype=np.intp).T
            trained[own] &= (vectors.vectors[own] != untrained.vectors[start]).any(axis=1)
    return trained


def _first_key(vectors: CategoryVectors) -> str:
    if not len(vectors):
        return "none"
    key = vectors.index_to_key[0]
    return f"{key!r} ({type(key).__name__})"


def _several(given: Any, what: str) -> tuple[CategoryVectors, ...]:
    if given is None:
        return ()
    if isinstance(given, CategoryVectors):
        return (given,)
    several = tuple(given) if isinstance(given, Iterable) else (given,)
    for each in several:
        if not isinstance(each, CategoryVectors):
            raise DataError(
                f"{what} must be CategoryVectors of the same column, or several of them; got {type(each).__name__}."
            )
    return several


def _whole_number(name: str, value: Any, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < least:
        raise DataError(f"{name} must be an integer of at least {least}, got {value!r}.")
    return int(value)
