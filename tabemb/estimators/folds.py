"""Folds: assign rows to folds, get folds from a splitter, and hold out rows for the members of a network."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from numbers import Integral
from types import MappingProxyType
from typing import Any

import numpy as np
from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold

from tabemb.estimators.group_folds import held_groups
from tabemb.exceptions import DataError, warn_caller
from tabemb.table.bags import Bags
from tabemb.table.encoder import TableEncoder
from tabemb.table.vocabulary import Vocabulary
from tabemb.training.batches import Rows

__all__ = [
    "Fold",
    "counts_by_member",
    "deal_folds",
    "even_folds",
    "folds_of_splitter",
    "left_out_rows",
    "only_kept",
    "splitter_from_json",
    "splitter_to_json",
    "strata_of",
]

# Splitters that can be saved as data.
SPLITTERS = {cls.__name__: cls for cls in (GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold)}
# Maximum of the validation rows: a tenth of a long table is enough.
MOST_JUDGED, SHARE_JUDGED = 20_000, 0.1
NONE_KEPT: Mapping[str, np.ndarray] = MappingProxyType({})


@dataclass(frozen=True)
class Fold:
    """The rows of one fold.

    Parameters
    ----------
    train : ndarray of int
        Positions of the training rows.
    held : ndarray of int
        Positions of the held-out rows.
    """

    train: np.ndarray
    held: np.ndarray


def deal_folds(n_rows: int, n_folds: int, strata: np.ndarray | None, generator: np.random.Generator) -> np.ndarray:
    """Assign shuffled rows to folds of equal size, and the rows of each stratum evenly to the folds.

    Parameters
    ----------
    n_rows, n_folds : int
        Number of rows and of folds.
    strata : ndarray of shape (n_rows,) or None
        Stratum of each row.
    generator : numpy.random.Generator
        Shuffles the rows.

    Returns
    -------
    ndarray of int32 of shape (n_rows,)
        Fold of each row.

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
    """Return the stratum of each row for a stratified split: its class.

    Parameters
    ----------
    targets : ndarray of shape (n_rows,) or (n_rows, n_labels)
        Encoded classes.
    n_held : int
        Number of rows to hold out.

    Returns
    -------
    ndarray of int of shape (n_rows,) or None
        None if not all classes fit into both parts, or there are several labels.

    Examples
    --------
    >>> strata_of(np.array([0, 0, 0, 0, 1, 1, 2]), 2).tolist()
    [0, 0, 0, 0, 1, 1, 0]
    """
    if targets.ndim > 1:
        return None
    codes, counts = np.unique(targets, return_inverse=True, return_counts=True)[1:]
    # A class of one row cannot be in both parts. It joins the largest class, so that the others can be stratified.
    codes = np.where(counts == 1, counts.argmax(), np.arange(len(counts)))[codes]
    n_strata = len(np.unique(codes))
    fits = counts.max() >= 2 and min(n_held, len(targets) - n_held) >= n_strata
    return codes if fits else None


def even_folds(n_folds: int, targets: np.ndarray, *, classes: bool, generator: np.random.Generator) -> list[Fold]:
    """Return shuffled folds of equal size.

    Parameters
    ----------
    n_folds : int
        Number of folds.
    targets : ndarray of shape (n,) or (n, n_outputs)
        Targets.
    classes : bool
        Whether the targets are classes. A single column of classes is stratified as by ``StratifiedKFold``, however few
        rows a class has.
    generator : numpy.random.Generator
        Shuffles the rows.

    Raises
    ------
    DataError
        If there are fewer rows than folds.

    Warns
    -----
    UserWarning
        If a class has fewer rows than there are folds.

    Examples
    --------
    >>> folds = even_folds(2, np.array([0, 0, 1, 1]), classes=True, generator=np.random.default_rng(0))
    >>> [fold.held.tolist() for fold in folds]
    [[0, 2], [1, 3]]
    """
    n_rows = len(targets)
    if n_rows < n_folds:
        raise DataError(
            f"Cross-fitting with cv={n_folds} needs at least {n_folds} rows, got n_samples={n_rows}. Lower cv, or set "
            "cv=None, which also learns the vectors of a row from its own target."
        )
    codes = None
    if classes and targets.ndim == 1:
        codes, counts = np.unique(targets, return_inverse=True, return_counts=True)[1:]
        if counts.min() < n_folds:
            warn_caller(
                f"The least populated class in y has only {counts.min()} members, which is less than n_splits={n_folds}"
                ". Some folds hold out no row of it. Lower cv, or merge rare classes.",
                UserWarning,
            )
    fold_of = deal_folds(n_rows, n_folds, codes, generator)
    return [Fold(np.flatnonzero(fold_of != number), np.flatnonzero(fold_of == number)) for number in range(n_folds)]


