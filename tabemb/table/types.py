"""Types of arguments that hold a table, or one value per row, for type checkers.

They are structural: a table of any library fits, without this library being installed. They are no promise that the
content is accepted; :func:`tabemb.table.frames.read_frame` decides that, and says what is wrong.

Examples
--------
>>> def weigh(X: TableLike, y: ColumnLike) -> float: ...
"""

from typing import Any, Protocol, TypeAlias

__all__ = ["ColumnLike", "HasArray", "HasArrowArray", "HasArrowStream", "HasShape", "TableLike"]


class HasShape(Protocol):
    """Arrays, and data frames of pandas, polars, Arrow and others."""

    @property
    def shape(self) -> Any:
        """Number of rows, and of columns."""


class HasArray(Protocol):
    """Whatever NumPy converts to an array, such as series of pandas and polars."""

    def __array__(self) -> Any:
        """Return an array."""


class HasArrowStream(Protocol):
    """Tables and columns with the stream of Arrow's PyCapsule interface, such as relations of DuckDB."""

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """Return a capsule of a stream."""


class HasArrowArray(Protocol):
    """Batches of rows and columns with the array of Arrow's PyCapsule interface."""

    def __arrow_c_array__(self, requested_schema: Any = None) -> Any:
        """Return two capsules, of a schema and an array."""


# Not any sequence: text is one.
TableLike: TypeAlias = HasShape | HasArray | HasArrowStream | HasArrowArray | list[Any] | tuple[Any, ...]
ColumnLike: TypeAlias = HasShape | HasArray | HasArrowStream | HasArrowArray | list[Any] | tuple[Any, ...] | range
