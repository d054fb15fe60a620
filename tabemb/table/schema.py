"""The schema of a table: the kind of each column, convertible to and from JSON."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import pandas as pd

from tabemb.exceptions import FormatError
from tabemb.table.notebook import as_html_table, html_note, html_view

__all__ = [
    "CategoricalColumn",
    "ColumnReading",
    "DroppedColumn",
    "DroppedColumnWarning",
    "NumericColumn",
    "Schema",
    "SchemaHint",
    "TypeChangedWarning",
    "UnknownCategoryWarning",
    "free_name",
]

# Columns of numbers in what notebooks show.
_COUNTS = ("categories", "missing")


def free_name(name: str, taken: Collection[str], suffix: str) -> str:
    """Return a name for what is derived from a column, with the suffix as often as needed to differ from others.

    Examples
    --------
    >>> free_name("date_year", {"date_year", "date_year_part"}, "_part")
    'date_year_part_part'
    """
    while name in taken:
        name += suffix
    return name


class SchemaHint(UserWarning):
    """A column may be of another kind than its type suggests."""


class DroppedColumnWarning(UserWarning):
    """Columns were dropped because they carry no information."""


class TypeChangedWarning(UserWarning):
    """The cells of a column have another type than at fit, so that none is known."""


class UnknownCategoryWarning(UserWarning):
    """Rows of a further batch have categories that the first one did not have."""


@dataclass(frozen=True, slots=True)
class CategoricalColumn:
    """A column of categories.

    Parameters
    ----------
    name : str
        Name of the categorical column: that of the source, or ``"<source>_<part>"`` for a part of a date.
    source : str
        Name of the column in the table.
    part : str, optional
        ``"year"``, ``"month"``, ``"day"``, ``"weekday"`` or ``"hour"`` of a datetime column.
    split : str, optional
        How a cell is split into several values: ``"values"`` for lists, ``"words"``, ``"bigrams"``, or a separator.
        None for columns whose cells hold one value.
    pooling : str, default="mean"
        How the vectors of the values of a cell become one, in :data:`~tabemb.table.bags.POOLINGS`.
    """

    name: str
    source: str
    part: str | None = None
    split: str | None = None
    pooling: str = "mean"


@dataclass(frozen=True, slots=True)
class NumericColumn:
    """A column of numbers."""

    name: str


@dataclass(frozen=True, slots=True)
class DroppedColumn:
    """A dropped column, and the reason: ``"constant"`` or ``"all missing"``."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class ColumnReading:
    """How a column of a table was read at fit.

    Parameters
    ----------
    name : str
        Name of the column.
    kind : str
        ``"categorical"``, ``"several values"`` per cell, ``"numeric"``, ``"calendar parts"`` or ``"dropped"``.
    type : str
        Type of the cells, as of :meth:`tabemb.table.frames.Frame.kind`.
    n_categories : int, optional
        Number of different cells of a categorical column; of cells with several values, the number of these that have
        vectors.
    n_missing : int
        Number of missing cells.
    example : str
        The first cell that is not missing; empty if all are.
    note : str
        What to check: whether the column may be of another kind, in a few words. Usually empty.
    """

    name: str
    kind: str
    type: str
    n_categories: int | None = None
    n_missing: int = 0
    example: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Schema:
    """The kind of each column of a table.

    Parameters
    ----------
    columns : tuple of str
        All columns of the table, in table order.
    named : bool
        Whether the table has column names; otherwise the names are positions, ``"x0", "x1", ...``.
    categorical, numeric, dropped : tuples of columns
        In table order.
    hints : tuple of str
        Sentences about columns that may be of another kind than their type suggests.
    readings : tuple of ColumnReading
        How each column was read, in table order; not part of the identity of a schema, and empty in those that were
        saved without.

    Examples
    --------
    >>> schema = Schema(("dest", "distance"), True, (CategoricalColumn("dest", "dest"),), (NumericColumn("distance"),))
    >>> Schema.from_json(schema.to_json()) == schema
    True
    """

    columns: tuple[str, ...]
    named: bool
    categorical: tuple[CategoricalColumn, ...]
    numeric: tuple[NumericColumn, ...]
    dropped: tuple[DroppedColumn, ...] = ()
    hints: tuple[str, ...] = ()
    readings: tuple[ColumnReading, ...] = field(default=(), compare=False)

    @property
    def used(self) -> tuple[str, ...]:
        """The columns that are read, in table order."""
        sources = {column.source for column in self.categorical} | {column.name for column in self.numeric}
        return tuple(name for name in self.columns if name in sources)

    def to_frame(self) -> pd.DataFrame:
        """Return a table with one row per column: how it was read, with an example and what to check.

        Examples
        --------
        >>> reading = ColumnReading("dest", "categorical", "text", n_categories=105, example="IAH")
        >>> Schema(("dest",), True, (CategoricalColumn("dest", "dest"),), (), readings=(reading,)).to_frame().iloc[0]
        column                dest
        kind           categorical
        type                  text
        categories             105
        missing                  0
        example                IAH
        note
        Name: 0, dtype: object
        """
        rows = [
            (each.name, each.kind, each.type, each.n_categories, each.n_missing, each.example, each.note)
            for each in self.readings or self._bare_readings()
        ]
        frame = pd.DataFrame(rows, columns=["column", "kind", "type", "categories", "missing", "example", "note"])
        return frame.astype({"categories": "Int64"})

    def _bare_readings(self) -> tuple[ColumnReading, ...]:
        """Return what is known without a table: the kind of each column."""
        kinds = {
            column.source: "calendar parts" if column.part else "several values" if column.split else "categorical"
            for column in self.categorical
        }
        kinds |= {column.name: "numeric" for column in self.numeric}
        reasons = {column.name: column.reason for column in self.dropped}
        return tuple(
            ColumnReading(name, kinds.get(name, "dropped"), "", note=reasons.get(name, "")) for name in self.columns
        )

    def __repr__(self) -> str:
        counts = {"categorical": len({each.source for each in self.categorical}), "numeric": len(self.numeric)}
        counts["dropped"] = len(self.dropped)
        kinds = ", ".join(f"{n:,} {kind}" for kind, n in counts.items() if n)
        return f"Schema({len(self.columns):,} column{'' if len(self.columns) == 1 else 's'}{kinds and ': '}{kinds})"

    def _repr_html_(self) -> str:
        readings = self.readings or self._bare_readings()
        full = bool(self.readings)
        titles = ["column", "read as", "type", "categories", "missing", "example", "to check"]
        rows: list[list[object]] = [
            [
                each.name,
                each.kind,
                each.type,
                None if each.n_categories is None else f"{each.n_categories:,}",
                f"{each.n_missing:,}" if each.n_missing else None,
                each.example,
                each.note,
            ]
            for each in readings
        ]
        kept = [place for place, title in enumerate(titles) if title == "column" or any(row[place] for row in rows)]
        table = as_html_table([titles[i] for i in kept], [[row[i] for i in kept] for row in rows], _COUNTS)
        notes = () if full else [html_note(hint, mark=True) for hint in self.hints]
        return html_view("Schema", "", [repr(self).removeprefix("Schema(").removesuffix(")")], table, *notes)

    def to_json(self) -> dict[str, Any]:
        """Return a mapping of JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Schema":
        """Return the schema from the output of :meth:`to_json`.

        Raises
        ------
        FormatError
            If the mapping is not a valid schema.
        """
        try:
            return cls(
                columns=tuple(data["columns"]),
                named=bool(data["named"]),
                categorical=tuple(CategoricalColumn(**column) for column in data["categorical"]),
                numeric=tuple(NumericColumn(**column) for column in data["numeric"]),
                dropped=tuple(DroppedColumn(**column) for column in data["dropped"]),
                hints=tuple(data["hints"]),
                readings=tuple(ColumnReading(**reading) for reading in data.get("readings", ())),
            )
        except (KeyError, TypeError) as error:
            raise FormatError(f"A saved schema cannot be read: {error}.") from error
