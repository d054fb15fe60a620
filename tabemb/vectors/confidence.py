"""How often neighbors come back in fits to other rows."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError
from tabemb.vectors.keyed_matrix import KeyedMatrix
from tabemb.vectors.metrics import Cosine, SimilarityMetric
from tabemb.vectors.neighbors import (
    CELLS,
    FEWEST,
    MOST_COMPARED,
    heaviest,
    nearest_rows,
    neighborhood_size,
)
from tabemb.vectors.queries import Items
from tabemb.vectors.sampling_noise import SamplingNoise
from tabemb.vectors.search import Search
from tabemb.vectors.similarity import unit_rows
from tabemb.vectors.vector_draws import VectorDraws

__all__ = [
    "Neighborhoods",
    "Reliability",
    "compared_neighbors",
    "known_reliability",
    "nearest_neighbors",
    "neighbor_confidence",
    "noise_of",
    "reliability",
]

Rows = npt.NDArray[np.intp]
Float32s = npt.NDArray[np.float32]
Float64s = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# Draws of the vectors: the standard error of a confidence of 0.5 is 0.035, of 0.9 it is 0.02.
N_DRAWS = 200
# Categories that compete to be neighbors; of more, those most similar to the query. Others hardly ever become one.
MOST_RIVALS = 2000
# Most similar categories that compete to be neighbors of each of many queries: their number, in all and for each query.
RIVALS_IN_BATCH, RIVALS = 2**20, (500, MOST_RIVALS)
# Categories whose neighbors are judged, the most frequent.
MOST_JUDGED = 300
# A column tells its categories apart if its neighbors come back more often than random ones by this, divided by the
# number of refits: the noise that few refits show is uncertain.
BEYOND_CHANCE = 0.3


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
    n_refits : int, default=5
        Number of refits that showed the noise.
    """

    share: float
    chance: float
    k: int
    n_refits: int = 5

    @property
    def by_chance(self) -> bool:
        """Whether neighbors come back hardly more often than random ones."""
        return self.share < self.chance + BEYOND_CHANCE / self.n_refits * (1 - self.chance)

    def warning(self, column: str) -> str:
        """Return a warning if neighbors come back hardly more often than random ones, otherwise an empty text.

        Parameters
        ----------
        column : str
            Name of the column.

        Examples
        --------
        >>> print(Reliability(0.08, 0.06, 10).warning("carrier"))
        The neighbors of carrier are no more stable than random ones (8 % come back in fits to other rows, 6 % by
        chance): do not interpret them. More rows, fewer rare categories (min_frequency), or other columns that describe
        the categories help.
        >>> Reliability(0.72, 0.1, 10).warning("dest")
        ''
        """
        if not self.by_chance:
            return ""
        return (
            f"The neighbors of {column} are no more stable than random ones ({100 * self.share:.0f} % come back in "
            f"fits to other rows, {100 * self.chance:.0f} % by chance): do not interpret them. More rows, fewer rare "
            "categories (min_frequency), or other columns that describe the categories help."
        )


class Neighborhoods(NamedTuple):
    """The nearest neighbors of several categories.

    Parameters
    ----------
    rows : ndarray of int of shape (n_queries, n_neighbors)
        Rows of the neighbors, nearest first, ties by row.
    cosines : ndarray of float64 of shape (n_queries, n_neighbors)
        Their cosines.
    confidence : ndarray of float64 of shape (n_queries, n_neighbors), or None
        How often each is among the ``k`` nearest in fits to other rows, from 0 to 1; None if it was not requested.
    k : int
        Number of nearest categories that the confidence refers to.
    """

    rows: Rows
    cosines: Float64s
    confidence: Float64s | None
    k: int


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
    allowed: Bools | None = None,
    seed: int = 0,
) -> Float64s:
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
    draws = VectorDraws(matrix.vectors.astype(np.float64), counts, noise, seed, drawn)
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


