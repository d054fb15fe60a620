"""Read tables of any kind column by column; the only module that handles pandas, polars, Arrow and NumPy tables."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import PurePath
from typing import Any, Protocol

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from tabemb.exceptions import ColumnError, DataError, did_you_mean
from tabemb.table.cells import Cells, Coded, factorize, families, read_cells, recode, unmasked
from tabemb.table.empty_tables import refuse_empty

__all__ = ["Frame", "is_index_name", "read_frame", "select_as_fitted"]

_RESHAPE = (
    "Reshape your data either using array.reshape(-1, 1) if your data has a single feature "
    "or array.reshape(1, -1) if it contains a single sample."
)

# An index without a name that pandas has written as a column.
_INDEX = re.compile(r"__index_level_\d+__")


class _Table(Protocol):
    """Interface of the table behind a frame."""

    native: Any

    @property
    def shape(self) -> tuple[int, int]: ...

    @property
    def labels(self) -> list[object] | None: ...

    def read(self, position: int, name: str) -> tuple[Cells, str]: ...

    def select(self, positions: Sequence[int]) -> "_Table": ...

    def take(self, rows: npt.NDArray[np.intp]) -> "_Table": ...


class Frame:
    """A table of any kind behind one interface; columns are read on first access and cached.

    Created by :func:`read_frame`.

    Attributes
    ----------
    columns : tuple of str
        Column names; ``"x0", "x1", ...`` if the table has none.
    named : bool
        Whether the table has column names (as in scikit-learn: all of them strings).
    n_rows : int
    native : object
        The table as passed by the user (lists as a NumPy array, rows with names as a pandas DataFrame).

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
        """The table as passed by the user."""
        return self._table.native

    def kind(self, column: str) -> str:
        """Return the kind of a column.

        Parameters
        ----------
        column : str

        Returns
        -------
        str
            ``"text"``, ``"category"``, ``"bool"``, ``"object"``, ``"integer"``, ``"float"``, ``"duration"``,
            ``"datetime"`` or ``"list"``, if any cell holds several values. A pandas column of dtype object is "object"
            even if all its cells are numbers; the kind of a NumPy object column depends on its cells.
        """
        return self._column(column)[1]

    def cells(self, column: str) -> Cells:
        """Return the cells of a column: an Arrow array if Arrow can hold them, else codes into typed keys.

        Raises
        ------
        DataError
            If a cell is a struct, complex, or infinite.
        """
        return self._column(column)[0]

    def coded(self, column: str) -> Coded:
        """Return the cells of a column as codes into their distinct values.

        The codes of the most recent column are cached: working column by column factorizes each only once, and never
        keeps the codes of a whole table in memory.
        """
        if self._last_coded is None or self._last_coded[0] != column:
            self._last_coded = None
            self._last_coded = column, factorize(self.cells(column))
        return self._last_coded[1]

    def forget_codes(self) -> None:
        """Free the cached codes of the most recent column."""
        self._last_coded = None

    def select(self, columns: Sequence[str]) -> "Frame":
        """Return the table with the given columns, in the given order.

        Raises
        ------
        ColumnError
            If a column is missing; the message suggests similar names.
        """
        positions = [self._position(name) for name in columns]
        return Frame(self._table.select(positions), tuple(columns), self.named)

    def without(self, column: str) -> "Frame":
        """Return the table without a column; the table itself if it has no such column, or no other."""
        kept = [name for name in self.columns if name != column]
        return self.select(kept) if self.named and 0 < len(kept) < len(self.columns) else self

    def take(self, rows: npt.NDArray[np.intp]) -> "Frame":
        """Return the rows at the given positions."""
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


