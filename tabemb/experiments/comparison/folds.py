"""Folds: how rows are split into parts to train on and parts to score on, by name or as ``cv`` gives them."""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold, train_test_split

from tabemb.exceptions import DataError
from tabemb.registry import Registry

__all__ = [
    "FOLDS",
    "Fold",
    "Folds",
    "GroupFolds",
    "Holdout",
    "KFolds",
    "StratifiedFolds",
    "TimeFolds",
    "describe_folds",
    "make_folds",
    "resolve_folds",
]

Fold = tuple[np.ndarray, np.ndarray]

FOLDS: Registry["Folds"] = Registry("kind of folds")


class Folds(BaseEstimator):
    """A way of splitting rows; a subclass says how.

    Attributes
    ----------
    needs : str
        ``"groups"`` or ``"time"`` where a value a row is needed for the split, else empty.
    """

    needs: ClassVar[str] = ""

    def split(
        self,
        n_rows: int,
        *,
        y: np.ndarray | None = None,
        groups: np.ndarray | None = None,
        time: np.ndarray | None = None,
        random_state: int | None = None,
    ) -> list[Fold]:
        """Return the rows of the train and the test part of each fold."""
        raise TypeError(f"{type(self).__name__} defines split(n_rows, y=, groups=, time=, random_state=)")

    def describe(self) -> str:
        """Return a few words for people."""
        raise TypeError(f"{type(self).__name__} defines describe()")


@FOLDS.register("kfold")
class KFolds(Folds):
    """Parts of equal size, drawn at random; each is the test part once.

    Parameters
    ----------
    n_splits : int
        Number of folds.

    Examples
    --------
    >>> [test.tolist() for _, test in KFolds(n_splits=2).split(4, random_state=0)]
    [[2, 3], [0, 1]]
    """

    def __init__(self, n_splits=5):
        self.n_splits = n_splits

    def split(self, n_rows, *, y=None, groups=None, time=None, random_state=None):
        """Return ``n_splits`` folds."""
        _check_n_splits(n_rows, self.n_splits, "rows")
        splitter = KFold(self.n_splits, shuffle=True, random_state=random_state)
        return list(splitter.split(np.empty((n_rows, 0))))

    def describe(self):
        """Return a few words for people."""
        return f"{self.n_splits} folds, shuffled"


@FOLDS.register("stratified")
class StratifiedFolds(Folds):
    """Parts of equal size with the classes in the same shares, drawn at random.

    Parameters
    ----------
    n_splits : int
        Number of folds.

    Examples
    --------
    >>> y = np.array(["a", "a", "b", "b"])
    >>> [sorted(y[test].tolist()) for _, test in StratifiedFolds(n_splits=2).split(4, y=y, random_state=0)]
    [['a', 'b'], ['a', 'b']]
    """

    def __init__(self, n_splits=5):
        self.n_splits = n_splits

    def split(self, n_rows, *, y=None, groups=None, time=None, random_state=None):
        """Return ``n_splits`` folds.

        Raises
        ------
        DataError
            When there are no classes, or a class has fewer rows than there are folds.
        """
        _check_n_splits(n_rows, self.n_splits, "rows")
        codes = _class_codes(y)
        _check_class_sizes(y, self.n_splits)
        splitter = StratifiedKFold(self.n_splits, shuffle=True, random_state=random_state)
        return list(splitter.split(np.empty((n_rows, 0)), codes))

    def describe(self):
        """Return a few words for people."""
        return f"{self.n_splits} stratified folds, shuffled"


@FOLDS.register("group")
class GroupFolds(Folds):
    """All rows of a group fall into the same part: the model is scored on groups that it has never seen.

    Parameters
    ----------
    n_splits : int
        Number of folds, at most the number of groups.

    Examples
    --------
    >>> shops = np.array(["x", "x", "y", "y"])
    >>> [shops[test].tolist() for _, test in GroupFolds(n_splits=2).split(4, groups=shops, random_state=0)]
    [['y', 'y'], ['x', 'x']]
    """

    needs = "groups"

    def __init__(self, n_splits=5):
        self.n_splits = n_splits

    def split(self, n_rows, *, y=None, groups=None, time=None, random_state=None):
        """Return ``n_splits`` folds.

        Raises
        ------
        DataError
            Without groups, or with fewer of them than folds.
        """
        codes, names = _codes(_checked_row_values("groups", groups, n_rows))
        _check_n_splits(len(names), self.n_splits, "groups")
        splitter = GroupKFold(self.n_splits, shuffle=True, random_state=random_state)
        return list(splitter.split(np.empty((n_rows, 0)), groups=codes))

    def describe(self):
        """Return a few words for people."""
        return f"{self.n_splits} folds by group"


