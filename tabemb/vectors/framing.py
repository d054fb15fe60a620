"""A column's vectors as a table of pandas, polars or Arrow, and from one."""

from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError, MissingExtraError, UnknownNameError
from tabemb.table.keys import key_to_json
from tabemb.vectors.frame_columns import counts_in, keys_in, matrix_in, open_frame
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
        return backends[backend](self.index_to_key, self.name, columns)

    @classmethod
    def from_frame(
        cls,
        frame: Any,
        *,
        key: str | None = None,
        vectors: Hashable | Iterable[Hashable] | None = None,
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
            The columns of numbers, by their names in order or by what stands before their numbers (``"dest_emb"`` for
            ``dest_emb0``, ``dest_emb1``, ...); or one column of lists. By default as :meth:`to_frame` names them.
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
        table = open_frame(frame)
        keys, found = keys_in(table, key)
        name = found if name is None else name
        make: Any = cls
        made: CategoryVectors = make(
            keys,
            matrix_in(table, vectors, name, keys),
            None if count is None else counts_in(table, count),
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
