"""Vectors of separate fits, rotated into one space."""

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError, warn_caller
from tabemb.vectors.keyed_matrix import KeyedMatrix
from tabemb.vectors.threads import ONE_THREAD

__all__ = ["FewSharedKeysWarning", "SharedKeys", "align", "aligned", "mean_of_seen", "rotation", "scaling"]

FloatArray = npt.NDArray[np.floating[Any]]
Matrix = TypeVar("Matrix", bound=KeyedMatrix)

# Weight of the identity besides the rows: it decides only the directions in which the rows are zero.
IDENTITY_WEIGHT = 1e-9


class FewSharedKeysWarning(UserWarning):
    """Two sets of vectors share fewer categories than they have dimensions."""


@dataclass(frozen=True, slots=True, eq=False)
class SharedKeys:
    """The categories that two sets of vectors share.

    Parameters
    ----------
    own, reference : array of int of shape (n_shared,)
        Their rows on both sides, in the order of the first set.
    weights : array of float64 of shape (n_shared,)
        Weight of each category. The difference of two means over n and m rows of data has a variance proportional to
        ``1 / n + 1 / m``; the weight is its inverse. It is the count if only one side has counts, and 1 if neither has.
    """

    own: npt.NDArray[np.intp]
    reference: npt.NDArray[np.intp]
    weights: npt.NDArray[np.float64]

    @classmethod
    def of(cls, own: KeyedMatrix, reference: KeyedMatrix) -> "SharedKeys":
        """Find the shared categories.

        Raises
        ------
        DataError
            If there is none, or none with rows on both sides, or the reference is not a set of vectors.

        Examples
        --------
        >>> old = KeyedMatrix(["JFK", "LGA"], [[1.0], [2.0]], counts=[6, 3])
        >>> shared = SharedKeys.of(KeyedMatrix(["SFO", "JFK"], [[3.0], [1.0]], counts=[5, 3]), old)
        >>> shared.own, shared.reference, shared.weights
        (array([1]), array([0]), array([2.]))
        """
        if not isinstance(reference, KeyedMatrix):
            raise DataError(f"The reference must be CategoryVectors of another fit; got {type(reference).__name__}.")
        theirs = reference.key_to_index
        rows = [(row, theirs[key]) for row, key in enumerate(own) if key in theirs]
        if not rows:
            raise DataError(
                f"{own.owner} shares no category with the reference{_examples(own, reference)}. Align vectors of the "
                "same column, or of columns with the same categories and the same types of keys."
            )
        mine, its = np.array(rows, dtype=np.intp).T
        weights = _weights(
            [side.counts[at] for side, at in ((own, mine), (reference, its)) if side.counts is not None], len(rows)
        )
        if not weights.any():
            raise DataError(
                f"{own.owner} and the reference share {len(rows):,} categories, but none has a count above 0 on both "
                "sides. Leave out the counts if they mean something else."
            )
        return cls(mine, its, weights)

    def __len__(self) -> int:
        return len(self.own)

    def rows(self, own: KeyedMatrix, reference: KeyedMatrix) -> tuple[FloatArray, FloatArray]:
        """Return the shared vectors of both sides as float64, checked for alignment.

        Raises
        ------
        DataError
            If dimensions differ, or one side has only zero vectors.

        Warns
        -----
        FewSharedKeysWarning
            If fewer categories are shared than there are dimensions.
        """
        if own.dim != reference.dim:
            raise DataError(
                f"{own.owner} has vectors of {own.dim} numbers and the reference has {reference.dim}; only vectors of "
                f"the same length can be aligned. Fit both with embedding_dim={reference.dim}, or with a mapping from "
                "column to number of dimensions."
            )
        pair = own.vectors[self.own].astype(np.float64), reference.vectors[self.reference].astype(np.float64)
        seen = self.weights > 0
        for side, whose in zip(pair, (own.owner, "The reference"), strict=True):
            if not side[seen].any():
                raise DataError(
                    f"{whose} has zero vectors for all {int(seen.sum()):,} shared categories, so there is no direction "
                    "to align by."
                )
        if seen.sum() < own.dim:
            warn_caller(
                f"{own.owner} and the reference share {int(seen.sum()):,} categories with rows, fewer than their "
                f"{own.dim} dimensions: the rotation overfits them, and other directions are not rotated. Fit both "
                "with fewer dimensions, or on data with more common categories.",
                FewSharedKeysWarning,
            )
        return pair


