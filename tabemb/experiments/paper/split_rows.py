"""Split a table into training and test rows, and convert amounts to targets and back."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.metrics import mean_absolute_percentage_error

from tabemb.exceptions import DataError
from tabemb.ranges import is_share, share_range
from tabemb.registry import Registry

__all__ = [
    "SPLITS",
    "Shuffled",
    "Split",
    "SplitRows",
    "TimeOrdered",
    "split_rows",
]


@dataclass(frozen=True, kw_only=True, eq=False)
class SplitRows:
    """The training and test rows of a table with a positive target.

    Parameters
    ----------
    train, test : pandas.DataFrame
        The features.
    amounts : ndarray of float of shape (n_train,)
        The positive amounts of the training rows.
    truth : ndarray of float of shape (n_test,)
        The positive amounts of the test rows.
    categorical : list of str
        The categorical columns.
    """

    train: pd.DataFrame
    test: pd.DataFrame
    amounts: np.ndarray
    truth: np.ndarray
    categorical: list[str]

    @cached_property
    def log_largest(self) -> float:
        """The logarithm of the largest amount of the training rows."""
        return float(np.log(self.amounts.max()))

    @cached_property
    def targets(self) -> np.ndarray:
        """The targets of the training rows, log(amount) / log(largest amount), of shape (n_train,)."""
        return np.log(self.amounts) / self.log_largest

    def in_amounts(self, targets: np.ndarray) -> np.ndarray:
        """Convert targets back to amounts."""
        return np.exp(np.asarray(targets, np.float64) * self.log_largest)

    def error(self, amounts: np.ndarray) -> float:
        """Return the mean absolute percentage error of predicted amounts of the test rows, as a fraction."""
        return float(mean_absolute_percentage_error(self.truth, amounts))

    @cached_property
    def tables(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """``train`` and ``test`` with numeric columns as floats, since an encoder treats integers as categories."""
        numbers = {column: "float64" for column in self.train if column not in self.categorical}
        return self.train.astype(numbers), self.test.astype(numbers)

    @cached_property
    def codes(self) -> tuple[np.ndarray, np.ndarray]:
        """``train`` and ``test`` as ordinal codes, by the sorted values of ``train``; -1 for new values."""
        parts: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
        for column in self.train.columns:
            values = pd.Index(np.sort(self.train[column].unique()))
            for codes, table in zip(parts, (self.train, self.test), strict=True):
                codes.append(values.get_indexer(table[column]))
        train, test = (np.column_stack(codes) for codes in parts)
        return train, test


class Split(BaseEstimator):
    """The order of the rows; the last ones become test rows."""

    title = ""

    def order(self, X: pd.DataFrame, time: list[str], generator: np.random.Generator) -> np.ndarray:
        """Return the row numbers in order.

        Parameters
        ----------
        X : pandas.DataFrame
            The rows.
        time : list of str
            The columns that order rows in time, the coarsest first.
        generator : numpy Generator
            Random number generator.
        """
        raise TypeError("a split must define order(X, time, generator)")


SPLITS: Registry[Split] = Registry("split")


@SPLITS.register("shuffled")
class Shuffled(Split):
    """Random test rows.

    Examples
    --------
    >>> X = pd.DataFrame({"year": [2015, 2013, 2014]})
    >>> sorted(Shuffled().order(X, ["year"], np.random.default_rng(0)).tolist())
    [0, 1, 2]
    """

    title = "shuffled: random test rows"

    def order(self, X, time, generator):
        """Return the row numbers in random order."""
        return generator.permutation(len(X))


@SPLITS.register("time")
class TimeOrdered(Split):
    """The latest rows are the test rows.

    Examples
    --------
    >>> X = pd.DataFrame({"year": [2015, 2013, 2014]})
    >>> TimeOrdered().order(X, ["year"], np.random.default_rng(0)).tolist()
    [1, 2, 0]
    """

    title = "time: the latest rows are the test rows"

    def order(self, X, time, generator):
        """Return the row numbers sorted by time; rows of the same time keep their order."""
        return np.lexsort([X[column] for column in reversed(time)])


def split_rows(
    X: pd.DataFrame,
    amounts: np.ndarray,
    split: Split,
    *,
    categorical: list[str],
    time: list[str],
    test_share: float,
    rows: int,
    seed: int,
) -> SplitRows:
    """Hold out the last rows for testing, and draw training rows from the others.

    Training rows are drawn without replacement. With replacement, copies of a row could be in two folds of a
    cross-fitting, which would leak its target.

    Parameters
    ----------
    X : pandas.DataFrame
        The features.
    amounts : ndarray of shape (n,)
        The positive amounts.
    split : Split
        The order of the rows.
    categorical : list of str
        The categorical columns.
    time : list of str
        See `Split.order`.
    test_share : float
        Fraction of the rows to hold out, in (0, 1).
    rows : int
        Number of training rows; all others if there are fewer.
    seed : int
        Random seed.

    Raises
    ------
    DataError
        If a part would be empty, or the largest amount of the training rows is 1 or less; targets are divided by its
        logarithm.

    Examples
    --------
    >>> X = pd.DataFrame({"shop": [1, 2] * 10, "year": range(2000, 2020)})
    >>> parts = split_rows(X, np.arange(20.0) + 1, TimeOrdered(), categorical=["shop"], time=["year"], test_share=0.1,
    ...                    rows=9, seed=0)
    >>> parts.test["year"].tolist(), len(parts.train), parts.targets.max()
    ([2018, 2019], 9, np.float64(1.0))
    """
    if not is_share(test_share):
        raise DataError(f"test_share must be {share_range()}, got {test_share!r}.")
    generator = np.random.default_rng(seed)
    order = split.order(X, time, generator)
    n_rest = int(len(X) * (1 - test_share))
    rest, test = order[:n_rest], order[n_rest:]
    if not len(rest) or not len(test):
        raise DataError(f"{len(X)} rows cannot be split into training rows and {test_share:.0%} test rows.")
    train = generator.choice(rest, min(rows, n_rest), replace=False)
    if not amounts[train].max() > 1:
        raise DataError("The largest training amount must be above 1: targets are divided by its logarithm.")
    return SplitRows(
        train=X.iloc[train].reset_index(drop=True),
        test=X.iloc[test].reset_index(drop=True),
        amounts=amounts[train],
        truth=amounts[test],
        categorical=categorical,
    )
