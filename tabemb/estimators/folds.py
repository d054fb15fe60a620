"""Which rows each member of a network leaves out, and what it therefore has not seen."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from tabemb.table.encoder import TableEncoder
from tabemb.training.batches import Rows

__all__ = ["counts_by_member", "fold_of_each_row", "left_out"]

# Rows that are answered after each epoch: a tenth of a long table says enough.
MOST_JUDGED, SHARE_JUDGED = 20_000, 0.1
NONE_KEPT: Mapping[str, np.ndarray] = MappingProxyType({})


def fold_of_each_row(
    n_rows: int, n_folds: int, strata: np.ndarray | None, generator: np.random.Generator
) -> np.ndarray:
    """Return a fold for each row, by lot, as many in each as may be, in each stratum too.

    Parameters
    ----------
    n_rows, n_folds : int
        How many rows and folds.
    strata : ndarray of shape (n_rows,) or None
        Rows of one stratum are spread evenly over the folds.
    generator : numpy.random.Generator
        Draws the lots.

    Returns
    -------
    ndarray of int32 of shape (n_rows,)

    Examples
    --------
    >>> folds = fold_of_each_row(8, 2, np.array([0, 0, 0, 0, 1, 1, 1, 1]), np.random.default_rng(0))
    >>> folds[:4].sum(), folds[4:].sum()
    (np.int64(2), np.int64(2))
    """
    order = generator.permutation(n_rows)
    if strata is not None:
        order = order[np.argsort(strata[order], kind="stable")]
    folds = np.empty(n_rows, np.int32)
    folds[order] = np.arange(n_rows) % n_folds
    return folds


def left_out(
    rows: Rows,
    n_members: int,
    generator: np.random.Generator,
    encoder: TableEncoder,
    kept: Mapping[str, np.ndarray] = NONE_KEPT,
) -> Rows:
    """Return rows by which members are judged: each row for the member that leaves it out.

    For a category that this member has in no row that it trains on stands what stands in for it.

    Parameters
    ----------
    rows : Rows
        All rows, with folds.
    n_members : int
        How many members there are; rows of other folds are left out by nobody.
    generator : numpy.random.Generator
        Draws the rows, where they are many.
    encoder : TableEncoder
        Knows the categories, and which stands in for which.
    kept : mapping of str to ndarray of bool of shape (vocabulary_size,), optional
        For some columns, which categories have a vector though no training row has them.
    """
    judged = np.flatnonzero(rows.folds < n_members)
    most = max(MOST_JUDGED, int(SHARE_JUDGED * len(rows)))
    if len(judged) > most:
        judged = np.sort(generator.choice(judged, most, replace=False))
    part = rows.take(judged)
    for position, (name, vocabulary) in enumerate(encoder.vocabularies.items()):
        column = part.table.indices[:, position]
        trained = (counts_by_member(rows, position, vocabulary.size, n_members) > 0) | kept.get(name, False)
        column[:] = np.array([encoder.stand_ins(name, each) for each in trained])[part.folds, column]
    return part


def counts_by_member(rows: Rows, position: int, size: int, n_members: int) -> np.ndarray:
    """Return in how many of the rows that a member trains on a column has each index, of shape (n_members, size).

    Parameters
    ----------
    rows : Rows
        All rows, with folds.
    position, size : int
        The column, and the number of its categories.
    n_members : int
        How many members there are.
    """
    column, n_folds = rows.table.indices[:, position].astype(np.int64), int(rows.folds.max()) + 1
    counts = np.bincount(rows.folds * size + column, minlength=n_folds * size).reshape(n_folds, size)
    return (counts.sum(axis=0) - counts)[:n_members]
