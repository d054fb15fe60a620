"""Vectors of one space, brought to another number of dimensions and to another spread."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Projection"]

# Rows that are projected at once: a bound on the memory for it.
PORTION = 65_536


@dataclass(frozen=True, eq=False)
class Projection:
    """A map ``(rows - centre) @ axes`` that keeps what tells rows apart.

    Parameters
    ----------
    centre : ndarray of shape (source_dim,)
        What is taken off.
    axes : ndarray of shape (source_dim, dim)
        Directions, scaled.
    """

    centre: npt.NDArray[np.float64]
    axes: npt.NDArray[np.float64]

    @classmethod
    def of(cls, rows: npt.ArrayLike, dim: int, *, spread: float, n_slices: int = 1) -> "Projection":
        """Return the projection that keeps most of the variance of some rows.

        Where the rows have as many dimensions as are wanted, their axes stay. Of more, the principal components are
        kept; fewer are filled up with zeros. Where a vector is read in slices, each by another member of a network, it
        is turned, always in the same way, so that all slices have a like share of what there is.

        Parameters
        ----------
        rows : array-like of shape (n, source_dim)
            Some rows.
        dim : int
            How many dimensions are wanted.
        spread : float
            The root mean square of the projected numbers that are not filled up.
        n_slices : int, default=1
            In how many slices of equal length the vectors are read.

        Examples
        --------
        >>> rows = [[3.0, 1.0, 5.0], [-3.0, 1.0, 5.0], [0.0, 1.0, 5.0]]
        >>> abs(Projection.of(rows, 2, spread=1.0)(rows)).round(2)
        array([[1.73, 0.  ],
               [1.73, 0.  ],
               [0.  , 0.  ]], dtype=float32)
        """
        given = np.asarray(rows)
        centre = given.mean(axis=0, dtype=np.float64)
        scatter = np.zeros((given.shape[1], given.shape[1]))
        for part in _centred(given, centre):
            scatter += part.T @ part
        axes = _axes(scatter, dim, n_slices)
        used = (axes != 0).any(axis=0)
        size = np.sqrt(max(0.0, np.einsum("ij,ik,kj", axes, scatter, axes)) / (len(given) * max(1, used.sum())))
        # What is left of rows that do not differ is rounding.
        differ = size > 1e-6 * np.abs(centre).max(initial=0.0)
        return cls(centre, axes * (spread / size) if differ else np.zeros_like(axes))

    def __call__(self, rows: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Return rows, or one row, in the new space."""
        given = np.asarray(rows)
        if given.ndim == 1:
            given = given[None]
        made = np.empty((len(given), self.axes.shape[1]), np.float32)
        start = 0
        for part in _centred(given, self.centre):
            made[start : start + len(part)] = part @ self.axes
            start += len(part)
        return made.reshape(*np.shape(rows)[:-1], -1)


def _centred(rows: npt.NDArray[Any], centre: npt.NDArray[np.float64]) -> Iterator[npt.NDArray[np.float64]]:
    """Yield portions of the rows less the centre; so no copy of all is made in float64."""
    for start in range(0, len(rows), PORTION):
        yield rows[start : start + PORTION] - centre


def _axes(scatter: npt.NDArray[np.float64], dim: int, n_slices: int) -> npt.NDArray[np.float64]:
    own = len(scatter)
    if own == dim:
        return np.eye(own)
    # Eigenvectors come by rising variance.
    components = np.linalg.eigh(scatter)[1][:, ::-1][:, :dim]
    axes = np.zeros((own, dim))
    axes[:, : components.shape[1]] = components
    return axes if n_slices == 1 else axes @ _turn(dim)


def _turn(dim: int) -> npt.NDArray[np.float64]:
    turn: npt.NDArray[np.float64] = np.linalg.qr(np.random.default_rng(dim).normal(size=(dim, dim)))[0]
    return turn
