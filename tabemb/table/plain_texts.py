"""Cells of any type as the texts that a CSV file would hold for them."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["is_text", "plain_texts"]

# Up to here, each whole number is a float64.
_EXACT = 2**53


def is_text(column: "pd.Series[Any]") -> bool:
    """Return whether all cells of a column that are not missing are texts.

    Examples
    --------
    >>> is_text(pd.Series(["a", None])), is_text(pd.Series(["a", 1], dtype=object)), is_text(pd.Series([1.5]))
    (True, False, False)
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.cat.categories.to_series()
    return isinstance(column.dtype, pd.StringDtype) or pd.api.types.infer_dtype(column, skipna=True) == "string"


def plain_texts(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return cells as texts: integers, and floats that are whole, as digits, dates in ISO notation.

    Parameters
    ----------
    column : pandas.Series
        A column of any type. Other objects, such as bytes and lists, remain as they are.

    Returns
    -------
    pandas.Series
        With the same index; missing cells remain missing.

    Examples
    --------
    >>> plain_texts(pd.Series([12.0, None, 7.5])).tolist()
    ['12', nan, '7.5']
    >>> plain_texts(pd.Series(pd.to_datetime(["2020-12-31"]))).tolist()
    ['2020-12-31']
    """
    if is_text(column):
        return column
    values: Any = column
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes, values = column.cat.codes.to_numpy(), column.cat.categories.to_series()
    elif column.dtype == object:
        # Only equal values of one type have one text.
        codes = np.arange(len(column))
    else:
        codes, distinct = pd.factorize(column)
        values = pd.Series(distinct)
    cells = np.empty(len(values) + 1, object)
    read = _text_of(values)
    # Of float32, the shortest text that is that number.
    typed = values.to_numpy() if values.dtype in (np.float32, np.float16) else values.astype(object)
    cells[:-1] = [cell if _is_missing(cell) else read(cell) for cell in typed]
    cells[-1] = None
    texts = pd.Series(cells[codes], index=column.index, name=column.name, dtype=object)
    return texts.astype("str") if is_text(texts) else texts


def _text_of(values: "pd.Series[Any]") -> Callable[[Any], Any]:
    """Return the function from a cell to its text; dates have a time of day if one in the column has."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype) and (values.dropna() == values.dropna().dt.normalize()).all():
        return lambda moment: moment.date().isoformat()
    return _text


def _text(cell: Any) -> Any:
    if isinstance(cell, bool | np.bool_ | Decimal | pd.Timedelta):
        return str(cell)
    if isinstance(cell, int | np.integer):
        return str(int(cell))
    if isinstance(cell, float | np.floating):
        whole = float(cell).is_integer() and abs(float(cell)) <= _EXACT
        return str(int(cell)) if whole else str(cell)
    if isinstance(cell, datetime | pd.Timestamp):
        return cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, date) else cell


def _is_missing(cell: Any) -> bool:
    return bool(pd.api.types.is_scalar(cell) and pd.isna(cell))
