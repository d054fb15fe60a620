"""Write vectors to a database: check everything, then write the rows that differ."""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tabemb.exceptions import ColumnError, DatabaseError, DataError, OutputError, UnknownNameError, did_you_mean
from tabemb.vectors.databases.base import (
    METRICS,
    PREFIX,
    Database,
    collection_name,
    find_database,
    open_database,
    without_password,
)
from tabemb.vectors.databases.metadata import CollectionMetadata, read_metadata, write_metadata
from tabemb.vectors.databases.rows import batches, digest_of_rows, is_row_schema, rows_of, same_rows
from tabemb.vectors.keyed_matrix import KeyedMatrix
from tabemb.vectors.store import EmbeddingStore

__all__ = ["ColumnPush", "Progress", "PushSummary", "push"]

Progress = Callable[[str, int, int], None]

# How often a push starts again if another one writes at the same time, and the seconds that it waits at most.
_ATTEMPTS, _LONGEST_WAIT = 8, 0.5
_REPLACE = "Replace it with --replace (replace=True in Python), or choose another prefix: --prefix (prefix=...)."


def push(
    vectors: KeyedMatrix | Mapping[str, KeyedMatrix],
    uri: str,
    *,
    run: str = "",
    columns: Iterable[str] | None = None,
    metric: str = "cosine",
    prefix: str = PREFIX,
    replace: bool = False,
    timeout: float = 5.0,
    progress: Progress | None = None,
) -> "PushSummary":
    """Write vectors to a vector database, one collection per column.

    Everything is checked before the first row is written: the connection, whether existing collections of the same
    names are tabemb's and match, and the lengths of names, keys and vectors. New and changed rows are written first;
    then the rows of categories that no longer exist are removed. After an interrupted push each row is either the old
    or the new one. :func:`~tabemb.vectors.databases.pull` does not read such a collection; push again to complete it.
    Of two pushes at once, the one that notices the other starts again, so that the rows of one remain in the end.

    Parameters
    ----------
    vectors : CategoryVectors, or mapping from column to CategoryVectors
        For example ``open_run("runs/flights").vectors``.
    uri : str
        ``milvus:vectors.db`` (a local file), ``milvus://host:19530/database`` (a server), ``lancedb:vectors`` (a
        local folder).
    run : str, default=""
        Name of the run that produced the vectors, stored in each row.
    columns : iterable of str, optional
        The columns to push; all by default.
    metric : {"cosine", "dot", "euclidean"}, default="cosine"
        Similarity metric of searches. A zero vector is stored unchanged; by cosine it is similar to nothing.
    prefix : str, default ``"tabemb_"``
        Prefix of the names of the collections. Separates runs that have columns of the same names.
    replace : bool, default=False
        Whether to replace vectors of another run, dimension or metric.
    timeout : float, default=5.0
        Seconds to wait for a server to answer.
    progress : callable, optional
        Called after each batch as ``progress(column, done, total)``, in rows.

    Returns
    -------
    PushSummary

    Raises
    ------
    UnknownNameError
        If there is no database for the scheme, or no such metric.
    DataError
        If there are no vectors, or a name, a key or a vector is too long for the database.
    ColumnError
        If there are no vectors of a column in ``columns``.
    OutputError
        If a collection of the same name was not written by tabemb, or holds something else and ``replace`` is False.
    DatabaseError
        If the database is missing, refuses the connection, or fails.
    MissingExtraError
        If the database's package is not installed.

    Examples
    --------
    >>> import tempfile
    >>> from tabemb import CategoryVectors, pull, push
    >>> vectors = CategoryVectors(["JFK", "LGA", 7], [[1.0, 0.1], [0.9, 0.2], [-1.0, 0.3]], name="dest")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     push(vectors, f"lancedb:{folder}/vectors").written
    ...     pull(f"lancedb:{folder}/vectors", "dest") == vectors
    3
    True
    """
    if metric not in METRICS:
        raise UnknownNameError.among("metric", metric, METRICS)
    kind, _ = find_database(uri)
    targets = [_Target.of(column, each, kind, run, metric, prefix) for column, each in _selected(vectors, columns)]
    with open_database(uri, create=True, timeout=timeout) as database:
        stored = read_metadata(database, prefix)
        plans = [_plan(database, target, stored.get(target.name), replace=replace) for target in targets]
        plans = [_complete(plan, database, prefix, progress, replace=replace) for plan in plans]
    return PushSummary(without_password(uri), tuple(plan.summary() for plan in plans))


