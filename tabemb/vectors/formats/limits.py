"""Limits of what a file of vectors may hold, checked before anything is allocated for it.

Reading a file takes memory in proportion to its size, whatever its headers state: numbers that are read may take at
most 8 times the size of the file plus 32 MB. Files of tabemb, which stores vectors uncompressed, are below this; small
archives that expand to gigabytes are refused.
"""

from pathlib import Path

from tabemb.exceptions import DataError
from tabemb.expansion import Expansion

__all__ = ["MOST_DIMS", "check_content", "check_dims", "most_content"]

# Dimensions of vectors in any format, beyond any real file.
MOST_DIMS = 2**20
_EXPANSION = Expansion(times=8)


def most_content(path: Path) -> int:
    """Return how many bytes the content of a file may take.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "a.npz")
    ...     _ = path.write_bytes(bytes(1000))
    ...     most_content(path)
    33562432
    """
    return _EXPANSION.most(path)


def check_content(path: Path, content: int) -> None:
    """Raise an error if the content of a file takes more bytes than its size allows.

    Raises
    ------
    FormatError
        If it does. The message says how to read the file anyway.
    """
    _EXPANSION.check(path, content)


def check_dims(dim: int, most: int = MOST_DIMS) -> None:
    """Raise an error if vectors have more dimensions than a format can hold.

    Raises
    ------
    DataError
        If they do.

    Examples
    --------
    >>> check_dims(70_000, most=2**14)
    Traceback (most recent call last):
    tabemb.exceptions.DataError: This format holds vectors of at most 16,384 dimensions, got 70,000. Save to .npz, ...
    """
    if dim > most:
        raise DataError(
            f"This format holds vectors of at most {most:,} dimensions, got {dim:,}. Save to .npz, .safetensors or "
            f".parquet, which hold {MOST_DIMS:,}."
        )
