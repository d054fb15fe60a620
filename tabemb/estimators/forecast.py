"""What quality to expect for categories that training has not seen."""

from collections.abc import Iterable, Iterator
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.metrics import check_scoring
from sklearn.utils.validation import check_is_fitted

from tabemb.estimators.inputs import take_column_order
from tabemb.exceptions import ColumnError, DataError, did_you_mean
from tabemb.ranges import check_share
from tabemb.table.frames import read_frame

__all__ = ["forecast_unseen", "parts_by_category"]

# A fold with fewer rows of either kind is not scored.
FEWEST_ROWS = 10
# Rows of all categories together that are scored, if there are as many.
ENOUGH_ROWS = 2000
# Share of the rows that are scored if they are in the order of time.
LAST_SHARE = 0.25


def forecast_unseen(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    columns: Iterable[str] | None = None,
    n_folds: int = 5,
    scoring: Any = None,
    last: float | None = None,
    random_state: int = 0,
) -> pd.DataFrame:
    """Return the scores for unseen and for seen categories; see ``EmbeddingClassifier.forecast_unseen``.

    Parameters
    ----------
    estimator : EmbeddingClassifier or EmbeddingRegressor
        A fitted estimator; copies of it are fitted.
    X, y, columns, n_folds, scoring, last, random_state
        As for the method.
    """
    check_is_fitted(estimator, "encoder_")
    if isinstance(n_folds, bool) or not isinstance(n_folds, Integral) or n_folds < 2:
        raise ValueError(f"n_folds must be an integer of at least 2, got {n_folds!r}.")
    if last is None and getattr(estimator, "validation", None) == "last":
        last = LAST_SHARE
    check_share("last", last, none=True)
    frame, targets = take_column_order(estimator, X), np.asarray(y)
    if len(targets) != frame.n_rows:
        raise DataError(f"X has {frame.n_rows} rows and y has {len(targets)}; they must have the same number.")
    known = list(dict.fromkeys(each.source for each in estimator.schema_.categorical if each.part is None))
    chosen = known if columns is None else list(columns)
    for name in chosen:
        if name not in known:
            raise ColumnError(
                f"There is no categorical column {name!r} to forecast. Categorical columns: {known}."
                f"{did_you_mean(name, known)}"
            )
    if scoring is None and getattr(estimator, "classes_", None) is not None and targets.ndim == 1:
        scoring = "roc_auc" if len(estimator.classes_) == 2 else None
    scorer = check_scoring(estimator, scoring)
    # In rows of the table itself, so that the copies read it as the estimator did.
    table, found = read_frame(X), {}
    for name in chosen:
        codes = frame.coded(name).codes
        if len(np.unique(codes[codes >= 0])) < 2:
            if columns is not None:
                raise DataError(f"Column {name!r} has fewer than two categories, so none can be left out.")
            continue
        scores = []
        for unseen, seen, train in parts_by_category(codes, int(n_folds), random_state, last):
            if any(len(rows) < FEWEST_ROWS or _is_constant(targets[rows]) for rows in (unseen, seen, train)):
                continue
            model = clone(estimator).fit(table.take(train).native, _rows_of(y, train))
            its = [float(scorer(model, table.take(rows).native, _rows_of(y, rows))) for rows in (unseen, seen)]
            scores.append((*its, len(unseen), len(np.unique(codes[unseen]))))
        found[name] = _summary(scores)
    names = ["unseen", "seen", "standard_error", "n_rows", "n_categories", "n_folds"]
    return pd.DataFrame.from_dict(found, orient="index", columns=names).rename_axis("column")


def parts_by_category(
    codes: np.ndarray, n_folds: int, random_state: int, last: float | None = None
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Yield the rows to score as unseen, those to score as seen, and the training rows of each fold.

    The categories are dealt at random to twice as many parts as there are folds, so that nine tenths of them remain for
    the training of each of five folds. In a fold, the rows of one part's categories are unseen, and of the other rows,
    a random ``1 / (2 n_folds)`` is scored. New categories are mostly rare ones; so a category counts with as few rows
    as leave :data:`ENOUGH_ROWS` in total.

    Parameters
    ----------
    codes : ndarray of int of shape (n,)
        Category of each row; -1 for a missing cell, which is always a training row or a seen one.
    n_folds : int
        Number of folds, at most one per category.
    random_state : int
        Random seed.
    last : float, optional
        Share of the rows, those at the end, that are scored; all training rows are before them.

    Examples
    --------
    >>> for unseen, seen, train in parts_by_category(np.repeat([0, 1, 2, 3], 10), 2, 0):
    ...     print(len(unseen), len(seen), len(train))
    10 7 23
    10 7 23
    """
    rng = np.random.default_rng(random_state)
    rows = np.arange(len(codes))
    late = np.ones(len(codes), bool) if last is None else rows >= round((1 - last) * len(codes))
    categories, place, counts = np.unique(codes[late & (codes >= 0)], return_inverse=True, return_counts=True)
    n_parts = min(2 * n_folds, len(categories))
    part_of_category = rng.permutation(np.arange(len(categories)) % max(1, n_parts))
    scored = np.zeros(len(codes), bool)
    if len(categories):
        scored[late & (codes >= 0)] = _rank_in_category(place, rng) < _most_per_category(counts)
    for fold in range(min(n_folds, n_parts)):
        left_out = np.isin(codes, categories[part_of_category == fold])
        if last is None:
            others = rng.permutation(rows[~left_out])
            n_seen = len(others) // (2 * n_folds)
            seen, train = np.sort(others[:n_seen]), np.sort(others[n_seen:])
        else:
            seen, train = rows[~left_out & late], rows[~left_out & ~late]
        yield rows[left_out & scored], seen[np.isin(codes[seen], codes[train])], train


def _rank_in_category(place, rng):
    """Return the position of each row among the rows of its category, in random order."""
    order = np.lexsort((rng.random(len(place)), place))
    first = np.searchsorted(place[order], place[order])
    ranks = np.empty(len(place), np.intp)
    ranks[order] = np.arange(len(place)) - first
    return ranks


def _most_per_category(counts):
    """Return the least number of rows per category that leaves enough rows in total, or all."""
    low, high = 1, int(counts.max())
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if np.minimum(counts, middle).sum() >= ENOUGH_ROWS else (middle + 1, high)
    return low


def _summary(scores):
    if not scores:
        return (np.nan, np.nan, np.nan, 0, 0, 0)
    unseen, seen, n_rows, n_categories = np.array(scores).T
    error = float(np.std(unseen, ddof=1) / np.sqrt(len(unseen))) if len(unseen) > 1 else np.nan
    mean = float(np.average(unseen, weights=n_rows))
    return mean, float(np.mean(seen)), error, int(n_rows.sum()), int(n_categories.sum()), len(unseen)


def _is_constant(targets):
    return targets.ndim == 1 and bool((targets == targets[0]).all())


def _rows_of(y: Any, rows: np.ndarray) -> Any:
    return y.iloc[rows] if hasattr(y, "iloc") else np.asarray(y)[rows]