def select_as_fitted(frame: Frame, names: Sequence[str]) -> Frame:
    """Return a table with the columns of the fit, in its order; the table itself may have them in any order.

    Parameters
    ----------
    frame : Frame
        A table with column names.
    names : sequence of str
        Names of the columns at the fit.

    Raises
    ------
    ColumnError
        If a column is missing or was not in the table of the fit; the message suggests similar names.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = read_frame(pd.DataFrame({"hour": [7], "dest": ["IAH"]}))
    >>> select_as_fitted(frame, ["dest", "hour"]).columns
    ('dest', 'hour')
    """
    if frame.columns == tuple(names):
        return frame
    here, there = set(frame.columns), set(names)
    unseen = [name for name in frame.columns if name not in there]
    missing = [name for name in names if name not in here]
    if not unseen and not missing:
        return frame.select(names)
    parts = ["The feature names should match those that were passed during fit."]
    if unseen:
        parts.append("Feature names unseen at fit time:\n" + _first_names(unseen))
    if missing:
        parts.append("Feature names seen at fit time, yet now missing:\n" + _first_names(missing))
    near = [f"{name!r} is missing.{did_you_mean(name, unseen)}" for name in sorted(missing)[:5]]
    parts += [line for line in near if line.endswith("?")]
    raise ColumnError("\n".join(parts) + "\n")


def _first_names(names: Sequence[str]) -> str:
    lines = [f"- {name}" for name in sorted(names)]
    return "\n".join(lines if len(lines) <= 6 else [*lines[:5], f"- ... ({len(lines) - 5} more)"])


def is_index_name(name: str) -> bool:
    """Return whether a column is an index of pandas, which Parquet and Arrow hold as a column.

    Examples
    --------
    >>> is_index_name("__index_level_0__"), is_index_name("index")
    (True, False)
    """
    return _INDEX.fullmatch(name) is not None


def read_frame(X: Any, *, keep_index: bool = False, title: str = "The table") -> Frame:
    """Return a table of any kind as a :class:`Frame`.

    Parameters
    ----------
    X : table
        A DataFrame of pandas, polars or another library that narwhals supports, a pyarrow.Table or another object
        with an Arrow stream (a relation of DuckDB, a RecordBatchReader, a Dataset of Hugging Face), a two-dimensional
        or structured array, a list of rows or of dicts, or a Frame. Masked cells are missing. Columns of a table
        without names, or with integer names, are read by position.
    keep_index : bool, default=False
        Whether to keep columns that are an index of pandas without a name (``__index_level_0__``). Arrow, polars and
        DuckDB show them as columns in what pandas has written; they are row numbers, not features.
    title : str, default="The table"
        What the table is called if it has no rows or no columns.

    Returns
    -------
    Frame

    Raises
    ------
    DataError
        If X is not a table: not two-dimensional, without rows or columns, sparse, complex, or not computed yet; the
        message has the line that converts it.
    ColumnError
        If two columns have the same name, or only some names are strings.

    Examples
    --------
    >>> import numpy as np
    >>> read_frame(np.zeros((3, 2))).columns
    ('x0', 'x1')
    """
    if isinstance(X, Frame):
        return X
    table = _open(X)
    # Check names first: narwhals cannot even count the rows of a table with duplicate names.
    names = _text_names(table.labels)
    n_columns = table.shape[1]
    columns = names or tuple(f"x{i}" for i in range(n_columns))
    refuse_empty(table.shape, columns, title)
    frame = Frame(table, columns, named=names is not None)
    kept = frame.columns if keep_index else [name for name in frame.columns if not is_index_name(name)]
    return frame if not kept or len(kept) == n_columns else frame.select(kept)


def _open(X: Any) -> _Table:
    if hasattr(X, "toarray") and hasattr(X, "nnz"):
        raise DataError(
            "Sparse data was passed, but dense data is required. "
            "Use '.toarray()' to convert to a dense numpy array, or give the columns before they were one-hot encoded."
        )
    if nw.dependencies.is_pandas_dataframe(X):
        return _PandasTable(X)
    if isinstance(X, pa.RecordBatch):
        X = pa.Table.from_batches([X])
    if nw.dependencies.is_into_dataframe(X):
        return _NarwhalsTable(X)
    if nw.dependencies.is_into_series(X):
        raise DataError(
            f"Expected a 2-dimensional container but got {type(X).__name__} instead. "
            f"Pass a DataFrame with one column instead, series.to_frame(), or one row: [series.to_dict()]. {_RESHAPE}"
        )
    if _is_of(X, "datasets", "Dataset"):
        # Its table lacks the selection and the order of the rows.
        X = X.with_format("arrow")[:]
    if hasattr(X, "__arrow_c_stream__") or (hasattr(X, "__arrow_c_array__") and not isinstance(X, pa.Array)):
        return _NarwhalsTable(_arrow_table(X))
    _refuse_other_frames(X)
    if isinstance(X, np.ndarray):
        return _array_table(X)
    if isinstance(X, Sequence) and not isinstance(X, memoryview):
        rows = list(X)
        if not rows:
            return _NumpyTable(np.empty((0, 0)))
        named = [_as_record(row) for row in rows]
        if any(each is not None for each in named):
            return _RecordsTable.of_records(named)
        # Rows that are masked arrays keep their masks.
        masked = any(isinstance(row, np.ma.MaskedArray) for row in rows)
        return _NumpyTable(_as_matrix(np.ma.array(rows) if masked else X))
    return _array_table(_as_matrix(X))