@FOLDS.register("time")
class TimeFolds(Folds):
    """Train on the past, score on the block of time that comes next.

    The rows are cut by time into ``n_splits + 1`` blocks of about equal size; fold ``k`` trains on the first ``k``
    blocks and is scored on the next. Rows of the same time stay together, so that no test row is as old as a
    training row.

    Parameters
    ----------
    n_splits : int
        Number of folds.

    Examples
    --------
    >>> days = np.array([3, 1, 2, 2])
    >>> [(train.tolist(), test.tolist()) for train, test in TimeFolds(n_splits=2).split(4, time=days)]
    [([1], [2, 3]), ([1, 2, 3], [0])]
    """

    needs = "time"

    def __init__(self, n_splits=5):
        self.n_splits = n_splits

    def split(self, n_rows, *, y=None, groups=None, time=None, random_state=None):
        """Return ``n_splits`` folds, rows in their own order within each part.

        Raises
        ------
        DataError
            Without time values, with missing ones, with texts that are no ISO dates, or with fewer different ones than
            blocks.
        """
        ranks, moments = _codes(_as_dates(_checked_row_values("time", time, n_rows)))
        blocks = self.n_splits + 1
        _check_n_splits(len(moments), blocks, "different times", f"{self.n_splits} folds in time need {blocks}")
        borders = _block_borders(np.bincount(ranks), blocks)
        folds = []
        for begin, end in pairwise(borders):
            folds.append((np.flatnonzero(ranks < begin), np.flatnonzero((ranks >= begin) & (ranks < end))))
        return folds

    def describe(self):
        """Return a few words for people."""
        return f"{self.n_splits} folds in time, each trained on the past and scored on what came next"


@FOLDS.register("holdout")
class Holdout(Folds):
    """One fold: a share of the rows, drawn at random, is scored on (with the classes in the same shares).

    Parameters
    ----------
    test_fraction : float
        Share of the rows in the test part, between 0 and 1.

    Examples
    --------
    >>> [(train, test)] = Holdout(test_fraction=0.25).split(8, random_state=0)
    >>> len(train), len(test)
    (6, 2)
    """

    def __init__(self, test_fraction=0.2):
        self.test_fraction = test_fraction

    def split(self, n_rows, *, y=None, groups=None, time=None, random_state=None):
        """Return one fold.

        Raises
        ------
        DataError
            When one of the two parts would have no rows or, with classes, lack a class.
        """
        n_test = round(n_rows * self.test_fraction) if 0 < self.test_fraction < 1 else 0
        if not 0 < n_test < n_rows:
            raise DataError(
                f"A holdout of {self.test_fraction} of {n_rows} rows leaves one of the two parts empty. "
                "Give a test_fraction between 0 and 1, and enough rows for both parts."
            )
        codes = None
        if y is not None and y.ndim == 1:
            codes, classes = _codes(y)
            _check_class_sizes(y, 2)
            if min(n_test, n_rows - n_test) < len(classes):
                raise DataError(
                    f"A holdout of {self.test_fraction} of {n_rows} rows is too small to hold each of the "
                    f"{len(classes)} classes. Give a larger test_fraction, or more rows."
                )
        rows = np.arange(n_rows)
        train, test = train_test_split(rows, test_size=n_test, stratify=codes, random_state=random_state)
        return [(np.sort(train), np.sort(test))]

    def describe(self):
        """Return a few words for people."""
        return f"one holdout of {self.test_fraction:.0%} of the rows"


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
    return _checked_folds(folds, n_rows)


def describe_folds(cv: Any, n_folds: int, *, stratify: bool) -> str:
    """Return how the folds were made, in a few words for people."""
    spec = resolve_folds(cv, stratify=stratify)
    if isinstance(spec, Folds):
        return spec.describe()
    return f"{n_folds} folds given by {type(spec).__name__ if hasattr(spec, 'split') else 'the caller'}"


