"""The groups whose rows are ranked in a comparison, such as the results of a query: each is in one part of a fold."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tabemb.exceptions import ColumnError, DataError, did_you_mean
from tabemb.experiments.comparison.targets import reads_groups
from tabemb.table.frames import Frame

__all__ = ["RankedGroups", "codes_of", "group_column"]


def group_column(estimator: Any) -> str:
    """Return the column of groups of an estimator that ranks, also of one with a pretrainer."""
    return str(getattr(estimator, "estimator", estimator).group)


@dataclass(frozen=True, slots=True, eq=False)
class RankedGroups:
    """The group of each row.

    Parameters
    ----------
    column : str or None
        The column of the table that has the groups; None if they were given as values.
    codes : ndarray of int of shape (n_rows,)
        The number of the group of each row.

    Examples
    --------
    >>> groups = RankedGroups("query", np.array([0, 0, 1]))
    >>> groups.latest(np.array([3, 5, 4])).tolist()
    [5, 5, 4]
    """

    column: str | None
    codes: np.ndarray

    @classmethod
    def read(cls, frame: Frame, estimator: Any, given: Any, present: np.ndarray) -> "RankedGroups":
        """Return the groups that an estimator names, or else those given.

        Parameters
        ----------
        frame : Frame
            The rows that are used.
        estimator : estimator or None
            The model under test.
        given : str, array-like of shape (n_all_rows,) or None
            The name of a column, or the group of each row.
        present : ndarray of bool of shape (n_all_rows,)
            The rows that are used.

        Raises
        ------
        ColumnError
            If the table lacks the column.
        DataError
            If there are no groups, their number is wrong, or one is missing.
        """
        if estimator is not None and reads_groups(estimator):
            given = group_column(estimator)
        if given is None:
            raise DataError(
                "Ranking needs the groups whose rows are ranked, such as queries or users. Pass groups= the name of a "
                "column, or estimator=EmbeddingRanker(group='query')."
            )
        if not isinstance(given, str):
            values = pd.Series(given.to_pandas() if hasattr(given, "to_pandas") else given)
            if len(values) != len(present):
                raise DataError(f"groups has {len(values)} values for {len(present)} rows; it needs one per row.")
            return cls(None, codes_of(values.to_numpy()[present], "groups"))
        if not frame.named or given not in frame.columns:
            near = did_you_mean(given, frame.columns) if frame.named else ""
            raise ColumnError(f"The table has no column {given!r} of groups.{near}")
        native = frame.select([given]).native
        table = native.to_pandas() if hasattr(native, "to_pandas") else pd.DataFrame(native)
        return cls(given, codes_of(table.iloc[:, 0].to_numpy(), repr(given)))

    def features(self, frame: Frame) -> Frame:
        """Return the table without the column of groups, as models read it that do not rank.

        Raises
        ------
        DataError
            If there is no other column.
        """
        if self.column is None:
            return frame
        if len(frame.columns) == 1:
            raise DataError(f"The table has no column but the groups, {self.column!r}. Ranking needs features of rows.")
        return frame.without(self.column)

    def latest(self, time: np.ndarray) -> np.ndarray:
        """Return the last time of the group of each row, so that folds in time keep groups whole."""
        return pd.Series(time).groupby(self.codes).transform("max").to_numpy()

    def check_whole(self, folds: Sequence[tuple[np.ndarray, np.ndarray]]) -> None:
        """Raise a DataError if a fold has rows of one group both in training and in testing."""
        for number, (train, test) in enumerate(folds):
            cut = np.intersect1d(self.codes[train], self.codes[test])
            if len(cut):
                raise DataError(
                    f"Fold {number + 1} has rows of {len(cut):,} groups both in the training and in the test set. "
                    "Ranking needs folds that keep groups whole: a number of folds, 'group', 'group_holdout' or 'time'."
                )


def codes_of(values: np.ndarray, what: str) -> np.ndarray:
    """Return the number of the group of each row.

    Parameters
    ----------
    values : array of shape (n_rows,)
        Groups.
    what : str
        What has them, for error messages.

    Raises
    ------
    DataError
        If one is missing.
    """
    codes = pd.factorize(values)[0]
    if (n_missing := int((codes < 0).sum())) > 0:
        raise DataError(
            f"{what} has no group in {n_missing:,} of {len(codes):,} rows. Drop those rows, or give each of them a "
            "group."
        )
    return codes
