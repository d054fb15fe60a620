"""From a table to its schema: which columns are categories, which are numbers, and which tell nothing."""

import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np

from tabemb.exceptions import ColumnError, DataError, UnknownNameError, did_you_mean
from tabemb.table.calendar import PARTS, calendar_part, has_time_of_day
from tabemb.table.cells import Cells, Coded, all_equal, distinct, families, is_missing
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

__all__ = ["CategoricalSpec", "Inference", "infer_schema"]

CategoricalSpec: TypeAlias = str | Sequence[str] | Sequence[int] | Sequence[bool] | Callable[[Any], Any] | None

_NUMBER_KINDS = ("integer", "float")

# Fewer rows than this do not show whether nearly all cells differ.
_ROWS_TO_TELL = 1000

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
    inference = Inference(frame, categorical, integers=integers, drop_constant=drop_constant)
    for name in frame.columns:
        inference.look_closer(name)
    frame.forget_codes()
    return inference.schema()


class Inference:
    """What each column of a table is, and then, column by column, what else it may be.

    The second look needs the column's codes, as its vocabulary does: who makes both in one turn codes it once.
    Parameters, errors and warnings are those of :func:`infer_schema`.

    Attributes
    ----------
    categorical, numeric, dropped : tuples of columns
        In the table's order.
    """

    def __init__(
        self,
        frame: Frame,
        categorical: CategoricalSpec = None,
        *,
        integers: str = "numeric",
        drop_constant: bool = True,
    ) -> None:
        if integers not in ("numeric", "categorical"):
            raise UnknownNameError.among("way to read integers", integers, ["numeric", "categorical"])
        self._frame = frame
        self._named = _resolve(categorical, frame)
        self._hints: dict[str, list[str]] = {}
        keep_all = not drop_constant or frame.n_rows == 1
        categories: list[CategoricalColumn] = []
        numbers: list[NumericColumn] = []
        dropped: list[DroppedColumn] = []
        for name in frame.columns:
            cells, kind = frame.cells(name), frame.kind(name)
            named = name in self._named
            reason = None if keep_all else _tells_nothing(cells)
            if reason is not None:
                dropped.append(DroppedColumn(name, reason))
            elif kind == "datetime" and not named:
                parts = _calendar_columns(name, cells, frame.columns, keep_all)
                categories.extend(parts)
                if not parts:
                    dropped.append(DroppedColumn(name, "constant"))
            elif kind in _NUMBER_KINDS and not named and not (kind == "integer" and integers == "categorical"):
                numbers.append(NumericColumn(name))
            else:
                categories.append(CategoricalColumn(name, name))
        self.categorical, self.numeric, self.dropped = tuple(categories), tuple(numbers), tuple(dropped)
        self._numbers = frozenset(column.name for column in numbers)
        self._report_dropped()

    def look_closer(self, name: str) -> None:
        """Note what a column that was not named by the user may be beside what its type says."""
        if name in self._named or any(column.name == name for column in self.dropped):
            return
        kind = self._frame.kind(name)
        if name in self._numbers:
            self._hints[name] = _identifier_hint(name, self._frame) if kind == "integer" and self._frame.named else []
        elif kind == "object":
            self._hints[name] = _measure_hint(name, self._frame.cells(name))
        elif kind == "text":
            self._hints[name] = _free_text_hint(name, self._frame)

    def schema(self) -> Schema:
        """Return the schema, with what was noted; warns of it."""
        frame = self._frame
        hints = tuple(hint for name in frame.columns for hint in self._hints.get(name, []))
        if hints:
            warnings.warn("\n".join(hints), SchemaHint, stacklevel=3)
        return Schema(frame.columns, frame.named, self.categorical, self.numeric, self.dropped, hints)

    def _report_dropped(self) -> None:
        listed = ", ".join(f"{column.name!r} ({column.reason})" for column in self.dropped)
        if listed:
            warnings.warn(f"Columns that tell nothing are kept out: {listed}.", DroppedColumnWarning, stacklevel=4)
        if not self.categorical and not self.numeric:
            raise DataError(
                "No column is left to learn from: "
                + ", ".join(f"{column.name!r} is {column.reason}" for column in self.dropped)
                + ". Give at least one column whose cells differ."
            )


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


def _identifier_hint(name: str, frame: Frame) -> list[str]:
    if not (_has_identifier_name(name) and _has_repeats(frame.coded(name))) and not (
        frame.n_rows >= _ROWS_TO_TELL and _looks_like_identifiers(frame.coded(name))
    ):
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


def _free_text_hint(name: str, frame: Frame) -> list[str]:
    rows = frame.n_rows
    different = len(frame.coded(name).values) if rows >= _ROWS_TO_TELL else 0
    if different <= 2 * rows / 3:
        return []
    return [
        f"Column {name!r} holds {different:,} different texts in {rows:,} rows, so it looks like free text or names of "
        f"rows, and few vectors will be learned well. Leave it out, or set min_frequency."
    ]


def _has_identifier_name(name: str) -> bool:
    return bool(_IDENTIFIER_NAME.search(name) or _IDENTIFIER_CAMEL.search(name))


def _has_repeats(coded: Coded) -> bool:
    return 2 < len(coded.values) < int((coded.codes >= 0).sum())


def _looks_like_identifiers(coded: Coded) -> bool:
    # Amounts are round, or begin near zero; counts and dates leave no gaps. Identifiers do neither.
    n_values = len(coded.values)
    if not 50 <= n_values <= len(coded) / 4:
        return False
    values = read_numbers(distinct(coded))
    return bool(values.min() >= 1000 and np.ptp(values) >= 10 * n_values and np.mean(values % 10 == 0) <= 0.2)
