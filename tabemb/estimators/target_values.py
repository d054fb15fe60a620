"""Read targets of any library and dtype as a plain NumPy array."""

from collections.abc import Iterator
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa

from tabemb.exceptions import DataError

__all__ = ["plain_column", "plain_targets"]

_CONTAINERS = (list, tuple, set, frozenset, dict, np.ndarray)
_CELLS_TO_LOOK_AT = 100
_SEVERAL = (
    "For several labels per row, pass a matrix of 0 and 1 with one column per label: "
    "sklearn.preprocessing.MultiLabelBinarizer().fit_transform(y). For several numbers per row, pass a matrix with one "
    "column per number."
)


def plain_targets(y: Any) -> np.ndarray:
    """Return targets as an array of numbers, booleans or text whatever library and dtype they come from.

    Each column is read as if it had its plain dtype: an object column of integers, a nullable ``Int64`` and an Arrow
    ``int64`` become int64. Several columns become one array of their common dtype, or of objects if there is none.

    Parameters
    ----------
    y : array-like of shape (n_rows,) or (n_rows, n_outputs)
        Targets from pandas, polars, Arrow, NumPy or a list. Masked cells are missing.

    Returns
    -------
    ndarray
        Missing values remain as None, NaN, NaT or ``pandas.NA``.

    Raises
    ------
    DataError
        If the targets are a text, such as the name of a column, or hold lists.

    Examples
    --------
    >>> plain_targets(pd.DataFrame({"a": pd.array([True, False], "boolean"), "b": np.array([1, 0], object)}))
    array([[1, 1],
           [0, 0]])
    """
    if isinstance(y, str):
        raise DataError(
            f"The target must be values, one per row, not the text {y!r}. If this is the name of a column, pass the "
            f"column, X[{y!r}], and leave it out of X."
        )
    if _is_frame(y):
        return _side_by_side([plain_column(column) for column in _columns(y)], len(y))
    array = _as_array(y)
    if array.ndim == 2 and array.dtype.kind in "OT":
        return _side_by_side([plain_column(column) for column in array.T], len(array))
    return plain_column(array) if array.ndim == 1 else array


def plain_column(values: Any) -> np.ndarray:
    """Return one column of targets as an array of its plain dtype.

    Parameters
    ----------
    values : array-like of shape (n_rows,)
        Column of a frame, or an array.

    Examples
    --------
    >>> plain_column(np.array(["late", "on time"], dtype=np.dtypes.StringDType()))
    array(['late', 'on time'], dtype=object)
    >>> plain_column(np.array([True, False], dtype=object))
    array([ True, False])
    """
    array = _as_array(values)
    if array.dtype.kind == "T":
        array = array.astype(object)
    if array.dtype != object:
        return array
    for each in array.ravel()[:_CELLS_TO_LOOK_AT]:
        if isinstance(each, _CONTAINERS):
            raise DataError(f"Each target must be one value, and {each!r} is several. {_SEVERAL}")
    # scikit-learn treats object arrays as text, also if they hold numbers or booleans.
    array = pd.Series(array, dtype=object).infer_objects().to_numpy()
    if array.dtype == object and pd.api.types.infer_dtype(array, skipna=True) == "decimal":
        return np.array(
            [np.nan if missing else each for each, missing in zip(array, pd.isna(array), strict=True)], "f8"
        )
    return array


def _as_array(y: Any) -> np.ndarray:
    if isinstance(y, np.ma.MaskedArray) and np.ma.is_masked(y):
        out = np.ma.getdata(y).astype(object)
        out[np.ma.getmaskarray(y)] = None
        return out
    # to_numpy of an Arrow array does not copy if it would have to.
    if hasattr(y, "to_numpy") and not isinstance(y, pa.Array):
        return y.to_numpy()
    try:
        return np.asarray(y)
    except ValueError as error:
        raise DataError(f"The targets are neither values nor rows of one length ({error}). {_SEVERAL}") from error


def _is_frame(y: Any) -> bool:
    return nw.dependencies.is_into_dataframe(y) or isinstance(y, pa.RecordBatch)


def _columns(y: Any) -> Iterator[Any]:
    if isinstance(y, pd.DataFrame):
        # By position: two columns may have one name.
        return (y.iloc[:, place] for place in range(y.shape[1]))
    if isinstance(y, pa.RecordBatch):
        return iter(y.columns)
    return (column.to_numpy() for column in nw.from_native(y, eager_only=True).iter_columns())


def _side_by_side(columns: list[np.ndarray], n_rows: int) -> np.ndarray:
    if not columns:
        return np.empty((n_rows, 0))
    if len({column.dtype.kind in "biufc" for column in columns}) == 1 and not any(c.dtype == object for c in columns):
        return np.column_stack(columns)
    # NumPy would convert numbers beside text to text.
    out = np.empty((n_rows, len(columns)), dtype=object)
    for place, column in enumerate(columns):
        out[:, place] = column
    return out
