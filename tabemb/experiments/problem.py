"""From an experiment's data section to the columns and the target that a model is given."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from tabemb.exceptions import ColumnError, ConfigError, DataError, UnknownNameError, did_you_mean
from tabemb.experiments.config import DerivedTarget, ExperimentConfig
from tabemb.experiments.datasets import DATASETS
from tabemb.experiments.tables import read_table

__all__ = ["Problem", "load_problem"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Problem:
    """What is learned from what.

    Parameters
    ----------
    X : pandas.DataFrame
        The columns to learn from.
    y : pandas.Series
        The target, of the same length.
    target : str
        The target in words: ``"arr_delay above 15"``.
    by : pandas.Series or None
        Groups or times of the rows, where the validation needs them.
    source : str
        Where the table is from.
    n_read : int
        Rows of the table before any were left out.
    notes : tuple of str
        What was left out, one sentence each.
    labels : dict of str to dict
        Column to readable names of its keys, where there are any.
    """

    X: pd.DataFrame
    y: pd.Series
    target: str
    by: pd.Series | None = None
    source: str = ""
    n_read: int = 0
    notes: tuple[str, ...] = ()
    labels: dict[str, dict] = field(default_factory=dict)


def load_problem(config: ExperimentConfig) -> Problem:
    """Load the table that an experiment names, and take out the columns, the target and the sample of rows.

    Parameters
    ----------
    config : ExperimentConfig
        The experiment.

    Returns
    -------
    Problem

    Raises
    ------
    ConfigError
        When the file names a data set or an environment variable that does not exist.
    ColumnError
        When the table lacks a column; the message names the line and near columns.
    DataError
        When the table cannot be read or no row is left.
    """
    data = config.data
    if data.dataset is not None:
        try:
            dataset = DATASETS[data.dataset]()
        except UnknownNameError as error:
            raise ConfigError(f"{config.where('data.dataset')}: {error}") from None
        table, source, labels = dataset.load(), dataset.source, dataset.labels()
    else:
        path = config.table_path()
        table, source, labels = read_table(path), path.name, {}
    n_read, notes = len(table), []
    target = _target_column(data.target)
    _require(config, table, "data.target", [target])
    columns = _columns(config, table, target)
    present = table[target].notna()
    if not present.all():
        n_missing = int((~present).sum())
        notes.append(f"{n_missing:,} of {n_read:,} rows have no {target} and were left out.")
        table = table[present]
    if table.empty:
        raise DataError(
            f"{config.where('data.target')}: no row is left, {target!r} is missing in all {n_read:,} of them."
        )
    if data.rows is not None and data.rows < len(table):
        notes.append(f"A random sample of {data.rows:,} of the {len(table):,} rows was used (seed {config.seed}).")
        rows = np.random.default_rng(config.seed).choice(len(table), data.rows, replace=False)
        table = table.iloc[np.sort(rows)]
    table = table.reset_index(drop=True)
    by = config.validation.by
    return Problem(
        X=table[columns],
        y=_target_values(table[target], data.target),
        target=_in_words(data.target),
        by=None if by is None else table[by],
        source=source,
        n_read=n_read,
        notes=tuple(notes),
        labels={column: labels[column] for column in columns if column in labels},
    )


def _columns(config: ExperimentConfig, table: pd.DataFrame, target: str) -> list[str]:
    data, by = config.data, config.validation.by
    if by is not None:
        _require(config, table, "validation.by", [by])
    if data.columns is not None:
        _require(config, table, "data.columns", data.columns)
        twice = sorted({column for column in data.columns if data.columns.count(column) > 1})
        if twice:
            raise ConfigError(f"{config.where('data.columns')} names {twice[0]!r} more than once.")
        if target in data.columns:
            raise ConfigError(
                f"{config.where('data.columns')} holds the target {target!r} too: that would give the answer away."
            )
        columns = list(data.columns)
    else:
        _require(config, table, "data.drop", data.drop)
        columns = [str(column) for column in table.columns if column not in {target, by, *data.drop}]
    for column in data.categorical:
        if column not in columns:
            raise ConfigError(
                f"{config.where('data.categorical')} names {column!r}, which is not among the columns that are learned "
                f"from.{did_you_mean(column, columns)}"
            )
    return columns


def _require(config: ExperimentConfig, table: pd.DataFrame, key: str, columns: list[str]) -> None:
    for column in columns:
        if column not in table.columns:
            known = [str(each) for each in table.columns]
            shown = ", ".join(known[:20]) + (", ..." if len(known) > 20 else "")
            raise ColumnError(
                f"{config.where(key)}: the table has no column {column!r}.{did_you_mean(column, known)} "
                f"It has: {shown}."
            )


def _target_column(target: str | DerivedTarget) -> str:
    return target if isinstance(target, str) else target.column


def _in_words(target: str | DerivedTarget) -> str:
    if isinstance(target, str):
        return target
    if target.equals is not None:
        return f"{target.column} equals {target.equals}"
    if target.above is not None:
        return f"{target.column} above {target.above:g}"
    return f"{target.column} below {target.below:g}"


def _target_values(values: pd.Series, target: str | DerivedTarget) -> pd.Series:
    if isinstance(target, str):
        return values
    if target.equals is not None:
        answer = values == target.equals
    elif not pd.api.types.is_numeric_dtype(values):
        raise DataError(
            f"The target asks whether {target.column!r} is {_in_words(target).removeprefix(target.column).strip()}, "
            f"and the column is not of numbers but of {values.dtype}. Use equals for text."
        )
    else:
        answer = values > target.above if target.above is not None else values < target.below
    # Words, not True and False: they are what reports and predictions show.
    return answer.map({True: "yes", False: "no"}).rename(_in_words(target))
