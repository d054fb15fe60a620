"""The registry of kinds of folds, and the conversion of ``cv`` to the train and test rows of each fold."""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold, train_test_split

from tabemb.estimators.group_folds import held_groups
from tabemb.exceptions import DataError
from tabemb.ranges import is_share, share_range
from tabemb.registry import Registry

__all__ = [
    "FOLDS",
    "Fold",
    "Folds",
    "GroupFolds",
    "GroupHoldout",
    "Holdout",
    "KFolds",
    "StratifiedFolds",
    "TimeFolds",
    "describe_folds",
    "is_number",
    "make_folds",
    "resolve_folds",
]

Fold = tuple[np.ndarray, np.ndarray]

FOLDS: Registry["Folds"] = Registry("kind of folds")


class Folds(BaseEstimator):
    """A specification of folds; subclasses define ``split`` and ``describe``.

    Attributes
    ----------
    needs : {"", "groups", "time"}
        The values per row that the split requires, if any.
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
        """Return the train and test rows of each fold."""
        raise TypeError(f"{type(self).__name__} must define split(n_rows, y=, groups=, time=, random_state=)")

    def describe(self) -> str:
        """Return a short description."""
        raise TypeError(f"{type(self).__name__} must define describe()")


@FOLDS.register("kfold")
class KFolds(Folds):
    """Shuffled folds of equal size.

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
        """Return a short description."""
        return f"{self.n_splits} folds, shuffled"


@FOLDS.register("stratified")
class StratifiedFolds(Folds):
    """Shuffled folds of equal size that preserve the shares of the classes.

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
            If there are no classes, or a class has fewer rows than there are folds.
        """
        _check_n_splits(n_rows, self.n_splits, "rows")
        codes = _class_codes(y)
        _check_class_sizes(y, self.n_splits)
        splitter = StratifiedKFold(self.n_splits, shuffle=True, random_state=random_state)
        return list(splitter.split(np.empty((n_rows, 0)), codes))

    def describe(self):
        """Return a short description."""
        return f"{self.n_splits} stratified folds, shuffled"


@FOLDS.register("group")
class GroupFolds(Folds):
    """Folds that keep the rows of a group together, so that models are scored on unseen groups.

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
            If there are no groups, or fewer groups than folds.
        """
        codes, names = _codes(_checked_row_values("groups", groups, n_rows))
        _check_n_splits(len(names), self.n_splits, "groups")
        splitter = GroupKFold(self.n_splits, shuffle=True, random_state=random_state)
        return list(splitter.split(np.empty((n_rows, 0)), groups=codes))

    def describe(self):
        """Return a short description."""
        return f"{self.n_splits} folds by group"


