"""What each column of a table is, written down: a plain value that goes to JSON and back."""

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
    """A column may be something else than what its type says."""


class DroppedColumnWarning(UserWarning):
    """Columns were kept out, as they tell nothing."""


class TypeChangedWarning(UserWarning):
    """A column's cells are of another type than at fit, so that none is known."""


@dataclass(frozen=True, slots=True)
class CategoricalColumn:
    """A column of categories.

    Parameters
    ----------
    name : str
        Its own name: the table's, or for a part of a date ``"<source>_<part>"``.
    source : str
        The table's column.
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
    """A column that is kept out, and why: ``"constant"`` or ``"all missing"``."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Schema:
    """What each column of a table is.

    Parameters
    ----------
    columns : tuple of str
        All columns of the table, in its order.
    named : bool
        Whether these are the table's own names; else they are positions, ``"x0", "x1", ...``.
    categorical, numeric, dropped : tuples of columns
        In the table's order.
    hints : tuple of str
        Sentences about columns that may be something else than their type says.

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
        """The table's columns that are read, in its order."""
        sources = {column.source for column in self.categorical} | {column.name for column in self.numeric}
        return tuple(name for name in self.columns if name in sources)

    def to_json(self) -> dict[str, Any]:
        """Return a mapping of JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Schema":
        """Return the schema that :meth:`to_json` wrote.

        Raises
        ------
        FormatError
            When the mapping is not one.
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