def _array_table(array: npt.NDArray[Any]) -> _Table:
    return _NumpyTable(_as_matrix(array)) if array.dtype.names is None else _RecordsTable.of_fields(array)


def _arrow_table(X: Any) -> pa.Table:
    try:
        if not hasattr(X, "__arrow_c_stream__"):
            return pa.Table.from_batches([pa.record_batch(X)])
        return pa.RecordBatchReader.from_stream(X).read_all()
    except (pa.ArrowException, TypeError) as error:
        raise DataError(
            f"The Arrow data of a {type(X).__name__} cannot be read as a table: {error}. Pass a pyarrow.Table."
        ) from error


# How to convert tables that are computed later or are no tables of Arrow, by the package and type of their class.
_CONVERSIONS = (
    ("polars", "LazyFrame", "X.collect()", "has no rows yet"),
    ("dask", "DataFrame", "X.compute()", "has no rows yet"),
    ("dask", "Array", "X.compute()", "has no rows yet"),
    ("duckdb", "DuckDBPyRelation", "X.to_arrow_table()", "has no rows yet"),
    ("pyspark", "DataFrame", "X.toPandas()", "has no rows yet"),
    ("ibis", "Table", "X.to_pyarrow()", "has no rows yet"),
    ("datasets", "DatasetDict", 'X["train"]', "has several tables"),
    ("datasets", "IterableDataset", "datasets.Dataset.from_generator(lambda: iter(X))", "has no rows yet"),
    ("pyarrow", "Dataset", "X.to_table()", "has no rows yet"),
    ("pyarrow", "Scanner", "X.to_table()", "has no rows yet"),
    ("xarray", "Dataset", "X.to_dataframe().reset_index()", "has named dimensions"),
    ("xarray", "DataArray", "X.to_pandas()", "has named dimensions"),
)


def _refuse_other_frames(X: Any) -> None:
    """Raise if X is neither an array nor a sequence of rows, as NumPy would lose its names and types."""
    name = type(X).__name__
    for package, kind, line, reason in _CONVERSIONS:
        if _is_of(X, package, kind):
            raise DataError(f"Expected a table, got a {name} of {package}, which {reason}. Convert it: {line}.")
    if isinstance(X, (np.ndarray, np.generic)):
        return
    if isinstance(X, Sequence) and not isinstance(X, (str, bytes, bytearray)):
        return
    has_names = hasattr(X, "columns") or hasattr(X, "column_names") or hasattr(X, "__dataframe__")
    if hasattr(X, "__array__") and not has_names:
        return
    if isinstance(X, (int, float)) and not isinstance(X, bool):
        return
    if hasattr(X, "to_pandas"):
        step = "Convert it: X.to_pandas()."
    elif isinstance(X, Mapping) and X and all(map(_is_cell, X.values())):
        step = "One row is a list of one dict: [X]."
    elif isinstance(X, Mapping):
        step = "Pass a DataFrame (pandas.DataFrame(X) makes one of a dict), a pyarrow.Table, or a 2-D array."
    elif isinstance(X, (str, PurePath)):
        step = "Read the file first, for example by pandas.read_parquet(X) or pandas.read_csv(X)."
    elif isinstance(X, Iterable) and not isinstance(X, (str, bytes, bytearray)):
        step = "Pass a DataFrame, a pyarrow.Table, a 2-D array, or a list of rows: list(X)."
    else:
        step = "Pass a DataFrame, a pyarrow.Table, a 2-D array, or a list of rows."
    raise DataError(f"Expected a table, got {name} instead. {step}")


