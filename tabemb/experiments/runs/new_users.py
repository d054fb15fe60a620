"""Tables of users whom a recommender has not seen, or of what they did since then, read by the types of a run."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from tabemb.exceptions import ColumnError, FormatError, did_you_mean
from tabemb.experiments.data_formats import is_plain_text
from tabemb.experiments.runs.folder import RunFolder
from tabemb.experiments.tables import read_table
from tabemb.table.typed_texts import convert_texts

__all__ = ["NEW_USER", "read_interactions", "read_users", "user_of_columns"]

# The key of a user who has none.
NEW_USER = "new user"


def read_users(
    run: RunFolder, path: str | Path, *, sep: str | None = None, encoding: str | None = None
) -> pd.DataFrame:
    """Read users from a file: their keys, and what else the run knows users by.

    Parameters
    ----------
    run : RunFolder
        A run with a recommender.
    path : path
        A table with a row per user: the column of their keys and the other columns of users, or the keys alone, if all
        are users of the run. Empty cells are allowed in the other columns.
    sep, encoding : str, optional
        Of a text; those of the experiment by default.

    Returns
    -------
    DataFrame
        The columns of users.

    Raises
    ------
    ColumnError
        If the column of keys is missing, or some of the other columns are, but not all.
    DataError
        If the file cannot be read.
    FormatError
        If the run has no recommender.
    """
    table = _read(run, path, sep, encoding)
    key, *others = run.config.recommend.sides("user")
    _require(table, path, key, "the keys of users")
    there = [name for name in others if name in table.columns]
    for name in others if there else ():
        _require(table, path, name, "users; its cells may be empty")
    return table[[key, *there]]


def read_interactions(
    run: RunFolder, path: str | Path, *, sep: str | None = None, encoding: str | None = None
) -> pd.DataFrame:
    """Read from a file what users have interacted with: new users, or known ones since the run.

    Parameters
    ----------
    run : RunFolder
        A run with a recommender.
    path : path
        A table with a row per interaction: the columns of the keys of users and items, of the weights if the run has
        some, and of the times if recent interactions count more.
    sep, encoding : str, optional
        Of a text; those of the experiment by default.

    Returns
    -------
    DataFrame
        These columns.

    Raises
    ------
    ColumnError
        If one is missing.
    DataError
        If the file cannot be read.
    FormatError
        If the run has no recommender, or one that learns from ratings.
    """
    table, section = _read(run, path, sep, encoding), run.config.recommend
    if section.rating is not None:
        raise FormatError(
            f"The run {run.path} has learned from ratings, which takes a new run: add the ratings to its table and run "
            "it again."
        )
    named = {section.user_key: "the keys of users", section.item_key: "the keys of items"}
    if section.weight is not None:
        named[section.weight] = "weights"
    if section.time is not None and run.recommender().half_life_ is not None:
        named[section.time] = "times; recent interactions count more"
    for name, what in named.items():
        _require(table, path, name, what)
    return table[list(named)]


def user_of_columns(run: RunFolder, cells: Mapping[str, str]) -> pd.DataFrame:
    """Return a new user who is known by columns only.

    Parameters
    ----------
    run : RunFolder
        A run with a recommender.
    cells : mapping of str to str
        A text for some of the columns of users, which is read by the type of the column; others are missing.

    Returns
    -------
    DataFrame
        One row; the key is "new user".

    Raises
    ------
    ColumnError
        If the run does not know users by such a column; the message suggests similar names.
    FormatError
        If it has no recommender, or knows users by their keys only.
    """
    recommender = run.recommender()
    key, *others = run.config.recommend.sides("user")
    if not others:
        raise FormatError(
            f"The run {run.path} knows users by their keys only. An experiment with recommend: "
            f"{{user: [{key}, COLUMN]}} learns from a column of users."
        )
    for name in cells:
        if name not in others:
            raise ColumnError(
                f"The run {run.path} knows users by no column {name!r}. Columns of users: {', '.join(others)}."
                f"{did_you_mean(name, others)}"
            )
    types = recommender.types_
    row = {
        name: convert_texts(pd.Series([cells[name]], dtype="str"), types.get(name, "text")) if name in cells else [None]
        for name in others
    }
    free = NEW_USER
    while free in recommender.user_vectors_:
        free += "*"
    return pd.DataFrame({key: [free], **row})


def _read(run: RunFolder, path: str | Path, sep: str | None, encoding: str | None) -> pd.DataFrame:
    recommender, data = run.recommender(), run.config.data
    if is_plain_text(Path(path)):
        sep, encoding = sep or data.sep, encoding or data.encoding
    return read_table(path, types=recommender.types_, na=data.na, sep=sep, encoding=encoding)


def _require(table: pd.DataFrame, path: str | Path, name: str, what: str) -> None:
    if name not in table.columns:
        known: Sequence[str] = [str(each) for each in table.columns]
        raise ColumnError(
            f"{path} has no column {name!r} of {what}.{did_you_mean(name, known)} It has: {', '.join(known[:20])}."
        )
