"""From a table to its schema: which columns are categories, which are numbers, and which tell nothing."""

import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np

from tabemb.exceptions import ColumnError, DataError, UnknownNameError, did_you_mean
from tabemb.table.calendar import PARTS, calendar_part, has_time_of_day
from tabemb.table.cells import Cells, all_equal, factorize, families, is_missing
from tabemb.table.frames import Frame
from tabemb.table.numeric import read_numbers
from tabemb.table.schema import (
    CategoricalColumn,
    DroppedColumn,
    DroppedColumnWarning,
    NumericColumn,
    Schema,
    SchemaHint,
)

__all__ = ["CategoricalSpec", "infer_schema"]

CategoricalSpec: TypeAlias = str | Sequence[str] | Sequence[int] | Sequence[bool] | Callable[[Any], Any] | None

_NUMBER_KINDS = ("integer", "float")

# orderId and customerID, but not "paid": the capital letter begins a word.
_IDENTIFIER_NAME = re.compile(
    r"(^|_|\s|-)(id|ids|key|code|zip|zipcode|postcode|postal|no|nr|number|uuid|sku|isbn)$", re.IGNORECASE
)
_IDENTIFIER_CAMEL = re.compile(r"[a-z](Id|ID|Key|Code|Zip|No|Nr)$")


def infer_schema(
    frame: Frame, categorical: CategoricalSpec = None, *, integers: str = "numeric", drop_constant: bool = True
) -> Schema:
    """Decide what each column of a table is.

    Text, category, bool and object columns are categories; integers and floats are numbers unless they are named in
    ``categorical``; datetimes become calendar categories (year, month, day, weekday, and hour where there are times of
    day), each where it varies.

    Parameters
    ----------
    frame : Frame
    categorical : list of names, list of positions, boolean mask, or callable, optional
        Columns that are categories although their type does not say so. A callable is given the table as the user gave
        it, and returns any of the others, like :func:`sklearn.compose.make_column_selector`.
    integers : {"numeric", "categorical"}, default="numeric"
        What integer columns are that ``categorical`` does not name.
    drop_constant : bool, default=True
        Whether constant and all-missing columns are kept out. In a table of one row nothing is.

    Returns
    -------
    Schema

    Raises
    ------
    ColumnError
        When ``categorical`` names a column that the table does not have.
    DataError
        When no column is left.

    Warns
    -----
    DroppedColumnWarning
        Names the columns that were kept out.
    SchemaHint
        Where an integer column looks like an identifier.

    Examples
    --------
    >>> import pandas as pd
    >>> from tabemb.table.frames import read_frame
    >>> flights = pd.DataFrame({"dest": ["IAH", "MIA"], "flight": [1545, 1141], "distance": [1400, 1089]})
    >>> schema = infer_schema(read_frame(flights), categorical=["flight"])
    >>> [column.name for column in schema.categorical], [column.name for column in schema.numeric]
    (['dest', 'flight'], ['distance'])
    """
    if integers not in ("numeric", "categorical"):
        raise UnknownNameError.among("way to read integers", integers, ["numeric", "categorical"])
    named = _resolve(categorical, frame)
    keep_all = not drop_constant or frame.n_rows == 1
    categories: list[CategoricalColumn] = []
    numbers: list[NumericColumn] = []
    dropped: list[DroppedColumn] = []
    hints: list[str] = []
    for name in frame.columns:
        cells, kind = frame.cells(name), frame.kind(name)
        reason = None if keep_all else _tells_nothing(cells)
        if reason is not None:
            dropped.append(DroppedColumn(name, reason))
        elif kind == "datetime" and name not in named:
            parts = _calendar_columns(name, cells, frame.columns, keep_all)
            categories.extend(parts)
            if not parts:
                dropped.append(DroppedColumn(name, "constant"))
        elif kind in _NUMBER_KINDS and name not in named and not (kind == "integer" and integers == "categorical"):
            numbers.append(NumericColumn(name))
            hints.extend(_identifier_hint(name, cells) if kind == "integer" and frame.named else [])
        else:
            categories.append(CategoricalColumn(name, name))
            hints.extend(_measure_hint(name, cells) if kind == "object" and name not in named else [])
            hints.extend(_free_text_hint(name, cells) if kind == "text" and name not in named else [])
    _report(dropped, hints)
    if not categories and not numbers:
        raise DataError(
            "No column is left to learn from: "
            + ", ".join(f"{column.name!r} is {column.reason}" for column in dropped)
            + ". Give at least one column whose cells differ."
        )
    return Schema(frame.columns, frame.named, tuple(categories), tuple(numbers), tuple(dropped), tuple(hints))


