"""Rows to learn from and rows to be judged by, and the way from an amount to a target and back."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from tabemb.exceptions import DataError
from tabemb.registry import Registry

__all__ = ["SPLITS", "Split", "SplitRows", "split_rows"]


@dataclass(frozen=True, kw_only=True, eq=False)
class SplitRows:
    """The two parts of a table, with positive amounts to be predicted.

    Parameters
    ----------
    train, test : pandas.DataFrame
        The columns to learn from.
    amounts : ndarray of float of shape (n_train,)
        What is to be predicted, above 0, for the rows to learn from.
    truth : ndarray of float of shape (n_test,)
        The same for the rows to be judged by.
    categorical : list of str
        Which columns are categories.
    """

    train: pd.DataFrame
    test: pd.DataFrame
    amounts: np.ndarray
    truth: np.ndarray
    categorical: list[str]

    @cached_property
    def largest(self) -> float:
        """The logarithm of the largest amount."""
        return float(np.log(self.amounts.max()))

    @cached_property
    def targets(self) -> np.ndarray:
        """What a model learns: log(amount) / log(largest amount), of shape (n_train,)."""
        return np.log(self.amounts) / self.largest

    def in_amounts(self, targets: np.ndarray) -> np.ndarray:
        """Return the amounts that targets stand for."""
        return np.exp(np.asarray(targets, np.float64) * self.largest)

    def error(self, amounts: np.ndarray) -> float:
        """Return the mean absolute percentage error of amounts predicted for ``test``, as a share of the truth."""
        return float(np.mean(np.abs(amounts - self.truth) / self.truth))

    @cached_property
    def tables(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """``train`` and ``test`` for networks: plain numbers as floats, since integers are categories to an encoder."""
        numbers = {column: "float64" for column in self.train if column not in self.categorical}
        return self.train.astype(numbers), self.test.astype(numbers)

    @cached_property
    def codes(self) -> tuple[np.ndarray, np.ndarray]:
        """The cells of ``train`` and ``test`` by their place among the sorted values of ``train``; -1 for new ones."""
        sides: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
        for column in self.train.columns:
            values = pd.Index(np.sort(self.train[column].unique()))
            for side, table in zip(sides, (self.train, self.test), strict=True):
                side.append(values.get_indexer(table[column]))
        train, test = (np.column_stack(side) for side in sides)
        return train, test


class Split(BaseEstimator):
    """In which order the rows stand before the last of them are set aside."""

    title = ""

    def order(self, X: pd.DataFrame, time: list[str], generator: np.random.Generator) -> np.ndarray:
        """Return the numbers of the rows.

        Parameters
        ----------
        X : pandas.DataFrame
            The rows.
        time : list of str
            The columns that tell when a row is from, the coarsest first.
        generator : numpy Generator
            For chance.
        """
        raise TypeError("a split defines order(X, time, generator)")


SPLITS: Registry[Split] = Registry("split")


@SPLITS.register("shuffled")
class Shuffled(Split):
    """The rows to be judged by are drawn at random.

    Examples
    --------
    >>> X = pd.DataFrame({"year": [2015, 2013, 2014]})
    >>> sorted(Shuffled().order(X, ["year"], np.random.default_rng(0)).tolist())
    [0, 1, 2]
    """

    title = "shuffled: judged by rows drawn at random"

    def order(self, X, time, generator):
        """Return all numbers in an order of chance."""
        return generator.permutation(len(X))


@SPLITS.register("time")
class InTime(Split):
    """The rows to be judged by are the last in time.

    Examples
    --------
    >>> X = pd.DataFrame({"year": [2015, 2013, 2014]})
    >>> InTime().order(X, ["year"], np.random.default_rng(0)).tolist()
    [1, 2, 0]
    """

    title = "in time: judged by the last rows"

    def order(self, X, time, generator):
        """Return the numbers by time; rows of one time stay in their order."""
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
    """Set the last rows aside, and draw rows to learn from out of the others.

    Drawn without replacement: a row that came twice would be in two folds of a cross-fitting, which would then learn
    from its own target.

    Parameters
    ----------
    X : pandas.DataFrame
        The columns to learn from.
    amounts : ndarray of shape (n,)
        Above 0.
    split : Split
        In which order the rows stand.
    categorical : list of str
        Which columns are categories.
    time : list of str
        See `Split.order`.
    test_share : float
        Share of the rows that is set aside, in (0, 1).
    rows : int
        How many are drawn to learn from; all others where there are fewer.
    seed : int
        Of both draws.

    Raises
    ------
    DataError
        When a part would be empty, or the largest amount to learn from is not above 1: its logarithm is what the
        targets are divided by.

    Examples
    --------
    >>> X = pd.DataFrame({"shop": [1, 2] * 10, "year": range(2000, 2020)})
    >>> parts = split_rows(X, np.arange(20.0) + 1, InTime(), categorical=["shop"], time=["year"], test_share=0.1,
    ...                    rows=9, seed=0)
    >>> parts.test["year"].tolist(), len(parts.train), parts.targets.max()
    ([2018, 2019], 9, np.float64(1.0))
    """
    if not 0 < test_share < 1:
        raise DataError(f"test_share is the share of the rows to be judged by, between 0 and 1; got {test_share!r}.")
    draw = np.random.default_rng(seed)
    order = split.order(X, time, draw)
    n_rest = int(len(X) * (1 - test_share))
    rest, test = order[:n_rest], order[n_rest:]
    if not len(rest) or not len(test):
        raise DataError(f"{len(X)} rows cannot be split into rows to learn from and {test_share:.0%} to be judged by.")
    train = draw.choice(rest, min(rows, n_rest), replace=False)
    if not amounts[train].max() > 1:
        raise DataError("The largest amount to learn from must be above 1, since targets are divided by its logarithm.")
    return SplitRows(
        train=X.iloc[train].reset_index(drop=True),
        test=X.iloc[test].reset_index(drop=True),
        amounts=amounts[train],
        truth=amounts[test],
        categorical=categorical,
    )
