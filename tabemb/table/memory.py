"""The memory that tables of vectors take, and the error for those that this machine or its container cannot hold."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tabemb.exceptions import DataError

__all__ = ["NUMBER_BYTES", "TableMemory", "check_counts", "check_memory", "container_memory", "machine_memory"]

# Of a float32, and of the int64 that counts the occurrences of a row.
NUMBER_BYTES, COUNT_BYTES = 4, 8
# Control groups of version 1 write a number near 2**63 if there is no limit.
NO_LIMIT = 2**60


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
        page, pages = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
    # Values that the system does not know are -1.
    return page * pages if page > 0 and pages > 0 else None


def container_memory(root: Path = Path("/")) -> int | None:
    """Return the memory limit of the container of this process in bytes, or None if there is none.

    Containers of Docker, Kubernetes and others, and services of systemd, are control groups of Linux (cgroups). A
    group has the limits of all groups that contain it.

    Parameters
    ----------
    root : Path
        Root of the file system.
    """
    limits = [
        _limit(folder / path / name)
        for folder, name, group in _memory_groups(root)
        # Within a container, the own group may have its path on the host, of which only the root is there.
        for path in (group, *group.parents)
    ]
    return min((each for each in limits if each is not None), default=None)


def _memory_groups(root: Path) -> list[tuple[Path, str, Path]]:
    """Return the folder of each hierarchy that limits memory, the file with the limit, and the own group in it."""
    found = []
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, group = rest.partition(":")
        path = Path(group.lstrip("/"))
        if not controllers:
            found.append((root / "sys/fs/cgroup", "memory.max", path))
        elif "memory" in controllers.split(","):
            found.append((root / "sys/fs/cgroup/memory", "memory.limit_in_bytes", path))
    return found


def _limit(path: Path) -> int | None:
    """Return the number in a file, or None if it is missing or no limit, such as "max"."""
    text = _read(path).strip()
    return int(text) if text.isdecimal() and int(text) < NO_LIMIT else None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def check_memory(tables: Sequence[TableMemory], what: str) -> None:
    """Raise an error if tables take more memory than this machine has, or its container may use.

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
    limits = [(machine_memory(), "this machine has"), (container_memory(), "the limit of this container (cgroup) is")]
    known = [(n_bytes, subject) for n_bytes, subject in limits if n_bytes is not None]
    needed = sum(each.n_bytes for each in tables)
    available, subject = min(known, default=(needed, ""))
    if needed <= available:
        return
    largest = max(tables, key=lambda each: each.n_bytes)
    raise DataError(
        f"{what} would take {_gigabytes(needed)}, and {subject} {_gigabytes(available)}. Most of it is "
        f"{largest.name!r}: {largest.n_rows:,} rows of {largest.row}. Set fewer rows (max_categories; n_buckets of a "
        "hashed vocabulary) or a smaller embedding_dim."
    )


def _gigabytes(n_bytes: int) -> str:
    """Return a size in GB, with a decimal place if it is small."""
    size = n_bytes / 1e9
    return f"{size:,.0f} GB" if size >= 10 else f"{size:.1f} GB"


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
        If they take more memory than this machine has, or its container may use.
    """
    row_bytes, row = COUNT_BYTES + NUMBER_BYTES, "a count and at least one number"
    tables = [TableMemory(name=name, n_rows=n, row_bytes=row_bytes, row=row) for name, n in n_rows.items()]
    check_memory(tables, "The vectors")
