"""A table from a CSV or Parquet file, and back."""

import os
from pathlib import Path

import pandas as pd
import pyarrow as pa

from tabemb.exceptions import DataError, OutputError, did_you_mean

__all__ = ["check_writable", "read_table", "write_table"]

READERS = {
    ".parquet": pd.read_parquet,
    ".csv": pd.read_csv,
    ".csv.gz": pd.read_csv,
    ".csv.zip": pd.read_csv,
    ".tsv": lambda path: pd.read_csv(path, sep="\t"),
}
WRITERS = {".parquet": pd.DataFrame.to_parquet, ".csv": pd.DataFrame.to_csv}


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a CSV or Parquet file, the kind told by its name.

    Parameters
    ----------
    path : path
        A file that ends in .csv, .csv.gz, .csv.zip, .tsv or .parquet.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    DataError
        When the file is not there, is of another kind, cannot be read or has no rows.
    """
    path = Path(path)
    reader = _by_suffix(READERS, path, "read")
    if not path.is_file():
        near = [each.name for each in sorted(path.parent.iterdir())] if path.parent.is_dir() else []
        raise DataError(f"There is no file {path}.{did_you_mean(path.name, near)}")
    try:
        table = reader(path)
    except (OSError, ValueError, pa.ArrowException) as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise DataError(f"Cannot read {path} as a table: {reason}.") from error
    if table.empty:
        raise DataError(f"{path} has {len(table)} rows and {table.shape[1]} columns; nothing can be learned from it.")
    return table


def check_writable(path: str | Path) -> None:
    """Find out whether a table can be written to a file, before the work that makes it.

    Raises
    ------
    DataError
        When the name ends in neither .csv nor .parquet.
    OutputError
        When the folder is not there, or the file may not be written.
    """
    path = Path(path)
    _by_suffix(WRITERS, path, "write")
    if not path.parent.is_dir():
        raise OutputError(f"Cannot write {path}: there is no folder {path.parent}.")
    if not os.access(path if path.exists() else path.parent, os.W_OK) or path.is_dir():
        raise OutputError(f"Cannot write {path}: permission denied, or it is a folder.")


def write_table(table: pd.DataFrame, path: str | Path) -> None:
    """Write a table to a CSV or Parquet file, without its index.

    Raises
    ------
    DataError
        When the name ends in neither .csv nor .parquet.
    OutputError
        When the file cannot be written.
    """
    path = Path(path)
    writer = _by_suffix(WRITERS, path, "write")
    try:
        writer(table, path, index=False)
    except OSError as error:
        raise OutputError(f"Cannot write {path}: {error.strerror or error}.") from error


def _by_suffix(kinds: dict, path: Path, verb: str):
    for suffix, action in kinds.items():
        if path.name.lower().endswith(suffix):
            return action
    raise DataError(f"Cannot {verb} {path}: the name must end in {', '.join(kinds)}.")
