"""Read the vectors of a column from a database."""

import pyarrow as pa

from tabemb.exceptions import ColumnError, FormatError, did_you_mean, reading
from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.databases.base import PREFIX, collection_name, open_database, without_password
from tabemb.vectors.databases.metadata import read_metadata
from tabemb.vectors.databases.rows import digest_of_rows, is_row_schema, keys_and_vectors, schema_of

__all__ = ["pull"]


def pull(uri: str, column: str, *, prefix: str = PREFIX, timeout: float = 5.0) -> CategoryVectors:
    """Read the vectors of a column that :func:`~tabemb.vectors.databases.push` has written.

    Restores keys with their types and order, counts, and the vectors of unknown categories and missing cells, but not
    the noise.

    Parameters
    ----------
    uri : str
        The database, as for ``push``.
    column : str
    prefix : str, default ``"tabemb_"``
        As for ``push``.
    timeout : float, default=5.0
        Seconds to wait for a server to answer.

    Returns
    -------
    CategoryVectors

    Raises
    ------
    ColumnError
        If the database has no vectors of the column. The message suggests similar names.
    FormatError
        If a push was interrupted, or another program has changed the rows.
    UnknownNameError, DatabaseError, MissingExtraError
        As for ``push``.

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
        stored = read_metadata(database, prefix)
        layout = database.layout(name)
        if name not in stored or layout is None:
            known = sorted(each.column for each in stored.values())
            listed = ", ".join(known) or f"none with the prefix {prefix!r}"
            raise ColumnError(
                f"{shown} has no vectors of a column {column!r}. Columns: {listed}.{did_you_mean(column, known)}"
            )
        metadata = stored[name]
        if not metadata.complete:
            raise FormatError(
                f"{shown}: the vectors of column {column!r} are incomplete: a push of run {metadata.run!r} was "
                "interrupted. Push the run again to complete it."
            )
        dim = max(metadata.dim, database.least_dim)
        pieces = list(database.read(name)) if is_row_schema(layout, dim) else []
    changed = f"{{place}}: another program has changed the collection {name!r}: {{reason}}. Push the run again."
    with reading(shown, "rows as they were pushed", message=changed):
        rows = pa.concat_tables([schema_of(dim).empty_table(), *pieces])
        keys, vectors, counts = keys_and_vectors(rows, metadata.dim)
        if len(rows) != metadata.n:
            raise FormatError(f"it has {len(rows):,} rows, but {metadata.n:,} were pushed.")
        if metadata.digest not in (None, digest_of_rows(rows)):
            raise FormatError("its rows are not those that were pushed.")
        return CategoryVectors(keys, vectors, counts, name=column, unknown=metadata.unknown, missing=metadata.missing)
