"""Projections of vectors to the plane, in a registry.

A new projection is a registered class here with a ``_project``; contract tests run over the registry.
"""

import numbers
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError, MissingExtraError
from tabemb.registry import Registry
from tabemb.vectors.similarity import unit_rows

__all__ = ["PROJECTIONS", "Pca", "Plane", "Projection", "Tsne", "Umap", "principal_components"]

FloatArray = npt.NDArray[np.floating[Any]]

# t-SNE and UMAP need at least this many different directions.
_FEWEST = 4


@dataclass(frozen=True, slots=True)
class Plane:
    """Vectors projected to the plane.

    Parameters
    ----------
    points : array of shape (n, 2)
        In the order of the vectors.
    x_label, y_label : str
        Labels of the axes; empty if an axis has no meaning.
    """

    points: FloatArray
    x_label: str = ""
    y_label: str = ""


class Projection(ABC):
    """A projection of vectors to the plane. The same vectors always give the same points."""

    title: ClassVar[str]

    def project(self, vectors: npt.ArrayLike) -> Plane:
        """Project vectors to the plane.

        Parameters
        ----------
        vectors : array-like of shape (n, dim)
            At least one row; finite.

        Returns
        -------
        Plane
            Equal vectors have the same point, or points close together.

        Raises
        ------
        DataError
            If there are no rows.
        MissingExtraError
            If a required package is not installed.
        """
        rows = np.asarray(vectors, dtype=np.float64)
        if rows.ndim != 2 or not rows.size:
            raise DataError(f"A projection requires at least one vector, of shape (n, dim); got shape {rows.shape}.")
        return self._project(rows)

    @abstractmethod
    def _project(self, rows: FloatArray) -> Plane: ...


PROJECTIONS: Registry[Projection] = Registry("projection")


@PROJECTIONS.register("pca")
class Pca(Projection):
    """The first two principal components.

    The labels of the axes state the fraction of the variance that each component explains.

    Examples
    --------
    >>> Pca().project([[0.0, 1.0], [4.0, 1.0]]).points
    array([[-2.,  0.],
           [ 2.,  0.]])
    """

    title = "PCA"

    def _project(self, rows: FloatArray) -> Plane:
        points, shares = principal_components(rows)
        up = f"second component: {shares[1]:.0%}" if np.ptp(points[:, 1]) else ""
        return Plane(points, f"first component: {shares[0]:.0%} of the variance", up)


@PROJECTIONS.register("tsne")
class Tsne(Projection):
    """t-SNE by cosine: neighbors stay together; large distances mean little.

    van der Maaten & Hinton (2008), "Visualizing data using t-SNE"; scikit-learn's implementation, initialized by the
    principal components. Columns that are too small for it are projected to these.

    Parameters
    ----------
    perplexity : float, default=30
        Roughly the number of neighbors of a category; at most a third of the categories.

    Examples
    --------
    >>> import numpy as np
    >>> Tsne().project(np.eye(6)).points.shape
    (6, 2)
    """

    title = "t-SNE"

    def __init__(self, perplexity: float = 30.0) -> None:
        if isinstance(perplexity, bool) or not isinstance(perplexity, numbers.Real) or not perplexity >= 1:
            raise DataError(f"perplexity must be a number of at least 1, got {perplexity!r}.")
        self.perplexity: float = float(perplexity)

    def _project(self, rows: FloatArray) -> Plane:
        if _is_too_small(rows):
            return Pca().project(rows)
        from sklearn.manifold import TSNE

        unit = unit_rows(rows)
        start, _ = principal_components(unit)
        perplexity = max(1.0, min(self.perplexity, (len(rows) - 1) / 3))
        tsne = TSNE(
            2,
            perplexity=perplexity,
            init=(1e-4 * start / start[:, 0].std()).astype(np.float32),
            method="barnes_hut" if len(rows) > 300 else "exact",
            random_state=0,
        )
        return Plane(tsne.fit_transform(unit).astype(np.float64), f"t-SNE, perplexity {perplexity:.3g}")


@PROJECTIONS.register("umap")
class Umap(Projection):
    """UMAP by cosine: neighbors stay together; large distances mean little. Requires the extra ``umap``.

    McInnes, Healy & Melville (2018), "UMAP: uniform manifold approximation and projection" (arXiv:1802.03426),
    initialized by the principal components. Columns that are too small for it are projected to these.

    Parameters
    ----------
    n_neighbors : int, default=15
        Number of neighbors of a category; fewer in small columns.
    min_dist : float, default=0.1
        Minimum distance between points.
    random_state : int, default=0

    Examples
    --------
    >>> Umap(n_neighbors=5).n_neighbors
    5
    """

    title = "UMAP"

    def __init__(self, n_neighbors: int = 15, min_dist: float = 0.1, random_state: int = 0) -> None:
        self.n_neighbors, self.min_dist, self.random_state = n_neighbors, min_dist, random_state

    def _project(self, rows: FloatArray) -> Plane:
        if _is_too_small(rows):
            return Pca().project(rows)
        try:
            import umap
        except ImportError as error:
            raise MissingExtraError.of("umap-learn", "umap", "Projecting vectors by UMAP") from error
        unit = unit_rows(rows)
        start, _ = principal_components(unit)
        neighbors = max(2, min(self.n_neighbors, len(rows) - 1))
        # On unit rows the nearest by Euclidean distance are the nearest by cosine; zero rows are allowed.
        points = umap.UMAP(
            n_neighbors=neighbors,
            min_dist=self.min_dist,
            init=10 * start / np.abs(start).max(),
            random_state=self.random_state,
            n_jobs=1,
        ).fit_transform(unit)
        return Plane(np.asarray(points, dtype=np.float64), f"UMAP, {neighbors} neighbors")


def principal_components(vectors: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the first two principal components of vectors.

    Parameters
    ----------
    vectors : array of shape (n, dim)
        At least one row; one dimension is enough.

    Returns
    -------
    points : array of shape (n, 2)
        Zero along a component that does not exist. The signs are such that the row farthest out is positive, so that
        mirrored vectors have the same points.
    shares : array of shape (2,)
        Fraction of the variance that each component explains.

    Examples
    --------
    >>> points, shares = principal_components(np.array([[0.0, 1.0], [4.0, 1.0]]))
    >>> shares
    array([1., 0.])
    """
    centered = np.asarray(vectors, dtype=np.float64)
    centered = centered - centered.mean(axis=0)
    left, strengths, _ = np.linalg.svd(centered, full_matrices=False)
    # Directions that exist only by rounding would otherwise fill the plot.
    strengths[strengths <= 1e-6 * strengths[0]] = 0
    points = np.zeros((len(centered), 2))
    shares = np.zeros(2)
    found = min(2, len(strengths))
    points[:, :found] = left[:, :found] * strengths[:found]
    # The last of equally distant rows decides, up to rounding.
    sizes = np.round(np.abs(points), 9)
    farthest = len(points) - 1 - sizes[::-1].argmax(axis=0)
    points *= np.where(points[farthest, [0, 1]] < 0, -1, 1)
    if strengths[0] > 0:
        shares[:found] = strengths[:found] ** 2 / (strengths**2).sum()
    return points + 0.0, shares


def _is_too_small(rows: FloatArray) -> bool:
    """Return whether there are too few different directions for neighbors."""
    return len(np.unique(unit_rows(rows).round(6), axis=0)) < _FEWEST
