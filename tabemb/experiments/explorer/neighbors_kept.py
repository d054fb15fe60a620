"""How many of the nearest neighbors are still nearest after a projection to the plane."""

from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.vectors.neighbors import FEWEST, neighborhood_size
from tabemb.vectors.similarity import unit_rows

__all__ = ["kept_sentence", "neighbors_kept"]

FloatArray = npt.NDArray[np.floating[Any]]

# Maximum number of categories whose neighbors are compared, and of cells in memory at a time.
MOST_COMPARED = 2000
CELLS = 2**22


def neighbors_kept(vectors: FloatArray, points: FloatArray) -> tuple[float, int] | None:
    """Return the share of nearest neighbors by cosine that are nearest on a map too, and how many are compared.

    Parameters
    ----------
    vectors : array of shape (n, dim)
    points : array of shape (n, 2)
        The positions on the map.

    Returns
    -------
    share : float
        Mean over the categories, or over 2,000 of them drawn at random.
    k : int
        Number of neighbors of each category: 10, fewer in columns with few categories.

    Nothing is returned if there are fewer than three categories.

    Examples
    --------
    >>> circle = np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.1, 0.9]])
    >>> neighbors_kept(circle, circle), neighbors_kept(circle[:2], circle[:2])
    ((1.0, 1), None)
    """
    n = len(vectors)
    if n < FEWEST:
        return None
    k = neighborhood_size(n)
    compared = np.sort(np.random.default_rng(0).permutation(n)[:MOST_COMPARED])
    unit, kept, step = unit_rows(np.asarray(vectors, dtype=np.float64)), 0, max(1, CELLS // n)
    for start in range(0, len(compared), step):
        rows = compared[start : start + step]
        near = _nearest(-(unit[rows] @ unit.T), rows, k)
        gaps = points[rows, None, :] - points[None, :, :]
        on_map = _nearest((gaps**2).sum(axis=2), rows, k)
        kept += sum(len(np.intersect1d(one, two)) for one, two in zip(near, on_map, strict=True))
    return kept / (k * len(compared)), k


def kept_sentence(vectors: FloatArray, points: FloatArray) -> str:
    """Return :func:`neighbors_kept` in a sentence, empty if there are too few categories.

    Examples
    --------
    >>> kept_sentence(np.eye(5), np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [5.0, 0.0], [7.0, 7.0]]))[-28:]
    'on this map (by chance 25%).'
    """
    found = neighbors_kept(vectors, points)
    if found is None:
        return ""
    share, k = found
    of = f"the {k} nearest neighbors" if k > 1 else "the nearest neighbors"
    among = f"among the {k} nearest" if k > 1 else "the nearest"
    chance = k / (len(vectors) - 1)
    by_chance = f"{chance:.0%}" if chance >= 0.005 else "less than 1%"
    return f"{share:.0%} of {of} by cosine are {among} on this map (by chance {by_chance})."


def _nearest(far: FloatArray, rows: npt.NDArray[np.intp], k: int) -> npt.NDArray[np.intp]:
    far[np.arange(len(rows)), rows] = np.inf
    return np.argpartition(far, k - 1, axis=1)[:, :k]
