"""Tables of any kind, read one column at a time: the only place that knows pandas, polars, Arrow and numpy tables."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Protocol

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from tabemb.exceptions import ColumnError, DataError, did_you_mean
from tabemb.table.cells import Cells, Coded, factorize, families, read_cells, recode

__all__ = ["Frame", "read_frame"]

_RESHAPE = (
    "Reshape your data either using array.reshape(-1, 1) if your data has a single feature "
    "or array.reshape(1, -1) if it contains a single sample."
)


class _Table(Protocol):
    """What a frame needs of the kind of table behind it."""

    native: Any

    @property
    def shape(self) -> tuple[int, int]: ...

    @property
    def labels(self) -> list[object] | None: ...

    def read(self, position: int, name: str) -> tuple[Cells, str]: ...

    def select(self, positions: Sequence[int]) -> "_Table": ...

    def take(self, rows: npt.NDArray[np.intp]) -> "_Table": ...


class Frame:
    """A table as the rest of the package sees it; columns are read when they are asked for, and kept.

    Made by :func:`read_frame`.

    Attributes
    ----------
    columns : tuple of str
        Names; ``"x0", "x1", ...`` where the table has none.
    named : bool
        Whether the table itself has names (as in scikit-learn: all of them text).
    n_rows : int
    native : object
        The table as it was given (lists as a numpy array).

    Examples
    --------
    >>> import pandas as pd
    >>> frame = read_frame(pd.DataFrame({"dest": ["IAH", "MIA"], "distance": [1400, 1089]}))
    >>> frame.columns, frame.kind("dest"), frame.kind("distance")
    (('dest', 'distance'), 'text', 'integer')
    """

    def __init__(self, table: _Table, columns: tuple[str, ...], named: bool) -> None:
        self._table = table
        self._positions = {name: position for position, name in enumerate(columns)}
        self._read: dict[str, tuple[Cells, str]] = {}
        self._last_coded: tuple[str, Coded] | None = None
        self.columns = columns
        self.named = named
        self.n_rows = table.shape[0]

    @property
    def native(self) -> Any:
        """The table as it was given."""
        return self._table.native

    def kind(self, column: str) -> str:
        """Return what the column holds.

        Parameters
        ----------
        column : str

        Returns
        -------
        str
            ``"text"``, ``"category"``, ``"bool"``, ``"object"``, ``"integer"``, ``"float"`` or ``"datetime"``.
            Durations are floats, in seconds. An object column of pandas stays "object" even where all its cells are
            numbers; one of a numpy array is what its cells are.
        """
        return self._column(column)[1]

    def cells(self, column: str) -> Cells:
        """Return the column's cells: an Arrow array where Arrow can hold them, else codes into typed keys.

        Raises
        ------
        DataError
            When cells hold lists or dicts, are complex, or infinite.
        """
        return self._column(column)[0]

    def coded(self, column: str) -> Coded:
        """Return the column's cells as codes into their distinct values.

        Those of the column that was asked for last are kept: who works column by column codes each one once, and never
        holds the codes of a whole table.
        """
        if self._last_coded is None or self._last_coded[0] != column:
            self._last_coded = None
            self._last_coded = column, factorize(self.cells(column))
        return self._last_coded[1]

    def forget_codes(self) -> None:
        """Give the memory of the last column's codes back."""
        self._last_coded = None

    def select(self, columns: Sequence[str]) -> "Frame":
        """Return the table with these columns, in this order.

        Raises
        ------
        ColumnError
            When one is missing; near names are suggested.
        """
        positions = [self._position(name) for name in columns]
        return Frame(self._table.select(positions), tuple(columns), self.named)

    def take(self, rows: npt.NDArray[np.intp]) -> "Frame":
        """Return the rows at these positions."""
        return Frame(self._table.take(rows), self.columns, self.named)

    def __len__(self) -> int:
        return self.n_rows

    def _column(self, name: str) -> tuple[Cells, str]:
        if name not in self._read:
            self._read[name] = self._table.read(self._position(name), name)
        return self._read[name]

    def _position(self, name: str) -> int:
        if name not in self._positions:
            raise ColumnError(
                f"The table has no column {name!r}.{did_you_mean(name, self.columns)} "
                f"Its columns: {', '.join(self.columns)}."
            )
        return self._positions[name]


