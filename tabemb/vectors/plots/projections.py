"""Ways to lay vectors out on a plane: a registry of projections.

A new one is a class here, registered, with a `place`; the contract tests run over the registry.
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

# t-SNE and UMAP place each category by its neighbors; fewer categories than this have none to speak of.
_FEWEST = 4


@dataclass(frozen=True, slots=True)
class Plane:
    """Vectors laid out on a plane.

    Parameters
    ----------
    places : array of shape (n, 2)
        In the order of the vectors.
    across, up : str
        What the two directions mean, for the axes; empty where they mean nothing.
    """

    places: FloatArray
    across: str = ""
    up: str = ""


class Projection(ABC):
    """A way to lay vectors out on a plane. The same vectors always give the same picture."""

    words: ClassVar[str]

    def place(self, vectors: npt.ArrayLike) -> Plane:
        """Lay vectors out.

        Parameters
        ----------
        vectors : array-like of shape (n, dim)
            At least one row; finite.

        Returns
        -------
        Plane
            Categories with equal vectors lie on one place, or close together.

        Raises
        ------
        DataError
            When there is no row.
        MissingExtraError
            When a package that it needs is not installed.
        """
        rows = np.asarray(vectors, dtype=np.float64)
        if rows.ndim != 2 or not rows.size:
            raise DataError(f"A projection needs vectors of shape (n, dim), at least one; got shape {rows.shape}.")
        return self._place(rows)

    @abstractmethod
    def _place(self, rows: FloatArray) -> Plane: ...


PROJECTIONS: Registry[Projection] = Registry("projection")


@PROJECTIONS.register("pca")
class Pca(Projection):
    """The two directions along which the vectors differ most (principal components).

    Distances on the plane are true ones, as far as two directions can tell them: the axes say how far.

    Examples
    --------
    >>> Pca().place([[0.0, 1.0], [4.0, 1.0]]).places
    array([[-2.,  0.],
           [ 2.,  0.]])
    """

    words = "PCA"

    def _place(self, rows: FloatArray) -> Plane:
        places, shares = principal_components(rows)
        up = f"second component: {shares[1]:.0%}" if np.ptp(places[:, 1]) else ""
        return Plane(places, f"first component: {shares[0]:.0%} of the variance", up)


@PROJECTIONS.register("tsne")
class Tsne(Projection):
    """Neighbors by cosine kept together (t-SNE); what is far apart says little.

    van der Maaten & Hinton (2008), "Visualizing data using t-SNE"; scikit-learn's. It starts at the principal
    components, and columns that are too small for it are laid out by those.

    Parameters
    ----------
    perplexity : float, default=30
        About how many neighbors a category has; at most a third of the categories are taken.

    Examples
    --------
    >>> import numpy as np
    >>> Tsne().place(np.eye(6)).places.shape
    (6, 2)
    """

    words = "t-SNE"

    def __init__(self, perplexity: float = 30.0) -> None:
        if isinstance(perplexity, bool) or not isinstance(perplexity, numbers.Real) or not perplexity >= 1:
            raise DataError(f"perplexity is about how many neighbors count: a number from 1, got {perplexity!r}.")
        self.perplexity: float = float(perplexity)

    def _place(self, rows: FloatArray) -> Plane:
        if _is_too_small(rows):
            return Pca().place(rows)
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
    """Neighbors by cosine kept together (UMAP); what is far apart says a little. Needs the extra ``umap``.

    McInnes, Healy & Melville (2018), "UMAP: uniform manifold approximation and projection" (arXiv:1802.03426). It
    starts at the principal components, and columns that are too small for it are laid out by those.

    Parameters
    ----------
    n_neighbors : int, default=15
        How many neighbors a category has; fewer in small columns.
    min_dist : float, default=0.1
        How close together places may lie.
    random_state : int, default=0

    Examples
    --------
    >>> Umap(n_neighbors=5).n_neighbors
    5
    """

    words = "UMAP"

    def __init__(self, n_neighbors: int = 15, min_dist: float = 0.1, random_state: int = 0) -> None:
        self.n_neighbors, self.min_dist, self.random_state = n_neighbors, min_dist, random_state

    def _place(self, rows: FloatArray) -> Plane:
        if _is_too_small(rows):
            return Pca().place(rows)
        try:
            import umap
        except ImportError as error:
            raise MissingExtraError.of("umap-learn", "umap", "Laying vectors out by UMAP") from error
        unit = unit_rows(rows)
        start, _ = principal_components(unit)
        neighbors = max(2, min(self.n_neighbors, len(rows) - 1))
        # On unit rows nearness by distance is nearness by cosine, and a row of zeros does no harm.
        places = umap.UMAP(
            n_neighbors=neighbors,
            min_dist=self.min_dist,
            init=10 * start / np.abs(start).max(),
            random_state=self.random_state,
            n_jobs=1,
        ).fit_transform(unit)
        return Plane(np.asarray(places, dtype=np.float64), f"UMAP, {neighbors} neighbors")


def principal_components(vectors: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Project vectors on the two directions along which they differ most.

    Parameters
    ----------
    vectors : array of shape (n, dim)
        At least one row; one dimension is enough.

    Returns
    -------
    places : array of shape (n, 2)
        Zeros where there is no second direction. The signs are such that the row farthest out is positive, so that
        the same vectors always give the same picture.
    shares : array of shape (2,)
        The share of the whole variance along each, between 0 and 1.

    Examples
    --------
    >>> places, shares = principal_components(np.array([[0.0, 1.0], [4.0, 1.0]]))
    >>> places
    array([[-2.,  0.],
           [ 2.,  0.]])
    >>> shares
    array([1., 0.])
    """
    centerd = np.asarray(vectors, dtype=np.float64)
    centerd = centerd - centerd.mean(axis=0)
    left, strengths, _ = np.linalg.svd(centerd, full_matrices=False)
    # Directions that exist only by rounding would otherwise be blown up to fill the picture.
    strengths[strengths <= 1e-6 * strengths[0]] = 0
    places = np.zeros((len(centerd), 2))
    shares = np.zeros(2)
    found = min(2, len(strengths))
    places[:, :found] = left[:, :found] * strengths[:found]
    # Ties are decided by the last row that is farthest out, within what rounding can do.
    sizes = np.round(np.abs(places), 9)
    farthest = len(places) - 1 - sizes[::-1].argmax(axis=0)
    places *= np.where(places[farthest, [0, 1]] < 0, -1, 1)
    if strengths[0] > 0:
        shares[:found] = strengths[:found] ** 2 / (strengths**2).sum()
    return places + 0.0, shares


def _is_too_small(rows: FloatArray) -> bool:
    """Tell whether there are too few different directions to have neighbors."""
    return len(np.unique(unit_rows(rows).round(6), axis=0)) < _FEWEST