def aligned(own: Matrix, reference: KeyedMatrix, *, scale: bool = False) -> Matrix:
    """Return vectors rotated into the space of a reference; see ``CategoryVectors.align``."""
    shared = SharedKeys.of(own, reference)
    rows, onto = shared.rows(own, reference)
    turn = rotation(rows, onto, shared.weights)
    if scale:
        turn = turn * scaling(rows @ turn, onto, shared.weights)
    special = [None if row is None else row @ turn for row in (own.unknown, own.missing)]
    return own.replace(own.vectors.astype(np.float64) @ turn, *special)


def rotation(source: FloatArray, target: FloatArray, weights: npt.ArrayLike | None = None) -> npt.NDArray[np.float64]:
    """Return the orthogonal (dim, dim) matrix that brings the rows of one table closest to those of another.

    The weighted orthogonal Procrustes problem: the orthogonal ``R`` (reflections included) that minimizes
    ``sum(weights * |source @ R - target|**2)`` is ``U @ V`` of the singular value decomposition ``U S V`` of
    ``source.T @ (weights * target)`` (Schoenemann 1966, "A generalized solution of the orthogonal Procrustes problem").
    Directions in which the rows are zero are not rotated.

    Parameters
    ----------
    source, target : array of shape (n, dim)
        Corresponding rows.
    weights : array of shape (n,), optional
        Weight of each pair of rows, 0 or more; equal by default.

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
    with ONE_THREAD:
        together = rows.T @ onto
        # Without the identity the decomposition may rotate these directions arbitrarily.
        stay = IDENTITY_WEIGHT * (np.abs(together).max(initial=0.0) or 1.0)
        left, _, right = np.linalg.svd(together + stay * np.eye(len(together)))
        turned: npt.NDArray[np.float64] = left @ right
    return turned


def scaling(turned: FloatArray, target: FloatArray, weights: npt.ArrayLike) -> float:
    """Return the factor that brings the rotated rows of one table closest to those of another; 1 for zero rows.

    The least squares solution ``sum(w * turned * target) / sum(w * turned**2)`` (Gower & Dijksterhuis 2004,
    "Procrustes Problems", chapter 4); the best rotation does not depend on it, and with it the factor is not negative.

    The arrays are those of :func:`rotation`, with the rows of the source rotated.

    Examples
    --------
    >>> scaling(np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([[3.0, 0.0], [0.0, 6.0]]), [1, 1])
    3.0
    """
    weighted = np.asarray(weights, np.float64)[:, None] * turned
    length = float((weighted * turned).sum())
    return float((weighted * target).sum()) / length if length else 1.0


def align(tables: FloatArray, seen: npt.NDArray[np.bool_], weights: npt.ArrayLike) -> None:
    """Rotate all tables but the first, in place, so that their rows come closest to those of the first.

    Parameters
    ----------
    tables : array of shape (n_tables, n_rows, dim)
    seen : array of bool of shape (n_tables, n_rows)
        Rows that each table has learned. Only rows that both tables have learned determine a rotation.
    weights : array of shape (n_rows,)
        Weight of each row.

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
    """Return the mean of each row over the tables that have learned it, or over all tables if none has, in their dtype.

    The tables are in one space; both arrays are as in :func:`align`.

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


def _weights(counts: list[npt.NDArray[np.int64]], n: int) -> npt.NDArray[np.float64]:
    known = [each.astype(np.float64) for each in counts]
    if len(known) < 2:
        return known[0] if known else np.ones(n)
    one, two = known
    together: npt.NDArray[np.float64] = one * two / np.maximum(one + two, 1)
    return together


def _examples(own: KeyedMatrix, reference: KeyedMatrix) -> str:
    if not len(own) or not len(reference):
        return ", since one of them has no categories"
    one, two = own.index_to_key[0], reference.index_to_key[0]
    return f": its keys look like {one!r} ({type(one).__name__}), the reference's like {two!r} ({type(two).__name__})"
