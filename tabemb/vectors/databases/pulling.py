"""Reading back from a database the vectors of a column."""

import pyarrow as pa

from tabemb.exceptions import ColumnError, DataError, FormatError, did_you_mean
from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.databases.base import open_database, without_password
from tabemb.vectors.databases.names import PREFIX, collection_name
from tabemb.vectors.databases.notes import is_ours, read_notes
from tabemb.vectors.databases.rows import keys_and_vectors, schema_of

__all__ = ["pull"]


def pull(uri: str, column: str, *, prefix: str = PREFIX, timeout: float = 5.0) -> CategoryVectors:
    """Read the vectors of a column that :func:`~tabemb.vectors.databases.pushing.push` has written.

    Keys come back in their types and their order, with counts and with the vectors of unknown and missing categories.

    Parameters
    ----------
    uri : str
        The database, as in ``push``.
    column : str
        One of its columns.
    prefix : str, default="tabemb_"
        As in ``push``.
    timeout : float, default=5.0
        Seconds to wait for a server that does not answer.

    Returns
    -------
    CategoryVectors

    Raises
    ------
    ColumnError
        When the database has no vectors of that column; near names are offered.
    FormatError
        When a push was interrupted, or another program has changed the rows.
    UnknownNameError, DatabaseError, MissingExtraError
        As in ``push``.

    Examples
    --------
    >>> import tempfile
    >>> from tabemb import push
    >>> vectors = CategoryVectors(["JFK", "LGA"], [[1.0, 0.1], [0.9, 0.2]], name="dest")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     uri = f"lancedb:{folder}/vectors"
    ...     _ = push(vectors, uri)
    ...     pull(uri, "dest")["LGA"]
    array([0.9, 0.2], dtype=float32)
    """
    name, shown = collection_name(column, prefix), without_password(uri)
    with open_database(uri, timeout=timeout) as database:
        notes = read_notes(database, prefix)
        layout = database.layout(name)
        if name not in notes or layout is None:
            known = sorted(note.column for note in notes.values())
            listed = ", ".join(known) or f"none whose collections begin with {prefix!r}"
            raise ColumnError(
                f"{shown} has no vectors of a column {column!r}. Columns: {listed}.{did_you_mean(column, known)}"
            )
        note = notes[name]
        if not note.complete:
            raise FormatError(
                f"{shown}: the vectors of column {column!r} are not whole: a push of run {note.run!r} was interrupted. "
                "Push the run again, which finishes it."
            )
        dim = max(note.dim, database.least_dim)
        pieces = list(database.read(name)) if is_ours(layout, dim) else []
    try:
        rows = pa.concat_tables([schema_of(dim).empty_table(), *pieces])
        keys, vectors, counts = keys_and_vectors(rows, note.dim)
        if len(rows) != note.n:
            raise FormatError(f"it holds {len(rows):,} rows, and {note.n:,} were pushed.")
        return CategoryVectors(keys, vectors, counts, name=column, unknown=note.unknown, missing=note.missing)
    except (DataError, FormatError) as error:
        raise FormatError(
            f"{shown}: another program has changed the collection {name!r}: {error} Push the run again."
        ) from error
