"""Estimate the noise of vectors from refits to parts of their rows."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.vectors.alignment import rotation
from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.keyed_matrix import KeyedMatrix
from tabemb.vectors.neighbors import heaviest
from tabemb.vectors.sampling_noise import SamplingNoise
from tabemb.vectors.store import EmbeddingStore
from tabemb.vectors.threads import ONE_THREAD

__all__ = ["FEWEST_REFITS", "most_frequent", "noise_from_refits", "noise_of_tables", "with_noise"]

# With fewer refits, the differences between them say too little.
FEWEST_REFITS = 3
# Range of the exponent by which the variance depends on the number of rows: -1 for a mean of independent rows; above 0
# for vectors that are shrunk more, the rarer their category is.
EXPONENTS = (-2.0, 1.0)
# Categories with this many rows have half the weight of those with very many: the neighbors of rare ones matter less.
HALF_WEIGHT = 30.0


def noise_from_refits(matrix: KeyedMatrix, refits: Sequence[KeyedMatrix], share: float) -> SamplingNoise | None:
    """Estimate the noise of vectors from refits to subsets of their rows (grouped jackknife).

    The refits are rotated to the vectors. The variance of a fit to all rows is ``share / (1 - share)`` times that
    of the refits around their mean, since these have most rows in common (Efron 1982, "The jackknife, the bootstrap
    and other resampling plans", chapter 3; for groups of rows Shao & Tu 1995, "The jackknife and bootstrap",
    section 2.3).

    What differs between refits for other reasons, such as the initial weights of the networks, counts as much. So the
    noise of networks is rather too large, and the confidence of neighbors rather too low.

    Parameters
    ----------
    matrix : KeyedMatrix
        The vectors, with counts.
    refits : sequence of KeyedMatrix
        Vectors of the same column, each learned from a share of the rows, leaving out others each time.
    share : float
        Share of the rows in a refit, in (0, 1): 0.8 for five folds.

    Returns
    -------
    SamplingNoise or None
        None if fewer than three categories, or fewer than three refits, can be compared.
    """
    chosen = _shared_rows(matrix, refits)
    if len(refits) < FEWEST_REFITS or len(chosen) < 3 or matrix.counts is None:
        return None
    keys = matrix.key_to_index.keys_in_order
    dim = max(matrix.dim, *(each.dim for each in refits))
    counts = matrix.counts[chosen].astype(np.float64)
    own = _padded(matrix.vectors[chosen], dim)
    named = [keys[row] for row in chosen.tolist()]
    noise = noise_of_tables(own, [_padded(each[named], dim) for each in refits], counts, share)
    own_dims = np.ascontiguousarray(noise.covariance[: matrix.dim, : matrix.dim])
    return replace(noise, covariance=own_dims)


def noise_of_tables(
    vectors: npt.NDArray[Any], refits: Sequence[npt.NDArray[Any]], counts: npt.NDArray[Any], share: float
) -> SamplingNoise:
    """Estimate the noise of vectors from the same rows of refits; see :func:`noise_from_refits`.

    Parameters
    ----------
    vectors : ndarray of shape (n, dim)
        The vectors.
    refits : sequence of ndarray of shape (n, dim)
        The same categories in three refits or more.
    counts : ndarray of shape (n,)
        Number of rows of each category, at least 1.
    share : float
        Share of the rows in a refit, in (0, 1).
    """
    turned = np.array([each @ rotation(each, vectors, counts) for each in refits])
    away = (turned - turned.mean(axis=0)) * np.sqrt(share / (1 - share))
    size, weights = np.square(away).mean(axis=(0, 2)), counts / (counts + HALF_WEIGHT)
    rows, exponent = float(np.exp(np.average(np.log(counts), weights=weights))), 0.0
    if size.any() and len(np.unique(counts)) > 2:
        logs = np.log(size + 1e-6 * size.mean())
        exponent = float(np.clip(np.polyfit(np.log(counts), logs, 1, w=np.sqrt(weights))[0], *EXPONENTS))
    even = away / np.sqrt((counts / rows) ** exponent)[:, None]
    with ONE_THREAD:
        covariance = np.einsum("rnd,rne,n->de", even, even, weights, optimize=True) / (len(refits) * weights.sum())
    # As precise as the vectors, so that files restore it.
    return SamplingNoise(covariance.astype(np.float32).astype(np.float64), rows, exponent, len(refits))


def with_noise(
    vectors: Mapping[str, CategoryVectors], refits: Sequence[Mapping[str, KeyedMatrix]], share: float
) -> EmbeddingStore:
    """Return the vectors of several columns with the noise that refits show.

    Parameters
    ----------
    vectors : mapping of str to CategoryVectors
        The vectors by column.
    refits : sequence of mapping of str to KeyedMatrix
        The vectors of each refit by column; refits without a column are left out.
    share : float
        Share of the rows in a refit, in (0, 1).
    """
    return EmbeddingStore(
        {
            column: own.with_noise(noise_from_refits(own, [each[column] for each in refits if column in each], share))
            for column, own in vectors.items()
        },
        vectors.shared if isinstance(vectors, EmbeddingStore) else None,
    )


def most_frequent(matrix: KeyedMatrix) -> KeyedMatrix:
    """Return the rows of the categories that determine the noise: the 5,000 most frequent.

    Examples
    --------
    >>> most_frequent(KeyedMatrix(["JFK", "LGA"], [[1.0], [2.0]], [9, 5]))
    KeyedMatrix(2 categories x 1)
    """
    if matrix.counts is None:
        return matrix
    rows = heaviest(matrix.counts.astype(np.float64))
    keys = matrix.key_to_index.keys_in_order
    named = [keys[row] for row in rows.tolist()]
    return KeyedMatrix(named, matrix.vectors[rows], matrix.counts[rows], name=matrix.name)


def _shared_rows(matrix: KeyedMatrix, refits: Sequence[KeyedMatrix]) -> npt.NDArray[np.intp]:
    """Return the rows of the most frequent categories that all refits have trained."""
    if matrix.counts is None:
        return np.zeros(0, np.intp)
    own = heaviest(matrix.counts.astype(np.float64))
    keys = matrix.key_to_index.keys_in_order
    return np.array(
        [row for row in own.tolist() if matrix.counts[row] and all(_trained(each, keys[row]) for each in refits)],
        np.intp,
    )


def _trained(matrix: KeyedMatrix, key: Any) -> bool:
    row = matrix.key_to_index.get(key)
    return row is not None and (matrix.counts is None or bool(matrix.counts[row]))


def _padded(vectors: npt.NDArray[Any], dim: int) -> npt.NDArray[np.float64]:
    """Return vectors with zeros appended: refits with fewer categories may have fewer dimensions."""
    return np.pad(vectors.astype(np.float64), ((0, 0), (0, dim - vectors.shape[1])))