def _selected(
    vectors: KeyedMatrix | Mapping[str, KeyedMatrix], columns: Iterable[str] | None
) -> Iterator[tuple[str, KeyedMatrix]]:
    """Yield the columns to push, each once."""
    if isinstance(vectors, KeyedMatrix):
        vectors = {vectors.name: vectors}
    names = list(vectors) if columns is None else list(dict.fromkeys(columns))
    if isinstance(vectors, EmbeddingStore):
        # Columns that share vectors are pushed once, by the name of these.
        names = list(dict.fromkeys(vectors.table_of(name) if name in vectors else name for name in names))
    if not names:
        raise DataError(
            "push requires the vectors of at least one column, got none. A column with few categories is one-hot "
            "encoded and has no vectors, unless the model has one_hot_max_categories=0."
        )
    for name in names:
        if not isinstance(name, str):
            raise DataError(f"push takes CategoryVectors by column; the name of a column is a string, got {name!r}.")
        if name not in vectors:
            known = ", ".join(map(str, vectors)) or "none"
            raise ColumnError(
                f"There are no vectors of a column {name!r}. Columns: {known}.{did_you_mean(name, vectors)}"
            )
        if not isinstance(vectors[name], KeyedMatrix):
            raise DataError(f"push takes CategoryVectors by column; got {type(vectors[name]).__name__} for {name!r}.")
        yield name, vectors[name]


@dataclass(frozen=True, slots=True)
class ColumnPush:
    """Result of a push for one column.

    Parameters
    ----------
    column, collection : str
        The column, and the collection that holds it.
    dim : int
        Length of a vector.
    written, unchanged, removed : int
        Number of rows that were new or different, already stored, and no longer among the categories.
    """

    column: str
    collection: str
    dim: int
    written: int
    unchanged: int
    removed: int


@dataclass(frozen=True, slots=True)
class PushSummary:
    """Result of a push.

    Parameters
    ----------
    uri : str
        The database, without a password.
    columns : tuple of ColumnPush
        In the order in which they were written.
    """

    uri: str
    columns: tuple[ColumnPush, ...]

    @property
    def written(self) -> int:
        """Number of rows that were new or different."""
        return sum(each.written for each in self.columns)

    @property
    def unchanged(self) -> int:
        """Number of rows that were already stored."""
        return sum(each.unchanged for each in self.columns)

    @property
    def removed(self) -> int:
        """Number of rows whose category no longer exists."""
        return sum(each.removed for each in self.columns)


