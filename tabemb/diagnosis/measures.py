"""Measures of tables of vectors: their singular values, their similarity as a whole, and the agreement of neighbors."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tabemb.vectors.neighbors import nearest_rows

__all__ = ["HalvesAgreement", "Spectrum", "agreement_of_halves", "kappa", "linear_cka", "pairwise_cka", "permuted_cka"]

FloatArray = npt.NDArray[np.floating[Any]]

# Number of categories with similar counts that are exchanged with each other.
STRATUM = 20
# Singular values are computed from squares, which lose all below this share of the largest.
LOST = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """The singular values of a table of vectors, largest first.

    Parameters
    ----------
    singular_values : array of shape (dim,)

    Examples
    --------
    >>> line = Spectrum.of(np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]))
    >>> line.effective_rank, line.information_abundance, line.dimensions(0.95)
    (1.0, 1.0, 1)
    """

    singular_values: npt.NDArray[np.float64]

    @classmethod
    def of(cls, vectors: FloatArray, weights: npt.ArrayLike | None = None, *, center: bool = True) -> "Spectrum":
        """Return the spectrum of a table of vectors.

        Parameters
        ----------
        vectors : array of shape (n, dim)
            One row per category.
        weights : array of shape (n,), optional
            Weight of each row, 0 or more and not all 0. With counts, the result is the spectrum of the vectors of all
            rows of data instead of that of the table.
        center : bool, default=True
            Whether to subtract the mean: what all vectors have in common distinguishes no category from another. The
            papers do not.
        """
        rows = np.asarray(vectors, np.float64)
        counted = np.ones(len(rows)) if weights is None else np.asarray(weights, np.float64)
        share = counted / counted.sum()
        if center:
            # The first row is subtracted first, so that equal rows become exact zeros.
            rows = rows - rows[0]
            rows = rows - share @ rows
        squares = np.linalg.eigvalsh(rows.T @ (share[:, None] * rows))[::-1]
        return cls(np.sqrt(squares.clip(LOST**2 * max(squares[0], 0.0))) * (squares > LOST**2 * squares[0]))

    @property
    def effective_rank(self) -> float:
        """The exponential of the entropy of the singular values (Roy & Vetterli 2007, "The effective rank", eq. 2).

        From 1, all on one line, to ``dim``, the same in all directions; 0 if all vectors are equal.
        """
        total = self.singular_values.sum()
        if not total:
            return 0.0
        shares = self.singular_values[self.singular_values > 0] / total
        return float(np.exp(-(shares * np.log(shares)).sum()))

    @property
    def information_abundance(self) -> float:
        """The sum of the singular values over the largest (Guo et al. 2024, arXiv:2310.04400, definition 3.1).

        From 1 to ``dim``; low if the embedding has collapsed; 0 if all vectors are equal.
        """
        largest = self.singular_values[0]
        return float(self.singular_values.sum() / largest) if largest else 0.0

    def dimensions(self, share: float) -> int:
        """Return the number of principal directions with a share, in (0, 1], of the variance; 0 without variance."""
        carried = np.cumsum(self.singular_values**2)
        # By rounding, the sum of all may be slightly less than the last.
        return int(np.searchsorted(carried, share * carried[-1] * (1 - 1e-12)) + 1) if carried[-1] else 0


def linear_cka(one: FloatArray, two: FloatArray, weights: npt.ArrayLike) -> float:
    """Return the linear centered kernel alignment of two tables: the similarity of their inner products.

    ``|X' W Y|^2 / (|X' W X| |Y' W Y|)`` of centered vectors (CKA: Kornblith et al. 2019, arXiv:1905.00414, section 3;
    the RV coefficient of Robert & Escoufier 1976). Invariant to rotation and to a common factor. The directions of
    largest variance dominate, so it finds what two fits have in common even if each vector is mostly noise and the
    neighbors differ.

    Parameters
    ----------
    one, two : array of shape (n, any dim)
        The same categories as rows.
    weights : array of shape (n,)
        Weight of each row.

    Returns
    -------
    float
        From 0, nothing in common, to 1; 0 if all rows of one table are equal. Tables of noise are above 0, more so with
        few rows and many dimensions.

    Examples
    --------
    >>> rows = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 1.0]])
    >>> round(linear_cka(rows, 5 * rows[:, ::-1], [1, 1, 1]), 6)
    1.0
    """
    share = np.asarray(weights, np.float64)
    share = share / share.sum()
    return _centered_cka(_centered(one, share), _centered(two, share), share)


def pairwise_cka(tables: Sequence[FloatArray], weights: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the linear CKA of each pair of tables.

    Parameters
    ----------
    tables : sequence of array of shape (n, any dim)
        Two or more.
    weights : array of shape (n,)
        Weight of each row.

    Examples
    --------
    >>> rows = np.array([[1.0], [2.0], [4.0]])
    >>> pairwise_cka([rows, -rows, 2 * rows], [1, 1, 1]).round(6)
    array([1., 1., 1.])
    """
    return np.array([linear_cka(one, two, weights) for one, two in combinations(tables, 2)])


