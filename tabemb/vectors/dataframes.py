"""Vectors as tables of pandas, polars or Arrow, and tables of any library that narwhals supports as vectors."""

from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import ColumnError, DataError, MissingExtraError, UnknownNameError, did_you_mean
from tabemb.table.keys import key_to_json
from tabemb.vectors.arrays import shown
from tabemb.vectors.keyed_matrix import KeyedMatrix

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["counts_in", "from_frame", "keys_in", "matrix_in", "open_frame", "pandas_index", "to_frame"]

# A narwhals DataFrame, whose own type does not allow for column labels of pandas that are not text.
Table: TypeAlias = Any


def to_frame(matrix: KeyedMatrix, *, count: bool = False, backend: str = "pandas") -> Any:
    """Return vectors as a table; see ``CategoryVectors.to_frame``."""
    backends = {"pandas": _to_pandas, "polars": _to_polars, "pyarrow": _to_arrow}
    if backend not in backends:
        raise UnknownNameError.among("backend", backend, backends)
    prefix = f"{matrix.name}_" if matrix.name else ""
    columns: dict[str, npt.NDArray[Any]] = {}
    if count:
        if matrix.counts is None:
            raise DataError(f"The vectors of column {matrix.name!r} have no counts; leave out count=True.")
        columns[f"{prefix}count"] = matrix.counts
    columns |= {f"{prefix}emb{place}": matrix.vectors[:, place] for place in range(matrix.dim)}
    return backends[backend](matrix.index_to_key, matrix.name, columns)


def from_frame(
    frame: Any,
    *,
    key: str | None = None,
    vectors: Hashable | Iterable[Hashable] | None = None,
    count: str | None = None,
    name: str | None = None,
    unknown: npt.ArrayLike | None = None,
    missing: npt.ArrayLike | None = None,
) -> KeyedMatrix:
    """Return the vectors in a table; see ``CategoryVectors.from_frame``."""
    table = open_frame(frame)
    keys, found = keys_in(table, key)
    name = found if name is None else name
    counts = None if count is None else counts_in(table, count)
    return KeyedMatrix(keys, matrix_in(table, vectors, name, keys), counts, name=name, unknown=unknown, missing=missing)


def open_frame(frame: Any) -> Table:
    """Return the narwhals table of a table that is not lazy and whose column names differ."""
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
        raise ColumnError(f"Column names must differ, but {doubled!r} is repeated. Rename or drop the copies.")
    return table


def keys_in(table: Table, column: str | None) -> tuple[list[Any], str]:
    """Return the keys and their name, from a column or the index of a pandas table."""
    import narwhals as nw

    if column is not None:
        return _column(table, column).to_list(), str(column)
    index = nw.maybe_get_index(table)
    # Row numbers are unlikely to be the categories.
    if index is None or _counts_rows(index):
        raise DataError(f"Name the column of the keys: key=... The table has: {_listed(table.columns)}.")
    return index.tolist(), "" if index.name is None else str(index.name)


def matrix_in(
    table: Table, vectors: Hashable | Iterable[Hashable] | None, name: str, keys: list[Any]
) -> npt.NDArray[np.float32]:
    """Return the vectors as a float32 array of shape (n, dim).

    ``vectors`` names columns of numbers in order; one column of lists; or the prefix of numbered columns; None stands
    for ``dest_emb0``, ``dest_emb1``, ... by the name, or ``emb0``, ``emb1``, ... The keys are for error messages.
    """
    if isinstance(vectors, str) and vectors in table.columns and not _column(table, vectors).dtype.is_numeric():
        return _lists(_column(table, vectors).to_list(), vectors, keys)
    return np.column_stack([_numbers(table, column, keys) for column in _vector_columns(table, vectors, name)])


def counts_in(table: Table, column: str) -> npt.NDArray[Any]:
    """Return the numbers of a numeric column without missing values."""
    series = _column(table, column)
    if not series.dtype.is_numeric():
        raise DataError(f"The column {column!r} is of type {series.dtype}, but counts are whole numbers.")
    if series.null_count():
        raise DataError(f"The column {column!r} has no count in row {series.is_null().to_list().index(True)}.")
    counts: npt.NDArray[Any] = series.to_numpy()
    return counts


def pandas_index(keys: list[Any], name: str = "") -> "pd.Index[Any]":
    """Return keys as an index of pandas.

    Examples
    --------
    >>> pandas_index([1, 2], "month")
    Index([1, 2], dtype='int64', name='month')
    """
    import pandas as pd

    index: pd.Index[Any]
    try:
        index = pd.Index(keys, name=name or None, dtype=None if keys else object)
    except UnicodeError:
        # Lone surrogates are legal in Python but not in pandas' text type.
        index = pd.Index(keys, name=name or None, dtype=object)
    return index


def _to_pandas(keys: list[Any], name: str, columns: dict[str, npt.NDArray[Any]]) -> "pd.DataFrame":
    import pandas as pd

    copies = {column: values.copy() for column, values in columns.items()}
    return pd.DataFrame(copies, index=pandas_index(keys, name))


