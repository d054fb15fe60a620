"""Keys, numbers and counts in the columns of somebody's table, of any kind that narwhals knows."""

from collections.abc import Hashable, Iterable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import ColumnError, DataError, did_you_mean

__all__ = ["counts_in", "keys_in", "matrix_in", "open_frame"]

# A narwhals DataFrame. Its own type is of no use here, for columns of pandas may be called anything.
Table: TypeAlias = Any


def open_frame(frame: Any) -> Table:
    """Return the table as narwhals sees it.

    Raises
    ------
    DataError
        When it is no table, or has no rows yet.
    ColumnError
        When two columns have the same name.
    """
    import narwhals as nw

    if nw.dependencies.is_polars_lazyframe(frame):
        raise DataError("A polars LazyFrame has no rows yet. Call .collect() first.")
    try:
        table = nw.from_native(frame, eager_only=True)
        columns = list(table.columns)
    except TypeError as error:
        raise DataError(
            f"Expected a table of pandas, polars or Arrow, got {type(frame).__name__}. "
            "CategoryVectors(keys, vectors) takes lists and arrays."
        ) from error
    except nw.exceptions.DuplicateError as error:
        raise ColumnError(f"Column names must differ. {error}".replace("\n", " ")) from error
    if len(set(columns)) < len(columns):
        doubled = next(name for name in columns if columns.count(name) > 1)
        raise ColumnError(f"Column names must differ, but {doubled!r} comes more than once. Rename or drop the copies.")
    return table


def keys_in(table: Table, column: str | None) -> tuple[list[Any], str]:
    """Return the keys, and what they are called: those of a column, or of pandas' index.

    Raises
    ------
    ColumnError, DataError
        When there is no such column, or no index but the one that counts the rows.
    """
    import narwhals as nw

    if column is not None:
        return _column(table, column).to_list(), str(column)
    index = nw.maybe_get_index(table)
    # Rows that are only counted are hardly meant to be the categories.
    if index is None or _counts_rows(index):
        raise DataError(f"Say which column holds the keys: key=... It has: {_listed(table.columns)}.")
    return index.tolist(), "" if index.name is None else str(index.name)


def matrix_in(
    table: Table, vectors: Hashable | Iterable[Hashable] | None, name: str, keys: list[Any]
) -> npt.NDArray[np.float32]:
    """Return the vectors.

    Parameters
    ----------
    table : narwhals.DataFrame
    vectors : label, list of labels, or None
        Columns of numbers in order; one column of lists; what stands before the columns' numbers; or None, for
        ``dest_emb0``, ``dest_emb1``, ... after the name, or ``emb0``, ``emb1``, ...
    name : str
    keys : list
        For error messages.

    Returns
    -------
    float32 array of shape (n, dim)

    Raises
    ------
    ColumnError, DataError
        When there are no such columns, or they hold other things than numbers.
    """
    if isinstance(vectors, str) and vectors in table.columns and not _column(table, vectors).dtype.is_numeric():
        return _lists(_column(table, vectors).to_list(), vectors, keys)
    return np.column_stack([_numbers(table, column, keys) for column in _vector_columns(table, vectors, name)])


def counts_in(table: Table, column: str) -> npt.NDArray[Any]:
    """Return the numbers of a column, none missing.

    Raises
    ------
    ColumnError, DataError
        When there is no such column, or it holds other things than numbers.
    """
    series = _column(table, column)
    if not series.dtype.is_numeric():
        raise DataError(f"The column {column!r} holds {series.dtype}, and counts are whole numbers.")
    if series.null_count():
        raise DataError(f"The column {column!r} has no count in row {series.is_null().to_list().index(True)}.")
    counts: npt.NDArray[Any] = series.to_numpy()
    return counts


def _counts_rows(index: Any) -> bool:
    return type(index).__name__ == "RangeIndex" and index.name is None and (index.start, index.step) == (0, 1)