def permuted_cka(
    one: FloatArray, two: FloatArray, weights: npt.ArrayLike, n_permutations: int, seed: int
) -> npt.NDArray[np.float64]:
    """Return the linear CKA of two tables for random permutations of the rows of the second.

    Parameters
    ----------
    one, two, weights
        As for :func:`linear_cka`.
    n_permutations : int
        Number of permutations.
    seed : int
        Random seed.

    Returns
    -------
    array of shape (n_permutations,)

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(50, 2))
    >>> bool((permuted_cka(rows, rows, np.ones(50), 9, 0) < 0.2).all())
    True
    """
    rng, share = np.random.default_rng(seed), np.asarray(weights, np.float64)
    share = share / share.sum()
    own = _centered(one, share)
    found = [_centered_cka(own, _centered(two[rng.permutation(len(two))], share), share) for _ in range(n_permutations)]
    return np.array(found)


class HalvesAgreement(NamedTuple):
    """How well two tables agree: on the nearest neighbors, and as a whole.

    Parameters
    ----------
    neighbors, neighbors_by_chance : float
        Mean share of the nearest neighbors that both tables have, and its mean over permutations.
    p_neighbors, p_geometry : float
        Share of the permutations whose neighbors, or whose linear CKA, agree as well.
    """

    neighbors: float
    neighbors_by_chance: float
    p_neighbors: float
    p_geometry: float


def agreement_of_halves(
    one: FloatArray, two: FloatArray, counts: npt.ArrayLike, k: int, n_permutations: int, seed: int
) -> HalvesAgreement:
    """Compare two tables of the same categories, and the same with the rows of the second permuted.

    Rows are exchanged only with the rows next to them by count, in groups of :data:`STRATUM`.

    Parameters
    ----------
    one, two : array of shape (n, any dim)
        The same categories as rows.
    counts : array of shape (n,)
        Number of rows of data of each category, which is also its weight.
    k : int
        Number of neighbors.
    n_permutations : int
        Number of permutations.
    seed : int
        Random seed.

    Examples
    --------
    >>> rows, noise = np.random.default_rng(0).normal(size=(2, 60, 4))
    >>> same = agreement_of_halves(rows, rows[:, ::-1], np.ones(60), 5, 99, 0)
    >>> round(same.neighbors, 6), same.p_neighbors
    (1.0, 0.01)
    >>> agreement_of_halves(rows, noise, np.ones(60), 5, 99, 0).p_neighbors > 0.05
    True
    """
    rng, share = np.random.default_rng(seed), np.asarray(counts, np.float64)
    strata = np.array_split(np.argsort(-share, kind="stable"), max(1, len(share) // STRATUM))
    share = share / share.sum()
    near, others = nearest_rows(one, k), nearest_rows(two, k)
    own = _centered(one, share)
    overlaps, similarities = np.empty(n_permutations + 1), np.empty(n_permutations + 1)
    for number in range(n_permutations + 1):
        moved = np.arange(len(share))
        if number:
            for stratum in strata:
                moved[stratum] = stratum[rng.permutation(len(stratum))]
        back = np.argsort(moved)
        # Row i of the permuted second table is row moved[i] of the table.
        both = (near[:, :, None] == back[others[moved]][:, None, :]).any(axis=2)
        overlaps[number] = share @ both.mean(axis=1)
        similarities[number] = _centered_cka(own, _centered(two[moved], share), share)
    times = [(1 + int((each[1:] >= each[0]).sum())) / (1 + n_permutations) for each in (overlaps, similarities)]
    return HalvesAgreement(float(overlaps[0]), float(overlaps[1:].mean()), *times)


def kappa(overlap: float, n_others: int, k: int) -> float:
    """Return Cohen's kappa of two sets of k neighbors out of n others, from their Jaccard index.

    Each of the others is rated twice: a neighbor or not.

    Examples
    --------
    >>> kappa(1.0, 100, 10), round(kappa(1 / 3, 100, 10), 2), round(kappa(10 / 190, 100, 10), 2)
    (1.0, 0.44, 0.0)
    """
    agreed, chance = 2 * overlap / (1 + overlap), k / n_others
    return (agreed - chance) / (1 - chance)


def _centered(table: FloatArray, share: FloatArray) -> npt.NDArray[np.float64]:
    # The first row is subtracted first, so that equal rows become exact zeros.
    rows = np.asarray(table, np.float64) - table[0]
    centered: npt.NDArray[np.float64] = rows - share @ rows
    return centered


def _centered_cka(one: FloatArray, two: FloatArray, share: FloatArray) -> float:
    weighted = share[:, None] * two
    lengths = np.linalg.norm(one.T @ (share[:, None] * one)) * np.linalg.norm(two.T @ weighted)
    return float(np.linalg.norm(one.T @ weighted) ** 2 / lengths) if lengths else 0.0