def _is_cell(value: object) -> bool:
    return isinstance(value, (str, bytes)) or not hasattr(value, "__len__")


def _is_of(X: Any, package: str, kind: str) -> bool:
    """Return whether X is of a class of a package, which is not imported for it."""
    return any(each.__name__ == kind and each.__module__.split(".")[0] == package for each in type(X).__mro__) or (
        # Classes compiled elsewhere: dask's are those of dask_expr, DuckDB's those of _duckdb.
        type(X).__name__ == kind and type(X).__module__.split(".")[0].strip("_").startswith(package)
    )


def _as_record(row: object) -> Mapping[Any, Any] | None:
    """Return a row with names as a mapping: a dict, a named tuple, a dataclass, a Series, a row of sqlite3."""
    if isinstance(row, Mapping):
        return row
    if isinstance(row, tuple):
        names = getattr(row, "_fields", None)
        return None if names is None else dict(zip(names, row, strict=True))
    if is_dataclass(row) and not isinstance(row, type):
        return {each.name: getattr(row, each.name) for each in fields(row)}
    if hasattr(row, "keys") and hasattr(row, "__getitem__"):
        return {name: row[name] for name in row.keys()}  # noqa: SIM118  (a Series iterates over its cells)
    return None


def _as_matrix(X: Any) -> npt.NDArray[Any]:
    try:
        # A masked array keeps its mask.
        matrix = X if isinstance(X, np.ma.MaskedArray) else np.asarray(X)
        if not hasattr(X, "dtype") and matrix.dtype.kind in "US":
            # NumPy would convert the numbers in rows like ["a", 1] to text.
            matrix = np.asarray(X, dtype=object)
    except ValueError as error:
        raise DataError(f"The rows do not have the same number of columns ({error}).") from error
    except (TypeError, RuntimeError) as error:
        # Tensors on a GPU, or with gradients.
        raise DataError(
            f"NumPy cannot read a {type(X).__name__}: {error} Convert it to a NumPy array first."
        ) from error
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
            f"Column names must be unique; these occur more than once: {', '.join(map(repr, doubled))}. "
            "Rename or drop the duplicates."
        )
    names = [str(label) for label in labels if isinstance(label, str)]
    if names and len(names) < len(labels):
        others = [label for label in labels if not isinstance(label, str)]
        raise ColumnError(
            "Feature names are only supported if all input features have string names; "
            f"these are not strings: {', '.join(map(repr, others[:5]))}. Use X.columns = X.columns.astype(str)."
        )
    return tuple(names) or None


class _NumpyTable:
    def __init__(self, array: npt.NDArray[Any]) -> None:
        self._array = array
        # Other libraries ignore masks.
        self.native = unmasked(array)

    @property
    def shape(self) -> tuple[int, int]:
        return self._array.shape[0], self._array.shape[1]

    @property
    def labels(self) -> list[object] | None:
        return None

    def read(self, position: int, name: str) -> tuple[Cells, str]:
        cells = read_cells(self._array[:, position], name, several=True)
        return cells, _kind(cells)

    def select(self, positions: Sequence[int]) -> "_NumpyTable":
        return _NumpyTable(self._array[:, list(positions)])

    def take(self, rows: npt.NDArray[np.intp]) -> "_NumpyTable":
        return _NumpyTable(self._array[rows])


