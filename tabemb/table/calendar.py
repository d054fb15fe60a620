"""Calendar parts of dates: year, month, day, weekday and hour as categories."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tabemb.exceptions import DataError
from tabemb.table.cells import Cells, Coded, factorize, families, recode

__all__ = ["PARTS", "calendar_part", "has_time_of_day"]

_READ: dict[str, tuple[Callable[[Any], Any], Callable[[Any], int]]] = {
    "year": (pc.year, lambda when: when.year),
    "month": (pc.month, lambda when: when.month),
    "day": (pc.day, lambda when: when.day),
    "weekday": (pc.day_of_week, lambda when: when.weekday()),
    "hour": (pc.hour, lambda when: getattr(when, "hour", 0)),
}

PARTS: tuple[str, ...] = tuple(_READ)


def calendar_part(cells: Cells, part: str, column: str | None = None) -> Cells:
    """Return one calendar part of dates or datetimes, in their own time zone.

    Parameters
    ----------
    cells : pyarrow.Array or Coded
        Dates or datetimes.
    part : str
        One of :data:`PARTS`. Weekdays count from Monday, 0, to Sunday, 6.
    column : str, optional
        Name of the column, for the error message.

    Returns
    -------
    pyarrow.Array of integers, or Coded

    Raises
    ------
    DataError
        If the cells are not dates.

    Examples
    --------
    >>> import datetime
    >>> from tabemb.table.cells import read_cells
    >>> calendar_part(read_cells([datetime.date(2013, 1, 31), None]), "weekday").to_pylist()
    [3, None]
    """
    by_arrow, by_python = _READ[part]
    if isinstance(cells, pa.Array):
        if pa.types.is_timestamp(cells.type) or (pa.types.is_date(cells.type) and part != "hour"):
            return by_arrow(cells)
        if pa.types.is_date(cells.type):
            return pa.array(np.zeros(len(cells), np.int64), mask=cells.is_null().to_numpy(zero_copy_only=False))
    _refuse_other_types(cells, column)
    coded = factorize(cells)
    parts = [by_python(when) for when in coded.keys]
    keys = sorted(set(parts))
    positions = {key: position for position, key in enumerate(keys)}
    return recode(coded.codes, Coded(np.array([positions[each] for each in parts], np.int32), list(keys)))


def has_time_of_day(cells: Cells) -> bool:
    """Return whether any datetime has a time other than midnight."""
    if isinstance(cells, pa.Array) and pa.types.is_timestamp(cells.type):
        midnights = pc.equal(pc.floor_temporal(cells, unit="day"), cells)
        return not pc.all(midnights, min_count=0).as_py()
    return any(isinstance(key, datetime) and key.time() != datetime.min.time() for key in factorize(cells).keys)


def _refuse_other_types(cells: Cells, column: str | None) -> None:
    if families(cells) <= {"date", "datetime"}:
        return
    first = next(key for key in factorize(cells).keys if not isinstance(key, date))
    raise DataError(
        f"Column {column!r} held dates at fit, but now holds {first!r}. "
        "Give dates or datetimes, for example by pandas.to_datetime."
    )