def _vector_columns(table: Table, vectors: Any, name: str) -> list[Any]:
    if vectors is not None and not isinstance(vectors, str):
        chosen = list(vectors) if isinstance(vectors, Iterable) else [vectors]
        if not chosen:
            raise DataError(f"vectors names no column, and one or more are needed. It has: {_listed(table.columns)}.")
        return chosen
    if vectors in table.columns:
        return [vectors]
    # Unnamed vectors are emb0, emb1, ... in whatever table they come.
    prefixes = [vectors] if vectors is not None else [f"{name}_emb", "emb"] if name else ["emb"]
    for prefix in prefixes:
        numbers = {int(each[len(prefix) :]): each for each in table.columns if _is_numbered(each, prefix)}
        if numbers:
            return _in_a_row(numbers, prefix)
    raise ColumnError(
        f"The table has no columns {prefixes[0]}0, {prefixes[0]}1, ... It has: {_listed(table.columns)}. Name the "
        "columns of numbers: vectors=[...], or what stands before their numbers."
    )


def _in_a_row(numbers: dict[int, str], prefix: str) -> list[str]:
    first, last = min(numbers), max(numbers)
    lacking = next((number for number in range(first, last) if number not in numbers), None)
    if lacking is not None:
        raise ColumnError(
            f"The table has the columns {numbers[first]} to {numbers[last]}, but no {prefix}{lacking}. "
            "Name them if that is meant: vectors=[...]."
        )
    return [numbers[number] for number in sorted(numbers)]


def _is_numbered(name: object, prefix: str) -> bool:
    if not isinstance(name, str) or not name.startswith(prefix):
        return False
    digits = name[len(prefix) :]
    return digits.isascii() and digits.isdigit() and (digits == "0" or not digits.startswith("0"))


def _numbers(table: Table, name: Any, keys: list[Any]) -> npt.NDArray[np.float32]:
    column = _column(table, name)
    if not column.dtype.is_numeric():
        raise DataError(
            f"The column {name!r} holds {column.dtype}, and vectors are numbers. Cast it first, or leave it out of "
            "vectors=[...]."
        )
    values = column.to_numpy().astype(np.float64)
    lacking = np.flatnonzero(np.isnan(values))
    if len(lacking):
        raise DataError(
            f"The column {name!r} has no number in row {lacking[0]}, of the key {keys[lacking[0]]!r} "
            f"({len(lacking)} such {'row' if len(lacking) == 1 else 'rows'}). Fill or drop it first."
        )
    with np.errstate(over="ignore"):
        numbers: npt.NDArray[np.float32] = values.astype(np.float32)
    return numbers


def _lists(rows: list[Any], name: str, keys: list[Any]) -> npt.NDArray[np.float32]:
    dim = None
    found = np.empty((0, 0), dtype=np.float32)
    for row, (values, key) in enumerate(zip(rows, keys, strict=True)):
        array = _flat(values)
        if array.ndim != 1 or array.dtype.kind not in "iuf" or array.shape != (dim or array.size,) or not array.size:
            wanted = "a list of numbers" if dim is None else f"a list of {dim} numbers"
            raise DataError(
                f"The column {name!r} should hold {wanted} in every row, and holds {_shown(values)} in row {row}, of "
                f"the key {key!r}."
            )
        if dim is None:
            dim, found = array.size, np.empty((len(rows), array.size), dtype=np.float32)
        with np.errstate(over="ignore"):
            found[row] = array
    if dim is None:
        raise DataError(f"The column {name!r} holds no list, so nothing tells how long vectors are.")
    return found


def _flat(values: Any) -> npt.NDArray[Any]:
    try:
        return np.asarray(values)
    except ValueError:
        # Lists of lists of several lengths are no array at all.
        return np.empty((0, 0))


def _column(table: Table, name: Any) -> Any:
    if name not in table.columns:
        raise ColumnError(
            f"The table has no column {name!r}. It has: {_listed(table.columns)}.{did_you_mean(name, table.columns)}"
        )
    return table.get_column(name)


def _listed(columns: list[Any]) -> str:
    shown = ", ".join(map(str, columns[:20]))
    return f"{shown}, ... ({len(columns)} in all)" if len(columns) > 20 else shown or "(none)"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