def folds_of_splitter(cv: Any, X: Any, y: Any, n_rows: int, params: Mapping[str, Any]) -> list[Fold]:
    """Return the folds of a splitter or an iterable of pairs, after checking that each row is held out once.

    Parameters
    ----------
    cv : object with ``split(X, y, **params)``, or iterable of (train, test)
        Each part holds positions of rows, or is a boolean mask.
    X, y : table and targets
        As passed to ``fit``.
    n_rows : int
        Number of rows.
    params : mapping
        Further arguments of ``split``, such as ``groups``.

    Raises
    ------
    DataError
        If a row is held out never or more than once, or is in both parts of a fold.
    """
    pairs = list(cv.split(X, y, **params) if hasattr(cv, "split") else cv)
    try:
        rows = np.arange(n_rows)
        folds = [Fold(rows[np.asarray(train)], rows[np.asarray(held)]) for train, held in pairs]
    except (IndexError, TypeError, ValueError) as error:
        raise DataError(
            f"cv={_short_repr(cv)} must yield pairs (training rows, held-out rows) of positions in a table of {n_rows} "
            f"rows: {str(error).rstrip('.')}."
        ) from error
    times = np.zeros(n_rows, np.intp)
    for fold in folds:
        np.add.at(times, fold.held, 1)
    if (times != 1).any():
        raise DataError(
            "Each row must be held out by exactly one fold, so that its vectors are learned from other rows. "
            f"cv={_short_repr(cv)} never holds out {np.count_nonzero(times == 0)} of {n_rows} rows, and holds out "
            f"{np.count_nonzero(times > 1)} more than once. Use a splitter without overlap, such as KFold or "
            "GroupKFold. For rows in time, fit the earlier rows and transform the later ones."
        )
    if any(np.isin(fold.held, fold.train).any() for fold in folds):
        raise DataError(f"cv={_short_repr(cv)} has a fold that trains on held-out rows. Remove them from one part.")
    return folds