@dataclass(frozen=True, slots=True)
class _Target:
    """What a collection is to hold: rows and metadata, within the limits of the database.

    Parameters
    ----------
    name : str
        Name of the collection.
    metadata : CollectionMetadata
    rows : pyarrow.Table
        As :func:`~tabemb.vectors.databases.rows.rows_of` returns them.
    dim : int
        Length of the vectors in the rows.
    """

    name: str
    metadata: CollectionMetadata
    rows: pa.Table
    dim: int

    @classmethod
    def of(
        cls, column: str, vectors: KeyedMatrix, kind: type[Database], run: str, metric: str, prefix: str
    ) -> "_Target":
        """Return the target for a column.

        Raises
        ------
        DataError
            If a name, a key or a vector is too long for that kind of database.
        """
        name = collection_name(column, prefix)
        if len(name) > kind.name_limit:
            raise DataError(
                f"Column {column!r}: the name of its collection, {name[:60]}..., would have {len(name)} characters; "
                f"{kind.__name__} takes {kind.name_limit}. Give the column a shorter name, or leave it out."
            )
        if not 1 <= vectors.dim <= kind.most_dim:
            raise DataError(
                f"Column {column!r}: {kind.__name__} takes vectors of 1 to {kind.most_dim:,} numbers; "
                f"these have {vectors.dim:,}. Leave the column out."
            )
        dim = max(vectors.dim, kind.least_dim)
        rows = rows_of(vectors, column, run, dim=dim)
        metadata = CollectionMetadata.of(vectors, column=column, run=run, metric=metric, digest=digest_of_rows(rows))
        target = cls(name, metadata, rows, dim)
        if kind.text_limit is not None:
            target._check_texts(kind.text_limit, kind.__name__)
        return target

    def _check_texts(self, limit: int, kind: str) -> None:
        texts = {
            "the category": self.rows["key"].to_pylist(),
            "the category as JSON": self.rows["key_json"].to_pylist(),
            "the name of the run": [self.metadata.run],
            "the metadata": [self.metadata.to_json()],
        }
        for what, each in texts.items():
            longest = max(each, key=lambda text: len(text.encode()), default="")
            if (size := len(longest.encode())) > limit:
                raise DataError(
                    f"Column {self.metadata.column!r}: a text in {kind} has at most {limit:,} bytes, but {what}, "
                    f"{longest[:40]!r}..., has {size:,}. Shorten it, or leave the column out."
                )


@dataclass(frozen=True, slots=True)
class _Plan:
    """The changes that make a collection hold its target.

    Parameters
    ----------
    target : _Target
    changed : pyarrow.Table
        Rows that are missing in the database or differ there.
    removed : list of str
        Ids of rows to remove.
    drop, create : bool
        Whether to drop the collection first, and whether to create it.
    described : bool
        Whether the stored metadata is correct already.
    found : CollectionMetadata or None
        The stored metadata.
    """

    target: _Target
    changed: pa.Table
    removed: list[str]
    drop: bool
    create: bool
    described: bool
    found: CollectionMetadata | None

    def carry_out(self, database: Database, prefix: str, progress: Progress | None) -> None:
        """Change the collection, and report progress after each batch."""
        if not (len(self.changed) or self.removed or self.create or not self.described):
            return
        name, metadata = self.target.name, self.target.metadata
        # In this order the metadata always matches its collection, so that what an interruption leaves behind can be
        # told from collections of other programs.
        if self.drop:
            database.drop(name)
        write_metadata(database, prefix, name, metadata.incomplete())
        if self.create:
            database.create(name, self.target.dim, metadata.metric)
        done, total = 0, len(self.changed) + len(self.removed)
        for n in self._steps(database):
            done += n
            if progress is not None:
                progress(metadata.column, done, total)
            self._check_undisturbed(database, prefix)
        database.finish(name)
        self._check_undisturbed(database, prefix)
        write_metadata(database, prefix, name, metadata)

    def _check_undisturbed(self, database: Database, prefix: str) -> None:
        if self.is_disturbed(database, prefix):
            raise _DisturbedError

    def is_disturbed(self, database: Database, prefix: str) -> bool:
        """Return whether another push has written the metadata of the collection since this plan was made."""
        now = read_metadata(database, prefix).get(self.target.name)
        return now not in (self.found, self.target.metadata.incomplete())

    def _steps(self, database: Database) -> Iterator[int]:
        # Rows are removed last, so that old categories can be found until all new ones are stored.
        name = self.target.name
        for rows in batches(self.changed, database.batch_rows, database.batch_bytes):
            database.upsert(name, rows)
            yield len(rows)
        for start in range(0, len(self.removed), database.batch_rows):
            ids = self.removed[start : start + database.batch_rows]
            database.delete(name, ids)
            yield len(ids)

    def summary(self) -> ColumnPush:
        """Return the result of carrying out the plan."""
        metadata, written, n = self.target.metadata, len(self.changed), len(self.target.rows)
        return ColumnPush(metadata.column, self.target.name, metadata.dim, written, n - written, len(self.removed))