def _to_arrow(keys: list[Any], name: str, columns: dict[str, npt.NDArray[Any]]) -> Any:
    import pyarrow as pa

    arrays = {column: pa.array(np.ascontiguousarray(values)) for column, values in columns.items()}
    return pa.table({name or "key": _arrow_keys(keys, name), **arrays})


def _to_polars(keys: list[Any], name: str, columns: dict[str, npt.NDArray[Any]]) -> Any:
    try:
        import polars as pl
    except ImportError as error:
        raise MissingExtraError.of("polars", "polars", "to_frame(backend='polars')") from error
    return pl.from_arrow(_to_arrow(keys, name, columns))


def _arrow_keys(keys: list[Any], name: str) -> Any:
    """Return the keys as an Arrow array that restores them exactly."""
    import pyarrow as pa

    try:
        array = pa.array(keys, type=None if keys else pa.string())
        same = [key_to_json(key) for key in array.to_pylist()] == [key_to_json(key) for key in keys]
    except (pa.ArrowException, UnicodeError, TypeError, OverflowError):
        same = False
    if not same:
        types = ", ".join(sorted({type(key).__name__ for key in keys}))
        raise DataError(
            f"The keys of column {name!r} (of type {types}) have no common type in Arrow or polars. "
            "Use backend='pandas'."
        )
    return array


def _counts_rows(index: Any) -> bool:
    return type(index).__name__ == "RangeIndex" and index.name is None and (index.start, index.step) == (0, 1)


def _vector_columns(table: Table, vectors: Any, name: str) -> list[Any]:
    if vectors is not None and not isinstance(vectors, str):
        chosen = list(vectors) if isinstance(vectors, Iterable) else [vectors]
        if not chosen:
            raise DataError(f"vectors must name at least one column. The table has: {_listed(table.columns)}.")
        return chosen
    if vectors in table.columns:
        return [vectors]
    # Vectors without a name have columns emb0, emb1, ...
    prefixes = [vectors] if vectors is not None else [f"{name}_emb", "emb"] if name else ["emb"]
    for prefix in prefixes:
        numbers = {int(each[len(prefix) :]): each for each in table.columns if _is_numbered(each, prefix)}
        if numbers:
            return _in_a_row(numbers, prefix)
    raise ColumnError(
        f"The table has no columns {prefixes[0]}0, {prefixes[0]}1, ... It has: {_listed(table.columns)}. Pass the "
        "columns of numbers, or their prefix, as vectors=..."
    )


def _in_a_row(numbers: dict[int, str], prefix: str) -> list[str]:
    first, last = min(numbers), max(numbers)
    lacking = next((number for number in range(first, last) if number not in numbers), None)
    if lacking is not None:
        raise ColumnError(
            f"The table has the columns {numbers[first]} to {numbers[last]}, but no {prefix}{lacking}. "
            "If that is intended, name them: vectors=[...]."
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
            f"The column {name!r} is of type {column.dtype}, but vectors are numbers. Cast it first, or leave "
            "it out of vectors=[...]."
        )
    values = column.to_numpy().astype(np.float64)
    lacking = np.flatnonzero(np.isnan(values))
    if len(lacking):
        raise DataError(
            f"The column {name!r} has no number in row {lacking[0]}, of the key {keys[lacking[0]]!r} "
            f"({len(lacking)} such {'row' if len(lacking) == 1 else 'rows'}). Fill or drop missing values first."
        )
    with np.errstate(over="ignore"):
        numbers: npt.NDArray[np.float32] = values.astype(np.float32)
    return numbers


def _lists(rows: list[Any], name: str, keys: list[Any]) -> npt.NDArray[np.float32]:
    dim = None
    found = np.empty((0, 0), dtype=np.float32)
    for row, (values, key) in enumerate(zip(rows, keys, strict=True)):
        try:
            array = np.asarray(values)
        except ValueError:
            # Nested lists of several lengths do not form an array.
            array = np.empty((0, 0))
        if array.ndim != 1 or array.dtype.kind not in "iuf" or array.shape != (dim or array.size,) or not array.size:
            wanted = "a list of numbers" if dim is None else f"a list of {dim} numbers"
            raise DataError(
                f"The column {name!r} should have {wanted} in every row, but has {shown(values)} in row {row}, of "
                f"the key {key!r}."
            )
        if dim is None:
            dim, found = array.size, np.empty((len(rows), array.size), dtype=np.float32)
        with np.errstate(over="ignore"):
            found[row] = array
    if dim is None:
        raise DataError(f"The column {name!r} has no rows, so the length of the vectors is unknown.")
    return found


def _column(table: Table, name: Any) -> Any:
    if name not in table.columns:
        raise ColumnError(
            f"The table has no column {name!r}. It has: {_listed(table.columns)}.{did_you_mean(name, table.columns)}"
        )
    return table.get_column(name)


def _listed(columns: list[Any]) -> str:
    shown = ", ".join(map(str, columns[:20]))
    return f"{shown}, ... ({len(columns)} in all)" if len(columns) > 20 else shown or "(none)"
