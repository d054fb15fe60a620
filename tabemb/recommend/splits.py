"""Divide interactions into those that a recommender learns from, and later ones that it has to find."""

from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tabemb.exceptions import ColumnError, DataError, did_you_mean
from tabemb.ranges import check_share
from tabemb.table.empty_tables import refuse_empty

__all__ = ["InteractionSplit", "leave_last_out", "split_by_time", "split_by_user"]


@dataclass(frozen=True, eq=False)
class InteractionSplit:
    """Interactions to learn from, and those to find.

    Parameters
    ----------
    train : DataFrame
        The interactions to learn from, with their index.
    test : DataFrame
        The held-out ones.
    known : DataFrame
        What is known of the users of ``test`` when they are given recommendations: rows of ``train``, except after
        :func:`split_by_user`, whose users are new.
    left_out : int, default=0
        Number of test rows that :meth:`only_known` has left out.

    Examples
    --------
    >>> seen = pd.DataFrame({"user": list("aabb"), "item": list("xyxz"), "day": [1, 3, 2, 4]})
    >>> split = split_by_time(seen, "day", at=2)
    >>> split
    InteractionSplit(1 train, 3 test)
    >>> split.only_known(item="item")
    InteractionSplit(1 train, 1 test, 2 left out)
    """

    train: pd.DataFrame
    test: pd.DataFrame
    known: pd.DataFrame
    left_out: int = 0

    def only_known(self, *, user: str | None = None, item: str | None = None) -> "InteractionSplit":
        """Return the split without test rows whose user or item is not known.

        Parameters
        ----------
        user, item : str, optional
            Columns; test rows whose user is not in ``known``, or whose item is not in ``train``, are left out.

        Returns
        -------
        InteractionSplit
            Its ``left_out`` counts the rows that were left out.

        Raises
        ------
        DataError
            If no test row is left.
        """
        test = self.test
        for column, table in ((user, self.known), (item, self.train)):
            if column is not None:
                _check_columns(test, [column])
                test = test[test[column].isin(table[column].unique())]
        if not len(test):
            raise DataError(f"None of the {len(self.test):,} test rows has a known user and item.")
        return InteractionSplit(self.train, test, self.known, self.left_out + len(self.test) - len(test))

    def __repr__(self) -> str:
        parts = [f"{len(self.train):,} train"]
        if len(self.known) and self.known is not self.train and not self.known.index.equals(self.train.index):
            parts.append(f"{len(self.known):,} known")
        parts.append(f"{len(self.test):,} test")
        if self.left_out:
            parts.append(f"{self.left_out:,} left out")
        return f"{type(self).__name__}({', '.join(parts)})"


def split_by_time(
    interactions: pd.DataFrame,
    time: str,
    *,
    share: float | None = None,
    at: object = None,
    by: str | None = None,
) -> InteractionSplit:
    """Hold out the last interactions: of all, or of each user.

    Parameters
    ----------
    interactions : DataFrame
        A row per interaction.
    time : str
        Column of times or numbers; the same time is ordered by the place of the row.
    share : float, optional
        Share of the interactions to hold out, in (0, 1).
    at : time, optional
        Hold out the interactions at this time or later, in place of a share.
    by : str, optional
        Column of users: hold out ``share`` of the interactions of each user, rounded up; users keep at least one.

    Returns
    -------
    InteractionSplit

    Raises
    ------
    ColumnError
        If a column is missing.
    DataError
        If a time is missing, or a part has no rows.
    ValueError
        If not exactly one of ``share`` and ``at`` is given, or the share is not in (0, 1).

    Examples
    --------
    >>> seen = pd.DataFrame({"user": list("aabb"), "item": list("xyxz"), "day": [1, 3, 2, 4]})
    >>> split_by_time(seen, "day", share=0.5).test["item"].tolist()
    ['y', 'z']
    >>> split_by_time(seen, "day", share=0.5, by="user").train["item"].tolist()
    ['x', 'x']
    """
    if (share is None) == (at is None):
        raise ValueError("split_by_time takes either share or at, such as share=0.2.")
    _check_columns(interactions, [time, *([] if by is None else [by])])
    times = _times(interactions, time)
    if share is None:
        if by is not None:
            raise ValueError("split_by_time takes by with share only: a time is the same for all users.")
        try:
            late = (times >= at).to_numpy()
        except TypeError as error:
            raise DataError(f"The times of {time!r} cannot be compared with at={at!r}: {error}.") from error
        return _split(interactions, late, f"at or after {at!r}")
    check_share("share", share)
    held = float(share)
    order = np.argsort(times.to_numpy(), kind="stable")
    if by is None:
        late = np.zeros(len(times), bool)
        late[order[len(order) - int(np.ceil(held * len(order))) :]] = True
    else:
        late = _last_of_each(interactions[by], order, lambda sizes: np.ceil(np.round(held * sizes, 9)).astype(int))
    return _split(interactions, late, f"in the last {held:g}")