def compared_neighbors(n: int, topn: int) -> int:
    """Return the number of neighbors that the confidence refers to, if ``topn`` of n categories are shown.

    ``topn``, or half of the other categories if that is less: more neighbors come back by chance alone.

    Examples
    --------
    >>> compared_neighbors(1000, 5), compared_neighbors(7, 5), compared_neighbors(2, 5)
    (5, 3, 1)
    """
    return min(topn, max(1, (n - 1) // 2))


def nearest_neighbors(
    matrix: KeyedMatrix,
    asked: Rows,
    topn: int,
    *,
    confidence: bool = True,
    allowed: Bools | None = None,
    search: Search | None = None,
    seed: int = 0,
) -> Neighborhoods:
    """Return the nearest neighbors of several categories by cosine, with their confidence.

    As :func:`neighbor_confidence` of each, from the same draws for all. All categories compete to be neighbors; of more
    than 5,000, the 500 to 2,000 most similar to each query.

    Parameters
    ----------
    matrix : KeyedMatrix
        Vectors, with noise and counts for the confidence.
    asked : ndarray of int of shape (n_queries,)
        Rows of the categories.
    topn : int
        Number of neighbors; fewer if there are fewer other categories. The confidence refers to the ``topn`` nearest,
        or to the nearest half of the other categories if that is less.
    confidence : bool, default=True
        Whether to estimate the confidence.
    allowed : ndarray of bool of shape (n,), optional
        Rows that may be neighbors, among them those of ``asked``.
    search : Search, optional
        The vectors prepared for searches by cosine.
    seed : int, default=0
        Random seed of the draws.

    Raises
    ------
    DataError
        If the confidence is requested and the noise is unknown.

    Examples
    --------
    >>> noise = SamplingNoise(np.eye(2) / 100, rows=5.0, exponent=-1.0, n_refits=5)
    >>> days = [[1.0, 0.1], [1.0, 0.2], [0.9, 0.0], [-1.0, 0.3], [-1.0, 0.1]]
    >>> matrix = KeyedMatrix(["mon", "tue", "wed", "sat", "sun"], days, [9, 5, 5, 5, 5], noise=noise)
    >>> near = nearest_neighbors(matrix, np.array([0]), 2)
    >>> near.rows, near.cosines.round(2), near.confidence
    (array([[1, 2]]), array([[1., 1.]]), array([[1., 1.]]))
    """
    if confidence:
        noise_of(matrix)
    open_rows = np.arange(len(matrix)) if allowed is None else np.flatnonzero(allowed)
    k, topn = compared_neighbors(len(open_rows), topn), max(0, min(topn, len(open_rows) - 1))
    if not len(asked) or not topn:
        empty = np.empty((len(asked), topn))
        return Neighborhoods(empty.astype(np.intp), empty, empty if confidence else None, k)
    search = Search(matrix.vectors, Cosine()) if search is None else search
    among_all = not confidence or len(open_rows) <= MOST_COMPARED
    n_found = topn if among_all else max(topn, int(np.clip(RIVALS_IN_BATCH // len(asked), *RIVALS)))
    points = search.metric.singles(matrix.vectors[asked])
    found = list(search.nearest(points, n_found, without=[[row] for row in asked.tolist()], allowed=allowed))
    rivals, cosines = (np.array([each[part] for each in found]) for part in (0, 1))
    rows, cosines = rivals[:, :topn], cosines[:, :topn]
    if not confidence:
        return Neighborhoods(rows, cosines, None, k)
    if among_all:
        return Neighborhoods(rows, cosines, _share_among_all(matrix, asked, rows, open_rows, k, seed), k)
    return Neighborhoods(rows, cosines, _share_among_rivals(matrix, asked, rivals, k, seed)[:, :topn], k)


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
    return Reliability(float(np.mean(shares)), k / (len(chosen) - 1), k, noise.n_refits)


def known_reliability(matrix: KeyedMatrix) -> Reliability | None:
    """Return the reliability of a column, or None if it is unknown.

    That is, without noise, or with fewer than three categories with rows.

    Examples
    --------
    >>> known_reliability(KeyedMatrix(["JFK", "LGA"], [[1.0], [2.0]])) is None
    True
    """
    if matrix.noise is None or matrix.counts is None or np.count_nonzero(matrix.counts) < FEWEST:
        return None
    return reliability(matrix)


def _share_among_all(matrix: KeyedMatrix, asked: Rows, found: Rows, open_rows: Rows, k: int, seed: int) -> Float64s:
    """Return how often found rows, of shape (n_queries, n_found), are among the k nearest of the open rows in draws."""
    places, itself = np.searchsorted(open_rows, found), np.searchsorted(open_rows, asked)
    times, step = np.zeros(found.shape), max(1, CELLS // len(open_rows))
    for unit in _unit_draws(matrix, open_rows, seed):
        for start in range(0, len(asked), step):
            part = slice(start, start + step)
            cosines = unit[itself[part]] @ unit.T
            np.put_along_axis(cosines, itself[part, None], -np.inf, axis=1)
            own = np.take_along_axis(cosines, places[part], axis=1)
            times[part] += own >= np.partition(cosines, -k, axis=1)[:, -k, None]
    return times / N_DRAWS


def _share_among_rivals(matrix: KeyedMatrix, asked: Rows, rivals: Rows, k: int, seed: int) -> Float64s:
    """Return how often rivals, of shape (n_queries, n_rivals), are among the k nearest of them in draws."""
    drawn = np.unique(np.concatenate([asked, rivals.ravel()]))
    places, itself = np.searchsorted(drawn, rivals), np.searchsorted(drawn, asked)
    times, step = np.zeros(rivals.shape, np.float32), max(1, CELLS // (rivals.shape[1] * matrix.dim))
    for unit in _unit_draws(matrix, drawn, seed):
        for start in range(0, len(asked), step):
            part = slice(start, start + step)
            cosines = np.matmul(unit[places[part]], unit[itself[part], :, None])[:, :, 0]
            times[part] += cosines >= np.partition(cosines, -k, axis=1)[:, -k, None]
    return (times / N_DRAWS).astype(np.float64)


def _unit_draws(matrix: KeyedMatrix, rows: Rows, seed: int) -> Iterator[Float32s]:
    """Yield draws of the vectors of some rows, scaled to length one."""
    noise, counts = noise_of(matrix), matrix.counts
    assert counts is not None
    draws = VectorDraws(matrix.vectors.astype(np.float64), counts, noise, seed, rows)
    for _ in range(N_DRAWS):
        yield unit_rows(draws())


def _overlap(one: Rows, two: Rows) -> float:
    return float((one[:, :, None] == two[:, None, :]).any(axis=2).mean())


def _given(matrix: KeyedMatrix, items: Items) -> npt.NDArray[np.float32]:
    """Return the vectors of a query that belong to no category: all but those of its keys."""
    left = list(items.vectors)
    for row in items.rows:
        place = next(i for i, each in enumerate(left) if np.array_equal(each, matrix.vectors[row]))
        left.pop(place)
    return np.array(left, np.float32).reshape(len(left), matrix.dim)
