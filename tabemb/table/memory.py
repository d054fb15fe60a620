"""The memory that tables of vectors take, and the error for those that this machine cannot hold."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tabemb.exceptions import DataError

__all__ = ["NUMBER_BYTES", "TableMemory", "check_counts", "check_memory", "machine_memory"]

# Of a float32, and of the int64 that counts the occurrences of a row.
NUMBER_BYTES, COUNT_BYTES = 4, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class TableMemory:
    """The memory of a table of vectors.

    Parameters
    ----------
    name : str
        Name of the table.
    n_rows : int
        Number of rows.
    row_bytes : int
        Bytes of a row with all that is kept of it, such as the state of the optimizer.
    row : str
        What a row is, for the message: ``"8 numbers"``.
    """

    name: str
    n_rows: int
    row_bytes: int
    row: str

    @property
    def n_bytes(self) -> int:
        """Bytes of the table."""
        return self.n_rows * self.row_bytes


def machine_memory() -> int | None:
    """Return the bytes of memory of this machine, or None if the platform does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def check_memory(tables: Sequence[TableMemory], what: str) -> None:
    """Raise an error if tables take more memory than this machine has.

    Parameters
    ----------
    tables : sequence of TableMemory
        The tables.
    what : str
        What is counted, for the message.

    Raises
    ------
    DataError
        If they do. The message names the largest table.

    Examples
    --------
    >>> check_memory([TableMemory(name="dest", n_rows=107, row_bytes=40, row="8 numbers")], "The vectors")
    """
    available, needed = machine_memory(), sum(each.n_bytes for each in tables)
    if available is None or needed <= available:
        return
    largest = max(tables, key=lambda each: each.n_bytes)
    raise DataError(
        f"{what} would take {needed / 1e9:,.0f} GB, and this machine has {available / 1e9:,.0f} GB. Most of it is "
        f"{largest.name!r}: {largest.n_rows:,} rows of {largest.row}. Set fewer rows (max_categories; n_buckets of a "
        "hashed vocabulary) or a smaller embedding_dim."
    )


def check_counts(n_rows: Mapping[str, int]) -> None:
    """Raise an error if the rows of hashed vocabularies are too many to be counted; called before they are.

    Whatever the number of dimensions, each row has a count and at least one number.

    Parameters
    ----------
    n_rows : mapping of str to int
        Number of rows of each column.

    Raises
    ------
    DataError
        If they take more memory than this machine has.
    """
    row_bytes, row = COUNT_BYTES + NUMBER_BYTES, "a count and at least one number"
    tables = [TableMemory(name=name, n_rows=n, row_bytes=row_bytes, row=row) for name, n in n_rows.items()]
    check_memory(tables, "The vectors")