class _DisturbedError(Exception):
    """Another push writes to the same collection."""


def _complete(plan: _Plan, database: Database, prefix: str, progress: Progress | None, *, replace: bool) -> _Plan:
    """Carry out a plan, with a new one whenever another push has disturbed it. Return the last one.

    Raises
    ------
    OutputError
        If the other push has written vectors that this one may not replace.
    DatabaseError
        If the database fails, or pushes keep disturbing each other.
    """
    name, metadata = plan.target.name, plan.target.metadata
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(random.uniform(0, _LONGEST_WAIT))
            try:
                plan = _plan(database, plan.target, read_metadata(database, prefix).get(name), replace=replace)
            except OutputError:
                # The rows may be a mixture now. The other push writes its metadata again if it still runs.
                write_metadata(database, prefix, name, metadata.incomplete())
                raise
        try:
            plan.carry_out(database, prefix, progress)
        except _DisturbedError:
            continue
        except DatabaseError:
            # Both may have created or dropped the collection, or written the same rows.
            if not plan.is_disturbed(database, prefix):
                raise
            continue
        return plan
    raise DatabaseError(
        f"Column {metadata.column!r}: other pushes kept writing to the collection {name!r} at the same time. Push "
        "again when they have ended."
    )


def _plan(database: Database, target: _Target, found: CollectionMetadata | None, *, replace: bool) -> _Plan:
    """Compare a collection with its target; ``found`` is the stored metadata.

    Raises
    ------
    OutputError
        If the collection was not written by tabemb, or holds something else and ``replace`` is False.
    """
    layout = database.layout(target.name)
    if layout is None:
        return _Plan(target, target.rows, [], drop=False, create=True, described=False, found=found)
    metadata = target.metadata
    if (
        found is None
        or found.column != metadata.column
        or not is_row_schema(layout, max(found.dim, database.least_dim))
    ):
        raise OutputError(
            f"Column {metadata.column!r}: the database already has a collection {target.name!r} that tabemb has not "
            f"written. Choose another prefix: --prefix (prefix=... in Python)."
        )
    if not replace:
        _check_matches(target.name, found, metadata)
    if (found.dim, found.metric) != (metadata.dim, metadata.metric):
        return _Plan(target, target.rows, [], drop=True, create=True, described=False, found=found)
    changed, removed = _differences(database, target)
    described = metadata.describes_the_same(found)
    return _Plan(target, changed, removed, drop=False, create=False, described=described, found=found)


def _check_matches(name: str, found: CollectionMetadata, metadata: CollectionMetadata) -> None:
    stored = f"the collection {name!r} holds the vectors of run {found.run!r} ({found.n:,} categories x {found.dim})"
    column = f"Column {metadata.column!r}"
    if found.dim != metadata.dim:
        raise OutputError(f"{column} has vectors of {metadata.dim} numbers, but {stored}. {_REPLACE}")
    if found.metric != metadata.metric:
        raise OutputError(f"{column}: {stored} for the metric {found.metric!r}, not {metadata.metric!r}. {_REPLACE}")
    if found.run != metadata.run:
        raise OutputError(f"{column}: {stored}, and these are of run {metadata.run!r}. {_REPLACE}")


def _differences(database: Database, target: _Target) -> tuple[pa.Table, list[str]]:
    """Return the rows that are missing in the database or differ there, and the ids of rows to remove."""
    place = {each: row for row, each in enumerate(target.rows["id"].to_pylist())}
    same = np.zeros(len(target.rows), dtype=bool)
    removed: list[str] = []
    for stored in database.read(target.name):
        rows = np.array([place.get(each, -1) for each in stored["id"].to_pylist()], dtype=np.int64)
        kept = rows >= 0
        removed += stored.filter(pa.array(~kept))["id"].to_pylist()
        same[rows[kept]] = same_rows(target.rows.take(pa.array(rows[kept])), stored.filter(pa.array(kept)))
    return target.rows.filter(pa.array(~same)), removed
