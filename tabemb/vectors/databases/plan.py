"""What has to be done in a database: found out before anything is written, then carried out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tabemb.exceptions import OutputError
from tabemb.vectors.databases.base import Database
from tabemb.vectors.databases.note import Note
from tabemb.vectors.databases.notes import is_ours, write_note
from tabemb.vectors.databases.rows import batches, same_rows
from tabemb.vectors.databases.summary import ColumnPush
from tabemb.vectors.databases.wanted import Wanted

__all__ = ["Plan", "Progress", "plan_of"]

Progress = Callable[[str, int, int], None]

REPLACE = "Replace it with --replace (replace=True in Python), or choose another prefix: --prefix (prefix=...)."


@dataclass(frozen=True, slots=True)
class Plan:
    """What has to be done so that a collection holds what is wanted.

    Parameters
    ----------
    wanted : Wanted
    changed : pyarrow.Table
        The rows that the database lacks, or has otherwise.
    removed : list of str
        The ids of rows that should not be there.
    drop, create : bool
        Whether the collection has to go first, and has to be made.
    noted : bool
        Whether the note on it is right already.
    """

    wanted: Wanted
    changed: pa.Table
    removed: list[str]
    drop: bool
    create: bool
    noted: bool

    def carry_out(self, database: Database, prefix: str, progress: Progress | None) -> None:
        """Write, remove, and tell the progress after each batch."""
        if not (len(self.changed) or self.removed or self.create or not self.noted):
            return
        name, note = self.wanted.name, self.wanted.note
        # In this order: a note always fits its collection, so that whatever is left can be told from what others wrote.
        if self.drop:
            database.drop(name)
        write_note(database, prefix, name, note.begun())
        if self.create:
            database.create(name, self.wanted.dim, note.metric)
        done, total = 0, len(self.changed) + len(self.removed)
        for n in self._steps(database):
            done += n
            if progress is not None:
                progress(note.column, done, total)
        database.finish(name)
        write_note(database, prefix, name, note)

    def _steps(self, database: Database) -> Iterator[int]:
        # What is gone goes last: until all that is new is there, nobody misses the old.
        name = self.wanted.name
        for rows in batches(self.changed, database.batch_rows, database.batch_bytes):
            database.upsert(name, rows)
            yield len(rows)
        for start in range(0, len(self.removed), database.batch_rows):
            ids = self.removed[start : start + database.batch_rows]
            database.delete(name, ids)
            yield len(ids)

    def summary(self) -> ColumnPush:
        """Return what becomes of the column when the plan is carried out."""
        written, n = len(self.changed), len(self.wanted.rows)
        return ColumnPush(
            self.wanted.note.column, self.wanted.name, self.wanted.note.dim, written, n - written, len(self.removed)
        )


def plan_of(database: Database, wanted: Wanted, found: Note | None, *, replace: bool) -> Plan:
    """Look at what a database holds, and return what has to be done.

    Parameters
    ----------
    database : Database
    wanted : Wanted
    found : Note or None
        The note on the collection, where there is one.
    replace : bool
        Whether vectors of another run, dimension or metric may go.

    Raises
    ------
    OutputError
        When the collection is not ours, or holds something else and ``replace`` is False.
    """
    layout = database.layout(wanted.name)
    if layout is None:
        return Plan(wanted, wanted.rows, [], drop=False, create=True, noted=False)
    note = wanted.note
    if found is None or found.column != note.column or not is_ours(layout, max(found.dim, database.least_dim)):
        raise OutputError(
            f"Column {note.column!r}: the database has a collection {wanted.name!r} already, which tabemb has not "
            f"written. Choose another prefix: --prefix (prefix=... in Python)."
        )
    if not replace:
        _check_fits(wanted.name, found, note)
    if (found.dim, found.metric) != (note.dim, note.metric):
        return Plan(wanted, wanted.rows, [], drop=True, create=True, noted=False)
    changed, removed = _differences(database, wanted)
    return Plan(wanted, changed, removed, drop=False, create=False, noted=found == note)


def _check_fits(name: str, found: Note, note: Note) -> None:
    there = f"the collection {name!r} holds the vectors of run {found.run!r} ({found.n:,} categories x {found.dim})"
    if found.dim != note.dim:
        raise OutputError(f"Column {note.column!r} has vectors of {note.dim} numbers, but {there}. {REPLACE}")
    if found.metric != note.metric:
        raise OutputError(
            f"Column {note.column!r}: {there} for the metric {found.metric!r}, not {note.metric!r}. {REPLACE}"
        )
    if found.run != note.run:
        raise OutputError(f"Column {note.column!r}: {there}, and these are of run {note.run!r}. {REPLACE}")


def _differences(database: Database, wanted: Wanted) -> tuple[pa.Table, list[str]]:
    """Return the rows that are not in the database as they should be, and the ids that should not be there."""
    place = {each: row for row, each in enumerate(wanted.rows["id"].to_pylist())}
    same = np.zeros(len(wanted.rows), dtype=bool)
    removed: list[str] = []
    for stored in database.read(wanted.name):
        rows = np.array([place.get(each, -1) for each in stored["id"].to_pylist()], dtype=np.int64)
        kept = rows >= 0
        removed += stored.filter(pa.array(~kept))["id"].to_pylist()
        same[rows[kept]] = same_rows(wanted.rows.take(pa.array(rows[kept])), stored.filter(pa.array(kept)))
    return wanted.rows.filter(pa.array(~same)), removed
