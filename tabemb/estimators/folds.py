"""Folds: dealing rows out, reading them from a splitter, and the rows that each member of a network leaves out."""

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral
from types import MappingProxyType
from typing import Any

import numpy as np
from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold

from tabemb.exceptions import DataError
from tabemb.table.encoder import TableEncoder
from tabemb.training.batches import Rows

__all__ = [
    "Fold",
    "counts_by_member",
    "deal_folds",
    "even_folds",
    "folds_of_splitter",
    "left_out",
    "only_kept",
    "splitter_from_json",
    "splitter_to_json",
    "strata_of",
]

# Splitters that are saved as data and made anew from it.
SPLITTERS = {cls.__name__: cls for cls in (GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold)}
# Rows that are answered after each epoch: a tenth of a long table says enough.
MOST_JUDGED, SHARE_JUDGED = 20_000, 0.1
NONE_KEPT: Mapping[str, np.ndarray] = MappingProxyType({})


@dataclass(frozen=True)
class Fold:
    """One fold.

    Parameters
    ----------
    train : ndarray of int
        The rows that are learned from, by number.
    held : ndarray of int
        The rows that get what was learned.
    """

    train: np.ndarray
    held: np.ndarray


def deal_folds(n_rows: int, n_folds: int, strata: np.ndarray | None, generator: np.random.Generator) -> np.ndarray:
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
    >>> folds = deal_folds(8, 2, np.array([0, 0, 0, 0, 1, 1, 1, 1]), np.random.default_rng(0))
    >>> folds[:4].sum(), folds[4:].sum()
    (np.int64(2), np.int64(2))
    """
    order = generator.permutation(n_rows)
    if strata is not None:
        order = order[np.argsort(strata[order], kind="stable")]
    folds = np.empty(n_rows, np.int32)
    folds[order] = np.arange(n_rows) % n_folds
    return folds


def strata_of(targets: np.ndarray, n_held: int) -> np.ndarray | None:
    """Return what rows are of one stratum where some are held out: their class.

    Parameters
    ----------
    targets : ndarray of shape (n_rows,) or (n_rows, n_labels)
        Encoded classes.
    n_held : int
        How many rows are held out.

    Returns
    -------
    ndarray of int of shape (n_rows,) or None
        None where the classes cannot all be in both parts, or there are several labels.

    Examples
    --------
    >>> strata_of(np.array([0, 0, 0, 0, 1, 1, 2]), 2).tolist()
    [0, 0, 0, 0, 1, 1, 0]
    """
    if targets.ndim > 1:
        return None
    codes, counts = np.unique(targets, return_inverse=True, return_counts=True)[1:]
    # A class of one row has no share to keep; it goes with the largest, so that the others keep theirs.
    codes = np.where(counts == 1, counts.argmax(), np.arange(len(counts)))[codes]
    n_strata = len(np.unique(codes))
    fits = counts.max() >= 2 and min(n_held, len(targets) - n_held) >= n_strata
    return codes if fits else None


def even_folds(n_folds: int, targets: np.ndarray, *, classes: bool, generator: np.random.Generator) -> list[Fold]:
    """Deal shuffled rows out to folds, as evenly as can be.

    Parameters
    ----------
    n_folds : int
        How many folds.
    targets : ndarray of shape (n,) or (n, n_outputs)
        The targets.
    classes : bool
        Whether a single column of targets is classes: each is then spread evenly over the folds, as
        ``StratifiedKFold`` does it, however few rows it has.
    generator : numpy Generator
        Shuffles the rows.

    Raises
    ------
    DataError
        When there are fewer rows than folds.

    Examples
    --------
    >>> folds = even_folds(2, np.array([0, 0, 1, 1]), classes=True, generator=np.random.default_rng(0))
    >>> [fold.held.tolist() for fold in folds]
    [[0, 2], [1, 3]]
    """
    n_rows = len(targets)
    if n_rows < n_folds:
        raise DataError(
            f"Cross-fitting with cv={n_folds} takes {n_folds} rows at least, and here is n_samples={n_rows}. Lower cv, "
            "or set cv=None, so that rows get vectors that were learned from their own targets too."
        )
    codes = np.unique(targets, return_inverse=True)[1] if classes and targets.ndim == 1 else None
    fold_of = deal_folds(n_rows, n_folds, codes, generator)
    return [Fold(np.flatnonzero(fold_of != number), np.flatnonzero(fold_of == number)) for number in range(n_folds)]


def folds_of_splitter(cv: Any, X: Any, y: Any, n_rows: int, params: Mapping[str, Any]) -> list[Fold]:
    """Ask a splitter, or an iterable of pairs, for its folds, and check that each row is held out once.

    Parameters
    ----------
    cv : object with ``split(X, y, **params)``, or iterable of (train, test)
        The pairs are rows by number, or truth values.
    X, y : table and targets
        As they came.
    n_rows : int
        How many rows there are.
    params : mapping
        What ``split`` gets beside them, such as ``groups``.

    Raises
    ------
    DataError
        When a row is not held out, or twice, or learned from by the fold that holds it out.
    """
    pairs = list(cv.split(X, y, **params) if hasattr(cv, "split") else cv)
    try:
        rows = np.arange(n_rows)
        folds = [Fold(rows[np.asarray(train)], rows[np.asarray(held)]) for train, held in pairs]
    except (IndexError, TypeError, ValueError) as error:
        raise DataError(
            f"cv={_said(cv)} must give pairs (rows to learn from, rows held out), by number, of a table of {n_rows} "
            f"rows: {str(error).rstrip('.')}."
        ) from error
    times = np.zeros(n_rows, np.intp)
    for fold in folds:
        np.add.at(times, fold.held, 1)
    if (times != 1).any():
        raise DataError(
            "Each row must be held out by exactly one fold, so that its vectors are learned from other rows; "
            f"cv={_said(cv)} holds out {np.count_nonzero(times == 0)} of {n_rows} rows never, and "
            f"{np.count_nonzero(times > 1)} more than once. Use a splitter without overlap, such as KFold or "
            "GroupKFold; of rows in time, fit the earlier ones and transform the later ones."
        )
    if any(np.isin(fold.held, fold.train).any() for fold in folds):
        raise DataError(f"cv={_said(cv)} has a fold that learns from rows that it holds out. Take them out of one.")
    return folds


def only_kept(folds: list[Fold], kept: np.ndarray, n_rows: int) -> list[Fold]:
    """Return the folds as numbers among the rows that are kept; the others are in none.

    Parameters
    ----------
    folds : list of Fold
        Over all rows.
    kept : ndarray of int
        Which rows are kept, by number, rising.
    n_rows : int
        How many rows there are in all.

    Raises
    ------
    DataError
        When a fold has no row left to learn from.

    Examples
    --------
    >>> only_kept([Fold(np.array([0, 1]), np.array([2, 3]))], np.array([1, 2]), 4)
    [Fold(train=array([0]), held=array([1]))]
    """
    place = np.full(n_rows, -1)
    place[kept] = np.arange(len(kept))
    left = [Fold(*(place[rows][place[rows] >= 0] for rows in (fold.train, fold.held))) for fold in folds]
    if any(not len(fold.train) for fold in left):
        raise DataError(
            "A fold of cv has no row to learn from, rows of weight 0 left out. Use fewer folds, or folds that each "
            "leave rows to the others."
        )
    return left


def splitter_to_json(cv: Any, n_folds: int) -> Any:
    """Return a ``cv`` ready for JSON; for what is no number and none of scikit-learn's usual splitters, its folds.

    Parameters
    ----------
    cv : int, splitter, iterable or None
        What was given.
    n_folds : int
        How many folds it made; written for a splitter that is not known, and for an iterable.

    Examples
    --------
    >>> splitter_to_json(KFold(3), 3)
    {'splitter': 'KFold', 'params': {'n_splits': 3, 'shuffle': False, 'random_state': None}}
    >>> splitter_to_json([([0], [1]), ([1], [0])], 2)
    2
    """
    if type(cv) in SPLITTERS.values():
        # A generator that is drawn from is no number.
        seed = int(cv.random_state) if isinstance(cv.random_state, Integral) else None
        params = {"n_splits": int(cv.n_splits), "shuffle": bool(cv.shuffle), "random_state": seed}
        return {"splitter": type(cv).__name__, "params": params}
    if cv is None:
        return None
    return int(cv) if isinstance(cv, Integral) else n_folds or None


def splitter_from_json(value: Mapping[str, Any]) -> Any:
    """Return the splitter that :func:`splitter_to_json` wrote."""
    return SPLITTERS[value["splitter"]](**value["params"])


def _said(cv):
    text = repr(cv)
    return text if len(text) <= 80 else f"{type(cv).__name__}(...)"


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
