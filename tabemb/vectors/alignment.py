"""Tables that were learned apart, brought into one space."""

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["align", "mean_of_seen", "rotation", "scaling"]

FloatArray = npt.NDArray[np.floating[Any]]

# How much "leave it as it is" counts beside the rows: enough to decide where they say nothing, and no more.
STAY = 1e-9


def rotation(source: FloatArray, target: FloatArray, weights: npt.ArrayLike | None = None) -> npt.NDArray[np.float64]:
    """Return the orthogonal matrix that brings the rows of one table closest to those of another.

    The weighted orthogonal Procrustes problem: the orthogonal ``R`` (reflections included) that makes
    ``sum(weights * |source @ R - target|**2)`` least is ``U @ V`` of the singular value decomposition ``U S V`` of
    ``source.T @ (weights * target)`` (Schoenemann 1966, "A generalized solution of the orthogonal Procrustes problem").
    Lengths and angles between rows stay as they are. In directions that the rows do not reach nothing is turned.

    Parameters
    ----------
    source, target : array of shape (n, dim)
        A row of one belongs to the same row of the other.
    weights : array of shape (n,), optional
        How much each pair of rows counts, 0 or more; all the same by default.

    Returns
    -------
    array of float64 of shape (dim, dim)

    Examples
    --------
    >>> airports = np.array([[1.0, 0.0], [0.0, 2.0]])
    >>> turned = airports @ np.array([[0.0, 1.0], [-1.0, 0.0]])
    >>> bool(np.allclose(turned @ rotation(turned, airports), airports))
    True
    """
    rows, onto = np.asarray(source, np.float64), np.asarray(target, np.float64)
    if weights is not None:
        onto = onto * np.asarray(weights, np.float64)[:, None]
    together = rows.T @ onto
    # Where few rows leave a direction open, the decomposition alone would turn it anyhow.
    stay = STAY * (np.abs(together).max(initial=0.0) or 1.0)
    left, _, right = np.linalg.svd(together + stay * np.eye(len(together)))
    turned: npt.NDArray[np.float64] = left @ right
    return turned


def scaling(turned: FloatArray, target: FloatArray, weights: npt.ArrayLike) -> float:
    """Return the one factor by which the rows of a table, already turned, come closest to those of another.

    The least squares solution ``sum(w * turned * target) / sum(w * turned**2)`` (Gower & Dijksterhuis 2004,
    "Procrustes Problems", chapter 4); the rotation that is best without a factor is best with it, too.

    Parameters
    ----------
    turned, target : array of shape (n, dim)
        A row of one belongs to the same row of the other.
    weights : array of shape (n,)
        How much each pair of rows counts, 0 or more.

    Returns
    -------
    float
        0 or more after the best rotation; 1 where the rows are all zeros.

    Examples
    --------
    >>> scaling(np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([[3.0, 0.0], [0.0, 6.0]]), [1, 1])
    3.0
    """
    weighted = np.asarray(weights, np.float64)[:, None] * turned
    length = float((weighted * turned).sum())
    return float((weighted * target).sum()) / length if length else 1.0


def align(tables: FloatArray, seen: npt.NDArray[np.bool_], weights: npt.ArrayLike) -> None:
    """Turn all tables but the first, in place, so that their rows come closest to those of the first.

    Parameters
    ----------
    tables : array of shape (n_tables, n_rows, dim)
        What is turned.
    seen : array of bool of shape (n_tables, n_rows)
        Which rows each table has learned; the others are turned along, and decide nothing.
    weights : array of shape (n_rows,)
        How much each row counts.

    Examples
    --------
    >>> tables = np.array([[[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]]])
    >>> align(tables, np.ones((2, 2), bool), [1, 1])
    >>> bool(np.allclose(tables[0], tables[1]))
    True
    """
    for table, its in zip(tables[1:], seen[1:], strict=True):
        table[:] = table @ rotation(table, tables[0], np.where(seen[0] & its, weights, 0.0))


def mean_of_seen(tables: FloatArray, seen: npt.NDArray[np.bool_]) -> FloatArray:
    """Return, for each row, its mean over the tables that have learned it; over all where none has.

    Parameters
    ----------
    tables : array of shape (n_tables, n_rows, dim)
        In one space.
    seen : array of bool of shape (n_tables, n_rows)
        Which rows each table has learned.

    Returns
    -------
    array of shape (n_rows, dim), of the dtype of the tables

    Examples
    --------
    >>> tables = np.array([[[1.0], [1.0], [1.0]], [[3.0], [3.0], [3.0]]])
    >>> mean_of_seen(tables, np.array([[True, True, False], [True, False, False]])).ravel()
    array([2., 1., 2.])
    """
    counting = np.where(seen.any(axis=0), seen, True)
    shares, total = counting / counting.sum(axis=0), np.zeros(tables.shape[1:])
    for table, share in zip(tables, shares, strict=True):
        total += share[:, None] * table
    return total.astype(tables.dtype)
