"""Infer the schema of a table: which columns are categorical, numeric, or without information."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from tabemb.exceptions import ColumnError, DataError, UnknownNameError, did_you_mean, warn_caller
from tabemb.table.calendar import PARTS, calendar_part, has_time_of_day
from tabemb.table.cells import (
    Cells,
    Coded,
    all_equal,
    distinct,
    factorize,
    families,
    is_missing,
    n_different,
)
from tabemb.table.frames import Frame
from tabemb.table.multi_valued import (
    BIGRAMS,
    LISTS,
    WORDS,
    MultiValuedSpec,
    SplitCells,
    SplitSpec,
    found_separator,
    refuse_split,
    split_specs,
)
from tabemb.table.numeric import read_numbers
from tabemb.table.schema import (
    CategoricalColumn,
    ColumnReading,
    DroppedColumn,
    DroppedColumnWarning,
    NumericColumn,
    Schema,
    SchemaHint,
    free_name,
)
from tabemb.table.typed_texts import looks_like_dates

__all__ = ["CategoricalSpec", "Inference", "infer_schema"]

CategoricalSpec: TypeAlias = str | Sequence[str] | Sequence[int] | Sequence[bool] | Callable[[Any], Any] | None

_NUMBER_KINDS = ("integer", "float", "duration")

# Minimal number of rows to judge whether nearly all cells differ, and whether all do.
_MIN_ROWS_TO_JUDGE, _MIN_ROWS_TO_BE_UNIQUE = 1000, 20
# Share of different cells from which few vectors of a column can be learned well.
_MANY = 2 / 3
# Integers of at most as many values may be codes.
_FEW_INTEGERS = 12
# Maximum length of the example of a column.
_LONGEST_EXAMPLE = 30

# orderId and customerID, but not "paid": a capital letter begins a word.
_IDENTIFIER_NAME = re.compile(
    r"(^|_|\s|-)(id|ids|key|code|zip|zipcode|postcode|postal|no|nr|number|uuid|sku|isbn)$", re.IGNORECASE
)
_IDENTIFIER_CAMEL = re.compile(r"[a-z](Id|ID|Key|Code|Zip|No|Nr)$")


def infer_schema(
    frame: Frame,
    categorical: CategoricalSpec = None,
    *,
    integers: str = "numeric",
    drop_constant: bool = True,
    multi_valued: MultiValuedSpec = None,
) -> Schema:
    """Infer the kind of each column of a table.

    Text, category, bool and object columns are categorical. Integer, float and duration columns are numeric (durations
    in seconds), unless they are in ``categorical``. Datetimes become categorical calendar parts (year, month, day,
    weekday, and hour if there are times of day); parts that do not vary are left out.

    Parameters
    ----------
    frame : Frame
    categorical : list of names, list of positions, boolean mask, or callable, optional
        Columns to treat as categorical whatever their type. A callable receives the table as passed by the user and
        returns any of the other forms, like :func:`sklearn.compose.make_column_selector`.
    integers : {"numeric", "categorical"}, default="numeric"
        How to treat integer columns that are not in ``categorical``.
    drop_constant : bool, default=True
        Whether to drop constant and all-missing columns. Nothing is dropped from a table of one row.
    multi_valued : "auto", mapping or None, default=None
        Columns whose cells hold several values: a mapping from column to a separator, "words", "bigrams", or a mapping
        with ``split`` and ``pooling``; None as an entry keeps the cells of a column whole. "auto" finds the separators
        "|" and ";" in columns that are not in ``categorical``. Lists hold several values in any case.

    Returns
    -------
    Schema

    Raises
    ------
    ColumnError
        If ``categorical`` names a column that the table does not have.
    DataError
        If no column is left.

    Warns
    -----
    DroppedColumnWarning
        If columns were dropped; lists them.
    SchemaHint
        If a column looks like another kind than its type suggests, such as integers that look like identifiers.

    Examples
    --------
    >>> import pandas as pd
    >>> from tabemb.table.frames import read_frame
    >>> flights = pd.DataFrame({"dest": ["IAH", "MIA"], "flight": [1545, 1141], "distance": [1400, 1089]})
    >>> schema = infer_schema(read_frame(flights), categorical=["flight"])
    >>> [column.name for column in schema.categorical], [column.name for column in schema.numeric]
    (['dest', 'flight'], ['distance'])
    """
    inference = Inference(frame, categorical, integers=integers, drop_constant=drop_constant, multi_valued=multi_valued)
    for name in frame.columns:
        inference.examine(name)
    frame.forget_codes()
    return inference.schema()


class Inference:
    """The inferred kind of each column, followed by how each was read, with hints.

    Hints need the codes of a column, as its vocabulary does; working column by column factorizes each only once.
    Parameters, errors and warnings are those of :func:`infer_schema`; columns in ``settled`` get no hints.

    Attributes
    ----------
    categorical, numeric, dropped : tuples of columns
        In table order.
    """

    def __init__(
        self,
        frame: Frame,
        categorical: CategoricalSpec = None,
        *,
        integers: str = "numeric",
        drop_constant: bool = True,
        multi_valued: MultiValuedSpec = None,
        settled: Collection[str] = (),
    ) -> None:
        if integers not in ("numeric", "categorical"):
            raise UnknownNameError.among("treatment of integers", integers, ["numeric", "categorical"])
        self._frame = frame
        self._named, self._settled = _resolve(categorical, frame), settled
        self._splits, self._finds_separators = split_specs(multi_valued, frame.columns), multi_valued is not None
        self._hints: dict[str, list[str]] = {}
        self._readings: dict[str, ColumnReading] = {}
        keep_all = not drop_constant or frame.n_rows == 1
        categories: list[CategoricalColumn] = []
        numbers: list[NumericColumn] = []
        dropped: list[DroppedColumn] = []
        taken = set(frame.columns)
        for name in frame.columns:
            cells, kind = frame.cells(name), frame.kind(name)
            named = name in self._named
            reason = None if keep_all else _reason_to_drop(cells)
            if reason is not None:
                dropped.append(DroppedColumn(name, reason))
            elif split := self._split_of(name, kind):
                categories.append(CategoricalColumn(name, name, None, split.split, split.pooling))
            elif kind == "datetime" and not named:
                parts = _calendar_columns(name, cells, taken, keep_all)
                categories.extend(parts)
                taken.update(part.name for part in parts)
                if not parts:
                    dropped.append(DroppedColumn(name, "constant"))
            elif kind in _NUMBER_KINDS and not named and not (kind == "integer" and integers == "categorical"):
                numbers.append(NumericColumn(name))
            else:
                categories.append(CategoricalColumn(name, name))
        self.categorical, self.numeric, self.dropped = tuple(categories), tuple(numbers), tuple(dropped)
        self._numbers = frozenset(column.name for column in numbers)
        self._split = {column.name: column.split for column in categories if column.split is not None}
        self._dates = frozenset(column.source for column in categories if column.part is not None)
        self._reasons = {column.name: column.reason for column in dropped}
        self._report_dropped()

    def _split_of(self, name: str, kind: str) -> SplitSpec | None:
        """Return how the cells of a column are split, None if they hold one value each."""
        given = self._splits.get(name)
        if kind == "list":
            return SplitSpec(LISTS) if given is None else SplitSpec(given.split or LISTS, given.pooling)
        if given is not None:
            if given.split is None:
                return None
            if given.split == LISTS:
                raise DataError(
                    f"multi_valued gives no separator for {name!r}, whose cells are no lists but of type {kind}. Set "
                    f"multi_valued={{{name!r}: {{'split': '|', 'pooling': {given.pooling!r}}}}}, with its separator."
                )
            refuse_split(name, kind, given.split)
            return given
        if not self._finds_separators or name in self._named or kind not in ("text", "category", "object"):
            return None
        separator = found_separator(self._frame.coded(name))
        return None if separator is None else SplitSpec(separator)

    def examine(self, name: str) -> None:
        """Record how a column is read, and whether it may be of another kind than its type suggests."""
        frame, kind = self._frame, self._frame.kind(name)
        found = (
            []
            if name in self._named or name in self._settled or name in self._reasons
            else self._find_hints(name, kind)
        )
        self._hints[name] = [hint.sentence for hint in found if hint.sentence]
        read_as = self._kind_of(name)
        self._readings[name] = ColumnReading(
            name=name,
            kind=read_as,
            type=kind,
            n_categories=n_different(frame.coded(name)) if read_as == "categorical" else None,
            n_missing=int(is_missing(frame.cells(name)).sum()),
            example=_example(frame.cells(name)),
            note="; ".join([self._reasons[name]] if name in self._reasons else [hint.note for hint in found]),
        )

    def _find_hints(self, name: str, kind: str) -> list["_Hint"]:
        frame = self._frame
        if name in self._split:
            if kind == "list":
                return []
            split = str(self._split[name])
            return [_split_hint(name, frame, split)] if name not in self._splits else _unsplit_hint(name, frame, split)
        if name in self._numbers:
            return _integer_hints(name, frame) if kind in ("integer", "float") and frame.named else []
        if kind == "integer":
            return _category_hints(name, frame)
        if kind == "object":
            return _numbers_hint(name, frame.cells(name))
        return _text_hints(name, frame) if kind == "text" else []

    def _kind_of(self, name: str) -> str:
        if name in self._reasons:
            return "dropped"
        if name in self._numbers:
            return "numeric"
        if name in self._split:
            return "several values"
        return "calendar parts" if name in self._dates else "categorical"

    def schema(self) -> Schema:
        """Return the schema with the readings and hints found; warns about the hints."""
        frame = self._frame
        hints = tuple(hint for name in frame.columns for hint in self._hints.get(name, []))
        if hints:
            warn_caller("\n".join(hints), SchemaHint)
        readings = tuple(self._readings[name] for name in frame.columns if name in self._readings)
        return Schema(frame.columns, frame.named, self.categorical, self.numeric, self.dropped, hints, readings)

    def _report_dropped(self) -> None:
        listed = ", ".join(f"{column.name!r} ({column.reason})" for column in self.dropped)
        if listed:
            warn_caller(f"Columns without information are dropped: {listed}.", DroppedColumnWarning)
        if not self.categorical and not self.numeric:
            raise DataError(
                "No column is left to learn from: "
                + ", ".join(f"{column.name!r} is {column.reason}" for column in self.dropped)
                + ". Give at least one column with different cells."
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
                f"categorical= as a mask must have one boolean for each of the {len(frame.columns)} columns; "
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
            f"categorical= must be a list of names, a list of positions, a boolean mask, or a callable; "
            f"got the entry {position!r}, of type {type(position).__name__}."
        )
    n_columns = len(frame.columns)
    if not -n_columns <= position < n_columns:
        raise ColumnError(f"categorical= has the position {position}, but the table has {n_columns} columns.")
    return frame.columns[int(position)]


def _reason_to_drop(cells: Cells) -> str | None:
    if is_missing(cells).all():
        return "all missing"
    return "constant" if all_equal(cells) else None


def _calendar_columns(name: str, cells: Cells, taken: Collection[str], keep_all: bool) -> list[CategoricalColumn]:
    columns = []
    for part in PARTS:
        if part == "hour" and not has_time_of_day(cells):
            continue
        if keep_all or not all_equal(calendar_part(cells, part, name)):
            columns.append(CategoricalColumn(free_name(f"{name}_{part}", taken, "_part"), name, part))
    return columns


@dataclass(frozen=True, slots=True)
class _Hint:
    """What to check about a column: a note in a few words, and a sentence if it is worth a warning."""

    note: str
    sentence: str = ""


def _integer_hints(name: str, frame: Frame) -> list[_Hint]:
    coded = frame.coded(name) if _may_be_identifiers(name, frame) else None
    if coded is None or not _all_whole(coded):
        return []
    present = int((coded.codes >= 0).sum())
    if n_different(coded) == present >= _MIN_ROWS_TO_BE_UNIQUE:
        if _has_identifier_name(name):
            return [
                _Hint(
                    "a different number in every row, like an identifier: drop?",
                    f"Column {name!r} holds a different integer in every row and is named like an identifier, which "
                    f"says nothing about other rows; it is treated as numeric. If it is an identifier, drop it.",
                )
            ]
        values = read_numbers(distinct(coded))
        return [_Hint("counts the rows: drop?")] if np.ptp(values) == present - 1 else []
    if (_has_identifier_name(name) and _has_repeats(coded)) or (
        frame.n_rows >= _MIN_ROWS_TO_JUDGE and _looks_like_identifiers(coded)
    ):
        return [
            _Hint(
                "integers that look like identifiers or codes: categorical?",
                f"Column {name!r} holds integers that look like identifiers, and is treated as numeric. "
                f"If its values are identifiers, add it to categorical=.",
            )
        ]
    few = 2 < n_different(coded) <= _FEW_INTEGERS and present >= _MIN_ROWS_TO_BE_UNIQUE
    return [_Hint(f"only {n_different(coded)} different integers: categorical, if they are codes")] if few else []


def _category_hints(name: str, frame: Frame) -> list[_Hint]:
    """Return whether integers that are read as categories may be quantities, or identify the rows."""
    rows, different = frame.n_rows, n_different(frame.coded(name))
    if rows < _MIN_ROWS_TO_JUDGE or different <= _MANY * rows:
        return []
    return [
        _Hint(
            f"{different:,} different integers: a quantity, or row identifiers?",
            f"Column {name!r} holds {different:,} different integers in {rows:,} rows, and is treated as categorical. "
            f"If it is a quantity, convert it to float; if it identifies the rows, drop it.",
        )
    ]


def _split_hint(name: str, frame: Frame, separator: str) -> _Hint:
    """Return that the cells of a column were found to hold several values."""
    cells = SplitCells.of(frame.coded(name), separator)
    values = factorize(cells.values)
    listed = ", ".join(repr(key) for key in values.keys[:3])
    return _Hint(
        f"several values per cell, separated by {separator!r}",
        f"Column {name!r} holds several values per cell, separated by {separator!r}: {len(values.values):,} different "
        f"ones, such as {listed}, each of which gets a vector. To keep its cells whole, set "
        f"multi_valued={{{name!r}: None}}; to get rid of this hint, set multi_valued={{{name!r}: {separator!r}}}.",
    )


def _unsplit_hint(name: str, frame: Frame, split: str) -> list[_Hint]:
    """Return whether no cell holds the separator that was given."""
    texts = frame.coded(name).keys
    if split in (WORDS, BIGRAMS) or any(isinstance(text, str) and split in text for text in texts):
        return []
    return [
        _Hint(
            f"no cell holds the separator {split!r}",
            f"No cell of column {name!r} holds the separator {split!r}, so each has one value."
            f"{did_you_mean(split, [WORDS, BIGRAMS])}",
        )
    ]


def _may_be_identifiers(name: str, frame: Frame) -> bool:
    # Integers beside missing cells are floats in pandas.
    if frame.kind(name) == "integer":
        return True
    return _has_identifier_name(name) and bool(is_missing(frame.cells(name)).any())


def _all_whole(coded: Coded) -> bool:
    values = read_numbers(distinct(coded))
    return bool(len(values) and (values == np.floor(values)).all())


def _numbers_hint(name: str, cells: Cells) -> list[_Hint]:
    # Integers of type object are often identifiers, converted on purpose; fractions are not.
    if families(cells) != {"number"} or not np.any(read_numbers(cells) % 1 > 0):
        return []
    return [
        _Hint(
            "numbers of type object, treated as categories",
            f"Column {name!r} is of type object, and all its cells are numbers; it is treated as categorical. "
            f"If they are quantities, use pandas.to_numeric; if not, add the column to categorical=.",
        )
    ]


def _text_hints(name: str, frame: Frame) -> list[_Hint]:
    rows, coded = frame.n_rows, frame.coded(name)
    different = n_different(coded)
    texts = coded.values
    if different > 1 and not isinstance(texts, list) and looks_like_dates(texts):
        return [
            _Hint(
                "dates as text, treated as categories",
                f"Column {name!r} holds dates as text, such as {texts[0].as_py()!r}, and is treated as categorical. "
                f"Convert it to dates for year, month and weekday (pandas.to_datetime), or add it to categorical=.",
            )
        ]
    if rows >= _MIN_ROWS_TO_JUDGE and different > _MANY * rows:
        return [
            _Hint(
                f"{different:,} different texts: free text or row identifiers? drop?",
                f"Column {name!r} holds {different:,} different texts in {rows:,} rows, so it looks like free text or "
                f"row identifiers, and few vectors will be learned well. Drop it, set min_frequency, or read the words "
                f"of its texts: multi_valued={{{name!r}: 'words'}}.",
            )
        ]
    present = int((coded.codes >= 0).sum())
    return [_Hint("a different text in every row: drop?")] if different == present >= _MIN_ROWS_TO_BE_UNIQUE else []


def _example(cells: Cells) -> str:
    """Return the first cell that is not missing as text, shortened."""
    present = np.flatnonzero(~is_missing(cells))[:1]
    if not len(present):
        return ""
    row = int(present[0])
    if isinstance(cells, Coded):
        value = cells.keys[cells.codes[row]] if isinstance(cells.values, list) else cells.values[cells.codes[row]]
    else:
        value = cells[row]
    # The text of an Arrow scalar, as Python has no dates beyond the year 9999.
    text = str(value).encode("utf-8", "backslashreplace").decode("utf-8")
    return text if len(text) <= _LONGEST_EXAMPLE else text[: _LONGEST_EXAMPLE - 3] + "..."


def _has_identifier_name(name: str) -> bool:
    return bool(_IDENTIFIER_NAME.search(name) or _IDENTIFIER_CAMEL.search(name))


def _has_repeats(coded: Coded) -> bool:
    return 2 < len(coded.values) < int((coded.codes >= 0).sum())


def _looks_like_identifiers(coded: Coded) -> bool:
    # Quantities are round or start near zero; counts and dates have no gaps. Identifiers do neither.
    n_values = len(coded.values)
    if not 50 <= n_values <= len(coded) / 4:
        return False
    values = read_numbers(distinct(coded))
    return bool(values.min() >= 1000 and np.ptp(values) >= 10 * n_values and np.mean(values % 10 == 0) <= 0.2)
