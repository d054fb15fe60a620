"""The error for tables without rows or columns."""

from collections.abc import Sequence

from tabemb.exceptions import DataError

__all__ = ["refuse_empty"]


def refuse_empty(shape: tuple[int, int], columns: Sequence[str], title: str) -> None:
    """Raise an error if a table has no columns or no rows; its last sentence is the one of scikit-learn.

    Parameters
    ----------
    shape : tuple of two ints
        Number of rows and of columns.
    columns : sequence of str
        Names of the columns.
    title : str
        What the table is called.

    Raises
    ------
    DataError
        If one of the numbers is 0.

    Examples
    --------
    >>> refuse_empty((0, 2), ["dest", "hour"], "The table")
    Traceback (most recent call last):
    tabemb.exceptions.DataError: The table has no rows, only the columns 'dest', 'hour'. Pass at least one row: check
    the filter, join or file that it comes from, and skip empty batches. Found array with 0 sample(s) (shape=(0, 2))
    while a minimum of 1 is required.
    """
    n_rows, n_columns = shape
    if n_columns == 0 and n_rows > 0:
        raise DataError(
            f"{title} has no columns, only {n_rows:,} rows. Pass at least one column of features. "
            f"Found array with 0 feature(s) (shape={shape}) while a minimum of 1 is required."
        )
    if n_columns == 0:
        raise DataError(
            f"{title} is empty: it has neither rows nor columns. Check how it was read. "
            f"Found array with 0 feature(s) (shape={shape}) while a minimum of 1 is required."
        )
    if n_rows == 0:
        first = ", ".join(map(repr, columns[:5])) + (f" and {n_columns - 5:,} more" if n_columns > 5 else "")
        raise DataError(
            f"{title} has no rows, only the column{'s' if n_columns > 1 else ''} {first}. Pass at least one row: check "
            "the filter, join or file that it comes from, and skip empty batches. "
            f"Found array with 0 sample(s) (shape={shape}) while a minimum of 1 is required."
        )
