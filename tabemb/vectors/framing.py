"""A column's vectors as a table of pandas, polars or Arrow, and from one."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import ColumnError, DataError, MissingExtraError, UnknownNameError, did_you_mean
from tabemb.table.keys import key_to_json
from tabemb.vectors.part import Part

if TYPE_CHECKING:
    import pandas as pd

    from tabemb.vectors.category_vectors import CategoryVectors

__all__ = ["Framing"]


class Framing(Part):
    """The part of :class:`~tabemb.vectors.category_vectors.CategoryVectors` that deals with tables."""

    __slots__ = ()

    def to_frame(self, *, count: bool = False, backend: str = "pandas") -> Any:
        """Return the vectors as a table, ready to be joined to another one by the column.

        Parameters
        ----------
        count : bool, default=False
            Whether a column ``dest_count`` comes first.
        backend : {"pandas", "polars", "pyarrow"}, default="pandas"
            Whose table it is.

        Returns
        -------
        pandas.DataFrame, polars.DataFrame or pyarrow.Table
            The columns are ``dest_emb0``, ``dest_emb1``, ... In pandas the index holds the keys and is named after the
            column; elsewhere the first column does (``key`` where the column has no name).

        Raises
        ------
        DataError
            When counts are asked for and not known; or the keys are of types that polars and Arrow have no column for.
        UnknownNameError
            When there is no such backend.
        MissingExtraError
            When polars is not installed.

        Examples
        --------
        >>> from tabemb import CategoryVectors
        >>> CategoryVectors(["JFK", "SFO"], [[1.0, 0.5], [-1.0, 0.5]], name="dest").to_frame()
              dest_emb0  dest_emb1
        dest
        JFK         1.0        0.5
        SFO        -1.0        0.5
        """
        backends = {"pandas": _to_pandas, "polars": _to_polars, "pyarrow": _to_arrow}
        if backend not in backends:
            raise UnknownNameError.among("backend", backend, backends)
        prefix = f"{self.name}_" if self.name else ""
        columns: dict[str, npt.NDArray[Any]] = {}
        if count:
            if self.counts is None:
                raise DataError(f"The vectors of column {self.name!r} came without counts; leave out count=True.")
            columns[f"{prefix}count"] = self.counts
        columns |= {f"{prefix}emb{place}": self.vectors[:, place] for place in range(self.dim)}
        return backends[backend](self.keys, self.name, columns)

    @classmethod
    def from_frame(
        cls,
        frame: Any,
        *,
        key: str | None = None,
        vectors: str | Iterable[str] | None = None,
        count: str | None = None,
        name: str | None = None,
        unknown: npt.ArrayLike | None = None,
        missing: npt.ArrayLike | None = None,
    ) -> "CategoryVectors":
        """Make vectors of a table with a row for each category.

        Parameters
        ----------
        frame : pandas or polars DataFrame, pyarrow.Table, or any other that narwhals knows
        key : str, optional
            The column of the categories; of pandas by default the index.
        vectors : str or list of str, optional
            The columns of numbers: their names in order, or what stands before their numbers (``"dest_emb"`` for
            ``dest_emb0``, ``dest_emb1``, ...). By default as :meth:`to_frame` names them.
        count : str, optional
            The column that says in how many rows each category was seen.
        name : str, optional
            The column that the vectors are of; by default ``key``.
        unknown, missing : array-like of shape (dim,), optional
            The vectors for a category that is not in the table, and for a missing cell.

        Returns
        -------
        CategoryVectors

        Raises
        ------
        ColumnError
            When a column is missing; near names are offered.
        DataError
            When a key is missing or comes twice, or a column of vectors is not of numbers or lacks one.

        Examples
        --------
        >>> import pandas as pd
        >>> from tabemb import CategoryVectors
        >>> table = pd.DataFrame({"city": ["Oslo", "Rome"], "lat": [59.9, 41.9], "lon": [10.8, 12.5]})
        >>> CategoryVectors.from_frame(table, key="city", vectors=["lat", "lon"])
        CategoryVectors(city: 2 categories x 2)
        """
        table = _opened(frame)
        keys, found = _keys(table, key)
        name = found if name is None else name
        chosen = _vector_columns(table, vectors, name)
        make: Any = cls
        made: CategoryVectors = make(
            keys,
            np.column_stack([_numbers(table, column, keys) for column in chosen]),
            None if count is None else _counts(table, count),
            name=name,
            unknown=unknown,
            missing=missing,
        )
        return made


def _to_pandas(keys: list[Any], name: str, columns: dict[str, npt.NDArray[Any]]) -> "pd.DataFrame":
    import pandas as pd

    try:
        index = pd.Index(keys, name=name or None, dtype=None if keys else object)
    except UnicodeError:
        # Lone surrogates are legal in Python and not in pandas' own type for text.
        index = pd.Index(keys, name=name or None, dtype=object)
    return pd.DataFrame({column: values.copy() for column, values in columns.items()}, index=index)


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
    """Return the keys as an Arrow array that holds them as they are."""
    import pyarrow as pa

    try:
        array = pa.array(keys, type=None if keys else pa.string())
        same = [key_to_json(key) for key in array.to_pylist()] == [key_to_json(key) for key in keys]
    except (pa.ArrowException, UnicodeError, TypeError, OverflowError):
        same = False
    if not same:
        types = ", ".join(sorted({type(key).__name__ for key in keys}))
        raise DataError(
            f"The keys of column {name!r} (of type {types}) have no column of one type in Arrow or polars. "
            "Use backend='pandas'."
        )
    return array


def _opened(frame: Any) -> Any:
    import narwhals as nw

    if nw.dependencies.is_polars_lazyframe(frame):
        raise DataError("A polars LazyFrame has no rows yet. Call .collect() first.")
    try:
        return nw.from_native(frame, eager_only=True)
    except TypeError as error:
        raise DataError(
            f"Expected a table of pandas, polars or Arrow, got {type(frame).__name__}. "
            "CategoryVectors(keys, vectors) takes lists and arrays."
        ) from error


def _keys(table: Any, key: str | None) -> tuple[list[Any], str]:
    import narwhals as nw

    if key is not None:
        return _column(table, key).to_list(), key
    index = nw.maybe_get_index(table)
    if index is None:
        raise DataError(f"Say which column holds the keys: key=... It has: {_listed(table.columns)}.")
    return index.tolist(), "" if index.name is None else str(index.name)


def _vector_columns(table: Any, vectors: str | Iterable[str] | None, name: str) -> list[str]:
    """Return the columns of numbers: those that are named, or those with a number after a common beginning."""
    if vectors is not None and not isinstance(vectors, str):
        chosen = list(vectors)
        if not chosen:
            raise DataError(f"vectors names no column, and one or more are needed. It has: {_listed(table.columns)}.")
        return chosen
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


def _numbers(table: Any, name: str, keys: list[Any]) -> npt.NDArray[np.float32]:
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


def _counts(table: Any, name: str) -> npt.NDArray[Any]:
    column = _column(table, name)
    if not column.dtype.is_numeric():
        raise DataError(f"The column {name!r} holds {column.dtype}, and counts are whole numbers.")
    if column.null_count():
        raise DataError(f"The column {name!r} has no count in row {column.is_null().to_list().index(True)}.")
    counts: npt.NDArray[Any] = column.to_numpy()
    return counts


def _column(table: Any, name: str) -> Any:
    if name not in table.columns:
        raise ColumnError(
            f"The table has no column {name!r}. It has: {_listed(table.columns)}.{did_you_mean(name, table.columns)}"
        )
    return table[name]


def _listed(columns: list[Any]) -> str:
    shown = ", ".join(map(str, columns[:20]))
    return f"{shown}, ... ({len(columns)} in all)" if len(columns) > 20 else shown or "(none)"
