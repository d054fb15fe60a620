"""How often neighbors come back in fits to other rows."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError
from tabemb.vectors.keyed_matrix import KeyedMatrix
from tabemb.vectors.metrics import SimilarityMetric
from tabemb.vectors.neighbors import heaviest, nearest_rows, neighborhood_size
from tabemb.vectors.queries import Items
from tabemb.vectors.sampling_noise import SamplingNoise
from tabemb.vectors.vector_draws import VectorDraws

__all__ = ["Reliability", "neighbor_confidence", "noise_of", "reliability"]

Rows = npt.NDArray[np.intp]

# Draws of the vectors: the standard error of a confidence of 0.5 is 0.035, of 0.9 it is 0.02.
N_DRAWS = 200
# Categories that compete to be neighbors; of more, those most similar to the query. Others hardly ever become one.
MOST_RIVALS = 2000
# Categories whose neighbors are judged, the most frequent.
MOST_JUDGED = 300
# A column tells its categories apart if its neighbors come back this much more often than random ones.
BEYOND_CHANCE = 0.05


class Reliability(NamedTuple):
    """How often the nearest neighbors of a column come back in fits to other rows.

    Parameters
    ----------
    share : float
        Expected share of the ``k`` nearest that are among the ``k`` nearest again.
    chance : float
        The same for random neighbors.
    k : int
        Number of neighbors.
    """

    share: float
    chance: float
    k: int

    @property
    def by_chance(self) -> bool:
        """Whether neighbors come back hardly more often than random ones."""
        return self.share < self.chance + BEYOND_CHANCE * (1 - self.chance)


def noise_of(matrix: KeyedMatrix) -> SamplingNoise:
    """Return the noise of vectors.

    Raises
    ------
    DataError
        If it is unknown.
    """
    if matrix.noise is None or matrix.counts is None:
        raise DataError(
            f"{matrix.owner} has vectors of a single fit, and how sure its neighbors are shows only in refits to parts "
            "of the rows. Vectors of an EmbeddingEncoder with cv=5, of a run, and of tabemb.refit_vectors("
            "model, X, y) have them."
        )
    return matrix.noise


def neighbor_confidence(
    matrix: KeyedMatrix,
    added: Items,
    subtracted: Items,
    found: Rows,
    k: int,
    metric: SimilarityMetric,
    allowed: npt.NDArray[np.bool_] | None = None,
    seed: int = 0,
) -> npt.NDArray[np.float64]:
    """Return how often each neighbor is among the ``k`` nearest in fits to other rows, from 0 to 1.

    The vectors of such fits are drawn from their distribution; see
    :class:`~tabemb.vectors.sampling_noise.VectorDraws`.

    Parameters
    ----------
    matrix : KeyedMatrix
        Vectors with noise and counts.
    added, subtracted : Items
        Positive and negative keys and vectors of the query. Vectors that are not of a category have no noise.
    found : ndarray of int of shape (n_found,)
        Rows of the neighbors.
    k : int
        Number of nearest categories.
    metric : SimilarityMetric
        Similarity metric.
    allowed : ndarray of bool of shape (n,), optional
        Rows that may be neighbors.
    seed : int, default=0
        Random seed of the draws.
    """
    noise, counts = noise_of(matrix), matrix.counts
    assert counts is not None
    asked = np.array(added.rows + subtracted.rows, np.intp)
    open_rows = np.ones(len(matrix), bool) if allowed is None else allowed.copy()
    open_rows[asked] = False
    rivals = np.flatnonzero(open_rows)
    if len(rivals) > MOST_RIVALS:
        scores = metric.scores(matrix.vectors[rivals], metric.point(added.vectors, subtracted.vectors))
        order = np.argsort(scores if metric.smaller_first else -scores, kind="stable")[:MOST_RIVALS]
        rivals = np.union1d(rivals[order], found)
    drawn = np.concatenate([asked, rivals])
    draws = VectorDraws(matrix.vectors[drawn].astype(np.float64), counts[drawn], noise, seed)
    places, times = np.searchsorted(rivals, found), np.zeros(len(rivals))
    given = [draws.along_axes(_given(matrix, items)) for items in (added, subtracted)]
    for _ in range(N_DRAWS):
        vectors = draws()
        mine, its = vectors[: len(added.rows)], vectors[len(added.rows) : len(asked)]
        point = metric.point(np.concatenate([mine, given[0]]), np.concatenate([its, given[1]]))
        scores = metric.scores(vectors[len(asked) :], point)
        near = np.argpartition(scores if metric.smaller_first else -scores, min(k, len(scores)) - 1)[:k]
        times[near] += 1
    return times[places] / N_DRAWS


def reliability(matrix: KeyedMatrix, k: int | None = None, seed: int = 0) -> Reliability:
    """Return how often the nearest neighbors of a column come back in fits to other rows.

    Of the 300 most frequent categories, among each other.

    Raises
    ------
    DataError
        If the noise is unknown, or fewer than three categories have rows.
    """
    noise, counts = noise_of(matrix), matrix.counts
    assert counts is not None
    chosen = heaviest(counts.astype(np.float64))
    chosen = chosen[np.argsort(-counts[chosen], kind="stable")[:MOST_JUDGED]]
    chosen = chosen[counts[chosen] > 0]
    if len(chosen) < 3:
        raise DataError(f"{matrix.owner} has {len(chosen)} categories with rows, and neighbors need at least 3.")
    k = neighborhood_size(len(chosen), k, of=matrix.owner)
    draws = VectorDraws(matrix.vectors[chosen].astype(np.float64), counts[chosen], noise, seed)
    near = nearest_rows(matrix.vectors[chosen], k)
    shares = [_overlap(near, nearest_rows(draws(), k)) for _ in range(N_DRAWS // 10)]
    return Reliability(float(np.mean(shares)), k / (len(chosen) - 1), k)


def _overlap(one: Rows, two: Rows) -> float:
    return float((one[:, :, None] == two[:, None, :]).any(axis=2).mean())


def _given(matrix: KeyedMatrix, items: Items) -> npt.NDArray[np.float32]:
    """Return the vectors of a query that belong to no category: all but those of its keys."""
    left = list(items.vectors)
    for row in items.rows:
        place = next(i for i, each in enumerate(left) if np.array_equal(each, matrix.vectors[row]))
        left.pop(place)
    return np.array(left, np.float32).reshape(len(left), matrix.dim)