def leave_last_out(interactions: pd.DataFrame, user: str, time: str, *, n: int = 1) -> InteractionSplit:
    """Hold out the last ``n`` interactions of each user; users with ``n`` or fewer keep one.

    Parameters
    ----------
    interactions : DataFrame
        A row per interaction.
    user, time : str
        Columns of users and times; the same time is ordered by the place of the row.
    n : int, default=1
        Number of interactions to hold out.

    Returns
    -------
    InteractionSplit

    Raises
    ------
    ColumnError
        If a column is missing.
    DataError
        If a time is missing, or a part has no rows.
    ValueError
        If ``n`` is not a positive integer.

    Examples
    --------
    >>> seen = pd.DataFrame({"user": list("aab"), "item": list("xyx"), "day": [3, 1, 2]})
    >>> leave_last_out(seen, "user", "day").test["item"].tolist()
    ['x']
    """
    if isinstance(n, bool) or not isinstance(n, Integral) or n < 1:
        raise ValueError(f"n must be a positive integer, got {n!r}.")
    _check_columns(interactions, [user, time])
    order = np.argsort(_times(interactions, time).to_numpy(), kind="stable")
    late = _last_of_each(interactions[user], order, lambda sizes: np.full(len(sizes), n))
    return _split(interactions, late, f"among the last {n} of a user")


def split_by_user(
    interactions: pd.DataFrame,
    user: str,
    *,
    share: float = 0.2,
    held_out: float = 0.2,
    time: str | None = None,
    seed: int = 0,
) -> InteractionSplit:
    """Hold out users: a model learns from the others, is told some interactions of these, and has to find the rest.

    Parameters
    ----------
    interactions : DataFrame
        A row per interaction.
    user : str
        Column of users.
    share : float, default=0.2
        Share of the users to hold out, in (0, 1), of those with two interactions or more.
    held_out : float, default=0.2
        Share of the interactions of such a user that are to be found, rounded up; one at least is known.
    time : str, optional
        Column of times: the last ones are to be found. By default, random ones.
    seed : int, default=0
        Seed of the random choices.

    Returns
    -------
    InteractionSplit
        ``known`` has the other interactions of the users of ``test``.

    Raises
    ------
    ColumnError
        If a column is missing.
    DataError
        If a part has no rows.
    ValueError
        If a share is not in (0, 1).

    Examples
    --------
    >>> seen = pd.DataFrame({"user": np.repeat(range(10), 5), "item": np.tile(list("vwxyz"), 10)})
    >>> split = split_by_user(seen, "user")
    >>> len(split.train), len(split.known), len(split.test)
    (40, 8, 2)
    """
    _check_columns(interactions, [user, *([] if time is None else [time])])
    check_share("share", share)
    check_share("held_out", held_out)
    rng = np.random.default_rng(seed)
    sizes = interactions.groupby(user, sort=True, observed=True).size()
    able = sizes.index[sizes >= 2]
    chosen = rng.permutation(len(able))[: int(np.ceil(share * len(able)))]
    is_new = interactions[user].isin(able[np.sort(chosen)]).to_numpy()
    theirs = interactions[is_new]
    order = rng.permutation(len(theirs)) if time is None else np.argsort(_times(theirs, time).to_numpy(), kind="stable")
    found = _last_of_each(theirs[user], order, lambda sizes: np.ceil(np.round(held_out * sizes, 9)).astype(int))
    split = InteractionSplit(interactions[~is_new], theirs[found], theirs[~found])
    _check_parts(split, "of held-out users")
    return split


def _last_of_each(
    users: pd.Series, order: npt.NDArray[np.intp], n_of: Callable[[npt.NDArray[np.intp]], Any]
) -> npt.NDArray[np.bool_]:
    """Return a mask of the last rows of each user, of whom at least one row stays."""
    codes = pd.factorize(users)[0][order]
    sizes = np.bincount(codes, minlength=codes.max(initial=-1) + 1)
    rank = pd.Series(codes).groupby(codes, sort=False).cumcount().to_numpy()
    n_held = np.minimum(n_of(sizes), sizes - 1)
    mask = np.zeros(len(users), bool)
    mask[order] = rank >= (sizes - n_held)[codes]
    return mask


def _split(interactions: pd.DataFrame, late: npt.NDArray[np.bool_], what: str) -> InteractionSplit:
    train = interactions[~late]
    split = InteractionSplit(train, interactions[late], train)
    _check_parts(split, what)
    return split


def _check_parts(split: InteractionSplit, what: str) -> None:
    for name, part, is_late in (("test", split.test, True), ("train", split.train, False)):
        if not len(part):
            raise DataError(f"The split has no {name} rows: {'no' if is_late else 'every'} interaction is {what}.")


def _times(interactions: pd.DataFrame, time: str) -> pd.Series:
    times = interactions[time]
    if n_missing := int(times.isna().sum()):
        raise DataError(f"{n_missing:,} of {len(times):,} interactions have no time in {time!r}. Drop them.")
    if pd.api.types.infer_dtype(times) in ("date", "datetime"):
        # Days of a Parquet file are objects.
        return pd.to_datetime(times)
    if not (pd.api.types.is_numeric_dtype(times) or pd.api.types.is_datetime64_any_dtype(times)):
        raise DataError(f"Times are numbers or dates; {time!r} is {times.dtype}. Convert it: pd.to_datetime.")
    return times


def _check_columns(table: pd.DataFrame, names: list[str]) -> None:
    if not isinstance(table, pd.DataFrame):
        raise DataError(f"Interactions must be a pandas DataFrame; got {type(table).__name__}.")
    for name in names:
        if name not in table:
            known = [str(each) for each in table.columns]
            raise ColumnError(f"There is no column {name!r}. The columns are {known}.{did_you_mean(name, known)}")
    refuse_empty(table.shape, [str(each) for each in table.columns], "The table of interactions")
