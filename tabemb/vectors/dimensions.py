"""Change the number of dimensions of vectors: project them into a new space, or truncate them within their own."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.vectors.threads import ONE_THREAD

__all__ = ["LinearProjection", "Truncation", "random_rotation"]

FloatArray = npt.NDArray[np.floating[Any]]

# Rows projected at a time, to bound the memory.
CHUNK = 65_536


@dataclass(frozen=True, eq=False)
class LinearProjection:
    """The map ``(rows - center) @ axes``, with a center of shape (source_dim,) and scaled axes (source_dim, dim)."""

    center: npt.NDArray[np.float64]
    axes: npt.NDArray[np.float64]

    @classmethod
    def of(cls, rows: npt.ArrayLike, dim: int, *, spread: float, n_slices: int = 1) -> "LinearProjection":
        """Return the projection that keeps most of the variance of rows.

        With as many dimensions as the rows have, the axes are kept. Otherwise the principal components are kept, and
        padded with zeros if they are fewer. If the vectors are read in slices, each by a different member of a network,
        they are rotated by a fixed random rotation, so that all slices have a similar share of the variance.

        Parameters
        ----------
        rows : array-like of shape (n, source_dim)
        dim : int
            Number of dimensions.
        spread : float
            Root mean square of the projected numbers, without padding.
        n_slices : int, default=1
            Number of slices of equal length.

        Examples
        --------
        >>> rows = [[3.0, 1.0, 5.0], [-3.0, 1.0, 5.0], [0.0, 1.0, 5.0]]
        >>> abs(LinearProjection.of(rows, 2, spread=1.0)(rows)).round(2)
        array([[1.73, 0.  ],
               [1.73, 0.  ],
               [0.  , 0.  ]], dtype=float32)
        """
        given = np.asarray(rows)
        center = given.mean(axis=0, dtype=np.float64)
        scatter = np.zeros((given.shape[1], given.shape[1]))
        for part in _centered(given, center):
            scatter += part.T @ part
        axes = _axes(scatter, dim, n_slices)
        used = (axes != 0).any(axis=0)
        size = np.sqrt(max(0.0, np.einsum("ij,ik,kj", axes, scatter, axes)) / (len(given) * max(1, used.sum())))
        # For equal rows only rounding is left.
        differ = size > 1e-6 * np.abs(center).max(initial=0.0)
        return cls(center, axes * (spread / size) if differ else np.zeros_like(axes))

    def __call__(self, rows: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Return rows, or a single row, in the new space."""
        given = np.asarray(rows)
        if given.ndim == 1:
            given = given[None]
        made = np.empty((len(given), self.axes.shape[1]), np.float32)
        start = 0
        for part in _centered(given, self.center):
            made[start : start + len(part)] = part @ self.axes
            start += len(part)
        return made.reshape(*np.shape(rows)[:-1], -1)


class Truncation:
    """Vectors truncated to their directions of largest variance, around their mean, weighted by counts.

    Of all linear subspaces of ``rank`` dimensions, the one that is kept has the smallest mean squared error (Eckart &
    Young 1936, "The approximation of one matrix by another of lower rank").

    Parameters
    ----------
    vectors : array of shape (n, dim)
        One row per category.
    counts : array of shape (n,)
        Weight of each row, 0 or more.
    n_blocks : int, default=1
        Number of blocks of equal length, truncated separately, for concatenated vectors.

    Examples
    --------
    >>> airports = np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]])
    >>> bool(np.allclose(Truncation(airports, [1, 1, 1]).to(1), airports))
    True
    """

    def __init__(self, vectors: FloatArray, counts: npt.ArrayLike, *, n_blocks: int = 1) -> None:
        rows, weights = np.asarray(vectors, np.float64), np.asarray(counts, np.float64)
        share = weights / weights.sum() if weights.sum() else np.full(len(rows), 1 / len(rows))
        self._mean = share @ rows
        self._blocks = np.split(rows - self._mean, n_blocks, axis=1)
        # By falling variance.
        with ONE_THREAD:
            self._directions = [np.linalg.eigh(each.T @ (share[:, None] * each))[1][:, ::-1] for each in self._blocks]

    def to(self, rank: int) -> FloatArray:
        """Return the vectors, in the same shape, with ``rank`` directions of each block."""
        kept = [
            rows @ directions[:, :rank] @ directions[:, :rank].T
            for rows, directions in zip(self._blocks, self._directions, strict=True)
        ]
        cut: FloatArray = self._mean + np.concatenate(kept, axis=1)
        return cut


def random_rotation(dim: int) -> npt.NDArray[np.float64]:
    """Return an orthogonal matrix of shape (dim, dim), drawn at random, and always the same for a dimension.

    Examples
    --------
    >>> turned = random_rotation(3)
    >>> bool(np.allclose(turned @ turned.T, np.eye(3)))
    True
    """
    drawn: npt.NDArray[np.float64] = np.linalg.qr(np.random.default_rng(dim).normal(size=(dim, dim)))[0]
    return drawn


def _centered(rows: npt.NDArray[Any], center: npt.NDArray[np.float64]) -> Iterator[npt.NDArray[np.float64]]:
    """Yield chunks of the centered rows, so that no float64 copy of all is made."""
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK] - center


def _axes(scatter: npt.NDArray[np.float64], dim: int, n_slices: int) -> npt.NDArray[np.float64]:
    own = len(scatter)
    if own == dim:
        return np.eye(own)
    # NumPy returns eigenvectors by rising variance.
    with ONE_THREAD:
        components = np.linalg.eigh(scatter)[1][:, ::-1][:, :dim]
    axes = np.zeros((own, dim))
    axes[:, : components.shape[1]] = components
    if n_slices > 1:
        axes = axes @ random_rotation(dim)
    return axes