def _resolve(categorical: CategoricalSpec, frame: Frame) -> frozenset[str]:
    if categorical is None:
        return frozenset()
    if callable(categorical):
        return _resolve(categorical(frame.native), frame)
    if isinstance(categorical, str):
        return frozenset([_by_name(categorical, frame)])
    if not isinstance(categorical, Iterable):
        return _resolve([categorical], frame)
    entries = list(categorical)
    if entries and all(isinstance(entry, (bool, np.bool_)) for entry in entries):
        if len(entries) != len(frame.columns):
            raise ColumnError(
                f"categorical= as a mask has one truth value for each of the {len(frame.columns)} columns; "
                f"got {len(entries)}."
            )
        return frozenset(name for name, chosen in zip(frame.columns, entries, strict=True) if chosen)
    return frozenset(
        _by_name(entry, frame) if isinstance(entry, str) else _by_position(entry, frame) for entry in entries
    )


def _by_name(name: str, frame: Frame) -> str:
    if name in frame.columns:
        return name
    if not frame.named:
        raise ColumnError(
            f"categorical= names the column {name!r}, but the table has no column names. "
            f"Give positions, 0 to {len(frame.columns) - 1}."
        )
    raise ColumnError(
        f"categorical= names the column {name!r}, which the table does not have.{did_you_mean(name, frame.columns)} "
        f"Its columns: {', '.join(frame.columns)}."
    )


def _by_position(position: object, frame: Frame) -> str:
    if not isinstance(position, (int, np.integer)) or isinstance(position, bool):
        raise ColumnError(
            f"categorical= is a list of names, a list of positions, a mask of truth values, or a callable; "
            f"an entry is {position!r}, of type {type(position).__name__}."
        )
    n_columns = len(frame.columns)
    if not -n_columns <= position < n_columns:
        raise ColumnError(f"categorical= has the position {position}, but the table has {n_columns} columns.")
    return frame.columns[int(position)]


def _tells_nothing(cells: Cells) -> str | None:
    if is_missing(cells).all():
        return "all missing"
    return "constant" if all_equal(cells) else None


def _calendar_columns(name: str, cells: Cells, taken: tuple[str, ...], keep_all: bool) -> list[CategoricalColumn]:
    columns = []
    for part in PARTS:
        if part == "hour" and not has_time_of_day(cells):
            continue
        if keep_all or not all_equal(calendar_part(cells, part, name)):
            own_name = f"{name}_{part}"
            columns.append(CategoricalColumn(own_name if own_name not in taken else f"{own_name}_part", name, part))
    return columns


def _identifier_hint(name: str, cells: Cells) -> list[str]:
    if not (_has_identifier_name(name) and _has_repeats(cells)) and not _looks_like_identifiers(cells):
        return []
    return [
        f"Column {name!r} holds integers that look like identifiers, and is read as a number. "
        f"If its values are names of things, add it to categorical=."
    ]


def _measure_hint(name: str, cells: Cells) -> list[str]:
    # Whole numbers of type object are often ids, made so on purpose; fractions are not.
    if families(cells) != {"number"} or not np.any(read_numbers(cells) % 1 > 0):
        return []
    return [
        f"Column {name!r} is of type object, and all its cells are numbers; its values are read as categories. "
        f"If they are amounts, use pandas.to_numeric; if not, add the column to categorical=."
    ]


def _free_text_hint(name: str, cells: Cells) -> list[str]:
    rows = len(cells)
    different = len(factorize(cells).keys) if rows >= 1000 else 0
    if different <= 2 * rows / 3:
        return []
    return [
        f"Column {name!r} holds {different:,} different texts in {rows:,} rows, so it looks like free text or names of "
        f"rows, and few vectors will be learned well. Leave it out, or set min_frequency."
    ]


def _has_identifier_name(name: str) -> bool:
    return bool(_IDENTIFIER_NAME.search(name) or _IDENTIFIER_CAMEL.search(name))


def _has_repeats(cells: Cells) -> bool:
    coded = factorize(cells)
    return 2 < len(coded.keys) < int((coded.codes >= 0).sum())


def _looks_like_identifiers(cells: Cells) -> bool:
    # Amounts are round, or begin near zero; counts and dates leave no gaps. Identifiers do neither.
    if len(cells) < 1000:
        return False
    values = np.unique(read_numbers(cells))
    values = values[~np.isnan(values)]
    n_values = len(values)
    return bool(
        50 <= n_values <= len(cells) / 4
        and values[0] >= 1000
        and values[-1] - values[0] >= 10 * n_values
        and np.mean(values % 10 == 0) <= 0.2
    )


def _report(dropped: list[DroppedColumn], hints: list[str]) -> None:
    if dropped:
        listed = ", ".join(f"{column.name!r} ({column.reason})" for column in dropped)
        warnings.warn(f"Columns that tell nothing are kept out: {listed}.", DroppedColumnWarning, stacklevel=3)
    if hints:
        warnings.warn("\n".join(hints), SchemaHint, stacklevel=3)