class _RecordsTable:
    """Rows with names: a structured array, or a list of dicts."""

    def __init__(self, native: pd.DataFrame, columns: Sequence[npt.NDArray[Any]]) -> None:
        self.native = native
        self.labels: list[object] | None = list(native.columns)
        self._columns = list(columns)

    @classmethod
    def of_fields(cls, array: npt.NDArray[Any]) -> "_RecordsTable":
        names = list(array.dtype.names or ())
        if array.ndim != 1:
            raise DataError(
                f"Expected a structured array with one row per record, got one of shape {array.shape}. "
                "Use array.reshape(-1)."
            )
        if wide := [name for name in names if array[name].ndim > 1]:
            raise DataError(
                f"Each field of a structured array must be one column, but {wide[0]!r} has an array of shape "
                f"{array[wide[0]].shape[1:]} per row. Give its columns as separate fields."
            )
        return cls.of_columns(names, [array[name] for name in names], len(array))

    @classmethod
    def of_records(cls, records: Sequence[Mapping[Any, Any] | None]) -> "_RecordsTable":
        bare = [place for place, record in enumerate(records) if record is None]
        if bare:
            raise DataError(
                f"Some rows have column names, but row {bare[0]} has none. Give all rows as dicts, or none."
            )
        rows = [record for record in records if record is not None]
        names = list(dict.fromkeys(name for row in rows for name in row))
        columns = [np.fromiter((row.get(name) for row in rows), dtype=object, count=len(rows)) for name in names]
        return cls.of_columns(names, columns, len(rows))

    @classmethod
    def of_columns(cls, names: Sequence[object], columns: Sequence[npt.NDArray[Any]], n_rows: int) -> "_RecordsTable":
        native = pd.DataFrame(dict(zip(names, columns, strict=True)), index=range(n_rows), columns=list(names))
        return cls(native.infer_objects(), columns)

    @property
    def shape(self) -> tuple[int, int]:
        return self.native.shape

    def read(self, position: int, name: str) -> tuple[Cells, str]:
        cells = read_cells(self._columns[position], name, several=True)
        return cells, _kind(cells)

    def select(self, positions: Sequence[int]) -> "_RecordsTable":
        return _RecordsTable(self.native.iloc[:, list(positions)], [self._columns[each] for each in positions])

    def take(self, rows: npt.NDArray[np.intp]) -> "_RecordsTable":
        return _RecordsTable(self.native.iloc[rows], [each[rows] for each in self._columns])


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
        values = series.to_list() if series.dtype in _BEYOND_ARROW else series.to_arrow()
        cells = read_cells(values, name, several=True)
        return cells, _kind(cells)

    def select(self, positions: Sequence[int]) -> "_NarwhalsTable":
        return _NarwhalsTable(self._frame[:, list(positions)].to_native())

    def take(self, rows: npt.NDArray[np.intp]) -> "_NarwhalsTable":
        return _NarwhalsTable(self._frame[rows, :].to_native())


class _PandasTable:
    """A pandas DataFrame; handles types that Arrow lacks (object, Interval, Period) and integer column names."""

    def __init__(self, native: pd.DataFrame) -> None:
        self.native = native
        self.labels: list[object] | None = list(native.columns)

    @property
    def shape(self) -> tuple[int, int]:
        return self.native.shape

    def read(self, position: int, name: str) -> tuple[Cells, str]:
        label = self.labels[position] if self.labels else None
        # Access by label is twice as fast as by position, which matters for tables of one row.
        series = self.native[label] if isinstance(label, str) else self.native.iloc[:, position]
        cells = _pandas_cells(series, name)
        if isinstance(series.dtype, pd.CategoricalDtype):
            return cells, "category"
        kind = _kind(cells)
        # Numbers of dtype object are usually not meant as quantities.
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
        # pandas ensures that categories differ; those of other Arrow types (such as floats) are checked again.
        trusted = not isinstance(categories, Coded) and categories.type in (pa.large_string(), pa.int64())
        return Coded(codes, categories) if trusted else recode(codes, factorize(categories))
    if isinstance(dtype, np.dtype):
        return read_cells(series.to_numpy(), name, several=True)
    if isinstance(dtype, pd.SparseDtype):
        return read_cells(np.asarray(series), name, several=True)
    if isinstance(dtype, (pd.IntervalDtype, pd.PeriodDtype)):
        return read_cells(series.to_numpy(dtype=object), name)
    # An Arrow-backed series returns its array without a copy.
    to_arrow = getattr(series.array, "__arrow_array__", None)
    values = pa.array(series, from_pandas=True) if to_arrow is None else to_arrow()
    return read_cells(values, name, several=True)


def _kind(cells: Cells) -> str:
    if isinstance(cells, Coded):
        held = families(cells)
        if held == {"number"}:
            return "integer" if all(isinstance(key, int) for key in cells.keys) else "float"
        if held == {"duration"}:
            return "duration"
        if "list" in held:
            return "list"
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
    (pa.types.is_duration, "duration"),
    (pa.types.is_date, "datetime"),
    (pa.types.is_timestamp, "datetime"),
)
