"""Categories joined step by step, the most alike first: hierarchical clustering by cosine."""

from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.vectors.similarity import unit_rows

__all__ = ["cosine_matrix", "leaf_order", "linkage_of"]

FloatArray = npt.NDArray[np.floating[Any]]


def cosine_matrix(vectors: FloatArray) -> FloatArray:
    """Return the cosine of each row with each; 0 with a row of zeros, which is 1 with itself.

    Examples
    --------
    >>> cosine_matrix(np.array([[2.0, 0.0], [0.0, 1.0]]))
    array([[1., 0.],
           [0., 1.]])
    """
    unit = unit_rows(np.asarray(vectors, dtype=np.float64))
    matrix: FloatArray = np.clip(unit @ unit.T, -1, 1)
    np.fill_diagonal(matrix, 1)
    return matrix


def linkage_of(vectors: FloatArray) -> FloatArray:
    """Join rows and groups of rows, the nearest first: 1 - cosine, averaged over the pairs of two groups (UPGMA).

    Sokal & Michener (1958), "A statistical method for evaluating systematic relationships". The branches are turned so
    that neighbours in the order are alike (Bar-Joseph, Gifford & Jaakkola 2001, "Fast optimal leaf ordering").

    Parameters
    ----------
    vectors : array of shape (n, dim)
        At least two rows.

    Returns
    -------
    array of shape (n - 1, 4)
        A row for each join, as scipy's ``linkage`` has it.

    Examples
    --------
    >>> linkage_of(np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 0.0]]))[:, 2]
    array([0., 1.])
    """
    from scipy.cluster.hierarchy import linkage
    from scipy.spatial.distance import squareform

    distances = squareform(1 - cosine_matrix(vectors), checks=False)
    joined: FloatArray = linkage(np.maximum(distances, 0), method="average", optimal_ordering=True)
    return joined


def leaf_order(vectors: FloatArray) -> npt.NDArray[np.intp]:
    """Return rows in an order in which neighbours are alike.

    Examples
    --------
    >>> sorted(leaf_order(np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.1]])).tolist())
    [0, 1, 2]
    """
    if len(vectors) < 3:
        return np.arange(len(vectors))
    from scipy.cluster.hierarchy import leaves_list

    return np.asarray(leaves_list(linkage_of(vectors)), dtype=np.intp)