def _checked_folds(folds: Iterable[Any], n_rows: int) -> list[Fold]:
    checked = []
    for number, pair in enumerate(folds):
        try:
            train, test = (_row_numbers(part, n_rows) for part in pair)
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


def _row_numbers(part: Any, n_rows: int) -> np.ndarray:
    rows = np.asarray(part)
    if rows.dtype == bool and rows.shape == (n_rows,):
        return np.flatnonzero(rows)
    if rows.ndim != 1 or (rows.size and not np.issubdtype(rows.dtype, np.integer)):
        raise ValueError(f"got {rows.dtype} of shape {rows.shape}")
    if rows.size and (rows.min() < 0 or rows.max() >= n_rows):
        raise ValueError(f"it holds row {int(rows[(rows < 0) | (rows >= n_rows)][0])}, and the table has {n_rows} rows")
    return rows.astype(np.intp)


def _block_borders(sizes: np.ndarray, blocks: int) -> np.ndarray:
    """Cut moments of so many rows each into blocks of about equal rows; return where the second and later begin."""
    ends = np.cumsum(sizes)
    wanted = ends[-1] * np.arange(1, blocks) / blocks
    cuts = np.searchsorted(ends, wanted) + 1
    # A moment with many rows can swallow a whole block: keep at least one moment in each, before and after.
    cuts = np.maximum.accumulate(cuts - np.arange(len(cuts))) + np.arange(len(cuts))
    cuts = np.minimum(cuts, len(sizes) - np.arange(blocks - 1, 0, -1))
    return np.append(cuts, len(sizes))


def _codes(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    names, codes = np.unique(values, return_inverse=True)
    return codes.ravel(), names


def _class_codes(y: np.ndarray | None) -> np.ndarray:
    if y is None or y.ndim != 1:
        raise DataError(
            "Stratified folds keep the shares of classes, and this target has none to keep (it is a number, or "
            "there are several). Use the kind 'kfold'."
        )
    return _codes(y)[0]


def _checked_row_values(name: str, values: np.ndarray | None, n_rows: int) -> np.ndarray:
    if values is None:
        raise DataError(f"These folds are made by {name}: give {name}= a column's name, or one value for each row.")
    if len(values) != n_rows:
        raise DataError(f"{name} has {len(values)} values for {n_rows} rows; it needs one for each row.")
    n_missing = int(pd.isna(values).sum())
    if n_missing:
        raise DataError(f"{name} is missing in {n_missing} of {n_rows} rows; fill it, or leave those rows out.")
    return values


def _as_dates(values: np.ndarray) -> np.ndarray:
    """Return texts as the dates they stand for: "10/1/2013" sorts before "9/1/2013". Others are as they are."""
    if pd.api.types.infer_dtype(values) != "string":
        return values
    try:
        return pd.to_datetime(values, format="ISO8601", utc=True).to_numpy()
    except ValueError as error:
        raise DataError(
            f"time holds texts that are no dates of the form 2013-01-31 (such as {str(values[0])!r}), and texts do not "
            "sort by time. Turn them into dates, for example by pandas.to_datetime, or into numbers."
        ) from error


def _check_n_splits(n: int, wanted: int, what: str, sentence: str = "") -> None:
    if not isinstance(wanted, int | np.integer) or wanted < 2:
        raise DataError(f"Folds are at least 2, got {wanted!r}. For a single split, use the kind 'holdout'.")
    if n < wanted:
        sentence = sentence or f"{wanted} folds need at least {wanted}"
        raise DataError(f"There are {n} {what}; {sentence}. Use fewer folds.")


def _check_class_sizes(y: np.ndarray, wanted: int) -> None:
    names, counts = np.unique(y, return_counts=True)
    rarest, n_rows = min(zip(names.tolist(), counts.tolist(), strict=True), key=lambda pair: pair[1])
    if n_rows < wanted:
        rows = "1 row" if n_rows == 1 else f"{n_rows} rows"
        parts = f"{wanted} folds" if wanted > 2 else "two parts"
        raise DataError(
            f"The class {rarest!r} has {rows}, too few to be in each of {parts}. Use fewer folds, leave that class "
            "out, or use the kind 'kfold'."
        )