def read_frame(X: Any) -> Frame:
    """Return a table of any kind as a :class:`Frame`.

    Parameters
    ----------
    X : table
        A DataFrame of pandas, polars or another library that narwhals knows, a pyarrow.Table, a two-dimensional array,
        a list of rows, or a Frame. Text names make a named frame; a table without names, or with integers for names,
        is read by position.

    Returns
    -------
    Frame

    Raises
    ------
    DataError
        When it is no table: not two-dimensional, without rows or columns, sparse, complex.
    ColumnError
        When two columns have the same name, or only some names are text.

    Examples
    --------
    >>> import numpy as np
    >>> read_frame(np.zeros((3, 2))).columns
    ('x0', 'x1')
    """
    if isinstance(X, Frame):
        return X
    table = _open(X)
    # Names come first: narwhals cannot even count the rows of a table with doubled ones.
    names = _text_names(table.labels)
    n_rows, n_columns = table.shape
    if n_columns == 0:
        raise DataError(f"Found array with 0 feature(s) (shape={table.shape}) while a minimum of 1 is required.")
    if n_rows == 0:
        raise DataError(f"Found array with 0 sample(s) (shape={table.shape}) while a minimum of 1 is required.")
    return Frame(table, names or tuple(f"x{i}" for i in range(n_columns)), named=names is not None)


def _open(X: Any) -> _Table:
    if hasattr(X, "toarray") and hasattr(X, "nnz"):
        raise DataError(
            "Sparse data was passed, but dense data is required. "
            "Use '.toarray()' to convert to a dense numpy array, or give the columns before they were one-hot encoded."
        )
    if nw.dependencies.is_pandas_dataframe(X):
        return _PandasTable(X)
    if nw.dependencies.is_polars_lazyframe(X):
        raise DataError("A polars LazyFrame has no rows yet. Call .collect() first.")
    if isinstance(X, pa.RecordBatch):
        X = pa.Table.from_batches([X])
    if nw.dependencies.is_into_dataframe(X):
        return _NarwhalsTable(X)
    if nw.dependencies.is_into_series(X):
        raise DataError(
            f"Expected a 2-dimensional container but got {type(X).__name__} instead. "
            f"Pass a DataFrame with one column instead: series.to_frame(). {_RESHAPE}"
        )
    if isinstance(X, (dict, str, bytes)) or X is None:
        raise DataError(
            f"Expected a table, got {type(X).__name__} instead. "
            "Pass a DataFrame (pandas.DataFrame(X) makes one of a dict), a pyarrow.Table, or a 2-D array."
        )
    return _NumpyTable(_as_matrix(X))


def _as_matrix(X: Any) -> npt.NDArray[Any]:
    try:
        matrix = np.asarray(X)
        if not hasattr(X, "dtype") and matrix.dtype.kind in "US":
            # Rows like ["a", 1] must not turn their numbers into text.
            matrix = np.asarray(X, dtype=object)
    except ValueError as error:
        raise DataError(f"The rows do not have the same number of columns, so they are no table ({error}).") from error
    if matrix.dtype.kind == "c":
        raise DataError(f"Complex data not supported\n{matrix}\n")
    if matrix.ndim == 0:
        raise DataError(f"Expected 2D array, got scalar array instead:\narray={matrix}.\n{_RESHAPE}")
    if matrix.ndim == 1:
        raise DataError(f"Expected 2D array, got 1D array instead:\narray={matrix}.\n{_RESHAPE}")
    if matrix.ndim > 2:
        raise DataError(f"Found array with dim {matrix.ndim}, while dim <= 2 is required. A table has two.")
    return matrix


def _text_names(labels: list[object] | None) -> tuple[str, ...] | None:
    if labels is None:
        return None
    doubled = [name for name, count in Counter(labels).items() if count > 1]
    if doubled:
        raise ColumnError(
            f"Column names must differ, but these come more than once: {', '.join(map(repr, doubled))}. "
            "Rename or drop the copies."
        )
    names = [str(label) for label in labels if isinstance(label, str)]
    if names and len(names) < len(labels):
        others = [label for label in labels if not isinstance(label, str)]
        raise ColumnError(
            "Feature names are only supported if all input features have string names; "
            f"these are no strings: {', '.join(map(repr, others[:5]))}. Use X.columns = X.columns.astype(str)."
        )
    return tuple(names) or None


