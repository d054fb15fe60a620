"""From what a user gives for ``cv`` to the rows of each fold."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from tabemb.exceptions import DataError
from tabemb.experiments.comparison.splitting import FOLDS, Fold, Folds, KFolds, StratifiedFolds

__all__ = ["FOLDS", "describe_folds", "make_folds", "resolve_folds"]


def resolve_folds(cv: Any, *, stratify: bool) -> Any:
    """Turn what a user gives for ``cv`` into a specification; splitters and lists of pairs are left as they are.

    Parameters
    ----------
    cv : int, str, mapping, Folds, scikit-learn splitter, or iterable of (train, test)
        A number is so many stratified folds, or plain ones.
    stratify : bool
        Whether a number means stratified folds.

    Raises
    ------
    UnknownNameError
        When no kind of folds has that name.

    Examples
    --------
    >>> resolve_folds(3, stratify=True)
    StratifiedFolds(n_splits=3)
    >>> resolve_folds({"name": "time", "n_splits": 4}, stratify=True)
    TimeFolds(n_splits=4)
    """
    if isinstance(cv, int | np.integer) and not isinstance(cv, bool):
        return StratifiedFolds(int(cv)) if stratify else KFolds(int(cv))
    if isinstance(cv, str | Mapping):
        return FOLDS.resolve(cv)
    if isinstance(cv, Folds) or hasattr(cv, "split"):
        return cv
    if isinstance(cv, Iterable):
        return list(cv)
    raise DataError(
        "cv is a number of folds, a kind of folds by name, a scikit-learn splitter or a list of (train, test) rows; "
        f"got {cv!r}."
    )


def make_folds(
    cv: Any,
    n_rows: int,
    y: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    time: np.ndarray | None = None,
    *,
    stratify: bool = False,
    random_state: int | None = None,
) -> list[Fold]:
    """Split rows into folds.

    Parameters
    ----------
    cv : int, str, mapping, Folds, scikit-learn splitter, or iterable of (train, test)
        How; see `resolve_folds`.
    n_rows : int
        Number of rows.
    y : array of shape (n_rows,) or (n_rows, n_outputs), optional
        Targets.
    groups, time : array of shape (n_rows,), optional
        For kinds that split by them.
    stratify : bool
        Whether ``y`` are classes, whose shares are to be kept.
    random_state : int, optional
        Seed of the shuffling.

    Returns
    -------
    list of (array, array)
        Row numbers to train on and to score on.

    Raises
    ------
    DataError
        When the rows cannot be split so; the message says what is lacking.

    Examples
    --------
    >>> [(len(train), len(test)) for train, test in make_folds(3, 9)]
    [(6, 3), (6, 3), (6, 3)]
    """
    spec = resolve_folds(cv, stratify=stratify)
    targets = y if stratify else None
    if isinstance(spec, Folds):
        folds = spec.split(n_rows, y=targets, groups=groups, time=time, random_state=random_state)
    elif hasattr(spec, "split"):
        folds = list(spec.split(np.empty((n_rows, 0)), y, groups))
    else:
        folds = spec
    return _checked(folds, n_rows)


def describe_folds(cv: Any, n_folds: int, *, stratify: bool) -> str:
    """Return how the folds were made, in a few words for people."""
    spec = resolve_folds(cv, stratify=stratify)
    if isinstance(spec, Folds):
        return spec.describe()
    return f"{n_folds} folds given by {type(spec).__name__ if hasattr(spec, 'split') else 'the caller'}"


def _checked(folds: Iterable[Any], n_rows: int) -> list[Fold]:
    checked = []
    for number, pair in enumerate(folds):
        try:
            train, test = (_rows(part, n_rows) for part in pair)
        except (TypeError, ValueError) as error:
            raise DataError(f"Fold {number} is not a pair of row numbers (train, test): {error}.") from error
        if len(train) == 0 or len(test) == 0:
            raise DataError(
                f"Fold {number} has {len(train)} rows to train on and {len(test)} to score on; both are needed."
            )
        if np.intersect1d(train, test).size:
            raise DataError(f"Fold {number} has rows in both parts: the score would be of rows already seen.")
        checked.append((train, test))
    if not checked:
        raise DataError("There are no folds: cv gave none. Give a number of folds, such as cv=5.")
    return checked


def _rows(part: Any, n_rows: int) -> np.ndarray:
    rows = np.asarray(part)
    if rows.dtype == bool and rows.shape == (n_rows,):
        return np.flatnonzero(rows)
    if rows.ndim != 1 or (rows.size and not np.issubdtype(rows.dtype, np.integer)):
        raise ValueError(f"got {rows.dtype} of shape {rows.shape}")
    if rows.size and (rows.min() < 0 or rows.max() >= n_rows):
        raise ValueError(f"it holds row {int(rows[(rows < 0) | (rows >= n_rows)][0])}, and the table has {n_rows} rows")
    return rows.astype(np.intp)
