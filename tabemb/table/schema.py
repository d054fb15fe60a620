"""The schema of a table: the kind of each column, convertible to and from JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tabemb.exceptions import FormatError

__all__ = [
    "CategoricalColumn",
    "DroppedColumn",
    "DroppedColumnWarning",
    "NumericColumn",
    "Schema",
    "SchemaHint",
    "TypeChangedWarning",
]


class SchemaHint(UserWarning):
    """A column may be of another kind than its type suggests."""


class DroppedColumnWarning(UserWarning):
    """Columns were dropped because they carry no information."""


class TypeChangedWarning(UserWarning):
    """The cells of a column have another type than at fit, so that none is known."""


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
    """

    name: str
    source: str
    part: str | None = None


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

    @property
    def used(self) -> tuple[str, ...]:
        """The columns that are read, in table order."""
        sources = {column.source for column in self.categorical} | {column.name for column in self.numeric}
        return tuple(name for name in self.columns if name in sources)

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
            )
        except (KeyError, TypeError) as error:
            raise FormatError(f"A saved schema cannot be read: {error}.") from error