def only_kept(folds: list[Fold], kept: np.ndarray, n_rows: int) -> list[Fold]:
    """Return the folds as positions among the kept rows. Other rows are in no fold.

    Parameters
    ----------
    folds : list of Fold
        Folds of all rows.
    kept : ndarray of int
        Positions of the kept rows, increasing.
    n_rows : int
        Number of all rows.

    Raises
    ------
    DataError
        If a fold has no training row left.

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
            "A fold of cv has no training row, apart from rows of weight 0. Use fewer folds, or folds that leave rows "
            "to the others."
        )
    return left


def splitter_to_json(cv: Any, n_folds: int) -> Any:
    """Return the ``cv`` parameter as a JSON value.

    Parameters
    ----------
    cv : int, splitter, iterable or None
        The parameter.
    n_folds : int
        Number of folds, which is saved instead of an unknown splitter or an iterable.

    Examples
    --------
    >>> splitter_to_json(KFold(3), 3)
    {'splitter': 'KFold', 'params': {'n_splits': 3, 'shuffle': False, 'random_state': None}}
    >>> splitter_to_json([([0], [1]), ([1], [0])], 2)
    2
    """
    if type(cv) in SPLITTERS.values():
        # A generator cannot be saved.
        seed = int(cv.random_state) if isinstance(cv.random_state, Integral) else None
        params = {"n_splits": int(cv.n_splits), "shuffle": bool(cv.shuffle), "random_state": seed}
        return {"splitter": type(cv).__name__, "params": params}
    if cv is None:
        return None
    return int(cv) if isinstance(cv, Integral) else n_folds or None


def splitter_from_json(value: Mapping[str, Any]) -> Any:
    """Return the splitter that :func:`splitter_to_json` wrote."""
    return SPLITTERS[value["splitter"]](**value["params"])


def _short_repr(cv):
    text = repr(cv)
    return text if len(text) <= 80 else f"{type(cv).__name__}(...)"


def left_out_rows(
    rows: Rows,
    n_members: int,
    generator: np.random.Generator,
    encoder: TableEncoder,
    kept: Mapping[str, np.ndarray] = NONE_KEPT,
    groups: np.ndarray | None = None,
) -> Rows:
    """Return the validation rows of the members of a network: each row for the member that leaves it out.

    Categories that are in no training row of that member are replaced by their stand-ins.

    Parameters
    ----------
    rows : Rows
        All rows, with folds.
    n_members : int
        Number of members. Rows of other folds are left out by no member.
    generator : numpy.random.Generator
        Draws a sample if there are many rows.
    encoder : TableEncoder
        Knows the categories and their stand-ins.
    kept : mapping of str to ndarray of bool of shape (vocabulary_size,), optional
        For some tables, the categories that have a vector although no training row has them.
    groups : ndarray of shape (n,), optional
        The group of each row; a sample has whole groups.
    """
    judged = np.flatnonzero(rows.folds < n_members)
    most = max(MOST_JUDGED, int(SHARE_JUDGED * len(rows)))
    if len(judged) > most:
        if groups is None:
            judged = np.sort(generator.choice(judged, most, replace=False))
        else:
            judged = judged[held_groups(groups[judged], most, generator)]
    part = rows.take(judged)
    bags = dict(part.table.bags)
    for position, (name, vocabulary) in enumerate(encoder.vocabularies.items()):
        column = part.table.indices[:, position]
        counts = sum(counts_by_member(rows, each, vocabulary.size, n_members) for each in encoder.sharing(name))
        trained = (counts > 0) | kept.get(encoder.table_of[name], False)
        stand_ins = np.array([encoder.stand_ins(name, each) for each in trained])
        if position in bags:
            column[:], bags[position] = _replaced_by_member(bags[position], column, part.folds, stand_ins)
        else:
            column[:] = stand_ins[part.folds, column]
    return replace(part, table=replace(part.table, bags=bags)) if bags else part


def _replaced_by_member(bags, column, folds, stand_ins):
    """Return the cells of rows, and their bags, whose values are replaced as the member of the row requires."""
    # A cell in the rows of several members becomes one for each.
    used, cells = np.unique(folds.astype(np.int64) * len(bags) + column, return_inverse=True)
    members, olds = np.divmod(used, len(bags))
    owners, values = bags.occurrences(olds)
    weights = None if bags.weights is None else np.append([1, 1], bags.weights[bags.places(olds)[1]])
    found = Bags(
        np.concatenate([[Vocabulary.MISSING, Vocabulary.UNKNOWN], stand_ins[members[owners], values]]).astype(np.int32),
        np.concatenate([[0, 1], 2 + np.concatenate([[0], np.cumsum(bags.sizes[olds])])]),
        None if weights is None else weights.astype(np.float32),
        bags.pooling,
    )
    return cells + Vocabulary.FIRST, found


def counts_by_member(rows: Rows, position: int, size: int, n_members: int) -> np.ndarray:
    """Return the number of training rows of each member by index of a column, of shape (n_members, size).

    Parameters
    ----------
    rows : Rows
        All rows, with folds.
    position, size : int
        Position of the column, and the size of its vocabulary. Of cells with several values, each value counts.
    n_members : int
        Number of members.
    """
    (of_rows, values), n_folds = rows.table.occurrences(position), int(rows.folds.max()) + 1
    places = rows.folds[of_rows] * size + values.astype(np.int64)
    counts = np.bincount(places, minlength=n_folds * size).reshape(n_folds, size)
    return (counts.sum(axis=0) - counts)[:n_members]