class _NumpyTable:
    def __init__(self, native: npt.NDArray[Any]) -> None:
        self.native = native

    @property
    def shape(self) -> tuple[int, int]:
        return self.native.shape[0], self.native.shape[1]

    @property
    def labels(self) -> list[object] | None:
        return None

    def read(self, position: int, name: str) -> tuple[Cells, str]:
        cells = read_cells(self.native[:, position], name)
        return cells, _kind(cells)

    def select(self, positions: Sequence[int]) -> "_NumpyTable":
        return _NumpyTable(self.native[:, list(positions)])

    def take(self, rows: npt.NDArray[np.intp]) -> "_NumpyTable":
        return _NumpyTable(self.native[rows])


_BEYOND_ARROW = (nw.Object, nw.Int128, nw.UInt128)


class _NarwhalsTable:
    def __init__(self, native: Any) -> None:
        self.native = native

    @property
    def _frame(self) -> nw.DataFrame[Any]:
        return nw.from_native(self.native, eager_only=True)

    @property
    def shape(self) -> tuple[int, int]:
        return self._frame.shape

    @property
    def labels(self) -> list[object] | None:
        return list(getattr(self.native, "column_names", None) or self._frame.columns)

    def read(self, position: int, name: str) -> tuple[Cells, str]:
        series = self._frame[:, position]
        cells = read_cells(series.to_list() if series.dtype in _BEYOND_ARROW else series.to_arrow(), name)
        return cells, _kind(cells)

    def select(self, positions: Sequence[int]) -> "_NarwhalsTable":
        return _NarwhalsTable(self._frame[:, list(positions)].to_native())

    def take(self, rows: npt.NDArray[np.intp]) -> "_NarwhalsTable":
        return _NarwhalsTable(self._frame[rows, :].to_native())


class _PandasTable:
    """pandas, where types that Arrow does not have (object, Interval, Period, integer names) need care."""

    def __init__(self, native: pd.DataFrame) -> None:
        self.native = native
        self.labels: list[object] | None = list(native.columns)

    @property
    def shape(self) -> tuple[int, int]:
        return self.native.shape

    def read(self, position: int, name: str) -> tuple[Cells, str]:
        label = self.labels[position] if self.labels else None
        # By label is twice as fast as by position, which counts where the table is one row.
        series = self.native[label] if isinstance(label, str) else self.native.iloc[:, position]
        cells = _pandas_cells(series, name)
        if isinstance(series.dtype, pd.CategoricalDtype):
            return cells, "category"
        kind = _kind(cells)
        # Whoever chose the object type for numbers does not want to count with them.
        return cells, "object" if series.dtype == object and kind in ("integer", "float") else kind

    def select(self, positions: Sequence[int]) -> "_PandasTable":
        return _PandasTable(self.native.iloc[:, list(positions)])

    def take(self, rows: npt.NDArray[np.intp]) -> "_PandasTable":
        return _PandasTable(self.native.iloc[rows])


def _pandas_cells(series: "pd.Series[Any]", name: str) -> Cells:
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        codes = series.cat.codes.to_numpy()
        categories = _pandas_cells(series.cat.categories.to_series(), name)
        # pandas has seen to it that its categories differ; what else Arrow holds (floats, say) is looked through again.
        trusted = not isinstance(categories, Coded) and categories.type in (pa.large_string(), pa.int64())
        return Coded(codes, categories) if trusted else recode(codes, factorize(categories))
    if isinstance(dtype, np.dtype):
        return read_cells(series.to_numpy(), name)
    if isinstance(dtype, pd.SparseDtype):
        return read_cells(np.asarray(series), name)
    if isinstance(dtype, (pd.IntervalDtype, pd.PeriodDtype)):
        return read_cells(series.to_numpy(dtype=object), name)
    # A series that is Arrow inside hands its array over as it is.
    to_arrow = getattr(series.array, "__arrow_array__", None)
    return read_cells(pa.array(series, from_pandas=True) if to_arrow is None else to_arrow(), name)


def _kind(cells: Cells) -> str:
    if isinstance(cells, Coded):
        held = families(cells)
        if held == {"number"}:
            return "integer" if all(isinstance(key, int) for key in cells.keys) else "float"
        return "datetime" if held and held <= {"date", "datetime"} else "object"
    for belongs, kind in _KINDS:
        if belongs(cells.type):
            return kind
    return "object"


_KINDS = (
    (pa.types.is_dictionary, "category"),
    (pa.types.is_large_string, "text"),
    (pa.types.is_boolean, "bool"),
    (pa.types.is_integer, "integer"),
    (pa.types.is_floating, "float"),
    (pa.types.is_decimal, "float"),
    (pa.types.is_date, "datetime"),
    (pa.types.is_timestamp, "datetime"),
)