@FOLDS.register("time")
class TimeFolds(Folds):
    """Folds in time: train on the past, and score on the next block of time.

    The rows are split by time into ``n_splits + 1`` blocks of about equal size; fold ``k`` trains on the first ``k``
    blocks and is scored on the next one. Rows of the same time stay together, so that every test row is later than
    all training rows.

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
        """Return ``n_splits`` folds, with rows in table order within each part.

        Raises
        ------
        DataError
            If there are no times, some are missing, they are text but not ISO dates, or there are fewer distinct times
            than blocks.
        """
        ranks, moments = _codes(_as_dates(_checked_row_values("time", time, n_rows)))
        blocks = self.n_splits + 1
        _check_n_splits(len(moments), blocks, "distinct times", f"{self.n_splits} folds in time need {blocks}")
        borders = _block_borders(np.bincount(ranks), blocks)
        folds = []
        for begin, end in pairwise(borders):
            folds.append((np.flatnonzero(ranks < begin), np.flatnonzero((ranks >= begin) & (ranks < end))))
        return folds

    def describe(self):
        """Return a short description."""
        return f"{self.n_splits} folds in time, trained on the past and scored on the next block"


@FOLDS.register("holdout")
class Holdout(Folds):
    """A single random split into train and test rows that preserves the shares of the classes.

    Parameters
    ----------
    test_fraction : float
        Fraction of rows in the test set, between 0 and 1.

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
            If one of the two parts would be empty or, with classes, lack a class.
        """
        if not is_share(self.test_fraction):
            raise DataError(f"test_fraction must be {share_range()}, got {self.test_fraction!r}.")
        n_test = round(n_rows * self.test_fraction)
        if not 0 < n_test < n_rows:
            raise DataError(
                f"A holdout of {self.test_fraction} of {n_rows} rows leaves one of the two parts empty. "
                "Use another test_fraction, or more rows."
            )
        codes = None
        if y is not None and y.ndim == 1:
            codes, classes = _codes(y)
            _check_class_sizes(y, 2)
            if min(n_test, n_rows - n_test) < len(classes):
                raise DataError(
                    f"A holdout of {self.test_fraction} of {n_rows} rows is too small to contain all {len(classes)} "
                    "classes. Use a larger test_fraction, or more rows."
                )
        rows = np.arange(n_rows)
        train, test = train_test_split(rows, test_size=n_test, stratify=codes, random_state=random_state)
        return [(np.sort(train), np.sort(test))]

    def describe(self):
        """Return a short description."""
        return f"one holdout of {self.test_fraction:.0%} of the rows"


@FOLDS.register("group_holdout")
class GroupHoldout(Folds):
    """A single random split that keeps the rows of a group together.

    Parameters
    ----------
    test_fraction : float
        Fraction of rows in the test set, between 0 and 1; whole groups with about so many rows are drawn.

    Examples
    --------
    >>> shops = np.array(["x", "x", "y", "y", "z", "z"])
    >>> [(train, test)] = GroupHoldout(test_fraction=0.3).split(6, groups=shops, random_state=0)
    >>> shops[test].tolist()
    ['z', 'z']
    """

    needs = "groups"

    def __init__(self, test_fraction=0.2):
        self.test_fraction = test_fraction

    def split(self, n_rows, *, y=None, groups=None, time=None, random_state=None):
        """Return one fold.

        Raises
        ------
        DataError
            If there are no groups, or one of the two parts would be empty.
        """
        codes, names = _codes(_checked_row_values("groups", groups, n_rows))
        n_test = round(n_rows * self.test_fraction) if 0 < self.test_fraction < 1 else 0
        if not n_test or len(names) < 2:
            raise DataError(
                f"A holdout of {self.test_fraction} of {n_rows} rows in {len(names)} groups leaves one of the two "
                "parts empty. Use a test_fraction between 0 and 1, and at least two groups."
            )
        test = held_groups(codes, n_test, np.random.default_rng(random_state))
        return [(np.flatnonzero(~test), np.flatnonzero(test))]

    def describe(self):
        """Return a short description."""
        return f"one holdout of {self.test_fraction:.0%} of the rows, by group"


def resolve_folds(cv: Any, *, stratify: bool) -> Any:
    """Convert ``cv`` to a specification; splitters and lists of (train, test) pairs are returned unchanged.

    Parameters
    ----------
    cv : int, str, mapping, Folds, scikit-learn splitter, or iterable of (train, test)
        Number of folds, or kind of folds.
    stratify : bool
        Whether an integer means stratified folds.

    Raises
    ------
    DataError
        If ``cv`` is none of these.
    UnknownNameError
        If there is no kind of folds of that name.

    Examples
    --------
    >>> resolve_folds(3, stratify=True)
    StratifiedFolds(n_splits=3)
    >>> resolve_folds({"name": "time", "n_splits": 4}, stratify=True)
    TimeFolds(n_splits=4)
    """
    if is_number(cv):
        return StratifiedFolds(int(cv)) if stratify else KFolds(int(cv))
    if isinstance(cv, str | Mapping):
        return FOLDS.resolve(cv)
    if isinstance(cv, Folds) or hasattr(cv, "split"):
        return cv
    if isinstance(cv, Iterable):
        return list(cv)
    raise DataError(
        "cv must be a number of folds, the name of a kind of folds, a scikit-learn splitter or a list of (train, test) "
        f"rows; got {cv!r}."
    )


def is_number(cv: Any) -> bool:
    """Return whether ``cv`` is a number of folds."""
    return isinstance(cv, int | np.integer) and not isinstance(cv, bool)


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
        See `resolve_folds`.
    n_rows : int
        Number of rows.
    y : array of shape (n_rows,) or (n_rows, n_outputs), optional
        Targets.
    groups, time : array of shape (n_rows,), optional
        Values of each row, for the kinds of folds that need them.
    stratify : bool
        Whether ``y`` holds classes whose shares each fold should preserve.
    random_state : int, optional
        Random seed.

    Returns
    -------
    list of (array, array)
        Train and test rows of each fold, as row numbers.

    Raises
    ------
    DataError
        If the rows cannot be split this way.

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
    """Return a short description of the folds."""
    spec = resolve_folds(cv, stratify=stratify)
    if isinstance(spec, Folds):
        return spec.describe()
    origin = type(spec).__name__ if hasattr(spec, "split") else "a list"
    return f"{n_folds} {'fold' if n_folds == 1 else 'folds'} from {origin}"


def _checked_folds(folds: Iterable[Any], n_rows: int) -> list[Fold]:
    checked = []
    for number, pair in enumerate(folds):
        try:
            train, test = (_row_numbers(part, n_rows) for part in pair)
        except (TypeError, ValueError) as error:
            raise DataError(f"Fold {number} is not a pair of row numbers (train, test): {error}.") from error
        if len(train) == 0 or len(test) == 0:
            raise DataError(
                f"Fold {number} has {len(train)} train rows and {len(test)} test rows; both parts need at least one."
            )
        if np.intersect1d(train, test).size:
            raise DataError(f"Fold {number} has rows in both the training and the test set.")
        checked.append((train, test))
    if not checked:
        raise DataError("cv contains no folds. Pass a number of folds, such as cv=5.")
    return checked


def _row_numbers(part: Any, n_rows: int) -> np.ndarray:
    rows = np.asarray(part)
    if rows.dtype == bool and rows.shape == (n_rows,):
        return np.flatnonzero(rows)
    if rows.ndim != 1 or (rows.size and not np.issubdtype(rows.dtype, np.integer)):
        raise ValueError(f"got {rows.dtype} of shape {rows.shape}")
    if rows.size and (rows.min() < 0 or rows.max() >= n_rows):
        raise ValueError(
            f"it contains row {int(rows[(rows < 0) | (rows >= n_rows)][0])}, and the table has {n_rows} rows"
        )
    return rows.astype(np.intp)


def _block_borders(sizes: np.ndarray, blocks: int) -> np.ndarray:
    """Split times with these numbers of rows into blocks of about equal rows; return where the later blocks begin."""
    ends = np.cumsum(sizes)
    wanted = ends[-1] * np.arange(1, blocks) / blocks
    cuts = np.searchsorted(ends, wanted) + 1
    # A time with many rows can fill several blocks: keep at least one time in each block.
    cuts = np.maximum.accumulate(cuts - np.arange(len(cuts))) + np.arange(len(cuts))
    cuts = np.minimum(cuts, len(sizes) - np.arange(blocks - 1, 0, -1))
    return np.append(cuts, len(sizes))


def _codes(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    names, codes = np.unique(values, return_inverse=True)
    return codes.ravel(), names


def _class_codes(y: np.ndarray | None) -> np.ndarray:
    if y is None or y.ndim != 1:
        raise DataError(
            "Stratified folds need a single column of classes, and this target is numeric or has several columns. "
            "Use the kind 'kfold'."
        )
    return _codes(y)[0]


def _checked_row_values(name: str, values: np.ndarray | None, n_rows: int) -> np.ndarray:
    if values is None:
        raise DataError(f"These folds need {name}: pass {name}= the name of a column, or one value per row.")
    if len(values) != n_rows:
        raise DataError(f"{name} has {len(values)} values for {n_rows} rows; it needs one per row.")
    n_missing = int(pd.isna(values).sum())
    if n_missing:
        raise DataError(f"{name} is missing in {n_missing} of {n_rows} rows; fill it, or drop those rows.")
    return values


def _as_dates(values: np.ndarray) -> np.ndarray:
    """Return text parsed as ISO dates, since text does not sort by time ("10/1/2013" < "9/1/2013"); others as is."""
    if pd.api.types.infer_dtype(values) != "string":
        return values
    try:
        return pd.to_datetime(values, format="ISO8601", utc=True).to_numpy()
    except ValueError as error:
        raise DataError(
            f"time is text but not ISO dates such as 2013-01-31 (got {str(values[0])!r}), and text does not sort by "
            "time. Convert it to dates, for example with pandas.to_datetime, or to numbers."
        ) from error


def _check_n_splits(n: int, wanted: int, what: str, sentence: str = "") -> None:
    if not isinstance(wanted, int | np.integer) or wanted < 2:
        raise DataError(
            f"The number of folds must be an integer of at least 2, got {wanted!r}. For a single split, use 'holdout'."
        )
    if n < wanted:
        sentence = sentence or f"{wanted} folds need at least {wanted}"
        raise DataError(f"There are {n} {what}; {sentence}. Use fewer folds.")


def _check_class_sizes(y: np.ndarray, wanted: int) -> None:
    names, counts = np.unique(y, return_counts=True)
    rarest, n_rows = min(zip(names.tolist(), counts.tolist(), strict=True), key=lambda pair: pair[1])
    if n_rows < wanted:
        rows = "1 row" if n_rows == 1 else f"{n_rows} rows"
        parts = f"{wanted} folds" if wanted > 2 else "two parts"
        regression = " If the target holds numbers, set task='regression'." if names.dtype.kind in "iuf" else ""
        raise DataError(
            f"The class {rarest!r} has {rows}, too few for each of {parts}. Use fewer folds, drop that class, or use "
            f"the kind 'kfold'.{regression}"
        )
